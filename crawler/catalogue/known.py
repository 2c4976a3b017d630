"""What earlier runs know of a portal, and what of it a run asks for again.

A candidate that was settled needs no second look at once: its list still names it by the same words, and what stands
there has been read. It is due again when nobody has looked for so long (`Rules.sweep`), or when it is its turn: each
run looks again at as many reports as it may, the newest of each body more often. Whatever is unknown or failed is
always asked for. What waits for a feed is not: the catalogue holds it, and delivers it.

`Knowledge` and what it is made of are pure; `load_knowledge` and `write_knowledge` read and write it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import joinedload

from crawler.catalogue.ending import Finding
from crawler.catalogue.model import Candidate, Page, Report, ReportList, Version
from crawler.catalogue.prune import FORGOTTEN
from crawler.catalogue.store import clean, cut, key_address, name_pages
from crawler.listing.identity import identify

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy.orm import Session

    from crawler.catalogue.ending import Ending

LEAST = 3  # reports that every run looks at again, however few there are
LEAST_WHOLE = 2  # the same where a server sends each of them whole, and they are more than a run may take
NEWEST = 4  # the newest report of a body comes up as often as four older ones: it is the one that is still mended
DEEPEST = 3  # landing pages one behind the other; what a catalogue of many runs says may go in a circle
# With one of these a candidate is settled. A report's own are known by the report, the others by rule.
_REPORT = frozenset({"read", "same"})
_SETTLED = _REPORT | {"followed", "refused", "duplicate", "part"}
_LOOKED = _SETTLED | {"unread"}  # with one of these somebody saw what a page leads to
# What is to be had again, and what it stands on with it.
_OPEN = frozenset({"listed", "unread", "failed", "forbidden"})


@dataclass(frozen=True, slots=True)
class Rules:
    """What a run looks at again: what was not looked at for ``sweep``; and beyond that as many reports as fit, with all
    pages on the way, into these shares (0 to 1) of the ``requests`` and the ``bytes`` that everything would take."""

    now: datetime
    sweep: timedelta
    requests: float
    bytes: float


@dataclass(frozen=True, slots=True)
class KnownReport:
    """A report by its ``key`` (its id without the year), the name of its ``body``, and its year. ``sure``: its current
    version could be read."""

    key: str
    body: str | None
    year: int
    addresses: tuple[str, ...]
    asked: tuple[str, ...]
    sure: bool = True


@dataclass(frozen=True, slots=True)
class KnownCandidate(Finding):
    """A candidate as an earlier run settled it, at ``settled``. ``report`` is what was read there, if anything was."""

    settled: datetime
    report: KnownReport | None = None


@dataclass(frozen=True, slots=True)
class KnownPage:
    """What asking for an address again may cost: ``bytes``, or next to nothing if it is ``validated`` (the server can
    say that it did not change)."""

    bytes: int
    validated: bool


@dataclass(frozen=True, slots=True)
class KnownList:
    """A list that was paged to its end: digests of what its ``first`` and its ``last`` page said, and when that was."""

    first: str
    last: str
    swept: datetime


@dataclass(slots=True)
class Knowledge:
    """What is known of a portal. ``asked`` are the addresses that this run begins with, ``years`` the first and last
    year it asks for, ``seen`` the ids of the reports that it has read so far."""

    rules: Rules
    candidates: Mapping[str, KnownCandidate] = field(default_factory=dict)
    reports: Sequence[KnownReport] = ()
    pages: Mapping[str, KnownPage] = field(default_factory=dict)
    lists: Mapping[str, KnownList] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    years: tuple[int, int] | None = None
    seen: Container[str] = frozenset()
    _below: dict[str, list[KnownCandidate]] = field(default_factory=dict, init=False)
    _twins: dict[str, KnownCandidate] | None = field(default=None, init=False)
    due: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        below = defaultdict(list)
        for candidate in self.candidates.values():
            if candidate.parent is not None and candidate.parent != candidate.url:
                below[candidate.parent].append(candidate)
        self._below = dict(below)
        self.due = self._choose()

    def recall(self, url: str, text: str, depth: int = 0) -> KnownCandidate | None:
        """What is known of a candidate that a page links with these words; None if it is to be asked for. It may be
        known by another address of its page. ``depth`` counts the landing pages on the way to it."""
        known = self.candidates.get(url) or self._find_twin(url)
        if known is None or known.text != clean(text) or known.outcome not in _SETTLED:
            return None
        if known.url in self.due or not self._is_recent(known.settled):
            return None
        below = self._below.get(known.url, ())
        if any(one.outcome in _OPEN for one in below):
            return None
        if known.outcome in _REPORT:
            if known.report is None or not known.report.sure:
                return None
            return replace(known, outcome="same")
        if known.outcome == "followed" and (
            depth == DEEPEST or any(self.recall(one.url, one.text, depth + 1) is None for one in below)
        ):
            return None  # what a landing page leads to is asked for by way of it: it may lead elsewhere now
        return known

    def find(self, url: str) -> KnownCandidate | None:
        """A candidate as it was settled last."""
        return self.candidates.get(url)

    def below(self, url: str) -> Sequence[KnownCandidate]:
        """The candidates that the page of a candidate led to."""
        return self._below.get(url, ())

    def had_failed(self, url: str) -> bool:
        """Whether a candidate could not be had or read the last time either."""
        known = self.candidates.get(url)
        return known is not None and known.outcome in _OPEN

    def find_last(self, name: str, first: str) -> str | None:
        """A digest of the last page of a list, as it was when the list was last paged to its end; None if its ``first``
        page said something else then, or that was too long ago."""
        known = self.lists.get(name)
        return None if known is None or known.first != first or not self._is_recent(known.swept) else known.last

    def misses(self, met: Container[str]) -> bool:
        """Whether some report that should be there was not read, is at none of the addresses ``met``, and stood on a
        list."""
        return any(self._find_beside(report) is None for report in self._list_missing(met))

    def list_beside(self, met: Container[str]) -> Sequence[KnownCandidate]:
        """As `misses`: the candidates that only the pages of other reports led to."""
        found = (self._find_beside(report) for report in self._list_missing(met))
        return [one for one in found if one is not None]

    def _list_missing(self, met: Container[str]) -> Iterator[KnownReport]:
        asked = name_pages(self.asked)
        for report in self.reports:
            if (
                (self.years is None or self.years[0] <= report.year <= self.years[1])
                and name_pages(report.asked) <= asked
                and f"{report.key}-{report.year}" not in self.seen
                and not any(address in met for address in report.addresses)
            ):
                yield report

    def _find_beside(self, report: KnownReport) -> KnownCandidate | None:
        """The candidate of a report that the page of another one led to, and no list."""
        for address in report.addresses:
            candidate = self.candidates.get(address)
            page = self.candidates.get(candidate.parent or "") if candidate is not None else None
            if page is not None and page.url != address and page.outcome in _REPORT:
                return candidate
        return None

    def _find_twin(self, url: str) -> KnownCandidate | None:
        """The candidate that is known by another address of the same page (a session's number in each link makes new
        ones in every run), if its page led to nothing: what is behind it has addresses that are as old."""
        if self._twins is None:
            settled = sorted(self.candidates.values(), key=lambda one: (one.report is not None, one.settled))
            self._twins = {identify(one.url): one for one in settled if one.url not in self._below}
        return self._twins.get(identify(url)) if self._twins else None

    def _is_recent(self, moment: datetime) -> bool:
        """Whether nothing is due yet; a moment that is still to come was told by another clock."""
        return self.rules.now - self.rules.sweep < moment <= self.rules.now

    # --- whose turn it is

    def _choose(self) -> set[str]:
        """The addresses that are asked for again in this run though nothing speaks for it: those of some reports."""
        newest: dict[str, int] = {}
        for report in self.reports:
            newest[report.key] = max(report.year, newest.get(report.key, 0))
        units: dict[str, list[KnownCandidate]] = defaultdict(list)
        for candidate in self.candidates.values():
            if candidate.outcome in _REPORT and candidate.report is not None:
                units[self._find_unit(candidate)].append(candidate)
        # The pages on the way come first, for they are asked for in every run; what they leave goes to reports.
        way = self.pages.keys() - self.candidates.keys()
        requests = self.rules.requests * len(self.pages) - len(way)
        sizes = self.rules.bytes * sum(page.bytes for page in self.pages.values()) - self._weigh(way)

        def rank(url: str) -> tuple[float, int, str]:
            reports = [one.report for one in units[url] if one.report is not None]
            days = (self.rules.now - min(one.settled for one in units[url])).days + 1
            latest = any(report.year == newest.get(report.key) for report in reports)
            return -days * (NEWEST if latest else 1), -max(report.year for report in reports), url

        due: set[str] = set()
        for number, url in enumerate(sorted(units, key=rank)):
            some = self._find_members(url)
            cost = self._weigh(some)
            if (number >= LEAST and len(some) > requests) or (number >= LEAST_WHOLE and cost > max(sizes, 0)):
                continue
            requests, sizes = requests - len(some), sizes - cost
            due |= some
        return due

    def _find_unit(self, candidate: KnownCandidate) -> str:
        """The address that a report is asked for by: that of the page that leads to its document, if one does."""
        parent = self.candidates.get(candidate.parent or "")
        return candidate.url if parent is None or parent.outcome != "followed" else parent.url

    def _find_members(self, url: str) -> set[str]:
        """All that is asked for together with an address: the documents behind a landing page, the parts of each."""
        found, waiting = {url}, [url]
        while waiting:
            at = waiting.pop()
            follows = self.candidates[at].outcome == "followed"
            for one in self._below.get(at, ()):
                if one.url not in found and (follows or one.outcome == "part"):
                    found.add(one.url)
                    waiting.append(one.url)
        return found

    def _weigh(self, urls: Iterable[str]) -> int:
        """The bytes that asking for addresses again takes; a 304 takes next to none."""
        pages = (self.pages.get(url) for url in urls)
        return sum(page.bytes for page in pages if page is not None and not page.validated)


def load_knowledge(
    session: Session, portal_id: int, rules: Rules, asked: tuple[str, ...] = (), years: tuple[int, int] | None = None
) -> Knowledge:
    """What the catalogue knows of a portal."""
    reports: list[KnownReport] = []
    by_address: dict[str, KnownReport] = {}
    chosen = (
        select(Report, Version.confidence)
        .join(Version, (Version.report_id == Report.id) & (Version.n == Report.n))
        .where(Report.portal_id == portal_id, Report.vanished.is_(None))
        .options(joinedload(Report.last_run))
        .order_by(Report.last_seen, Report.id)
    )
    for report, confidence in session.execute(chosen):
        addresses = tuple(dict.fromkeys((report.address, *([report.candidate] if report.candidate else ()))))
        known = KnownReport(
            report.body_key,
            report.body,
            report.year,
            addresses,
            tuple(report.last_run.asked),
            confidence != "failed",
        )
        reports.append(known)
        by_address |= dict.fromkeys(addresses, known)
    rows = select(Candidate).where(Candidate.portal_id == portal_id).order_by(Candidate.id)
    candidates = {
        row.address: KnownCandidate(
            row.address,
            row.text,
            row.found_on,
            row.parent,
            row.year,
            row.outcome,
            row.reason,
            row.settled,
            by_address.get(row.address) if row.outcome in _REPORT else None,
        )
        for row in session.scalars(rows.execution_options(yield_per=500))
    }
    pages = {
        address: KnownPage(size, bool(etag or modified) and steady is not False)
        for address, size, etag, modified, steady in session.execute(
            select(Page.address, Page.bytes, Page.etag, Page.modified, Page.steady).where(
                Page.portal_id == portal_id, Page.status == 200, Page.last_seen >= rules.now - FORGOTTEN * rules.sweep
            )
        )
    }
    lists = {
        row.name: KnownList(row.first, row.last, row.swept)
        for row in session.scalars(select(ReportList).where(ReportList.portal_id == portal_id))
    }
    return Knowledge(rules, candidates, reports, pages, lists, asked, years)


def write_knowledge(session: Session, portal_id: int, ending: Ending) -> None:
    """Enters what a run settled, and the lists that it paged to their end; comes after what vanished is entered."""
    found = {key_address(one.url): one for one in ending.findings}
    _write_candidates(session, portal_id, found, ending.finished)
    _strike_out(session, portal_id, found, ending)
    known = {row.key: row for row in session.scalars(select(ReportList).where(ReportList.portal_id == portal_id))}
    for name, ends in ending.lists.items():
        key = key_address(name)
        if ends is None:
            session.execute(delete(ReportList).where(ReportList.portal_id == portal_id, ReportList.key == key))
            continue
        row = known.get(key)
        if row is None:
            row = ReportList(portal_id=portal_id, key=key, name=clean(name))
            session.add(row)
        (row.first, row.last), row.swept = ends, ending.finished


def _write_candidates(session: Session, portal_id: int, findings: Mapping[str, Finding], now: datetime) -> None:
    known: dict[str, Candidate] = {}
    for some in cut(list(findings)):
        chosen = select(Candidate).where(Candidate.portal_id == portal_id, Candidate.key.in_(some))
        known |= {row.key: row for row in session.scalars(chosen)}
    new = []
    for key, one in findings.items():
        values = {
            "address": clean(one.url),
            "text": clean(one.text),
            "found_on": clean(one.found_on),
            "parent": None if one.parent is None else clean(one.parent),
            "year": one.year,
            "outcome": one.outcome,
            "reason": clean(one.reason),
            "settled": now,
        }
        row = known.get(key)
        if row is None:
            new.append({"portal_id": portal_id, "key": key, **values})
        elif one.outcome != "skipped":  # of a year that was not asked for: nobody looked
            for name, value in values.items():
                setattr(row, name, value)
    if new:  # thousands of a first run: by one statement they take a fifth of the time
        session.execute(insert(Candidate), new)


def _strike_out(session: Session, portal_id: int, findings: Mapping[str, Finding], ending: Ending) -> None:
    """Forgets what pages that were looked at lead to no more, and nobody met elsewhere. A report that stands is kept
    while other pages were passed over: one of those may link it; unless its own address says that it is gone."""
    looked = {clean(one.url) for one in findings.values() if one.outcome in _LOOKED}
    met = findings.keys() | {key_address(url) for url in ending.outcomes}
    behind = select(Candidate.id, Candidate.key, Candidate.parent, Candidate.address, Candidate.outcome).where(
        Candidate.portal_id == portal_id, Candidate.parent.is_not(None)
    )
    gone = [row for row in session.execute(behind) if row.parent in looked and row.key not in met]
    if gone and ending.passed:
        chosen = select(Report.address, Report.candidate).where(
            Report.portal_id == portal_id, Report.vanished.is_(None)
        )
        stand = {address for row in session.execute(chosen) for address in row}
        gone = [row for row in gone if row.outcome not in _REPORT or row.address not in stand - ending.gone]
    for some in cut([row.id for row in gone]):
        session.execute(delete(Candidate).where(Candidate.id.in_(some)))
