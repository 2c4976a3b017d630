"""The last gate: a record that breaks the schema goes to ``rejects.jsonl``, not to downstream."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from itemadapter import ItemAdapter

from crawler.catalogue.run import find_run
from crawler.extraction.record.schema import find_faults
from crawler.files import write_whole
from crawler.runs import run_dir
from pipelines.outcomes import Unread

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class ValidatePipeline:
    """Checks each record against schema.json."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.rejects: list[str] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ValidatePipeline:
        return cls(crawler)

    def process_item(self, item: object) -> object:
        record = ItemAdapter(item).asdict()
        faults = find_faults(record)
        if not faults:
            return item
        reason = f"record {record.get('report_id')} breaks the schema: {faults[0]}"
        logger.error("%s (%s)", reason, record.get("source", {}).get("url"))
        if (run := find_run(self.crawler)) is not None:
            run.forget(record)
        self.rejects.append(json.dumps({"reason": faults, "record": record}, ensure_ascii=False) + "\n")
        raise Unread(reason)

    def close_spider(self) -> None:
        if self.rejects:
            write_whole(run_dir(self.crawler) / "rejects.jsonl", self.rejects)
