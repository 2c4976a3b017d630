"""Rich Text Format: whole reports as LibreOffice writes them, and single things of the format written by hand."""

from __future__ import annotations

import contextlib
import random

import pytest

from crawler.extraction.documents.model import Paragraph, Picture, Place, Table
from crawler.extraction.documents.rtf import read_rtf
from crawler.extraction.documents.word.edges import EdgeCell, grid_from_edges
from crawler.extraction.errors import UnreadableDocument
from tests.cases.make.draft import make_draft
from tests.corpus.tools import Tools
from tests.extraction.documents.test_docx import (
    FIRST,
    PNG,
    draw_report,
    judge_document,
    p,
    run,
    set_numbering,
    tables,
    tbl,
    tc,
    texts,
    tr,
    write,
)
from tests.extraction.documents.test_docx import item as numbered

HEAD = b"{\\rtf1\\ansi\\ansicpg936\\deff0{\\fonttbl{\\f0\\fnil\\fcharset134 SimSun;}{\\f1\\fnil\\fcharset0 Arial;}"
HEAD += b"{\\f2\\fnil\\fcharset2 Wingdings;}{\\f3\\fnil\\fcharset2 Symbol;}}"
ROW = "\\trowd\\trleft0\\cellx1000\\cellx2000 "


def rtf(body: str) -> bytes:
    return HEAD + body.encode("gbk") + b"}"


def escape(text: str) -> str:
    """Text as bytes of the code page, two escapes for each character."""
    return "".join(f"\\'{byte:02x}" for byte in text.encode("gbk"))


def read_texts(body: str) -> list[str]:
    return texts(read_rtf(rtf(body)))


# --- Whole reports ----------------------------------------------------------------------------------------------
DRAFTS = [make_draft("r1", 2020), make_draft("r2", 2023)]
INNER = tbl(tr(tc("1"), tc("2")), tr(tc("3"), tc("4")), widths=(900, 900))
SINGLE = [
    numbered("甲", 91),
    numbered("乙", 91, 1),
    p(run("显") + run("隐", "<w:vanish/>") + run("删", "<w:strike/>")),
    p(f"<w:del>{run('旧')}</w:del><w:ins>{run('新')}</w:ins>"),
    tbl(
        tr(tc("a", FIRST), tc("outer text", more=INNER + p())),
        tr(tc("", "<w:vMerge/>"), tc("b")),
        tr(tc("long label"), tc("c")),
        widths=(900, 3000),
    ),
]


@pytest.fixture(scope="module")
def converted(tools: Tools) -> list[bytes]:
    """The drafts, and a document of single things, as LibreOffice writes them."""
    files = [*map(draw_report, DRAFTS), write(*SINGLE, change=set_numbering)]
    return tools.convert([("report.docx", data) for data in files], "rtf")


@pytest.mark.no_cover
@pytest.mark.parametrize("number", range(len(DRAFTS)))
def test_whole_report(converted: list[bytes], number: int) -> None:
    assert judge_document(read_rtf(converted[number]), DRAFTS[number]) == []


def test_single_things_as_libreoffice_writes_them(converted: list[bytes]) -> None:
    document = read_rtf(converted[-1])
    assert texts(document) == ["一、甲", "（一）乙", "显", "新"]
    assert tables(document) == [
        [["a", "outer text", "outer text"], ["a", "1", "2"], ["a", "3", "4"], ["a", "b", "b"], ["long label", "c", "c"]]
    ]


# --- Characters -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "text"),
    [
        (escape("政府信息公开"), "政府信息公开"),
        ("\\uc1\\u25919?\\u24220?12", "政府12"),
        ("\\uc2\\u25919\\'d5\\'fe\\u24220\\'b8\\'ae34", "政府34"),
        ("\\uc1\\u25919\\'d5\\'fe56", "政56"),
        ("\\u-10179?\\u-8704?", "\U0001f600"),
        ("{\\f1 " + escape("年报") + "}", "年报"),
        ("{\\f1 caf\\'e9 }", "café"),
        ("{\\f2\\'fe}{\\f3 7}", "\uf0fe7"),
        ("1\\~2\\_3\\-4\\{5\\}\\\\6\\tab 7", "1 2-34{5}\\6 7"),
        ("12{\\v 3}{\\strike 4}{\\deleted 5}{\\v\\v0 6}{\\strike\\plain 7}", "1267"),
        ("{\\field{\\*\\fldinst{ PAGE 9}}{\\fldrslt{8}}}", "8"),
        ("{\\header 1}{\\*\\unknown 2{3}}{\\info{\\title 4}}{\\footer 5}6", "6"),
        ("{\\listtext 1.\\tab}a", "1. a"),
        ("{\\upr{old}{\\*\\ud{new}}}", "new"),
        ("{\\*\\x\\bin4 }}}}}7", "7"),
    ],
)
def test_what_a_paragraph_prints(body: str, text: str) -> None:
    assert read_texts(body + "\\par") == [text]


def test_struck_numbers_are_told() -> None:
    row = "\\trowd\\cellx1000\\cellx2000\\cellx3000\\pard\\intbl "
    body = (
        f"{row}a\\cell {{\\strike 1{{\\b 57}}}}5\\cell {{\\striked1 6}}\\cell\\row\\pard "
        "{\\strike x}{\\strike\\v 7}{\\strike\\deleted 8}y\\par"
    )
    document = read_rtf(rtf(body))
    grid = next(block for block in document.blocks if isinstance(block, Table)).grid
    assert [[cell and cell.text for cell in line] for line in grid] == [["a", "5", ""]]
    assert document.warnings == (("struck_text", "struck through: '157'"), ("struck_text", "struck through: '6'"))


def test_headings_notes_and_text_boxes() -> None:
    body = (
        "{\\stylesheet{\\ql Normal;}{\\s1\\outlinelevel0 heading 1;}{\\s2 heading 2;}}"
        "\\pard\\s1 a\\par\\pard\\s2 b\\par\\pard\\outlinelevel2 c\\par"
        "\\pard d{\\super\\chftn{\\footnote{\\super\\chftn} note}}e"
        "{\\shp{\\*\\shpinst{\\sp{\\sn x}{\\sv 1}}{\\shptxt box\\par}}{\\shprslt old}}\\par"
    )
    blocks = [block for block in read_rtf(rtf(body)).blocks if isinstance(block, Paragraph)]
    assert [(block.text, block.heading) for block in blocks] == [
        *(("a", 1), ("b", 2), ("c", 3), ("de", 0), ("（1）note", 0), ("box", 0))
    ]


def test_a_picture_and_an_object() -> None:
    picture = f"{{\\*\\shppict{{\\pict\\pngblip {PNG.hex()}}}}}{{\\nonshppict{{\\pict\\wmetafile8 00}}}}"
    document = read_rtf(rtf(f"a{picture}\\par{ROW}{picture}\\cell b\\cell\\row\\pard{{\\object{{\\*\\objdata 00}}}}"))
    assert [type(block) for block in document.blocks] == [Paragraph, Picture, Table, Picture]
    assert [block.data for block in document.blocks if isinstance(block, Picture)] == [PNG, PNG]
    assert tables(document) == [[["[图]", "b"]]]
    assert [code for code, _ in document.warnings] == ["embedded_object"]


# --- Tables -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "grid"),
    [
        (ROW + "\\intbl a\\cell b\\cell\\row", [["a", "b"]]),
        (ROW + "a\\cell b{\\super 1}\\cell\\row", [["a", "b（1）"]]),
        (
            "\\trowd\\clvmgf\\cellx1000\\cellx2000 a\\cell b\\cell\\row"
            "\\trowd\\clvmrg\\cellx1010\\cellx2000\\cell c\\cell\\row",
            [["a", "b"], ["a", "c"]],
        ),
        (
            "\\trowd\\clmgf\\cellx1000\\clmrg\\cellx2000 a\\cell\\cell\\row" + ROW + "b\\cell c\\cell\\row",
            [["a", "a"], ["b", "c"]],
        ),
        (ROW + "a\\cell b\\cell\\row\\trowd\\cellx2020 c\\cell\\row", [["a", "b"], ["c", "c"]]),
        (ROW + "a\\cell b\\cell\\row\\trowd\\trleft1000\\cellx2000 c\\cell\\row", [["a", "b"], [None, "c"]]),
        (ROW + "a\\par b\\cell c\\cell\\row", [["a b", "c"]]),
    ],
)  # fmt: skip
def test_rows_and_merges(body: str, grid: list[list[str | None]]) -> None:
    assert tables(read_rtf(rtf(body + "\\pard end\\par"))) == [grid]


def test_nested_tables_as_word_writes_them() -> None:
    nested = "{\\*\\nesttableprops\\trowd\\cellx400\\cellx800\\nestrow}{\\nonesttables\\par}"
    inner = f"\\pard\\intbl\\itap2 1\\nestcell 2\\nestcell{nested}"
    body = f"\\pard\\intbl outer label\\cell {inner}\\pard\\intbl\\cell{ROW}\\row\\pard"
    assert tables(read_rtf(rtf(body))) == [[["outer label", "1", "2"]]]


# --- Edges ------------------------------------------------------------------------------------------------------
def test_edges_of_one_column_may_lie_apart() -> None:
    rows = [[EdgeCell("a", 0, 1000), EdgeCell("b", 1000, 2000)], [EdgeCell("c", 12, 1020), EdgeCell("d", 1020, 1985)]]
    assert [[cell and cell.text for cell in row] for row in grid_from_edges(rows, 30)] == [["a", "b"], ["c", "d"]]
    assert len(grid_from_edges(rows, 5)[0]) == 5


def test_a_narrow_cell_keeps_its_text_and_places_get_columns() -> None:
    place = Place(table=0, row=0)
    (row,) = grid_from_edges([[EdgeCell("a", 0, 9, "", place), EdgeCell("", 9, 9), EdgeCell("b", 9, 9, "", place)]], 30)
    assert [(cell.text, cell.place.column) for cell in row if cell] == [("a", 0), ("b", 1)]


# --- Bad input --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{\\rtf1}",
        b"x{\\rtf1 a}",
        b"{\\rtf1" + b"{" * 10**6,
        b"{\\rtf1\\trowd" + b"\\cellx100" * 10**5 + b"}",
        b"{\\rtf1" + b"\\intbl\\itap20 a\\par\\itap0 b\\par" * 1000 + b"}",
        b"{\\rtf1\\itap1000000000000 a\\par}",
        b"{\\rtf1" + b"{\\shptxt a" * 100,
    ],
    ids=["empty", "no text", "no mark", "groups", "cells", "tables", "depth", "boxes"],
)
def test_what_cannot_be_read_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableDocument) as refused:
        read_rtf(data)
    assert "\n" not in str(refused.value)


def test_a_file_that_ends_too_early_says_so() -> None:
    document = read_rtf(HEAD + ROW.encode() + b" 1\\cell 2\\cell\\row 3")
    assert [code for code, _ in document.warnings] == ["truncated"]


def test_damaged_files_raise_nothing_else(converted: list[bytes]) -> None:
    rng = random.Random(5)
    pieces = [b"{", b"}", b"\\", b"\\itap3", b"\\nestrow", b"\\row", b"\\cell", b"\\upr", b"{\\shptxt", b"\\bin9 "]
    for _ in range(40):
        data = bytearray(converted[-1])
        for _ in range(rng.randrange(1, 30)):
            at = rng.randrange(8, len(data))
            data[at : at + rng.randrange(9)] = rng.choice([*pieces, rng.randbytes(3)])
        with contextlib.suppress(UnreadableDocument):
            read_rtf(bytes(data))
