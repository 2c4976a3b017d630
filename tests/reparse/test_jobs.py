"""What a reader is given to read a report anew is what the crawl gave it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from crawler.catalogue.reread import Kept, PortalFacts, find_portals, list_versions
from crawler.catalogue.store import open_catalogue
from crawler.extraction.documents.options import Options
from crawler.extraction.read import read
from crawler.reparse.documents import Missing
from crawler.reparse.jobs import find_lost, list_copies, make_job, make_source
from crawler.reparse.portal import Counts, reparse_portal
from crawler.workers.model import Limits
from crawler.workers.pool import ReaderPool
from tests.catalogue.records import make_record
from tests.crawl.shire import REPORTS, report_reply
from tests.reparse.archived import BODY, CODE, PORTAL, Archive, begin, enter

if TYPE_CHECKING:
    from pathlib import Path

PORTAL_FACTS = PortalFacts(1, PORTAL, BODY, CODE)
OPTIONS = Options(ocr=False)


def keep(record: dict[str, Any], link: str | None = None, listed: str | None = None) -> Kept:
    return Kept(1, record, link, listed, {})


def test_how_the_list_led_to_it_goes_with_it() -> None:
    record = make_record()
    known = make_source(keep(record, "2024年年报", "云来县财政局"), PORTAL_FACTS)
    assert (known.titles, known.listed) == (("2024年年报",), "云来县财政局")
    assert (known.url, known.fetched_at, known.archive) == (
        *(record["source"][key] for key in ("url", "fetched_at", "archive")),
    )
    assert (known.portal, known.body, known.division_code) == ("yunlai", BODY, CODE)


def test_what_a_catalogue_of_before_does_not_know_is_taken_from_the_record() -> None:
    plain, listed = make_record(), make_record(warnings=("body_from_list",))
    assert make_source(keep(plain), PORTAL_FACTS).titles == (plain["title"],)
    assert make_source(keep(plain), PORTAL_FACTS).listed is None
    assert make_source(keep(listed), PORTAL_FACTS).listed == listed["agency"]["name"]


def test_parts_that_could_not_be_had_are_not_had_now_either() -> None:
    record = make_record(parts=("a",))
    had = record["source"]["parts"][0]["url"] = "http://www.yunlai.gov.cn/a.xlsx"
    lost = [f"http://www.yunlai.gov.cn/{name}.png" for name in "bc"]
    record["warnings"] = [
        {"code": "unread_part", "message": f"{', '.join(lost)}: HTTP 404: gone"},
        {"code": "unread_part", "message": f"{had}: a broken OLE file: damaged"},
        {"code": "unread_picture", "message": f"{lost[0]}: too large"},
    ]
    assert find_lost(record) == [(url, "HTTP 404: gone") for url in lost]


def test_further_copies_are_named_without_what_they_were_compared_with() -> None:
    record = make_record()
    copies = [
        "the same report stands at http://a/1.doc too, with other figures (partial)",
        "the same report stands at http://a/2.doc too and could not be read: a broken OLE file: with all it holds",
        "http://a/3.doc is called the same report and says it is 411399-云来县财政局-2024",
    ]
    record["warnings"] = [
        {"code": "picture", "message": "one"},
        *({"code": "other_copy", "message": copy} for copy in copies),
    ]
    assert [copy["message"] for copy in list_copies(record, changed=False)] == copies
    assert [copy["message"] for copy in list_copies(record, changed=True)] == [
        "the same report stands at http://a/1.doc too; it was not read anew",
        *copies[1:],
    ]


def test_a_part_that_is_not_in_the_archive_any_more_costs_the_whole_reading(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    source, part = archive.put("/1.html", b"<html></html>"), archive.put("/1.xlsx", b"sheet")
    archive.close()
    record = make_record(document="<html></html>", parts=("sheet",))
    record["source"] |= {"url": source.url, "archive": source.archive}
    (about,) = record["source"]["parts"]
    about["archive"] = part.archive
    job = make_job(keep(record), PORTAL_FACTS, tmp_path, OPTIONS)
    assert job.parts == ((b"sheet", replace(job.parts[0][1], url=about["url"], charset="utf-8"), None),)
    assert (job.body, job.source.charset) == (b"<html></html>", "utf-8")
    about["archive"] = None
    with pytest.raises(Missing, match="it was never archived"):
        make_job(keep(record), PORTAL_FACTS, tmp_path, OPTIONS)


def test_reports_are_read_as_the_crawl_read_them_and_none_stops_the_others(tmp_path: Path) -> None:
    """Over a real archive and catalogue. The first report is named by its list alone; the second has a part that is too
    much for a reader; the third meets a fault of ours."""
    first, second, third = REPORTS[:3]
    pages = [report_reply(report).body for report in (first, second, third)]
    pages[0] = pages[0].decode().replace(first.title, "").replace(first.body, "").encode()
    link, sheet = f"{first.year}年政府信息公开工作年度报告", b"<table><tr><td>7</td></tr></table>"
    archive = Archive(tmp_path)
    sources = [archive.put(path, page) for path, page in zip(("/1.html", "/2.html", "/fault.html"), pages, strict=True)]
    sources[0] = replace(sources[0], titles=(link,), listed="卧龙区财政局")
    part = archive.put("/2.xls", sheet)
    archive.close()
    parts = ((), ((sheet, part, None),), ())
    records = [read(page, source, OPTIONS, more) for page, source, more in zip(pages, sources, parts, strict=True)]
    assert records[0]["agency"]["name"] == "卧龙区财政局"
    catalogue = open_catalogue(None, tmp_path)
    with begin(catalogue) as run:
        enter(run, records[0], link, "卧龙区财政局")
        enter(run, records[1])
        enter(run, records[2])
    (portal,) = find_portals(catalogue)
    versions, counts = list_versions(catalogue, portal, None), Counts()
    with ReaderPool(1, Limits(), "tests.reparse.readers:read_some") as pool:
        rows = list(reparse_portal(catalogue, portal, versions, pool, tmp_path, OPTIONS, counts, write=True))
    assert rows[0] is None
    assert rows[1] is not None
    assert (rows[1]["change"], rows[1]["cells"], rows[1]["facts"]) == (
        "other",
        [],
        {"confidence": {"old": "verified", "new": "partial"}},
    )
    lost = {"code": "unread_part", "message": f"{part.url}: the reader needed more than 1,000 MB"}
    assert rows[1]["warnings"] == {"gone": [], "new": [lost]}
    assert rows[2] is not None
    assert (rows[2]["change"], rows[2]["missing"]) == ("unread", False)
    assert rows[2]["reason"] == "the reader failed: KeyError: 'a fault of ours'"
    assert (counts.documents, counts.same, counts.changed, counts.unreadable, counts.stored) == (4, 1, 1, 1, 0)
    catalogue.close()
