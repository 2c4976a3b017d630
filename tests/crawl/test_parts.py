"""One report in several pieces, over real sockets: the text on the page, its tables as pictures or in a sheet."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from lxml import html
from openpyxl import Workbook
from PIL import Image, ImageDraw, ImageFont
from warcio.archiveiterator import ArchiveIterator

from crawler.items import FetchedPart
from crawler.listing.pieces import MAX_PIECES
from crawler.workers.pool import ReaderPool
from crawler.workers.reading import read_job
from tests.crawl.crawling import Crawl, run_crawl, run_side_by_side
from tests.crawl.shire import REPORTS, build_shire, report_reply
from tests.crawl.test_pipelines import FETCHED, crawler, extract  # noqa: F401 (a fixture)
from tests.web.server import Reply, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from typing import Any

    from lxml.html import HtmlElement
    from scrapy.crawler import Crawler

    from crawler.workers.model import Job, Reading
    from tests.sites.site import Truth
    from tests.web.server import Route

Grid = list[tuple[int, int, int, int, str]]
"""The cells of a table: row, column, rows and columns that it spans, text."""
XLSX = (("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),)
PNG = (("Content-Type", "image/png"),)
SHEET_NAME = "附件：政府信息公开情况统计表.xlsx"
ORDER = ("proactive", "applications", "review_litigation")


# --- pieces made from a report's page ---------------------------------------------------------------------------------


def read_grid(table: HtmlElement) -> Grid:
    """A table of a page with every cell at its place."""
    taken: set[tuple[int, int]] = set()
    cells: Grid = []
    for row, line in enumerate(table.iter("tr")):
        column = 0
        for cell in line.iter("td", "th"):
            while (row, column) in taken:
                column += 1
            down, across = int(cell.get("rowspan") or 1), int(cell.get("colspan") or 1)
            taken |= {(row + y, column + x) for y in range(down) for x in range(across)}
            cells.append((row, column, down, across, "".join(cell.text_content().split())))
    return cells


def write_sheet(grids: Iterable[Grid]) -> bytes:
    """A workbook with one sheet for each table, numbers as numbers."""
    book = Workbook()
    book.remove(book.active)
    for number, grid in enumerate(grids, 1):
        sheet = book.create_sheet(f"表{number}")
        for row, column, down, across, text in grid:
            value = float(text) if text.replace(".", "", 1).replace("-", "", 1).isdecimal() else text
            sheet.cell(row + 1, column + 1, value)
            if down > 1 or across > 1:
                sheet.merge_cells(
                    start_row=row + 1, start_column=column + 1, end_row=row + down, end_column=column + across
                )
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def draw_table(grid: Grid) -> bytes:
    """A table as a PNG, as a portal's clerk cuts it out of a document."""
    width, height, size = 330, 64, 28  # of a cell and of its characters, in pixels
    found = subprocess.run(["fc-match", "-f", "%{file}", ":lang=zh-cn"], capture_output=True, text=True, check=True)
    font = ImageFont.truetype(found.stdout, size)
    rows, columns = max(cell[0] + cell[2] for cell in grid), max(cell[1] + cell[3] for cell in grid)
    image = Image.new("L", (columns * width + 20, rows * height + 20), 255)
    pen = ImageDraw.Draw(image)
    for row, column, down, across, text in grid:
        x, y = 10 + column * width, 10 + row * height
        pen.rectangle((x, y, x + across * width, y + down * height), outline=0, width=2)
        pen.text((x + across * width / 2, y + down * height / 2), text, 0, font, "mm")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def cut_report(report: Truth, instead: Mapping[str, str], end: str = "") -> bytes:
    """A report's page with markup instead of some of its tables, and ``end`` behind its last chapter."""
    root = html.fromstring(report_reply(report).body.decode())
    tables = dict(zip(ORDER, root.xpath("//table"), strict=True))
    body = tables["review_litigation"].getparent()
    for name, markup in instead.items():
        body.replace(tables[name], html.fragment_fromstring(markup, create_parent="div"))
    body.append(html.fragment_fromstring(end, create_parent="div"))
    whole: bytes = html.tostring(root, encoding="utf-8")
    return whole


def cut_out(report: Truth) -> dict[str, Grid]:
    """The tables of a report's page."""
    root = html.fromstring(report_reply(report).body.decode())
    return dict(zip(ORDER, map(read_grid, root.xpath("//table")), strict=True))


# --- crawls -----------------------------------------------------------------------------------------------------------

SHEET, PICTURE, WHOLE, PRINTED = REPORTS[:4]
GONE, LOST, MANY = REPORTS[:3]
NO_TABLE = dict.fromkeys(ORDER, "")
TABLE_PATH = f"{PICTURE.path.rpartition('/')[0]}/upload/table.png"
LAZY = '<img src="/style/loading.gif" data-original="upload/table.png" alt="表格">'
ICONS = (
    '<p><img src="/style/print.png" width="32" height="32"><img src="/style/logo.png"><img src="/x.svg">'
    '<img src="/code.png" style="width:120px; height:120px"><a href="/zfxxgk/"><img src="/style/banner.jpg"></a>'
    '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="></p>'
)
PIECES: dict[str, bytes] = {
    SHEET.path: cut_report(SHEET, NO_TABLE, f'{ICONS}<p><a href="/upload/tables.xlsx">{SHEET_NAME}</a></p>'),
    PICTURE.path: cut_report(PICTURE, {"proactive": LAZY}, '<p><img src="/upload/dot.png"></p>'),
    WHOLE.path: cut_report(
        WHOLE, NO_TABLE, f'<p><img src="/upload/no.png"><a href="/upload/whole.htm.doc">{WHOLE.title}.doc</a></p>'
    ),
    # Nothing is missing here, whatever else is shown and linked.
    PRINTED.path: cut_report(
        PRINTED, {}, f'{ICONS}<p><img src="/upload/no.png"><a href="/upload/no.xls">附件：统计表.xls</a></p>'
    ),
}
PIECES_LOST: dict[str, bytes] = {
    GONE.path: cut_report(GONE, {"proactive": '<img src="/upload/gone.png">'}),
    LOST.path: cut_report(
        LOST,
        {"proactive": '<img src="/admin/table.png"><img src="http://pictures.example.com/table.png">'},
        '<p><img src="/upload/busy.png"><img src="/upload/page.png"></p>',
    ),
    MANY.path: cut_report(MANY, {"proactive": "".join(f'<img src="/upload/{n}.png">' for n in range(MAX_PIECES + 6))}),
}
NO_OCR: dict[str, bytes] = {
    PICTURE.path: cut_report(PICTURE, {"proactive": LAZY, "applications": '<img src="/upload/more.png">'}),
    SHEET.path: cut_report(SHEET, dict.fromkeys(ORDER, '<img src="/upload/more.png">')),
}


@dataclass(frozen=True, slots=True)
class Visit:
    """A crawl and what the portal saw of it."""

    base: str
    crawl: Crawl
    paths: list[str]
    in_flight_peak: int

    def record(self, report: Truth) -> dict[str, Any]:
        return next(record for record in self.crawl.records if record["year"] == report.year)

    def parts(self, report: Truth) -> list[str]:
        """The paths of the parts of a report's record."""
        return [part["url"].removeprefix(self.base) for part in self.record(report)["source"]["parts"]]

    def problems(self, report: Truth) -> list[str]:
        """The warnings of a report's record about its parts."""
        return [w["message"] for w in self.record(report)["warnings"] if w["code"] == "unread_part"]


def visit(folder: Path, pages: Mapping[str, bytes], others: Mapping[str, Route], **settings: str) -> Visit:
    """A crawl of a portal with these reports."""
    links = [(report.path, report.title) for report in REPORTS if report.path in pages]
    own: dict[str, Route] = {path: Reply(page) for path, page in pages.items()}
    with serve(build_shire(links, {**own, **others})) as server:
        crawl = run_crawl(folder, "portal", server.url("/"), settings=settings)
        return Visit(server.url(""), crawl, server.paths(), server.in_flight_peak)


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Visit]:
    """``pieces``: all can be had; ``lost``: some cannot; ``no-ocr``: the extra is not installed."""
    table = Reply(draw_table(cut_out(PICTURE)["proactive"]), headers=PNG)
    pieces: dict[str, Route] = {
        TABLE_PATH: table,
        "/upload/dot.png": Reply(draw_table([(0, 0, 1, 1, "")]), headers=PNG),
        "/upload/tables.xlsx": Reply(write_sheet(cut_out(SHEET).values()), headers=XLSX),
        "/upload/whole.htm.doc": report_reply(WHOLE),
    }
    lost: dict[str, Route] = {
        "/upload/busy.png": Reply(b"", 503),
        "/upload/page.png": Reply("<html><body>页面不存在</body></html>".encode()),
    }
    folders = {name: tmp_path_factory.mktemp(name) for name in ("pieces", "lost", "no-ocr")}
    found = run_side_by_side(
        {
            "pieces": lambda: visit(folders["pieces"], PIECES, pieces),
            "lost": lambda: visit(folders["lost"], PIECES_LOST, lost, RETRY_TIMES="0"),
        }
    )
    # An interpreter that starts with this file has no rapidocr to import.
    (folders["no-ocr"] / "sitecustomize.py").write_text('import sys\n\nsys.modules["rapidocr"] = None\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folders["no-ocr"]))
        without = visit(folders["no-ocr"], NO_OCR, {TABLE_PATH: table, "/upload/more.png": table})
    return {**found, "no-ocr": without}


def test_a_sheet_is_read_with_the_page_that_links_it(visits: Mapping[str, Visit]) -> None:
    seen = visits["pieces"]
    record = seen.record(SHEET)
    assert (record["tables"], record["confidence"]) == (SHEET.tables, "verified")
    assert [section["number"] for section in record["sections"]] == [1, 2, 3, 4, 5, 6]
    assert seen.parts(SHEET) == ["/upload/tables.xlsx"]
    places = [place for rows in record["provenance"].values() for row in rows.values() for place in row.values()]
    assert {place["part"] for place in places} == {1}
    assert all(place["sheet"] and place["cell"] for place in places)


def test_every_part_can_be_found_in_the_archive(visits: Mapping[str, Visit]) -> None:
    for seen in visits.values():
        for record in seen.crawl.records:
            for part in record["source"]["parts"]:
                assert part["landing_url"] == record["source"]["url"]
                with (seen.crawl.data_dir / part["archive"]["file"]).open("rb") as file:
                    file.seek(part["archive"]["offset"])
                    archived = next(iter(ArchiveIterator(file)))
                    assert archived.rec_headers.get_header("WARC-Target-URI") == part["url"]
                    assert hashlib.sha256(archived.content_stream().read()).hexdigest() == part["sha256"]


def test_a_picture_of_a_table_is_read_with_its_page(visits: Mapping[str, Visit]) -> None:
    seen = visits["pieces"]
    record = seen.record(PICTURE)
    assert record["tables"] == PICTURE.tables
    assert seen.parts(PICTURE) == [f"{TABLE_PATH}"]
    places = [place for row in record["provenance"]["proactive"].values() for place in row.values()]
    assert all(place["part"] == 1 and place["page"] == 1 and place["bbox"] and place["score"] for place in places)
    others = [place for row in record["provenance"]["applications"].values() for place in row.values()]
    assert all("part" not in place and place["xpath"] for place in others)


def test_a_report_attached_as_a_whole_is_read_beside_its_page(visits: Mapping[str, Visit]) -> None:
    seen = visits["pieces"]
    record = seen.record(WHOLE)
    assert record["source"]["url"] == f"{seen.base}/upload/whole.htm.doc"
    assert record["source"]["landing_url"] == f"{seen.base}{WHOLE.path}"
    assert (record["tables"], record["source"]["parts"]) == (WHOLE.tables, [])


def test_nothing_is_asked_for_that_is_not_missing(visits: Mapping[str, Visit]) -> None:
    seen = visits["pieces"]
    way = ["/", "/zfxxgk/zfxxgknb/"]
    parts = {"/upload/tables.xlsx", TABLE_PATH, "/upload/dot.png", "/upload/whole.htm.doc"}
    assert sorted(seen.paths) == sorted([*way, *PIECES, *parts])
    assert seen.in_flight_peak == 1
    assert seen.record(PRINTED)["source"]["parts"] == []


def test_parts_stand_in_the_account_of_the_run(visits: Mapping[str, Visit]) -> None:
    seen = visits["pieces"]
    outcomes = seen.crawl.outcomes(f"{seen.base}/")
    assert outcomes["/upload/tables.xlsx"] == ("part", f"of {seen.base}{SHEET.path}")
    assert outcomes[TABLE_PATH] == ("part", f"of {seen.base}{PICTURE.path}")
    assert outcomes[WHOLE.path][0] == "read"
    assert outcomes["/upload/whole.htm.doc"] == ("part", f"of {seen.base}{WHOLE.path}")
    assert outcomes["/upload/no.xls"][0] == "duplicate"
    assert {outcomes[report.path][0] for report in (SHEET, PICTURE, PRINTED)} == {"read"}
    found_on = {row["url"]: row["found_on"] for row in seen.crawl.candidates}
    assert found_on[f"{seen.base}/upload/tables.xlsx"] == f"{seen.base}{SHEET.path}"
    assert (seen.crawl.verdict, seen.crawl.status) == ("complete", 0)
    assert seen.crawl.run["candidates"]["part"] == 4


def test_a_part_that_is_gone_is_a_warning(visits: Mapping[str, Visit]) -> None:
    seen = visits["lost"]
    record = seen.record(GONE)
    assert (record["confidence"], set(record["tables"])) == ("partial", {"applications", "review_litigation"})
    assert seen.problems(GONE) == [f"{seen.base}/upload/gone.png: HTTP 404"]
    assert record["source"]["parts"] == []
    outcomes = seen.crawl.outcomes(f"{seen.base}/")
    assert outcomes["/upload/gone.png"] == ("part", "HTTP 404")
    assert outcomes[GONE.path][0] == "read"


def test_a_part_that_may_not_or_could_not_be_had_is_a_warning(visits: Mapping[str, Visit]) -> None:
    seen = visits["lost"]
    assert seen.record(LOST)["confidence"] == "partial"
    assert seen.problems(LOST) == [
        f"{seen.base}/admin/table.png: Forbidden by robots.txt",
        "http://pictures.example.com/table.png: outside the portal: pictures.example.com",
        f"{seen.base}/upload/busy.png: HTTP 503",
        f"{seen.base}/upload/page.png: a page of HTML came instead",
    ]
    outcomes = {row["url"]: row["outcome"] for row in seen.crawl.candidates}
    assert outcomes[f"{seen.base}/admin/table.png"] == "forbidden"
    assert outcomes["http://pictures.example.com/table.png"] == "refused"
    assert outcomes[f"{seen.base}/upload/busy.png"] == "failed"
    assert outcomes[f"{seen.base}/upload/page.png"] == "part"
    assert outcomes[f"{seen.base}{LOST.path}"] == "read"
    assert (seen.crawl.verdict, seen.crawl.status) == ("partial", 3)
    assert "/admin/table.png" not in seen.paths


def test_pictures_without_end_are_bounded(visits: Mapping[str, Visit]) -> None:
    seen = visits["lost"]
    asked = [path for path in seen.paths if path.removeprefix("/upload/").removesuffix(".png").isdecimal()]
    assert asked == [f"/upload/{n}.png" for n in range(MAX_PIECES)]
    assert len(seen.problems(MANY)) == 1  # all of them for the same reason


def test_without_the_extra_one_warning_names_the_pictures(visits: Mapping[str, Visit]) -> None:
    seen = visits["no-ocr"]
    picture, sheet = seen.record(PICTURE), seen.record(SHEET)
    assert (picture["confidence"], sheet["confidence"]) == ("partial", "failed")
    assert set(picture["tables"]) == {"review_litigation"}
    (problem,) = seen.problems(PICTURE)
    assert problem.startswith(f"{seen.base}{TABLE_PATH}, {seen.base}/upload/more.png: ")
    assert "pip install -e '.[ocr]'" in problem
    assert len(seen.problems(SHEET)) == 1
    assert seen.parts(PICTURE) == [TABLE_PATH, "/upload/more.png"]  # archived, and read once the extra is there


def stop_at_parts(job: Job, begin_slow: Callable[[], None]) -> Reading:
    """A reader that dies of the parts of a report."""
    if any(body for body, _, _ in job.parts):
        os.kill(os.getpid(), signal.SIGSEGV)
    return read_job(job, begin_slow)


def test_parts_that_are_too_much_for_a_reader_do_not_cost_the_report(
    crawler: Crawler,  # noqa: F811 (the fixture)
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "pipelines.extract.ReaderPool", partial(ReaderPool, function="tests.crawl.test_parts:stop_at_parts")
    )
    part = FetchedPart("http://www.shire.gov.cn/1.xls", b"figures", "x/y", None, FETCHED.fetched_at, None)
    others = [
        replace(part, url="http://www.shire.gov.cn/2.xls"),
        replace(part, url="http://www.shire.gov.cn/icon.png", media_type="image/png"),  # too small for a table
        replace(part, url="http://www.shire.gov.cn/3.xls", body=b"", problem="HTTP 404"),
    ]
    record = extract(crawler, replace(FETCHED, parts=(part, *others)))
    assert record["tables"] == REPORTS[0].tables
    assert record["source"]["parts"] == []
    assert record["confidence"] == "partial"
    problems = [warning["message"] for warning in record["warnings"] if warning["code"] == "unread_part"]
    assert problems == [
        "http://www.shire.gov.cn/1.xls, http://www.shire.gov.cn/2.xls: the reader died (signal 11)",
        "http://www.shire.gov.cn/3.xls: HTTP 404",
    ]
