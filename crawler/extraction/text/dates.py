"""Dates as portals print them."""

from __future__ import annotations

import re
from datetime import date

_DATE = re.compile(r"((?:19|20)\d\d)\s*[-年/.]\s*(\d{1,2})\s*[-月/.]\s*(\d{1,2})")
_PUBLISHED = re.compile(
    r"(?:发布|发文|成文|公开|更新|编辑|生成|录入|发表)?(?:时间|日期)\s*[:：]?\s*(?=(?:19|20)\d\d\s*[-年/.]\s*\d{1,2}\s*[-月/.]\s*\d{1,2})"
)


def find_date(text: str) -> str | None:
    """The first date in a text as ISO (``2020-01-22``), or None."""
    for found in _DATE.finditer(text):
        try:
            return date(int(found.group(1)), int(found.group(2)), int(found.group(3))).isoformat()
        except ValueError:
            continue
    return None


def find_published(line: str) -> str | None:
    """The date behind 发布时间：, 时间：, 日期： in a line, as ISO, or None."""
    found = _PUBLISHED.search(line)
    return find_date(line[found.end() : found.end() + 24]) if found else None
