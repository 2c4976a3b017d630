"""Report and checks → record: exactly what schema.json and docs/record.md define."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crawler.extraction.checks.identities import Check
from crawler.extraction.record.identity import report_id
from crawler.extraction.record.model import Record, Source
from crawler.extraction.report.model import Report, Value

SCHEMA_VERSION = "1.0"
PARSER = "nianbao"
PARSER_VERSION = "0.1.0"  # as pyproject.toml has it; to ask the installed package takes 25 ms in every process


@dataclass(frozen=True, slots=True)
class PartSource:
    """Where a further document of the report came from: for one inside a file, the file's source and its ``member``."""

    source: Source
    member: str | None
    media_type: str | None
    data: bytes


def build_record(
    report: Report,
    checks: Sequence[Check],
    confidence: str,
    source: Source,
    data: bytes,
    media_type: str,
    parts: Sequence[PartSource] = (),
) -> Record:
    """The record of a report, as its first version (a catalogue numbers later ones)."""
    tables = {
        table: {row: {column: v.value for column, v in columns.items()} for row, columns in rows.items()}
        for table, rows in report.tables.items()
    }
    sections = [{"number": s.number, "key": s.key, "heading": s.heading, "text": s.text} for s in report.sections]
    return {
        "schema_version": SCHEMA_VERSION,
        "report_id": report_id(report, source),
        "portal": source.portal,
        "agency": {
            "name": report.agency.name,
            "division_code": report.agency.division_code,
            "level": report.agency.level,
        },
        "year": report.year,
        "title": report.title,
        "published": report.published,
        "generation": report.generation,
        "source": {**_source(source, media_type, data), "parts": [_part(part) for part in parts]},
        "sections": sections,
        "tables": tables,
        "provenance": {
            table: {row: {column: _place(v) for column, v in columns.items()} for row, columns in rows.items()}
            for table, rows in report.tables.items()
        },
        "checks": [_check(check) for check in checks],
        "warnings": [{"code": w.code, "message": w.message} for w in report.warnings],
        "confidence": confidence,
        "parser": {"name": PARSER, "version": PARSER_VERSION},
        "version": {
            "n": 1,
            "reason": "first",
            "content_sha256": content_sha256(report.title, sections, tables),
            "supersedes": None,
            "first_seen": source.fetched_at,
            "last_seen": source.fetched_at,
        },
    }


def _source(source: Source, media_type: str | None, data: bytes) -> dict[str, Any]:
    return {
        "url": source.url,
        "landing_url": source.landing_url,
        "media_type": media_type,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "fetched_at": source.fetched_at,
        "archive": source.archive,
    }


def _part(part: PartSource) -> dict[str, Any]:
    found = _source(part.source, part.media_type, part.data)
    if part.member is not None:
        found["member"] = part.member
    return found


def content_sha256(title: str, sections: list[dict[str, Any]], tables: dict[str, Any]) -> str:
    """SHA-256 over what the report says: cleaned title, sections and tables as canonical JSON (RFC 8785 for these)."""
    content = {"title": title, "sections": sections, "tables": tables}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _place(value: Value) -> dict[str, object]:
    place = value.place.as_dict()
    if value.raw and value.raw != str(value.value):
        place["raw"] = value.raw
    return place


def _check(check: Check) -> dict[str, object]:
    found: dict[str, object] = {
        "rule": check.rule,
        "status": "pass" if check.passed else "fail",
        "where": dict(check.where),
        "expected": check.expected,
        "actual": check.actual,
    }
    if check.cause is not None:
        found["cause"] = check.cause
    return found
