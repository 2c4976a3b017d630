"""The account of a crawl: every address that could be a report, and what became of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from crawler.listing.identity import identify

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

# What can become of a candidate. "listed" is where all begin; no candidate may end there.
OUTCOMES = {
    "listed": "found on a list, not yet asked for",
    "read": "a record was written",
    "same": "the version of its report that the catalogue holds already",
    "followed": "a landing page; its documents are candidates of their own",
    "part": "a picture or attachment of a page that holds the report, read together with it",
    "refused": "no report of this portal by rule: a notice, an interpretation, another kind of report, an empty "
    "template, a link to another portal",
    "duplicate": "the same report was read from another address",
    "skipped": "outside the years asked for",
    "forbidden": "robots.txt or the portal forbids it, or it leads outside the portal",
    "unread": "it may be a report, and its document could not be read",
    "failed": "it could not be fetched, or the program failed on it",
}
_THERE = frozenset({"read", "same"})
_ELSEWHERE = frozenset({"refused", "duplicate", "followed", "part"})  # what the address holds is no report by itself
_GONE = frozenset({"HTTP 404", "HTTP 410"})  # reasons, as `crawler.portals.failures` tells them
# With one of these a crawl has not seen all: its verdict is no longer `complete`.
OPEN = frozenset({"listed", "unread", "failed", "forbidden"})


@dataclass(slots=True)
class Candidate:
    """One address: the page that links it, what the link says, the year it names, and what became of it. ``known``:
    in an earlier run, for it was not asked for in this one."""

    url: str
    found_on: str
    text: str
    year: int | None = None
    outcome: str = "listed"
    reason: str = ""
    known: bool = False

    @property
    def is_gone(self) -> bool:
        """Whether the portal says that nothing stands there."""
        return self.outcome == "failed" and self.reason in _GONE


@dataclass(slots=True)
class Ledger:
    """Candidates by address, pages that could not be had, and what spoils the view of the whole.

    ``parents`` has the candidate whose page led to another one. ``lists`` are candidates whose page lists others.
    ``unlooked`` are addresses that stand only on pages of lists which this run did not look at, with the list's name.
    ``reports`` were read at known candidates: key of the body, its name, year. ``parts`` are addresses that are here as
    parts of a report. ``held`` are copies of reports that were left out while it was open whether the report still
    stands, with its addresses; ``sought`` those of them that were asked for again, for it does not. ``gone`` are
    addresses of known reports that were asked for though nothing led there, and hold none any more. ``beside`` are
    candidates that the page of another report led to, and no list so far. ``names`` has the
    name of a candidate's page (see `identify`) with the address it is here by; ``twins`` are addresses by which earlier
    runs knew a candidate that is here by another one.
    """

    candidates: dict[str, Candidate] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    parents: dict[str, str] = field(default_factory=dict)
    lists: set[str] = field(default_factory=set)
    unlooked: dict[str, str] = field(default_factory=dict)
    reports: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    parts: set[str] = field(default_factory=set)
    held: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sought: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    beside: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    twins: dict[str, str] = field(default_factory=dict)

    def list(self, url: str, found_on: str, text: str, year: int | None = None, parent: str | None = None) -> bool:
        """Enters a candidate; False if it is known already."""
        if url in self.candidates:
            return False
        self.candidates[url] = Candidate(url, found_on, text, year)
        if parent is not None:
            self.parents[url] = parent
        return True

    def list_page(self, url: str, found_on: str, text: str, year: int | None, parent: str | None = None) -> bool:
        """Enters a candidate; False if its page is known already, by this address or another."""
        if self.names.setdefault(identify(url), url) != url:
            return False
        return self.list(url, found_on, text, year, parent)

    def note_listed(self, url: str, found_on: str) -> None:
        """Notes that a list shows a candidate, to which the page of another report may have led first: then it stands
        on the list, and is missing where that shows it no longer."""
        url = self.names.get(identify(url), url)
        if url in self.beside:
            self.beside.discard(url)
            self.parents.pop(url, None)
            self.candidates[url].found_on = found_on

    def recall(self, url: str, outcome: str, reason: str) -> None:
        """Settles a candidate as an earlier run did."""
        self.settle(url, outcome, reason)
        self.candidates[url].known = True

    def settle(self, url: str, outcome: str, reason: str = "") -> None:
        """Says what became of a candidate. A record that was written, or held already, is never unsaid."""
        if outcome not in OUTCOMES:
            raise ValueError(f"no such outcome: {outcome}")
        candidate = self.candidates.setdefault(url, Candidate(url, "", ""))
        if candidate.outcome not in _THERE:
            candidate.outcome, candidate.reason = outcome, reason

    def tell_standing(self, addresses: Iterable[str]) -> bool | None:
        """Whether a report still stands at one of its addresses, as far as they were met: False where none of them
        holds one by itself any more, None while that is open."""
        here = {self.twins.get(address, address) for address in addresses}
        met = [self.candidates[address] for address in here if address in self.candidates]
        if any(one.outcome in _THERE for one in met):
            return True
        return False if met and all(one.outcome in _ELSEWHERE or one.is_gone for one in met) else None

    def find_unlooked(self) -> dict[str, str]:
        """All candidates that stand only on pages of lists which this run did not look at, or behind such a one."""
        found = {}
        for url in self.candidates:
            first = url
            while first in self.parents:
                first = self.parents[first]
            if first in self.unlooked:
                found[url] = self.unlooked[first]
        return found

    def drop(self, url: str) -> None:
        """Forgets a candidate that was known, and is on no list any more."""
        del self.candidates[url]
        for about in (self.parents, self.unlooked, self.reports):
            about.pop(url, None)
        self.beside.discard(url)
        if self.names.get(identify(url)) == url:
            del self.names[identify(url)]

    @property
    def met(self) -> Collection[str]:
        """The addresses of candidates, those by which earlier runs knew them included."""
        return self.outcomes().keys() if self.twins else self.candidates.keys()

    def outcomes(self) -> dict[str, str]:
        """Outcomes by address, as in ``met``."""
        twins = {old: self.candidates[url].outcome for old, url in self.twins.items() if url in self.candidates}
        return twins | {url: candidate.outcome for url, candidate in self.candidates.items()}

    def break_off(self, url: str, reason: str) -> None:
        """Notes a list or channel that could not be had: what it would have listed is unknown."""
        self.broken.setdefault(url, reason)

    def close(self, reason: str) -> None:
        """Settles what was listed and never asked for, at the end of a crawl that was stopped."""
        for candidate in self.candidates.values():
            if candidate.outcome == "listed":
                candidate.outcome, candidate.reason = "failed", f"not asked for: {reason}"

    def counts(self) -> dict[str, int]:
        """Candidates by outcome."""
        return dict(Counter(candidate.outcome for candidate in self.candidates.values()))

    def rows(self) -> list[dict[str, object]]:
        """One plain row for each candidate, in the order they were found."""
        return [asdict(candidate) for candidate in self.candidates.values()]
