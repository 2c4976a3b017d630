"""Word's .docx: written by python-docx, changed in its XML where python-docx has no word for it, and read back."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import docx
import pytest
from docx.enum.text import WD_BREAK
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from PIL import Image

from crawler.extraction.checks.confidence import judge
from crawler.extraction.checks.identities import run_checks
from crawler.extraction.documents.docx import read_docx
from crawler.extraction.documents.model import Document, Paragraph, Picture, Table
from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.record.build import build_record
from crawler.extraction.record.model import Source
from crawler.extraction.report.read import read_report
from tests.cases.make.draft import Draft, make_draft
from tests.cases.make.grid import Table as Drawing
from tests.cases.make.grid import cut_table, fill_grid
from tests.judge import compare

W = nsdecls("w")
CHART = '<c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"/>'
SHAPES = (
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
)


def draw_png() -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("L", (8, 8), 200).save(out, "PNG")
    return out.getvalue()


PNG = draw_png()


# --- Writing ----------------------------------------------------------------------------------------------------
def save(document: Any) -> bytes:
    """The bytes of a python-docx document."""
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def write(*body: str, change: Callable[[Any], None] | None = None) -> bytes:
    """A .docx whose body is the given XML; ``change`` may change the document before it is saved."""
    document = docx.Document()
    end = document.element.body.sectPr
    for xml in body:
        end.addprevious(parse_xml(re.sub(r"^<([\w:]+)", rf"<\1 {W} {SHAPES}", xml)))
    if change:
        change(document)
    return save(document)


def rewrite(data: bytes, changes: dict[str, Callable[[bytes], bytes]]) -> bytes:
    """The package with some members changed; a member that is not there begins empty."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in dict.fromkeys([*old.namelist(), *changes]):
            content = old.read(name) if name in old.namelist() else b""
            new.writestr(name, changes[name](content) if name in changes else content)
    return out.getvalue()


def p(text: str = "", properties: str = "") -> str:
    """A paragraph; text that begins with "<" is its content as XML."""
    content = text if text.startswith("<") else run(text)
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{content}</w:p>"


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def tc(text: str = "", properties: str = "", more: str = "") -> str:
    """A cell; ``more`` stands behind its first paragraph."""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}{more}</w:tc>"


def tr(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def tbl(*rows: str, widths: tuple[int, ...] = ()) -> str:
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return f"<w:tbl><w:tblPr/><w:tblGrid>{columns}</w:tblGrid>{''.join(rows)}</w:tbl>"


def val(name: str, value: object) -> str:
    return f'<w:{name} w:val="{value}"/>'


def draw_table(table: Drawing) -> str:
    """The XML of a table of a report, merges as Word writes them."""
    rows = []
    grid = fill_grid(table)
    for y, line in enumerate(grid):
        cells, x = [], 0
        while x < len(line):
            cell, starts = line[x]
            above = y > 0 and grid[y - 1][x][0] is cell
            merge = "" if cell.rows == 1 else "<w:vMerge/>" if above else val("vMerge", "restart")
            text = cell.text if starts else ""
            cells.append(tc(text.replace("&", "&amp;"), val("gridSpan", cell.columns) + merge))
            x += cell.columns
        rows.append(tr(*cells))
    return tbl(*rows, widths=(600,) * len(grid[0]))


def draw_report(draft: Draft, *, cut: bool = False, between: str = "") -> bytes:
    """A whole report: headings by style, tables merged; ``cut`` divides table III, ``between`` stands in the cut."""
    body = []
    for block in draft.blocks():
        if block.table is not None and cut and block.table.name == "applications":
            first, second = cut_table(block.table, 12, groups="blank")
            body += [draw_table(first), between, draw_table(second)]
        elif block.table is not None:
            body.append(draw_table(block.table))
        else:
            level = {"title": val("jc", "center"), "heading": val("pStyle", "Heading1")}.get(block.kind, "")
            body.append(p(block.text, level))
    return write(*(xml for xml in body if xml))


# --- Reading ----------------------------------------------------------------------------------------------------
def texts(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Paragraph)]


def tables(document: Document) -> list[list[list[str | None]]]:
    """The text at each position of each grid."""
    found = [block for block in document.blocks if isinstance(block, Table)]
    return [[[None if cell is None else cell.text for cell in row] for row in table.grid] for table in found]


def table(*rows: str, **options: Any) -> list[list[str | None]]:
    """The one grid of a document with one table."""
    (grid,) = tables(read_docx(write(tbl(*rows, **options))))
    return grid


def judge_document(document: Document, draft: Draft) -> list[str]:
    """What a record of the document says otherwise than the draft."""
    source = Source("file:///report", "file:///report", "2026-01-01T00:00:00Z")
    report = read_report(document)
    checks = run_checks(report)
    record = build_record(report, checks, judge(report, checks), source, b"report", document.media_type)
    return compare(record, {**draft.expect(), "published": None})


@pytest.mark.no_cover
@pytest.mark.parametrize(("seed", "year"), [("w1", 2023), ("w2", 2019), ("w3", 2021)])
def test_whole_report(seed: str, year: int) -> None:
    draft = make_draft(seed, year)
    assert judge_document(read_docx(draw_report(draft)), draft) == []


def test_table_cut_in_two() -> None:
    draft = make_draft("w4", 2022)
    assert judge_document(read_docx(draw_report(draft, cut=True)), draft) == []
    assert judge_document(read_docx(draw_report(draft, cut=True, between=p())), draft) == []


def test_places_count_tables_rows_and_columns() -> None:
    inner = tbl(tr(tc("x"), tc("y")), tr(tc("z"), tc("w")))
    body = [
        tbl(tr(tc("outer label"), tc("b", more=inner + p()))),
        p("text"),
        tbl(tr(tc("1", val("gridSpan", 3)), tc("2"))),
    ]
    first, _, second = read_docx(write(*body)).blocks
    assert isinstance(first, Table)
    assert isinstance(second, Table)
    assert [cell.place.as_dict() for cell in second.grid[0] if cell] == [
        {"table": 1, "row": 0, "column": 0},
        {"table": 1, "row": 0, "column": 1},
    ]
    assert first.grid[2][2] is not None
    assert first.grid[2][2].place.as_dict() == {"table": 2, "row": 1, "column": 1}
    assert [[cell and cell.text for cell in row] for row in first.grid] == [
        ["outer label", "b", "b"],
        ["outer label", "x", "y"],
        ["outer label", "z", "w"],
    ]


def wrap(xml: str) -> str:
    """A content control around rows, cells or runs."""
    return f"<w:sdt><w:sdtPr/><w:sdtContent>{xml}</w:sdtContent></w:sdt>"


# --- Cells ------------------------------------------------------------------------------------------------------
FIRST, NEXT = val("vMerge", "restart"), "<w:vMerge/>"


@pytest.mark.parametrize(
    ("rows", "grid"),
    [
        ([tr(tc("a", FIRST), tc("b")), tr(tc("not printed", NEXT), tc("c"))], [["a", "b"], ["a", "c"]]),
        ([tr(tc("a", NEXT), tc("b")), tr(tc("c", FIRST), tc("d"))], [["a", "b"], ["c", "d"]]),
        (
            [tr(tc("a", FIRST + val("gridSpan", 2)), tc("b")), tr(tc("c", NEXT), tc("d"), tc("e"))],
            [["a", "a", "b"], ["c", "d", "e"]],
        ),
        ([tr(tc("a", val("gridSpan", 2)), tc("b")), tr(tc("c"), tc("d"), tc("e"))], [["a", "a", "b"], ["c", "d", "e"]]),
        (
            [tr(tc("a", val("hMerge", "restart")), tc("", val("hMerge", "continue"))), tr(tc("b"), tc("c"))],
            [["a", "a"], ["b", "c"]],
        ),
        ([tr(tc("a"), tc("b")), tr(tc("c"), properties=val("gridBefore", 1))], [["a", "b"], [None, "c"]]),
        ([tr(tc("a"), tc("b")), tr(tc("c"), properties=val("gridAfter", 1))], [["a", "b"], ["c", None]]),
        ([tr(tc("a"), tc("b")), tr(tc("c"), tc("d"), properties="<w:del/>")], [["a", "b"]]),
        ([tr(tc("a"), tc("b", "<w:cellDel/>"), tc("c"))], [["a", "c"]]),
        (
            [tr(tc("a", val("gridSpan", 10**9)), tc("b")), tr(tc("c", val("gridSpan", 5)))],
            [["a", "a", "b"], ["c", None, None]],
        ),
        (
            [wrap(tr(wrap(tc("a")), tc("b")))],
            [["a", "b"]],
        ),
    ],
)
def test_merges(rows: list[str], grid: list[list[str | None]]) -> None:
    assert table(*rows) == grid


def test_adjacent_tables_are_one_with_merges_across() -> None:
    parts = [tbl(tr(tc("a", FIRST), tc("b")), widths=(900, 900)), tbl(tr(tc("", NEXT), tc("c")), widths=(905, 900))]
    assert tables(read_docx(write(*parts))) == [[["a", "b"], ["a", "c"]]]
    assert len(tables(read_docx(write(parts[0], p(), parts[1])))) == 2


def test_several_things_in_one_cell_stand_below_each_other() -> None:
    inner = tbl(tr(tc("1"), tc("2")))
    assert table(tr(tc("before", more=inner + p("after")), tc("b"))) == [
        ["before", "before", "b"],
        ["1", "2", "b"],
        ["after", "after", "b"],
    ]
    assert table(tr(tc("a"), tc("", more=tbl(tr(tc("7"))) + p()))) == [["a", "7"]]


def test_a_table_that_lays_out_the_page_is_flow() -> None:
    inner = tbl(tr(tc("a"), tc("b")))
    document = read_docx(write(tbl(tr(tc("一、总体情况", more=p("正文。" * 60) + inner + p())))))
    assert texts(document) == ["一、总体情况", "正文。" * 60]
    assert tables(document) == [[["a", "b"]]]


# --- Text -------------------------------------------------------------------------------------------------------
def field(instruction: str, result: str) -> str:
    """A field as three characters with its instruction and result between."""
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    inside = f"<w:r><w:instrText>{instruction}</w:instrText></w:r>" if not instruction.startswith("<") else instruction
    return mark.format("begin") + inside + mark.format("separate") + result + mark.format("end")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (run("a") + run("b", "<w:vanish/>") + run("c", val("vanish", 0)), "ac"),
        (run("12", "<w:strike/>") + run("3", "<w:dstrike/>") + run("45", val("strike", "false")), "45"),
        (f"<w:del>{run('1')}</w:del><w:ins>{run('2')}</w:ins>", "2"),
        (f"<w:moveFrom>{run('1')}</w:moveFrom><w:moveTo>{run('2')}</w:moveTo>", "2"),
        (f"<w:hyperlink>{run('a')}</w:hyperlink><w:smartTag>{run('b')}</w:smartTag>", "ab"),
        (f"<w:sdt><w:sdtPr/><w:sdtContent>{run('a')}</w:sdtContent></w:sdt>", "a"),
        (
            "<w:r><w:t>1</w:t><w:noBreakHyphen/><w:t>2</w:t><w:tab/><w:t>3</w:t><w:softHyphen/><w:t>4</w:t></w:r>",
            "1-2 34",
        ),
        ('<w:r><w:sym w:font="Symbol" w:char="F037"/><w:sym w:font="Wingdings" w:char="F037"/></w:r>', "7\uf037"),
        (f'<w:fldSimple w:instr="PAGE">{run("9")}</w:fldSimple>', "9"),
        (field("= 1 + 2", run("3")), "3"),
        (field(field("REF x", run("hidden")), run("8")), "8"),
        ('<w:r><w:fldChar w:fldCharType="begin"/></w:r>' + run("never ends"), "never ends"),
        ("<w:r><w:ruby><w:rt>" + run("pin") + "</w:rt><w:rubyBase>" + run("字") + "</w:rubyBase></w:ruby></w:r>", "字"),
    ],
)
def test_what_a_paragraph_prints(content: str, text: str) -> None:
    assert texts(read_docx(write(p(content), p("end")))) == [text, "end"]


def test_line_breaks_divide_paragraphs_and_join_in_cells() -> None:
    broken = "<w:r><w:t>一、总体</w:t><w:br/><w:t>情况</w:t></w:r>"
    assert texts(read_docx(write(p(broken)))) == ["一、总体", "情况"]
    assert table(tr(tc(broken), tc("b"))) == [["一、总体情况", "b"]]


def test_a_paragraph_whose_end_was_deleted_goes_on() -> None:
    assert texts(read_docx(write(p("前半", "<w:rPr><w:del/></w:rPr>"), p("后半")))) == ["前半后半"]


def test_struck_numbers_are_told() -> None:
    old = run("1", "<w:strike/>") + run("57", "<w:dstrike/>")
    data = write(
        tbl(tr(tc("a"), tc(old + run("5")), tc(run("6", "<w:strike/>")))),
        p(run("x", "<w:strike/>") + run("7", "<w:strike/><w:vanish/>") + run("y")),
        p(f"<w:del>{run('8', '<w:strike/>')}</w:del>" + field("= 9", run("z"))),
    )
    document = read_docx(data)
    assert tables(document) == [[["a", "5", ""]]]
    assert document.warnings == (("struck_text", "struck through: '157'"), ("struck_text", "struck through: '6'"))


def test_hidden_and_struck_by_style() -> None:
    def add(document: Any) -> None:
        styles = document.styles.element
        for key, kind, more in [
            ("Gone", "paragraph", "<w:vanish/>"),
            ("Off", "character", "<w:strike/>"),
            ("Child", "paragraph", ""),
        ]:
            based = val("basedOn", "Gone") if key == "Child" else ""
            name = val("name", key)
            xml = f'<w:style {W} w:type="{kind}" w:styleId="{key}">{name}{based}<w:rPr>{more}</w:rPr></w:style>'
            styles.append(parse_xml(xml))

    data = write(
        p("a", val("pStyle", "Gone")),
        p("b", val("pStyle", "Child")),
        p(run("c", val("rStyle", "Off")) + run("d")),
        p(run("e", val("vanish", 0)), val("pStyle", "Gone")),
        change=add,
    )
    assert texts(read_docx(data)) == ["d", "e"]


def test_headings() -> None:
    data = write(
        p("a", val("pStyle", "Heading2")),
        p("b", val("outlineLvl", 0)),
        p("c", val("pStyle", "Heading1") + val("outlineLvl", 9)),
    )
    assert [block.heading for block in read_docx(data).blocks if isinstance(block, Paragraph)] == [2, 1, 0]


# --- Numbering --------------------------------------------------------------------------------------------------
def level(number: int, form: str, text: str, more: str = "") -> str:
    return f'<w:lvl w:ilvl="{number}">{val("start", 1)}{val("numFmt", form)}{more}{val("lvlText", text)}</w:lvl>'


def set_numbering(document: Any) -> None:
    """List 91: 一、 （一） 1.; list 92 begins it again; list 93 counts ① in steps of its own; 94 by a style."""
    root = document.part.numbering_part.element
    for child in list(root):
        root.remove(child)
    one = level(0, "chineseCountingThousand", "%1、", val("suff", "nothing")) + level(1, "chineseCounting", "（%2）")
    one += level(2, "decimal", "%3.") + level(3, "decimal", "%1.%4", "<w:isLgl/>")
    two = level(0, "decimalEnclosedCircle", "%1") + level(1, "bullet", "•") + level(2, "lowerLetter", "%3)")
    again = f'<w:lvlOverride w:ilvl="0">{val("startOverride", 1)}</w:lvlOverride>'
    for xml in (
        f'<w:abstractNum {W} w:abstractNumId="1">{one}</w:abstractNum>',
        f'<w:abstractNum {W} w:abstractNumId="2">{two}</w:abstractNum>',
        f'<w:num {W} w:numId="91">{val("abstractNumId", 1)}</w:num>',
        f'<w:num {W} w:numId="92">{val("abstractNumId", 1)}{again}</w:num>',
        f'<w:num {W} w:numId="93">{val("abstractNumId", 2)}</w:num>',
    ):
        root.append(parse_xml(xml))
    numbered = f"<w:pPr><w:numPr>{val('ilvl', 1)}{val('numId', 91)}</w:numPr></w:pPr>"
    xml = f'<w:style {W} w:type="paragraph" w:styleId="Counted">{val("name", "Counted")}{numbered}</w:style>'
    document.styles.element.append(parse_xml(xml))


def item(text: str, number: int, at: int = 0) -> str:
    return p(text, f"<w:numPr>{val('ilvl', at)}{val('numId', number)}</w:numPr>")


def test_automatic_numbers() -> None:
    data = write(
        item("甲", 91),
        item("乙", 91, 1),
        p("丙", val("pStyle", "Counted")),
        item("丁", 91, 2),
        item("戊", 91),
        item("己", 91, 1),
        item("庚", 91, 3),
        p("辛", val("pStyle", "Counted") + f"<w:numPr>{val('numId', 0)}</w:numPr>"),
        item("壬", 92),
        item("癸", 91),
        item("子", 93),
        item("丑", 93, 1),
        item("寅", 93, 2),
        p("<w:del/>", f"<w:rPr><w:del/></w:rPr><w:numPr>{val('ilvl', 0)}{val('numId', 93)}</w:numPr>"),
        item("卯", 93),
        change=set_numbering,
    )
    assert texts(read_docx(data)) == [
        *("一、甲", "（一）乙", "（二）丙", "1. 丁", "二、戊", "（一）己", "2.1 庚", "辛"),
        *("一、壬", "二、癸", "① 子", "丑", "a) 寅", "② 卯"),
    ]  # fmt: skip


# --- Notes, text boxes, pictures --------------------------------------------------------------------------------
def test_a_note_never_joins_the_number_before_it() -> None:
    raised = val("vertAlign", "superscript")
    assert table(tr(tc(run("12") + run("3", raised)), tc("b"))) == [["12（3）", "b"]]
    reference = f'<w:r><w:rPr>{raised}</w:rPr><w:footnoteReference w:id="7"/></w:r>'
    assert table(tr(tc(run("12") + reference), tc("b"))) == [["12（1）", "b"]]
    assert texts(read_docx(write(p(run("第12") + reference + run("页"))))) == ["第12页"]


def box(content: str) -> str:
    """A text box as Word writes it, once for new readers and once for old ones."""
    shape = f"<wps:wsp><wps:txbx><w:txbxContent>{content}</w:txbxContent></wps:txbx></wps:wsp>"
    graphic = f"<a:graphic><a:graphicData>{shape}</a:graphicData></a:graphic>"
    new = f"<w:drawing><wp:anchor>{graphic}</wp:anchor></w:drawing>"
    old = f"<w:pict><v:shape><v:textbox><w:txbxContent>{content}</w:txbxContent></v:textbox></v:shape></w:pict>"
    return (
        '<w:r><mc:AlternateContent><mc:Choice Requires="wps">'
        f"{new}</mc:Choice><mc:Fallback>{old}</mc:Fallback></mc:AlternateContent></w:r>"
    )


def test_text_boxes_are_read_once_behind_their_paragraph() -> None:
    document = read_docx(write(p(run("a") + box(p("in the box") + tbl(tr(tc("1"), tc("2")))) + run("b")), p("c")))
    assert texts(document) == ["ab", "in the box", "c"]
    assert tables(document) == [[["1", "2"]]]
    assert [type(block) for block in document.blocks] == [Paragraph, Paragraph, Table, Paragraph]


def test_pictures_in_flow_and_cells() -> None:
    document = docx.Document()
    document.add_paragraph("before").add_run().add_picture(io.BytesIO(PNG), width=900_000)
    cells = document.add_table(1, 2).rows[0].cells
    cells[0].paragraphs[0].add_run().add_picture(io.BytesIO(PNG), width=900_000)
    cells[1].text = "b"
    document.add_paragraph("end").add_run().add_break(WD_BREAK.PAGE)
    read = read_docx(save(document))
    assert [type(block) for block in read.blocks] == [Paragraph, Picture, Table, Picture, Paragraph]
    assert tables(read) == [[["[图]", "b"]]]
    assert [block.data for block in read.blocks if isinstance(block, Picture)] == [PNG, PNG]
    assert read.pictures == 2
    assert read.warnings == ()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('<w:altChunk r:id="rId99"/>', "embedded_document"),
        (p('<w:r><w:object><o:OLEObject ProgID="Excel.Sheet.12"/></w:object></w:r>'), "embedded_object"),
        (p(f"<w:r><w:drawing>{CHART}</w:drawing></w:r>"), "chart"),
        (p('<w:r><w:drawing><a:blip r:link="rIdOut"/></w:drawing></w:r>'), "external_picture"),
    ],
)  # fmt: skip
def test_what_is_not_followed_is_said(body: str, code: str) -> None:
    def link(rels: bytes) -> bytes:
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
        out = f'<Relationship Id="rIdOut" Type="{kind}" Target="http://127.0.0.1:9/x.png" TargetMode="External"/>'
        return rels.replace(b"</Relationships>", out.encode() + b"</Relationships>")

    data = rewrite(write(body, p("a")), {"word/_rels/document.xml.rels": link})
    assert [found for found, _ in read_docx(data).warnings] == [code]


# --- Packages ---------------------------------------------------------------------------------------------------
def test_the_main_part_is_the_one_that_the_package_names() -> None:
    data = write(p("a"))
    main = zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml")
    data = rewrite(
        data,
        {
            "word/other.xml": lambda _: main.replace(b">a<", b">b<"),
            "_rels/.rels": lambda old: old.replace(b"word/document.xml", b"/word/other.xml"),
        },
    )
    assert texts(read_docx(data)) == ["b"]


def test_strict_open_xml() -> None:
    old, new = b"http://schemas.openxmlformats.org/", b"http://purl.oclc.org/ooxml/"

    def change(part: bytes) -> bytes:
        return part.replace(old + b"wordprocessingml/2006/main", new + b"wordprocessingml/main").replace(
            old + b"officeDocument/2006/relationships", new + b"officeDocument/relationships"
        )

    parts = ("word/document.xml", "word/styles.xml", "word/_rels/document.xml.rels", "_rels/.rels")
    data = rewrite(write(p("a", val("pStyle", "Heading1")), tbl(tr(tc("1"), tc("2")))), dict.fromkeys(parts, change))
    document = read_docx(data)
    assert [(b.text, b.heading) for b in document.blocks if isinstance(b, Paragraph)] == [("a", 1)]
    assert tables(document) == [[["1", "2"]]]


GOOD = write(p("a"), tbl(tr(tc("1"), tc("2"))))
LONG = b"<w:tr><w:tc><w:p/></w:tc><w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc></w:tr>" * 2500
ENTITY = b"<!DOCTYPE x [<!ENTITY e 'x'>]><w:document"


def replace_body(body: bytes) -> bytes:
    def change(part: bytes) -> bytes:
        start, end = part.index(b"<w:body>"), part.index(b"</w:body>")
        return part[: start + 8] + body + part[end:]

    return rewrite(GOOD, {"word/document.xml": change})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04" + bytes(range(256)) * 20,
        GOOD[: len(GOOD) // 2],
        rewrite(GOOD, {"word/document.xml": lambda part: part.replace(b"<w:document", ENTITY, 1)}),
        rewrite(GOOD, {"word/document.xml": lambda _: b"<html/>"}),
        rewrite(GOOD, {"word/document.xml": lambda part: part[:-40]}),
        rewrite(GOOD, {"_rels/.rels": lambda _: b"<Relationships/>"}),
        replace_body(b"<w:p/>"),
        replace_body(b"<w:tbl><w:tr><w:tc>" * 60 + b"<w:p/>" + b"</w:tc></w:tr></w:tbl>" * 60),
        replace_body(b"<w:tbl><w:tr>" + b"<w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc>" * 300 + b"</w:tr></w:tbl>"),
    ],
    ids=["empty", "random", "cut", "entities", "other root", "cut xml", "no main", "no text", "deep", "wide"],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableDocument) as refused:
        read_docx(data)
    assert str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_very_long_table_is_cut_with_a_warning() -> None:
    document = read_docx(replace_body(b"<w:tbl>" + LONG + b"</w:tbl>"))
    assert [code for code, _ in document.warnings] == ["table_too_long"]
    assert len(tables(document)[0]) == 2000
