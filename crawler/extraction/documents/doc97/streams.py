"""The streams of an old binary Word file: an OLE container ([MS-CFB]), read by olefile within the file's own limits."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from crawler.extraction.errors import UnreadableDocument

MAX_BYTES = 100 * 1024 * 1024  # reports with photographs reach 30 MB


def u16(data: bytes, at: int) -> int:
    """Two bytes as a number. Raises UnreadableDocument behind the end."""
    if not 0 <= at <= len(data) - 2:
        raise UnreadableDocument("the Word file is broken: it points behind its end")
    return data[at] | data[at + 1] << 8


def u32(data: bytes, at: int) -> int:
    """Four bytes as a number. Raises UnreadableDocument behind the end."""
    return u16(data, at) | u16(data, at + 2) << 16


def read_streams(data: bytes) -> tuple[bytes, bytes, bytes]:
    """The streams WordDocument, 0Table or 1Table, and Data (empty where there is none)."""
    import olefile  # noqa: PLC0415  (only where such a file is read)

    if len(data) > MAX_BYTES:
        raise UnreadableDocument(f"a Word file of {len(data):,} bytes; the limit is {MAX_BYTES:,}")
    _check_container(data)
    try:
        with olefile.OleFileIO(BytesIO(data)) as ole:
            if ole.root is None or ole.root.size > len(data):
                raise UnreadableDocument("the Word file is cut off or broken")
            if not ole.exists("WordDocument"):
                raise UnreadableDocument("an OLE file without a Word document in it")
            word = _read_stream(ole, "WordDocument")
            name = "1Table" if u16(word, 10) & 0x0200 else "0Table"
            if u16(word, 0) == 0xA5EC and u16(word, 2) >= 0xC1 and not ole.exists(name):
                raise UnreadableDocument(f"the Word file is broken: it has no stream {name}")
            return word, _read_stream(ole, name), _read_stream(ole, "Data")
    except UnreadableDocument:
        raise
    except Exception as error:  # olefile raises what it happens upon
        raise UnreadableDocument(f"the Word file is broken: {type(error).__name__}") from None


def _read_stream(ole: Any, name: str) -> bytes:
    """A whole stream. A chain of sectors that bites its tail would otherwise give as many bytes as it claims."""
    if not ole.exists(name):
        return b""
    size = ole.get_size(name)
    if size > ole.fp.getbuffer().nbytes:
        raise UnreadableDocument(f"the Word file is cut off: its stream {name} is longer than the file")
    with ole.openstream(name) as stream:
        found: bytes = stream.read()
    if len(found) < size:
        raise UnreadableDocument(f"the Word file is cut off: its stream {name} has {len(found):,} of {size:,} bytes")
    return found


def _check_container(data: bytes) -> None:
    """Whether the header of the container claims no more sectors than the file has."""
    if len(data) < 1536 or not data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise UnreadableDocument("no OLE file")
    shift = u16(data, 30)
    if shift not in (9, 12):
        raise UnreadableDocument("the OLE file is broken: sectors of an unknown size")
    sectors = len(data) >> shift
    if any(u32(data, at) > sectors for at in (44, 64, 72)):
        raise UnreadableDocument("the OLE file is cut off or broken: it claims more than it holds")
