"""Small records, valid by the schema, whose cells and text a test chooses."""

from __future__ import annotations

import hashlib
from typing import Any

from crawler.extraction.record.build import content_sha256

COLUMNS = ("natural_person", "enterprise", "research", "public_interest", "legal_service", "other", "total")
DAY = "2026-02-01T03:15:00Z"


def make_record(
    year: int = 2024,
    *,
    body: str = "云来县人民政府",
    code: str = "411399",
    received: int | None = 3,
    carried_in: int | None = 0,
    carried_out: int | None = 0,
    text: str = "本年度情况。",
    document: str = "a",
    parts: tuple[str, ...] = (),
    fetched_at: str = DAY,
    confidence: str = "verified",
    warnings: tuple[str, ...] = (),
    path: str | None = None,
    tables: dict[str, Any] | None = None,
    portal: str = "yunlai",
) -> dict[str, Any]:
    """A record as `crawler.extraction.record.build` makes one; ``document`` and ``parts`` stand for their bytes."""
    if tables is None:
        tables = {
            "applications": {
                "received": _row(received),
                "carried_in": _row(carried_in),
                "carried_out": _row(carried_out),
            }
        }
    title = f"{body}{year}年政府信息公开工作年度报告"
    sections = [{"number": 1, "key": "overview", "heading": "一、总体情况", "text": text}]
    url = f"http://www.yunlai.gov.cn{path or f'/{body}/{year}.html'}"
    return {
        "schema_version": "1.0",
        "report_id": f"{code}-{body}-{year}",
        "portal": portal,
        "agency": {"name": body, "division_code": code, "level": "county"},
        "year": year,
        "title": title,
        "published": None,
        "generation": "2021",
        "source": {**make_source(url, document, fetched_at), "parts": [make_source(url, p, fetched_at) for p in parts]},
        "sections": sections,
        "tables": tables,
        "provenance": {
            table: {row: {column: {"xpath": "/html"} for column in columns} for row, columns in rows.items()}
            for table, rows in tables.items()
        },
        "checks": [],
        "warnings": [{"code": code, "message": code} for code in warnings],
        "confidence": confidence,
        "parser": {"name": "nianbao", "version": "0.1.0"},
        "version": {
            "n": 1,
            "reason": "first",
            "content_sha256": content_sha256(title, sections, tables),
            "supersedes": None,
            "first_seen": fetched_at,
            "last_seen": fetched_at,
        },
    }


def _row(total: int | None) -> dict[str, int | None]:
    return dict.fromkeys(COLUMNS, 0) | {"natural_person": total, "total": total}


def make_source(url: str, document: str, fetched_at: str) -> dict[str, Any]:
    return {
        "url": url,
        "landing_url": url,
        "media_type": "text/html",
        "sha256": hashlib.sha256(document.encode()).hexdigest(),
        "bytes": len(document),
        "fetched_at": fetched_at,
        "archive": {"file": "yunlai/archive/run.warc.gz", "offset": 12},
    }
