"""How a run ended: what a crawl tells the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Finding:
    """A candidate as a run leaves it. ``found_on`` is the page that links it, ``parent`` the candidate whose page that
    is, None where it is a list."""

    url: str
    text: str
    found_on: str
    parent: str | None
    year: int | None
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended. ``whole``: the feed that holds its records is whole, so that they count as delivered.

    ``outcomes`` are those of the ledger by address; ``failing`` what could not be had or read, as address →
    (outcome, reason). ``swept``: the run looked at every list to its end, so that what it did not meet is gone.
    ``full``: its feed holds all that is current. ``findings`` are the candidates that it settled itself, ``lists`` the
    lists that it paged to their end: name → digests of the first and the last page, None for one that it could not see
    whole. ``unlooked`` are addresses that it took from an earlier run's page of a list without looking. ``passed``:
    some candidates were not asked for, for they are known; what only their pages link was not met. ``gone`` are
    addresses that were asked for though nothing led there, and hold no report any more. ``sweep`` is after how long all
    is looked at again whatever is known (`crawler.catalogue.known.Rules`), None where nobody says.
    """

    finished: datetime
    verdict: str
    why: tuple[str, ...] = ()
    whole: bool = True
    requests: int = 0
    bytes: int = 0
    outcomes: Mapping[str, str] = field(default_factory=dict)
    failing: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    swept: bool = True
    full: bool = False
    findings: Sequence[Finding] = ()
    lists: Mapping[str, tuple[str, str] | None] = field(default_factory=dict)
    unlooked: Collection[str] = frozenset()
    passed: bool = False
    gone: frozenset[str] = frozenset()
    sweep: timedelta | None = None
