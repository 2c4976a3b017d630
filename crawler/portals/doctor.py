"""Examines a portal with a few requests: what of it is recognised, step by step, and what is not.

The doctor goes the way of `crawler.portals.spider` (entry → 政府信息公开 → 政府信息公开年报 → list → report) with the
same readers, but only once: one page of each kind. It keeps nothing of what it fetches.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, ClassVar, Self

from protego import Protego
from scrapy import Request, Spider, signals
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response, TextResponse

from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.text.encoding import decode
from crawler.extraction.text.titles import find_year
from crawler.items import Fetched
from crawler.listing.addresses import host
from crawler.listing.answers import read_answer
from crawler.listing.documents import find_documents
from crawler.listing.families import recognise
from crawler.listing.moves import find_move
from crawler.listing.page import Link, Page, parse_page
from crawler.listing.rendering import needs_clicks, needs_scripts
from crawler.listing.weigh import ANNUAL, DISCLOSURE, ENTRY, Lead, find_guesses, find_leads, stage_of
from crawler.portals.spider import PortalSpider

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

MAX_REQUESTS = 8  # besides robots.txt; a redirect is one more
MAX_SEARCH = 5  # of them on the way to a list; the rest is for its pager, a report and that report's document
STEPS = ("address", "robots", "encoding", "column", "channel", "list", "platform", "pager", "JavaScript", "report")
VERDICTS = ("blocked", "failed", "nothing_found", "partial")  # the worst first
OK, NOTE, FAULT, LEFT = "ok", "note", "FAULT", "-"
_RANK = {ANNUAL: 0, DISCLOSURE: 1, ENTRY: 2}
_TELLING = re.compile("公开|年报|年度报告")
_SAME_ENCODING = {"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "utf-8-sig": "utf-8", "utf8": "utf-8"}
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.I)


@dataclass(frozen=True, slots=True)
class Step:
    """What one look found: ``status`` is "ok", "note" (works, and somebody should know), "FAULT" or "-" (not looked
    at). A fault carries the ``verdict`` that a crawl would end with because of it."""

    name: str
    status: str
    text: str
    verdict: str = ""


@dataclass(slots=True)
class Way:
    """Where the search stands: the first page of the column, of the channel, and with reports; the ``last`` page that
    was looked at; ``seen``, what was asked for; ``guessed``, whether the last page was reached on slight evidence."""

    last: Page
    column: Page | None = None
    channel: Page | None = None
    listing: Page | None = None
    reports: list[Lead] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    guessed: bool = False
    column_guessed: bool = False
    problems: list[str] = field(default_factory=list)


class Lost(Exception):  # noqa: N818 - nothing is wrong with the program
    """A page could not be had; ``str()`` says why. ``verdict`` as in `Step`."""

    def __init__(self, why: str, verdict: str) -> None:
        super().__init__(why)
        self.verdict = verdict


class DoctorSpider(Spider):
    """Examines ``patient``, a spider class of a portal, at ``url`` or at its own addresses.

    ``say`` is called with each `Step` as it is made, in the order of `STEPS`; ``steps`` has all of them afterwards.
    """

    name = "doctor"
    custom_settings: ClassVar[dict[str, Any]] = {
        # A look leaves nothing behind: no archive, no feed, no account of a run.
        "HTTPCACHE_ENABLED": False,
        "FEEDS": {},
        "EXTENSIONS": {"scrapy.extensions.remote_control.RemoteControl": None},
        "ITEM_PIPELINES": {"pipelines.extract.ExtractPipeline": 100},  # the report that is found is read
        "READER_WORKERS": 1,
        "RETRY_TIMES": 1,
    }

    def __init__(
        self, patient: type[PortalSpider], say: Callable[[Step], None], url: str | None = None, **given: Any
    ) -> None:
        super().__init__(**given)
        # Made without its crawler: its own wishes at the end of a crawl are none of ours.
        self.patient = patient() if url is None else patient(url=url)
        self.say = say
        self.steps: list[Step] = []
        self.requests = 0
        self.robots: dict[str, Response] = {}
        self._was_read = asyncio.Event()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.patient.crawler = crawler
        spider.patient.settings = crawler.settings
        crawler.signals.connect(spider.keep_robots, signals.response_received)
        crawler.signals.connect(spider.tell_record, signals.item_scraped)
        crawler.signals.connect(spider.tell_drop, signals.item_dropped)
        crawler.signals.connect(spider.tell_fault, signals.item_error)
        crawler.signals.connect(spider.leave_rest, signals.spider_closed)
        return spider

    # --- what the crawl's components ask of a spider

    def may_request(self, url: str, kind: str | None = None) -> str | None:
        """As the portal's own spider says."""
        return self.patient.may_request(url, kind)

    @property
    def portal(self) -> str:
        return self.patient.portal

    def keep_robots(self, response: Response, request: Request) -> None:
        """Keeps what robots.txt said: Scrapy asks for it by itself."""
        if request.meta.get("dont_obey_robotstxt") and request.url.endswith("/robots.txt"):
            self.robots[host(request.url)] = response

    # --- what was found

    def conclude(self) -> tuple[str, str]:
        """The verdict (``healthy``, or that of `VERDICTS` which weighs most) and why, in one line."""
        for verdict in VERDICTS:
            why = "; ".join(f"{step.name}: {step.text}" for step in self.steps if step.verdict == verdict)
            if why:
                return verdict, why
        if {step.name for step in self.steps} != set(STEPS) or self.steps[-1].status == LEFT:
            return "failed", "the examination was stopped before its end"
        notes = [step.name for step in self.steps if step.status == NOTE]
        return "healthy", f"a list and a report were read{'; see ' + ', '.join(notes) if notes else ''}"

    def _note(self, name: str, status: str, text: str, verdict: str = "") -> None:
        step = Step(name, status, " ".join(text.split()), verdict)
        self.steps.append(step)
        self.say(step)

    def _leave(self, why: str) -> None:
        """Says of all steps that are left that nothing was looked at."""
        done = {step.name for step in self.steps}
        for name in STEPS:
            if name not in done:
                self._note(name, LEFT, why)

    # --- the examination

    async def start(self) -> AsyncIterator[Any]:
        entry = await self._see_entry()
        if entry is None:
            self._leave("there is no page")
            return
        way = await self._search(entry)
        if not self._tell_way(way) or way.listing is None:
            return
        await self._see_pager(way, way.listing)
        self._note("JavaScript", OK, "not needed: the list stands in what the server sends")
        fetched = await self._get_report(way.listing, way.reports)
        if fetched is not None:
            yield fetched  # its reading makes the last step
            await self._was_read.wait()

    async def _see_entry(self) -> Page | None:
        """The first of the portal's addresses that answers with a page: steps address, robots, encoding. None if none
        does."""
        problems: list[Lost] = []
        for url in self.patient.starts:
            try:
                response = await self._fetch(Link(url, ""))
                page = self._read(response)
                moved = find_move(page)
                text = f"{url} answers {response.status} ({_kind(response)}, {len(response.body):,} bytes)"
                if response.url != url:
                    text += f", redirected to {response.url}"
                if moved is not None:
                    text += f", sends on by a script to {moved}"
                    page = self._read(await self._fetch(Link(moved, "")))
            except Lost as lost:
                problems.append(Lost(f"{url}: {lost}", lost.verdict))
                continue
            status = NOTE if problems or host(response.url) != host(url) else OK
            self._note("address", status, "; ".join([text, *map(str, problems)]))
            self._tell_robots(response.url)
            self._tell_encoding(response)
            return page
        self._note("address", FAULT, "; ".join(map(str, problems)), problems[0].verdict)
        self._tell_robots(self.patient.starts[0])
        return None

    def _tell_robots(self, url: str) -> None:
        response = self.robots.get(host(url))
        if response is None:
            self._note("robots", NOTE, f"no robots.txt could be had from {host(url)}")
            return
        if response.status != 200 or not isinstance(response, TextResponse):
            self._note("robots", OK, f"robots.txt answers {response.status}: nothing is forbidden")
            return
        rules = Protego.parse(response.text)
        agent = str(self.settings.get("ROBOTSTXT_USER_AGENT") or self.settings.get("USER_AGENT") or "*")
        delay, lines = rules.crawl_delay(agent), len(re.findall(r"(?im)^\s*disallow\s*:\s*\S", response.text))
        may = rules.can_fetch(url, agent)
        text = f"robots.txt: {lines} Disallow" + (f", Crawl-delay {delay:g} s" if delay else "")
        self._note("robots", OK if may else NOTE, f"{text}; the entry {'may' if may else 'must not'} be asked for")

    def _tell_encoding(self, response: Response) -> None:
        header = _CHARSET.search(response.headers.get("Content-Type") or b"")
        inside = _CHARSET.search(response.body[:4096])
        claims = [found.group(1).decode("ascii").lower() if found else None for found in (header, inside)]
        _, read = decode(response.body, claims[0])
        told = f"the header says {claims[0] or 'nothing'}, the page {claims[1] or 'nothing'}"
        names = {_SAME_ENCODING.get(claim, claim) for claim in claims if claim}
        agreed = names <= {_SAME_ENCODING.get(read, read)}
        self._note("encoding", OK if agreed else NOTE, f"read as {read}; {told}")

    # --- the way to a list

    async def _search(self, entry: Page) -> Way:
        """Goes from the entry to the first page that lists reports, the likeliest link first."""
        way = Way(entry, seen={entry.url})
        queue: list[tuple[int, int, Link, str]] = []
        guesses: list[tuple[int, int, Link]] = []
        number, expected = 0, ENTRY
        while True:
            stage = self._visit(way, expected)
            if way.reports:
                return way
            for rank, link, leads_to in self._find_ways(way.last, stage):
                heappush(queue, (rank, number := number + 1, link, leads_to))
            for weight, link in find_guesses(way.last) if stage != ANNUAL else ():
                heappush(guesses, (-weight, number := number + 1, link))
            found = None
            while found is None:
                way.guessed = not queue
                if self.requests >= MAX_SEARCH or not (queue or guesses):
                    return way
                link, expected = heappop(queue)[2:] if queue else (heappop(guesses)[2], ENTRY)
                if link.url + link.post in way.seen or self.may_request(link.url) is not None:
                    continue
                way.seen.add(link.url + link.post)
                try:
                    found = self._read(await self._fetch(link))
                    if (moved := find_move(found)) is not None and self.may_request(moved) is None:
                        way.seen.add(moved)
                        found = self._read(await self._fetch(Link(moved, link.text)))
                except Lost as lost:
                    if not way.guessed:  # a guess that leads nowhere says nothing
                        way.problems.append(f"{link.url} ({link.text or '?'}): {lost}")
                    if lost.verdict == "blocked" and self.crawler.stats.get_value("refusals/reason"):
                        return way
            way.last = found

    @staticmethod
    def _visit(way: Way, expected: str) -> str:
        """Enters the last page of the way and gives its stage."""
        page, stage = way.last, stage_of(way.last, expected)
        if stage in {DISCLOSURE, ANNUAL} and way.column is None:
            way.column, way.column_guessed = page, way.guessed
        if stage == ANNUAL:
            way.channel = way.channel or page
            way.reports = [lead for lead in find_leads(page, stage) if lead.kind == "report"]
            if not way.reports and page.holds_report:
                way.reports = [Lead(Link(page.url, page.title), "report")]
            if way.reports:
                way.listing = page
        return stage

    @staticmethod
    def _find_ways(page: Page, stage: str) -> list[tuple[int, Link, str]]:
        """(rank, link, promised stage) of what may lead on from a page."""
        family = recognise(page)
        ways = [
            (_RANK[lead.stage], lead.link, lead.stage)
            for lead in find_leads(page, stage)
            if lead.kind == "channel" and not family.is_article(lead.link.url)
        ]
        ways += [(_RANK[ENTRY], link, stage) for link in page.links if link.rel == "frame" and not link.text]
        if stage == ANNUAL:  # a list whose records only come by a call
            ways += [(_RANK[ANNUAL], link, stage) for link in _next_pages(page)]
        return ways

    def _tell_way(self, way: Way) -> bool:
        """Steps column, channel, list, platform; where there is no list, also what is left. True if there is one."""
        page = way.channel or way.column or way.last
        scripts = None if way.reports else needs_scripts(page, ANNUAL if way.channel else ENTRY)
        verdict = "partial" if way.problems or scripts else "nothing_found"
        if self.crawler.stats.get_value("refusals/reason"):
            verdict = "blocked"
        unseen = f"; not all could be seen: {'; '.join(way.problems)}" if way.problems else ""
        offers = _tell_links(page) + unseen
        for name, found, words in (
            ("column", way.column, "政府信息公开"),
            ("channel", way.channel, "年报 or 年度报告"),
        ):
            if found is not None:
                guessed = name == "column" and way.column_guessed
                self._note(name, NOTE if guessed else OK, _tell_page(found) + " (found by a guess)" * guessed)
            elif name == "channel" and way.column is None:
                self._note(name, LEFT, "there is no column")
            else:
                self._note(name, FAULT, f"no page that was seen says {words}; {offers}", verdict)
        if way.reports:
            none = sum(lead.kind == "decoy" for lead in find_leads(way.last, ANNUAL))
            years = sorted({year for lead in way.reports if (year := find_year(lead.link.text))})
            span = f" of {'-'.join(dict.fromkeys((str(years[0]), str(years[-1]))))}" if years else ""
            self._note("list", OK, f"{_count(len(way.reports), 'report')}{span}, {none} that are none: {way.last.url}")
        elif way.channel is None:
            self._note("list", LEFT, "there is no channel")
        else:
            self._note("list", FAULT, f"no report is listed; {offers}", verdict)
        family = recognise(way.last if way.reports else page)
        plain = " (none known; lists are read by what their links say)" if family.name == "plain" else ""
        self._note("platform", OK, f"{family.name}{plain}")
        if way.reports:
            return True
        self._note("pager", LEFT, "there is no list")
        if scripts:
            text = f"probably needed, and a crawl needs the browser for it: {scripts}: {page.url}"
            self._note("JavaScript", FAULT, text, "partial")
        else:
            self._note("JavaScript", OK, "no sign of a list that only scripts would load")
        self._leave("there is no list")
        return False

    async def _see_pager(self, way: Way, page: Page) -> None:
        reports = way.reports
        named = {link.url + link.post: link for one in (page, way.channel or page) for link in _next_pages(one)}
        links = [link for key, link in named.items() if key not in way.seen and self.may_request(link.url) is None]
        if not links:
            clicks = needs_clicks(page)
            if clicks:
                self._note(
                    "pager", NOTE, f"no link leads to a further page, a crawl needs the browser for it: {clicks}"
                )
            else:
                self._note("pager", OK, "none: the list has one page")
            return
        known = {lead.link.url for lead in reports}
        try:
            further = self._read(await self._fetch(links[0]))
        except Lost as lost:
            self._note("pager", FAULT, f"{links[0].url}: {lost}", "blocked" if lost.verdict == "blocked" else "partial")
            return
        more = [one for one in find_leads(further, ANNUAL) if one.kind == "report" and one.link.url not in known]
        text = f"{_count(len(links), 'further page')} named; {links[0].url} lists {_count(len(more), 'further report')}"
        self._note("pager", OK if more else NOTE, text)

    # --- a report

    async def _get_report(self, page: Page, reports: list[Lead]) -> Fetched | None:
        """The first report of the list, as its page or as the document that its page links."""
        lead = next((lead for lead in reports if self.may_request(lead.link.url, "document") is None), reports[0])
        try:
            if lead.link.url == page.url:
                response = await self._fetch(lead.link)
                return self._hand_on(response, page.url, lead.link.text)
            response = await self._fetch(lead.link, "document")
            landing = response.url
            own = self._read_page(response)
            if own is not None and (moved := find_move(own)) is not None:
                response = await self._fetch(Link(moved, ""), "document")
                own = self._read_page(response)
            if own is not None and not own.holds_report:
                files = [
                    one for one in find_documents(own, lead.link.text) if not self.may_request(one.url, "document")
                ]
                further = [one.link for one in find_leads(own, ANNUAL) if one.kind == "report"]
                ways = files or [link for link in further if self.may_request(link.url) is None]
                if ways:  # a landing page, or a list below the list
                    response = await self._fetch(ways[0], "document")
            return self._hand_on(response, landing, lead.link.text)
        except Lost as lost:
            verdict = "blocked" if lost.verdict == "blocked" else "partial"
            self._note("report", FAULT, f"{lead.link.text}: {lead.link.url}: {lost}", verdict)
            return None

    def _hand_on(self, response: Response, landing: str, text: str) -> Fetched:
        header = (response.headers.get("Content-Type") or b"").decode("latin-1")
        charset = _CHARSET.search(header.encode())
        return Fetched(
            url=response.url,
            landing_url=landing,
            body=response.body,
            media_type=_kind(response),
            charset=charset.group(1).decode("ascii") if charset else None,
            fetched_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            archive=None,
            portal=self.portal,
            link_text=text,
            portal_body=self.patient.body,
            division_code=self.patient.division_code,
            candidate=response.url,
        )

    def tell_record(self, item: Any) -> None:
        cells = sum(len(row) for table in item["tables"].values() for row in table.values())
        text = (
            f"{item['title']} · {item['agency']['name'] or 'body unknown'} · {item['year']} · "
            f"{item['source']['media_type']} · form {item['generation']} · {cells} cells · {item['confidence']}"
        )
        doubtful = item["confidence"] in {"failed", "partial"}
        self._note("report", NOTE if doubtful else OK, f"{text}: {item['source']['url']}")
        self._was_read.set()

    def tell_drop(self, item: Any, exception: Exception) -> None:
        self._note("report", FAULT, f"could not be read: {item.link_text}: {item.url}: {exception}", "partial")
        self._was_read.set()

    def tell_fault(self, item: Any, failure: Any) -> None:
        self._note("report", FAULT, f"the reader failed: {item.url}: {failure.getErrorMessage()}", "failed")
        self._was_read.set()

    def leave_rest(self) -> None:
        """A crawl that was stopped on the way has steps left."""
        self._leave("not looked at")

    # --- requests

    async def _fetch(self, link: Link, kind: str = "page") -> Response:
        """The answer to a request, by the crawl's own downloader with its manners and guards. Raises Lost."""
        if self.requests >= MAX_REQUESTS:
            raise Lost(f"not asked for: an examination makes {MAX_REQUESTS} requests at most", "partial")
        if self.crawler.engine is None:
            raise RuntimeError("the doctor runs within a crawl")
        self.requests += 1
        form = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"} if link.post else None
        method = "POST" if link.post else "GET"
        request = Request(link.url, method=method, body=link.post, headers=form, meta={"kind": kind}, dont_filter=True)
        try:
            response = await self.crawler.engine.download_async(request)
        except IgnoreRequest as error:
            # A refusal of the portal, by an answer or by robots.txt; a guard of ours leads out of the portal.
            refused = "robots.txt" in str(error) or bool(self.crawler.stats.get_value("refusals/reason"))
            self.requests -= "robots.txt" in str(error)  # it never left
            why = "Forbidden by robots.txt" if "robots.txt" in str(error) else str(error).removeprefix(f"{link.url}: ")
            raise Lost(why, "blocked" if refused else "failed") from None
        except Exception as error:  # whatever kept the answer from coming
            raise Lost(str(error) or type(error).__name__, "failed") from None
        if response.status >= 400:
            raise Lost(f"HTTP {response.status}", "failed")
        return response

    def _read(self, response: Response) -> Page:
        page = self._read_page(response)
        if page is None:
            raise Lost(f"no page of HTML ({_kind(response)}, {len(response.body):,} bytes)", "failed")
        return page

    @staticmethod
    def _read_page(response: Response) -> Page | None:
        """The page of an answer with the links that its scripts hold; None where it is no page."""
        header = _CHARSET.search(response.headers.get("Content-Type") or b"")
        charset = header.group(1).decode("ascii") if header else None
        post = response.request.body.decode() if response.request and response.request.method == "POST" else ""
        head = response.body[:2048].lower()
        if b"<html" not in head and b"<!doctype html" not in head:
            answer = read_answer(response.body, response.url, charset, post)
            if answer is not None or b"<" not in head or head.startswith(b"%pdf"):
                return answer
        try:
            page = parse_page(response.body, response.url, charset, post)
        except UnreadableDocument:
            return None
        return replace(page, links=(*page.links, *recognise(page).records(page)))


def _next_pages(page: Page) -> tuple[Link, ...]:
    return recognise(page).next_pages(page)


def _tell_page(page: Page) -> str:
    return f"{page.title or '(no title)'}: {page.url}"


def _tell_links(page: Page) -> str:
    """What a page offers instead: for whoever has to find the new name of a channel."""
    near = list(dict.fromkeys(link.text for link in page.links if _TELLING.search(link.text) and len(link.text) < 40))
    said = f", of which {'、'.join(near[:6])} come nearest" if near else ", none of which names 公开 or 年报"
    return f"{page.url} has {_count(len(page.links), 'link')}{said}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s'[: number != 1]}"


def _kind(response: Response) -> str:
    header = (response.headers.get("Content-Type") or b"").decode("latin-1")
    return header.partition(";")[0].strip().lower() or "no type"
