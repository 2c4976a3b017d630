"""The front door of the kernel: bytes and where they came from → record. The only file that sees every step."""

from __future__ import annotations

from crawler.extraction.checks.confidence import judge
from crawler.extraction.checks.identities import run_checks
from crawler.extraction.documents.sniff import read_document
from crawler.extraction.record.build import build_record
from crawler.extraction.record.model import Record, Source
from crawler.extraction.report.naming import Hints
from crawler.extraction.report.read import read_report


def read(data: bytes, source: Source) -> Record:
    """The record of a document.

    Raises UnreadableDocument where the bytes are no document that can be read, NotAReport where it is none of ours;
    the message is the reason in one line.
    """
    document = read_document(data, source.charset)
    report = read_report(document, Hints(source.titles, source.body, source.division_code))
    checks = run_checks(report)
    return build_record(report, checks, judge(report, checks), source, data, document.media_type)
