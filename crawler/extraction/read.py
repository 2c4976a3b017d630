"""The front door of the kernel: bytes and where they came from → record. The only file that sees every step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crawler.extraction.checks.confidence import judge
from crawler.extraction.checks.identities import run_checks
from crawler.extraction.documents.join import Further, join_parts, read_pictures
from crawler.extraction.documents.model import Document
from crawler.extraction.documents.options import Options
from crawler.extraction.documents.sniff import read_document
from crawler.extraction.errors import NotAReport, ReadingError
from crawler.extraction.garbage import without_collections
from crawler.extraction.record.build import PartSource, build_record
from crawler.extraction.record.model import Record, Source
from crawler.extraction.report.compare import compare_tables
from crawler.extraction.report.form import load_form
from crawler.extraction.report.model import Report
from crawler.extraction.report.naming import Hints
from crawler.extraction.report.read import FIRST_YEAR_OF_FORM, read_report

OLD_WORD = "application/msword"


def read(
    data: bytes,
    source: Source,
    options: Options | None = None,
    parts: Sequence[tuple[bytes, Source, str | None]] = (),
) -> Record:
    """The record of a document. ``parts`` are further documents of the same report (an attached sheet, pictures of its
    tables), in order; what they hold carries their number. With a reason instead of None a part could not be had: that
    is a warning of the record.

    Raises UnreadableDocument where the bytes are no document that can be read, NotAReport where it is none of ours;
    the message is the reason in one line.
    """
    with without_collections():
        return _read(data, source, options or Options(), parts)


def _read(data: bytes, source: Source, options: Options, parts: Sequence[tuple[bytes, Source, str | None]]) -> Record:
    document = read_document(data, source.charset, options)
    had = [(body, own) for body, own, problem in parts if problem is None]
    if parts:
        document = join_parts(document, [_read_part(body, own, options) for body, own in had])
        lost = [("unread_part", f"{own.url}: {problem}") for _, own, problem in parts if problem is not None]
        document = replace(document, warnings=_say_once([*document.warnings, *lost]))
    hints = Hints(source.titles, source.listed, source.body, source.division_code)
    report, document = _read_whole(document, hints, options)
    checks = run_checks(report)
    confidence = judge(report, checks)
    if confidence != "verified" and document.media_type == OLD_WORD and options.office and not had:
        report = _ask_office(report, data, hints, options)
        checks = run_checks(report)
        confidence = judge(report, checks)
    owners = [source, *(own for _, own in had)]
    pieces = [PartSource(owners[p.owner], p.member, p.media_type, p.data) for p in document.parts]
    return build_record(report, checks, confidence, source, data, document.media_type, pieces)


def _ask_office(report: Report, data: bytes, hints: Hints, options: Options) -> Report:
    """A report from an old Word file that its own arithmetic does not prove, held against what LibreOffice makes of the
    file, where it is installed: a cell that the two read differently is doubtful."""
    from crawler.extraction.documents.office import find_office, read_with_office  # noqa: PLC0415

    if find_office() is None:
        return report
    try:
        other = read_report(read_with_office(data, ".doc", options), hints)
    except ReadingError:
        return report  # no second opinion is to be had
    return compare_tables(report, other.tables)


def _read_part(data: bytes, source: Source, options: Options) -> Further:
    """A further document, or why it could not be read."""
    try:
        return Further(source.url, data, read_document(data, source.charset, options), None)
    except ReadingError as error:
        return Further(source.url, data, None, str(error))


def _say_once(warnings: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Warnings with one line for all parts that could not be read for the same reason, which is told last."""
    said: list[tuple[str, str]] = []
    names: dict[str, list[str]] = {}
    for code, message in warnings:
        name, _, reason = message.partition(": ")
        if code == "unread_part":
            names.setdefault(reason, []).append(name)
        else:
            said.append((code, message))
    return (*said, *(("unread_part", f"{', '.join(found)}: {reason}") for reason, found in names.items()))


def _has_tables(document: Document, hints: Hints) -> bool:
    """Whether a document is a report in which no statutory table is missing."""
    try:
        return set(read_report(document, hints).tables) == set(load_form().tables)
    except NotAReport:
        return False


def _read_whole(document: Document, hints: Hints, options: Options) -> tuple[Report, Document]:
    """The report of a document; where a table is missing, with what OCR reads in its pictures."""
    problem: NotAReport | None = None
    report: Report | None = None
    try:
        report = read_report(document, hints)
        if report.year < FIRST_YEAR_OF_FORM or set(report.tables) == set(load_form().tables):
            return report, document
    except NotAReport as error:
        problem = error
    more = read_pictures(document, options, lambda document: _has_tables(document, hints))
    if more is not None:
        return read_report(more, hints), more
    if report is None:
        raise problem if problem is not None else NotAReport("nothing was read")
    return report, document
