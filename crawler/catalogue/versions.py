"""Whether a record is a new version of its report: pure, plain data in and out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

from crawler.extraction.record.model import Record

Kind = Literal["first", "document", "reading", "same"]
# Warnings of what could not be had or read this time, and may well be the next: a part of the report that did not
# arrive, pictures for which there was no time.
_LOST = frozenset({"unread_part", "unread_picture", "pictures_left_out", "pages_left_out", "unread_member"})
# The same of one document that is read anew, perhaps where OCR is not installed.
_UNREAD = _LOST | {"picture", "unread_page"}


@dataclass(frozen=True, slots=True)
class LastVersion:
    """The current version of a report. ``digest`` is that of its documents as they were last seen, which may be others
    than those of ``record`` (`digest_documents`). Times as in a record."""

    n: int
    record: Record
    digest: str
    last_seen: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a record is beside the last version: ``first``, a new one by ``document`` or ``reading``, or the ``same``.

    ``record`` has its ``version`` filled in; of the ``same`` it is the catalogue's own record, seen once more.
    ``digest`` is that of the documents read now, ``why`` a few words for the ledger.
    """

    kind: Kind
    record: Record
    digest: str
    why: str


def decide(record: Record, last: LastVersion | None) -> Decision:
    """Judges a record as it was read now, whose own ``version`` counts for its ``content_sha256`` alone.

    What the report says is its title, sections and tables. Where they differ from the last version, it is a new one if
    the documents do too (``document``); the same documents read anew are one if a value of the tables differs
    (``reading``). A reading that lacks what could not be had this time, and else says the same, is no version. Page
    furniture is in none of it.
    """
    digest = digest_documents(record)
    content, now = record["version"]["content_sha256"], record["source"]["fetched_at"]
    if last is None:
        return Decision("first", _fill(record, 1, "first", None, now, now), digest, "the first version")
    seen = max(now, last.last_seen)
    known = {**last.record, "version": {**last.record["version"], "last_seen": seen}}
    if content == last.record["version"]["content_sha256"]:
        return Decision("same", known, digest, f"unchanged ({record['confidence']})")
    if _is_lesser(record, last.record, _UNREAD if digest == last.digest else _LOST):
        return Decision("same", known, last.digest, "unchanged, but for what could not be had this time")
    if digest == last.digest and record["tables"] == last.record["tables"]:
        return Decision("same", known, digest, "unchanged; the text is read in another way")
    kind: Kind = "reading" if digest == last.digest else "document"
    before = {
        "sha256": last.record["source"]["sha256"],
        "content_sha256": last.record["version"]["content_sha256"],
    }
    return Decision(kind, _fill(record, last.n + 1, kind, before, now, seen), digest, f"version {last.n + 1}")


def digest_documents(record: Record) -> str:
    """SHA-256 of all documents that a record was read from: that of its only one, or of the digests of all. What is
    inside one of them counts with it: a newer parser may find more there."""
    source = record["source"]
    digests = [source["sha256"], *(part["sha256"] for part in source["parts"] if "member" not in part)]
    if len(digests) == 1:
        return str(digests[0])
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()


def _fill(
    record: Record, n: int, reason: str, supersedes: dict[str, str] | None, first_seen: str, last_seen: str
) -> Record:
    version = {
        **record["version"],
        "n": n,
        "reason": reason,
        "supersedes": supersedes,
        "first_seen": first_seen,
        "last_seen": last_seen,
    }
    return {**record, "version": version}


def _is_lesser(record: Record, last: Record, codes: frozenset[str]) -> bool:
    """Whether a record only lacks cells of the last one, and says by one of ``codes`` that something could not be had
    or read."""
    lost = {warning["code"] for warning in record["warnings"]} & codes
    if not lost - {warning["code"] for warning in last["warnings"]}:
        return False
    if (record["title"], record["sections"]) != (last["title"], last["sections"]):
        return False
    before = dict(list_cells(last))
    return all(place in before and (value is None or before[place] == value) for place, value in list_cells(record))


def list_cells(record: Record) -> list[tuple[tuple[str, str, str], Any]]:
    """All cells of a record in its order: ((table, row, column), value)."""
    return [
        ((table, row, column), value)
        for table, rows in record["tables"].items()
        for row, columns in rows.items()
        for column, value in columns.items()
    ]
