"""What kind of document bytes are. The bytes say it, not the name and not the header."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module

from crawler.extraction.documents.model import Document
from crawler.extraction.documents.options import Options
from crawler.extraction.errors import UnknownVersion, UnreadableDocument

_SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"{\\rtf", "application/rtf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BM", "image/bmp"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x7fELF", "application/x-executable"),
    (b"MZ", "application/x-executable"),
)
OLE = "application/x-ole-storage"
MHTML = "multipart/related"
_MIME = re.compile(rb"(?:MIME-Version|From|Subject|Content-Type)\s*:", re.I)
_READERS = {
    "application/pdf": ("pdf", "read_pdf"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx", "read_docx"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("sheet", "read_xlsx"),
    "application/vnd.ms-excel": ("sheet", "read_xls"),
    "application/msword": ("doc", "read_doc"),
    "application/rtf": ("rtf", "read_rtf"),
    "application/ofd": ("ofd", "read_ofd"),
    MHTML: ("mhtml", "read_mhtml"),
}
"""Media type → module of this folder and the reader in it."""
_OFFICE = {
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/xml": ".xml",
}
"""What only LibreOffice reads here, with the name that tells it the kind."""
_TAG = re.compile(
    rb"<(?:!doctype|\?xml|html|head|body|meta|title|div|p|table|tr|td|span|h[1-6]|br|font|center|section|article|ul|ol|style|script|!--)[\s/>!-]",
    re.I,
)


def media_type(data: bytes) -> str:
    """The media type of a document by its first bytes; ``text/plain`` for what has no other mark.

    Raises UnreadableDocument for an empty file.
    """
    head = data[:8192].lstrip(b"\xef\xbb\xbf \t\r\n\x00")
    if not head and not data.strip(b"\xef\xbb\xbf \t\r\n\x00"):
        raise UnreadableDocument("the file is empty")
    for signature, kind in _SIGNATURES:
        if data.startswith(signature) and not (signature in {b"BM", b"MZ"} and b"\x00" not in data[:64]):
            return kind
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":  # the bytes between are its size
        return "image/webp"
    if data[:1024].find(b"%PDF-") >= 0:  # the standard allows up to 1,024 bytes before it
        return "application/pdf"
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00<" in data[:64] or b"<\x00" in data[:64]:  # UTF-16
        head = data[:8192].replace(b"\x00", b"").lstrip(b"\xff\xfe \t\r\n")
    if _MIME.match(head) and b"content-type:" in head.lower():
        return MHTML
    if b"<?xml" in head[:100] and b"urn:schemas-microsoft-com:office:" in head[:2048]:
        return "application/xml"  # Word or Excel 2003 as one XML file
    first = _TAG.search(head)
    tagged = first is not None and (first.start() == 0 or _TAG.search(head, first.end()) is not None)
    return "text/html" if tagged else "text/plain"


def _find_kind(data: bytes) -> str:
    """The media type of what bytes hold, looking into packages and OLE files."""
    kind = media_type(data)
    if kind == "application/zip":
        from crawler.extraction.documents.package import kind_of_package, open_package  # noqa: PLC0415

        return kind_of_package(open_package(data))
    if kind == OLE:
        from crawler.extraction.documents.ole import kind_of_ole  # noqa: PLC0415

        return kind_of_ole(data)
    return kind


def read_document(data: bytes, charset: str | None = None, options: Options | None = None) -> Document:
    """The document that bytes hold, by what they are. ``charset`` is what the transport declared.

    Raises UnreadableDocument with the reason for what cannot be read.
    """
    options = options or Options()
    try:
        kind = _find_kind(data)
    except UnknownVersion as error:
        return _ask_office(data, ".wps", options, error)
    if kind == "text/html":
        from crawler.extraction.documents.html import read_html  # noqa: PLC0415

        return read_html(data, charset)
    if kind == "text/plain":
        from crawler.extraction.documents.plain import read_plain  # noqa: PLC0415

        return read_plain(data, charset)
    if kind.startswith("image/"):
        options.begin_ocr()
        return _reader("image", "read_image")(data, options)
    if kind == "application/zip":
        from crawler.extraction.documents.archive import read_zip  # noqa: PLC0415

        return read_zip(data, lambda member: read_document(member, None, options), options)
    if kind in _READERS:
        try:
            return _reader(*_READERS[kind])(data, options)
        except UnknownVersion as error:
            return _ask_office(data, ".doc", options, error)
    if kind in _OFFICE:
        from crawler.extraction.documents.office import read_with_office  # noqa: PLC0415

        return read_with_office(data, _OFFICE[kind], options)
    raise UnreadableDocument(f"no reader for {kind}")


def _ask_office(data: bytes, suffix: str, options: Options, refused: UnknownVersion) -> Document:
    """What LibreOffice, where it is installed, makes of a version that our reader does not know; else its reason."""
    from crawler.extraction.documents.office import find_office, read_with_office  # noqa: PLC0415

    if find_office() is None or not options.office:
        raise refused
    try:
        return read_with_office(data, suffix, options)
    except UnreadableDocument as error:
        raise UnreadableDocument(f"{refused}; LibreOffice: {error}") from None


def _reader(module: str, name: str) -> Callable[[bytes, Options], Document]:
    """A reader by its name; what it imports is loaded only when a document needs it."""
    found: Callable[[bytes, Options], Document] = getattr(import_module(f"crawler.extraction.documents.{module}"), name)
    return found
