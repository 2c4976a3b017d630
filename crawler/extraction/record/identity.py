"""The name of a report that stays the same across crawls and addresses: ``<anchor>-<body>-<year>``."""

from __future__ import annotations

from crawler.extraction.record.model import Source
from crawler.extraction.report.agency import body_in, load_divisions
from crawler.extraction.report.model import Report


def report_id(report: Report, source: Source) -> str:
    """The anchor is the division code of the government on whose portal the report was found, or the portal's name;
    for a file the code that its title implies, else ``local``. The body loses the place names the anchor implies."""
    if source.portal == "local":
        anchor = report.agency.division_code or "local"
    else:
        anchor = source.division_code or source.portal
    code = anchor if anchor in load_divisions() else None
    body = body_in(report.agency.name, code) if report.agency.name else "unknown"
    return f"{anchor}-{body}-{report.year}"
