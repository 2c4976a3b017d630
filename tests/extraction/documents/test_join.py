"""Documents of one report put together: attached files, members of archives, pictures; each value with its part."""

from __future__ import annotations

import io
from dataclasses import replace

import openpyxl
import pytest
from PIL import Image, ImageDraw, ImageFont

from crawler.extraction.documents.images import SMALLEST
from crawler.extraction.documents.join import MAX_PICTURES, Further, join_parts, read_pictures, set_part
from crawler.extraction.documents.model import Cell, Document, Paragraph, Part, Picture, Place, Table
from crawler.extraction.documents.options import Options
from crawler.extraction.errors import NotAReport
from crawler.extraction.read import read
from crawler.extraction.record.model import Source
from crawler.extraction.record.schema import find_faults
from tests.cases.make.draft import Draft, make_draft
from tests.corpus.drawn import draw_report
from tests.corpus.sheets import lay_out_several, save_xlsx
from tests.corpus.word import Writer

NOW = "2026-01-01T00:00:00Z"


def source(name: str) -> Source:
    return Source(f"https://www.wolong.gov.cn/{name}", "https://www.wolong.gov.cn/a.html", NOW)


def make_document(text: str, *, spans: bool = True) -> Document:
    """A paragraph, a cell that spans two columns, a picture."""
    cell = Cell(text, 0, 0, 1, 2, Place(table=0, row=0, column=0))
    table = Table(((cell, cell, None),), Place(table=0), spans)
    blocks = (Paragraph(text, Place(line=1)), table, Picture(None, "a.png", Place(line=2)))
    return Document("text/plain", blocks, warnings=(("odd", f"{text} is odd"),))


# --- Parts ------------------------------------------------------------------------------------------------------


def test_blocks_of_further_documents_carry_their_number() -> None:
    whole = join_parts(
        make_document("甲"),
        [Further("b.txt", b"b", make_document("乙"), None), Further("c.txt", b"c", make_document("丙"), None)],
    )
    assert [block.place.part for block in whole.blocks] == [None] * 3 + [1] * 3 + [2] * 3
    assert whole.parts == (Part(None, "text/plain", b"b", 1), Part(None, "text/plain", b"c", 2))
    assert whole.warnings == (
        ("odd", "甲 is odd"),
        ("odd", "b.txt: 乙 is odd"),
        ("odd", "c.txt: 丙 is odd"),
    )


def test_a_part_that_cannot_be_read_is_said_and_keeps_its_number() -> None:
    whole = join_parts(
        make_document("甲"), [Further("b.rar", b"b", None, "no reader"), Further("c", b"c", make_document("丙"), None)]
    )
    assert [block.place.part for block in whole.blocks] == [None] * 3 + [2] * 3
    assert whole.parts[0] == Part(None, "application/octet-stream", b"b", 1)
    assert ("unread_part", "b.rar: no reader") in whole.warnings


def test_parts_of_an_archive_are_counted_on() -> None:
    """An archive with a member, and a further archive with a member of its own: four parts in all."""

    def pack(member: str, text: str) -> Document:
        inner = make_document(text)
        blocks = tuple(set_part(block, 1) for block in inner.blocks)
        return replace(inner, blocks=blocks, parts=(Part(member, "text/plain", b"m"),))

    whole = join_parts(pack("a.docx", "甲"), [Further("b.zip", b"b", pack("c.docx", "乙"), None)])
    assert [(part.member, part.owner) for part in whole.parts] == [("a.docx", 0), (None, 1), ("c.docx", 1)]
    assert [block.place.part for block in whole.blocks] == [1] * 3 + [3] * 3


def test_a_spanning_cell_stays_one_cell_and_an_inner_part_keeps_its_number() -> None:
    paragraph, table, _ = make_document("甲").blocks
    assert isinstance(table, Table)
    moved = set_part(table, 3)
    assert isinstance(moved, Table)
    assert moved.grid[0][0] is moved.grid[0][1]
    assert moved.grid[0][2] is None
    assert moved.grid[0][0] is not None
    assert moved.grid[0][0].place == Place(table=0, row=0, column=0, part=3)
    assert moved.spans == table.spans
    assert set_part(set_part(paragraph, 2), 3).place.part == 2


# --- Reports in pieces ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pieces() -> tuple[Draft, bytes, bytes]:
    """A report whose text is a Word file and whose tables are a workbook."""
    drawn = replace(draw_report("pieces", 7, 0), draft=make_draft("pieces report", 2023, size="dense"))
    drawn.draft.published = None
    prose = Writer(drawn.draft, drawn.rng).write([b for b in drawn.draft.blocks() if b.table is None])
    return drawn.draft, prose, save_xlsx(lay_out_several(drawn))


@pytest.mark.no_cover
def test_text_and_tables_apart_are_one_record(pieces: tuple[Draft, bytes, bytes]) -> None:
    draft, prose, sheet = pieces
    record = read(prose, source("a.docx"), None, [(sheet, source("b.xlsx"), None)])
    assert record["tables"] == draft.expect()["tables"]
    assert record["title"] == draft.title
    assert find_faults(record) == []
    (part,) = record["source"]["parts"]
    assert (part["url"], part["bytes"], "member" in part) == ("https://www.wolong.gov.cn/b.xlsx", len(sheet), False)
    assert "spreadsheetml" in part["media_type"]
    assert "wordprocessingml" in record["source"]["media_type"]
    places = [p for rows in record["provenance"].values() for row in rows.values() for p in row.values()]
    assert {place["part"] for place in places} == {1}
    assert all("cell" in place for place in places)


def test_parts_that_could_not_be_had_are_said_once_for_each_reason(pieces: tuple[Draft, bytes, bytes]) -> None:
    draft, prose, sheet = pieces
    parts = [
        (b"", source("x.png"), "refused by the server"),
        (sheet, source("b.xlsx"), None),
        (b"", source("y.png"), "refused by the server"),
        (b"Rar!\x1a\x07\x01\x00", source("c.rar"), None),
    ]
    record = read(prose, source("a.docx"), None, parts)
    assert record["tables"] == draft.expect()["tables"]
    messages = [warning["message"] for warning in record["warnings"] if warning["code"] == "unread_part"]
    names = [source(name).url for name in ("x.png", "y.png", "c.rar")]
    assert sorted(messages) == sorted(
        [f"{names[0]}, {names[1]}: refused by the server", f"{names[2]}: no reader for application/vnd.rar"]
    )
    assert [part["url"] for part in record["source"]["parts"]] == [source("b.xlsx").url, names[2]]
    assert record["confidence"] != "verified"


def test_text_alone_is_a_report_without_tables(pieces: tuple[Draft, bytes, bytes]) -> None:
    _, prose, _ = pieces
    record = read(prose, source("a.docx"))
    assert (record["tables"], record["confidence"]) == ({}, "failed")


def test_a_sheet_that_is_no_report() -> None:
    book = openpyxl.Workbook()
    book.active.append(["水费", 12])
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(NotAReport):
        read(out.getvalue(), source("a.xlsx"))


# --- Pictures ---------------------------------------------------------------------------------------------------


def draw_picture(text: str) -> bytes:
    picture = Image.effect_noise((500, 120), 3).point(lambda value: min(255, value + 110))
    ImageDraw.Draw(picture).text((40, 30), text, fill=0, font=ImageFont.load_default(50))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def with_pictures(*pictures: Picture) -> Document:
    return Document("text/html", (Paragraph("甲", Place(line=1)), *pictures), pictures=len(pictures))


def picture(data: bytes | None, name: str = "a.png") -> Picture:
    return Picture(data, name, Place(xpath="/html/body/img"))


@pytest.mark.parametrize("data", [None, b"", b"\x89PNG\r\n\x1a\n" + b"x" * 100])
def test_pictures_too_small_or_elsewhere_are_left(data: bytes | None) -> None:
    assert read_pictures(with_pictures(picture(data)), Options()) is None


def test_pictures_are_left_where_ocr_is_switched_off() -> None:
    found = read_pictures(with_pictures(picture(draw_picture("4119"))), Options(ocr=False))
    assert found is not None
    assert found.warnings == (("picture", "1 pictures may hold what is missing; OCR is switched off"),)
    assert (found.parts, found.pictures) == ((), 1)


def test_a_document_without_pictures() -> None:
    assert read_pictures(with_pictures(), Options()) is None


def test_what_pictures_show_stands_in_their_place() -> None:
    begun: list[bool] = []
    good, bad = draw_picture("4119"), b"\x89PNG\r\n\x1a\n" + b"x" * SMALLEST
    document = with_pictures(picture(None, "elsewhere"), picture(bad, "bad.png"), picture(good, "good.png"))
    document = replace(document, blocks=(*document.blocks, Paragraph("乙", Place(line=9))))
    found = read_pictures(document, Options(before_ocr=lambda: begun.append(True)))
    assert found is not None
    assert begun == [True]
    assert [getattr(block, "text", "") or getattr(block, "name", "") for block in found.blocks] == [
        "甲",
        "elsewhere",
        "4119",
        "乙",
    ]
    assert [block.place.part for block in found.blocks] == [None, None, 1, None]
    assert found.parts == (Part("good.png", "image/png", good),)
    assert [code for code, _ in found.warnings] == ["unread_picture"]
    assert found.warnings[0][1].startswith("bad.png: ")
    assert found.pictures == 1


def test_only_so_many_pictures_are_read() -> None:
    bad = [picture(b"\x89PNG\r\n\x1a\n" + bytes([n]) * SMALLEST, f"{n}.png") for n in range(MAX_PICTURES + 3)]
    found = read_pictures(with_pictures(*bad), Options())
    assert found is not None
    assert [code for code, _ in found.warnings] == ["unread_picture"] * MAX_PICTURES + ["pictures_left_out"]
    assert len([block for block in found.blocks if isinstance(block, Picture)]) == 3


def test_pictures_are_read_until_nothing_is_missing() -> None:
    document = with_pictures(picture(draw_picture("4119"), "one.png"), picture(draw_picture("27"), "two.png"))
    asked: list[Document] = []
    found = read_pictures(document, Options(), lambda whole: asked.append(whole) or True)
    assert found is not None
    assert (len(asked), found.warnings, found.pictures) == (1, (), 1)
    assert [block.name for block in found.blocks if isinstance(block, Picture)] == ["two.png"]
    assert asked == [found]
