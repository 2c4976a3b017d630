"""Runs over a catalogue, without a crawl."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.catalogue.ending import Ending
from crawler.catalogue.run import PortalRun, RunFacts, begin_run
from crawler.catalogue.store import open_catalogue
from tests.catalogue.records import make_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.catalogue.store import Catalogue

ENTRY = "http://www.yunlai.gov.cn/"


@dataclass
class Outcome:
    """What a run left: the records of its feed, and the rows of its ``changes.jsonl``."""

    feed: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def of(self, change: str) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["change"] == change]


@contextmanager
def open_run(
    catalogue: Catalogue,
    name: str = "run",
    *,
    portal: str = "yunlai",
    asked: tuple[str, ...] = (ENTRY,),
    years: tuple[int, int] | None = None,
    addresses: tuple[str, ...] | None = None,
) -> Iterator[PortalRun]:
    run = begin_run(catalogue, RunFacts(portal, "云来县人民政府", "411399", name, asked, years, addresses))
    try:
        yield run
    finally:
        run.close()


def crawl(
    catalogue: Catalogue,
    *records: dict[str, Any],
    name: str,
    killed: bool = False,
    asked: tuple[str, ...] = (ENTRY,),
    years: tuple[int, int] | None = None,
    full: bool = False,
    addresses: tuple[str, ...] | None = None,
    **ending: Any,
) -> Outcome:
    """A run that meets ``records``, as pipeline and extension would handle them; ``killed``: before its end."""
    outcome = Outcome()
    with open_run(catalogue, name, asked=asked, years=years, addresses=addresses) as run:
        outcome.feed += run.take_waiting()
        for record in records:
            decision = run.weigh(record)
            if decision.kind == "same" and not full:
                run.see(record["report_id"], record["source"]["url"])
            else:
                run.keep(record["report_id"], record["source"]["url"])
                outcome.feed.append(decision.record)
        if full:
            outcome.feed += run.take_unseen(ending.get("outcomes", {}), complete=ending.get("verdict") is None)
        if not killed:
            facts = {"finished": datetime.now(UTC), "verdict": "complete", "full": full, **ending}
            run.finish(Ending(**facts), outcome.rows.extend)
    return outcome


def write_portal(url: str, folder: str, portal: str, count: int) -> None:
    """What a process of its own does: a run with ``count`` reports."""
    catalogue = open_catalogue(url, Path(folder))
    with open_run(catalogue, "1", portal=portal) as run:
        for year in range(2001, 2001 + count):
            record = make_record(year, portal=portal)
            run.weigh(record)
            run.keep(record["report_id"])
        run.finish(Ending(datetime.now(UTC), "complete"), list)
    catalogue.close()
