"""Pages that are asked for on slight evidence, where a portal shows no way to reports."""

from __future__ import annotations

from crawler.listing.identity import identify
from crawler.listing.page import Link

MAX_GUESSES = 20  # pages asked for in one crawl
AT_ONCE = 5  # of them at once: the next ones may lead on
MAX_KEPT = 1000  # links kept to guess from


class Guesses:
    """Links that a crawl passed over, the likeliest of which it may ask for after all."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, Link]] = {}  # by the names of their pages
        self._taken = 0

    @property
    def is_full(self) -> bool:
        """Whether no more links are kept."""
        return len(self._kept) >= MAX_KEPT

    def keep(self, link: Link, weight: int) -> None:
        """Keeps a link, once for each page, by the weight with which it was first seen."""
        self._kept.setdefault(identify(link.url), (weight, link))

    def take(self) -> list[Link]:
        """The next links to ask for, the likeliest first; none where none is left or enough were taken."""
        if self._taken >= MAX_GUESSES:
            return []
        best = sorted(self._kept.items(), key=lambda one: -one[1][0])[:AT_ONCE]
        for name, _ in best:
            del self._kept[name]
        self._taken += len(best)
        return [link for _, (_, link) in best]
