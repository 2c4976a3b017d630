"""Holds what the kernel reads in a case against what the case expects, cell by cell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from crawler.extraction.errors import NotAReport, ReadingError, UnreadableDocument
from crawler.extraction.read import read
from crawler.extraction.record.model import Source
from crawler.extraction.record.schema import find_faults

NOW = "2026-01-01T00:00:00Z"
ERRORS = {"not_a_report": NotAReport, "unreadable": UnreadableDocument}


def read_case(folder: Path) -> dict[str, Any] | ReadingError:
    """The record of a case's input, or the error that reading it raised."""
    path = next(folder.glob("input.*"))
    try:
        return read(path.read_bytes(), Source(f"file:///{path.name}", f"file:///{path.name}", NOW))
    except ReadingError as error:
        return error


def find_differences(folder: Path) -> list[str]:
    """What a case expects and the kernel does not give; empty if all is as expected."""
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return compare(read_case(folder), expected)


def _options(wanted: object) -> list[object]:
    return wanted if isinstance(wanted, list) else [wanted]


def _same(got: object, wanted: object) -> bool:
    if wanted is None or got is None:
        return wanted is None and got is None
    return not isinstance(got, bool) and abs(got - wanted) < 1e-9  # type: ignore[operator]


def _cells(tables: dict[str, Any]) -> dict[tuple[str, str, str], Any]:
    return {(t, r, c): v for t, rows in tables.items() for r, columns in rows.items() for c, v in columns.items()}


def compare(got: dict[str, Any] | ReadingError, expected: dict[str, Any]) -> list[str]:
    """Differences between a record (or error) and what is expected of it, one line each."""
    if "error" in expected:
        if isinstance(got, dict):
            return [f"read as a report ({got['confidence']}, {got['title']!r}); expected {expected['error']}"]
        kinds = tuple(ERRORS[str(kind)] for kind in _options(expected["error"]))
        found = [] if isinstance(got, kinds) else [f"{type(got).__name__}: {got}; expected {expected['error']}"]
        return found + [f"reason {str(got)!r}" for _ in [0] if expected.get("reason_contains", "") not in str(got)]
    if isinstance(got, ReadingError):
        return [f"{type(got).__name__}: {got}"]
    found = find_faults(got)
    for key in ("year", "generation", "title", "published"):
        if key in expected and got[key] != expected[key]:
            found.append(f"{key}: {got[key]!r}, expected {expected[key]!r}")
    if "".join((got["agency"]["name"] or "").split()) != "".join((expected["agency"] or "").split()):
        found.append(f"agency: {got['agency']['name']!r}, expected {expected['agency']!r}")
    cells, wanted = _cells(got["tables"]), _cells(expected["tables"])
    for key, want in wanted.items():
        if key not in cells:
            found.append(f"{'.'.join(key)}: absent, expected {want!r}")
        elif not any(_same(cells[key], option) for option in _options(want)):
            found.append(f"{'.'.join(key)}: {cells[key]!r}, expected {want!r}")
        elif got["confidence"] == "verified" and not _same(cells[key], _options(want)[0]):
            found.append(f"{'.'.join(key)}: {cells[key]!r} in a record that says verified")
    found += [
        f"{'.'.join(key)}: {v!r}, expected nothing" for key, v in cells.items() if key not in wanted and v is not None
    ]
    if got["confidence"] not in _options(expected["confidence"]):
        found.append(f"confidence: {got['confidence']}, expected {expected['confidence']}")
    found += _compare_checks(got, expected) + _compare_sections(got, expected)
    if expected.get("warnings_any"):
        messages = " ".join(w["message"] for w in got["warnings"])
        if not any(word in messages for word in expected["warnings_any"]):
            found.append(f"no warning mentions any of {expected['warnings_any']}")
    return found


def _compare_checks(got: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    failed = [
        {"rule": c["rule"], "where": c["where"], "cause": c["cause"]} for c in got["checks"] if c["status"] == "fail"
    ]
    wanted = expected.get("failed_checks", [])
    found = [f"check did not fail: {c}" for c in wanted if c not in failed]
    allowed = expected.get("tolerated_causes", [])
    return found + [f"check failed: {c}" for c in failed if c not in wanted and c["cause"] not in allowed]


def _compare_sections(got: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    found = []
    sections = {s["number"]: s for s in got["sections"]}
    for want in expected.get("sections", []):
        section = sections.get(want["number"])
        if section is None:
            found.append(f"section {want['number']}: missing")
            continue
        if section["key"] not in _options(want["key"]):
            found.append(f"section {want['number']}: key {section['key']!r}, expected {want['key']!r}")
        text = section["text"]
        found += [
            f"section {want['number']} lacks {part!r}" for part in want.get("text_contains", []) if part not in text
        ]
        found += [f"section {want['number']} holds {part!r}" for part in want.get("text_lacks", []) if part in text]
    listed = {want["number"] for want in expected.get("sections", [])}
    found += [f"section {n}: not in the document ({s['heading']!r})" for n, s in sections.items() if n not in listed]
    return found
