"""The one spider of all portals: entry → 政府信息公开 → 政府信息公开年报 → lists → landing pages → documents.

A portal is attributes (see `spiders/`). The spider finds its way by what links and headings say, keeps to the portal,
enters every candidate in its ledger, and hands documents on as they came; it reads none of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import urlsplit

from scrapy import Request, Spider, signals
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.extraction.text.titles import find_year, read_title
from crawler.items import RENDER, Fetched, FetchedPart
from crawler.listing.addresses import host, is_government, is_same_site
from crawler.listing.documents import find_documents, is_file
from crawler.listing.families import recognise
from crawler.listing.identity import identify
from crawler.listing.moves import find_move
from crawler.listing.page import Link, Page, parse_page
from crawler.listing.pieces import Pieces, find_pieces, is_whole
from crawler.listing.plain import contents, count_pages
from crawler.listing.rendering import NEXT, needs_clicks, needs_scripts, split_shown
from crawler.listing.weigh import (
    ANNUAL,
    DISCLOSURE,
    ENTRY,
    Lead,
    find_body,
    find_guesses,
    find_leads,
    is_search,
    is_year,
    stage_of,
)
from crawler.portals.arguments import Years, read_url, read_years
from crawler.portals.failures import find_asked, is_gone, tell_outcome, tell_reason
from crawler.portals.ledger import OPEN, Ledger
from crawler.portals.memory import Series
from crawler.portals.pages import (
    choose_shape,
    digest_list,
    find_charset,
    find_steps,
    make_request,
    read_list,
    read_page,
)

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.portals.memory import Memory, Remembered

# The nearer to a report, the sooner: a crawl that is stopped has then spent its pages where the reports are.
# Between two steps there is room for the weight of a link (0 to 9).
PRIORITY = {
    "part": 500,
    "document": 400,
    "report": 300,
    "next": 200,
    ANNUAL: 200,
    DISCLOSURE: 100,
    ENTRY: 0,
    "guess": -100,
}
MAX_DEPTH = 12  # channel pages between the entry and a list; paging a list does not count
MAX_MOVES = 5  # pages that send the reader on, one after the other
MAX_GUESSES = 20  # pages asked for on slight evidence, where a portal shows no way to reports
GUESSES = 5  # of them at once: the next ones may lead on
MAX_KEPT = 1000  # links kept to guess from
LISTED = 2  # new leads on a page that make it a list
MAX_WHOLES = 3  # further copies of one report that its page attaches
KNOWN = "known from an earlier run, and not asked for in this one"


class PortalSpider(Spider):
    """Base of all portals.

    Attributes of a portal: ``name``; ``body``, the government it belongs to; ``division_code``, its GB/T 2260 code, six
    digits; ``addresses``, where a crawl begins; ``hosts``, further hosts that its documents may lie on.

    Arguments: ``url`` (begin at this address instead: a copy, or another portal), ``years`` (``2021``, ``2019-2023``),
    ``full`` (``1``: the feed holds all that is current, not only what the catalogue does not have).
    """

    body: ClassVar[str | None] = None
    division_code: ClassVar[str | None] = None
    addresses: ClassVar[tuple[str, ...]] = ()
    hosts: ClassVar[tuple[str, ...]] = ()
    arguments: ClassVar[frozenset[str]] = frozenset({"full", "url", "years"})

    @classmethod
    def check_arguments(cls, given: dict[str, Any]) -> str | None:
        """What is wrong with spider arguments, in one line, or None. Names with a leading ``_`` are scrapyd's."""
        own = {name: value for name, value in given.items() if not name.startswith("_")}
        for name in own:
            if name not in cls.arguments:
                known = ", ".join(sorted(cls.arguments))
                return f"unknown argument {name!r}: {cls.name} takes {known} (-a {name}=… was given)"
        try:
            if "years" in own:
                read_years(str(own["years"]))
            if "url" in own:
                read_url(str(own["url"]))
        except ValueError as error:
            return str(error)
        if own.get("full", "1") not in {"0", "1"}:
            return f"full={own['full']!r}: write full=1, or leave it out"
        if "url" not in own and not cls.addresses:
            return f"{cls.name} needs an address: -a url=http://www.wolong.gov.cn/"
        return None

    def __init__(self, name: str | None = None, **given: Any) -> None:
        problem = self.check_arguments(given)
        if problem:
            raise ValueError(problem)
        super().__init__(name)
        self.years = read_years(str(given["years"])) if "years" in given else Years()
        self.full = given.get("full") == "1"
        self.starts = (read_url(str(given["url"])),) if "url" in given else self.addresses
        self.entries = self.starts  # where the crawl began; `starts` grows where a portal moves to another of its hosts
        self.ledger = Ledger()
        self._asked: set[str] = set()  # names of pages, see `identify`
        self._bodies: dict[str, str] = {}  # a candidate → the body whose list it stands on, where its link names none
        self._listed: dict[str, str] = {}  # the name of a candidate's page → the address it is in the ledger by
        self._guesses: dict[str, tuple[int, Link]] = {}
        self._guessed = 0
        self._wholes: set[str] = set()  # addresses of further copies of a report
        self._lists: set[bytes] = set()  # digests of the contents of the list pages seen
        self._parts: set[str] = set()  # addresses that are in the ledger as parts of a report
        self._barred: dict[str, str] = {}  # searches that may not be asked for → why
        self.memory: Memory | None = None  # of earlier runs; without it all that is found is asked for
        self.series: dict[str, Series] = {}  # lists with further pages, by the name of the first
        self._copies: list[Remembered] = []  # passed over as the same report at another address

    # --- where a crawl may go

    def may_request(self, url: str, kind: str | None = None) -> str | None:
        """None if a crawl may ask for an address, else the reason. ``kind`` "document": linked by a landing page."""
        if any(is_same_site(host(start), host(url)) for start in self.starts):
            return None
        if kind == "document" and (is_government(url) or host(url) in self.hosts):
            return None
        return f"outside the portal: {host(url)}"

    @property
    def portal(self) -> str:
        """What records call the portal."""
        return self.name

    # --- requests

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.go_on, signals.spider_idle)
        return spider

    def go_on(self) -> None:
        """When nothing is left to ask for, and before the verdict: guesses on, makes sure of what was passed over, then
        settles what hung on the whole.

        Raises DontCloseSpider while there is something to ask for.
        """
        if self._guess():
            raise DontCloseSpider
        self._drop_unlisted()
        for look in (self._look_at_ends, self._look_behind_failures, self._look_for_missing):
            if self._crawl(look()):
                raise DontCloseSpider
        self._settle_barred()

    def _crawl(self, requests: Iterable[Request]) -> bool:
        """Asks for something when all else is done; False if there is nothing."""
        asked = False
        for request in requests:
            if self.crawler.engine is not None:
                self.crawler.engine.crawl(request)
                asked = True
        return asked

    def _guess(self) -> bool:
        """Where a portal showed no way to any report, asks for the likeliest of the links passed over, a few at a time;
        False where there are none."""
        if self.ledger.candidates or not self._guesses or self._guessed >= MAX_GUESSES:
            return False
        best = sorted(self._guesses.items(), key=lambda one: -one[1][0])[:GUESSES]
        requests: list[Request] = []
        for name, (_, link) in best:
            del self._guesses[name]
            self._guessed += 1
            requests += self._ask_page(link, "guess", 1)
        return self._crawl(requests)

    def _settle_barred(self) -> None:
        """What a barred search finds stands on the lists as well; where no list was seen, it may be the only one."""
        seen = self.crawler.stats.get_value(f"portal/pages/{ANNUAL}", 0) or any(
            one.outcome != "refused" for one in self.ledger.candidates.values()
        )
        for url, reason in self._barred.items():
            if seen:
                self.ledger.notes.append(f"a search page is not for crawlers: {url}: {reason}")
            else:
                self.ledger.break_off(url, f"a search, and no other list was seen: {reason}")
        self._barred.clear()

    async def start(self) -> AsyncIterator[Any]:
        for url in self.starts:
            for request in self._ask_page(Link(url, ""), ENTRY, 0, first=url):
                yield request

    def _ask_page(
        self,
        link: Link,
        stage: str,
        depth: int,
        weight: int = 0,
        *,
        following: bool = False,
        again: bool = False,
        **more: Any,
    ) -> Iterator[Request]:
        """Asks for a page on the way, once under whatever address, unless ``again``. ``following``: a further page of a
        list. ``more`` goes into the request's meta: ``first`` is the entry that it stands for, ``moves`` counts the
        pages that sent us on, ``shape`` is how the addresses of articles are made where an answer has only their
        numbers, ``listed`` the body of the list, ``search`` whether the link leads to a search, ``series`` the list it
        is a further page of, ``recall`` whether the archive may answer."""
        name = identify(link.url, link.post)
        if name in self._asked and not again:
            return
        if not self._may_ask_more(name):
            self._spoil(more.get("series"))
            return
        yield make_request(
            link,
            callback=self.parse_channel,
            errback=self.lose_channel,
            priority=PRIORITY["next" if following else stage] + weight,
            cb_kwargs={"stage": ENTRY if stage == "guess" else stage, "depth": depth},
            meta={"kind": "page", "following": following, "name": name, **more},
            dont_filter=True,  # `identify` tells pages apart better than Scrapy's filter
        )

    def _ask_candidate(
        self, url: str, landing: str, text: str, *, kind: str = "report", anew: bool = False
    ) -> Iterator[Request]:
        """Asks for a candidate that is in the ledger, unless it is known and need not be (``anew``: it must);
        ``kind``: "report", or "document" for one that a page links."""
        known = self.memory.recall(url, text) if self.memory is not None and not anew else None
        if known is not None:
            yield from self._pass_over(known)
            return
        if not self._may_ask_more(identify(url)):
            self.ledger.settle(url, "failed", "not asked for: the limit of pages is reached")
            return
        yield Request(
            url,
            callback=self.parse_candidate,
            errback=self.lose_candidate,
            priority=PRIORITY[kind],
            cb_kwargs={"candidate": url, "landing": landing, "text": text, "kind": kind},
            meta={"kind": "document" if kind == "document" or is_file(url) else "page"},
            dont_filter=True,  # the ledger keeps addresses apart; Scrapy's filter would drop a redirect without a word
        )

    def _pass_over(self, known: Remembered) -> Iterator[Request]:
        """Settles a candidate as an earlier run did, and what its page led to: asks for what of that is due."""
        url, report = known.url, known.report
        if known.outcome == "same" and report is not None:
            if report.year not in self.years:
                self.ledger.recall(url, "skipped", f"{report.year} is outside the years asked for")
                return
            self.ledger.reports[url] = (report.key, report.body or "?", report.year)
        self._enter_known(known)
        for one in self.memory.below(url) if self.memory is not None else ():
            if not self._list(one.url, one.found_on, one.text, one.year, url):
                continue
            if one.outcome in {"part", "refused", "duplicate"}:
                self._enter_known(one)
            elif one.year is not None and one.year not in self.years:
                self.ledger.settle(one.url, "skipped", f"{one.year} is outside the years asked for")
            else:
                kind = "document" if known.outcome == "followed" else "report"
                yield from self._ask_candidate(one.url, one.found_on, one.text, kind=kind)

    def _enter_known(self, known: Remembered) -> None:
        self.ledger.recall(known.url, known.outcome, KNOWN if known.outcome == "same" else known.reason)
        if known.outcome == "part":
            self._parts.add(known.url)
        elif known.outcome == "duplicate":
            self._copies.append(known)

    def _may_ask_more(self, name: str) -> bool:
        """Counts the pages asked for, by name; False for a new one beyond the limit, which the verdict will tell."""
        if name in self._asked:
            return True
        limit: int = self.crawler.settings.getint("PORTAL_PAGE_LIMIT")
        if len(self._asked) < limit:
            self._asked.add(name)
            return True
        self.ledger.break_off(self.starts[0], f"the limit of {limit} pages is reached (PORTAL_PAGE_LIMIT)")
        return False

    # --- channels and lists

    def parse_channel(self, response: Response, stage: str, depth: int) -> Iterator[Any]:
        """A page on the way: its leads are followed, and a report that stands on the page itself is handed on."""
        pages = self._parse_pages(response)
        if not pages and response.meta.get("following") and not response.body.strip():
            return  # a call for the page behind the last
        if not pages:
            self._break_off(
                find_asked(response.request) if response.request else response.url, response, "no page of HTML"
            )
            return
        if response.url != find_asked(response.request):  # a redirect may have led to a page that was seen
            self._asked.add(identify(response.url))
        if response.meta.get("first") and urlsplit(response.url).netloc:
            self._follow_move(response)
        if (moved := find_move(pages[0])) is not None:
            yield from self._move(moved, response, stage, depth)
            return
        for page in pages:
            yield from self._read_channel(page, response, stage_of(page, stage), depth, alone=len(pages) == 1)

    def _read_channel(self, page: Page, response: Response, stage: str, depth: int, *, alone: bool) -> Iterator[Any]:
        """What a page on the way leads to; where it shows no list or no pager without its scripts, the page again as a
        browser shows it. ``alone``: the response holds no other page."""
        self.crawler.stats.inc_value(f"portal/pages/{stage}")
        if stage == ANNUAL and page.holds_report:
            if self._list(page.url, page.url, page.title, find_year(page.title)):
                if not alone:  # what is archived, and would be read, is all that was shown
                    self.ledger.settle(page.url, "unread", "it stands among several pages that a browser showed")
                    return
                fetched = self._fetched(response, page.url, page.title)
                yield from self._ask_parts(fetched, find_pieces(page, page.title).parts)
            return
        family = recognise(page)
        if records := family.records(page):
            page = replace(page, links=(*page.links, *records))
        for weight, link in find_guesses(page) if stage != ANNUAL else ():
            if len(self._guesses) < MAX_KEPT and self.may_request(link.url) is None:
                self._guesses.setdefault(identify(link.url), (weight, link))
        led = listed = False
        body = find_body(page) or response.meta.get("listed")
        steps = list(find_steps(page, stage, family))
        for lead in steps:
            led, listed = True, listed or lead.kind == "report"
            if lead.kind == "report":
                self._note_looked(lead.link.url, response)
            yield from self._follow(lead, page, depth, body)
        paged = False
        following = bool(response.meta.get("following"))
        further: tuple[Link, ...] = ()
        # What calls bring on the way to a list is news; calls are asked there only where the page shows nothing else.
        if stage == ANNUAL or (stage == DISCLOSURE and (not led or not family.records(page))):
            further = family.next_pages(page)
            shape = choose_shape(page, family, response.meta.get("shape") or "")
            series = self._note_series(page, response, steps, further, stage, depth)
            if series is not None and response.meta.get("checking"):
                yield from self._check_series(self.series[series])
            for request in self._follow_pager(
                *(page, further, stage, depth),
                following=following and not response.meta.get("anew"),  # what it brings was brought by its old self
                shape=shape,
                listed=body,
                series=series,
            ):
                paged = True
                yield request
        if _is_shown(response):
            if not (led or paged) and (reason := needs_scripts(page, stage)) is not None:
                self._break_off(page.url, response, f"a browser shows no list either: {reason}")
        elif not paged:
            clicks = needs_clicks(page) if listed and not following else None  # a pager of links has no buttons
            reason = clicks if listed else needs_scripts(page, stage)
            if reason is not None:
                yield from self._ask_shown(page, response, stage, depth, reason)
                return
        told = count_pages(page) if listed and alone and not following and stage == ANNUAL else 0
        if told > 1 and not further:
            self.ledger.break_off(page.url, f"the list says that it has {told} pages; no way to the others was found")

    def _ask_shown(self, page: Page, response: Response, stage: str, depth: int, reason: str) -> Iterator[Request]:
        """Asks for a page as a browser shows it, with all pages of its list."""
        name = f"{identify(page.url)} {RENDER}"
        if name in self._asked or not self._may_ask_more(name):
            return
        self.logger.info("asks a browser for %s: %s", page.url, reason)
        yield Request(
            page.url,
            method=RENDER,
            callback=self.parse_channel,
            errback=self.lose_channel,
            priority=PRIORITY[stage],
            cb_kwargs={"stage": stage, "depth": depth},
            meta={"kind": "page", "render": NEXT, "document": response, "first": response.meta.get("first")},
            dont_filter=True,
        )

    def _follow_pager(
        self,
        page: Page,
        further: tuple[Link, ...],
        stage: str,
        depth: int,
        *,
        following: bool,
        **context: str | None,
    ) -> Iterator[Request]:
        """The further pages of a list, until one brings nothing but what an earlier one brought."""
        links = contents(page, further)
        known = following and bool(links) and links in self._lists
        self._lists.add(links)
        series = self.series.get(context["series"] or "")
        for link in further:
            if not known and self.may_request(link.url) is None:
                recall = series is not None and series.quiet
                for request in self._ask_page(link, stage, depth, following=True, recall=recall, **context):
                    if series is not None:
                        series.pages[request.meta["name"]] = (link, context)
                    yield request

    # --- lists that did not change

    def _note_series(
        self,
        page: Page,
        response: Response,
        steps: Sequence[Lead],
        further: tuple[Link, ...],
        stage: str,
        depth: int,
    ) -> str | None:
        """The name of the list that a page belongs to, or None. Its first page is the first that leads anywhere: what
        that says decides whether the others are looked at."""
        name: str | None = response.meta.get("series")
        if name is not None:
            self._note_page(self.series[name], response, digest_list(steps, further))
            return name
        if not steps or not further or _is_shown(response):
            return None
        name = identify(page.url, page.post)
        if name not in self.series:
            first = digest_list(steps, further, page)
            last = self.memory.find_last(name, first) if self.memory is not None else None
            self.series[name] = Series(first, last, stage, depth)
        return name

    @staticmethod
    def _note_page(series: Series, response: Response, digest: str) -> None:
        """Enters a further page of a list."""
        name = response.meta["name"]
        if response.meta.get("recalled"):
            series.recalled.add(name)
        else:
            series.looked[name] = digest
            series.recalled.discard(name)

    def _look_at_ends(self) -> Iterator[Request]:
        """Asks for the last page of each list that was not paged: whatever came or went in its midst has moved that,
        and some lists grow at their end."""
        for series in self.series.values():
            if not series.quiet or series.checked or not series.recalled:
                continue
            series.checked = True
            last = series.find_last(series.recalled | series.looked.keys())
            if last in series.recalled:
                yield from self._ask_anew(series, last, checking=True)
            else:
                yield from self._check_series(series)

    def _check_series(self, series: Series) -> Iterator[Request]:
        """Pages a list after all if its last page, which was looked at, is not what it was."""
        if series.quiet and series.told != series.last:
            yield from self._page_anew(series)

    def _look_behind_failures(self) -> Iterator[Request]:
        """Pages a list after all if something on a page that was not looked at could not be had, and could be the last
        time: it may be gone."""
        if self.memory is None:
            return
        for url, name in self.ledger.find_unlooked().items():
            failed = self.ledger.candidates[url].outcome in OPEN and not self.memory.had_failed(url)
            if failed and self.series[name].quiet:
                yield from self._page_anew(self.series[name])

    def _look_for_missing(self) -> Iterator[Request]:
        """Where a known report was not met, looks at all that was passed over and may lead to it: only then it is gone.

        Where something could not be had or read, nothing counts as gone.
        """
        if self.memory is None or self.ledger.broken or OPEN & self.ledger.counts().keys():
            return
        quiet, copies = [one for one in self.series.values() if one.quiet], self._copies
        if not (quiet or copies) or not self.memory.misses(self.ledger.candidates):
            return
        self._copies = []
        for series in quiet:
            yield from self._page_anew(series)
        for one in copies:
            self.ledger.candidates[one.url].known = False
            yield from self._ask_candidate(one.url, one.found_on, one.text, anew=True)

    def _page_anew(self, series: Series) -> Iterator[Request]:
        series.last = None
        for name in [name for name in series.pages if name in series.recalled]:
            yield from self._ask_anew(series, name)

    def _ask_anew(self, series: Series, name: str, **more: bool) -> Iterator[Request]:
        link, context = series.pages[name]
        given = {**context, **more, "anew": True}
        yield from self._ask_page(link, series.stage, series.depth, following=True, again=True, **given)

    def _spoil(self, series: str | None) -> None:
        """Notes that a page of a list was lost: the list was not seen whole."""
        if series is not None:
            self.series[series].whole = False

    def _note_looked(self, url: str, response: Response) -> None:
        """Keeps apart what stands only on pages that were not looked at."""
        if not response.meta.get("recalled"):
            self.ledger.unlooked.pop(url, None)
        elif url not in self.ledger.candidates:
            self.ledger.unlooked[url] = response.meta["series"]

    def _drop_unlisted(self) -> None:
        """Forgets what a list that was paged after all no longer shows, unless it was asked for and is there."""
        for url, series in self.ledger.find_unlooked().items():
            candidate = self.ledger.candidates[url]
            if not self.series[series].quiet and (candidate.known or candidate.outcome in OPEN):
                self.ledger.drop(url)

    def _move(self, url: str, response: Response, stage: str, depth: int) -> Iterator[Request]:
        """Goes where a page sends its reader by a script, as a redirect would."""
        moves = response.meta.get("moves", 0) + 1
        reason = self.may_request(url) or ("pages send on without end" if moves > MAX_MOVES else None)
        if reason is not None:
            self._break_off(response.url, response, f"sends its reader to {url}: {reason}")
            return
        more = {name: response.meta[name] for name in ("first",) if name in response.meta}
        again = identify(url) == identify(response.url)  # a page may send its reader on to another address of itself
        yield from self._ask_page(Link(url, ""), stage, depth, again=again, moves=moves, **more)

    def _follow_move(self, response: Response) -> None:
        """A portal that answers from another host of its own (http://x → https://www.x) has moved there."""
        asked = response.request.meta.get("redirect_urls", [response.url])[0] if response.request else response.url
        if host(asked) != host(response.url) and is_same_site(host(asked), host(response.url)):
            self.starts = (*self.starts, response.url)

    def _follow(
        self, lead: Lead, page: Page, depth: int, listed: str | None = None, parent: str | None = None
    ) -> Iterator[Request]:
        """Asks for what a link leads to; ``listed`` is the body whose list it stands on, ``parent`` the candidate whose
        page it stands on."""
        url, text = lead.link.url, lead.link.text
        if lead.kind == "channel":
            if self.may_request(url) is None and depth < MAX_DEPTH:
                yield from self._ask_page(lead.link, lead.stage, depth + 1, lead.weight, search=is_search(text))
            return
        year = lead.title.year if lead.title else None
        if not self._list(url, page.url, text, year, parent):
            return
        if listed is not None and (lead.title is None or lead.title.body is None):
            self._bodies[url] = listed
        if lead.kind == "decoy":
            self.ledger.settle(url, "refused", lead.why)
        elif year is not None and year not in self.years:
            self.ledger.settle(url, "skipped", f"{year} is outside the years asked for")
        elif (reason := self.may_request(url, "document" if is_file(url) else "page")) is not None:
            self.ledger.settle(url, "refused", reason)
        else:
            yield from self._ask_candidate(url, page.url, text)

    def _list(self, url: str, found_on: str, text: str, year: int | None, parent: str | None = None) -> bool:
        """Enters a candidate in the ledger; False if its page is known already, by this address or another."""
        if self._listed.setdefault(identify(url), url) != url:
            return False
        return self.ledger.list(url, found_on, text, year, parent)

    # --- candidates

    def parse_candidate(self, response: Response, candidate: str, landing: str, text: str, kind: str) -> Iterator[Any]:
        """A report's own page, a page that only links its document, or the document itself."""
        if response.url != candidate and self.ledger.candidates.get(response.url) is not None:
            self.ledger.settle(candidate, "duplicate", f"leads to {response.url}")
            return
        page = read_page(response)
        moves = response.meta.get("moves", 0)
        moved = find_move(page) if page is not None and moves < MAX_MOVES else None
        if moved is not None and response.request and self.may_request(moved, response.meta["kind"]) is None:
            meta = {"kind": response.meta["kind"], "moves": moves + 1}
            yield response.request.replace(url=moved, meta=meta)
            return
        if page is not None and kind == "report" and is_year(text) and self._lists_reports(page):
            self.ledger.settle(candidate, "followed", "a list of the reports of a year")
            self.ledger.lists.add(candidate)
            yield from self._read_channel(page, response, ANNUAL, 1, alone=True)
            return
        files = find_documents(page, text) if page is not None else []
        pieces, wholes = Pieces(0), ()
        if page is not None:
            for lead in find_leads(page, ENTRY):  # related reading leads to further reports
                if lead.kind == "report" and all(link.url != lead.link.url for link in files):
                    yield from self._follow(lead, page, 0, parent=candidate)
            if page.holds_report:
                pieces = find_pieces(page, text)
        if page is not None and page.holds_report:
            wholes = self._find_wholes(files, text, page, pieces)
            if wholes and not pieces.printed:  # the tables are in the report attached
                pieces = replace(pieces, parts=())
            self._leave_out([link for link in files if link not in wholes], page, pieces, candidate)
            files = []
        if page is not None and kind == "report" and files:
            followed = 0
            listed = self._bodies.get(candidate) or find_body(page)
            for link in files:
                if self.may_request(link.url, "document") is not None:
                    continue
                followed += 1
                name = link.text if find_year(link.text) else text
                if self._list(link.url, page.url, name, find_year(name), candidate):
                    if listed is not None:
                        self._bodies[link.url] = listed
                    yield from self._ask_candidate(link.url, page.url, name, kind="document", anew=True)
            if followed:
                self.ledger.settle(candidate, "followed", f"{followed} documents")
                return
        landing = response.url if kind == "report" and page is not None else landing
        fetched = self._fetched(response, landing, text, candidate)
        yield from self._ask_parts(fetched, (*wholes, *pieces.parts))

    def _lists_reports(self, page: Page) -> bool:
        """Whether a page is none of a report, and leads to several reports or bodies that nothing led to so far."""
        if page.holds_report:
            return False
        leads = (lead for lead in find_leads(page, ANNUAL) if lead.kind in {"report", "channel"})
        return len({identify(lead.link.url) for lead in leads} - self._asked - self._listed.keys()) >= LISTED

    def _find_wholes(self, files: Sequence[Link], text: str, page: Page, pieces: Pieces) -> tuple[Link, ...]:
        """The attachments of a report's page that are the same report once more."""
        own, year = read_title(text), find_year(text) or find_year(page.title)
        parts = {link.url for link in pieces.parts}
        found = tuple(link for link in files if link.url not in parts and is_whole(link, own, year))[:MAX_WHOLES]
        self._wholes.update(link.url for link in found)
        return found

    def _leave_out(self, files: Sequence[Link], page: Page, pieces: Pieces, parent: str) -> None:
        """Settles the attachments of a page that holds the report, but for those that hold its tables."""
        parts = {link.url for link in pieces.parts}
        for link in files:
            year = find_year(link.text)
            if link.url not in parts and self.ledger.list(link.url, page.url, link.text, year, parent):
                reason = f"an attachment of the page that holds the report: {page.url}"
                self.ledger.settle(link.url, "duplicate", reason)

    # --- parts of a report

    def _ask_parts(self, fetched: Fetched, links: tuple[Link, ...]) -> Iterator[Any]:
        """Asks for the next part of a report, one after the other; hands the report on where none is left.

        The spider decides by the labels that the page prints, before any reading: so its requests depend on the page
        alone, a replay asks for the same ones, and guards, archive, limits and stops hold for parts as for all else.
        """
        for number, link in enumerate(links, 1):
            if self.ledger.list(link.url, fetched.url, link.text, parent=fetched.candidate):
                self._parts.add(link.url)
            elif link.url not in self._parts:
                continue  # a candidate of its own
            reason = self.may_request(link.url, "document")
            if reason is not None:
                fetched = self._lose_part(fetched, link, "refused", reason)
            elif not self._may_ask_more(identify(link.url)):
                fetched = self._lose_part(fetched, link, "failed", "not asked for: the limit of pages is reached")
            else:
                yield Request(
                    link.url,
                    callback=self.parse_part,
                    errback=self.lose_part,
                    priority=PRIORITY["part"],
                    cb_kwargs={
                        "candidate": fetched.candidate,
                        "fetched": fetched,
                        "link": link,
                        "links": links[number:],
                    },
                    meta={"kind": "document"},
                    dont_filter=True,
                )
                return
        yield fetched

    def parse_part(
        self, response: Response, candidate: str, fetched: Fetched, link: Link, links: tuple[Link, ...]
    ) -> Iterator[Any]:
        """A picture or an attachment of a report's page: goes with the report."""
        limit: int = self.crawler.settings.getint("DOWNLOAD_MAXSIZE")
        page = read_page(response)
        if page is not None and not page.tables:  # a sheet may be HTML; what says that nothing is there has no table
            fetched = self._lose_part(fetched, link, "part", "a page of HTML came instead")
        elif sum(len(part.body) for part in fetched.parts) + len(response.body) > limit:
            fetched = self._lose_part(fetched, link, "unread", f"all parts together have more than {limit:,} bytes")
        else:
            self.ledger.settle(link.url, "part", f"of {candidate}")
            whole = link.url in self._wholes
            part = FetchedPart(url=response.url, body=response.body, **self._describe(response), whole=whole)
            fetched = replace(fetched, parts=(*fetched.parts, part))
        yield from self._ask_parts(fetched, links)

    def lose_part(self, failure: Failure) -> Iterator[Any]:
        """A part that could not be had is a warning on its report. One that is gone will not come back: the crawl is
        none the less complete."""
        request: Request = failure.request  # type: ignore[attr-defined]
        given = request.cb_kwargs
        outcome = "part" if is_gone(failure) else tell_outcome(failure)
        fetched = self._lose_part(given["fetched"], given["link"], outcome, tell_reason(failure))
        yield from self._ask_parts(fetched, given["links"])

    def _lose_part(self, fetched: Fetched, link: Link, outcome: str, reason: str) -> Fetched:
        """The report with a part that is not there."""
        self.ledger.settle(link.url, outcome, reason)
        self.logger.warning("could not fetch a part of %s: %s: %s", fetched.url, link.url, reason)
        if outcome == "part":
            self.ledger.notes.append(f"a part of a report is not there: {link.url}: {reason}")
        whole = link.url in self._wholes
        lost = FetchedPart(link.url, b"", "", None, fetched.fetched_at, None, reason, whole)
        return replace(fetched, parts=(*fetched.parts, lost))

    def _fetched(self, response: Response, landing: str, text: str, candidate: str | None = None) -> Fetched:
        return Fetched(
            url=response.url,
            landing_url=landing,
            body=response.body,
            **self._describe(response),
            portal=self.portal,
            link_text=text,
            portal_body=self.body,
            division_code=self.division_code,
            candidate=candidate or response.url,
            listed=self._bodies.get(candidate or response.url) or self._bodies.get(landing),
        )

    def _describe(self, response: Response) -> dict[str, Any]:
        """What is known of an answer besides its address and body, by the names of fields of `Fetched`."""
        media_type = (response.headers.get("Content-Type") or b"").decode("latin-1").partition(";")[0]
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "media_type": media_type.strip() or "application/octet-stream",
            "charset": find_charset(response),
            "fetched_at": response.meta.get("fetched_at", now),
            "archive": response.meta.get("archive"),
        }

    def _parse_pages(self, response: Response) -> list[Page]:
        """The pages of a response: one, or all that a browser showed; a list that is no HTML is a page of its links."""
        if _is_shown(response):
            shown = split_shown(response.body, response.url)
            for note in shown.notes:
                self.logger.info("%s, as a browser shows it: %s", response.url, note)
            for note in shown.cuts:
                self._break_off(response.url, response, note)
            return [parse_page(one.body, one.url, "utf-8") for one in shown.pages]
        page = read_list(response, response.meta.get("shape") or "")
        return [page] if page is not None else []

    # --- what could not be had

    def lose_channel(self, failure: Failure) -> None:
        """A page on the way that could not be had: what it lists stays unknown, and the verdict says so."""
        request: Request = failure.request  # type: ignore[attr-defined]
        url, reason = find_asked(request), tell_reason(failure)
        stage, meta = request.cb_kwargs["stage"], request.meta
        if is_gone(failure) and stage != ANNUAL and not meta.get("first") and not meta.get("following"):
            self.ledger.notes.append(f"a dead link: {url}: {reason}")
            return
        if meta.get("search") and tell_outcome(failure) == "forbidden":
            self._barred.setdefault(url, reason)
            return
        self._break_off(url, request, reason)
        self.logger.warning("could not see a list: %s: %s", url, reason)

    def _break_off(self, url: str, asked: Request | Response, reason: str) -> None:
        """Notes a page on the way that could not be had; by the address of the entry, where that had sent us there."""
        self._spoil(asked.meta.get("series"))
        first = asked.meta.get("first")
        if first and first != url:
            url, reason = first, f"sends its reader to {url}: {reason}"
        self.ledger.break_off(url, reason)

    def lose_candidate(self, failure: Failure) -> None:
        """A candidate that could not be had."""
        request: Request = failure.request  # type: ignore[attr-defined]
        reason = tell_reason(failure)
        self.ledger.settle(request.cb_kwargs["candidate"], tell_outcome(failure), reason)
        self.logger.warning("could not fetch: %s: %s", request.url, reason)


def _is_shown(response: Response) -> bool:
    """Whether a browser showed a page."""
    return response.request is not None and response.request.method == RENDER
