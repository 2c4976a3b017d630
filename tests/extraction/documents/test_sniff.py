"""What kind of document bytes are, whatever they are called, and that each kind has a reader."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import pytest
import xlwt
from PIL import Image

from crawler.extraction.documents.mhtml import MAX_PARTS, read_mhtml
from crawler.extraction.documents.model import Document, Table
from crawler.extraction.documents.ole import MAX_BYTES, kind_of_ole
from crawler.extraction.documents.options import Options
from crawler.extraction.documents.sniff import media_type, read_document
from crawler.extraction.errors import UnreadableDocument
from tests.corpus.ofd import write_ofd
from tests.extraction.pages.build import make_page, set_table

ROWS = [["规章", "12"], ["行政许可", "550"]]
PAGE = "<html><body><table>{}</table></body></html>".format(
    "".join(f"<tr><td>{a}</td><td>{b}</td></tr>" for a, b in ROWS)
)
OLE_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def rows_of(document: Document) -> list[list[str | None]]:
    (table,) = [block for block in document.blocks if isinstance(block, Table)]
    return [[cell and cell.text for cell in row] for row in table.grid]


def save_docx() -> bytes:
    paper = docx.Document()
    table = paper.add_table(2, 2)
    for y, row in enumerate(ROWS):
        for x, text in enumerate(row):
            table.cell(y, x).text = text
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def save_xlsx() -> bytes:
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def save_xls() -> bytes:
    book = xlwt.Workbook()
    page = book.add_sheet("1")
    for y, row in enumerate(ROWS):
        for x, text in enumerate(row):
            page.write(y, x, text)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def save_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.html", PAGE)
    return out.getvalue()


def save_mhtml(*parts: tuple[str, str]) -> bytes:
    message = EmailMessage()
    message["Subject"] = "report"
    for n, (kind, text) in enumerate(parts):
        if n == 0:
            message.set_content(text, subtype=kind, charset="gb18030")
            message.make_mixed()
        else:
            message.add_attachment(text, subtype=kind)
    return message.as_bytes()


RTF = (
    rb"{\rtf1\ansi\ansicpg936\uc0 \trowd\cellx2000\cellx4000 \u35268\u31456\cell 12\cell\row"
    rb"\trowd\cellx2000\cellx4000 \u34892\u25919\u35768\u21487\cell 550\cell\row \pard\par}"
)
KINDS = {
    "html": PAGE.encode,
    "html in UTF-16": lambda: PAGE.encode("utf-16"),
    "html behind blanks": lambda: b"\xef\xbb\xbf\r\n  " + PAGE.encode(),
    "tabs": lambda: "\n".join("\t".join(row) for row in ROWS).encode(),
    "docx": save_docx,
    "xlsx": save_xlsx,
    "xls": save_xls,
    "rtf": lambda: RTF,
    "ofd": lambda: write_ofd([make_page(set_table(ROWS, (50, 150, 250), 100))]),
    "zip": save_zip,
    "mhtml": lambda: save_mhtml(("html", PAGE)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_told_from_its_bytes_and_read(kind: str) -> None:
    assert rows_of(read_document(KINDS[kind](), None, Options(ocr=False))) == ROWS


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7", "application/pdf"),
        (b"\x00\x01junk\n%PDF-1.4", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"PK\x05\x06" + b"\x00" * 18, "application/zip"),
        (OLE_MARK, "application/x-ole-storage"),
        (b"{\\rtf1", "application/rtf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x1a\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x1a\x00\x00\x00WAVEfmt ", "text/plain"),
        (b"II*\x00", "image/tiff"),
        (b"MM\x00*", "image/tiff"),
        (b"BM\x36\x00\x00\x00", "image/bmp"),
        (b"BMI of 2023\nMZ", "text/plain"),
        (b"MZ\x90\x00", "application/x-executable"),
        (b"<!DOCTYPE html><html>", "text/html"),
        (b"<!-- a --><p>b</p>", "text/html"),
        ("一、总体情况 <三> 二、".encode(), "text/plain"),
        (b"Content-Type: none of it\nrest", "multipart/related"),
        (b"Subject: a letter\n\nwithout more", "text/plain"),
        (b'<?xml version="1.0"?><?mso-application progid="Word.Document"?>'
         b'<w xmlns:o="urn:schemas-microsoft-com:office:office"/>', "application/xml"),
        (b"2023", "text/plain"),
    ],
)  # fmt: skip
def test_media_type(data: bytes, kind: str) -> None:
    assert media_type(data) == kind


@pytest.mark.parametrize("data", [b"", b"\x00" * 300, b"\xef\xbb\xbf \r\n"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableDocument, match="the file is empty"):
        read_document(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Rar!\x1a\x07\x01\x00", "no reader for application/vnd.rar"),
        (b"7z\xbc\xaf\x27\x1c", "no reader for application/x-7z-compressed"),
        (b"\x1f\x8b\x08\x00", "no reader for application/gzip"),
        (b"\x7fELF\x02", "no reader for application/x-executable"),
        (b"MZ\x90\x00\x03", "no reader for application/x-executable"),
    ],
)
def test_a_kind_without_a_reader_is_named(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableDocument, match=reason):
        read_document(data)


def test_what_only_an_office_reads_needs_leave() -> None:
    data = b'<?xml version="1.0"?><w xmlns:o="urn:schemas-microsoft-com:office:office"/>'
    with pytest.raises(UnreadableDocument):
        read_document(data, None, Options(office=False))


def test_a_picture_says_that_ocr_begins() -> None:
    begun: list[bool] = []
    out = io.BytesIO()
    Image.new("L", (20, 20)).save(out, "PNG")
    with pytest.raises(UnreadableDocument, match="OCR is switched off"):
        read_document(out.getvalue(), None, Options(ocr=False, before_ocr=lambda: begun.append(True)))
    assert begun == [True]


# --- OLE --------------------------------------------------------------------------------------------------------


def test_a_workbook_in_an_ole_file() -> None:
    assert kind_of_ole(save_xls()) == "application/vnd.ms-excel"


@pytest.mark.parametrize("data", [OLE_MARK, OLE_MARK + b"\x00" * 2000, OLE_MARK + bytes(range(256)) * 8])
def test_a_broken_ole_file(data: bytes) -> None:
    with pytest.raises(UnreadableDocument, match="OLE") as error:
        read_document(data)
    assert "\n" not in str(error.value)


def test_an_ole_file_of_something_else() -> None:
    data = save_xls()
    other = data.replace("Workbook".encode("utf-16-le"), "Warkbook".encode("utf-16-le"))
    assert other != data
    with pytest.raises(UnreadableDocument, match="without a Word document or a workbook"):
        kind_of_ole(other)


def test_a_huge_ole_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="the limit is"):
        kind_of_ole(OLE_MARK + bytes(MAX_BYTES))


# --- Web archives -----------------------------------------------------------------------------------------------


def test_the_first_page_of_a_web_archive_is_read_in_its_encoding() -> None:
    data = save_mhtml(("plain", "<table>"), ("html", PAGE), ("html", "<p>another</p>"))
    assert rows_of(read_document(data)) == ROWS


def test_a_web_archive_without_a_page() -> None:
    with pytest.raises(UnreadableDocument, match="without an HTML part"):
        read_mhtml(save_mhtml(("plain", "nothing")))


def test_a_web_archive_of_too_many_parts() -> None:
    with pytest.raises(UnreadableDocument, match="too large"):
        read_mhtml(b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=a\n" + b"\n--a" * (MAX_PARTS * 5))


def test_parts_beyond_the_limit_are_not_looked_at() -> None:
    head = "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=a\n"
    parts = "\n--a\n\nb" * (MAX_PARTS + 5)
    with pytest.raises(UnreadableDocument, match="without an HTML part"):
        read_mhtml(f"{head}{parts}\n--a\nContent-Type: text/html\n\n{PAGE}\n--a--\n".encode())
