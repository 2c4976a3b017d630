"""Dates as portals print them."""

from __future__ import annotations

import re
from datetime import date

_DATE = re.compile(r"((?:19|20)\d\d)\s*[-年/.]\s*(\d{1,2})\s*[-月/.]\s*(\d{1,2})")
# What the date of a page is called, the surest first. A period (统计时间 … 至 …), the clock of the page (当前时间) and
# opening hours (办公时间) are no dates of publication.
_NOT = "".join(
    f"(?<!{word})" for word in "统计 当前 截止 有效 办公 受理 系统 开放 服务 更新 编辑 生成 成文 录入 修改".split()
)
_NAMES = ("发布|发文|公开|发表", f"{_NOT}(?=时间|日期)", "更新|编辑|生成|成文|录入|修改")
_PUBLISHED = tuple(
    re.compile(
        rf"(?:{name})(?:时间|日期)[:：]?[\[【(（]?(?=(?:19|20)\d\d[-年/.]\d{{1,2}}[-月/.]\d{{1,2}})"
        r"(?!(?:19|20)\d\d[-年/.]\d{1,2}[-月/.]\d{1,2}日?(?:起)?[至到])"
    )
    for name in _NAMES
)
_BLANKS = re.compile(r"\s+")
# What all of these have in common, blanks within or not.
_MARK = re.compile(r"(?:时\s*间|日\s*期)\s*[:：]?\s*[\[【(（]?\s*(?:1\s*9|2\s*0)\s*\d")


def find_date(text: str) -> str | None:
    """The first date in a text as ISO (``2020-01-22``), or None."""
    for found in _DATE.finditer(text):
        try:
            return date(int(found.group(1)), int(found.group(2)), int(found.group(3))).isoformat()
        except ValueError:
            continue
    return None


def find_marks(text: str) -> list[int]:
    """Where in a text a date stands behind 时间 or 日期: only a line that holds one of these may print its date of
    publication (see `find_published`)."""
    return [found.start() for found in _MARK.finditer(text)]


def find_published(line: str) -> tuple[int, str] | None:
    """The date of publication that a line prints, as ISO, behind its rank (0 for 发布时间, 1 for a bare 时间, 2 for the
    time of an update); None if it prints none."""
    if not _MARK.search(line):
        return None
    text = _BLANKS.sub("", line)
    for rank, pattern in enumerate(_PUBLISHED):
        found = pattern.search(text)
        date_ = find_date(text[found.end() : found.end() + 24]) if found else None
        if date_:
            return rank, date_
    return None
