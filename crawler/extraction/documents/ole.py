"""What an OLE file (compound file binary, [MS-CFB]) holds, told from its streams."""

from __future__ import annotations

from io import BytesIO

from crawler.extraction.errors import UnknownVersion, UnreadableDocument

MAX_BYTES = 128 * 1024 * 1024
_KINDS = (
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("MatOST", "application/vnd.ms-works"),
    ("EncryptedPackage", "an encrypted Office file"),
)


def kind_of_ole(data: bytes) -> str:
    """The media type of an OLE file: WPS Office's .wps and .et are Word's and Excel's streams under other names.

    Raises UnreadableDocument where its directory cannot be read.
    """
    import olefile  # noqa: PLC0415

    if len(data) > MAX_BYTES:
        raise UnreadableDocument(f"an OLE file of {len(data):,} bytes; the limit is {MAX_BYTES:,}")
    try:
        with olefile.OleFileIO(BytesIO(data)) as ole:
            names = {entry[0].lower() for entry in ole.listdir(streams=True, storages=True)}
    except Exception as error:  # olefile raises whatever broken bytes lead it to
        raise UnreadableDocument(f"a broken OLE file: {' '.join(str(error).split())[:120]}") from None
    for name, kind in _KINDS:
        if name.lower() in names:
            return kind
    raise UnknownVersion("an OLE file without a Word document or a workbook")
