"""Zipped packages (.docx, .xlsx, .ofd, archives): their members, read within bounds, and what kind they are.

Nothing is ever written to disk, and nothing is believed: a member is inflated by our own loop, which stops at the size
that the directory declares, and the sizes themselves are bounded alone, in sum and as a ratio. XML is parsed without
DTD, entities and network.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BytesIO

from lxml import etree
from lxml.etree import _Element

from crawler.extraction.errors import UnreadableDocument

MAX_BYTES = 128 * 1024 * 1024  # of the package as it came
MAX_MEMBERS = 10_000  # a long report with pictures has some hundred
MAX_MEMBER_BYTES = 96 * 1024 * 1024  # of one member, inflated
MAX_TOTAL_BYTES = 256 * 1024 * 1024  # of all members together, inflated
MAX_RATIO = 250  # inflated to deflated; deflate itself ends at 1,032, sheets full of the same reach 100
RATIO_FROM = 16 * 1024 * 1024  # a small member may be as repetitive as it likes
MAX_XML_BYTES = 48 * 1024 * 1024
MAX_MARKS = 2_000_000  # of "<" and of "=" each in one part: elements and attributes cost memory, not bytes

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSB = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
OFD = "application/ofd"
ZIP = "application/zip"

_ENCRYPTED = 0x1
_UTF8_NAME = 0x800
_UNICODE_PATH = 0x7075  # Info-ZIP's extra field with the name in UTF-8
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
# Main parts by the words of their content type: templates and macro-enabled files are read as what they hold.
_MAIN_PARTS = (
    ("wordprocessingml", DOCX),
    ("ms-word", DOCX),
    ("sheet.binary", XLSB),
    ("spreadsheetml", XLSX),
    ("ms-excel", XLSX),
    ("presentationml", PPTX),
    ("ms-powerpoint", PPTX),
)
_MAIN_NAMES = (
    ("word/document.xml", DOCX),
    ("xl/workbook.xml", XLSX),
    ("xl/workbook.bin", XLSB),
    ("ppt/presentation.xml", PPTX),
)


class Package:
    """An opened package. ``names`` are its files in the order of the directory, folders left out.

    Names are looked up as printed, then without regard to case and a leading slash, as packages allow.
    """

    def __init__(self, data: bytes, members: dict[str, zipfile.ZipInfo]) -> None:
        self._data = memoryview(data)
        self._members = members
        self._folded = {name.lower(): name for name in reversed(members)}
        self._spent = 0
        self._counted: set[str] = set()
        self.names: tuple[str, ...] = tuple(members)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.resolve(name) is not None

    def resolve(self, name: str) -> str | None:
        """The member that ``name`` means, or None."""
        if name in self._members:
            return name
        return self._folded.get(name.lstrip("/").lower())

    def size(self, name: str) -> int:
        """The declared size of a member in bytes; `read` never gives more."""
        return self._info(name).file_size

    def read(self, name: str) -> bytes:
        """The bytes of a member.

        Raises UnreadableDocument for a member that is missing, encrypted, damaged or larger than it says.
        """
        info = self._info(name)
        if info.flag_bits & _ENCRYPTED:
            raise UnreadableDocument(f"{info.filename} is encrypted")
        start = _find_content(self._data, info)
        if info.filename not in self._counted:
            self._counted.add(info.filename)
            self._spent += info.file_size
            if self._spent > MAX_TOTAL_BYTES:
                raise UnreadableDocument(f"more than {MAX_TOTAL_BYTES:,} bytes inflated")
        packed = self._data[start : start + info.compress_size]
        content = _inflate(packed, info)
        if len(content) != info.file_size or zlib.crc32(content) != info.CRC:
            raise UnreadableDocument(f"{info.filename} is damaged (its size or checksum is not the declared one)")
        return content

    def parse(self, name: str) -> _Element:
        """The root of an XML member. DTDs are refused; entities are not resolved; nothing is fetched."""
        content = self.read(name)
        return parse_xml(content, name)

    def _info(self, name: str) -> zipfile.ZipInfo:
        found = self.resolve(name)
        if found is None:
            raise UnreadableDocument(f"the package has no member {name}")
        return self._members[found]


def open_package(data: bytes) -> Package:
    """The members of a zipped package, with the names of old Chinese archives decoded.

    Raises UnreadableDocument for what is no zip file, has too many, too large or too strongly compressed members,
    members that overlap, or two of one name.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableDocument(f"a package of {len(data):,} bytes; the limit is {MAX_BYTES:,}")
    # Each entry of the directory begins with this mark, so that their number is known before any is read.
    if (count := data.count(b"PK\x01\x02")) > MAX_MEMBERS:
        raise UnreadableDocument(f"a package of {count:,} members; the limit is {MAX_MEMBERS:,}")
    try:
        with zipfile.ZipFile(BytesIO(data)) as file:
            infos, directory = file.infolist(), file.start_dir
    # Among them what zipfile raises for an entry that asks for a version of ZIP it does not know: NotImplementedError.
    except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError, OverflowError, EOFError) as error:
        raise UnreadableDocument(f"no readable zip directory ({_say(error)})") from error
    _check_overlap(data, infos, directory)
    members: dict[str, zipfile.ZipInfo] = {}
    total = 0
    for info in infos:
        name = _decode_name(info)
        if name.endswith("/"):
            continue
        if name in members:
            raise UnreadableDocument(f"the package has two members {name}")
        _check_size(name, info)
        total += info.file_size
        if total > MAX_TOTAL_BYTES:
            raise UnreadableDocument(f"members of more than {MAX_TOTAL_BYTES:,} bytes in sum")
        info.filename = name
        members[name] = info
    if not members:
        raise UnreadableDocument("the package is empty")
    return Package(data, members)


def kind_of_package(package: Package) -> str:
    """The media type of an opened package; ``application/zip`` where it is an archive of other files.

    Told by the main part that ``[Content_Types].xml`` names, ``OFD.xml``, the ``mimetype`` of OpenDocument and EPUB,
    or the name of the main part.
    """
    if (declared := _read_mimetype(package)) is not None:
        return declared
    if "[Content_Types].xml" in package:
        for kind in _content_types(package):
            for words, media_type in _MAIN_PARTS:
                if words in kind:
                    return media_type
    for name, media_type in _MAIN_NAMES:
        if name in package:
            return media_type
    if "OFD.xml" in package:
        return OFD
    return ZIP


def parse_xml(content: bytes, name: str) -> _Element:
    """The root of an XML text, within bounds; ``name`` is what messages call it.

    Raises UnreadableDocument for a DTD, and for XML that is not well formed or too large.
    """
    if len(content) > MAX_XML_BYTES:
        raise UnreadableDocument(f"{name} has {len(content):,} bytes of XML; the limit is {MAX_XML_BYTES:,}")
    if content.count(b"<") > MAX_MARKS or content.count(b"=") > MAX_MARKS:
        raise UnreadableDocument(f"{name} has more than {MAX_MARKS:,} elements or attributes")
    if any(doctype in content for doctype in _DOCTYPES):
        raise UnreadableDocument(f"{name} has a DTD, which no document needs")
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableDocument(f"{name} is no well-formed XML ({_say(error)})") from error
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableDocument(f"{name} has a DTD, which no document needs")
    return root


def _content_types(package: Package) -> list[str]:
    """The content types of main parts, in the package's order, in lower case."""
    root = package.parse("[Content_Types].xml")
    kinds = [(element.get("ContentType") or "").lower() for element in root.iter("{*}Override", "{*}Default")]
    return [kind for kind in kinds if kind.endswith(("main+xml", ".main"))]


def _read_mimetype(package: Package) -> str | None:
    if "mimetype" not in package or package.size("mimetype") > 200:
        return None
    declared = package.read("mimetype").strip().decode("ascii", "replace")
    return declared if declared.startswith("application/") and declared.isprintable() else None


def _check_size(name: str, info: zipfile.ZipInfo) -> None:
    if info.file_size > MAX_MEMBER_BYTES:
        raise UnreadableDocument(f"{name} has {info.file_size:,} bytes; the limit is {MAX_MEMBER_BYTES:,}")
    if info.file_size > RATIO_FROM and info.file_size > MAX_RATIO * info.compress_size:
        raise UnreadableDocument(f"{name} inflates more than {MAX_RATIO} times")


def _check_overlap(data: bytes, infos: list[zipfile.ZipInfo], directory: int) -> None:
    """Members share no bytes: a bomb counts the same compressed bytes many times."""
    end = 0
    view = memoryview(data)
    for info in sorted(infos, key=lambda i: i.header_offset):
        if info.header_offset < end:
            raise UnreadableDocument("members of the package overlap")
        end = _find_content(view, info) + info.compress_size
    if end > directory:
        raise UnreadableDocument("members of the package overlap or are cut off")


def _find_content(data: memoryview, info: zipfile.ZipInfo) -> int:
    """Where the compressed bytes of a member begin."""
    start = info.header_offset
    header = data[start : start + _LOCAL_HEADER.size] if start >= 0 else data[:0]
    if len(header) < _LOCAL_HEADER.size or bytes(header[:4]) != b"PK\x03\x04":
        raise UnreadableDocument("the zip directory points to no member")
    fields = _LOCAL_HEADER.unpack(header)
    return start + _LOCAL_HEADER.size + int(fields[-2]) + int(fields[-1])


def _inflate(packed: memoryview, info: zipfile.ZipInfo) -> bytes:
    """The content of a member, never more than one byte above its declared size."""
    if info.compress_type == zipfile.ZIP_STORED:
        return bytes(packed[: info.file_size + 1])
    if info.compress_type != zipfile.ZIP_DEFLATED:
        raise UnreadableDocument(f"{info.filename} is compressed by method {info.compress_type}, which is not read")
    stream = zlib.decompressobj(-15)
    try:
        content = stream.decompress(packed, info.file_size + 1)
    except zlib.error as error:
        raise UnreadableDocument(f"{info.filename} is damaged ({_say(error)})") from error
    if len(content) > info.file_size:
        raise UnreadableDocument(f"{info.filename} is larger than the {info.file_size:,} bytes it declares")
    return content


def _decode_name(info: zipfile.ZipInfo) -> str:
    """The name of a member. Where it is not marked as UTF-8, it is in UTF-8 all the same or in GB 18030."""
    name = info.orig_filename
    if not info.flag_bits & _UTF8_NAME:
        raw = name.encode("cp437")  # as zipfile decoded it; the way back is exact
        name = _unicode_path(info.extra, raw) or _decode_bytes(raw)
    return name.split("\x00")[0].replace("\\", "/").lstrip("/") or "/"


def _decode_bytes(raw: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp437")


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """The name in the extra field of Info-ZIP, if it belongs to ``raw``."""
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        value, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == _UNICODE_PATH and len(value) > 5 and int.from_bytes(value[1:5], "little") == zlib.crc32(raw):
            return value[5:].decode("utf-8", "replace")
    return None


def _say(error: Exception) -> str:
    """An error of a library as part of one line."""
    return " ".join(str(error).split())[:120] or type(error).__name__
