"""The sections of a report, by their headings.

A heading is a paragraph of its own that says what the form says, numbered 一、 to 六、 or not numbered at all. The
same words come again: in a table of contents, as （一） inside section one, in running text. So all candidates are
weighed together and the ascending chain that explains the document best is taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from crawler.extraction.documents.model import Block, Paragraph
from crawler.extraction.report.form import FormSection, load_form
from crawler.extraction.report.labels import likeness
from crawler.extraction.text.clean import label_key
from crawler.extraction.text.numbering import Mark, read_mark

_BARE_MARK = re.compile("^([一二三四五六])[ \u3000]+(?=[一-鿿])")
_YEAR = re.compile(r"^(?:19|20)\d\d\s*年度?(?=[一-鿿])")
_BRACKETS = "（）："
_END = re.compile("[。；：:，,！]")


_LONG = 100  # characters: more than twice as many as the longest label of a section has
MAX_CANDIDATES = 200  # a report has six headings, some repeat; more is a list or an attack


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading found: blocks ``start`` to ``end`` (exclusive) make it up; ``rest`` is text that follows in its
    own paragraph. ``section`` is None for a chapter that is none of the form's."""

    start: int
    end: int
    text: str
    rest: str
    number: int
    section: FormSection | None
    strength: float


def find_headings(blocks: Sequence[Block]) -> list[Heading]:
    """The headings of the form's sections, in order, each at most once."""
    candidates = [h for i in range(len(blocks)) for h in _candidates(blocks, i)]
    if len(candidates) > MAX_CANDIDATES:
        candidates = [*candidates[: MAX_CANDIDATES // 2], *candidates[-MAX_CANDIDATES // 2 :]]
    taken = {h.start for h in candidates}
    # How many blocks up to each one are no candidate: content stands between two headings where this grows.
    content_up_to = [0, *accumulate(int(i not in taken) for i in range(len(blocks)))]
    best: list[tuple[float, list[Heading]]] = []
    for n, heading in enumerate(candidates):
        assert heading.section is not None
        score, chain = heading.strength, [heading]
        for m in range(n):
            before = candidates[m]
            assert before.section is not None
            if before.end > heading.start or before.section.number >= heading.section.number:
                continue
            content = content_up_to[heading.start] > content_up_to[before.end] or bool(before.rest)
            total = best[m][0] + heading.strength + (0.5 if content else 0.0)
            if total > score:
                score, chain = total, [*best[m][1], heading]
        best.append((score, chain))
    ended = [
        (score + (0.5 if chain[-1].rest or content_up_to[-1] > content_up_to[chain[-1].end] else 0), -n)
        for n, (score, chain) in enumerate(best)
    ]
    if not ended:
        return []
    return best[-max(ended)[1]][1]


@cache
def _heading_lengths() -> frozenset[int]:
    """How many characters the key of a heading may have: as a label of the form, or two more or fewer."""
    lengths = {len(own.text) for section in load_form().sections for own in section.labels}
    return frozenset(length + off for length in lengths for off in range(-2, 3))


def _candidates(blocks: Sequence[Block], i: int) -> list[Heading]:
    block = blocks[i]
    if not isinstance(block, Paragraph):
        return []
    found = []
    text = block.text
    mark = read_mark(text)
    for count in (1, 2, 3) if mark is not None and mark.level == 1 else (1,):  # only a numbered heading is put together
        if count > 1:
            follow = blocks[i + count - 1] if i + count <= len(blocks) else None
            if not isinstance(follow, Paragraph) or len(text) > 30 or _END.search(text):
                break
            text += follow.text
        if len(text) > 2000:
            break
        heading = _match(block, text, i, i + count, mark)
        if heading is not None:
            found.append(heading)
            break
    return found


def _match(block: Paragraph, text: str, start: int, end: int, known: Mark | None) -> Heading | None:
    """The heading that a text is, or None. ``known`` is the number mark of the first paragraph."""
    bare = text.strip("【】〖〗 ")
    mark = known if end - start == 1 and bare == text else read_mark(bare)
    text = bare
    if mark is None and _BARE_MARK.match(text):
        mark = read_mark(_BARE_MARK.sub(r"\1、", text))
    rest = _YEAR.sub("", mark.rest if mark else text)
    whole = len(rest) <= 40
    if mark is not None and mark.level != 1:
        return _match_other_mark(mark, rest, text, start, end)
    if mark is None and not whole:
        return None  # running text: without a mark only a whole paragraph is a heading
    key = label_key(rest).strip(_BRACKETS)
    if mark is None and len(key) not in _heading_lengths():
        return None
    best: tuple[float, FormSection] | None = None
    for section in load_form().sections:
        score = max(likeness(own.text, key) for own in section.labels) if whole else 0.0
        if best is None or score > best[0]:
            best = (score, section)
    assert best is not None
    score, section = best
    if score >= 0.75 or (score >= 0.55 and mark is not None and mark.number == section.number and end - start == 1):
        if end - start > 1 and score < 0.9:
            return None
        if mark is None:
            if score < 0.9:
                return None
            strength = 2.0 if block.heading else 1.5
        else:
            strength = 3.0 if mark.number == section.number else 2.0
        return Heading(start, end, text, "", section.number, section, strength * min(score + 0.1, 1.0))
    if mark is None or end - start > 1:
        return None
    for section in load_form().sections:  # heading and text in one paragraph
        for own in section.labels:
            cut = _prefix(rest, own.text)
            if cut and mark.number == section.number:
                head, tail = text[: len(text) - len(rest) + cut], rest[cut:].lstrip("。.：:，, ）)")
                return Heading(start, end, head, tail, section.number, section, 2.0)
    return None


def _match_other_mark(mark: Mark, rest: str, text: str, start: int, end: int) -> Heading | None:
    """A heading numbered 1. or （一） instead of 一、: it must say exactly what the form's section of that number says.
    It counts less than one of the usual kind, so the same words inside another section do not displace that."""
    section = next((s for s in load_form().sections if s.number == mark.number), None)
    if section is None:
        return None
    if len(rest) > _LONG and len(label_key(rest[:_LONG]).strip(_BRACKETS)) > _LONG // 2:
        return None  # running text, which need not be cleaned to its end
    key = label_key(rest).strip(_BRACKETS)
    if max(likeness(own.text, key) for own in section.labels) < 0.9:
        return None
    return Heading(start, end, text, "", section.number, section, 1.0)


def _prefix(text: str, label: str) -> int:
    """How many characters at the head of a text make up a label, marks and blanks aside; 0 if they do not."""
    for cut in range(len(label), min(len(text), len(label) + 8) + 1):
        if label_key(text[:cut]) == label:
            return cut if cut < len(text) and (text[cut] in "。.：: ，," or text[cut].isspace()) else 0
    return 0


def find_chapters(blocks: Sequence[Block]) -> list[Heading]:
    """The chapters (一、) of a report that follows no form, numbered upwards as far as they go."""
    found: list[Heading] = []
    for i, block in enumerate(blocks):
        if not isinstance(block, Paragraph):
            continue
        mark = read_mark(block.text)
        if mark is None or mark.level != 1:
            continue
        head, rest = block.text, ""
        if len(head) > 40 or "。" in head:
            cut = head.find("。")
            if not 0 < cut <= 40:
                continue
            head, rest = head[:cut], head[cut + 1 :]
        expected = found[-1].number + 1 if found else 1
        if mark.number != expected:
            continue
        key = label_key(mark.rest.partition("。")[0])
        section = next(
            (s for s in load_form().sections if any(likeness(own.text, key) >= 0.9 for own in s.labels)), None
        )
        found.append(Heading(i, i + 1, head, rest, mark.number, section, 1.0))
    return found
