"""Pages that show nothing without their scripts, shown by a browser that has no network of its own.

A request with the method ``RENDER`` and ``meta["render"]`` is answered by Chromium. Whatever its page asks for is
fetched by the crawl itself, through all downloader middlewares: scope, private addresses, robots.txt, one request at a
time with its pause, refusals and archive hold for a script's call as for any page. The browser can connect to nothing.

``RENDER`` goes over no wire. It keeps the page that was shown apart from the page that was sent: they have fingerprints
of their own, so the archive holds both, a shown page is never asked for conditionally, and a replay finds it again
without a browser.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.http import HtmlResponse, Request, Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.asyncio import call_later

from crawler.items import RENDER
from crawler.web.refusals import NotRendered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings
    from scrapy.utils.asyncio import CallLaterResult

    from crawler.web.chromium import Chromium, Shown

logger = logging.getLogger(__name__)

# What stands before each shown page and behind the last one; `crawler.listing.rendering.split_shown` reads it.
SHOWN, NOTES = "<!--nianbao:shown %s-->\n", "\n<!--nianbao:notes %s-->\n"

# Behind the archive (900): the last to see a request, the first to see its answer.
_ORDER = 950
_DEFAULTS = {
    "BROWSER_PAGE_LIMIT": 200,
    "BROWSER_REQUEST_LIMIT": 200,
    "BROWSER_CLICKS": 100,
    "BROWSER_TIMEOUT": 300.0,
    "BROWSER_IDLE": 30.0,
    "BROWSER_MEMORY_MB": 512,
}


class BrowserAddon:
    """``ADDONS``: lets a browser answer requests with the method ``RENDER``. Does nothing in a replay.

    Settings, each with its default: ``BROWSER_PAGE_LIMIT`` (pages shown in one crawl), ``BROWSER_REQUEST_LIMIT``
    (requests of one page), ``BROWSER_CLICKS`` (in one page, on its pager), ``BROWSER_TIMEOUT`` (seconds for one page),
    ``BROWSER_IDLE`` (seconds until a browser that nobody needs is closed), ``BROWSER_MEMORY_MB`` (what the scripts of a
    page may take). ``PLAYWRIGHT_LAUNCH_OPTIONS`` are scrapy-playwright's.
    """

    def update_settings(self, settings: BaseSettings) -> None:
        for name, value in _DEFAULTS.items():
            settings.set(name, value, priority="default")
        if not settings.get("REPLAY"):
            settings.setdefault_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", RenderMiddleware, _ORDER)


class RenderMiddleware:
    """Answers requests with the method `RENDER` and ``meta["render"]``; lets all others pass.

    ``meta["render"]`` is True, or a regular expression (of both Python and JavaScript) for what a button of a pager
    says: then such buttons, and numbers behind them, are clicked until nothing new appears. ``meta["document"]`` may
    hold the response that turned out to need scripts, which is then not asked for again.

    The answer is one `HtmlResponse` in UTF-8: every page shown behind a comment with its address, and at the end a
    comment with notes (what was refused to the page, what was cut off). Its flag ``rendered`` is missing in a replay;
    the method of its request is not. The browser is started by the first such request: until then neither it nor
    playwright costs anything.

    It must be a downloader middleware and no handler, for a handler may not ask the engine for further downloads: its
    own request would hold the place they wait for. Stats: ``browser/pages``, ``browser/requests``, ``browser/refused``,
    ``browser/failed``.
    """

    def __init__(self, crawler: Crawler) -> None:
        if crawler.settings.get("REPLAY"):
            raise NotConfigured
        self.crawler = crawler
        limits: dict[str, float] = {
            name: crawler.settings.getfloat(name, default) for name, default in _DEFAULTS.items()
        }
        self._limits = limits
        self._pages = 0
        self._browser: Chromium | None = None
        self._missing: str | None = None  # why there is no browser; it is not tried again
        self._idle: CallLaterResult | None = None
        self._waiting = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RenderMiddleware:
        middleware = cls(crawler)
        crawler.signals.connect(middleware.engine_stopped, signals.engine_stopped)
        return middleware

    async def process_request(self, request: Request) -> Response | None:
        """Raises NotRendered; or whatever refused the page itself."""
        words = request.meta.get("render")
        if not words or request.method != RENDER:
            return None
        # The browser has followed what redirects, and what could be tried again was.
        request.meta.update(dont_redirect=True, dont_retry=True)
        assert self.crawler.stats is not None
        document: Response | None = request.meta.pop("document", None)
        try:
            if self._missing is not None:
                raise NotRendered(f"{request.url}: {self._missing}")
            if self._pages >= self._limits["BROWSER_PAGE_LIMIT"]:
                limit = int(self._limits["BROWSER_PAGE_LIMIT"])
                raise NotRendered(f"{request.url}: {limit} pages were shown by the browser (BROWSER_PAGE_LIMIT)")
            self._pages += 1
            document = document or await self.fetch(Request(request.url, callback=NO_CALLBACK))
            if document.status != 200:
                return document.replace(request=request)
            if not isinstance(document, HtmlResponse):
                raise NotRendered(f"{request.url}: no page of HTML that a browser could show")
            shown, notes = await self._show(request, document, words if isinstance(words, str) else None)
        except NotRendered:
            self.crawler.stats.inc_value("browser/failed")
            raise
        self.crawler.stats.inc_value("browser/pages")
        return make_answer(request, shown, notes)

    async def fetch(self, request: Request) -> Response:
        """Asks for what a page needs as the crawl asks for all else."""
        assert self.crawler.engine is not None
        assert self.crawler.stats is not None
        request.meta["kind"] = "page"
        self.crawler.stats.inc_value("browser/requests")
        return await self.crawler.engine.download_async(request)

    async def _show(self, request: Request, document: HtmlResponse, words: str | None) -> tuple[list[Shown], list[str]]:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if self._browser is None:
            self._browser = self._make_browser(request)
        self._waiting += 1
        try:
            return await self._browser.show(document, words)
        except NotRendered as error:
            if not self._browser.can_start:
                self._missing = str(error)
            raise NotRendered(f"{request.url}: {error}") from error
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._idle = call_later(self._limits["BROWSER_IDLE"], self._rest)

    def _make_browser(self, request: Request) -> Chromium:
        try:
            from crawler.web.chromium import Chromium  # noqa: PLC0415 - takes longer to import than all of the crawl
        except ImportError as error:
            self._missing = f"no browser: scrapy-playwright is not installed ({error})"
            raise NotRendered(f"{request.url}: {self._missing}") from error
        return Chromium(self.crawler, self._limits, self.fetch)

    def _rest(self) -> None:
        """Closes a browser that nobody needs: it takes half a gigabyte."""
        self._idle = None
        if self._browser is not None:
            self._browser.rest()

    async def engine_stopped(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if self._browser is not None:
            await self._browser.close()


def make_answer(request: Request, shown: Iterable[Shown], notes: list[str]) -> HtmlResponse:
    """The pages that a browser showed as one response."""
    pages = list(shown)
    text = "".join(SHOWN % page.url.replace("--", "%2D%2D") + _guard(page.html) for page in pages)
    if notes:
        text += NOTES % json.dumps(notes, ensure_ascii=False).replace("--", "\\u002d\\u002d")
    headers: dict[str, Any] = {"Content-Type": "text/html; charset=utf-8"}
    return HtmlResponse(
        pages[0].url,
        headers=headers,
        body=text.encode("utf-8", errors="replace"),
        request=request,
        flags=["rendered"],
        encoding="utf-8",
    )


def _guard(html: str) -> str:
    """A page must not speak in our name."""
    return html.replace("<!--nianbao:", "<!-- nianbao:")
