"""What refuses us is left alone: slower after 429, then a clear stop that names the portal and the reason.

Nothing here goes round a wall: no other address, no other name, no cookie of a challenge.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING

from scrapy.exceptions import IgnoreRequest
from scrapy.http import TextResponse
from scrapy.utils.defer import deferred_from_coro
from scrapy.utils.httpobj import urlparse_cached

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.internet.defer import Deferred

logger = logging.getLogger(__name__)

BLOCKED = "blocked"  # the finish reason of a crawl that was stopped here
LEAST_PAUSE = 5.0  # seconds; setting REFUSAL_PAUSE: what asked for less gets at least this much rest
LONGEST_PAUSE = 600.0  # seconds; setting REFUSAL_PAUSE_MAX: a server that asks for more is asked again this late
TOO_MANY = 2  # answers 429 from one host that stop the crawl
IN_A_ROW = 3  # refusals in a row from one host that stop the crawl

REFUSED = {403: "forbidden", 412: "a wall's answer", 429: "too many requests", 451: "barred by law", 521: "a wall"}
# What a challenge may come with; other statuses are never read for one.
CHALLENGED = frozenset({200, 202, 405, 503})
_CHALLENGE_SIZE = 256 * 1024  # bytes of decoded body; challenges with their script inside stay well below

_SPACE = re.compile(r"\s+")
_BLOCK = re.compile(r"<(/?)(script|style)\b", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_LINK = re.compile(r"<a\s[^<>]*href", re.IGNORECASE)
_FRAME = re.compile(r"<i?frame[\s>]", re.IGNORECASE)
# Names that only the scripts of walls carry: Alibaba, Jiasule, Ruishu, ByteDance, Anheng, Yunsuo, Cloudflare.
_WALL_SCRIPT = re.compile(
    r"acw_sc__v[23]|__jsl_clearance|\$_ts\s*=\s*window|_\$jsvmprt|wzws_|yunsuo_session|_cf_chl_opt"
    r"|cdn-cgi/challenge-platform"
)
_SETS_COOKIE = re.compile(r"document\s*(?:\.\s*cookie|\[\s*['\"]cookie['\"]\s*\])\s*=(?!=)")
_RELOADS = re.compile(r"location\s*\.\s*(?:reload|replace|assign)\s*\(|location(?:\s*\.\s*href)?\s*=(?!=)")
_WALL_WORDS = re.compile(
    "访问被拒绝|拒绝访问|访问被阻断|请求被拦截|请求已被拦截|访问被拦截|安全验证|请完成验证|人机验证|滑动验证"
    "|访问过于频繁|请求过于频繁|access denied|attention required|just a moment|checking your browser"
    "|incapsula incident",
    re.IGNORECASE,
)


class NianbaoRefusal(IgnoreRequest):
    """Base of what this project raises about a request that is not made or an answer that is not taken.

    ``str()`` is the reason in one line and names the URL; the spider's errback may print it as it is. ``outcome`` is
    what becomes of a candidate, in the words of the ledger.
    """

    outcome = "forbidden"


class NotRendered(NianbaoRefusal):
    """A page could not be shown by a browser: none is installed, a limit is reached, or the page would not have it.
    Raised by `RenderMiddleware`."""

    outcome = "unread"


class Refused(NianbaoRefusal):
    """The server refused, or the crawl was stopped because it did. Raised by `RefusalMiddleware`."""


def find_refusal(response: Response) -> str | None:
    """Why ``response`` is a refusal, in a few words, or None. The body must be decoded already."""
    if response.status in REFUSED:
        return f"answered {response.status} ({REFUSED[response.status]})"
    if response.status in CHALLENGED and isinstance(response, TextResponse) and len(response.body) <= _CHALLENGE_SIZE:
        sign = find_challenge(response.text)
        if sign is not None:
            return f"answered {response.status} with a challenge page ({sign})"
    return None


def find_challenge(html: str) -> str | None:
    """By what ``html`` is known as a wall's page, or None. Conservative: a page with text or links is none.

    Two rules. A page without text whose script either names a known wall or both sets a cookie and reloads.
    A page of a few sentences that names the wall in words.
    """
    links = sum(1 for _ in islice(_LINK.finditer(html), 4))
    if links > 3:
        return None
    shown, scripts = _split_scripts(html)
    letters = len(_SPACE.sub("", _TAG.sub("", shown)))
    if letters <= 100 and links <= 1 and scripts and not _FRAME.search(shown):
        named = _WALL_SCRIPT.search(scripts)
        if named:
            return f"script of a wall: {named[0]}"
        if _SETS_COOKIE.search(scripts) and _RELOADS.search(scripts):
            return "a script sets a cookie and reloads"
    if letters <= 300:
        words = _WALL_WORDS.search(_TAG.sub(" ", shown))
        if words:
            return f"it says {words[0]}"
    return None


def _split_scripts(html: str) -> tuple[str, str]:
    """What a reader sees with its tags, and the scripts. One pass: hostile pages must not cost more."""
    shown: list[str] = []
    scripts: list[str] = []
    inside: str | None = None
    at = 0
    for match in _BLOCK.finditer(html):
        closing, name = match[1], match[2].lower()
        if inside is None and not closing:
            shown.append(html[at : match.start()])
            inside, at = name, match.start()
        elif inside == name and closing:
            if name == "script":
                scripts.append(html[at : match.start()])
            inside, at = None, match.start()
    if inside is None:
        shown.append(html[at:])
    elif inside == "script":
        scripts.append(html[at:])
    return "".join(shown), "\n".join(scripts)


def read_retry_after(response: Response) -> float | None:
    """The seconds that ``Retry-After`` asks for, 0 if they are over or unreadable, None without the header."""
    value = response.headers.get("Retry-After")
    if value is None:
        return None
    text = value.decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


@dataclass(slots=True)
class _Host:
    """What one host answered so far."""

    too_many: int = 0
    in_a_row: int = 0
    slowed: bool = False


class RefusalMiddleware:
    """Drops refused pages, slows down when asked to, and stops the crawl when a host will not have us.

    It must see decoded bodies (below 590, where `HttpCompressionMiddleware` is) and must see them before
    `MetaRefreshMiddleware` (580), which would follow a challenge that reloads itself, and before
    `RetryMiddleware` (550), which would repeat a 503 without its pause: so 585.

    Stats: ``refusals/<status>`` or ``refusals/challenge``, and ``refusals/reason`` when the crawl was stopped,
    which ends with the reason ``blocked``. In a replay the same rules hold, without the pauses.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._waits = not crawler.settings.get("REPLAY")
        self._least = crawler.settings.getfloat("REFUSAL_PAUSE", LEAST_PAUSE)
        self._longest = crawler.settings.getfloat("REFUSAL_PAUSE_MAX", LONGEST_PAUSE)
        self._hosts: dict[str, _Host] = {}
        self._answered = False  # a page came that was no refusal
        self._stopped: str | None = None
        self._closing: Deferred[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RefusalMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        if self._stopped is not None:
            raise Refused(f"{request.url}: not asked any more, the crawl is blocked: {self._stopped}")
        if self._host(request).slowed:
            # AutoThrottle would bring the pause down again with the next quick answer.
            request.meta["autothrottle_dont_adjust_delay"] = True

    def process_response(self, request: Request, response: Response) -> Request | Response:
        host = self._host(request)
        why = find_refusal(response)
        asked = read_retry_after(response) if response.status in {429, 503} else None
        slow = response.status == 429 or (response.status == 503 and asked is not None)
        if why is None and not slow:
            # An error of the server says nothing about us, and robots.txt may be read where pages may not.
            if response.status < 500 and not asks_for_robots(request):
                self._answered = True
                host.in_a_row = 0
            return response
        if not slow and asks_for_robots(request):
            return response  # RFC 9309: robots.txt that may not be read forbids nothing; the pages will tell
        why = why or f"answered {response.status} (come back later)"
        assert self.crawler.stats is not None
        kind = str(response.status) if response.status in REFUSED or slow else "challenge"
        self.crawler.stats.inc_value(f"refusals/{kind}")
        if slow:
            self._slow_down(request, host, asked or 0.0)
            host.too_many += response.status == 429
            if host.too_many >= TOO_MANY:
                self._stop(f"{request.url}: {why}, for the second time on this host")
            elif not request.meta.get("refused_once"):
                again = request.replace(dont_filter=True, priority=request.priority + 1)
                again.meta["refused_once"] = True
                return again
        host.in_a_row += 1
        if not self._answered and not asks_for_robots(request):
            self._stop(f"{request.url}: {why}, and it is the first page of the crawl")
        elif host.in_a_row >= IN_A_ROW:
            self._stop(f"{request.url}: {why}, the {IN_A_ROW}rd refusal in a row on this host")
        raise Refused(f"{request.url}: {why}")

    def _host(self, request: Request) -> _Host:
        return self._hosts.setdefault(urlparse_cached(request).netloc, _Host())

    def _slow_down(self, request: Request, host: _Host, asked: float) -> None:
        """Double the pause between requests for the rest of the crawl, and rest once for as long as asked."""
        host.slowed = True
        if not self._waits:
            return
        assert self.crawler.engine is not None
        downloader = self.crawler.engine.downloader
        key = downloader.get_slot_key(request)
        slot = downloader.slots.get(key)
        before = slot.delay if slot is not None else downloader._delay
        delay = min(max(2 * before, self._least), self._longest)
        pause = min(max(delay, asked), self._longest)
        # Scrapy forgets an idle slot after a minute; the next one begins with these.
        downloader.per_slot_settings[key] = {
            **downloader.per_slot_settings.get(key, {}),
            "delay": delay,
            "jitter": 0.0,
        }
        if slot is not None:
            slot.delay = delay
            slot.jitter = 0.0  # at random, half of the pause would be left out
            slot.lastseen = monotonic() + pause - delay
        logger.warning(
            "%s: answered as too much: resting %.0f s, then %.1f s between requests", request.url, pause, delay
        )

    def _stop(self, why: str) -> None:
        """Ask the engine to close: `CloseSpider` raised in a downloader middleware stops nothing."""
        if self._stopped is not None:
            return
        assert self.crawler.engine is not None
        assert self.crawler.spider is not None
        assert self.crawler.stats is not None
        self._stopped = why
        reason = f"{self.crawler.spider.name}: {why}"
        self.crawler.stats.set_value("refusals/reason", reason)
        logger.error("blocked: %s", reason)
        # Not awaited: the engine waits for the requests under way, and this one is among them.
        self._closing = deferred_from_coro(self.crawler.engine.close_spider_async(reason=BLOCKED))


def asks_for_robots(request: Request) -> bool:
    """Whether ``request`` is Scrapy's own for a host's robots.txt."""
    return bool(request.meta.get("dont_obey_robotstxt")) and urlparse_cached(request).path == "/robots.txt"
