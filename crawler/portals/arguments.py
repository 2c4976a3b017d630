"""Spider arguments: what they may be, checked before a crawl starts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

FIRST_YEAR, LAST_YEAR = 2000, 2100  # the regulation is of 2007, some reports tell of years before
_YEARS = re.compile(r"(\d{4})(?:\s*-\s*(\d{4}))?")


@dataclass(frozen=True, slots=True)
class Years:
    """A range of report years, both ends inclusive."""

    first: int = FIRST_YEAR
    last: int = LAST_YEAR

    def __contains__(self, year: int) -> bool:
        return self.first <= year <= self.last


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
