"""The account of a crawl: every address that could be a report, and what became of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field

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
# With one of these a crawl has not seen all: its verdict is no longer `complete`.
OPEN = frozenset({"listed", "unread", "failed", "forbidden"})


@dataclass(slots=True)
class Candidate:
    """One address: the page that links it, what the link says, the year it names, and what became of it."""

    url: str
    found_on: str
    text: str
    year: int | None = None
    outcome: str = "listed"
    reason: str = ""


@dataclass(slots=True)
class Ledger:
    """Candidates by address, pages that could not be had, and what spoils the view of the whole."""

    candidates: dict[str, Candidate] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def list(self, url: str, found_on: str, text: str, year: int | None = None) -> bool:
        """Enters a candidate; False if it is known already."""
        if url in self.candidates:
            return False
        self.candidates[url] = Candidate(url, found_on, text, year)
        return True

    def settle(self, url: str, outcome: str, reason: str = "") -> None:
        """Says what became of a candidate. A record that was written, or held already, is never unsaid."""
        if outcome not in OUTCOMES:
            raise ValueError(f"no such outcome: {outcome}")
        candidate = self.candidates.setdefault(url, Candidate(url, "", ""))
        if candidate.outcome not in {"read", "same"}:
            candidate.outcome, candidate.reason = outcome, reason

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
