"""Old binary Word files, written by LibreOffice from what the tests draw up."""

from __future__ import annotations

import struct
from base64 import b64encode
from io import BytesIO
from random import Random

import olefile
import pytest
from PIL import Image

from crawler.extraction.documents.doc import read_doc
from crawler.extraction.documents.doc97.lists import Lists
from crawler.extraction.documents.doc97.properties import iter_properties
from crawler.extraction.documents.doc97.rows import RowCell, read_row
from crawler.extraction.documents.model import Document, Paragraph, Picture, Table
from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.read import read
from crawler.extraction.record.model import Source
from tests.cases.make.draft import Draft, make_draft
from tests.cases.make.pages import Look, h2, render_flow
from tests.corpus.tools import Tools
from tests.judge import NOW, compare

NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        "office": "office",
        "style": "style",
        "text": "text",
        "table": "table",
        "draw": "drawing",
        "svg": "svg-compatible",
        "fo": "xsl-fo-compatible",
    }.items()
)
STYLES = """
<style:style style:name="Hidden" style:family="text"><style:text-properties text:display="none"/></style:style>
<style:style style:name="Raised" style:family="text">
<style:text-properties style:text-position="super 58%"/></style:style>
<style:style style:name="Struck" style:family="text">
<style:text-properties style:text-line-through-style="solid" style:text-line-through-type="single"/></style:style>
<text:list-style style:name="Chapters">
<text:list-level-style-number text:level="1" style:num-format="一, 二, 三, ..." style:num-suffix="、"/>
<text:list-level-style-number text:level="2" style:num-format="一, 二, 三, ..." style:num-prefix="（"
 style:num-suffix="）"/>
<text:list-level-style-number text:level="3" style:num-format="1" style:num-suffix="."/></text:list-style>"""
COVERED = "<table:covered-table-cell/>"
DELETED = """<text:tracked-changes><text:changed-region xml:id="c1" text:id="c1"><text:deletion><office:change-info>
<dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">a</dc:creator>
<dc:date xmlns:dc="http://purl.org/dc/elements/1.1/">2024-01-01T00:00:00</dc:date></office:change-info>
<text:p>99</text:p></text:deletion></text:changed-region></text:tracked-changes>"""


def note(text: str) -> str:
    return (
        '<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation>'
        f"<text:note-body><text:p>{text}</text:p></text:note-body></text:note>"
    )


def span(style: str, text: str) -> str:
    return f'<text:span text:style-name="{style}">{text}</text:span>'


def cell(content: str, spans: str = "") -> str:
    inner = content if content.startswith("<table:table") else f"<text:p>{content}</text:p>"
    return f"<table:table-cell {spans}>{inner}</table:table-cell>"


def table(columns: int, *rows: str) -> str:
    lines = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    return f'<table:table><table:table-column table:number-columns-repeated="{columns}"/>{lines}</table:table>'


def picture(anchor: str) -> str:
    out = BytesIO()
    Image.new("RGB", (60, 40), "red").save(out, "PNG")
    data = b64encode(out.getvalue()).decode()
    return (
        f'<draw:frame text:anchor-type="{anchor}" svg:width="3cm" svg:height="2cm"><draw:image>'
        f"<office:binary-data>{data}</office:binary-data></draw:image></draw:frame>"
    )


def write_everything() -> str:
    """A text with what a report may hold besides its three tables."""
    box = (
        '<draw:frame text:anchor-type="char" svg:width="5cm" svg:height="2cm"><draw:text-box><text:p>框内文字</text:p>'
    )
    parts = [
        DELETED,
        '<text:h text:outline-level="1">标题一级</text:h>',
        '<text:list text:style-name="Chapters"><text:list-item><text:p>概述</text:p><text:list><text:list-item>'
        "<text:p>主动</text:p></text:list-item><text:list-item><text:p>申请</text:p><text:list><text:list-item>"
        "<text:p>数量</text:p></text:list-item></text:list></text:list-item></text:list></text:list-item>"
        "<text:list-item><text:p>其他</text:p></text:list-item></text:list>",
        '<text:p>受理<text:change text:change-id="c1"/>12件，' + span("Hidden", "34") + "公开"
        '<text:a xlink:href="http://www.example.cn/" xmlns:xlink="http://www.w3.org/1999/xlink">三</text:a>件'
        f"<text:line-break/>共<text:page-count>7</text:page-count>页{note('页下注')}𠮷x\u2011y，z\u00adw</text:p>",
        f"<text:p>{span('Struck', '作废件')}有效</text:p>",
        table(
            3,
            cell("竖", 'table:number-rows-spanned="2"') + cell("横", 'table:number-columns-spanned="2"') + COVERED,
            COVERED + cell(f"12{note('含3件')}") + cell("5" + span("Raised", "2")),
            cell("甲</text:p><text:p>乙")
            + cell(table(2, cell("7") + cell("8"), cell("9") + cell("")))
            + cell(picture("as-char")),
        ),
        "<text:p>以下十二列</text:p>",
        table(12, *("".join(cell(str(100 * r + c)) for c in range(12)) for r in range(3))),
        f"<text:p>框前{box}</draw:text-box></draw:frame>框后</text:p>",
        f"<text:p>图{picture('paragraph')}</text:p>",
    ]
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {NAMESPACES} office:version="1.2" '
        'office:mimetype="application/vnd.oasis.opendocument.text">'
        f"<office:automatic-styles>{STYLES}</office:automatic-styles>"
        f"<office:body><office:text>{''.join(parts)}</office:text></office:body></office:document>"
    )


def write_struck() -> str:
    """Rows that begin with a number which is hidden, or deleted with its whole row, and numbers struck through."""
    parts = [
        DELETED,
        table(
            3,
            cell("名称") + cell("甲") + cell("乙"),
            cell(span("Hidden", "99") + "一") + cell("1") + cell("2"),
            cell("二") + cell("3") + cell("4"),
            cell(span("Hidden", "98")) + cell("") + cell(""),
            cell("三") + cell(span("Struck", "57") + "5") + cell(span("Struck", "6")),
        ),
        f"<text:p>{span('Struck', '去年8件')}今年有效，{span('Struck', '作废')}</text:p>",
    ]
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {NAMESPACES} office:version="1.2" '
        'office:mimetype="application/vnd.oasis.opendocument.text">'
        f"<office:automatic-styles>{STYLES}</office:automatic-styles>"
        f"<office:body><office:text>{''.join(parts)}</office:text></office:body></office:document>"
    )


def draw_report(form: str) -> Draft:
    draft = make_draft(f"binary word {form}", 2019 if form == "2019" else 2023)
    draft.published = None  # a file does not print it
    return draft


def write_report(draft: Draft) -> str:
    flow = render_flow(draft.blocks(), Look(paragraph=h2), title=True)
    return f'<html><head><meta charset="utf-8"></head><body>{flow}</body></html>'


@pytest.fixture(scope="module")
def files(tools: Tools) -> dict[str, bytes]:
    """The documents as Word files of LibreOffice."""
    drawn = {"everything": write_everything(), "struck": write_struck()}
    reports = {f"report-{form}": write_report(draw_report(form)) for form in ("2019", "2021")}
    found = {}
    for suffix, texts in (("fodt", drawn), ("html", reports)):
        sources = [(f"{name}.{suffix}", text.encode()) for name, text in texts.items()]
        found |= zip(texts, tools.convert(sources, "doc:MS Word 97"), strict=True)
    return found


@pytest.fixture(scope="module")
def everything(files: dict[str, bytes]) -> Document:
    return read_doc(files["everything"])


def texts(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Paragraph)]


def grids(document: Document) -> list[list[list[str]]]:
    return [
        [["" if c is None else c.text for c in row] for row in block.grid]
        for block in document.blocks
        if isinstance(block, Table)
    ]


@pytest.mark.parametrize("form", ["2019", "2021"])
def test_whole_report(files: dict[str, bytes], form: str) -> None:
    record = read(files[f"report-{form}"], Source("file:///r.doc", "file:///r.doc", NOW))
    assert compare(record, draw_report(form).expect()) == []
    assert record["source"]["media_type"] == "application/msword"
    places = [p for rows in record["provenance"].values() for cells in rows.values() for p in cells.values()]
    assert {place["table"] for place in places} == {0, 1, 2}
    assert all("row" in place for place in places)


def test_report_headings_have_their_level(files: dict[str, bytes]) -> None:
    document = read_doc(files["report-2021"])
    assert [p.heading for p in document.paragraphs() if p.text.startswith(("一、", "六、"))] == [2, 2]


def test_prose_is_what_is_printed(everything: Document) -> None:
    assert texts(everything) == [
        "标题一级",
        "一、概述",
        "（一）主动",
        "（二）申请",
        "1.数量",
        "二、其他",
        "受理12件，公开三件",
        "共1页𠮷x-y，zw",
        "页下注",
        "有效",
        "含3件",
        "以下十二列",
        "框前框后",
        "图",
        "框内文字",
    ]
    assert next(everything.paragraphs()).heading == 1
    assert everything.warnings == ()


def test_merged_and_nested_cells(everything: Document) -> None:
    first = grids(everything)[0]
    assert first == [
        ["竖", "横", "横", "横"],
        ["竖", "12（注）", "12（注）", "5（2）"],
        ["甲乙", "7", "8", "[图]"],
        ["甲乙", "9", "", "[图]"],
    ]
    block = next(block for block in everything.blocks if isinstance(block, Table))
    corner = block.grid[0][0]
    assert corner is not None
    assert (corner.rowspan, corner.colspan) == (2, 1)


def test_wide_rows_keep_their_columns_in_another_stream(everything: Document) -> None:
    assert grids(everything)[1] == [[str(100 * r + c) for c in range(12)] for r in range(3)]


def test_pictures_keep_their_bytes(everything: Document) -> None:
    pictures = [block for block in everything.blocks if isinstance(block, Picture)]
    assert len(pictures) == everything.pictures == 2
    for found in pictures:
        assert found.data is not None
        assert Image.open(BytesIO(found.data)).size == (60, 40)
        assert found.name.endswith(".png")


def test_a_row_goes_only_with_all_that_it_prints(files: dict[str, bytes]) -> None:
    # LibreOffice gives the mark of a row the properties of what comes next: of a hidden number, say.
    rows = [row for row in grids(read_doc(files["struck"]))[0] if any(row)]
    assert [row[0] for row in rows] == ["名称", "一", "二", "三"]
    assert rows[:3] == [["名称", "甲", "乙"], ["一", "1", "2"], ["二", "3", "4"]]


def test_struck_numbers_are_told_and_not_read(files: dict[str, bytes]) -> None:
    document = read_doc(files["struck"])
    assert [row for row in grids(document)[0] if any(row)][-1] == ["三", "5", ""]
    assert texts(document) == ["今年有效，"]
    assert document.warnings == tuple(("struck_text", f"struck through: {text!r}") for text in ("57", "6", "去年8件"))


# --- What LibreOffice does not write ----------------------------------------------------------------------------


def define_row(edges: list[int], flags: list[int]) -> bytes:
    body = bytes([len(flags)]) + struct.pack(f"<{len(edges)}h", *edges)
    body += b"".join(struct.pack("<HH16x", flag, 0) for flag in flags)
    return struct.pack("<HH", 0xD608, len(body) + 1) + body


@pytest.mark.parametrize("flags", [[0, 1, 2, 2], [0, 2, 1, 1], [0, 3, 1, 1]])
def test_merge_along_a_row(flags: list[int]) -> None:
    cells = read_row(define_row([-100, 900, 1900, 2900, 3900], flags))
    assert [cell.joins for cell in cells] == [False, False, True, True]
    assert (cells[0].left, cells[1].left, cells[1].right) == (-100, 900, 3900)


def test_two_merges_side_by_side() -> None:
    cells = read_row(define_row([0, 1, 2, 3, 4], [1, 2, 1, 2]))
    assert [(cell.left, cell.right, cell.joins) for cell in cells[::2]] == [(0, 2, False), (2, 4, False)]


def test_upright_merge_by_flags_and_by_property() -> None:
    row = define_row([0, 10, 20, 30], [0x60, 0x20, 0]) + struct.pack("<HBBB", 0xD62B, 2, 2, 1)
    assert [cell.merge for cell in read_row(row)] == ["first", "next", "next"]


def test_changes_of_a_row_in_order() -> None:
    row = define_row([0, 100, 200, 300], [0, 0, 0])
    row += struct.pack("<HBBh", 0x7621, 1, 2, 50)  # two cells of 50 before the second
    row += struct.pack("<HBB", 0x5622, 0, 1)  # without the first
    row += struct.pack("<HBBh", 0x7623, 0, 1, 70)  # which is now 70 wide
    row += struct.pack("<Hh", 0x9602, 8) + struct.pack("<Hh", 0x9601, 500)
    row += struct.pack("<HBB", 0x5624, 2, 4)
    assert read_row(row) == [
        RowCell(492, 562),
        RowCell(562, 612),
        RowCell(612, 812),
        RowCell(712, 812, joins=True),
    ]


@pytest.mark.parametrize("cut", range(1, 51, 7))
def test_cut_row_has_no_cells_of_its_own(cut: int) -> None:
    assert read_row(define_row([0, 10, 20], [0, 0])[:cut]) == []


def test_tabulators_count_themselves() -> None:
    tabs = struct.pack("<HBB4xB3x", 0xC615, 255, 1, 1)
    assert [code for code, _ in iter_properties(tabs + struct.pack("<HB", 0x2416, 1))] == [0xC615, 0x2416]


def make_level(kind: int, text: str, places: list[int], start: int = 1) -> bytes:
    rooms = bytes(places) + bytes(9 - len(places))
    return struct.pack("<iBB9sB8xBBBB", start, kind, 0, rooms, 2, 0, 0, 0, 0) + struct.pack(
        f"<H{len(text)}H", len(text), *map(ord, text)
    )


def test_numbers_of_lists() -> None:
    lists = struct.pack("<HI22xBx", 1, 77, 0)
    levels = make_level(39, "第\x00部分 ", [2]) + make_level(0, "\x00.\x01", [1, 3]) + make_level(23, "·", []) * 7
    overrides = struct.pack("<I", 2) + struct.pack("<I8xBBBx", 77, 0, 0, 0) + struct.pack("<I8xBBBx", 77, 1, 0, 0)
    overrides += struct.pack("<I", 0) + struct.pack("<IiI", 0, 9, 0x10)
    counted = Lists(lists, levels, overrides)
    wanted = [(1, 0), (1, 1), (1, 1), (1, 2), (1, 0), (1, 1), (2, 0), (2, 0), (3, 0)]
    assert [counted.next_label(*use) for use in wanted] == [
        "第一部分 ",
        "一.1",
        "一.2",
        "",
        "第二部分 ",
        "二.1",
        "第九部分 ",
        "第十部分 ",
        "",
    ]
    for cut in range(0, len(levels), 11):
        assert Lists(lists, levels[:cut], overrides).next_label(1, 0) == ""


# --- Changed and broken files ------------------------------------------------------------------------------------


def change_stream(data: bytes, name: str, changes: dict[int, bytes]) -> bytes:
    """The file with bytes of a stream overwritten."""
    out = BytesIO(data)
    with olefile.OleFileIO(out, write_mode=True) as ole:
        stream = bytearray(ole.openstream(name).read())
        for at, new in changes.items():
            stream[at : at + len(new)] = new
        ole.write_stream(name, bytes(stream))
        return out.getvalue()


def read_stream(data: bytes, name: str) -> bytes:
    with olefile.OleFileIO(BytesIO(data)) as ole:
        return bytes(ole.openstream(name).read())


def test_quick_save_gathers_pieces(files: dict[str, bytes]) -> None:
    """Three pieces: the second in bytes of one, from elsewhere in the stream, the third deleted by its piece."""
    data = files["report-2021"]
    word, name = read_stream(data, "WordDocument"), "1Table"
    total, begin = struct.unpack_from("<I", word, 0x4C)[0], struct.unpack_from("<I", word, 0x18)[0]
    title = draw_report("2021").title
    cut = 4  # behind four characters of the title
    narrow = len(word) - 64
    entries = struct.pack("<4I", 0, cut, cut + 3, total)
    entries += struct.pack("<HIH", 0, begin, 0) + struct.pack("<HIH", 0, narrow * 2 | 0x40000000, 0)
    entries += struct.pack("<HIH", 0, begin + 2 * cut, 1)
    new = b"\x01" + struct.pack("<HHB", 3, 0x0800, 1) + b"\x02" + struct.pack("<I", len(entries)) + entries
    font_table = struct.unpack_from("<I", word, 0x112)[0]  # which nothing here reads
    data = change_stream(data, name, {font_table: new})
    header = {0x4C: struct.pack("<I", cut + 3), 0x1A2: struct.pack("<II", font_table, len(new)), narrow: b"12\r"}
    data = change_stream(data, "WordDocument", header)
    assert texts(read_doc(data)) == [f"{title[:cut]}12"]


@pytest.mark.parametrize(
    ("at", "new", "reason"),
    [
        (0x0B, b"\x13", "encrypted"),
        (0x02, b"\x68\x00", "Word 6 or 95"),
        (0x00, b"\xdb\xa5", "Word 6 or 95"),
        (0x1A2, b"\xff\xff\xff\x7f", "cut off"),
        (0x1A6, b"\x00\x00\x00\x00", "no piece table"),
        (0x4C, b"\xff\xff\xff\x00", "cut off"),
        (0x102, b"\xf0\xff\xff\xff", "cut off"),
    ],
)
def test_refused_by_its_header(files: dict[str, bytes], at: int, new: bytes, reason: str) -> None:
    with pytest.raises(UnreadableDocument, match=reason):
        read_doc(change_stream(files["everything"], "WordDocument", {at: new}))


def test_ole_file_without_a_word_document(files: dict[str, bytes]) -> None:
    data = files["everything"].replace("WordDocument".encode("utf-16-le"), "WordDocumant".encode("utf-16-le"))
    with pytest.raises(UnreadableDocument, match="without a Word document"):
        read_doc(data)
    for nothing in (b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04" + bytes(5000)):
        with pytest.raises(UnreadableDocument, match="no OLE file"):
            read_doc(nothing)


@pytest.mark.parametrize("at", [44, 64, 72])
def test_container_that_claims_more_than_it_holds(files: dict[str, bytes], at: int) -> None:
    data = bytearray(files["everything"])
    data[at : at + 4] = b"\xff\xff\xff\x7f"
    with pytest.raises(UnreadableDocument, match="claims more"):
        read_doc(bytes(data))


def test_stream_longer_than_the_file(files: dict[str, bytes]) -> None:
    """With a chain of sectors that bites its tail such a stream would never end."""
    data = bytearray(files["everything"])
    entry = data.index("WordDocument".encode("utf-16-le"))
    data[entry + 120 : entry + 124] = b"\xff\xff\xff\x7f"
    with pytest.raises(UnreadableDocument, match="longer than the file"):
        read_doc(bytes(data))


def test_cut_off_anywhere(files: dict[str, bytes]) -> None:
    """A file that ends early is refused, or nothing of its text is missing."""
    whole = read_doc(files["everything"])
    data = files["everything"]
    refused = 0
    for size in range(0, len(data), len(data) // 60):
        try:
            document = read_doc(data[:size])
        except UnreadableDocument:
            refused += 1
        else:
            assert grids(document) == grids(whole)
    assert refused >= 40


@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=pytest.mark.no_cover) for n in range(1, 5))])
def test_changed_bytes_raise_nothing_else(files: dict[str, bytes], part: int) -> None:
    names = sorted(files)
    for seed in range(part, 200, 5):
        rng = Random(seed)
        data = bytearray(files[names[seed % len(names)]])
        for _ in range(rng.choice((1, 5, 25, 100))):
            reach = len(data) if rng.random() < 0.6 else 6_000
            data[rng.randrange(reach)] = rng.choice((0, 255, 127, rng.randrange(256)))
        said = ""
        try:
            read_doc(bytes(data))
        except UnreadableDocument as error:
            said = str(error)
        assert "\n" not in said
