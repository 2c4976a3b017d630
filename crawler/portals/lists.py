"""The lists of one crawl: which pages each has, and which of them are looked at though they may be as they were.

A list whose first page did not change is read from the archive. Before the crawl ends, its last page is looked at; if
that changed, or something that only this list shows may be gone, all its pages are looked at. What is to be asked for
is given back as plain values: this module asks for nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crawler.listing.identity import identify
from crawler.listing.plain import contents
from crawler.portals.ledger import OPEN
from crawler.portals.pages import digest_list

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from crawler.listing.page import Link, Page
    from crawler.listing.weigh import Lead
    from crawler.portals.ledger import Ledger
    from crawler.portals.memory import Memory

_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class FurtherPage:
    """A further page of a list that is to be looked at, not read from the archive.

    ``context`` has the further arguments with which it was asked for before. ``checking``: it is the last one of its
    list, looked at to see whether the list holds.
    """

    link: Link
    stage: str
    depth: int
    context: dict[str, str | None]
    checking: bool = False


@dataclass(slots=True)
class Series:
    """The pages of one list. ``first`` and ``last`` are digests of what its ends say, `pages.digest_list`; of the last
    page, as an earlier run had it, None where that is not known or no longer holds.

    ``pages`` are the further ones in the order in which they were found, as (link, further arguments for asking).
    ``looked`` has a digest of each that was looked at, by its name; ``recalled`` are those that the archive answered
    for. ``whole``: none of them was lost. ``checked``: the last one was looked at, to see whether it holds. ``linked``
    are the names of those that pages link which were looked at; ``gone`` has those that the archive answered for and
    that are there no more, as (address, reason).
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
    linked: set[str] = field(default_factory=set)
    gone: dict[str, tuple[str, str]] = field(default_factory=dict)

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


class Lists:
    """The lists of one crawl by the names of their first pages, ``series``, and what is to be looked at of them.

    ``memory`` is of earlier runs; without it every list is paged to its end.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.memory: Memory | None = None
        self.series: dict[str, Series] = {}
        self._ledger = ledger
        self._contents: set[bytes] = set()  # what the pages of lists brought, see `contents`
        self._recalled: set[bytes] = set()  # and what those brought before that the archive answered for
        self._barred: dict[str, str] = {}  # searches that may not be asked for → why

    # --- what is seen of them

    def begin(self, page: Page, steps: Sequence[Lead], further: Sequence[Link], stage: str, depth: int) -> str | None:
        """Enters the list whose first page this may be, and gives its name; None where it is none. The first page is
        the first that leads anywhere and has further ones: what it says decides whether those are looked at."""
        if not steps or not further:
            return None
        name = identify(page.url, page.post)
        if name not in self.series:
            first = digest_list(steps, further, page)
            last = self.memory.find_last(name, first) if self.memory is not None else None
            self.series[name] = Series(first, last, stage, depth)
        self.series[name].linked |= _name(further)
        return name

    def enter(self, series: str, name: str, steps: Iterable[Lead], further: Iterable[Link], *, recalled: bool) -> None:
        """Enters what a further page of a list said, by its name; ``recalled``: the archive answered for it."""
        one = self.series[series]
        if recalled:
            one.recalled.add(name)
        else:
            one.looked[name] = digest_list(steps, further, name=name)
            one.recalled.discard(name)
            one.linked |= _name(further)

    def note_entry(self, url: str, found_on: str, recalled: str | None) -> None:
        """Notes that a page leads to a candidate, so that what stands only on pages that were not looked at is kept
        apart; ``recalled`` is the list of a page that the archive answered for, None where the portal answered."""
        url = self._ledger.names.get(identify(url), url)  # it may be there by another address of its page
        if recalled is None:
            self._ledger.unlooked.pop(url, None)
            self._ledger.note_listed(url, found_on)
        elif url not in self._ledger.candidates:
            self._ledger.unlooked[url] = recalled

    def brings_news(self, page: Page, further: tuple[Link, ...], *, recalled: bool) -> bool:
        """Whether a page of a list brings anything but what an earlier one brought; notes what it brings. Where the
        archive answered for one (``recalled``), what it brought may stand on another page now: that is news there."""
        links = contents(page, further)
        known = links in self._contents or (recalled and links in self._recalled)
        (self._recalled if recalled else self._contents).add(links)
        return not links or not known

    def spoil(self, series: str | None) -> None:
        """Notes that a page of a list was lost: the list was not seen whole."""
        if series is not None:
            self.series[series].whole = False

    def lose_end(self, series: str, name: str, gone: tuple[str, str] | None = None) -> Iterator[FurtherPage]:
        """Forgets a page that a list had, and that holds nothing any more; gives the others if they were not to be
        looked at so far. ``gone``: address and reason, where the portal says that nothing stands there."""
        one = self.series[series]
        one.pages.pop(name, None)
        one.recalled.discard(name)
        if gone is not None:
            one.gone[name] = gone
        if one.quiet:
            yield from self._page(one)

    def settle_gone(self) -> None:
        """A page that is gone belongs to its list all the same, and was lost, where a page that was looked at links
        it."""
        for series in self.series.values():
            for name in series.gone.keys() & series.linked:
                self._ledger.break_off(*series.gone.pop(name))
                series.whole = False

    def bar(self, url: str, reason: str) -> None:
        """Notes a search that may not be asked for."""
        self._barred.setdefault(url, reason)

    def settle_barred(self, *, seen: bool) -> None:
        """What a barred search finds stands on the lists as well; where no list was ``seen``, and nothing that may be a
        report, it may be the only one."""
        seen = seen or any(one.outcome != "refused" for one in self._ledger.candidates.values())
        for url, reason in self._barred.items():
            if seen:
                self._ledger.notes.append(f"a search page is not for crawlers: {url}: {reason}")
            else:
                self._ledger.break_off(url, f"a search, and no other list was seen: {reason}")
        self._barred.clear()

    # --- what is looked at before the end

    @property
    def quiet(self) -> list[Series]:
        """The lists that did not change, as far as is known."""
        return [one for one in self.series.values() if one.quiet]

    def look_at_ends(self) -> Iterator[FurtherPage]:
        """The last page of each list that was not paged: whatever came or went in its midst has moved that, and some
        lists grow at their end."""
        for series in self.series.values():
            if not series.quiet or series.checked or not series.recalled:
                continue
            series.checked = True
            last = series.find_last(series.recalled | series.looked.keys())
            if last in series.recalled:
                yield _look_at(series, last, checking=True)
            else:
                yield from self._check(series)

    def check(self, series: str) -> Iterator[FurtherPage]:
        """All pages of a list if its last one, which was looked at, is not what it was."""
        yield from self._check(self.series[series])

    def look_behind_failures(self) -> Iterator[FurtherPage]:
        """All pages of a list where something on one that was not looked at could not be had, and could be the last
        time: it may be gone."""
        if self.memory is None:
            return
        for url, name in self._ledger.find_unlooked().items():
            failed = self._ledger.candidates[url].outcome in OPEN and not self.memory.had_failed(url)
            if failed and self.series[name].quiet:
                yield from self._page(self.series[name])

    def page_all(self) -> Iterator[FurtherPage]:
        """All pages of the lists that did not change."""
        for series in self.quiet:
            yield from self._page(series)

    def drop_unlisted(self) -> None:
        """Forgets what a list that was paged after all no longer shows, unless it was asked for and is there."""
        for url, series in self._ledger.find_unlooked().items():
            candidate = self._ledger.candidates[url]
            if not self.series[series].quiet and (candidate.known or candidate.outcome in OPEN):
                self._ledger.drop(url)

    def _check(self, series: Series) -> Iterator[FurtherPage]:
        if series.quiet and series.told != series.last:
            yield from self._page(series)

    @staticmethod
    def _page(series: Series) -> Iterator[FurtherPage]:
        series.last = None
        for name in [name for name in series.pages if name in series.recalled]:
            yield _look_at(series, name)


def _name(links: Iterable[Link]) -> set[str]:
    return {identify(link.url, link.post) for link in links}


def _look_at(series: Series, name: str, *, checking: bool = False) -> FurtherPage:
    link, context = series.pages[name]
    return FurtherPage(link, series.stage, series.depth, context, checking)
