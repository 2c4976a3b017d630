"""What ``changes.jsonl`` says of a run: pure, plain rows in the order in which they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crawler.catalogue.versions import list_cells

if TYPE_CHECKING:
    from crawler.catalogue.years import YearsDiffer
    from crawler.extraction.record.model import Record

Row = dict[str, Any]


def tell_version(record: Record, before: Record | None) -> Row:
    """A version that the run's feed holds: ``new``, or ``changed`` with what differs from the one ``before``.

    ``cells`` are those that differ: ``{"table", "row", "column", "old", "new"}``; a cell that was not printed has no
    ``old``, one that no longer is has no ``new``, and null is a blank one. ``text`` says whether title or sections
    differ, ``sections`` which (by key, or by heading where they have none).
    """
    version = record["version"]
    about = {**_name(record), "n": version["n"]}
    if before is None:
        return {"change": "new", **about}
    return {"change": "changed", **about, "reason": version["reason"], **compare_content(record, before)}


def compare_content(record: Record, before: Record) -> Row:
    """What two records of a report say differently, as in a row of `tell_version`."""
    return {
        "cells": compare_cells(record, before),
        "text": (record["title"], record["sections"]) != (before["title"], before["sections"]),
        "title": record["title"] != before["title"],
        "sections": _compare_sections(record, before),
    }


def tell_same(report_id: str, n: int, *, returned: bool) -> Row:
    """A report that was seen and has not changed; ``returned`` marks one that had vanished."""
    return {"change": "same", "report_id": report_id, "n": n, **({"returned": True} if returned else {})}


def tell_vanished(report_id: str, n: int, address: str, last_seen: str, last_run: str) -> Row:
    """A report that is no longer on its portal; ``last_run`` is the name of the run that saw it last."""
    return {
        "change": "vanished",
        "report_id": report_id,
        "n": n,
        "url": address,
        "last_seen": last_seen,
        "last_run": last_run,
    }


def tell_check(check: YearsDiffer) -> Row:
    """An identity across two years of one body, worked out because one of them is new or changed."""
    return {
        "change": "check",
        "rule": check.rule,
        "status": check.status,
        "where": dict(check.place),
        "reports": [check.earlier, check.later],
        "expected": check.expected,
        "actual": check.actual,
    }


def compare_cells(record: Record, before: Record) -> list[Row]:
    """The cells in which two records of a report differ, in the order of the form as printed."""
    if record["tables"] == before["tables"]:
        return []
    new, old = dict(list_cells(record)), dict(list_cells(before))
    rows = []
    for place in dict.fromkeys((*old, *new)):
        values = {name: cells[place] for name, cells in (("old", old), ("new", new)) if place in cells}
        if len(values) == 1 or values["old"] != values["new"]:
            rows.append(dict(zip(("table", "row", "column"), place, strict=True)) | values)
    return rows


def _compare_sections(record: Record, before: Record) -> list[str]:
    new, old = _by_name(record), _by_name(before)
    return [name for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name)]


def _by_name(record: Record) -> dict[str, list[Any]]:
    sections: dict[str, list[Any]] = {}
    for section in record["sections"]:
        sections.setdefault(section["key"] or section["heading"], []).append(section)
    return sections


def _name(record: Record) -> Row:
    return {
        "report_id": record["report_id"],
        "body": record["agency"]["name"],
        "year": record["year"],
        "url": record["source"]["url"],
    }
