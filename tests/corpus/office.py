"""Word files of every kind: .docx written part by part, .doc, .wps and .rtf by LibreOffice, pages saved under .doc."""

from __future__ import annotations

import base64
import io
import quopri
from typing import TYPE_CHECKING

import docx

from tests.cases.make import shapes
from tests.cases.make.draft import Block
from tests.cases.make.grid import Table, fill_grid
from tests.cases.make.pages import (
    WORD_GRID,
    Look,
    empty_cell,
    encode_page,
    make_page,
    render_flow,
    split_digits_cell,
    word_cell,
    word_p,
)
from tests.corpus.drawn import Drawn, draw_report
from tests.corpus.model import Made
from tests.corpus.word import Writer, make_strict
from tests.corpus.word_faults import (
    CutWriter,
    HiddenWriter,
    MergedWriter,
    NestedWriter,
    NumberedWriter,
    TextboxWriter,
    TrackedWriter,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.corpus.model import Maker
    from tests.corpus.tools import Tools

Write = "Callable[[Drawn], bytes]"


# --- .docx ------------------------------------------------------------------------------------------------------
def write_plain(drawn: Drawn) -> bytes:
    """The form as it is, by our own writer or by python-docx."""
    if drawn.rng.random() < 0.35:
        drawn.told.append("by python-docx")
        return write_by_library(drawn)
    return Writer(drawn.draft, drawn.rng).write(drawn.blocks())


def write_by_library(drawn: Drawn) -> bytes:
    """The report by python-docx, merges by its own `merge`."""
    document = docx.Document()
    for block in drawn.blocks():
        if block.table is not None:
            add_table(document, block.table)
        elif block.kind == "title":
            document.add_heading(block.text, 0)
        elif block.kind == "heading":
            document.add_heading(block.text, 1)
        else:
            document.add_paragraph(block.text)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def add_table(document: object, table: Table) -> None:
    """A table of python-docx with all its merges."""
    grid = fill_grid(table)
    made = document.add_table(len(grid), len(grid[0]))  # type: ignore[attr-defined]
    made.style = "Table Grid"
    squares = [list(row.cells) for row in made.rows]
    for y, line in enumerate(grid):
        for x, (cell, begins) in enumerate(line):
            if not begins:
                continue
            if cell.rows > 1 or cell.columns > 1:
                squares[y][x].merge(squares[y + cell.rows - 1][x + cell.columns - 1])
            squares[y][x].paragraphs[0].add_run(cell.text)


def write_merged(drawn: Drawn) -> bytes:
    """Every way of merging."""
    writer = MergedWriter(drawn.draft, drawn.rng)
    drawn.told.append(f"merged across by {writer.across}")
    return writer.write(drawn.blocks())


def write_merged_for_doc(drawn: Drawn) -> bytes:
    """Every way of merging on a sound grid."""
    return MergedWriter(drawn.draft, drawn.rng, sound_grid=True).write(drawn.blocks())


def write_wide(drawn: Drawn) -> bytes:
    """More columns than the form has: blank ones, or 备注."""
    if drawn.rng.random() < 0.4:
        drawn.draft.remarks = {"received": "含网络申请5件", "carried_out": "均在期限内", "licensing": "2"}
        drawn.draft.also |= {"read", "partial"}
        drawn.told.append("column 备注")
        blocks = drawn.blocks()
    else:
        drawn.told.append("empty columns")
        blocks = shapes.empty_columns(drawn.blocks())
    return Writer(drawn.draft, drawn.rng).write(blocks)


def write_nested(drawn: Drawn) -> bytes:
    """Tables inside cells."""
    writer = NestedWriter(drawn.draft, drawn.rng)
    drawn.told.append(f"layout table: {writer.way}, numbers boxed: {writer.boxes}")
    return writer.write(drawn.blocks())


CUT_MARKS: tuple[tuple[str, ...], ...] = ((), ("- 3 -",), ("—4—", ""), ("（续表）",), ("第5页 共8页",), ("", ""))


def cut_blocks(drawn: Drawn) -> list[Block]:
    """The flow with table III cut (in some twice), and II and IV in some."""
    rng = drawn.rng
    blocks = drawn.blocks()
    table = next(b.table for b in blocks if b.table is not None and b.table.name == "applications")
    names = [c.name for row in table.rows for c in row if c.kind == "label"][2:]
    first = rng.choice(names[: len(names) // 2])
    marks, header = rng.choice(CUT_MARKS), rng.random() < 0.4
    groups = rng.choice(("again", "blank"))
    drawn.told.append(f"cut before {first}, header {'again' if header else 'once'}, groups {groups}, between: {marks}")
    if rng.random() < 0.3:
        second = rng.choice(names[len(names) // 2 + 1 :])
        blocks = shapes.cut_applications(blocks, second, header=header, groups=groups, marks=marks)
        drawn.told.append(f"and before {second}")
        parts = [i for i, b in enumerate(blocks) if b.table is not None and b.table.name == "applications"]
        head = shapes.cut_applications(blocks[: parts[0] + 1], first, header=header, groups=groups, marks=marks)
        blocks = head + blocks[parts[0] + 1 :]
    else:
        blocks = shapes.cut_applications(blocks, first, header=header, groups=groups, marks=marks)
    if rng.random() < 0.3:
        blocks = shapes.part_review(blocks, marks)
        drawn.told.append("numbers of IV apart")
    if rng.random() < 0.3:
        blocks = shapes.part_articles(blocks)
        drawn.told.append("II by article")
    return blocks


def write_cut(drawn: Drawn) -> bytes:
    """Tables cut into several, with what a page leaves between."""
    return CutWriter(drawn.draft, drawn.rng).write(cut_blocks(drawn))


def write_textbox(drawn: Drawn) -> bytes:
    """Text boxes."""
    writer = TextboxWriter(drawn.draft, drawn.rng)
    drawn.told.append(f"in boxes: {', '.join(sorted(writer.boxed))} ({writer.boxed_table}), {writer.way}")
    return writer.write(drawn.blocks())


def write_tracked(drawn: Drawn) -> bytes:
    """Changes not yet accepted."""
    return TrackedWriter(drawn.draft, drawn.rng).write(drawn.blocks())


def write_numbered(drawn: Drawn) -> bytes:
    """Numbers by Word."""
    writer = NumberedWriter(drawn.draft, drawn.rng)
    drawn.told.append("labels and headings numbered" if writer.labelled else "headings numbered")
    return writer.write(drawn.blocks())


def write_hidden(drawn: Drawn) -> bytes:
    """Text that does not show."""
    return hide(drawn, HiddenWriter(drawn.draft, drawn.rng))


def hide(drawn: Drawn, writer: HiddenWriter) -> bytes:
    """The file, with the ways of the document told."""
    drawn.told.append(f"numbers with {', '.join(writer.ways)}")
    return writer.write(drawn.blocks())


def write_hidden_for_doc(drawn: Drawn) -> bytes:
    """Text that does not show, without fields that LibreOffice would work out."""
    return hide(drawn, HiddenWriter(drawn.draft, drawn.rng, fields=False))


def write_strict(drawn: Drawn) -> bytes:
    """The strict form of the standard."""
    return make_strict(Writer(drawn.draft, drawn.rng).write(drawn.blocks()))


# --- Pages saved by Word ----------------------------------------------------------------------------------------
def write_page(drawn: Drawn) -> tuple[str, str]:
    """(page, encoding) as Word's 'save as web page' gives it."""
    inner = drawn.rng.choice((word_cell, split_digits_cell, empty_cell))
    encoding = drawn.rng.choice(("gb2312", "utf-8"))
    flow = render_flow(drawn.blocks(), Look(word_p, inner, WORD_GRID))
    drawn.told.append(f"declared {encoding}")
    return make_page(drawn.draft, flow, shell="word", charset=encoding), encoding


def write_html(drawn: Drawn) -> bytes:
    """A web page under the name of a Word file."""
    page, encoding = write_page(drawn)
    return encode_page(page, "gbk" if encoding == "gb2312" else "utf-8")


def write_mht(drawn: Drawn) -> bytes:
    """A 'web page in one file': MIME parts, the page in quoted-printable or base64, a picture and a list beside it."""
    page, encoding = write_page(drawn)
    data = encode_page(page, "gbk" if encoding == "gb2312" else "utf-8")
    way = drawn.rng.choice(("quoted-printable", "base64"))
    drawn.told.append(way)
    body = quopri.encodestring(data) if way == "quoted-printable" else base64.encodebytes(data)
    edge = "----=_NextPart_01DA4A1F.5C0E2B70"
    base = "file:///C:/6A3F1D22/report"
    dot = base64.encodebytes(base64.b64decode("R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=")).decode()
    listing = '<xml xmlns:o="urn:schemas-microsoft-com:office:office"><o:MainFile HRef="../report.htm"/></xml>'
    text = (
        f'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="{edge}"\n\n'
        "此文档为“单个文件网页”，也称为“Web 档案”文件。\n\n"
        f"--{edge}\nContent-Location: {base}.htm\nContent-Transfer-Encoding: {way}\n"
        f'Content-Type: text/html; charset="{encoding}"\n\n'
    ).encode("gbk" if encoding == "gb2312" else "utf-8")
    rest = (
        f"\n--{edge}\nContent-Location: {base}.files/image001.gif\nContent-Transfer-Encoding: base64\n"
        f"Content-Type: image/gif\n\n{dot}\n"
        f"--{edge}\nContent-Location: {base}.files/filelist.xml\nContent-Transfer-Encoding: quoted-printable\n"
        f'Content-Type: text/xml; charset="utf-8"\n\n{listing.replace("=", "=3D")}\n\n--{edge}--\n'
    ).encode()
    return (text + body + rest).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


# --- Makers -----------------------------------------------------------------------------------------------------
def write_with(
    kind: str, suffix: str, write: Callable[[Drawn], bytes], how: str, *, plain_labels: bool = False
) -> Maker:
    """A maker whose documents ``write`` gives."""

    def make(tools: Tools, seed: int, count: int) -> Iterator[Made]:
        for number in range(count):
            drawn = draw_report(kind, seed, number, plain_labels=plain_labels)
            data = write(drawn)
            yield Made(drawn.name, suffix, data, drawn.draft.expect(), drawn.origin(how))

    return make


def convert_with(
    kind: str, suffix: str, write: Callable[[Drawn], bytes], to: str, how: str, *, plain_labels: bool = False
) -> Maker:
    """A maker whose .docx LibreOffice turns into something else, all in one run."""

    def make(tools: Tools, seed: int, count: int) -> Iterator[Made]:
        drawn = [draw_report(kind, seed, number, plain_labels=plain_labels) for number in range(count)]
        files = [(f"{one.name}.docx", write(one)) for one in drawn]
        for one, data in zip(drawn, tools.convert(files, to), strict=True):
            yield Made(one.name, suffix, data, one.draft.expect(), one.origin(how))

    return make


WORD_97 = "doc:MS Word 97"
BY_OFFICE = "by LibreOffice of a .docx"
DOCX: dict[str, tuple[Callable[[Drawn], bytes], str]] = {
    "plain": (write_plain, "a Word file with the form as it is"),
    "merged": (write_merged, "cells merged in every way"),
    "nested": (write_nested, "tables in cells"),
    "cut": (write_cut, "tables cut by pages"),
    "textbox": (write_textbox, "text boxes"),
    "tracked": (write_tracked, "tracked changes"),
    "numbered": (write_numbered, "automatic numbers"),
    "hidden": (write_hidden, "hidden text, fields and controls"),
    "strict": (write_strict, "strict Open XML"),
}
DOC: dict[str, Callable[[Drawn], bytes]] = {
    "plain": write_plain,
    "merged": write_merged_for_doc,
    "wide": write_wide,
    "nested": write_nested,
    "cut": write_cut,
    "tracked": write_tracked,
    "numbered": write_numbered,
    "hidden": write_hidden_for_doc,
}
MAKERS: dict[str, Maker] = {
    **{
        f"docx-{name}": write_with(f"docx-{name}", ".docx", write, how, plain_labels=name == "numbered")
        for name, (write, how) in DOCX.items()
    },
    **{
        f"doc-{name}": convert_with(
            f"doc-{name}",
            ".doc",
            write,
            WORD_97,
            f"{DOCX.get(name, ('', 'wide tables'))[1]}, {BY_OFFICE}",
            plain_labels=name == "numbered",
        )
        for name, write in DOC.items()
    },
    "wps": convert_with("wps", ".wps", write_plain, WORD_97, f"a .doc under the name of WPS, {BY_OFFICE}"),
    "rtf": convert_with("rtf", ".rtf", write_plain, "rtf:Rich Text Format", f"rich text {BY_OFFICE}"),
    "doc-html": write_with("doc-html", ".doc", write_html, "a web page saved by Word under the name of a .doc"),
    "doc-mht": write_with("doc-mht", ".doc", write_mht, "a web page in one file under the name of a .doc"),
}
