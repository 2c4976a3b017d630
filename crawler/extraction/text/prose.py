"""Lines of a converted text → paragraphs again, and lines that belong to the page, not to the report."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crawler.extraction.text.clean import clean_text, display_width
from crawler.extraction.text.numbering import read_mark

_NOISE = re.compile(
    r"https?://\S+(?:\s+\d{1,4}\s*/\s*\d{1,4})?|[-—–－]+\s*\d{1,4}\s*[-—–－]+|"
    r"第\s*\d+\s*页(?:\s*[,，/]?\s*共\s*\d+\s*页)?|\d{1,4}\s*/\s*\d{1,4}|"
    r"\d{4}/\d{1,2}/\d{1,2}(?:[\s,，].{0,80})?"  # what a browser prints over each page: date and title
)
_PAGER = re.compile(r"[<«‹>»›]*(?:上一?页|下一?页|首页|尾页|末页|\d{1,3}|[|·])[<«‹>»›]*")
# What a page prints around any article: ways to share and print it, its neighbours, its operator.
_FURNITURE = re.compile(
    "(?:相关(?:阅读|链接|信息|文章|新闻|文档|稿件)|扫一扫|上一[篇条页]|下一[篇条页]|【?(?:打印|关闭|返回|字体|纠错|收藏)|分享(?:到|至|本|[:：]|$)|"
    "责任编辑|版权所有|字号[:：]|浏览量|阅读次数|我要纠错|意见反馈|Copyright|主办(?:单位)?[:：]|承办(?:单位)?[:：]|网站标识码|网站地图|浏览次数|点击数|您是第).*|"
    ".{0,40}(?:ICP备|公网安备|在手机打开当前页).*"
)
_NARROWEST = 40  # columns: no page of prose is narrower, and titles seldom wider
_ENDS = "。！？：；:;）)”"
_FULL = 0.85  # of the width at which lines break: wide characters and unbreakable words leave a ragged edge


def is_noise(line: str) -> bool:
    """Whether a line is a page number, an address in the margin, or the pager of a list."""
    line = line.strip()
    if len(line) > 160:
        return False
    if _NOISE.fullmatch(line):
        return True
    parts = line.split()
    return "页" in line and len(line) <= 80 and all(_PAGER.fullmatch(part) for part in parts)


def is_furniture(text: str) -> bool:
    """Whether a paragraph belongs to the page around an article (related reading, sharing, the site's operator)."""
    return len(text) <= 80 and bool(_FURNITURE.match(text))


def wrap_width(lines: Sequence[str]) -> int | None:
    """The display width at which a text breaks its lines, or None if its lines are whole paragraphs.

    Lines that are broken end in the middle of a sentence and at nearly one width, and hardly a line is wider.
    """
    widths = [(display_width(line.rstrip()), line.rstrip()) for line in lines if line.strip()]
    broken = sorted(width for width, line in widths if width >= _NARROWEST and line[-1] not in _ENDS)
    if not broken:
        return None
    widest = broken[-1]
    wider = sum(1 for width, _ in widths if width > widest * 1.03)
    if wider > 0.02 * len(widths) or broken[len(broken) // 2] < _FULL * widest:
        return None
    return widest


def join_lines(lines: Sequence[tuple[str, str]], width: int | None) -> list[str]:
    """Paragraphs from lines, given the width at which they break. A line comes as its text (with its indent) and as it
    was printed, which may have had a heading before the text.

    A line goes on with the next one if it is full and the next has neither an indent nor a number mark.
    """
    paragraphs: list[str] = []
    full = False
    for line, printed in lines:
        indent = len(line) - len(line.lstrip())
        text = line.strip()
        if full and paragraphs and indent < 2 and read_mark(text) is None:
            paragraphs[-1] += "\n" + text
        else:
            paragraphs.append(text)
        full = width is not None and display_width(printed.rstrip()) >= _FULL * width
    return [clean_text(p) for p in paragraphs]
