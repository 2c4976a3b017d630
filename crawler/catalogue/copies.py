"""Two pages of one portal that are reports of the same body and year: which of them holds. Pure, plain data.

A body that corrects its report either changes the page or puts another one beside it. Where both stand and their
figures differ, the one that says that it is corrected holds, else the one that was published later in the same year
and is no less sure. Where neither tells, where numbers are not there any more, or where the two may be different
reports (most figures differ, or nothing in one of them names its body), the first that was read stays, and somebody is
to look.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.catalogue.versions import list_cells

if TYPE_CHECKING:
    from crawler.extraction.record.model import Record

UNTOLD = "nothing tells which of them holds"
UNKEPT = "without a catalogue the first stays"
_ASKS = (UNTOLD, UNKEPT)
_CORRECTED = re.compile("更正|订正|修正|修订|勘误|更新版|重新(?:发布|公布|公开)")
_RANK = ("failed", "partial", "read", "verified")
_SURE = frozenset({"read", "verified"})  # of these all that is printed was read: what is blank is blank
# Whose report it is, or of which year, was concluded: it may be another body's.
_GUESSED = frozenset({"body_from_portal", "no_body", "year_from_text", "year_conflict", "title_conflict"})
_FEW = 10  # figures that a correction may change though they are most of those printed


@dataclass(frozen=True, slots=True)
class Difference:
    """Of ``all`` cells that hold a number other than 0 in one reading or the other, in how many the two say different
    things (``figures``), and how many only the one or the other has."""

    all: int
    figures: int
    only_first: int
    only_second: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether another copy of a report ``holds`` in the place of the one that was taken, and ``why``."""

    holds: bool
    why: str


def compare_copies(first: Record, second: Record) -> Difference:
    """What two copies of a report say differently. Blank and 0 are the same here, as in the checks: one of them prints
    what the other left out. What was not printed, or may not have been read, speaks against no number."""
    one, two = dict(list_cells(first)), dict(list_cells(second))
    total, figures, only = 0, 0, [0, 0]
    for place in one.keys() | two.keys():
        values = (one.get(place), two.get(place))
        total += any(values)
        if (values[0] or 0) == (values[1] or 0):
            continue
        lacking = values.index(None) if None in values else None
        if lacking is None or (place in (one, two)[lacking] and (first, second)[lacking]["confidence"] in _SURE):
            figures += 1
        else:
            only[1 - lacking] += 1
    return Difference(total, figures, *only)


def judge_copy(taken: Record, copy: Record, links: tuple[str | None, str | None] = (None, None)) -> Judgement:
    """What a copy of a report is beside the one that was taken; ``links`` are the words by which they are linked."""
    difference, guessed = compare_copies(taken, copy), _is_guessed(copy)
    if difference.figures:
        said = f"with other figures in {_count(difference.figures)}"
        told = _tell(taken, copy, links, difference)
        return Judgement(False, f"{said}; {UNTOLD}") if told is None else Judgement(told[0], f"{said}; {told[1]}")
    if difference.only_second:
        said = f"with figures in {_count(difference.only_second)} that are not there"
        if _rank(copy) > _rank(taken) and not difference.only_first and not guessed:
            return Judgement(True, f"{said}; this one could be read better")
        return Judgement(False, f"{said}; {UNTOLD}")
    if difference.only_first:
        return Judgement(False, "with fewer figures, and no other ones")
    if copy["sections"] != taken["sections"] and _tell_corrected(taken, copy, links) and not guessed:
        return Judgement(True, "with the same figures and another text; this one says that it is corrected")
    return Judgement(False, "with the same figures and another text")


def _tell(
    taken: Record, copy: Record, links: tuple[str | None, str | None], difference: Difference
) -> tuple[bool, str] | None:
    """Of two copies with other figures, whether the second holds, and what tells so; None where nothing does."""
    corrected, later = _tell_corrected(taken, copy, links), _tell_later(taken, copy)
    # Else it may print what was corrected, and no more.
    whole = taken["tables"].keys() <= copy["tables"].keys() and not difference.only_first
    if _is_guessed(copy) or _is_listed(copy) > _is_listed(taken):
        return None
    if _is_guessed(taken):
        return (True, "this one alone names its body and its year") if whole else None
    if corrected is not None:
        return (corrected, f"{_name(holds=corrected)} says that it is corrected") if whole or not corrected else None
    if later is None or difference.figures > max(_FEW, difference.all // 2):
        return None
    if later and (not whole or _rank(copy) < _rank(taken)):
        return None
    return later, f"{_name(holds=later)} was published later, on {(copy if later else taken)['published']}"


def asks_for_a_look(reason: str) -> bool:
    """Whether a copy was left out for a ``reason`` (`Judgement.why`, or one that ends with `UNKEPT`) with which its
    figures may be the right ones."""
    return reason.endswith(_ASKS)


def _tell_corrected(taken: Record, copy: Record, links: tuple[str | None, str | None]) -> bool | None:
    """Whether it is the copy that says that it is corrected; None where both do, or neither."""
    first, second = (
        bool(_CORRECTED.search(f"{record['title']} {link or ''}"))
        for record, link in zip((taken, copy), links, strict=True)
    )
    return None if first == second else second


def _tell_later(taken: Record, copy: Record) -> bool | None:
    """Whether the copy was published later; None where they do not tell, or one of them in another year: then it may
    well be the report of that one, with a slip in its title."""
    first, second = taken["published"], copy["published"]
    if None in (first, second) or first == second or first[:4] != second[:4]:
        return None
    return bool(second > first)


def _is_guessed(record: Record) -> bool:
    """Whether it was concluded whose report it is, or of which year; or what it says of that speaks against itself."""
    return any(warning["code"] in _GUESSED for warning in record["warnings"])


def _is_listed(record: Record) -> bool:
    """Whether its list alone says whose report it is."""
    return any(warning["code"] == "body_from_list" for warning in record["warnings"])


def _rank(record: Record) -> int:
    return _RANK.index(record["confidence"])


def _count(cells: int) -> str:
    return f"{cells} cell{'s'[: cells != 1]}"


def _name(*, holds: bool) -> str:
    return "this one" if holds else "that one"
