"""``scrapy reparse``: the archives read again, what differs shown, and stored only when asked to."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from crawler.catalogue.model import Report, Version
from crawler.catalogue.store import open_catalogue
from crawler.extraction.record.build import content_sha256
from tests.catalogue.runs import open_run
from tests.catalogue.test_delivery import Ran, crawl
from tests.crawl.crawling import Finished, run_forked
from tests.crawl.shire import REPORTS, build_shire, report_reply
from tests.crawl.test_parts import NO_TABLE, SHEET_NAME, XLSX, cut_out, cut_report, write_sheet
from tests.web.server import Reply, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.web.server import Route, WebServer

# One with its tables in a sheet and a picture that is gone, and two whose years follow one another.
SHEET, LATER, EARLIER = REPORTS[0], REPORTS[3], REPORTS[4]
BODY = "411303-人民政府"
ONE, TWO = (f"{BODY}-{report.year}" for report in (LATER, EARLIER))


def build_portal() -> dict[str, Route]:
    end = f'<p><a href="/upload/tables.xlsx">{SHEET_NAME}</a><img src="/upload/gone.png"></p>'
    pages: dict[str, Route] = {report.path: report_reply(report) for report in (LATER, EARLIER)}
    pages[SHEET.path] = Reply(cut_report(SHEET, NO_TABLE, end))
    pages["/upload/tables.xlsx"] = Reply(write_sheet(cut_out(SHEET).values()), headers=XLSX)
    return build_shire([(report.path, report.title) for report in (SHEET, LATER, EARLIER)], pages)


@dataclass(frozen=True, slots=True)
class Crawled:
    """A portal that was crawled once, and stands there still."""

    server: WebServer
    data_dir: Path
    first: Ran


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    data_dir = tmp_path_factory.mktemp("data")
    with serve(build_portal()) as server:
        first = crawl(data_dir, server)
        assert (first.done.status, len(first.feed)) == (0, 3), first.done.stderr
        yield Crawled(server, data_dir, first)


@pytest.fixture
def data_dir(crawled: Crawled, tmp_path: Path) -> Path:
    """What the crawl left, to be spoiled."""
    return shutil.copytree(crawled.data_dir, tmp_path / "data")


def reparse(data_dir: Path, *arguments: str, **settings: str) -> Finished:
    own = {"DATA_DIR": str(data_dir), "READER_WORKERS": "1", **settings}
    given = [part for name, value in own.items() for part in ("-s", f"{name}={value}")]
    return run_forked(["reparse", *given, *arguments], network="none")


def read_rows(done: Finished) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def alter(data_dir: Path, report_id: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Has the catalogue hold what another parser might have read."""
    catalogue = open_catalogue(None, data_dir)
    with catalogue.write() as session:
        version = session.scalars(
            select(Version).join(Version.report).where(Report.report_id == report_id, Version.n == Report.n)
        ).one()
        record = json.loads(json.dumps(version.record))
        change(record)
        content = content_sha256(record["title"], record["sections"], record["tables"])
        record["version"]["content_sha256"] = version.content_sha256 = content
        version.record, version.confidence = record, record["confidence"]
    catalogue.close()


def carry_out(record: dict[str, Any]) -> None:
    """Less by one, so that the years do not go together; and a cell that was not read."""
    record["tables"]["applications"]["carried_out"]["total"] += 5
    record["tables"]["applications"]["received"]["total"] = None
    del record["tables"]["applications"]["granted"]["total"]
    record["confidence"] = "partial"
    record["warnings"].append({"code": "unreadable_cell", "message": "applications.received.total: '5?'"})


def change_text(record: dict[str, Any]) -> None:
    record["sections"][0]["text"] += "。"
    record["published"] = None


def describe(data_dir: Path) -> dict[str, Any]:
    catalogue = open_catalogue(None, data_dir)
    (row,) = catalogue.describe()
    catalogue.close()
    return row


def list_versions(data_dir: Path) -> list[tuple[str, int, str, bool]]:
    catalogue = open_catalogue(None, data_dir)
    with catalogue.read() as session:
        rows = session.execute(
            select(Report.report_id, Version.n, Version.reason, Version.delivered_id)
            .join(Version.report)
            .order_by(Report.report_id, Version.n)
        ).all()
    catalogue.close()
    return [(report, n, reason, delivered is not None) for report, n, reason, delivered in rows]


def test_what_was_crawled_is_the_same_with_its_parts(crawled: Crawled) -> None:
    before = list_versions(crawled.data_dir)
    record = next(record for record in crawled.first.feed if record["year"] == SHEET.year)
    assert [part["media_type"] for part in record["source"]["parts"]] == [dict(XLSX)["Content-Type"]]
    assert "unread_part" in {warning["code"] for warning in record["warnings"]}
    done = reparse(crawled.data_dir)
    assert (done.status, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    assert line.startswith("4 documents of 3 reports: 3 same, 0 changed, 0 unreadable, 0 missing; ")
    assert line.endswith(" s; nothing was written")
    assert list_versions(crawled.data_dir) == before


def test_what_differs_is_shown_stored_when_asked_to_and_delivered_once(crawled: Crawled, data_dir: Path) -> None:
    alter(data_dir, TWO, carry_out)
    alter(data_dir, ONE, change_text)
    before = list_versions(data_dir)
    shown = reparse(data_dir)
    assert (shown.status, shown.stderr) == (0, "")
    total = EARLIER.tables["applications"]["carried_out"]["total"]
    received, granted = (EARLIER.tables["applications"][row]["total"] for row in ("received", "granted"))
    url = crawled.server.url("")
    lines = shown.stdout.splitlines()
    head = next(n for n, line in enumerate(lines) if line.startswith(TWO))
    assert lines[head : head + 6] == [
        f"{TWO} (version 1, {url}{EARLIER.path}): a value differs: version 2",
        f"  applications.received.total: blank → {received}",
        f"  applications.carried_out.total: {total + 5} → {total}",
        f"  applications.granted.total: not printed → {granted}",
        "  confidence: partial → verified",
        "  - unreadable_cell: applications.received.total: '5?'",
    ]
    text = next(n for n, line in enumerate(lines) if line.startswith(ONE))
    assert lines[text : text + 3] == [
        f"{ONE} (version 1, {url}{LATER.path}): the text is read in another way: no version",
        f"  published: none → {LATER.published}",
        "  text: overview",
    ]
    into = LATER.tables["applications"]["carried_in"]["total"]
    assert lines[-2] == (
        f"across years: applications.total: pass: {ONE} says {into}, {TWO} gives {total} "
        f"(before: remark: {into}, {total + 5})"
    )
    assert "1 same, 2 changed (1 reading, 1 text), " in lines[-1]
    assert lines[-1].endswith("; nothing was written (--write)")
    assert list_versions(data_dir) == before

    stored = reparse(data_dir, "--write", "--json", "--years", f"{EARLIER.year}-{LATER.year}")
    assert (stored.status, stored.stderr) == (0, "")
    rows = {row["change"]: row for row in read_rows(stored)}
    assert (rows["reading"]["becomes"], rows["text"]["becomes"], rows["summary"]["stored"]) == (2, None, 1)
    place = {"table": "applications", "row": "carried_out", "column": "total"}
    assert rows["reading"]["cells"][1] == place | {"old": total + 5, "new": total}
    assert rows["check"]["reports"] == [TWO, ONE]
    assert list_versions(data_dir) == sorted([*before, (TWO, 2, "reading", False)])
    assert describe(data_dir)["waiting"] == 1

    delivered = crawl(data_dir, crawled.server)
    assert (delivered.done.status, delivered.years()) == (0, [(EARLIER.year, 2)])
    version = delivered.feed[0]["version"]
    (first,) = (record for record in crawled.first.feed if record["year"] == EARLIER.year)
    assert (version["reason"], version["supersedes"]["sha256"]) == ("reading", first["source"]["sha256"])
    assert version["content_sha256"] == first["version"]["content_sha256"]  # the parser is the same, after all
    (changed,) = (row for row in delivered.changes if row["change"] == "changed")
    assert (changed["report_id"], changed["reason"], len(changed["cells"])) == (TWO, "reading", 3)
    checks = [row for row in delivered.changes if row["change"] == "check"]
    assert {tuple(row["reports"]) for row in checks} == {(TWO, ONE)}
    assert (TWO, 2, "reading", True) in list_versions(data_dir)
    assert describe(data_dir)["waiting"] == 0


def test_what_is_damaged_or_missing_is_named_and_the_rest_is_read(data_dir: Path) -> None:
    first = {record["year"]: record["source"] for record in read_records(data_dir)}
    archive = data_dir / first[LATER.year]["archive"]["file"]
    data = bytearray(archive.read_bytes())
    data[first[LATER.year]["archive"]["offset"] + 2000] ^= 1
    archive.write_bytes(bytes(data))
    alter(data_dir, TWO, lambda record: record["tables"]["applications"]["received"].update(total=None))
    done = reparse(data_dir)
    assert done.status == 1
    place = first[LATER.year]["archive"]["offset"]
    assert done.lines == [f"{ONE}: {first[LATER.year]['url']}: the archive {archive} is damaged at byte {place}"]
    assert "1 same, 1 changed (1 reading), 1 unreadable, 0 missing" in done.stdout
    archive.unlink()
    gone = reparse(data_dir, "--json", "--years", f"{EARLIER.year}-{LATER.year}")
    assert (gone.status, len(gone.lines)) == (1, 2)
    *lost, summary = read_rows(gone)
    assert [(row["change"], row["missing"]) for row in lost] == [("unread", True)] * 2
    assert all(row["reason"].startswith(f"the archive {archive} is not there") for row in lost)
    assert (summary["missing"], summary["unreadable"], summary["reports"]) == (2, 0, 2)


def read_records(data_dir: Path) -> list[dict[str, Any]]:
    catalogue = open_catalogue(None, data_dir)
    records = list(catalogue.find_records("wolong"))
    catalogue.close()
    return records


def test_a_portal_that_is_being_crawled_is_left_out(data_dir: Path) -> None:
    catalogue = open_catalogue(None, data_dir)
    with open_run(catalogue, "20270201T031500.000000Z", portal="wolong"):
        done = reparse(data_dir, "--write")
    catalogue.close()
    (line,) = done.lines
    assert line.startswith("scrapy reparse: wolong is being crawled already: run 20270201T031500.000000Z (")
    assert line.endswith("; it is left out: run again when that is over")
    assert (done.status, done.stdout.partition(":")[0]) == (1, "0 documents of 0 reports")


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("elsewhere",), 2, "no portal 'elsewhere' in the catalogue"),
        (("--years", "20x"), 2, "--years='20x': write one year or a range"),
        (("--jobs", "0"), 2, "argument --jobs: a whole number from 1, not '0'"),
        (("-s", "PDF_ENGINE=none"), 2, "PDF_ENGINE: PDF engine 'none'"),
        (("-s", "CATALOGUE_URL=nowhere"), 1, "CATALOGUE_URL is no address of a database"),
    ],
)
def test_what_is_wrong_is_one_line(crawled: Crawled, arguments: tuple[str, ...], status: int, says: str) -> None:
    done = reparse(crawled.data_dir, *arguments)
    assert (done.status, done.stdout, len(done.lines)) == (status, "", 1)
    assert done.lines[0].startswith("scrapy reparse: ")
    assert says in done.lines[0]


def test_help_shows_examples(tmp_path: Path) -> None:
    done = reparse(tmp_path, "--help")
    assert (done.status, done.stderr) == (0, "")
    shown = done.stdout.partition("Examples:\n")[2].splitlines()
    assert "  scrapy reparse wolong --years 2019-2023" in shown


def test_nothing_was_crawled_yet(tmp_path: Path) -> None:
    done = reparse(tmp_path)
    assert (done.status, done.stdout) == (0, "")
    assert done.lines == [
        f"scrapy reparse: catalogue {tmp_path / 'catalogue.sqlite'}: not there yet; the first crawl makes it"
    ]
