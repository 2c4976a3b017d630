"""What a spider may be told of earlier runs, so that it asks a portal for less. `crawler.catalogue.known` knows it.

The crawl decides nothing by itself here: where it has no memory, all that is found is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Container, Sequence


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
    def parent(self) -> str | None: ...
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

    def find(self, url: str) -> Remembered | None:
        """A candidate as it was settled last."""

    def below(self, url: str) -> Sequence[Remembered]:
        """The candidates that the page of a candidate led to."""

    def had_failed(self, url: str) -> bool:
        """Whether a candidate could not be had or read the last time either."""

    def find_last(self, name: str, first: str) -> str | None:
        """What the last page of a list said when the list was last paged to its end, if its ``first`` page said this
        then; both as digests. None: it is to be paged."""

    def misses(self, met: Container[str]) -> bool:
        """Whether some report that should be there was not read, is at none of these addresses, and stood on a list."""

    def list_beside(self, met: Container[str]) -> Sequence[Remembered]:
        """As `misses`: the candidates that only the pages of other reports led to."""
