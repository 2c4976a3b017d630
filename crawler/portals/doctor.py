"""Examines a portal with a few requests: what of it is recognised, step by step, and what is not.

The doctor goes the way of `crawler.portals.spider` (entry → 政府信息公开 → 政府信息公开年报 → list → report) with the
same readers, but only once: one page of each kind. It keeps nothing of what it fetches.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, ClassVar, Self

from protego import Protego
from scrapy import Spider, signals
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response, TextResponse

from crawler.extraction.text.encoding import decode
from crawler.extraction.text.titles import find_year, read_title
from crawler.items import Fetched, FetchedPart
from crawler.listing.addresses import host
from crawler.listing.documents import find_documents
from crawler.listing.families import recognise
from crawler.listing.moves import find_move
from crawler.listing.page import Link, Page
from crawler.listing.pieces import is_whole
from crawler.listing.plain import count_pages
from crawler.listing.rendering import needs_clicks, needs_scripts
from crawler.listing.weigh import ANNUAL, DISCLOSURE, ENTRY, Lead, find_guesses, find_leads, is_search, stage_of
from crawler.portals.failures import GONE
from crawler.portals.pages import choose_shape, find_charset, find_steps, make_request, read_list, read_page
from crawler.portals.parts import MAX_WHOLES
from crawler.portals.spider import PortalSpider

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

MAX_REQUESTS = 8  # besides robots.txt; a redirect is one more
MAX_SEARCH = 5  # of them on the way to a list; the rest is for its pager, a report and that report's document
STEPS = ("address", "robots", "encoding", "column", "channel", "list", "platform", "pager", "JavaScript", "report")
VERDICTS = ("blocked", "failed", "nothing_found", "partial")  # the worst first
OK, NOTE, FAULT, LEFT = "ok", "note", "FAULT", "-"
_RANK = {ANNUAL: 0, DISCLOSURE: 1, ENTRY: 2}
_LAST = 3  # further addresses of the portal: where nothing on the first one leads on
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


@dataclass(frozen=True, slots=True)
class Door:
    """A link that may lead on: how far it promises to (``stage``), and the ``shape`` for its answer (`choose_shape`).
    ``first`` marks an address of the portal, ``following`` a further page of a list."""

    link: Link
    stage: str = ENTRY
    shape: str = ""
    first: bool = False
    following: bool = False

    def may_miss(self, lost: Lost) -> bool:
        """Whether nothing stays unknown although this could not be had, as `PortalSpider.lose_channel` judges."""
        if lost.empty:
            return self.following  # a call for the page behind the last
        if lost.gone:
            return self.stage != ANNUAL and not self.first and not self.following
        return self.is_barred(lost)

    def is_barred(self, lost: Lost) -> bool:
        """Whether this is a search that may not be asked for: it hides nothing where there is a list."""
        return lost.forbidden and is_search(self.link.text)


@dataclass(slots=True)
class Way:
    """Where the search stands: the ``entry``, the first page of the column, of the channel, and with reports; the
    ``last`` page that was looked at, and the ``shape`` for what it calls; ``seen``, what was asked for; ``guessed``,
    whether the last page was reached on slight evidence; ``problems``, what could not be had, and ``barred``, searches
    that may not be asked for."""

    entry: Page
    last: Page
    shape: str = ""
    column: Page | None = None
    channel: Page | None = None
    listing: Page | None = None
    reports: list[Lead] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    guessed: bool = False
    column_guessed: bool = False
    problems: list[str] = field(default_factory=list)
    barred: list[str] = field(default_factory=list)


class Lost(Exception):  # noqa: N818 - nothing is wrong with the program
    """A page could not be had; ``str()`` says why. ``verdict`` as in `Step`; ``gone``: nothing stands there;
    ``empty``: an answer came, and nothing was in it; ``forbidden``: robots.txt, the portal or a guard bars it."""

    def __init__(
        self, why: str, verdict: str, *, gone: bool = False, empty: bool = False, forbidden: bool = False
    ) -> None:
        super().__init__(why)
        self.verdict = verdict
        self.gone = gone
        self.empty = empty
        self.forbidden = forbidden


class DoctorSpider(Spider):
    """Examines ``patient``, a spider class of a portal, at ``url`` or at its own addresses.

    ``say`` is called with each `Step` as it is made, in the order of `STEPS`; ``steps`` has all of them afterwards.
    """

    name = "doctor"
    custom_settings: ClassVar[dict[str, Any]] = {
        # A look leaves nothing behind: no archive, no feed, no account of a run.
        "HTTPCACHE_ENABLED": False,
        "HOST_TURNS": False,
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
        self.entered: set[str] = set()  # addresses of the portal that were asked for
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
            self.entered.add(url)
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
            status = FAULT if problems else NOTE if host(response.url) != host(url) else OK
            self._note("address", status, "; ".join([text, *map(str, problems)]), "partial" if problems else "")
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
        way = Way(entry, entry, seen={entry.url, *self.entered})
        queue: list[tuple[int, int, Door]] = []
        guesses: list[tuple[int, int, Door]] = []
        door, number = Door(Link(entry.url, "")), 0
        for url in self.patient.starts:
            if url not in self.entered:
                heappush(queue, (_LAST, number := number + 1, Door(Link(url, ""), first=True)))
        while True:
            stage = self._visit(way, door)
            if way.reports:
                return way
            for rank, leads_on in self._find_ways(way, stage):
                heappush(queue, (rank, number := number + 1, leads_on))
            for weight, link in find_guesses(way.last) if stage != ANNUAL else ():
                heappush(guesses, (-weight, number := number + 1, Door(link)))
            found = None
            while found is None:
                way.guessed = not queue
                if self.requests >= MAX_SEARCH or not (queue or guesses):
                    return way
                door = heappop(queue or guesses)[2]
                if door.link.url + door.link.post in way.seen or self.may_request(door.link.url) is not None:
                    continue
                way.seen.add(door.link.url + door.link.post)
                try:
                    found = await self._see(door.link, way, door.shape)
                except Lost as lost:
                    if not door.may_miss(lost) or door.is_barred(lost):
                        kind = way.barred if door.is_barred(lost) else way.problems
                        kind.append(f"{door.link.url} ({door.link.text or '?'}): {lost}")
                    if lost.verdict == "blocked" and self.crawler.stats.get_value("refusals/reason"):
                        return way
            way.last = found

    async def _see(self, link: Link, way: Way, shape: str) -> Page:
        """The page that a link leads to, in the end. Raises Lost."""
        page = self._read(await self._fetch(link, shape=shape))
        if (moved := find_move(page)) is not None and self.may_request(moved) is None:
            way.seen.add(moved)
            page = self._read(await self._fetch(Link(moved, link.text)))
        return page

    @staticmethod
    def _visit(way: Way, door: Door) -> str:
        """Enters the last page of the way, which stands behind ``door``, and gives its stage."""
        page, stage = way.last, stage_of(way.last, door.stage)
        family = recognise(page)
        way.shape = choose_shape(page, family, door.shape)
        if stage in {DISCLOSURE, ANNUAL} and way.column is None:
            way.column, way.column_guessed = page, way.guessed
        if stage == ANNUAL:
            way.channel = way.channel or page
            way.reports = [lead for lead in find_steps(page, stage, family) if lead.kind == "report"]
            if page.holds_report:
                way.reports = [Lead(Link(page.url, page.title), "report")]
            if way.reports:
                way.listing = page
        return stage

    @staticmethod
    def _find_ways(way: Way, stage: str) -> list[tuple[int, Door]]:
        """(rank, door) of what may lead on from the last page."""
        page, family = way.last, recognise(way.last)
        steps = [lead for lead in find_steps(page, stage, family) if lead.kind == "channel"]
        # An article that says 年报 may be a list as well; the pager is likelier.
        ways = [
            (_RANK[ENTRY if family.is_article(lead.link.url) else lead.stage], Door(lead.link, lead.stage))
            for lead in steps
        ]
        ways += [(_RANK[ENTRY], Door(link, stage)) for link in page.links if link.rel == "frame" and not link.text]
        if stage == ANNUAL or (stage == DISCLOSURE and not ways):  # a list whose records only come by a call
            further = family.next_pages(page)
            ways += [(_RANK[stage], Door(link, stage, way.shape, following=True)) for link in further]
        return ways

    def _tell_way(self, way: Way) -> bool:
        """Steps column, channel, list, platform; where there is no list, also what is left. True if there is one."""
        page = way.channel or way.column or way.last
        scripts, bare = None, way.entry
        if not way.reports:
            scripts = _find_scripts(bare, ENTRY)
            if scripts is None:
                bare = page
                scripts = _find_scripts(bare, ANNUAL if way.channel else ENTRY)
        problems = way.problems + (way.barred if way.channel is None else [])  # the search may be the only list
        verdict = "partial" if problems or scripts else "nothing_found"
        if scripts and bare is way.entry and len(self.patient.starts) == 1:
            verdict = "failed"  # no entry page could be had
        if self.crawler.stats.get_value("refusals/reason"):
            verdict = "blocked"
        unseen = f"; not all could be seen: {'; '.join(problems)}" if problems else ""
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
            text = f"probably needed, and a crawl needs the browser for it: {scripts}: {bare.url}"
            self._note("JavaScript", FAULT, text, verdict)
        else:
            self._note("JavaScript", OK, "no sign of a list that only scripts would load")
        self._leave("there is no list")
        return False

    async def _see_pager(self, way: Way, page: Page) -> None:
        reports = way.reports
        named = {link.url + link.post: link for one in (page, way.channel or page) for link in _next_pages(one)}
        links = [link for key, link in named.items() if key not in way.seen and self.may_request(link.url) is None]
        if not links:
            if clicks := needs_clicks(page):
                text = f"no link leads to a further page, a crawl needs the browser for it: {clicks}"
                self._note("pager", FAULT, text, "partial")
            elif not named and (told := count_pages(page)) > 1:
                text = f"the list says that it has {told} pages; no way to the others was found"
                self._note("pager", FAULT, text, "partial")
            else:
                self._note("pager", OK, "none: the list has one page")
            return
        known = {lead.link.url for lead in reports}
        try:
            further = self._read(await self._fetch(links[0], shape=way.shape))
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
            own = read_page(response)
            if own is not None and (moved := find_move(own)) is not None:
                response = await self._fetch(Link(moved, ""), "document")
                own = read_page(response)
            if own is not None and not own.holds_report:
                files = [
                    one for one in find_documents(own, lead.link.text) if not self.may_request(one.url, "document")
                ]
                further = [one.link for one in find_steps(own, ANNUAL, recognise(own)) if one.kind == "report"]
                ways = files or [link for link in further if self.may_request(link.url) is None]
                if ways:  # a landing page, or a list below the list
                    response = await self._fetch(ways[0], "document")
                own = None
            copies = await self._get_copies(own, lead.link.text) if own is not None else ()
            return self._hand_on(response, landing, lead.link.text, copies)
        except Lost as lost:
            verdict = "blocked" if lost.verdict == "blocked" else "partial"
            self._note("report", FAULT, f"{lead.link.text}: {lead.link.url}: {lost}", verdict)
            return None

    async def _get_copies(self, page: Page, text: str) -> tuple[FetchedPart, ...]:
        """Copies of a report that its page attaches, while there are requests left: the best reading counts."""
        own, year = read_title(text), find_year(text) or find_year(page.title)
        copies: list[FetchedPart] = []
        for link in find_documents(page, text):
            barred = self.may_request(link.url, "document") is not None
            if barred or len(copies) == MAX_WHOLES or self.requests >= MAX_REQUESTS or not is_whole(link, own, year):
                continue
            with suppress(Lost):  # a copy that is lost is a warning of the record
                response = await self._fetch(link, "document")
                charset = find_charset(response)
                copies.append(
                    FetchedPart(response.url, response.body, _kind(response), charset, _now(), None, whole=True)
                )
        return tuple(copies)

    def _hand_on(self, response: Response, landing: str, text: str, copies: tuple[FetchedPart, ...] = ()) -> Fetched:
        return Fetched(
            url=response.url,
            landing_url=landing,
            body=response.body,
            media_type=_kind(response),
            charset=find_charset(response),
            fetched_at=_now(),
            archive=None,
            portal=self.portal,
            link_text=text,
            portal_body=self.patient.body,
            division_code=self.patient.division_code,
            candidate=response.url,
            parts=copies,
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

    async def _fetch(self, link: Link, kind: str = "page", shape: str = "") -> Response:
        """The answer to a request, by the crawl's own downloader with its manners and guards. Raises Lost."""
        if self.requests >= MAX_REQUESTS:
            raise Lost(f"not asked for: an examination makes {MAX_REQUESTS} requests at most", "partial")
        if self.crawler.engine is None:
            raise RuntimeError("the doctor runs within a crawl")
        self.requests += 1
        request = make_request(link, meta={"kind": kind, "shape": shape}, dont_filter=True)
        try:
            response = await self.crawler.engine.download_async(request)
        except IgnoreRequest as error:
            # A refusal of the portal, by an answer or by robots.txt; a guard of ours leads out of the portal.
            refused = "robots.txt" in str(error) or bool(self.crawler.stats.get_value("refusals/reason"))
            self.requests -= "robots.txt" in str(error)  # it never left
            why = "Forbidden by robots.txt" if "robots.txt" in str(error) else str(error).removeprefix(f"{link.url}: ")
            forbidden = getattr(error, "outcome", "forbidden") == "forbidden"
            raise Lost(why, "blocked" if refused else "failed", forbidden=forbidden) from None
        except Exception as error:  # whatever kept the answer from coming
            raise Lost(str(error) or type(error).__name__, "failed") from None
        if response.status >= 400:
            raise Lost(f"HTTP {response.status}", "failed", gone=response.status in GONE)
        return response

    @staticmethod
    def _read(response: Response) -> Page:
        """The page of an answer with the links that its scripts hold. Raises Lost where it is none."""
        page = read_list(response, response.meta["shape"])
        if page is None:
            why = f"no page of HTML ({_kind(response)}, {len(response.body):,} bytes)"
            raise Lost(why, "failed", empty=not response.body.strip())
        return replace(page, links=(*page.links, *recognise(page).records(page)))


def _next_pages(page: Page) -> tuple[Link, ...]:
    return recognise(page).next_pages(page)


def _find_scripts(page: Page, stage: str) -> str | None:
    """Why a page that leads nowhere shows no list without its scripts, or None; a pager is asked before the browser."""
    paged = stage_of(page, stage) in {DISCLOSURE, ANNUAL} and bool(_next_pages(page))
    return None if paged else needs_scripts(page, stage)


def _tell_page(page: Page) -> str:
    return f"{page.title or '(no title)'}: {page.url}"


def _tell_links(page: Page) -> str:
    """What a page offers instead: for whoever has to find the new name of a channel."""
    near = list(dict.fromkeys(link.text for link in page.links if _TELLING.search(link.text) and len(link.text) < 40))
    said = f", of which {'、'.join(near[:6])} come nearest" if near else ", none of which names 公开 or 年报"
    return f"{page.url} has {_count(len(page.links), 'link')}{said}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s'[: number != 1]}"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _kind(response: Response) -> str:
    header = (response.headers.get("Content-Type") or b"").decode("latin-1")
    return header.partition(";")[0].strip().lower() or "no type"
