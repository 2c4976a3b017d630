"""Damaged reports: markup lost, spans wrong, lines broken or doubled. No reading may end in an error of its own, and no
record that says `verified` may print a number that the report does not.

The damage is drawn from a fixed seed, so that a failure names the case and the draw that made it.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from crawler.extraction.errors import ReadingError
from crawler.extraction.read import read
from crawler.extraction.record.model import Source
from tests.bench.mutate import damage_lines, damage_markup

SEED = 20_260_101
CASES = 60
BATCHES = 8
INPUTS = 400
NOW = "2026-01-01T00:00:00Z"
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
