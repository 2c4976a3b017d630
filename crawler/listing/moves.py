"""Pages that only send their reader on: by a script, as many entries of portals do."""

from __future__ import annotations

import re

from crawler.listing.addresses import join
from crawler.listing.page import Page

MAX_LINKS = 5  # a page with more is one to be read
_SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script>", re.I | re.S)
_MOVE = re.compile(
    r"(?:^|[;{}\s(])(?:(?:window|self|top|parent|document)\s*\.\s*)*location"
    r"(?:\s*\.\s*href\s*=(?!=)\s*|\s*=(?!=)\s*|\s*\.\s*(?:replace|assign)\s*\(\s*)([\"'])([^\"'<>]{1,500})\1\s*\)?\s*(?:;|$|\}|\n|//)",
)
_GUARDED = re.compile(r"function\b|\bon\w+\s*=|=>|addEventListener")
_MAX_SCRIPT = 20_000


def find_move(page: Page) -> str | None:
    """Where a page without anything to read sends its reader as soon as it is there; None for a page that stays.

    A move within a function waits for a click, so it is none; so is one whose address a script puts together.
    """
    if len(page.links) > MAX_LINKS or page.chapters or page.tables:
        return None
    for found in _SCRIPT.finditer(page.html):
        script = found.group(1)[:_MAX_SCRIPT]
        move = _MOVE.search(script)
        if move and not _GUARDED.search(script[: move.start()]):
            url = join(page.url, move.group(2))
            if url is not None and url != page.url:
                return url
    return None
