"""A portal as a crawl leaves it, archive and catalogue, without the crawl."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.http import Response

from crawler.catalogue.ending import Ending
from crawler.catalogue.run import PortalRun, RunFacts, begin_run
from crawler.extraction.record.model import Source
from crawler.web.warc import ArchiveFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from crawler.catalogue.store import Catalogue

PORTAL, BODY, CODE = "wolong", "南阳市卧龙区人民政府", "411303"
HOST = "http://www.wolong.gov.cn"
RUN, FETCHED = "20260201T031500.000000Z", "2026-02-01T03:15:00Z"
HTML: dict[str, str | bytes] = {"Content-Type": "text/html; charset=utf-8"}


class Archive:
    """The archive of one run, open for writing."""

    def __init__(self, data_dir: Path, run: str = RUN, portal: str = PORTAL) -> None:
        self.portal = portal
        self._file = ArchiveFile(data_dir / portal / "archive", run, {"software": "tests"})

    def put(self, path: str, body: bytes, headers: Mapping[str, str | bytes] = HTML) -> Source:
        """Archives an answer with ``body`` on the wire; where it then stands."""
        url = f"{HOST}{path}"
        answer = Response(url, headers=dict(headers), body=body)
        entry = self._file.write_exchange(Request(url), answer, "2026-02-01T03:15:00.000000Z", "")
        place: dict[str, str | int] = {"file": f"{self.portal}/archive/{entry.filename}", "offset": entry.offset}
        charset = str(headers["Content-Type"]).partition("charset=")[2] or None
        return Source(url, url, FETCHED, self.portal, place, charset, body=BODY, division_code=CODE)

    def close(self) -> None:
        self._file.close()


@contextmanager
def begin(catalogue: Catalogue, run: str = RUN, portal: str = PORTAL) -> Iterator[PortalRun]:
    """A run that is complete at the end of the block, and delivered."""
    found = begin_run(catalogue, RunFacts(portal, BODY, CODE, run, (f"{HOST}/",)))
    try:
        yield found
        found.finish(Ending(datetime.now(UTC), "complete", outcomes=dict.fromkeys(found.seen, "read")), lambda _: None)
    finally:
        found.close()


def enter(run: PortalRun, record: dict[str, Any], link: str | None = None, listed: str | None = None) -> None:
    """What a crawl does with a record; ``link`` is what the list called it, the title unless given."""
    run.note_found(record["source"]["url"], record["title"] if link is None else link, listed)
    run.weigh(record)
    run.keep(record["report_id"], record["source"]["url"])
