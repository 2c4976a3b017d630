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

KNOWN = "known from an earlier run, and not asked for in this one"


@dataclass(frozen=True, slots=True)
class Due:
    """A candidate that is in the ledger and may be asked for: its address, the page that links it, what the link says.
    ``kind``: "report", or "document" for one that a page links."""

    url: str
    landing: str
    text: str
    kind: str


class Known:
    """The candidates of earlier runs, as ``memory`` knows them; without it none is known."""

    def __init__(self, ledger: Ledger, years: Years) -> None:
        self.memory: Memory | None = None
        self._ledger = ledger
        self._years = years
        self._copies: dict[str, Remembered] = {}  # passed over as the same report at another address

    def find(self, url: str, text: str) -> Remembered | None:
        """A candidate that need not be asked for, linked with these words; None if it is to be."""
        return self.memory.recall(url, text) if self.memory is not None else None

    def pass_over(self, known: Remembered) -> Iterator[Due]:
        """Settles a candidate as an earlier run did, and what its page led to; gives what of that is not settled."""
        url, report = known.url, known.report
        if known.outcome == "same" and report is not None:
            if report.year not in self._years:
                self._ledger.recall(url, "skipped", f"{report.year} is outside the years asked for")
                return
            self._ledger.reports[url] = (report.key, report.body or "?", report.year)
        self._enter(known)
        for one in self.memory.below(url) if self.memory is not None else ():
            if not self._ledger.list_page(one.url, one.found_on, one.text, one.year, url):
                continue
            if one.outcome in {"part", "refused", "duplicate"}:
                self._enter(one)
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
        for one in copies.values():
            candidate = self._ledger.candidates.get(one.url)
            if candidate is not None:  # else its list was paged since, and no longer shows it
                candidate.known = False
                yield Due(one.url, one.found_on, one.text, "report")

    def misses(self) -> bool:
        """Whether a known report was not met. Where something could not be had or read, nothing counts as missing."""
        if self.memory is None or self._ledger.broken or OPEN & self._ledger.counts().keys():
            return False
        return self.memory.misses(self._ledger.candidates)

    def _enter(self, known: Remembered) -> None:
        self._ledger.recall(known.url, known.outcome, KNOWN if known.outcome == "same" else known.reason)
        if known.outcome == "part":
            self._ledger.parts.add(known.url)
        elif known.outcome == "duplicate" and not known.reason.startswith(ATTACHMENT):
            self._copies[known.url] = known
