"""Why an item goes no further, in the words of the ledger (crawler/portals/ledger.py)."""

from scrapy.exceptions import DropItem

from crawler.extraction.record.model import Record


class Refused(DropItem):
    """The document is no report; raised by `extract`."""

    outcome = "refused"


class Unread(DropItem):
    """The document may be a report and could not be read, or its record breaks the schema."""

    outcome = "unread"


class Skipped(DropItem):
    """The report is of a year that was not asked for; raised by `extract`."""

    outcome = "skipped"


class Duplicate(DropItem):
    """The report was read from another address already; raised by `duplicates`."""

    outcome = "duplicate"


class Same(DropItem):
    """The report is the version that the catalogue holds already; raised by `versions`. ``record`` is what was read."""

    outcome = "same"

    def __init__(self, reason: str, record: Record) -> None:
        super().__init__(reason)
        self.record = record


class Uncatalogued(DropItem):
    """The catalogue could not be used, and the crawl ends; raised by `versions`."""

    outcome = "failed"
