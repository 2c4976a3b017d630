"""What a spider may be told of earlier runs, so that it asks a portal for less. `crawler.catalogue.known` knows it.

The crawl decides nothing by itself here: where it has no memory, all that is found is asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from crawler.listing.page import Link


_NUMBERS = re.compile(r"\d+")


class RememberedReport(Protocol):
    """A report that was read: the ``key`` of its body, the name of that, and its year."""

    @property
    def key(self) -> str: ...
    @property
    def body(self) -> str | None: ...
    @property
    def year(self) -> int: ...


class Remembered(Protocol):
    """A candidate as an earlier run settled it; names as in `crawler.portals.ledger.Candidate`."""

    @property
    def url(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def found_on(self) -> str: ...
    @property
    def year(self) -> int | None: ...
    @property
    def outcome(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def report(self) -> RememberedReport | None: ...


class Memory(Protocol):
    """What earlier runs know of the portal."""

    def recall(self, url: str, text: str) -> Remembered | None:
        """A candidate that need not be asked for, linked with these words; None if it is to be."""

    def below(self, url: str) -> Sequence[Remembered]:
        """The candidates that the page of a candidate led to."""

    def had_failed(self, url: str) -> bool:
        """Whether a candidate could not be had or read the last time either."""

    def find_last(self, name: str, first: str) -> str | None:
        """What the last page of a list said when the list was last paged to its end, if its ``first`` page said this
        then; both as digests. None: it is to be paged."""

    def misses(self, met: Container[str]) -> bool:
        """Whether some report that should be there is at none of these addresses."""


@dataclass(slots=True)
class Series:
    """The pages of one list. ``first`` and ``last`` are digests of what its ends say, `pages.digest_list`; of the last
    page, as an earlier run had it, None where that is not known or no longer holds.

    ``pages`` are the further ones in the order in which they were found, as (link, further arguments for asking).
    ``looked`` has a digest of each that was looked at, by its name; ``recalled`` are those that the archive answered
    for. ``whole``: none of them was lost. ``checked``: the last one was looked at, to see whether it holds.
    """

    first: str
    last: str | None
    stage: str
    depth: int
    whole: bool = True
    checked: bool = False
    pages: dict[str, tuple[Link, dict[str, str | None]]] = field(default_factory=dict)
    looked: dict[str, str] = field(default_factory=dict)
    recalled: set[str] = field(default_factory=set)

    @property
    def quiet(self) -> bool:
        """Whether the list did not change, as far as is known, so that its further pages need no look."""
        return self.last is not None

    @property
    def told(self) -> str:
        """A digest of what the last page says that was looked at, "" where none was."""
        return self.looked.get(self.find_last(self.looked) or "", "")

    def find_last(self, names: Container[str]) -> str | None:
        """Which of some further pages is the last: by the number in their names that differs most, which may count
        down; else the one that was found last. None where there are none."""
        pages = [name for name in self.pages if name in names]
        columns = list(zip(*([int(number) for number in _NUMBERS.findall(name)] for name in pages), strict=False))
        numbers = max(columns, key=lambda column: len(set(column)), default=())
        if not pages or len(set(numbers)) < len(pages):
            return pages[-1] if pages else None
        return pages[numbers.index(min(numbers) if numbers[0] > numbers[-1] else max(numbers))]
