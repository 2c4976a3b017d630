"""Spider arguments: what they may be, checked before a crawl starts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection

FIRST_YEAR, LAST_YEAR = 2000, 2100  # the regulation is of 2007, some reports tell of years before
_YEARS = re.compile(r"(\d{4})(?:\s*-\s*(\d{4}))?")


@dataclass(frozen=True, slots=True)
class Years:
    """A range of report years, both ends inclusive."""

    first: int = FIRST_YEAR
    last: int = LAST_YEAR

    def __contains__(self, year: int) -> bool:
        return self.first <= year <= self.last


def find_fault(given: dict[str, Any], spider: str, known: Collection[str], *, needs_url: bool) -> str | None:
    """What is wrong with the arguments ``given`` to a spider that takes the ``known`` ones, in one line, or None. Names
    with a leading ``_`` are scrapyd's. ``needs_url``: the spider has no address of its own."""
    own = {name: value for name, value in given.items() if not name.startswith("_")}
    for name in own:
        if name not in known:
            return f"unknown argument {name!r}: {spider} takes {', '.join(sorted(known))} (-a {name}=… was given)"
    try:
        if "years" in own:
            read_years(str(own["years"]))
        if "url" in own:
            read_url(str(own["url"]))
    except ValueError as error:
        return str(error)
    if own.get("full", "1") not in {"0", "1"}:
        return f"full={own['full']!r}: write full=1, or leave it out"
    if "url" not in own and needs_url:
        return f"{spider} needs an address: -a url=http://www.wolong.gov.cn/"
    return None


def read_years(text: str) -> Years:
    """``2021`` or ``2019-2023``. Raises ValueError, in one line, for anything else."""
    found = _YEARS.fullmatch(text.strip())
    if not found:
        raise ValueError(f"years={text!r}: write one year or a range, as in years=2021 or years=2019-2023")
    first, last = int(found.group(1)), int(found.group(2) or found.group(1))
    if first > last:
        raise ValueError(f"years={text!r}: the first year is later than the last")
    if first < FIRST_YEAR or last > LAST_YEAR:
        raise ValueError(f"years={text!r}: years lie between {FIRST_YEAR} and {LAST_YEAR}")
    return Years(first, last)


def read_url(text: str) -> str:
    """A portal's address, with its scheme. Raises ValueError, in one line, for anything else."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  (raises for a port that is none)
    except ValueError as error:
        raise ValueError(f"url={text!r}: {error}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or " " in text:
        raise ValueError(f"url={text!r}: write a whole address, as in url=http://www.wolong.gov.cn/")
    return text if parts.path else text + "/"
