"""Fetched document → record, off the reactor's thread, so that a slow document stops no download."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from itemadapter import ItemAdapter

from crawler.extraction.errors import NotAReport, UnreadableDocument
from crawler.extraction.read import read
from crawler.extraction.record.model import Record, Source
from crawler.extraction.text.titles import read_title
from pipelines.outcomes import Refused, Skipped, Unread

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class ExtractPipeline:
    """Reads each document in a thread."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ExtractPipeline:
        return cls(crawler)

    async def process_item(self, item: object) -> Record:
        fetched = ItemAdapter(item)
        source = Source(
            url=fetched["url"],
            landing_url=fetched["landing_url"],
            fetched_at=fetched["fetched_at"],
            portal=fetched["portal"],
            archive=fetched["archive"],
            charset=fetched["charset"],
            media_type=fetched["media_type"],
            titles=(fetched["link_text"],),
            body=fetched["portal_body"],
            division_code=fetched["division_code"],
        )
        try:
            record = await asyncio.to_thread(read, fetched["body"], source)
        except NotAReport as error:
            title = read_title(fetched["link_text"])
            if title.kind == "report" and title.year is not None:  # an error page that came with status 200, say
                raise Unread(f"its link promises a report: {error}") from None
            raise Refused(str(error)) from None
        except UnreadableDocument as error:
            raise Unread(str(error)) from None
        years = getattr(self.crawler.spider, "years", None)
        if years is not None and record["year"] not in years:
            raise Skipped(f"{record['year']} is outside the years asked for")
        return record
