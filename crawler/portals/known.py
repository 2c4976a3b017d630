"""Candidates that earlier runs settled: entered in the ledger as they were, with what their pages led to.

What of that is to be asked for all the same is given back as plain values: this module asks for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.portals.ledger import OPEN
from crawler.portals.parts import ATTACHMENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.portals.arguments import Years
    from crawler.portals.ledger import Ledger
    from crawler.portals.memory import Memory, Remembered

BROKEN_PROMISE = "its link promises a report"
"""How the reason of a document begins that was none, though its link names a report of a year."""
KNOWN = "known from an earlier run, and not asked for in this one"


@dataclass(frozen=True, slots=True)
class Due:
    """A candidate that is in the ledger and may be asked for: its address, the page that links it, what the link says.
    ``kind``: "report", or "document" for one that a page links. ``held``: it was asked for in this run already."""

    url: str
    landing: str
    text: str
    kind: str
    held: bool = False


class Known:
    """The candidates of earlier runs, as ``memory`` knows them; without it none is known."""

    def __init__(self, ledger: Ledger, years: Years) -> None:
        self.memory: Memory | None = None
        self._ledger = ledger
        self._years = years
        self._unled: set[str] = set()  # asked for though nothing led there
        self._copies: dict[str, Remembered] = {}  # passed over as the same report at another address

    def find(self, url: str, text: str) -> Remembered | None:
        """A candidate that need not be asked for, linked with these words; None if it is to be."""
        return self.memory.recall(url, text) if self.memory is not None else None

    def pass_over(self, known: Remembered, url: str) -> Iterator[Due]:
        """Settles a candidate as an earlier run did, and what its page led to; gives what of that is not settled.
        ``url`` is its address now, which may be another one of its page."""
        report = known.report
        if known.url != url:
            self._ledger.twins[known.url] = url
        if known.outcome == "same" and report is not None:
            if report.year not in self._years:
                self._ledger.recall(url, "skipped", f"{report.year} is outside the years asked for")
                return
            self._ledger.reports[url] = (report.key, report.body or "?", report.year)
        self._enter(known, url)
        for one in self.memory.below(url) if self.memory is not None else ():
            if not self._ledger.list_page(one.url, one.found_on, one.text, one.year, url):
                continue
            if known.outcome == "same" and one.outcome != "part":
                self._ledger.beside.add(one.url)
            if one.outcome in {"part", "refused", "duplicate"}:
                self._enter(one, one.url)
            elif one.year is not None and one.year not in self._years:
                self._ledger.settle(one.url, "skipped", f"{one.year} is outside the years asked for")
            else:
                yield Due(one.url, one.found_on, one.text, "document" if known.outcome == "followed" else "report")

    @property
    def has_copies(self) -> bool:
        """Whether candidates were passed over as the same report at another address."""
        return not self._copies.keys().isdisjoint(self._ledger.candidates)

    def take_copies(self) -> Iterator[Due]:
        """The candidates that were passed over as the same report at another address, once: known no longer."""
        copies, self._copies = self._copies, {}
        for url, one in copies.items():
            candidate = self._ledger.candidates.get(url)
            if candidate is not None:  # else its list was paged since, and no longer shows it
                candidate.known = False
                yield Due(url, one.found_on, one.text, "report")

    def take_held(self) -> Iterator[Due]:
        """The copies of reports that were left out while it was open whether the report still stands, once, where it
        does not; ``held`` is true. Where it was not met, though something that could lead to it was lost, its own
        address is asked for first."""
        ledger, memory = self._ledger, self.memory
        held, ledger.held = ledger.held, {}
        here = ledger.met if held else ()
        for url, addresses in held.items():
            stands, met = ledger.tell_standing(addresses), any(one in here for one in addresses)
            gone = stands is False or not ledger.gone.isdisjoint(addresses) or (not met and self._saw_all)
            if url in ledger.candidates and gone:
                ledger.sought.add(url)
                candidate, parent = ledger.candidates[url], ledger.candidates.get(ledger.parents.get(url, ""))
                followed = parent is not None and parent.outcome == "followed"
                yield Due(url, candidate.found_on, candidate.text, "document" if followed else "report", held=True)
            elif not met and memory is not None:
                known = next((one for address in addresses if (one := memory.find(address)) is not None), None)
                if known is not None and self._list_unled(known):
                    ledger.held[url] = addresses
                    yield Due(known.url, known.found_on, known.text, "report")

    def misses(self) -> bool:
        """Whether a known report was not met that stood on a list. Where something could not be had or read, nothing
        counts as missing."""
        return self._saw_all and self.memory is not None and self.memory.misses(self._ledger.met)

    def take_beside(self) -> Iterator[Due]:
        """As `misses`: the candidates that only the pages of other reports led to, once: no list would show them, so
        their own addresses are to say whether they are there."""
        for one in self.memory.list_beside(self._ledger.met) if self._saw_all and self.memory else ():
            if self._list_unled(one):
                yield Due(one.url, one.found_on, one.text, "report")

    def _list_unled(self, known: Remembered) -> bool:
        """Enters a candidate that nothing led to; False if that was done before, or its page is there."""
        if known.url in self._unled:
            return False
        self._unled.add(known.url)
        return self._ledger.list_page(known.url, known.found_on, known.text, known.year, known.parent)

    def settle_unled(self) -> None:
        """Forgets what was asked for though nothing led to it, and holds no report any more."""
        for url in self._unled & self._ledger.candidates.keys():
            candidate = self._ledger.candidates[url]
            if candidate.is_gone or candidate.outcome == "refused" or candidate.reason.startswith(BROKEN_PROMISE):
                self._ledger.drop(url)
                self._ledger.gone.add(url)

    @property
    def _saw_all(self) -> bool:
        return not self._ledger.broken and not OPEN & self._ledger.counts().keys()

    def _enter(self, known: Remembered, url: str) -> None:
        self._ledger.recall(url, known.outcome, KNOWN if known.outcome == "same" else known.reason)
        if known.outcome == "part":
            self._ledger.parts.add(url)
        elif known.outcome == "duplicate" and not known.reason.startswith(ATTACHMENT):
            self._copies[url] = known
