"""Chromium by scrapy-playwright, with its hands tied: what its pages ask for is fetched by the crawl or not at all.

Imported when a crawl needs a browser for the first time (see `crawler.web.browser`), for that costs half a second, and
the browser's driver 200 MB.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error as PlaywrightError
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Headers, Request
from scrapy.http.request import NO_CALLBACK
from scrapy.settings import Settings
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
from scrapy_playwright.page import PageMethod
from scrapy_playwright.provider import PlaywrightBrowserProvider

from crawler.web.refusals import NotRendered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from playwright.async_api import Browser, Page, Route, WebSocketRoute
    from playwright.async_api import Request as Asked
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

# Where distributions put Chromium; Playwright's own goes first.
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# No name and no number leads anywhere, no proxy listens, and WebRTC may only use the proxy. What a page may have comes
# by way of the crawl, so nothing is lost; what slips past interception (sockets of workers, prefetching) meets a wall.
_WALLS = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",  # its name in older ones
    "--blink-settings=imagesEnabled=false",
    "--renderer-process-limit=1",
    "--disable-gpu",
)
_NOWHERE = "http://127.0.0.1:9"
# Ways out of a page that are no requests. The walls hold without this; it is for a Chromium that has renamed them.
_CLOSE_DOORS = "for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'WebTransport']) delete self[name];"
# Images, fonts, media and style sheets say nothing of a list; the rest is measuring and pushing.
_WANTED = frozenset({"document", "script", "xhr", "fetch"})
_METHODS = frozenset({"GET", "HEAD", "POST"})
# Fields of a page's request that are the browser's business or would give us a session.
_NOT_SENT = ("cookie", "user-agent", "host", "connection", "content-length", "accept-encoding", "sec-", "proxy-")
# Fields of an answer that hold for the wire, would start a download, or would give us a session.
_NOT_TOLD = frozenset(
    "content-encoding content-length transfer-encoding connection set-cookie content-disposition link".split()
)
_KEPT_BYTES = 32 * 1024 * 1024  # scripts kept from page to page; those of a portal take some 3 MB
_QUIET = 0.5  # seconds without a request and without a change after which a page is taken to be ready
_QUICK = 0.2  # the same behind a click that has changed something already
_RESTLESS = 6.0  # the same for pages that never stop to change, as those with a carousel
_BEAT = 0.05
_CLOSING = 15.0  # seconds until a browser that will not close is left to its fate
MAX_HTML = 24 * 1024 * 1024  # characters of all pages shown, as much as a reader of lists takes

_LOOK = """() => {
  const seen = [];
  for (const a of document.querySelectorAll('a, [onclick], li, tr')) {
    if (a.matches('li, tr') && a.querySelector('a, li, tr')) continue;
    const text = (a.innerText || a.title || '').replace(/\\s+/g, ' ').trim().slice(0, 200);
    seen.push((a.getAttribute('href') || '').slice(0, 500) + '|' + text);
    if (seen.length >= 5000) break;
  }
  return seen;
}"""

# Clicks the `which`-th control of a pager that leads to the page with that number; null if there is none.
_CLICK = """([words, number, which]) => {
  const say = new RegExp('^(?:' + words + ')$', 'i');
  const named = /(^|[-_\\s])(next|nextpage|pagedown)($|[-_\\s])/i;
  const other = /swiper|slick|carousel|slide|banner|calendar|date/i;
  const off = /(^|[-_\\s])(disabled?|forbid|nomore|unclick)($|[-_\\s])/i;
  const name = el => typeof el.className === 'string' ? el.className : '';
  const text = el => (el.innerText || el.value || '').replace(/\\s+/g, '');
  const told = el => [text(el), el.title, el.getAttribute('aria-label')].filter(Boolean);
  const leads = el => {
    const a = el.closest('a');
    const href = a && (a.getAttribute('href') || '').trim();
    return !!href && !/^(javascript:|#|about:)/i.test(href);
  };
  const usable = el => {
    if (!el.getClientRects().length || leads(el) || el.closest('select')) return false;
    for (let up = el, n = 0; up && n < 3; up = up.parentElement, n++)
      if (up.disabled || up.getAttribute('aria-disabled') === 'true' || off.test(name(up))) return false;
    for (let up = el; up; up = up.parentElement) if (other.test(name(up) + ' ' + up.id)) return false;
    return true;
  };
  const all = [...document.querySelectorAll('button, a, li, span, div, td, em, i, input[type=button], [role=button]')]
    .filter(el => text(el).length <= 12);
  const innermost = found => found.filter(el => !found.some(one => one !== el && el.contains(one)));
  const next = innermost(all.filter(el => told(el).some(one => say.test(one)) && usable(el)));
  const classed = innermost(all.filter(el => named.test(name(el)) && text(el).length <= 1 && usable(el)));
  const digits = all.filter(el => /^\\d{1,3}$/.test(text(el)));
  const numbered = innermost(digits.filter(el => {
    if (text(el) !== String(number) || !usable(el) || el.closest('table.calendar')) return false;
    const home = (el.parentElement && el.parentElement.parentElement) || el.parentElement;
    return home && digits.some(one => one !== el && home.contains(one) && text(one) === String(number - 1));
  }));
  const selects = [...document.querySelectorAll('select')].filter(el => el.options.length > 1 &&
    [...el.options].every(one => /^第?\\s*\\d+\\s*页?$/.test(one.text.trim())) && number <= el.options.length);
  const controls = [...new Set([...next, ...classed, ...numbered, ...selects])];
  const control = controls[which];
  if (!control) return null;
  if (control.tagName === 'SELECT') {
    control.selectedIndex = number - 1;
    control.dispatchEvent(new Event('input', {bubbles: true}));
    control.dispatchEvent(new Event('change', {bubbles: true}));
  } else {
    control.click();
  }
  return control.tagName + ' ' + told(control).join(' ').slice(0, 40);
}"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as a browser shows it: its address, and its HTML after its scripts ran."""

    url: str
    html: str


class _Program(PlaywrightBrowserProvider):
    """Starts Chromium: Playwright's own, else the one of the distribution, else `NotRendered`."""

    memory = 0

    async def launch_browser(self) -> Browser:
        if self.config.cdp_url or self.config.connect_url or self.config.browser_type_name != "chromium":
            raise NotRendered("only a Chromium that is started here can be held to the rules of the crawl")
        assert self.browser_type is not None
        given = dict(self.config.launch_options)
        args = [*given.pop("args", ()), *_WALLS, f"--js-flags=--max-old-space-size={self.memory}"]
        options: dict[str, Any] = {
            "timeout": 60_000,
            "chromium_sandbox": os.geteuid() != 0,  # it cannot be had as root
            **given,
            "args": args,
            "proxy": {"server": _NOWHERE},
        }
        try:
            return await self.browser_type.launch(**options)
        except PlaywrightError as error:
            found = next(filter(None, map(shutil.which, _PROGRAMS)), None)
            if found is None or "executable_path" in given or "Executable doesn't exist" not in str(error):
                raise NotRendered(f"no browser: {_first_line(error)}") from error
        try:
            return await self.browser_type.launch(**{**options, "executable_path": found})
        except PlaywrightError as error:
            raise NotRendered(f"no browser: {found} does not start: {_first_line(error)}") from error


class Chromium:
    """A browser that is started when it is needed and shows one page at a time, in one context.

    ``fetch`` asks for what a page needs; it raises IgnoreRequest (`NianbaoRefusal`) where that may not be had.
    ``can_start`` is False once no browser could be started.
    """

    def __init__(
        self,
        crawler: Crawler,
        limits: Mapping[str, float],
        fetch: Callable[[Request], Awaitable[Response]],
    ) -> None:
        self.can_start = True
        self._crawler = crawler
        self._limits = limits
        self._fetch = fetch
        self._handler: ScrapyPlaywrightDownloadHandler | None = None
        self._one_page = asyncio.Lock()
        self._closing: asyncio.Task[None] | None = None
        self._scripts: dict[str, Response] = {}
        self._kept = 0
        # A failure is told by its exception; scrapy-playwright would print each with a traceback besides.
        logging.getLogger("scrapy-playwright").setLevel(logging.ERROR)

    async def show(self, document: Response, words: str | None) -> tuple[list[Shown], list[str]]:
        """The pages that a document of HTML shows after its scripts ran, and notes on what was refused or cut off.

        Raises:
            NotRendered: no browser, too slow, or the page would not be shown; ``str()`` is the reason in one line.
        """
        async with self._one_page:
            visit = _Visit(document, words, self)
            try:
                handler = await self._start()
                await asyncio.wait_for(handler.download_request(visit.request), self._limits["BROWSER_TIMEOUT"])
            except NotRendered:
                self.can_start = False
                await self._drop()
                raise
            except TimeoutError as error:
                await self._drop()
                limit = self._limits["BROWSER_TIMEOUT"]
                raise NotRendered(f"the browser had not shown it after {limit:g} s (BROWSER_TIMEOUT)") from error
            except Exception as error:
                await self._drop()
                raise NotRendered(f"the browser could not show it: {_first_line(error)}") from error
            finally:
                visit.over = True
            return visit.shown, visit.notes

    async def close(self) -> None:
        """Ends the browser and its driver."""
        async with self._one_page:
            await self._drop()
        if self._closing is not None:
            await self._closing

    def rest(self) -> None:
        """Ends the browser without waiting for it; it is started again when it is needed."""
        self._closing = asyncio.ensure_future(self.close_idle())

    async def close_idle(self) -> None:
        async with self._one_page:
            await self._drop()

    async def _start(self) -> ScrapyPlaywrightDownloadHandler:
        if self._handler is not None:
            return self._handler
        settings = Settings()
        settings.update(self._crawler.settings)
        settings.setdict(
            {
                "PLAYWRIGHT_BROWSER_PROVIDER": _Program,
                "PLAYWRIGHT_MAX_CONTEXTS": 1,
                "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": 1,
                "PLAYWRIGHT_CONTEXTS": {},
                "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": self._limits["BROWSER_TIMEOUT"] * 1000,
                "PLAYWRIGHT_DOWNLOAD_TIMEOUT": 1000,
                "PLAYWRIGHT_ABORT_REQUEST": None,
            },
            priority="cmdline",
        )
        _Program.memory = int(self._limits["BROWSER_MEMORY_MB"])
        handler = ScrapyPlaywrightDownloadHandler(_Settled(self._crawler, settings))  # type: ignore[arg-type]
        # Our own route goes first; a page that could not get it has nothing.
        handler.abort_request = lambda asked: True
        self._handler = handler
        try:
            await handler._launch()  # it waits for engine_started, which is long over
            await handler._maybe_launch_browser()  # now, so that its time is not that of the first page
        except NotRendered:
            raise
        except Exception as error:
            raise NotRendered(f"no browser: its driver does not start: {_first_line(error)}") from error
        if os.geteuid() == 0:
            logger.warning("browser: Chromium has no sandbox when it runs as root: run the crawl as another user")
        return handler

    async def _drop(self) -> None:
        handler, self._handler = self._handler, None
        if handler is not None:
            with suppress(Exception):
                await asyncio.wait_for(handler.close(), _CLOSING)

    async def fetch(self, asked: Request, *, keep: bool) -> Response:
        """What a page asks for; scripts (``keep``) are asked for once a crawl."""
        known = self._scripts.get(asked.url) if keep else None
        if known is not None:
            return known
        response = await self._fetch(asked)
        if keep and response.status == 200 and self._kept + len(response.body) <= _KEPT_BYTES:
            self._scripts[asked.url] = response
            self._kept += len(response.body)
        return response

    @property
    def limits(self) -> Mapping[str, float]:
        return self._limits

    @property
    def agent(self) -> str:
        """What the crawl calls itself, in the browser too."""
        return str(self._crawler.settings["USER_AGENT"])

    def count_refused(self) -> None:
        assert self._crawler.stats is not None
        self._crawler.stats.inc_value("browser/refused")


class _Settled:
    """A crawler as scrapy-playwright sees it: with settings that a project cannot loosen."""

    def __init__(self, crawler: Crawler, settings: Any) -> None:
        self.settings = settings
        self._crawler = crawler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._crawler, name)


class _Visit:
    """One document in the browser: answers what its page asks for, and notes what it shows."""

    def __init__(self, document: Response, words: str | None, browser: Chromium) -> None:
        self.shown: list[Shown] = []
        self.notes: list[str] = []
        self.over = False
        self._document: Response | None = document
        self._words = words
        self._browser = browser
        self._under_way = 0
        self._asked = 0
        self._size = 0
        self.request = Request(
            document.url,
            meta={
                "playwright": True,
                "playwright_context_kwargs": {
                    "service_workers": "block",
                    "accept_downloads": False,
                    "user_agent": browser.agent,
                    "locale": "zh-CN",
                    "permissions": [],
                },
                "playwright_page_init_callback": self._prepare,
                "playwright_page_goto_kwargs": {"wait_until": "domcontentloaded"},
                "playwright_page_methods": [PageMethod(self._look_through)],
            },
        )

    # --- what the page asks for

    async def _prepare(self, page: Page, request: Request) -> None:
        """Before the page goes anywhere. Were it to fail, the page would have no network at all."""
        page.on("popup", _close_window)
        await page.context.unroute_all()
        await page.context.route("**/*", _refuse)  # windows that the page opens, until they are closed
        await page.route_web_socket("**/*", _refuse_socket)
        await page.add_init_script(_CLOSE_DOORS)
        await page.route("**/*", self._answer)

    async def _answer(self, route: Route) -> None:
        self._under_way += 1
        try:
            with suppress(PlaywrightError):  # the page is gone
                await self._answer_asked(route, route.request)
        finally:
            self._under_way -= 1

    async def _answer_asked(self, route: Route, asked: Asked) -> None:
        if self.over or asked.resource_type not in _WANTED or asked.method not in _METHODS:
            await route.abort("blockedbyclient")
            return
        address = asked.url.partition("#")[0]
        document = self._document
        if document is not None and asked.is_navigation_request() and asked.frame.parent_frame is None:
            self._document = None
            await route.fulfill(status=200, headers=_tell(document), body=document.body)
            return
        if self._asked >= self._browser.limits["BROWSER_REQUEST_LIMIT"]:
            self._note(f"the page asked for more than {self._asked} things (BROWSER_REQUEST_LIMIT)")
            await route.abort("blockedbyclient")
            return
        self._asked += 1
        try:
            response = await self._browser.fetch(
                Request(
                    address,
                    method=asked.method,
                    headers=_send(asked),
                    body=asked.post_data_buffer or b"",
                    callback=NO_CALLBACK,
                    dont_filter=True,
                ),
                keep=asked.resource_type == "script" and asked.method == "GET",
            )
        except IgnoreRequest as error:
            self._browser.count_refused()
            reason = " ".join(str(error).split()).removeprefix(f"{address}: ")
            self._note(f"refused to the page: {address}: {reason}")
            await route.abort("blockedbyclient")
        except Exception as error:
            self._note(f"could not be had for the page: {address}: {_first_line(error)}")
            await route.abort("failed")
        else:
            if response.status >= 400:
                self._note(f"could not be had for the page: {address}: HTTP {response.status}")
            await route.fulfill(status=response.status, headers=_tell(response), body=response.body)

    def _note(self, note: str) -> None:
        if note not in self.notes and len(self.notes) < 50:
            self.notes.append(note)

    # --- what the page shows

    async def _look_through(self, page: Page) -> None:
        """Takes the page as it stands when its scripts are done, and again behind every click on its pager."""
        seen = set(await self._settle(page))
        if not await self._take(page) or self._words is None:
            return
        which = clicks = 0
        while clicks < self._browser.limits["BROWSER_CLICKS"]:
            clicked = await _ask(page, _CLICK, [self._words, len(self.shown) + 1, which])
            if clicked is None:
                return
            clicks += 1
            links = await self._settle(page, seen)
            if set(links) <= seen:
                which += 1  # the pager is at its end, or that was none
                continue
            seen.update(links)
            if not await self._take(page):
                return
        self._note(f"the pager went on behind {clicks} clicks (BROWSER_CLICKS)")

    async def _settle(self, page: Page, seen: set[str] | None = None) -> list[str]:
        """Waits until nothing is under way and nothing changes; what the page shows then, a text for each link.
        ``seen`` is what it showed before a click: what is new then has come already."""
        links: list[str] = []
        asked = self._asked if seen else -1
        busy = still = monotonic()
        while True:
            now_links = await _ask(page, _LOOK)
            now = monotonic()
            if self._under_way or self._asked != asked:
                busy = still = now
            elif now_links != links:
                still = now
            links, asked = now_links or [], self._asked
            quiet = _QUICK if seen and not set(links) <= seen else _QUIET
            if now - still >= quiet or now - busy >= _RESTLESS:
                return links
            await asyncio.sleep(_BEAT)

    async def _take(self, page: Page) -> bool:
        """Keeps what the page shows, and its frames, which have addresses of their own. False, with a note, where there
        is no room for more."""
        for frame in page.frames:
            if frame is page.main_frame or frame.url.startswith(("http:", "https:")):
                try:
                    html = await frame.content()
                except PlaywrightError:
                    if frame is page.main_frame:
                        raise
                    continue  # gone meanwhile
                if self._size + len(html) > MAX_HTML:
                    self._note(f"the page showed more than {MAX_HTML:,} characters")
                    return False
                if all(html != one.html for one in self.shown):
                    self._size += len(html)
                    self.shown.append(Shown(frame.url.partition("#")[0], html))
        return True


async def _ask(page: Page, script: str, given: Any = None) -> Any:
    """What a script finds in the page; asked again where the page goes elsewhere meanwhile."""
    for _ in range(20):
        try:
            return await page.evaluate(script, given)
        except PlaywrightError as error:
            if "navigat" not in str(error) and "context was destroyed" not in str(error):
                raise
            with suppress(PlaywrightError):
                await page.wait_for_load_state("domcontentloaded")
            await asyncio.sleep(_BEAT)
    raise NavigatesForEver("the page goes elsewhere again and again")


class NavigatesForEver(Exception):  # noqa: N818 - a state of the page
    """A page that never stands still."""


async def _refuse(route: Route) -> None:
    with suppress(PlaywrightError):
        await route.abort("blockedbyclient")


async def _refuse_socket(socket: WebSocketRoute) -> None:
    with suppress(PlaywrightError):
        await socket.close()


async def _close_window(opened: Page) -> None:
    with suppress(PlaywrightError):
        await opened.close()


def _send(asked: Asked) -> dict[str, str]:
    """The fields of a page's request that go over the wire; what the crawl calls itself is its own."""
    return {name: value for name, value in asked.headers.items() if not name.startswith(_NOT_SENT)}


def _tell(response: Response) -> dict[str, str]:
    """The fields of an answer as the page gets them: they hold for a body without its codings."""
    headers: Headers = response.headers
    told = {name.decode("latin-1").lower(): values for name, values in headers.items() if values}
    return {name: values[-1].decode("latin-1") for name, values in told.items() if name not in _NOT_TOLD}


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:300]
