"""Fetched document → record, in a process of its own: documents come from strangers, and take time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from itemadapter import ItemAdapter

from crawler.catalogue.run import find_run
from crawler.extraction.documents.join import SMALLEST
from crawler.extraction.errors import NotAReport, ReadingError
from crawler.extraction.record.model import Record, Source
from crawler.extraction.text.titles import read_title
from crawler.workers.choices import count_readers, read_limits, read_options
from crawler.workers.model import Job, ReaderStopped, Reading
from crawler.workers.pool import PLACES, ReaderPool
from pipelines.outcomes import Refused, Skipped, Unread

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

_RANK = ("failed", "partial", "read", "verified")


class ExtractPipeline:
    """Has each document read, and lets records and refusals out in the order in which the documents came in.

    Readers start with the first document and end with the spider.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.options = read_options(crawler.settings)
        self.pool = ReaderPool(count_readers(crawler.settings), read_limits(crawler.settings))
        # Documents without a place wait outside, where Scrapy counts their bodies (SCRAPER_SLOT_MAX_ACTIVE_SIZE) and
        # stops downloads when there are too many.
        self.places = asyncio.Semaphore(PLACES * self.pool.size)
        self.last: asyncio.Event | None = None  # the one before is out

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ExtractPipeline:
        return cls(crawler)

    def close_spider(self) -> None:
        self.pool.close()

    async def process_item(self, item: object) -> Record:
        before, out = self.last, asyncio.Event()
        self.last = out
        try:
            async with self.places:
                try:
                    return await self._read(ItemAdapter(item))
                finally:
                    if before is not None:
                        await before.wait()
        finally:
            out.set()

    async def _read(self, fetched: ItemAdapter) -> Record:
        source = Source(
            url=fetched["url"],
            landing_url=fetched["landing_url"],
            fetched_at=fetched["fetched_at"],
            portal=fetched["portal"],
            archive=fetched["archive"],
            charset=fetched["charset"],
            media_type=fetched["media_type"],
            titles=(fetched["link_text"],),
            listed=fetched["listed"],
            body=fetched["portal_body"],
            division_code=fetched["division_code"],
        )
        job = Job(source, body=fetched["body"], options=self.options, parts=_make_parts(fetched, source))
        try:
            record = await self._read_best(job, _make_wholes(fetched, source))
        except NotAReport as error:
            title = read_title(fetched["link_text"])
            if title.kind == "report" and title.year is not None:  # an error page that came with status 200, say
                raise Unread(f"its link promises a report: {error}") from None
            raise Refused(str(error)) from None
        except ReadingError as error:
            raise Unread(str(error)) from None
        run = find_run(self.crawler)
        if run is not None:  # to read it anew one day
            address = record["source"]["url"]
            run.note_found(address, fetched["link_text"], fetched["listed"], fetched["candidate"])
        years = getattr(self.crawler.spider, "years", None)
        if years is not None and record["year"] not in years:
            raise Skipped(f"{record['year']} is outside the years asked for")
        return record

    async def _read_best(self, job: Job, wholes: tuple[tuple[bytes, Source, str | None], ...]) -> Record:
        """The best reading of a report that may be there several times; the first of equals. Its warnings name the
        others. Raises what the reading of the report itself raises where no copy can be read either."""
        readings: list[tuple[str, Record | Exception]] = [(job.source.url, await self._try(job))]
        for body, source, problem in wholes:
            copy = Job(source, body=body, options=self.options)
            readings.append((source.url, ReadingError(problem) if problem else await self._try(copy)))
        records = [reading for _, reading in readings if isinstance(reading, dict)]
        if not records:
            raise next(reading for _, reading in readings if isinstance(reading, Exception))
        same = [record for record in records if record["report_id"] == records[0]["report_id"]]
        best = max(same, key=lambda record: _RANK.index(record["confidence"]))
        others = [_compare(best, url, reading) for url, reading in readings if reading is not best]
        best["warnings"] += [{"code": "other_copy", "message": message} for message in others]
        return best

    async def _try(self, job: Job) -> Record | Exception:
        try:
            return (await self._run(job)).record
        except ReadingError as error:
            return error

    async def _run(self, job: Job) -> Reading:
        """The reading of a report; without its parts where they are too much for a reader."""
        try:
            return await asyncio.wrap_future(self.pool.submit(job))
        except ReaderStopped as error:
            if not job.parts:
                raise
            lost = tuple((b"", source, problem or str(error)) for _, source, problem in job.parts)
        return await asyncio.wrap_future(self.pool.submit(replace(job, parts=lost)))


def _compare(best: Record, url: str, other: Record | Exception) -> str:
    """What a further copy of a report comes to beside the one that was taken."""
    if isinstance(other, Exception):
        return f"the same report stands at {url} too and could not be read: {other}"
    if other["report_id"] != best["report_id"]:
        return f"{url} is called the same report and says it is {other['report_id']}"
    same = other["version"]["content_sha256"] == best["version"]["content_sha256"]
    tables = "the same content" if same else "the same tables" if other["tables"] == best["tables"] else "other figures"
    return f"the same report stands at {url} too, with {tables} ({other['confidence']})"


def _make_wholes(fetched: ItemAdapter, source: Source) -> tuple[tuple[bytes, Source, str | None], ...]:
    """The further copies of a fetched report, each as a document of its own."""
    return tuple((part.body, _source_of(part, source), part.problem) for part in fetched["parts"] if part.whole)


def _source_of(part: Any, source: Source) -> Source:
    return replace(
        source,
        url=part.url,
        landing_url=source.url,
        fetched_at=part.fetched_at,
        archive=part.archive,
        charset=part.charset,
        media_type=part.media_type,
    )


def _make_parts(fetched: ItemAdapter, source: Source) -> tuple[tuple[bytes, Source, str | None], ...]:
    """The parts of a fetched document as a reader takes them, without pictures that are too small for a table."""
    return tuple(
        (part.body, _source_of(part, source), part.problem)
        for part in fetched["parts"]
        if not part.whole
        if part.problem or not (part.media_type.startswith("image/") and len(part.body) < SMALLEST)
    )
