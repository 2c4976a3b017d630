"""Files that are built to hurt: cut off, empty, random, bombs, circles, what would fetch or run something.

Each is read in a reader process with the limits of a stranger's document. It must be refused in one line, or give a
record that claims nothing, and leave neither files nor processes. Nothing is ever fetched: a server on loopback and a
file with a telling name stand ready to be touched.
"""

from __future__ import annotations

import io
import os
import socket
import struct
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import docx
import openpyxl
import pikepdf
import pytest
from pikepdf import Dictionary, Name

from crawler.extraction.documents.options import Options
from crawler.workers.model import Limits
from crawler.workers.pool import ReaderPool
from tests.bench.mutant import READ_MUTANT, Reading
from tests.bench.mutate import pack, unpack

# What hostile input happens to run through says nothing of what the tests cover.
pytestmark = [pytest.mark.long, pytest.mark.no_cover]

CASES = Path(__file__).parents[1] / "cases"
LIMITS = Limits(seconds=20, megabytes=1000, slow_seconds=20, slow_megabytes=1000)
SIGNATURES = {
    "pdf": b"%PDF-1.7\n",
    "zip": b"PK\x03\x04",
    "empty-zip": b"PK\x05\x06",
    "ole": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "rtf": b"{\\rtf1\\ansi ",
    "png": b"\x89PNG\r\n\x1a\n",
    "jpeg": b"\xff\xd8\xff\xe0",
    "gif": b"GIF89a",
    "tiff": b"II*\x00",
    "tiff-big": b"MM\x00*",
    "bmp": b"BM",
    "webp": b"RIFF\xff\xff\x00\x00WEBPVP8L",
    "html": b"<!DOCTYPE html><html><body>",
    "mhtml": b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\n",
    "xml": b'<?xml version="1.0"?><w xmlns="urn:schemas-microsoft-com:office:word">',
    "utf-16": b"\xff\xfe",
    "gzip": b"\x1f\x8b\x08",
    "none": b"",
}
CELLS = "<table><tr><td>{}</td></tr></table>"


# --- What is read -------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def pool() -> Iterator[ReaderPool]:
    with ReaderPool(2, LIMITS, READ_MUTANT) as pool:
        yield pool


def check(future: Future[Any]) -> Reading:
    """The reading of a hostile file: within limits, in one line, with nothing left behind, and claiming nothing."""
    reading: Reading = future.result()  # the reader's own errors, and one that was stopped, are raised here
    assert reading.faults == ()
    assert reading.verdict not in ("verified", "read"), reading
    return reading


def read_all(pool: ReaderPool, files: dict[str, bytes], *, ocr: bool = False) -> dict[str, Reading]:
    """Reads files beside each other."""
    jobs = [(name, pool.submit((data, name, Options(ocr=ocr, office=False)))) for name, data in files.items()]
    problems, found = [], {}
    for name, future in jobs:
        try:
            found[name] = check(future)
        except Exception as error:
            problems.append(f"{name}: {type(error).__name__}: {error}")
    assert problems == []
    return found


# --- Nothing, noise, ends -----------------------------------------------------------------------------------------
def test_nothing_and_noise_under_each_signature(pool: ReaderPool) -> None:
    rng = Random(1)
    files = {}
    for name, signature in SIGNATURES.items():
        files[f"{name} alone"] = signature
        files[f"{name} and noise"] = signature + rng.randbytes(20_000)
        files[f"{name} and zeros"] = signature + bytes(20_000)
        files[f"{name} and text"] = signature + "年度报告 1 2 3\n".encode() * 500
    found = read_all(pool, files)
    assert {reading.verdict for reading in found.values()} <= {"UnreadableDocument", "NotAReport"}


# --- Zipped -------------------------------------------------------------------------------------------------------
def make_docx(**parts: bytes) -> bytes:
    """A small .docx; ``parts`` replace or add members, named without ``word/`` and ``.xml``."""
    out = io.BytesIO()
    document = docx.Document()
    document.add_paragraph("1")
    document.save(out)
    members = dict(unpack(out.getvalue())) | {f"word/{name}.xml": content for name, content in parts.items()}
    return pack(members.items())


def make_xlsx(**parts: bytes) -> bytes:
    """A small .xlsx; ``parts`` replace or add members, named without ``xl/`` and ``.xml``."""
    out = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["1", 2])
    book.save(out)
    members = dict(unpack(out.getvalue()))
    members |= {f"xl/{name.replace('__', '/')}.xml": content for name, content in parts.items()}
    return pack(members.items())


def make_ofd(content: bytes) -> bytes:
    """An .ofd of one page with this content."""
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    return pack(
        [
            (
                "OFD.xml",
                f"<ofd:OFD {space}><ofd:DocBody><ofd:DocRoot>D/Document.xml</ofd:DocRoot></ofd:DocBody>"
                "</ofd:OFD>".encode(),
            ),
            (
                "D/Document.xml",
                f"<ofd:Document {space}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox>"
                f'</ofd:PageArea></ofd:CommonData><ofd:Pages><ofd:Page ID="1" BaseLoc="Content.xml"/></ofd:Pages>'
                "</ofd:Document>".encode(),
            ),
            ("D/Content.xml", content),
        ]
    )


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
O = 'xmlns:ofd="http://www.ofdspec.org/2016"'  # noqa: E741


def word(body: str) -> bytes:
    return f"<w:document {W}><w:body>{body}</w:body></w:document>".encode()


def sheet(rows: str, more: str = "") -> bytes:
    return f"<worksheet {S}><sheetData>{rows}</sheetData>{more}</worksheet>".encode()


def page(objects: str) -> bytes:
    return f'<ofd:Page {O}><ofd:Content><ofd:Layer ID="2">{objects}</ofd:Layer></ofd:Content></ofd:Page>'.encode()


def lie_about_size(data: bytes, size: int) -> bytes:
    """A zip whose directory says that each member is so large."""
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        data = data[: at + 24] + struct.pack("<L", size) + data[at + 28 :]
        at += 4
    return data


def test_bombs_in_packages(pool: ReaderPool) -> None:
    zeros = b" " * 20_000_000
    bomb = pack([("a.xml", zeros)])
    layers = bomb
    for n in range(5):
        layers = pack([(f"{n}-{k}.zip", layers) for k in range(8)])
    files = {
        "docx by declared size": make_docx(document=b"<w/>" + zeros),
        "docx by real size": lie_about_size(make_docx(document=b"<w/>" + zeros), 1000),
        "docx with a picture of zeros": make_docx(media=bytes(20_000_000)),
        "xlsx": make_xlsx(worksheets__sheet1=b"<w/>" + zeros),
        "xlsx shared strings": make_xlsx(sharedStrings=b"<sst>" + b"<si><t>1</t></si>" * 1_100_000 + b"</sst>"),
        "ofd": make_ofd(b"<w/>" + zeros),
        "zip": bomb,
        "zips in zips": layers,
        "a zip of many": pack([(f"{n}.txt", b"1") for n in range(20_000)]),
        "a zip of itself": pack([("a.zip", bomb[: len(bomb) // 2])]),
        "docx in a zip": pack([("a.docx", make_docx(document=b"<w/>" + zeros))]),
    }
    read_all(pool, files)


def test_packages_with_too_much_in_them(pool: ReaderPool) -> None:
    cell = "<w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc>"
    text = (
        '<ofd:TextObject ID="3" Boundary="0 0 9 9" Font="3" Size="4"><ofd:TextCode X="0" Y="4"{}>{}</ofd:TextCode>'
        "</ofd:TextObject>"
    )
    deep = 5000
    files = {
        "docx rows": make_docx(document=word("<w:tbl>" + f"<w:tr>{cell}</w:tr>" * 100_000 + "</w:tbl>")),
        "docx columns": make_docx(document=word(f"<w:tbl><w:tr>{cell * 100_000}</w:tr></w:tbl>")),
        "docx span": make_docx(
            document=word(
                f'<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="{10**9}"/></w:tcPr><w:p/></w:tc></w:tr></w:tbl>'
            )
        ),
        "docx tables in tables": make_docx(
            document=word("<w:tbl><w:tr><w:tc>" * 80 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 80)
        ),
        "docx elements in elements": make_docx(document=word("<w:p>" * deep + "</w:p>" * deep)),
        "docx one long text": make_docx(document=word(f"<w:p><w:r><w:t>{'年1' * 5_000_000}</w:t></w:r></w:p>")),
        "xlsx last cell": make_xlsx(worksheets__sheet1=sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')),
        "xlsx no such cell": make_xlsx(
            worksheets__sheet1=sheet(f'<row r="{10**12}"><c r="A{10**12}"><v>1</v></c></row>')
        ),
        "xlsx merges": make_xlsx(
            worksheets__sheet1=sheet(
                '<row r="1"><c r="A1"><v>1</v></c></row>',
                "<mergeCells>" + '<mergeCell ref="A1:XFD1048576"/>' * 1000 + "</mergeCells>",
            )
        ),
        "xlsx string index": make_xlsx(
            worksheets__sheet1=sheet(f'<row r="1"><c r="A1" t="s"><v>{10**12}</v></c></row>')
        ),
        "xlsx number": make_xlsx(
            worksheets__sheet1=sheet('<row r="1"><c r="A1"><v>1e308</v></c><c r="B1"><v>nan</v></c></row>')
        ),
        "ofd repeats": make_ofd(page(text.format(f' DeltaX="g {10**9} 1"', "11"))),
        "ofd objects": make_ofd(page(text.format("", "1") * 150_000)),
        "ofd size": make_ofd(page(text.format(' DeltaX="1e999 nan"', "12").replace('Size="4"', 'Size="1e300"'))),
        "ofd blocks in blocks": make_ofd(page('<ofd:PageBlock ID="4">' * deep + "</ofd:PageBlock>" * deep)),
    }  # fmt: skip
    read_all(pool, files)


# --- XML that fetches ---------------------------------------------------------------------------------------------
class Trap:
    """A server on loopback that counts who comes."""

    def __init__(self) -> None:
        self.visits = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                guest, _ = self._socket.accept()
                self.visits += 1
                guest.close()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@pytest.fixture
def trap() -> Iterator[Trap]:
    trap = Trap()
    yield trap
    trap.close()


def test_entities_are_not_resolved_and_links_not_followed(pool: ReaderPool, trap: Trap, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("44444", encoding="ascii")
    web = f"http://127.0.0.1:{trap.port}/x"
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    kinds = {
        "laughs": f'<!DOCTYPE x [<!ENTITY a0 "1">{laughs}]>',
        "long": f'<!DOCTYPE x [<!ENTITY a9 "{"1" * 1_000_000}">]>',
        "file": f'<!DOCTYPE x [<!ENTITY a9 SYSTEM "{secret.as_uri()}">]>',
        "web": f'<!DOCTYPE x [<!ENTITY a9 SYSTEM "{web}">]>',
        "dtd": f'<!DOCTYPE x SYSTEM "{web}">',
        "parameter": f'<!DOCTYPE x [<!ENTITY % p SYSTEM "{web}"> %p;]>',
    }
    kinds_of_relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    link = f'<a:blip xmlns:a="a" xmlns:r="{kinds_of_relations}" r:link="{web}"/>'
    relation = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        f'Type="{kinds_of_relations}/attachedTemplate" Target="{web}" TargetMode="External"/></Relationships>'
    )
    files: dict[str, bytes] = {}
    for name, head in kinds.items():
        use = "" if name in ("dtd", "parameter") else "&a9;" * 50
        start = f'<?xml version="1.0"?>{head}'.encode()
        files[f"docx {name}"] = make_docx(document=start + word(f"<w:p><w:r><w:t>{use}</w:t></w:r></w:p>"))
        files[f"xlsx {name}"] = make_xlsx(
            worksheets__sheet1=start + sheet(f'<row r="1"><c r="A1" t="inlineStr"><is><t>{use}</t></is></c></row>')
        )
        files[f"ofd {name}"] = make_ofd(start + page(use))
        files[f"html {name}"] = start + f"<html><body>{CELLS.format(use)}</body></html>".encode()
    files["docx template"] = make_docx(**{"_rels/document.xml.rels": relation.encode()})
    files["docx picture"] = make_docx(document=word(f"<w:p><w:r><w:drawing>{link}</w:drawing></w:r></w:p>"))
    files["docx fields"] = make_docx(
        document=word(
            f'<w:p><w:fldSimple w:instr="INCLUDETEXT &quot;{web}&quot;"><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p>'
        )
    )
    files["xlsx formulas"] = make_xlsx(
        worksheets__sheet1=sheet(
            f'<row r="1"><c r="A1"><f>WEBSERVICE("{web}")</f><v>1</v></c>'
            '<c r="B1"><f>cmd|"/c x"!A1</f><v>2</v></c></row>'
        )
    )
    files["rtf"] = (
        f'{{\\rtf1{{\\field{{\\*\\fldinst INCLUDEPICTURE "{web}"}}{{\\fldrslt 1}}}}{{\\*\\template {web}}}}}'.encode()
    )
    files["html"] = (
        f'<html><head><base href="{web}"><meta http-equiv="refresh" content="0;url={web}"><script src="{web}"></script>'
        f'</head><body><img src="{web}"><iframe src="{secret.as_uri()}"></iframe>{CELLS.format(1)}</body></html>'
    ).encode()
    files["pdf"] = save_pdf(make_pdf(b"BT ET", OpenAction=Dictionary(S=Name.URI, URI=web.encode())))
    found = read_all(pool, files)
    assert trap.visits == 0
    assert not any("44444" in reading.reason for reading in found.values())


def test_tables_as_lines_of_word_have_places(pool: ReaderPool) -> None:
    """A report whose tables are typed as lines: each value says where it stands, or the record breaks the schema."""
    case = CASES / "txt-balance-broken-2020" / "input.txt"
    document = docx.Document()
    for line in case.read_text(encoding="utf-8").splitlines():
        document.add_paragraph(line)
    out = io.BytesIO()
    document.save(out)
    reading = pool.submit((out.getvalue(), "lines", Options(ocr=False, office=False))).result()
    assert reading.tables
    assert reading.faults == ()


# --- OLE and rich text --------------------------------------------------------------------------------------------
def make_ole(
    fat: list[int], *, directory: int = 1, children: tuple[int, int, int] = (-1, -1, 1), size: int = 4096
) -> bytes:
    """An OLE file of a header, a sector of FAT, one of directory and some of content. The second entry of the
    directory is a stream "WordDocument"."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack(
        "<HHHHH6xLLLLLLLLLL", 62, 3, 0xFFFE, 9, 6, 0, 1, directory, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0
    )
    header = header[:76] + struct.pack("<L", 0) + b"\xff" * (512 - 80)

    def entry(name: str, kind: int, links: tuple[int, int, int], start: int, length: int) -> bytes:
        raw = name.encode("utf-16-le")
        left, right, child = (n & 0xFFFFFFFF for n in links)
        fixed = raw.ljust(64, b"\0") + struct.pack("<HBBLLL", len(raw) + 2, kind, 1, left, right, child)
        return fixed + bytes(36) + struct.pack("<LQ", start, length)

    entries = entry("Root Entry", 5, children, 0xFFFFFFFE, 0) + entry("WordDocument", 2, (0, 1, 1), 2, size)
    table = struct.pack(f"<{len(fat)}L", *(n & 0xFFFFFFFF for n in fat)).ljust(512, b"\xff")
    return header + table + entries.ljust(512, b"\0") + bytes(512 * 10)


def test_circles_in_old_files(pool: ReaderPool) -> None:
    end = 0xFFFFFFFE
    many = make_ole([0xFFFFFFFD, end, end])
    files = {
        "a stream that goes in a circle": make_ole([0xFFFFFFFD, end, 3, 4, 2]),
        "a directory that goes in a circle": make_ole([0xFFFFFFFD, 1, 3, end]),
        "an entry that is its own child": make_ole([0xFFFFFFFD, end, 3, end], children=(0, 0, 0)),
        "a stream of petabytes": make_ole([0xFFFFFFFD, end, 3, end], size=1 << 50),
        "a directory that is not there": make_ole([0xFFFFFFFD, end, end], directory=0x7FFFFFF0),
        "tables without end": many[:44]
        + struct.pack("<L", 0x7FFFFFFF)
        + many[48:68]
        + bytes(4)
        + many[44:48]
        + many[76:],
    }
    found = read_all(pool, files)
    assert {reading.verdict for reading in found.values()} == {"UnreadableDocument"}


def test_rich_text_that_is_too_much(pool: ReaderPool) -> None:
    files = {
        "groups": b"{\\rtf1" + b"{" * 1_000_000,
        "ends": b"{\\rtf1" + b"}" * 1_000_000,
        "edges": b"{\\rtf1\\trowd" + b"\\cellx100" * 500_000 + b"\\cell\\row}",
        "cells": b"{\\rtf1\\trowd\\intbl" + b" 1\\cell" * 500_000 + b"\\row}",
        "depth": b"{\\rtf1\\intbl\\itap1000000000 a\\nestcell\\par}",
        "tables in tables": b"{\\rtf1"
        + b"".join(b"\\intbl\\itap%d 1\\nestcell{\\*\\nesttableprops\\trowd\\nestrow}" % n for n in range(3000)),
        "binary": b"{\\rtf1\\bin99999999999 abc}",
        "binary below nothing": b"{\\rtf1\\bin-5 abc}",
        "numbers": b"{\\rtf1\\u999999999999999999999 \\uc99999999 \\'zz\\fs99999999999999}",
        "pictures": b"{\\rtf1" + b"{\\pict\\pngblip 89504e47" * 20_000 + b"}",
        "boxes in boxes": b"{\\rtf1" + b"{\\shp{\\*\\shpinst{\\shptxt 1" * 20_000,
    }  # fmt: skip
    read_all(pool, files)


# --- Pages and texts of the web -----------------------------------------------------------------------------------
def test_pages_that_are_too_much(pool: ReaderPool) -> None:
    row = "<tr><td>1</td></tr>"
    files = {
        "spans": CELLS.format(1).replace("<td>", f'<td colspan="{10**9}" rowspan="{10**9}">' * 200),
        "many spans": f"<table>{'<tr><td colspan=1000 rowspan=65534>1</td></tr>' * 2000}</table>",
        "deep": "<div>" * 100_000,
        "tables in tables": "<table><tr><td>" * 3000 + "1",
        "rows": f"<table>{row * 250_000}</table>",
        "attributes": f"<p {' '.join(f'a{n}=1' for n in range(5_000))}>1</p>",
        "one word": "<p>" + "一" * 4_000_000,
        "unclosed": "<td" * 1_000_000,
        "comments": "<!--" * 1_000_000,
        "entities": "<p>" + "&#x110000;&#0;&#xD800;&amp" * 200_000,
        "numbers": CELLS.format("9" * 100_000),
        "headings": "".join(f"<p>{c}、主动公开政府信息情况</p>" for c in "一二三四五六" * 500),
    }
    found = {name: f"<html><body>{text}</body></html>".encode() for name, text in files.items()}
    found["mail in mail"] = SIGNATURES["mhtml"] + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" * 1000
    found["lines"] = "一、主动公开政府信息情况 1 2 3\n".encode() * 200_000
    found["tabs"] = b"1\t" * 2_000_000
    found["blanks"] = b"1" + b" " * 3_000_000 + b"1"
    read_all(pool, found)


def test_a_tag_of_very_many_attributes(pool: ReaderPool) -> None:
    """libxml2 compares each attribute with all before it."""
    text = f"<html><body><p {' '.join(f'a{n}=1' for n in range(100_000))}>1</p></body></html>"
    read_all(pool, {"attributes": text.encode()})


# --- PDF ----------------------------------------------------------------------------------------------------------
def make_pdf(content: bytes, **root: Any) -> pikepdf.Pdf:
    """One page with Helvetica as /H; ``root`` goes into the catalogue."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(595, 842))
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
    page.Resources = Dictionary(Font=Dictionary(H=font), XObject=Dictionary())
    page.Contents = pdf.make_stream(content)
    for key, value in root.items():
        pdf.Root[f"/{key}"] = value
    return pdf


def save_pdf(pdf: pikepdf.Pdf, **options: Any) -> bytes:
    out = io.BytesIO()
    pdf.save(out, static_id=True, **options)
    return out.getvalue()


def write_pdf(*objects: bytes, trailer: bytes = b"/Root 1 0 R") -> bytes:
    """A PDF of numbered objects as they are, with a right table of them."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + b"trailer\n<</Size %d %b>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, trailer, start))


def stream(data: bytes, keys: bytes = b"") -> bytes:
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (keys, len(data), data)


ROOT = b"<</Type/Catalog/Pages 2 0 R>>"
PAGES = b"<</Type/Pages/Count 1/Kids[3 0 R]>>"
NOTHING = (b"null",)
HELVETICA = b"/BaseFont/Helvetica"
SHOWN = b"BT /H 12 Tf 50 700 Td (1 2 3) Tj ET "


def page_with(content: bytes, keys: bytes = b"", *, box: bytes = b"0 0 595 842", more: tuple[bytes, ...] = ()) -> bytes:
    """One page whose content is object 4; further objects begin with 5."""
    font = b"/Resources<</Font<</H<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>/XObject<</X 5 0 R>>>>"
    own = b"<</Type/Page/Parent 2 0 R/MediaBox[%b]/Contents 4 0 R%b%b>>" % (box, font, keys)
    return write_pdf(ROOT, PAGES, own, content, *more)


def deflate(data: bytes, times: int = 1) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join([*(packer.compress(data) for _ in range(times)), packer.flush()])


def make_circles() -> dict[str, bytes]:
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</X 5 0 R/Y 6 0 R>>>>"
    whole = page_with(stream(SHOWN), more=NOTHING)
    start = whole.rindex(b"startxref")
    return {
        "a tree that is its own branch": write_pdf(ROOT, b"<</Type/Pages/Count 1/Kids[2 0 R]>>"),
        "two branches of each other": write_pdf(ROOT, b"<</Type/Pages/Kids[3 0 R]>>", b"<</Type/Pages/Kids[2 0 R]>>"),
        "a root that is itself": write_pdf(b"1 0 R"),
        "references in a circle": write_pdf(b"2 0 R", b"3 0 R", b"1 0 R"),
        "a form that draws itself": page_with(stream(b"/X Do " + SHOWN), more=(stream(b"/X Do ", form), b"null")),
        "forms that draw each other": page_with(
            stream(b"/X Do " + SHOWN), more=(stream(b"/Y Do /Y Do", form), stream(b"/X Do /X Do", form))
        ),
        "a length that is itself": page_with(b"<</Length 4 0 R>>stream\n1\nendstream", more=NOTHING),
        "a table that follows itself": whole.replace(b"1 0 R>>\nst", b"1 0 R/Prev %d>>\nst" % whole.rindex(b"xref\n0")),
        "a table at its own end": whole[:start] + b"startxref\n%d\n%%%%EOF" % start,
        "a page that is its own parent": write_pdf(ROOT, PAGES, b"<</Type/Page/Parent 3 0 R>>"),
        "an object stream in itself": write_pdf(
            ROOT, PAGES, stream(b"3 0 null", b"/Type/ObjStm/N 1/First 4/Extends 3 0 R")
        ),
        "a font of itself": page_with(stream(SHOWN), more=NOTHING).replace(HELVETICA, b"/DescendantFonts[3 0 R]"),
    }  # fmt: skip


def make_masses() -> dict[str, bytes]:
    million = 1_000_000
    packed = b"/Filter/FlateDecode"
    image = b"/Type/XObject/Subtype/Image/Width 30000/Height 30000/BitsPerComponent 8/ColorSpace/DeviceRGB" + packed
    zeros = deflate(bytes(1_000_000), 80)
    thrice = deflate(deflate(deflate(bytes(1_000_000), 80)))
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]"
    forms = [stream(b"/X Do " * 10, form + b"/Resources<</XObject<</X %d 0 R>>>>" % n) for n in range(6, 16)]
    one = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
    mapping = stream(b"beginbfrange <00000000> <ffffffff> <0000> endbfrange")
    return {
        "a milliard of pages": write_pdf(ROOT, b"<</Type/Pages/Count 1000000000/Kids[3 0 R]>>", one),
        "fewer than no pages": write_pdf(ROOT, b"<</Type/Pages/Count -5/Kids[]>>"),
        "a page of a milliard": page_with(stream(SHOWN), box=b"0 0 1e9 1e9", more=NOTHING),
        "a page of nothing": page_with(stream(SHOWN), box=b"0 0 0 0", more=NOTHING),
        "a page of no numbers": page_with(stream(SHOWN), box=b"/A (b) [] 9", more=NOTHING),
        "a picture of a milliard": page_with(
            stream(b"q 595 0 0 842 0 0 cm /X Do Q"), more=(stream(deflate(bytes(9000)), image),)
        ),
        "a unit of a milliard": page_with(stream(SHOWN), b"/UserUnit 1e9/Rotate 90", more=NOTHING),
        "arrays in arrays": write_pdf(ROOT, PAGES, b"<</Type/Page/X %b%b>>" % (b"[" * 50_000, b"]" * 50_000)),
        "dictionaries in dictionaries": write_pdf(ROOT, PAGES, b"<</Type/Page/X %b>>" % (b"<</X" * 100_000)),
        "content of arrays": page_with(stream(b"[" * 200_000), more=NOTHING),
        "content of zeros": page_with(stream(zeros, packed), more=NOTHING),
        "content packed often": page_with(
            stream(thrice, b"/Filter[/FlateDecode/FlateDecode/FlateDecode]"), more=NOTHING
        ),
        "a million operators": page_with(stream(deflate(b"0 g " * million + SHOWN), packed), more=NOTHING),
        "lines": page_with(stream(deflate(b"0 0 m 1 1 l S " * 30_000), packed), more=NOTHING),
        "a third of a million lines": page_with(
            stream(deflate(b"0 0 m 1 1 l S " * (million // 3)), packed), more=NOTHING
        ),
        "a million characters": page_with(
            stream(deflate(b"BT /H 1 Tf (%b) Tj ET" % (b"1" * million)), packed), more=NOTHING
        ),
        "a million states": page_with(stream(b"q " * million + SHOWN), more=NOTHING),
        "forms by the milliard": page_with(stream(b"/X Do " * 10), more=(*forms, stream(SHOWN, form))),
        "numbers that are too large": page_with(
            stream(b"1e999 0 0 1e999 0 0 cm " + b"9" * 5000 + b" 0 0 1 0 0 cm " + SHOWN), more=NOTHING
        ),
        "a font's map of all": page_with(stream(SHOWN), more=(mapping,)).replace(
            HELVETICA, HELVETICA + b"/ToUnicode 5 0 R"
        ),
        "a font's widths of all": page_with(stream(SHOWN), more=NOTHING).replace(
            HELVETICA, HELVETICA + b"/FirstChar 0/LastChar 999999999/Widths[1]"
        ),
    }  # fmt: skip


def test_a_tree_of_a_million_branches(pool: ReaderPool) -> None:
    million = 1_000_000
    tree = b"<</Type/Pages/Count %d/Kids[%b]>>" % (million, b"3 0 R " * million)
    read_all(pool, {"branches": write_pdf(ROOT, tree, b"<</Type/Page/Parent 2 0 R>>")})


def test_text_without_size(pool: ReaderPool) -> None:
    """Matrices that turn a text into a line or a point."""
    flat = (b"0 0 0 1 0 0", b"1 0 0 0 0 0", b"0 0 0 0 0 0", b"1 1 1 1 0 0", b"1e-30 0 0 1e-30 0 0")
    files = {}
    for matrix in flat:
        name = matrix.decode()
        files[f"{name} cm"] = page_with(stream(matrix + b" cm " + SHOWN), more=NOTHING)
        files[f"{name} Tm"] = page_with(stream(SHOWN.replace(b"50 700 Td", matrix + b" Tm")), more=NOTHING)
        form = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Matrix[%b]" % matrix
        files[f"{name} form"] = page_with(stream(b"/X Do"), more=(stream(SHOWN, form),))
    for size in (b"0", b"-12", b"1e-30", b"1e30"):
        files[f"{size.decode()} Tf"] = page_with(stream(SHOWN.replace(b"12 Tf", size + b" Tf")), more=NOTHING)
        files[f"{size.decode()} Tz"] = page_with(stream(SHOWN.replace(b"BT", b"BT " + size + b" Tz")), more=NOTHING)
    read_all(pool, files)


def test_circles_in_pages(pool: ReaderPool) -> None:
    read_all(pool, make_circles())


def test_pages_that_hold_too_much(pool: ReaderPool) -> None:
    read_all(pool, make_masses())


# --- Cut off ------------------------------------------------------------------------------------------------------
def test_cut_off_anywhere(pool: ReaderPool) -> None:
    whole = {
        "docx": make_docx(document=word("<w:p><w:r><w:t>1</w:t></w:r></w:p>")),
        "xlsx": make_xlsx(),
        "ofd": make_ofd(page("")),
        "pdf": save_pdf(make_pdf(SHOWN)),
        "ole": make_ole([0xFFFFFFFD, 0xFFFFFFFE, 3, 4, 0xFFFFFFFE]),
        "rtf": b"{\\rtf1\\trowd\\cellx100\\intbl 1\\cell\\row{\\pict\\pngblip 8950}}",
        "png": make_png(8, 8),
    }
    files = {
        f"{kind} up to {share} %": data[: len(data) * share // 100]
        for kind, data in whole.items()
        for share in (1, 10, 35, 50, 75, 90, 99)
    }
    read_all(pool, files)


# --- Pictures -----------------------------------------------------------------------------------------------------
def make_png(width: int, height: int) -> bytes:
    """A PNG that says that it is so large, with hardly anything in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))

    head = struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", deflate(bytes(1000))) + chunk(b"IEND", b"")


def test_pictures_that_are_too_large(pool: ReaderPool) -> None:
    files = {
        "milliard": make_png(30_000, 30_000),
        "line": make_png(1_000_000_000, 1),
        "nothing": make_png(0, 0),
        "tiff of itself": b"II*\x00\x08\x00\x00\x00" + struct.pack("<HHHLLL", 1, 256, 4, 1, 100, 8) + bytes(100),
        "tiff of milliards": b"II*\x00\x08\x00\x00\x00"
        + struct.pack("<HHHLLHHLLL", 2, 256, 4, 1, 1 << 30, 257, 4, 1, 1 << 30, 0),
        "bmp": b"BM" + struct.pack("<LHHLLllHHLLllLL", 10**6, 0, 0, 54, 40, 1 << 30, -(1 << 30), 1, 24, *[0] * 6),
        "gif": b"GIF89a\xff\xff\xff\xff\x00\x00\x00,"
        + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0)
        + b"\x08\x01\x00;",
    }  # fmt: skip
    found = read_all(pool, files, ocr=True)
    assert {reading.verdict for reading in found.values()} == {"UnreadableDocument"}


def test_a_file_of_half_a_gigabyte_is_not_read(pool: ReaderPool, tmp_path: Path) -> None:
    """A sparse file: the job names it, and its reader looks no further than the limit."""
    from crawler.extraction.record.model import Source  # noqa: PLC0415
    from crawler.workers.model import Job  # noqa: PLC0415

    path = tmp_path / "large.pdf"
    with path.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(500_000_000)
    uri = path.as_uri()
    with ReaderPool(1, LIMITS) as own:
        error = own.submit(Job(Source(uri, uri, "2026-01-01T00:00:00Z"), path=os.fspath(path))).exception()
    assert type(error).__name__ == "UnreadableDocument"
    assert "more than" in str(error)
