"""One record for each report of a run: the same report stands on several lists and at several addresses."""

from __future__ import annotations

from itemadapter import ItemAdapter

from pipelines.outcomes import Duplicate


class DuplicatesPipeline:
    """Lets the first record of a report pass and names the others."""

    def __init__(self) -> None:
        self.seen: dict[str, tuple[str, str]] = {}

    def process_item(self, item: object) -> object:
        record = ItemAdapter(item)
        content, url = record["version"]["content_sha256"], record["source"]["url"]
        first = self.seen.setdefault(record["report_id"], (content, url))
        if first != (content, url):
            same = "the same" if first[0] == content else "other"
            raise Duplicate(f"{record['report_id']} was read from {first[1]}, with {same} content")
        return item
