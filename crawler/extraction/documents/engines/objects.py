"""The objects of a PDF by pdfminer.six, made quick and bounded.

pdfminer.six reads a file character by character in Python and trusts it: it follows references that run in circles,
inflates whatever a stream holds and counts to any number. Here its parser gets a tokenizer of one regular expression,
its streams a limit on what they decode to, and its document a limit on hops. All that passes a limit raises
UnreadableDocument.
"""

from __future__ import annotations

import re
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Any

from pdfminer.ascii85 import ascii85decode, asciihexdecode
from pdfminer.lzw import LZWDecoder
from pdfminer.pdfdocument import PDFDocument, PDFNoValidXRef, PDFXRef
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import (
    LITERALS_ASCII85_DECODE,
    LITERALS_ASCIIHEX_DECODE,
    LITERALS_FLATE_DECODE,
    LITERALS_LZW_DECODE,
    LITERALS_RUNLENGTH_DECODE,
    PDFObjRef,
    PDFStream,
    int_value,
    resolve1,
)
from pdfminer.psexceptions import PSEOF, PSException
from pdfminer.psparser import (
    KEYWORD_ARRAY_BEGIN,
    KEYWORD_ARRAY_END,
    KEYWORD_DICT_BEGIN,
    KEYWORD_DICT_END,
    KWD,
    LIT,
    PSKeyword,
    literal_name,
)
from pdfminer.runlength import rldecode
from pdfminer.utils import apply_png_predictor, apply_tiff_predictor

from crawler.extraction.documents.engines.drawing import MAX_PAGES
from crawler.extraction.documents.engines.limits import (
    MAX_CONTENT,
    MAX_DECODED,
    MAX_HOPS,
    MAX_LISTED,
    MAX_NODES,
    MAX_SLOW,
    MAX_TOKENS,
)
from crawler.extraction.documents.engines.syntax import read_hex, read_name, unescape_string
from crawler.extraction.errors import TooLarge, UnreadableDocument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pdfminer.pdfdocument import PDFBaseXRef
    from pdfminer.psparser import PSBaseParserToken


_TOKEN = re.compile(
    rb"(?:[\x00\t\n\x0c\r ]++|%[^\r\n]*+)*+"
    rb"(?:/([^\x00\t\n\x0c\r ()<>\[\]{}/%]*+)"  # 1 name
    rb"|([-+]?\d++)(?![\d.])"  # 2 integer
    rb"|([-+]?(?:\d++\.?\d*+|\.\d++))"  # 3 real
    rb"|<([0-9A-Fa-f\x00\t\n\x0c\r ]*+)>"  # 4 string in hexadecimal digits
    rb"|(<<|>>|[\[\]{}])"  # 5
    rb"|(\()"  # 6 string
    rb"|([^\x00\t\n\x0c\r ()<>\[\]{}/%]++)"  # 7 keyword
    rb"|(.))",  # 8
    re.DOTALL,
)
_NUMERAL = rb"[-+]?(?:\d{1,17}+(?:\.\d{0,17}+)?|\.\d{1,17}+)(?![-+.\d])"
_FLAT_ARRAY = re.compile(
    rb"((?:[\t\n\x0c\r ]*+(?:"
    + _NUMERAL
    + rb"(?=[\t\n\x0c\r /\]])|/[^\x00\t\n\x0c\r ()<>\[\]{}/%]++))*+)[\t\n\x0c\r ]*+\]"
)
_FLAT_ELEMENT = re.compile(rb"/([^\x00\t\n\x0c\r ()<>\[\]{}/%]++)|([-+.\d]++)")
_STRING_END = re.compile(rb"[()\\]")
_STRING = re.compile(rb"(?:[^()\\]++|\\.)*+\)", re.DOTALL)
_LINE_END = re.compile(rb"\r\n?|\n")
_OBJECT = re.compile(rb"(?<![0-9])(\d{1,8})[\x00\t\n\x0c\r ]{1,8}(\d{1,5})[\x00\t\n\x0c\r ]{1,8}obj(?![A-Za-z])")


class Budget:
    """What is left for one document."""

    def __init__(self) -> None:
        self.bytes = MAX_DECODED
        self.tokens = MAX_TOKENS

    def spend(self, count: int) -> None:
        """Counts decoded bytes. Raises UnreadableDocument when there are too many."""
        self.bytes -= count
        if self.bytes < 0:
            raise TooLarge(f"streams that unpack to more than {MAX_DECODED >> 20} MB")


class BoundedStream(PDFStream):
    """A stream that decodes no further than its document's budget. Filters of images give nothing."""

    def __init__(self, stream: PDFStream, budget: Budget) -> None:
        super().__init__(stream.attrs, stream.rawdata or b"", stream.decipher)
        self._budget = budget

    def decode(self) -> None:
        data = self.rawdata or b""
        if self.decipher is not None and self.objid is not None and self.genno is not None:
            data = self.decipher(self.objid, self.genno, data, self.attrs)
        for name, parameters in self.get_filters():
            data = self._apply(name, data)
            if isinstance(parameters, dict) and "Predictor" in parameters:
                data = _predict(data, parameters)
        self.data, self.rawdata = data, None

    def _apply(self, name: object, data: bytes) -> bytes:
        if name in LITERALS_FLATE_DECODE:
            data = self._inflate(data)
        elif name in LITERALS_LZW_DECODE:
            pieces = []
            for piece in LZWDecoder(BytesIO(_check_slow(data))).run():
                self._budget.spend(len(piece))
                pieces.append(piece)
            return b"".join(pieces)
        elif name in LITERALS_RUNLENGTH_DECODE:
            data = rldecode(_check_slow(data)[: self._budget.bytes // 64])
        elif name in LITERALS_ASCII85_DECODE:
            data = ascii85decode(data)
        elif name in LITERALS_ASCIIHEX_DECODE:
            data = asciihexdecode(data)
        elif name is LIT("Crypt"):
            return data  # without a name of its own it changes nothing
        else:
            return b""
        self._budget.spend(len(data))
        return data

    def _inflate(self, data: bytes) -> bytes:
        """Inflates as much as is whole: a stream that breaks off gives what came before."""
        inflater = zlib.decompressobj()
        pieces = []
        room = self._budget.bytes + 1
        # Whole at once first; then in small steps, so that the step before the damage is had.
        try:
            return inflater.decompress(data, room)
        except zlib.error:
            inflater = zlib.decompressobj()
        try:
            for start in range(0, len(data), 256):
                pieces.append(inflater.decompress(data[start : start + 256], room))
                room -= len(pieces[-1])
                if room <= 0:
                    break
        except zlib.error:
            pass
        return b"".join(pieces)


def _check_slow(data: bytes) -> bytes:
    if len(data) > MAX_SLOW:
        raise TooLarge(f"a packed stream of more than {MAX_SLOW >> 20} MB")
    return data


def _predict(data: bytes, parameters: dict[str, Any]) -> bytes:
    kind = int_value(parameters["Predictor"])
    if kind < 2:
        return data
    colors, columns = int_value(parameters.get("Colors", 1)), int_value(parameters.get("Columns", 1))
    bits = int_value(parameters.get("BitsPerComponent", 8))
    if not 0 < colors * columns * bits <= 1 << 20:
        raise UnreadableDocument("a stream with a broken predictor")
    if kind == 2:
        return apply_tiff_predictor(colors, columns, bits, _check_slow(data))
    return apply_png_predictor(kind, colors, columns, bits, _check_slow(data))


class ObjectParser(PDFParser):
    """pdfminer.six's parser of objects on a tokenizer of one regular expression."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._data, self._at, self._budget = data, 0, budget
        super().__init__(BytesIO(data))

    def seek(self, pos: int) -> None:
        self._at = max(0, pos)
        self.reset()

    def nexttoken(self) -> tuple[int, PSBaseParserToken]:
        budget = self._budget
        budget.tokens -= 1
        if budget.tokens < 0:
            raise TooLarge(f"more than {MAX_TOKENS:,} parts of objects")
        found = _TOKEN.match(self._data, self._at)
        if found is None:
            self._at = len(self._data)
            raise PSEOF("end of file")
        self._at = found.end()
        kind = found.lastindex or 8
        start = found.start(kind)
        text = found[kind]
        if kind == 1:
            name = read_name(text)
            try:
                return start - 1, LIT(name.decode("utf-8"))
            except UnicodeDecodeError:
                return start - 1, LIT(name)
        if kind == 2:
            return start, int(text[:18])
        if kind == 3:
            return start, float(text[:40])
        if kind == 4:
            return start - 1, read_hex(text)
        if kind == 6:
            return start, self._read_string()
        if text == b"true":
            return start, True
        if text == b"false":
            return start, False
        return start, KWD(text if kind == 5 or len(text) < 16 else b"?")  # keywords are kept for ever

    def nextobject(self) -> Any:
        """As in pdfminer.six, but arrays of nothing but numbers and names in one step."""
        while not self.results:
            position, token = self.nexttoken()
            kind = token.__class__
            if kind is not PSKeyword:
                self.curstack.append((position, token))
            elif token is KEYWORD_ARRAY_BEGIN:
                flat = self._read_flat_array()
                if flat is None:
                    self.start_type(position, "a")
                else:
                    self.curstack.append((position, flat))
            elif token is KEYWORD_DICT_BEGIN:
                self.start_type(position, "d")
            elif token is KEYWORD_ARRAY_END or token is KEYWORD_DICT_END:
                wanted = "a" if token is KEYWORD_ARRAY_END else "d"
                if self.curtype != wanted:
                    continue  # an end without a begin
                _, values = self.end_type(wanted)
                if wanted == "a":
                    self.curstack.append((position, values))
                else:
                    pairs = zip(values[::2], values[1::2], strict=False)
                    self.curstack.append((position, {literal_name(k): v for k, v in pairs if v is not None}))
            elif isinstance(token, PSKeyword):
                self.do_keyword(position, token)
            if not self.context:
                self.flush()
        return self.results.pop(0)

    def _read_flat_array(self) -> list[Any] | None:
        found = _FLAT_ARRAY.match(self._data, self._at)
        if found is None:
            return None
        self._at = found.end()
        text = found[1]
        if b"/" not in text:
            words = text.split()
            self._budget.tokens -= len(words)
            return [float(word) if b"." in word else int(word) for word in words]
        values: list[Any] = []
        for name, number in _FLAT_ELEMENT.findall(text):
            if number:
                values.append(float(number) if b"." in number else int(number))
            else:
                values.append(LIT(read_name(name).decode("utf-8", "replace")))
        self._budget.tokens -= len(values)
        return values

    def _read_string(self) -> bytes:
        """A string in parentheses, from behind the opening one."""
        data, start = self._data, self._at
        found = _STRING.match(data, start)
        if found is not None:
            self._at = found.end()
            return unescape_string(data[start : self._at - 1])
        depth, at = 1, start
        while depth:
            found = _STRING_END.search(data, at)
            if found is None:
                self._at = len(data)
                raise PSEOF("end of file in a string")
            mark = found[0]
            at = found.end() + (mark == b"\\")
            depth += (mark == b"(") - (mark == b")")
        self._at = at
        return unescape_string(data[start : at - 1])

    def nextline(self) -> tuple[int, bytes]:
        self._budget.tokens -= 1
        start = self._at
        if start >= len(self._data) or self._budget.tokens < 0:
            raise PSEOF("end of file")
        found = _LINE_END.search(self._data, start)
        self._at = found.end() if found is not None else len(self._data)
        return start, self._data[start : self._at]

    def do_keyword(self, pos: int, token: PSKeyword) -> None:
        super().do_keyword(pos, token)
        if token is self.KEYWORD_STREAM and self.curstack:
            at, stream = self.curstack[-1]
            if isinstance(stream, PDFStream):
                self.curstack[-1] = (at, BoundedStream(stream, self._budget))


class MemberParser(ObjectParser):
    """Parses what lies in an object stream: objects one after the other, without their frames."""

    def flush(self) -> None:
        self.add_results(*self.popall())

    def do_keyword(self, pos: int, token: PSKeyword) -> None:
        if token is self.KEYWORD_R or token is self.KEYWORD_NULL:
            super().do_keyword(pos, token)


class FoundTable(PDFXRef):
    """The table of objects of a file whose own cannot be used: what stands where, found by looking."""

    def __init__(self, data: bytes, parser: PDFParser) -> None:
        super().__init__()
        self._data = data
        self.load(parser)

    def load(self, parser: PDFParser) -> None:
        data = self._data
        parser.fallback = True  # a stream ends where it says so, whatever length it claims
        for found in _OBJECT.finditer(data):
            start = found.start()
            number = int(found[1])
            self.offsets[number] = (None, start, int(found[2]))
            head = data[start : start + 600].partition(b"stream")[0]
            if b"/ObjStm" in head:
                self._list_members(parser, number, start)
            elif b"/XRef" in head or b"/Catalog" in head:
                self._read_root(parser, number, start)
        at = data.find(b"trailer")
        while at >= 0:
            parser.seek(at + 7)
            self._take_trailer(_parse_one(parser))
            at = data.find(b"trailer", at + 7)
        if not self.offsets:
            raise UnreadableDocument("no PDF: nothing in it is an object")

    def _list_members(self, parser: PDFParser, number: int, start: int) -> None:
        parser.seek(start)
        stream = _parse_one(parser)
        if isinstance(stream, PDFStream):
            numbers = stream.get_data()[: 20 * int_value(stream.get("N", 0)) + 20].split()
            for index in range(min(int_value(stream.get("N", 0)), len(numbers) // 2)):
                if numbers[2 * index].isdigit():
                    self.offsets.setdefault(int(numbers[2 * index][:9]), (number, index, 0))

    def _read_root(self, parser: PDFParser, number: int, start: int) -> None:
        parser.seek(start)
        found = _parse_one(parser)
        if isinstance(found, PDFStream):
            self._take_trailer(found.attrs)
        elif isinstance(found, dict) and _type(found) == "Catalog":
            self.trailer.setdefault("Root", PDFObjRef(parser.doc, number))

    def _take_trailer(self, found: object) -> None:
        if isinstance(found, dict):
            self.trailer.update({name: found[name] for name in ("Root", "Encrypt", "ID") if name in found})


def _parse_one(parser: PDFParser) -> object:
    """The next object that is a dictionary or a stream, None where there is none."""
    try:
        while True:
            found = parser.nextobject()[1]
            if isinstance(found, dict | PDFStream):
                return found
    except (PSEOF, ValueError, PSException):
        return None


class BoundedDocument(PDFDocument):
    """A document whose references end, and whose objects are looked for where their table does not tell them."""

    def __init__(self, data: bytes) -> None:
        self.budget = Budget()
        self._bytes = data
        self._tables: set[int] = set()
        self._searched = False
        super().__init__(ObjectParser(data, self.budget), password="")

    def getobj(self, objid: int) -> object:
        found = self._get(objid)
        hops = 0
        while isinstance(found, PDFObjRef):
            hops += 1
            if hops > MAX_HOPS:
                raise UnreadableDocument("objects that refer to each other in a circle")
            found = self._get(found.objid)
        return found

    def _get(self, objid: int) -> object:
        return super().getobj(objid)

    def find_xref(self, parser: PDFParser) -> int:
        try:
            return super().find_xref(parser)
        except PDFNoValidXRef:
            return -1

    def read_xref_from(self, parser: PDFParser, start: int, xrefs: list[PDFBaseXRef]) -> None:
        if start in self._tables:
            return
        self._tables.add(start)
        try:
            if start >= 0:
                super().read_xref_from(parser, start, xrefs)
        except UnreadableDocument:
            raise
        except Exception:
            self._search(parser, xrefs)
        if not any("Root" in table.get_trailer() for table in xrefs):
            self._search(parser, xrefs)

    def _search(self, parser: PDFParser, xrefs: list[PDFBaseXRef]) -> None:
        if not self._searched:
            self._searched = True
            xrefs.clear()
            xrefs.append(FoundTable(self._bytes, parser))

    def _get_objects(self, stream: PDFStream) -> tuple[list[object], int]:
        parser = MemberParser(stream.get_data(), self.budget)
        parser.set_document(self)
        objects: list[object] = []
        try:
            while True:
                objects.append(parser.nextobject()[1])
        except PSEOF:
            pass
        return objects, int_value(stream.get("N", 0))

    def read_pages(self) -> Iterator[dict[str, Any]]:
        """The dictionaries of the pages in order, with what they inherit."""
        inherited = ("Resources", "MediaBox", "CropBox", "Rotate")
        seen: set[int] = set()
        stack: list[tuple[object, dict[str, Any]]] = [(self.catalog.get("Pages"), {})]
        number = 0
        while stack:
            reference, parent = stack.pop()
            key = reference.objid if isinstance(reference, PDFObjRef) else id(reference)
            node = resolve1(reference)
            if key in seen or not isinstance(node, dict):
                continue
            seen.add(key)
            if len(seen) > MAX_NODES:
                raise UnreadableDocument("a page tree without end")
            if number == 0 and int_value(node.get("Count", 0)) > MAX_PAGES:
                raise TooLarge(f"more than {MAX_PAGES:,} pages")
            kept = {name: parent[name] for name in inherited if name in parent} | node
            kids = resolve1(node.get("Kids"))
            if isinstance(kids, list) and _type(node) != "Page":
                stack.extend((kid, kept) for kid in reversed(kids[: MAX_NODES + 1]))
                continue
            number += 1
            if number > MAX_PAGES:
                raise TooLarge(f"more than {MAX_PAGES:,} pages")
            yield kept
        if not number:
            yield from self._find_pages()

    def _find_pages(self) -> Iterator[dict[str, Any]]:
        """Pages that no tree leads to, in the order of their numbers."""
        listed: set[int] = set()
        for table in self.xrefs:
            for count, number in enumerate(table.get_objids()):
                if count > MAX_LISTED:
                    break
                listed.add(number)
        pages = 0
        for number in sorted(listed):
            try:
                found = self.getobj(number)
            except UnreadableDocument:
                raise
            except Exception:  # noqa: S112  (whatever a broken object does to the parser)
                continue
            if isinstance(found, dict) and _type(found) == "Page":
                pages += 1
                if pages > MAX_PAGES:
                    raise TooLarge(f"more than {MAX_PAGES:,} pages")
                yield found


def join_contents(attributes: dict[str, Any]) -> bytes:
    """The operators of a page. Raises UnreadableDocument where there are too many (one stream may come many times)."""
    contents = resolve1(attributes.get("Contents"))
    pieces = []
    size = 0
    for part in contents if isinstance(contents, list) else [contents]:
        stream = resolve1(part)
        if isinstance(stream, PDFStream):
            pieces.append(stream.get_data())
            size += len(pieces[-1]) + 1
            if size > MAX_CONTENT:
                raise TooLarge(f"more than {MAX_CONTENT >> 20} MB of drawing operators")
    return b"\n".join(pieces)


def _type(node: dict[str, Any]) -> str:
    return literal_name(resolve1(node.get("Type", "")))
