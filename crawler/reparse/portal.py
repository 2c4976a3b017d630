"""One portal read anew: rows on what differs, the identities across years, and the new versions entered."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from crawler.catalogue.reread import check_readings, judge, renew_checks, store_readings
from crawler.extraction.record.schema import find_faults
from crawler.reparse.compare import KINDS, compare_checks, compare_readings
from crawler.reparse.jobs import list_copies
from crawler.reparse.reading import reread
from crawler.reparse.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from crawler.catalogue.reread import PortalFacts
    from crawler.catalogue.store import Catalogue
    from crawler.extraction.documents.options import Options
    from crawler.reparse.compare import Row
    from crawler.reparse.reading import Reread
    from crawler.workers.pool import ReaderPool


@dataclass(slots=True)
class Counts:
    """What came of all that was read anew, over all portals. Reports are the ``same``, differ in one of `KINDS`, or
    are ``unreadable`` or ``missing``; ``documents`` are what they stand on."""

    documents: int = 0
    same: int = 0
    unreadable: int = 0
    missing: int = 0
    stored: int = 0
    kinds: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    begun: float = field(default_factory=monotonic)

    @property
    def changed(self) -> int:
        return sum(self.kinds.values())

    @property
    def reports(self) -> int:
        return self.same + self.changed + self.unreadable + self.missing

    def describe(self) -> dict[str, Any]:
        """As a row; ``seconds`` are those since the counting began."""
        seconds = monotonic() - self.begun
        return {
            "change": "summary",
            "reports": self.reports,
            "documents": self.documents,
            "same": self.same,
            "changed": self.changed,
            **self.kinds,
            "unreadable": self.unreadable,
            "missing": self.missing,
            "stored": self.stored,
            "seconds": round(seconds, 1),
            "per_second": round(self.documents / seconds, 1) if seconds else 0.0,
        }


def reparse_portal(
    catalogue: Catalogue,
    portal: PortalFacts,
    versions: Sequence[int],
    pool: ReaderPool,
    data_dir: Path,
    options: Options,
    counts: Counts,
    *,
    write: bool,
) -> Iterator[Row | None]:
    """A row for each version (ids of the catalogue) whose reading differs or is not to be had, and None for each other;
    then rows on the identities across years. With ``write`` the new versions are entered at the end, when all was read,
    and the identities across years worked out anew; the portal is to be held for that."""
    with Spool() as spool:
        for one in reread(catalogue, portal, versions, pool, data_dir, options):
            counts.documents += one.documents
            row = _compare(one, spool)
            if row is None:
                counts.same += 1
            elif row["change"] == "unread":
                counts.missing += one.missing
                counts.unreadable += not one.missing
            else:
                counts.kinds[row["change"]] += 1
            yield row
        for before, after in check_readings(catalogue, portal, spool.list_bodies(), spool.find):
            yield from compare_checks(before, after)
        if write:
            counts.stored += store_readings(catalogue, portal, spool.list_all())
            renew_checks(catalogue, portal)


def _compare(one: Reread, spool: Spool) -> Row | None:
    """The row of a report, or None where it is the same. Only what differs is held against the schema: that takes as
    long as to read a short report."""
    if one.record is None:
        return _tell_unread(one, one.problem)
    before = one.kept.record
    decision = judge(one.record, before)
    row = compare_readings(one.record, before, decision)
    if row is None:
        return None
    if faults := find_faults(one.record):
        return _tell_unread(one, f"its record breaks the schema: {faults[0]}")
    if row["change"] == "reading":
        warnings = [warning for warning in one.record["warnings"] if warning["code"] != "other_copy"]
        spool.add(one.kept.version_id, {**decision.record, "warnings": warnings + list_copies(before, changed=True)})
    return row


def _tell_unread(one: Reread, reason: str | None) -> Row:
    before = one.kept.record
    return {
        "change": "unread",
        "portal": before["portal"],
        "report_id": before["report_id"],
        "body": before["agency"]["name"],
        "year": before["year"],
        "url": before["source"]["url"],
        "n": before["version"]["n"],
        "missing": one.missing,
        "reason": reason,
    }
