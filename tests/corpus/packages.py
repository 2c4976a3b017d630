"""OFD files, set by a press of the tests' own, and archives of documents."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.corpus.drawn import Drawn, draw_report
from tests.corpus.model import Made
from tests.corpus.ofd import write_ofd
from tests.corpus.page_layout import Style, set_blocks, set_pages
from tests.corpus.sheets import Sheet, put_table, save_xlsx
from tests.corpus.word import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from tests.corpus.model import Maker
    from tests.corpus.tools import Tools

SIZES = ((595.3, 841.9), (595.3, 841.9), (516.0, 728.5), (612.0, 792.0))  # A4 twice as often, B5, Letter
NUMBERS = ("- {n} -", "—{n}—", "第{n}页 共{all}页", "{n}", "")


# --- OFD --------------------------------------------------------------------------------------------------------
def choose_style(rng: Random) -> Style:
    """Paper, margins and sizes."""
    width, height = rng.choice(SIZES)
    return Style(
        width=width,
        height=height,
        margin=rng.uniform(50, 80),
        cell_size=rng.choice((7.5, 8.0, 9.0)),
        padding=rng.uniform(2.0, 4.0),
        number=rng.choice(NUMBERS),
        leading=rng.uniform(1.4, 1.9),
    )


def write_ruled(drawn: Drawn) -> bytes:
    """Each table on one page where it fits."""
    return write_ofd(set_pages(drawn.blocks(), choose_style(drawn.rng)), drawn.rng.randrange(10**6))


def write_over_pages(drawn: Drawn) -> bytes:
    """Tables that go on over pages, with and without their header again."""
    style = replace(choose_style(drawn.rng), keep=False, repeat=drawn.rng.random() < 0.4)
    drawn.told.append("header again" if style.repeat else "header once")
    blocks = drawn.blocks()
    prose = [b for b in blocks if b.kind == "paragraph" and b.section == 1]
    first = blocks.index(prose[0])
    for _ in range(drawn.rng.randint(0, 4)):  # lines of prose move the cut
        blocks.insert(first, drawn.rng.choice(prose))
    press = set_blocks(blocks, style)
    while not press.cuts:
        blocks.insert(first, drawn.rng.choice(prose))
        press = set_blocks(blocks, style)
    drawn.told.append(f"{press.cuts} cuts")
    return write_ofd(press.finish(), drawn.rng.randrange(10**6))


def write_bare(drawn: Drawn) -> bytes:
    """Tables without a line: columns stand under each other, a row is what stands on one height."""
    style = replace(choose_style(drawn.rng), ruled=False, margin=40.0, cell_size=7.5)
    drawn.draft.also.add("partial")  # nothing but places says what belongs together
    return write_ofd(set_pages(drawn.blocks(), style), drawn.rng.randrange(10**6))


# --- Archives ---------------------------------------------------------------------------------------------------
def pack_members(members: list[tuple[str, bytes]], *, encoding: str = "utf-8") -> bytes:
    """A zip; with another encoding than UTF-8 the names are its bytes, unmarked, as old programs write them."""
    out = io.BytesIO()
    renamed: list[tuple[bytes, bytes]] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, data) in enumerate(members):
            written = name
            if encoding != "utf-8" and not name.isascii():
                raw = name.encode(encoding)
                written = f"~{number:02d}".ljust(len(raw), "\x7f")  # same length, nowhere else in the file
                renamed.append((written.encode(), raw))
            member = zipfile.ZipInfo(written, (2024, 1, 18, 10, 0, 0))
            member.compress_type = zipfile.ZIP_STORED if name.endswith("/") else zipfile.ZIP_DEFLATED
            archive.writestr(member, data)
    packed = out.getvalue()
    for written_bytes, raw in renamed:
        if packed.count(written_bytes) != 2:  # the member's own header and the directory
            raise ValueError(f"{written_bytes!r} does not stand twice")
        packed = packed.replace(written_bytes, raw)
    return packed


def write_report(drawn: Drawn) -> bytes:
    """The whole report as a .docx."""
    return Writer(drawn.draft, drawn.rng).write(drawn.blocks())


def make_junk(rng: Random, name: str) -> list[tuple[str, bytes]]:
    """What systems leave in archives: thumbnails (an OLE file), resource forks, settings, a lock file."""
    thumbs = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + rng.randbytes(1528)
    fork = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + rng.randbytes(200)
    return [
        ("Thumbs.db", thumbs),
        (f"__MACOSX/._{name}", fork),
        (".DS_Store", b"\x00\x00\x00\x01Bud1" + rng.randbytes(500)),
        ("desktop.ini", "[.ShellClassInfo]\r\nIconIndex=1\r\n".encode("utf-16")),
        (f"~${name}", b"\x05lihong" + b"\x00" * 155),
    ]


def pack_one(drawn: Drawn) -> bytes:
    """One .docx, in some within a folder."""
    name = f"{drawn.draft.title}.docx"
    folder = drawn.rng.choice(("", "附件/", "2023/"))
    members = [(folder, b"")] if folder else []
    return pack_members([*members, (folder + name, write_report(drawn))])


def pack_parts(drawn: Drawn) -> bytes:
    """Prose and headings in a .docx, the tables in an .xlsx, in either order."""
    blocks = drawn.blocks()
    prose = Writer(drawn.draft, drawn.rng).write([b for b in blocks if b.table is None])
    sheets = []
    one = drawn.rng.random() < 0.5
    for number, block in enumerate((b for b in blocks if b.table is not None), 2):
        if block.table is None:
            continue
        if not sheets or not one:
            sheets.append(Sheet("附表" if one else f"表{'〇一二三四'[number]}"))
        put_table(sheets[-1], drawn.draft, block.table, drawn.rng, spread=False)
        sheets[-1].row += 2
    drawn.told.append("tables in one sheet" if one else "a sheet for each table")
    members = [(f"{drawn.draft.title}.docx", prose), ("附表.xlsx", save_xlsx(sheets))]
    if drawn.rng.random() < 0.5:
        members.reverse()
        drawn.told.append("tables first")
    return pack_members(members)


def pack_gbk(drawn: Drawn) -> bytes:
    """Names in GBK that nothing marks as such, junk among the members."""
    name = f"{drawn.draft.title}.docx"
    junk = make_junk(drawn.rng, name)
    drawn.rng.shuffle(junk)
    at = drawn.rng.randrange(len(junk) + 1)
    return pack_members([*junk[:at], (name, write_report(drawn)), *junk[at:]], encoding="gbk")


def pack_nested(drawn: Drawn) -> bytes:
    """An archive in an archive, junk beside it."""
    inner = pack_members([(f"年报/{drawn.draft.title}.docx", write_report(drawn))], encoding="gbk")
    return pack_members([("附件.zip", inner), *make_junk(drawn.rng, "a.docx")[:2]])


# --- Makers -----------------------------------------------------------------------------------------------------
def make_with(kind: str, suffix: str, write: Callable[[Drawn], bytes], how: str) -> Maker:
    """A maker whose documents ``write`` gives."""

    def make(tools: Tools, seed: int, count: int) -> Iterator[Made]:
        for number in range(count):
            drawn = draw_report(kind, seed, number)
            data = write(drawn)
            yield Made(drawn.name, suffix, data, drawn.draft.expect(), drawn.origin(how))

    return make


KINDS: dict[str, tuple[str, Callable[[Drawn], bytes], str]] = {
    "ofd-ruled": (".ofd", write_ruled, "the national page format, tables with all lines"),
    "ofd-pages": (".ofd", write_over_pages, "the national page format, tables over pages"),
    "ofd-no-lines": (".ofd", write_bare, "the national page format, tables without a line"),
    "zip-docx": (".zip", pack_one, "an archive with one .docx"),
    "zip-parts": (".zip", pack_parts, "an archive with the prose and the tables apart"),
    "zip-gbk": (".zip", pack_gbk, "an archive with names in GBK and junk"),
    "zip-nested": (".zip", pack_nested, "an archive in an archive"),
}
MAKERS: dict[str, Maker] = {kind: make_with(kind, *made) for kind, made in KINDS.items()}
