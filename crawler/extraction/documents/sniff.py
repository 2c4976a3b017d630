"""What kind of document bytes are. The bytes say it, not the name and not the header."""

from __future__ import annotations

import re

from crawler.extraction.documents.html import read_html
from crawler.extraction.documents.model import Document
from crawler.extraction.documents.plain import read_plain
from crawler.extraction.errors import UnreadableDocument

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
    if data[:1024].find(b"%PDF-") >= 0:  # the standard allows up to 1,024 bytes before it
        return "application/pdf"
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00<" in data[:64] or b"<\x00" in data[:64]:  # UTF-16
        head = data[:8192].replace(b"\x00", b"").lstrip(b"\xff\xfe \t\r\n")
    return "text/html" if len(_TAG.findall(head)) >= 2 or _TAG.match(head) else "text/plain"


def read_document(data: bytes, charset: str | None = None) -> Document:
    """The document that bytes hold, by what they are. ``charset`` is what the transport declared.

    Raises UnreadableDocument with the reason for what cannot be read.
    """
    kind = media_type(data)
    if kind == "text/html":
        return read_html(data, charset)
    if kind == "text/plain":
        return read_plain(data, charset)
    raise UnreadableDocument(f"no reader for {kind} yet")
