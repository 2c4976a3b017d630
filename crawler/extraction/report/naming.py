"""Whose report it is and of which year: by its title, else by what else names it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from crawler.extraction.documents.model import Block, Document, Paragraph, Table
from crawler.extraction.errors import NotAReport
from crawler.extraction.report.model import Warning_
from crawler.extraction.report.sections import Heading
from crawler.extraction.text.prose import is_furniture
from crawler.extraction.text.titles import Title, find_year, may_be_report, read_title

PERIOD = re.compile(
    r"((?:19|20)\d\d)\s*年\s*1\s*月\s*1\s*日\s*(?:起)?\s*(?:至|到|-|—)+\s*(?:\1\s*年\s*)?12\s*月\s*31\s*日"
)
_SIGNED = re.compile(
    "[一-鿿]{2,30}(?:人民政府|政府|办公室|委员会|局|厅|办事处|街道|中心|支队|大队|法院|检察院|管委会|公司|学校|大学|学院|医院|馆|站|所|社)"
)
_CHAPTER = re.compile("第?[一二三四五六七八九十]{1,3}(?:、|部分)")  # a heading is no part of a title
_LABELLED = re.compile(r"[^:：]{1,8}[:：]")
_SITE = re.compile("网站|门户")  # a portal is no body
_DATED = re.compile(
    r"\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日|[二〇○零一三四五六七八九]{4}年[一二三四五六七八九十]{1,3}月[一二三四五六七八九十]{1,3}日"
)


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of a document from where it was found. ``titles`` are what links to it say, ``listed`` names the
    body whose list it stands on; ``body`` and ``division_code`` belong to the portal."""

    titles: tuple[str, ...] = ()
    listed: str | None = None
    body: str | None = None
    division_code: str | None = None


def choose_title(document: Document, headings: Sequence[Heading], hints: Hints) -> tuple[Title, set[int]]:
    """The title that says most, and the blocks that print it. The text's own title goes before what a page or a link
    calls it; one that names body and year goes before all. Of several that say as much, the last before the first
    heading: what is linked over an article are other years and other bodies."""
    best: tuple[float, Title, set[int]] | None = None
    top = headings[0].start if headings else 0

    def offer(text: str, blocks: set[int], trust: float) -> None:
        nonlocal best
        title = read_title(text)
        if title.kind != "report" or _CHAPTER.match(text):
            return
        score = trust + 2.0 * (title.year is not None) + 1.5 * (title.body is not None)
        nearer = best is not None and score == best[0] and bool(blocks) and max(blocks) < top
        if best is None or score > best[0] or nearer:
            best = (score, title, blocks)

    limit = (headings[0].end if headings else 0) + 12
    head = [(i, b) for i, b in enumerate(document.blocks[: max(limit, 30)]) if isinstance(b, Paragraph)]
    for n, (i, block) in enumerate(head):
        if i > limit and headings:
            break
        if is_furniture(block.text) or (i > top and headings and _LABELLED.match(block.text)):
            continue  # what the page attaches, or leads on to, not what it is called
        trust = 0.5 if not headings or i <= headings[0].end + 2 else 0.2
        if len(block.text) <= 70 and not re.search("[。；]", block.text):
            offer(block.text, {i}, trust)
        joined, blocks = block.text, {i}
        for j, follow in head[n + 1 : n + 3]:  # a title broken over lines
            if len(joined) > 40 or re.search("[。；：:]", joined + follow.text) or _CHAPTER.match(follow.text):
                break
            joined += follow.text
            blocks = {*blocks, j}
            if len(joined) <= 60:
                offer(joined, blocks, trust - 0.1 * len(blocks))
    for n, text in enumerate(document.titles):
        offer(text, set(), 0.3 - 0.01 * n)
    for text in hints.titles:
        offer(text, set(), 0.1)
    if best is None:
        texts = [*document.titles, *hints.titles, *(b.text for _, b in head[:3])]
        first = next((t for t in texts if read_title(t).kind not in {"other", "bare"}), texts[0] if texts else "")
        return read_title(first[:200]), set()
    return best[1], best[2]


def remark_rivals(
    title: Title, title_blocks: set[int], document: Document, headings: Sequence[Heading], warnings: list[Warning_]
) -> None:
    """Says so where another title stands over the first heading and nothing tells whose the text is: what else the
    document is called, or the text by naming the title's year more often than the other's, and its body once more."""
    called = [read_title(text) for text in document.titles]
    if any(own.year == title.year and own.body == title.body for own in called):
        return
    first = headings[0].start if headings else 0
    texts = [(i, text) for i, block in enumerate(document.blocks) for text in _texts(block)]
    over = [(i, text) for i, text in texts if i < first and i not in title_blocks and may_be_report(text)]
    rivals = [(i, rival) for i, text in over if len(text) <= 70 and (rival := read_title(text)).kind == "report"]
    out = title_blocks | {i for i, _ in rivals}
    rest = [text for i, text in texts if i not in out]
    for _, rival in rivals:
        other_year = None not in (title.year, rival.year) and rival.year != title.year
        other_body = bool(title.body and rival.body) and not _is_same(title.body, rival.body)
        doubtful = other_year and _count(rest, f"{title.year}年") <= _count(rest, f"{rival.year}年")
        doubtful |= other_body and not _count(rest, title.body or "")
        if doubtful:
            message = f"two titles stand over the text: {title.text[:60]!r} and {rival.text[:60]!r}"
            warnings.append(Warning_("title_conflict", message, lowers=True))
            return


def _texts(block: Block) -> list[str]:
    if isinstance(block, Table):
        return [cell.text for row in block.grid for cell in {id(c): c for c in row}.values() if cell is not None]
    return [block.text] if isinstance(block, Paragraph) else []


def _is_same(body: str | None, other: str | None) -> bool:
    """Whether two names may be of one body: one of them within the other."""
    return body is None or other is None or body in other or other in body


def _count(texts: Sequence[str], words: str) -> int:
    return sum(words in text for text in texts)


def find_report_year(title: Title, document: Document, hints: Hints, warnings: list[Warning_]) -> int:
    """The year reported on: from the title, else from what else names the report, else from the period it states."""
    if title.year is not None:
        return title.year
    for text in (*document.titles, *hints.titles):
        other = read_title(text)
        if other.kind in {"report", "bare"} and other.year is not None:
            return other.year
    for paragraph in document.paragraphs():
        found = PERIOD.search(paragraph.text)
        if found:
            return int(found.group(1))
    years = [year for p in document.paragraphs() if (year := find_year(p.text[:30]))]
    if years and years.count(years[0]) == len(years):
        warnings.append(Warning_("year_from_text", f"only the text names a year: {years[0]}", lowers=True))
        return years[0]
    raise NotAReport(f"no year is named: {title.text[:80]!r}")


def _is_signature(text: str) -> bool:
    return bool(_SIGNED.fullmatch(text)) and not _SITE.search(text) and not is_furniture(text)


def find_name(title: Title, document: Document, hints: Hints, warnings: list[Warning_]) -> str | None:
    """The body's name: as titled, else as it signs at the end or under the title, else by the breadcrumb or the list,
    else the portal's."""
    for text in (title.text, *document.titles, *hints.titles):
        other = read_title(text)
        if other.body and other.kind == "report":
            return other.body
    tail = [b.text for b in document.blocks[-40:] if isinstance(b, Paragraph)]
    for text, after in zip(reversed(tail[:-1]), reversed(tail[1:]), strict=True):
        if _is_signature(text) and _DATED.fullmatch(after):
            return text
    for text in reversed(tail[-6:]):
        if _is_signature(text):
            return text
    for block in document.blocks[:6]:  # or under its title
        if not isinstance(block, Paragraph) or _CHAPTER.match(block.text):
            break
        if _is_signature(block.text):
            return block.text
    for text in document.trail[::-1]:
        if _SIGNED.fullmatch(text) and not _SITE.search(text):
            return text
    if hints.listed and not _SITE.search(hints.listed):
        message = f"nothing in the document names the body; the list it stands on is that of {hints.listed}"
        warnings.append(Warning_("body_from_list", message))
        return hints.listed
    if hints.body:
        message = f"no title names the body; it is taken to be the portal's: {hints.body}"
        warnings.append(Warning_("body_from_portal", message, lowers=True))
        return hints.body
    warnings.append(Warning_("no_body", "nothing names the body that reports", lowers=True))
    return None
