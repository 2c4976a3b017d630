"""The further documents of a report that stands on a page: attached tables, pictures of tables, copies of the whole.

What is fetched along with a report is decided by the labels that its page prints, before any reading: so the requests
of a crawl depend on the page alone, and a replay asks for the same ones.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crawler.extraction.text.titles import find_year, read_title
from crawler.items import FetchedPart
from crawler.listing.pieces import find_pieces, is_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.items import Fetched
    from crawler.listing.page import Link, Page
    from crawler.listing.pieces import Pieces
    from crawler.portals.ledger import Ledger

ATTACHMENT = "an attachment of the page that holds the report"
"""How the reason of a document begins that was left out, and never read."""
MAX_WHOLES = 3  # further copies of one report that its page attaches


class Parts:
    """Which documents go with the reports of a crawl, and what became of them in the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._wholes: set[str] = set()  # addresses of further copies of a report

    def choose(self, page: Page, text: str, files: Sequence[Link], candidate: str) -> tuple[Link, ...]:
        """What is fetched along with a report that stands on a page: copies of the whole, then its parts.

        ``text`` is what the list calls the report, ``files`` are the documents that the page links, ``candidate`` is
        the report's address in the ledger. The other documents are settled.
        """
        pieces = find_pieces(page, text)
        parts = {link.url for link in pieces.parts}
        own, year = read_title(text), find_year(text) or find_year(page.title)
        wholes = [link for link in files if link.url not in parts and is_whole(link, own, year)][:MAX_WHOLES]
        self._wholes.update(link.url for link in wholes)
        if wholes and not pieces.printed:  # the tables are in the report attached
            pieces = replace(pieces, parts=())
        self._leave_out([link for link in files if link not in wholes], page, pieces, candidate)
        return (*wholes, *pieces.parts)

    def _leave_out(self, files: Sequence[Link], page: Page, pieces: Pieces, candidate: str) -> None:
        parts = {link.url for link in pieces.parts}
        for link in files:
            if link.url not in parts and self._ledger.list(
                link.url, page.url, link.text, find_year(link.text), candidate
            ):
                self._ledger.settle(link.url, "duplicate", f"{ATTACHMENT}: {page.url}")

    def enter(self, link: Link, fetched: Fetched) -> bool:
        """Enters a part of a report in the ledger; False if it is a candidate of its own."""
        if self._ledger.list(link.url, fetched.url, link.text, parent=fetched.candidate):
            self._ledger.parts.add(link.url)
        return link.url in self._ledger.parts

    def add(self, fetched: Fetched, link: Link, part: FetchedPart) -> Fetched:
        """The report with a part."""
        self._ledger.settle(link.url, "part", f"of {fetched.candidate}")
        return self._join(fetched, link, part)

    def lose(self, fetched: Fetched, link: Link, outcome: str, reason: str) -> Fetched:
        """The report with a part that is not there, for a ``reason``; ``outcome`` is that of the part in the ledger."""
        self._ledger.settle(link.url, outcome, reason)
        if outcome == "part":
            self._ledger.notes.append(f"a part of a report is not there: {link.url}: {reason}")
        return self._join(fetched, link, FetchedPart(link.url, b"", "", None, fetched.fetched_at, None, reason))

    def _join(self, fetched: Fetched, link: Link, part: FetchedPart) -> Fetched:
        return replace(fetched, parts=(*fetched.parts, replace(part, whole=link.url in self._wholes)))
