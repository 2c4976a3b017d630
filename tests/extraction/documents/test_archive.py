"""Archives of documents: parts and their places, order, names, what cannot be read, limits."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest

from crawler.extraction.documents.archive import MAX_MEMBERS, read_zip
from crawler.extraction.documents.html import read_html
from crawler.extraction.documents.model import Document, Paragraph, Part, Picture, Place, Table
from crawler.extraction.documents.package import kind_of_package, open_package
from crawler.extraction.documents.plain import read_plain
from crawler.extraction.documents.sheet import read_xlsx
from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.report.read import read_report
from tests.cases.make.draft import BUILDERS, make_draft
from tests.cases.make.grid import fill_grid
from tests.cases.make.pages import render_page


def pack(members: dict[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()


def read_member(data: bytes) -> Document:
    """Pages, sheets and text: what these tests put into archives."""
    if data.startswith(b"PK"):
        if "spreadsheetml" in kind_of_package(open_package(data)):
            return read_xlsx(data)
        raise UnreadableDocument("no reader for this package")
    if b"<p>" in data or b"<table" in data:
        return read_html(data)
    return read_plain(data)


def texts(document: Document) -> list[tuple[str, int | None]]:
    return [(b.text, b.place.part) for b in document.blocks if isinstance(b, Paragraph)]


def test_members_become_parts_in_natural_order_prose_first() -> None:
    table = "<table><tr><td>甲</td><td>1</td></tr></table>"
    document = read_zip(
        pack({
            "报告/": "", "报告/附件10.txt": "十", "报告/附件2.txt": "二",
            "0表.html": f"<html><body>{table}</body></html>",
            "__MACOSX/._附件2.txt": "x", "Thumbs.db": "x", "报告/desktop.ini": "x", "报告/~$年报.docx": "x",
            "报告/空.txt": "", "表二.txt": "乙", "表一.txt": "甲",
        }),
        read_member,
    )  # fmt: skip
    assert document.media_type == "application/zip"
    assert [part.member for part in document.parts] == [
        "报告/附件2.txt",
        "报告/附件10.txt",
        "表一.txt",
        "表二.txt",
        "0表.html",
    ]
    assert texts(document) == [("二", 1), ("十", 2), ("甲", 3), ("乙", 4)]
    (grid,) = [block for block in document.blocks if isinstance(block, Table)]
    assert grid.place.part == 5
    assert {cell.place.part for row in grid.grid for cell in row if cell} == {5}
    assert document.parts[0].data == "二".encode()
    assert document.warnings == ()


def test_old_names_and_a_member_that_cannot_be_read() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        info = zipfile.ZipInfo("x")
        info.filename = "年报.txt".encode("gb18030").decode("cp437")
        file.writestr(info, "正文")
        file.writestr("坏.xlsx", b"PK\x03\x04" + bytes(60))
    document = read_zip(out.getvalue(), read_member)
    (warning,) = document.warnings
    assert warning[0] == "unread_member"
    assert warning[1].startswith("坏.xlsx: ")
    assert texts(document) == [("正文", 1)]


def test_names_of_gbk_bytes() -> None:
    raw = pack({"ABCDEFGH.txt": "正文"})
    data = raw.replace(b"ABCDEFGH", "年度报告".encode("gbk"))
    assert [part.member for part in read_zip(data, read_member).parts] == ["年度报告.txt"]


def test_an_archive_in_an_archive_is_opened_once() -> None:
    inner = pack({"里.txt": "里面", "深.zip": pack({"x.txt": "最里面"})})
    document = read_zip(pack({"外.txt": "外面", "内.zip": inner}), read_member)
    assert [part.member for part in document.parts] == ["内.zip!里.txt", "外.txt"]
    assert document.warnings == (("unread_member", "深.zip: an archive in an archive in the archive"),)


def test_parts_of_members_follow_their_member() -> None:
    def read(data: bytes) -> Document:
        place = Place(line=1)
        picture = Picture(b"png", "word/media/image1.png", place)
        own = (Paragraph(data.decode(), place), picture, Paragraph("图中", Place(page=1, part=1)))
        parts = (Part("word/media/image1.png", "image/png", b"png"),)
        return Document(
            "text/plain",
            own,
            ("题",),
            "2024-01-02",
            pictures=1,
            warnings=(("a", "b"),),
            parts=parts,
            remarks=(("c", "d"),),
        )

    document = read_zip(pack({"1.docx": "一", "2.docx": "二"}), read)
    assert [part.member for part in document.parts] == [
        "1.docx", "1.docx!word/media/image1.png", "2.docx", "2.docx!word/media/image1.png",
    ]  # fmt: skip
    assert [block.place.part for block in document.blocks] == [1, 1, 2, 3, 3, 4]
    assert (document.titles, document.published, document.pictures) == (("题",), "2024-01-02", 2)
    assert document.warnings == (("a", "1.docx: b"), ("a", "2.docx: b"))
    assert document.remarks == (("c", "1.docx: d"), ("c", "2.docx: d"))


def test_a_report_in_pieces() -> None:
    draft = make_draft("archive", 2023)
    members: dict[str, bytes | str] = {}
    prose = [block for block in draft.blocks() if block.table is None]
    members["年报正文.html"] = render_page(draft, blocks=prose)
    for section in (2, 3, 4):
        key = draft.section(section).table or ""
        book = openpyxl.Workbook()
        for y, line in enumerate(fill_grid(BUILDERS[key](draft)), 1):
            for x, (cell, starts) in enumerate(line, 1):
                if starts:
                    book.active.cell(y, x).value = cell.text
                    if cell.rows * cell.columns > 1:
                        book.active.merge_cells(
                            start_row=y, start_column=x, end_row=y + cell.rows - 1, end_column=x + cell.columns - 1
                        )
        out = io.BytesIO()
        book.save(out)
        members[f"附件{section}.xlsx"] = out.getvalue()
    report = read_report(read_zip(pack(members), read_member))
    assert report.title == draft.title
    for table, rows in draft.values.items():
        for row, columns in rows.items():
            for column, value in columns.items():
                assert report.tables[table][row][column].value == value
    parts = {table: {v.place.part for r in rows.values() for v in r.values()} for table, rows in report.tables.items()}
    assert parts == {"proactive": {2}, "applications": {3}, "review_litigation": {4}}


def test_refusals_say_why() -> None:
    with pytest.raises(UnreadableDocument, match="no member of the archive can be read: it holds no document"):
        read_zip(pack({"a/": "", "Thumbs.db": "x"}), read_member)
    with pytest.raises(UnreadableDocument, match=r"a\.xlsx: no readable zip directory"):
        read_zip(pack({"a.xlsx": b"PK\x03\x04" + bytes(60)}), read_member)
    with pytest.raises(UnreadableDocument, match=r"an archive of 51 documents; the limit is 50"):
        read_zip(pack({f"{i}.txt": "x" for i in range(MAX_MEMBERS + 1)}), read_member)
    with pytest.raises(UnreadableDocument, match="bytes, inflated"):
        read_zip(pack({f"{i}.txt": bytes(14_000_000) for i in range(5)}), read_member)


def test_paths_in_names_touch_no_disk() -> None:
    document = read_zip(pack({"../../../etc/x.txt": "甲", "/abs.txt": "乙", "C:\\w\\y.txt": "丙"}), read_member)
    assert {part.member for part in document.parts} == {"../../../etc/x.txt", "abs.txt", "C:/w/y.txt"}
