"""The one spider of all portals: entry → 政府信息公开 → 政府信息公开年报 → lists → landing pages → documents.

A portal is attributes (see `spiders/`). The spider finds its way by what links and headings say, keeps to the portal,
enters every candidate in its ledger, and hands documents on as they came; it reads none of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import urlsplit

from scrapy import Request, Spider, signals
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.extraction.text.titles import find_year
from crawler.items import RENDER, Fetched, FetchedPart
from crawler.listing.addresses import host, is_government, is_same_site
from crawler.listing.documents import find_documents, is_file
from crawler.listing.families import recognise
from crawler.listing.identity import identify
from crawler.listing.moves import find_move
from crawler.listing.page import Link, Page, parse_page
from crawler.listing.pieces import find_pieces
from crawler.listing.plain import count_pages
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
from crawler.portals.arguments import Years, find_fault, read_url, read_years
from crawler.portals.failures import find_asked, is_gone, tell_outcome, tell_reason
from crawler.portals.guesses import Guesses
from crawler.portals.known import Known
from crawler.portals.ledger import Ledger
from crawler.portals.lists import Lists
from crawler.portals.pages import choose_shape, describe_answer, find_steps, make_request, read_list, read_page
from crawler.portals.parts import Parts

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.portals.lists import FurtherPage, Series
    from crawler.portals.memory import Memory

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
LISTED = 2  # new leads on a page that make it a list


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
        return find_fault(given, cls.name, cls.arguments, needs_url=not cls.addresses)

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
        self._guesses = Guesses()
        self._known = Known(self.ledger, self.years)
        self._lists = Lists(self.ledger)
        self._parts = Parts(self.ledger)

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

    # --- what is known across runs

    @property
    def memory(self) -> Memory | None:
        """What earlier runs know; without it all that is found is asked for."""
        return self._known.memory

    @memory.setter
    def memory(self, memory: Memory | None) -> None:
        self._known.memory = self._lists.memory = memory

    @property
    def series(self) -> dict[str, Series]:
        """The lists with further pages, by the name of the first."""
        return self._lists.series

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
        try:
            self._make_sure()
        except DontCloseSpider:
            raise
        except Exception as error:  # Scrapy logs it, and would end the crawl as if nothing had been left
            told = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            self.crawler.stats.set_value("portal/crash", told)
            raise

    def _make_sure(self) -> None:
        if self._crawl(self._guess()):
            raise DontCloseSpider
        self._lists.settle_gone()
        self._lists.drop_unlisted()
        self._known.settle_unled()
        lists = (self._lists.look_at_ends(), self._lists.look_behind_failures())
        looks = (*(self._look_at(pages) for pages in lists), self._look_for_missing(), self._look_at_held())
        if any(self._crawl(look) for look in looks):  # one after the other, while there is nothing to ask for
            raise DontCloseSpider
        self._lists.settle_barred(seen=bool(self.crawler.stats.get_value(f"portal/pages/{ANNUAL}", 0)))

    def _crawl(self, requests: Iterable[Request]) -> bool:
        """Asks for something when all else is done; False if there is nothing."""
        asked = False
        for request in requests:
            if self.crawler.engine is not None:
                self.crawler.engine.crawl(request)
                asked = True
        return asked

    def _guess(self) -> Iterator[Request]:
        """Where a portal showed no way to any report, asks for the likeliest of the links passed over, a few at a
        time."""
        if not self.ledger.candidates:
            for link in self._guesses.take():
                yield from self._ask_page(link, "guess", 1)

    def _look_for_missing(self) -> Iterator[Request]:
        """Where a known report was not met, looks at all that was passed over and may lead to it: only then it is
        gone. One that no list showed is asked for by its own address."""
        for one in self._known.take_beside():
            yield from self._ask_candidate(one.url, one.landing, one.text, anew=True)
        if (self._lists.quiet or self._known.has_copies) and self._known.misses():
            yield from self._look_at(self._lists.page_all())
            for one in self._known.take_copies():
                yield from self._ask_candidate(one.url, one.landing, one.text, anew=True)

    def _look_at_held(self) -> Iterator[Request]:
        """Where a report is gone, takes the copies of it that were left out, as the archive has them now."""
        for one in self._known.take_held():
            yield from self._ask_candidate(one.url, one.landing, one.text, kind=one.kind, anew=True, recall=one.held)

    def _look_at(self, pages: Iterable[FurtherPage]) -> Iterator[Request]:
        """Asks for further pages of lists though the archive has answered for them."""
        for one in pages:
            more = {**one.context, "anew": True, "checking": one.checking}
            yield from self._ask_page(one.link, one.stage, one.depth, following=True, again=True, **more)

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
        is a further page of, ``recall`` whether the archive may answer, ``anew`` whether it has answered before,
        ``checking`` whether the page tells if its list holds."""
        name = identify(link.url, link.post)
        if name in self._asked and not again:
            return
        if not self._may_ask_more(name):
            self._lists.spoil(more.get("series"))
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
        self, url: str, landing: str, text: str, *, kind: str = "report", anew: bool = False, recall: bool = False
    ) -> Iterator[Request]:
        """Asks for a candidate that is in the ledger, unless it is known and need not be (``anew``: it must);
        ``kind``: "report", or "document" for one that a page links. ``recall``: the archive may answer."""
        known = self._known.find(url, text) if not anew else None
        if known is not None:
            for due in self._known.pass_over(known, url):
                yield from self._ask_candidate(due.url, due.landing, due.text, kind=due.kind)
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
            meta={"kind": "document" if kind == "document" or is_file(url) else "page", "recall": recall},
            dont_filter=True,  # the ledger keeps addresses apart; Scrapy's filter would drop a redirect without a word
        )

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
            yield from self._lose_end(response)
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
            yield from self._lose_end(response)
            yield from self._move(moved, response, stage, depth)
            return
        for page in pages:
            yield from self._read_channel(page, response, stage_of(page, stage), depth, alone=len(pages) == 1)

    def _read_channel(self, page: Page, response: Response, stage: str, depth: int, *, alone: bool) -> Iterator[Any]:
        """What a page on the way leads to; where it shows no list or no pager without its scripts, the page again as a
        browser shows it. ``alone``: the response holds no other page."""
        self.crawler.stats.inc_value(f"portal/pages/{stage}")
        if stage == ANNUAL and page.holds_report:
            if self.ledger.list_page(page.url, page.url, page.title, find_year(page.title)):
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
            if not self._guesses.is_full and self.may_request(link.url) is None:
                self._guesses.keep(link, weight)
        led = listed = False
        body = find_body(page) or response.meta.get("listed")
        steps = list(find_steps(page, stage, family))
        recalled = response.meta["series"] if response.meta.get("recalled") else None
        for lead in steps:
            led, listed = True, listed or lead.kind == "report"
            if lead.kind == "report":
                self._lists.note_entry(lead.link.url, page.url, recalled)
            yield from self._follow(lead, page, depth, body)
        paged = False
        following = bool(response.meta.get("following"))
        further: tuple[Link, ...] = ()
        # What calls bring on the way to a list is news; calls are asked there only where the page shows nothing else.
        if stage == ANNUAL or (stage == DISCLOSURE and (not led or not family.records(page))):
            further = family.next_pages(page)
            shape = choose_shape(page, family, response.meta.get("shape") or "")
            series: str | None = response.meta.get("series")
            if series is not None:
                self._lists.enter(series, response.meta["name"], steps, further, recalled=recalled is not None)
            elif not _is_shown(response):
                series = self._lists.begin(page, steps, further, stage, depth)
            if series is not None and response.meta.get("checking"):
                yield from self._look_at(self._lists.check(series))
            for request in self._follow_pager(
                *(page, further, stage, depth),
                following=following and not response.meta.get("anew"),  # behind it there may be what nobody saw
                recalled=recalled is not None,
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
        recalled: bool,
        **context: str | None,
    ) -> Iterator[Request]:
        """The further pages of a list, until one brings nothing but what an earlier one brought."""
        known = not self._lists.brings_news(page, further, recalled=recalled) and following
        series = self.series.get(context["series"] or "")
        for link in further:
            if not known and self.may_request(link.url) is None:
                recall = series is not None and series.quiet
                for request in self._ask_page(link, stage, depth, following=True, recall=recall, **context):
                    if series is not None:
                        series.pages[request.meta["name"]] = (link, context)
                    yield request

    def _lose_end(self, asked: Request | Response, gone: tuple[str, str] | None = None) -> Iterator[Request]:
        """Where a page that a list had is asked for anew, and holds nothing any more: asks for the others. ``gone``:
        address and reason, where the portal says that nothing stands there."""
        if asked.meta.get("anew"):
            yield from self._look_at(self._lists.lose_end(asked.meta["series"], asked.meta["name"], gone))

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
        if not self.ledger.list_page(url, page.url, text, year, parent):
            return
        if parent is not None:
            self.ledger.beside.add(url)
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
        further: tuple[Link, ...] = ()
        if page is not None:
            for lead in find_leads(page, ENTRY):  # related reading leads to further reports
                if lead.kind == "report" and all(link.url != lead.link.url for link in files):
                    yield from self._follow(lead, page, 0, parent=candidate)
            if page.holds_report:
                further, files = self._parts.choose(page, text, files, candidate), []
        if page is not None and kind == "report" and files:
            followed = 0
            listed = self._bodies.get(candidate) or find_body(page)
            for link in files:
                if self.may_request(link.url, "document") is not None:
                    continue
                followed += 1
                name = link.text if find_year(link.text) else text
                if self.ledger.list_page(link.url, page.url, name, find_year(name), candidate):
                    if listed is not None:
                        self._bodies[link.url] = listed
                    yield from self._ask_candidate(link.url, page.url, name, kind="document", anew=True)
            if followed:
                self.ledger.settle(candidate, "followed", f"{followed} documents")
                return
        landing = response.url if kind == "report" and page is not None else landing
        fetched = self._fetched(response, landing, text, candidate)
        yield from self._ask_parts(fetched, further)

    def _lists_reports(self, page: Page) -> bool:
        """Whether a page is none of a report, and leads to several reports or bodies that nothing led to so far."""
        if page.holds_report:
            return False
        leads = (lead for lead in find_leads(page, ANNUAL) if lead.kind in {"report", "channel"})
        return len({identify(lead.link.url) for lead in leads} - self._asked - self.ledger.names.keys()) >= LISTED

    # --- parts of a report

    def _ask_parts(self, fetched: Fetched, links: tuple[Link, ...]) -> Iterator[Any]:
        """Asks for the next part of a report, one after the other; hands the report on where none is left.

        They are requests as all others: guards, archive, limits and stops hold for parts as for all else.
        """
        for number, link in enumerate(links, 1):
            if not self._parts.enter(link, fetched):
                continue
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
            part = FetchedPart(url=response.url, body=response.body, **describe_answer(response))
            fetched = self._parts.add(fetched, link, part)
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
        self.logger.warning("could not fetch a part of %s: %s: %s", fetched.url, link.url, reason)
        return self._parts.lose(fetched, link, outcome, reason)

    def _fetched(self, response: Response, landing: str, text: str, candidate: str | None = None) -> Fetched:
        return Fetched(
            url=response.url,
            landing_url=landing,
            body=response.body,
            **describe_answer(response),
            portal=self.portal,
            link_text=text,
            portal_body=self.body,
            division_code=self.division_code,
            candidate=candidate or response.url,
            listed=self._bodies.get(candidate or response.url) or self._bodies.get(landing),
        )

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

    def lose_channel(self, failure: Failure) -> Iterator[Request]:
        """A page on the way that could not be had: what it lists stays unknown, and the verdict says so; but for one
        that a list had, and has no more."""
        request: Request = failure.request  # type: ignore[attr-defined]
        url, reason = find_asked(request), tell_reason(failure)
        stage, meta = request.cb_kwargs["stage"], request.meta
        if is_gone(failure) and stage != ANNUAL and not meta.get("first") and not meta.get("following"):
            self.ledger.notes.append(f"a dead link: {url}: {reason}")
            return
        if meta.get("search") and tell_outcome(failure) == "forbidden":
            self._lists.bar(url, reason)
            return
        if is_gone(failure) and meta.get("anew"):
            self.logger.info("a page that its list had is gone: %s: %s", url, reason)
            yield from self._lose_end(request, (url, reason))
            return
        self._break_off(url, request, reason)
        self.logger.warning("could not see a list: %s: %s", url, reason)

    def _break_off(self, url: str, asked: Request | Response, reason: str) -> None:
        """Notes a page on the way that could not be had; by the address of the entry, where that had sent us there."""
        self._lists.spoil(asked.meta.get("series"))
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
