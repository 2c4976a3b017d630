"""Why an item goes no further, in the words of the ledger (crawler/portals/ledger.py)."""

from scrapy.exceptions import DropItem


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
