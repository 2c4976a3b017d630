"""Zipped packages: names, kinds, XML without DTD, and everything that is built to hurt."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import docx
import openpyxl
import pytest

from crawler.extraction.documents import package as packages
from crawler.extraction.documents.package import kind_of_package, open_package, parse_xml
from crawler.extraction.errors import UnreadableDocument


def pack(members: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()


def test_names_and_members() -> None:
    package = open_package(pack({"a/": "", "a/B.xml": "<b>c</b>", "中文.txt": "甲"}))
    assert package.names == ("a/B.xml", "中文.txt")
    assert package.read("中文.txt") == "甲".encode()
    assert package.parse("/A/b.XML").text == "c"
    assert "a/b.xml" in package
    assert "a/c.xml" not in package
    assert package.size("a/B.xml") == 8
    with pytest.raises(UnreadableDocument, match="no member x"):
        package.read("x")


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_names_that_are_not_marked(encoding: str) -> None:
    name = "年度报告".encode(encoding)
    data = pack({"A" * len(name): "x"}).replace(b"A" * len(name), name)
    assert open_package(data).names == ("年度报告",)


def kind(members: dict[str, bytes | str]) -> str:
    return kind_of_package(open_package(pack(members)))


def test_kinds() -> None:
    out = io.BytesIO()
    docx.Document().save(out)
    assert kind_of_package(open_package(out.getvalue())) == packages.DOCX
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    assert kind_of_package(open_package(out.getvalue())) == packages.XLSX
    types = "<Types xmlns='{}'><Override PartName='/m' ContentType='{}'/></Types>"
    space = "http://schemas.openxmlformats.org/package/2006/content-types"
    for declared, media_type in {
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml": packages.XLSX,
        "application/vnd.ms-excel.sheet.binary.macroEnabled.main": packages.XLSB,
        "application/vnd.ms-word.document.macroEnabled.main+xml": packages.DOCX,
        "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml": packages.PPTX,
    }.items():
        assert kind({"[Content_Types].xml": types.format(space, declared)}) == media_type
    assert kind({"OFD.xml": "<OFD/>", "Doc_0/Document.xml": "<a/>"}) == packages.OFD
    assert kind({"mimetype": packages.ODT, "content.xml": "<a/>"}) == packages.ODT
    assert kind({"word/document.xml": "<a/>"}) == packages.DOCX
    assert kind({"report.docx": "x", "b.pdf": "y"}) == packages.ZIP
    assert kind({"x/[Content_Types].xml": "<a/>"}) == packages.ZIP


def patch_directory(data: bytes, offset: int, value: bytes) -> bytes:
    """The archive with a field of its first directory entry changed."""
    start = data.index(b"PK\x01\x02") + offset
    return data[:start] + value + data[start + len(value) :]


def read_all(data: bytes) -> None:
    package = open_package(data)
    kind_of_package(package)
    for name in package.names:
        package.read(name)


def refuse(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableDocument, match=words) as error:
        read_all(data)
    assert "\n" not in str(error.value)


def test_damaged_archives() -> None:
    data = pack({"a.xml": "<a/>" * 99, "b.xml": "<b/>"})
    refuse(b"", "zip directory")
    refuse(b"PK\x03\x04" + bytes(100), "zip directory")
    refuse(data[:-30], "zip directory")
    refuse(data[40:], "points to no member|cut off|overlap|zip directory")
    refuse(patch_directory(data, 8, b"\x01\x00"), "a.xml is encrypted")
    refuse(patch_directory(data, 10, b"\x09\x00"), "method 9")
    refuse(patch_directory(data, 16, b"\0\0\0\0"), "damaged")
    refuse(patch_directory(data, 42, b"\x09\x00\x00\x00"), "points to no member|overlap")
    refuse(pack({"a/": ""}), "empty")
    refuse(pack({"a.xml": "1", "b.xml": "2"}).replace(b"b.xml", b"a.xml"), "two members a.xml")


def test_a_member_that_is_larger_than_it_says_is_stopped_there() -> None:
    data = pack({"a.xml": bytes(50_000_000)})
    refuse(patch_directory(data, 24, struct.pack("<L", 1000)), "larger than the 1,000 bytes")


def test_declared_bombs() -> None:
    data = pack({"a.xml": bytes(30_000_000)})
    refuse(data, "inflates more than 250 times")
    small = pack({"a.xml": "x"})
    refuse(patch_directory(small, 24, struct.pack("<L", 2_000_000_000)), "the limit is")
    many = pack({f"{i}.bin": b"x" for i in range(5)}, zipfile.ZIP_STORED)
    large = many.replace(struct.pack("<LL", 1, 1), struct.pack("<LL", 1, 90_000_000))
    refuse(large, "inflates more|in sum")


def test_layers_of_bombs_are_opened_only_as_asked() -> None:
    layer = pack({"0.bin": bytes(4_000_000)})
    for _ in range(4):
        layer = pack({f"{i}.zip": layer for i in range(16)})
    package = open_package(layer)
    assert len(package.names) == 16
    assert kind_of_package(package) == packages.ZIP


def test_members_that_share_their_bytes() -> None:
    """The quoting of David Fifield's bombs: many entries of the directory for one member."""
    content = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = content.compress(bytes(10_000_000)) + content.flush()
    crc = zlib.crc32(bytes(10_000_000))
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, crc, len(packed), 10_000_000, 1, 0) + b"a" + packed
    entries = b""
    for i in range(40):
        name = b"%03d" % i
        entries += struct.pack(
            "<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 0, crc, len(packed), 10_000_000, len(name), 0, 0, 0, 0, 0, 0
        ) + name  # fmt: skip
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 40, 40, len(entries), len(local), 0)
    refuse(local + entries + end, "overlap|in sum")


def test_a_hundred_thousand_members() -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(entry) * 100_000, 0, 0)
    refuse(entry * 100_000 + end, "100,000 members")


def test_xml_that_is_refused() -> None:
    entity = "<!DOCTYPE a [<!ENTITY b '" + "x" * 50_000 + "'>]><a>" + "&b;" * 50_000 + "</a>"
    for text in (entity, "<!DOCTYPE a SYSTEM 'http://127.0.0.1/x.dtd'><a/>"):
        for encoding in ("utf-8", "utf-16"):
            with pytest.raises(UnreadableDocument, match="DTD"):
                parse_xml(text.encode(encoding), "a.xml")
    for text in ("", "<a", "<a>&undeclared;</a>", "<a>" * 400 + "</a>" * 400, "text"):
        with pytest.raises(UnreadableDocument, match="no well-formed XML"):
            parse_xml(text.encode(), "a.xml")
    with pytest.raises(UnreadableDocument, match="elements or attributes"):
        parse_xml(b"<a>" + b"<b/>" * 2_100_000 + b"</a>", "a.xml")
    with pytest.raises(UnreadableDocument, match="bytes of XML"):
        parse_xml(bytes(packages.MAX_XML_BYTES + 1), "a.xml")


def test_xml_in_other_encodings() -> None:
    assert parse_xml('<?xml version="1.0" encoding="GBK"?><a>年</a>'.encode("gbk"), "a.xml").text == "年"
    assert parse_xml("<?xml version='1.0' encoding='UTF-16'?><a>年</a>".encode("utf-16"), "a.xml").text == "年"


def test_mutated_archives_raise_nothing_else() -> None:
    data = pack({"a.xml": "<a/>" * 50, "中文.xml": "<b/>", "c/d.txt": "甲" * 100})
    for at in range(len(data)):
        for value in (0, 0xFF, data[at] ^ 0x01):
            try:
                read_all(data[:at] + bytes([value]) + data[at + 1 :])
            except UnreadableDocument as error:
                assert "\n" not in str(error)  # noqa: PT017
