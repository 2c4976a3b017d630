"""Damaged reports: markup lost, spans wrong, lines broken or doubled. No reading may end in an error of its own, and no
record that says `verified` may print a number that the report does not.

The damage is drawn from a fixed seed, so that a failure names the case and the draw that made it.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from crawler.extraction.errors import ReadingError
from crawler.extraction.read import read
from crawler.extraction.record.model import Source

SEED = 20_260_101
CASES = 60
BATCHES = 8
INPUTS = 400
NOW = "2026-01-01T00:00:00Z"
HOW_OFTEN = (1, 1, 2, 4)
"""How many times an input is damaged; most only once, for that is what passes for whole."""

Damage = Callable[[bytes, random.Random], bytes]

# --- Markup -------------------------------------------------------------------------------------------------------


def _at_random(pattern: bytes, by: Callable[[bytes, random.Random], bytes]) -> Damage:
    """Damage that replaces one occurrence of a pattern, drawn at random, by what is made of it."""
    compiled = re.compile(pattern)

    def damage(data: bytes, rng: random.Random) -> bytes:
        found = list(compiled.finditer(data))
        if not found:
            return data
        one = rng.choice(found)
        return data[: one.start()] + by(one.group(), rng) + data[one.end() :]

    return damage


def _nothing(_found: bytes, _rng: random.Random) -> bytes:
    return b""


def _another_span(found: bytes, rng: random.Random) -> bytes:
    return re.sub(rb"\d+", str(rng.randrange(9)).encode(), found)


def _blank_cell_before(found: bytes, _rng: random.Random) -> bytes:
    return found + b"</td>" + found


def _new_table_before(found: bytes, _rng: random.Random) -> bytes:
    return b"</table><table>" + found


MARKUP: tuple[Damage, ...] = (
    _at_random(rb' (?:row|col)span="?\d+"?', _nothing),
    _at_random(rb'(?:row|col)span="?\d+"?', _another_span),
    _at_random(rb"</t[dr]>", _nothing),
    _at_random(rb"<t[dr][^>]*>", _nothing),
    _at_random(rb"<td[^>]*>", _blank_cell_before),
    _at_random(rb"</?(?:p|div|span|table|tbody)[^>]*>", _nothing),
    _at_random(rb"<tr", _new_table_before),
    _at_random(rb"<td[^>]*>[\s\S]{0,40}?</td>", _nothing),
)

# --- Lines --------------------------------------------------------------------------------------------------------

LineDamage = Callable[[list[bytes], int, random.Random], None]


def _drop_line(lines: list[bytes], at: int, _rng: random.Random) -> None:
    del lines[at]


def _insert_blank_line(lines: list[bytes], at: int, _rng: random.Random) -> None:
    lines.insert(at, b"")


def _double_line(lines: list[bytes], at: int, _rng: random.Random) -> None:
    lines.insert(at, lines[at])


def _break_line(lines: list[bytes], at: int, rng: random.Random) -> None:
    blank = lines[at].find(b" ", rng.randrange(max(len(lines[at]), 1)))
    if blank > 0:
        lines[at : at + 1] = [lines[at][:blank], lines[at][blank + 1 :]]


def _join_lines(lines: list[bytes], at: int, _rng: random.Random) -> None:
    lines[at : at + 2] = [b"".join(lines[at : at + 2])]


def _narrow_gap(lines: list[bytes], at: int, _rng: random.Random) -> None:
    gap, by = (b"\t", b"") if b"\t" in lines[at] else (b"  ", b" ")
    lines[at] = lines[at].replace(gap, by, 1)


def _drop_word(lines: list[bytes], at: int, rng: random.Random) -> None:
    words = lines[at].split(b" ")
    if len(words) > 2:
        del words[rng.randrange(len(words))]
        lines[at] = b" ".join(words)


LINES: tuple[LineDamage, ...] = (
    _drop_line,
    _insert_blank_line,
    _double_line,
    _break_line,
    _join_lines,
    _narrow_gap,
    _drop_word,
)


def damage_markup(data: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.choice(HOW_OFTEN)):
        data = rng.choice(MARKUP)(data, rng)
    return data


def damage_lines(data: bytes, rng: random.Random) -> bytes:
    lines = data.split(b"\n")
    for _ in range(rng.choice(HOW_OFTEN)):
        rng.choice(LINES)(lines, rng.randrange(len(lines)), rng)
        lines = lines or [b""]
    return b"\n".join(lines)


# --- The cases ----------------------------------------------------------------------------------------------------


@cache
def load_cases() -> tuple[tuple[str, str, bytes, dict[str, Any]], ...]:
    """Name, suffix, bytes and expectation of the cases that are damaged: those that hold a report, evenly drawn."""
    found = []
    for path in sorted((Path(__file__).parents[1] / "cases").glob("*/expected.json")):
        expected = json.loads(path.read_text(encoding="utf-8"))
        if "error" not in expected:
            document = next(path.parent.glob("input.*"))
            found.append((path.parent.name, document.suffix, document.read_bytes(), expected))
    return tuple(random.Random(SEED).sample(found, CASES))


def cells(tables: dict[str, Any]) -> dict[tuple[str, str, str], Any]:
    return {(t, r, c): v for t, rows in tables.items() for r, columns in rows.items() for c, v in columns.items()}


def other_numbers(record: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """The cells of a record whose number is another than each that the report may be read to print there."""
    wanted = cells(expected["tables"])
    found = []
    for key, value in cells(record["tables"]).items():
        options = wanted.get(key)
        numbers = [n for n in (options if isinstance(options, list) else [options]) if n is not None]
        if value is not None and numbers and all(abs(value - number) > 1e-9 for number in numbers):
            found.append(f"{'.'.join(key)}: {value!r}, printed {numbers!r}")
    return found


def test_the_cases_are_of_both_kinds() -> None:
    kinds = Counter(suffix for _, suffix, _, _ in load_cases())
    assert kinds[".html"] >= 15
    assert kinds[".txt"] >= 15


@pytest.mark.parametrize("batch", range(BATCHES))
def test_damaged_reports_are_refused_doubted_or_read_right(batch: int) -> None:
    rng = random.Random(SEED + batch)
    verdicts: Counter[str] = Counter()
    wrong = []
    for n in range(INPUTS // BATCHES):
        name, suffix, data, expected = rng.choice(load_cases())
        damaged = (damage_markup if suffix == ".html" else damage_lines)(data, rng)
        try:
            record = read(damaged, Source(f"file:///{name}", f"file:///{name}", NOW))
        except ReadingError as error:
            verdicts[type(error).__name__] += 1
            continue
        verdicts[record["confidence"]] += 1
        if record["confidence"] == "verified" and (numbers := other_numbers(record, expected)):
            wrong.append(f"{name}, input {n} of batch {batch}: {numbers[:3]}")
    assert wrong == []
    assert min(verdicts["verified"], verdicts["partial"]) > 0, verdicts  # else the damage is too little or too much
