"""One record for each report of a run: the same report stands on several lists and at several addresses."""

from __future__ import annotations

import hashlib
import json
import zlib
from typing import TYPE_CHECKING

from itemadapter import ItemAdapter

from crawler.catalogue.copies import UNKEPT, judge_copy
from crawler.catalogue.run import find_run
from pipelines.outcomes import Duplicate

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.extraction.record.model import Record


class DuplicatesPipeline:
    """Lets the first record of a report pass and names the others.

    One with other content goes on to `versions`, which tells which of the two holds. Without a catalogue (a replay)
    there is but one version of a report: the first stays, and where the other one may be right, its reason says so.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.seen: dict[str, tuple[str, str]] = {}
        self.kept: dict[str, bytes] = {}  # what a run without a catalogue read first

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> DuplicatesPipeline:
        return cls(crawler)

    def process_item(self, item: Record) -> Record:
        record = ItemAdapter(item)
        content, url, report_id = record["version"]["content_sha256"], record["source"]["url"], record["report_id"]
        alone = find_run(self.crawler) is None
        first = self.seen.setdefault(report_id, (content, url))
        if first == (content, url):
            if alone:
                self.kept[report_id] = zlib.compress(_write(_cut_down(item)), 1)
        elif first[0] == content:
            raise Duplicate(f"{report_id} was read from {first[1]}, with the same content")
        elif alone:
            told = judge_copy(json.loads(zlib.decompress(self.kept[report_id])), _cut_down(item))
            why = f"{told.why}; {UNKEPT}" if told.holds else told.why
            raise Duplicate(f"{report_id} was read from {first[1]}, {why}")
        return item


def _cut_down(record: Record) -> Record:
    """What of a record a copy is held against: little enough to keep thousands."""
    kept = {name: record[name] for name in ("title", "published", "tables", "confidence", "warnings")}
    return {**kept, "sections": hashlib.sha256(_write(record["sections"])).hexdigest()}


def _write(value: object) -> bytes:
    return json.dumps(value).encode()
