"""WARC files: reading any, writing ours, and the index beside ours.

Nothing here knows of a crawl. The format is WARC 1.1 (ISO 28500:2017), one gzip member a record.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import zlib
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urlsplit
from uuid import uuid4

from scrapy import Request
from scrapy.http import Headers
from scrapy.responsetypes import responsetypes
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from scrapy.http import Response
    from scrapy.utils.request import RequestFingerprinterProtocol
    from warcio.recordloader import ArcWarcRecord

logger = logging.getLogger(__name__)

ARCHIVE_SUFFIX = ".warc.gz"
INDEX_SUFFIX = ".cdxj"
WARC_VERSION = "1.1"
FINGERPRINT = "Nianbao-Fingerprint"  # extension field of our records: Scrapy's request fingerprint, in hex
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"

_LEVEL = 6  # of gzip: warcio's 9 takes half as long again for one or two percent
_SHORT, _LITTLE = 1024, 4  # bytes of a body for which zlib's tables are made small
_SAMPLE = 64 * 1024  # bytes in the middle of a body that show whether it is worth packing
_PIECE = 64 * 1024  # bytes read at a time
_HEAD_SIZE = 256 * 1024  # bytes of status line and header fields; more is no HTTP
_STATUS_LINE = re.compile(rb"(HTTP/\S+)\s+(\d{3})")
# Sent, but not for keeping.
_SECRETS = frozenset({b"authorization", b"proxy-authorization", b"cookie"})


class ArchiveError(Exception):
    """An archive could not be written or read; ``str()`` names the file. A crawl that meets it when writing stops."""


# --- Reading: any WARC file, gzipped or not -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HttpHead:
    """The first line of an HTTP message and its fields, in the bytes that came."""

    first: bytes
    fields: tuple[tuple[bytes, bytes], ...]

    def get(self, name: bytes) -> bytes | None:
        """The first value of the field ``name`` (lower case)."""
        return next((value for key, value in self.fields if key.lower() == name), None)

    @property
    def status(self) -> int | None:
        match = _STATUS_LINE.match(self.first)
        return int(match[2]) if match else None

    @property
    def protocol(self) -> str | None:
        match = _STATUS_LINE.match(self.first)
        return match[1].decode("latin-1") if match else None


@dataclass(frozen=True, slots=True)
class ScannedRecord:
    """A record without its body. ``offset`` and ``length`` are bytes of the file as it lies on disk."""

    kind: str
    fields: StatusAndHeaders
    head: HttpHead | None
    asked_body: bytes  # of a request record; b"" for all others
    offset: int
    length: int

    @property
    def url(self) -> str:
        return self.fields.get_header("WARC-Target-URI") or ""

    def get(self, name: str) -> str | None:
        value: str | None = self.fields.get_header(name)
        return value


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """An archived answer: the head as it came, and the body with transfer coding undone, content coding still on."""

    fields: StatusAndHeaders
    head: HttpHead
    body: bytes


def scan_records(path: Path) -> Iterator[ScannedRecord]:
    """The whole records of ``path`` in order, one in memory at a time.

    A cut record ends the reading (a killed crawl or a full disk leaves one at the end), and so does a place that
    is no WARC: one warning names file and byte.
    """
    with path.open("rb") as file:
        records = ArchiveIterator(file, no_record_parse=True)
        offset = 0
        while True:
            try:
                record = next(records)
                kind = record.rec_type or ""
                head = _read_head(record) if kind in {"request", "response", "revisit"} else None
                asked_body = b""
                if kind == "request" and head is not None and not head.first.startswith(b"GET "):
                    asked_body = record.raw_stream.read(_HEAD_SIZE)
                while record.raw_stream.read(_PIECE):
                    pass
                if record.length is None or record.raw_stream.tell() < record.length:
                    logger.warning("archive: %s is cut at byte %d; what stands before it is read", path, offset)
                    return
                offset = records.get_record_offset()
                length = records.get_record_length()
            except StopIteration:
                return
            except (ArchiveLoadFailed, zlib.error, EOFError, UnicodeError, ValueError) as error:
                why = " ".join(str(error).split())
                logger.warning("archive: %s cannot be read after byte %d: %s", path, offset, why)
                return
            yield ScannedRecord(kind, record.rec_headers, head, asked_body, offset, length)
            offset += length


def read_message(path: Path, offset: int, limit: int = 0) -> StoredMessage:
    """The answer in the record at ``offset``, read from there alone. ``limit`` bytes at most, if it is not 0.

    Raises:
        ArchiveError: no whole record with an HTTP answer stands there, or it is larger.
    """
    where = f"{path} at byte {offset}"
    try:
        with path.open("rb") as file:
            file.seek(offset)
            record = next(ArchiveIterator(file, no_record_parse=True))
            if limit and (record.length or 0) > limit + _HEAD_SIZE:
                raise ArchiveError(f"archive: {where}: {record.length} bytes are more than {limit}")
            head = _read_head(record)
            body = record.raw_stream.read()
            whole = record.length is not None and record.raw_stream.tell() == record.length
    except (OSError, ArchiveLoadFailed, StopIteration, zlib.error, EOFError, ValueError) as error:
        raise ArchiveError(f"archive: {where}: {' '.join(str(error).split()) or 'nothing there'}") from error
    if head is None or head.status is None or not whole:
        raise ArchiveError(f"archive: {where}: no whole HTTP answer")
    if (head.get(b"transfer-encoding") or b"").lower().strip().endswith(b"chunked"):
        body = undo_chunks(body)
    return StoredMessage(record.rec_headers, head, body)


def make_response(url: str, message: StoredMessage, body: bytes | None = None) -> Response:
    """The Scrapy response that ``message`` was, with ``body`` if that stands in another record."""
    content = message.body if body is None else body
    headers = _true_headers(message.head, content)
    response_class = responsetypes.from_args(headers=headers, url=url, body=content)
    return response_class(
        url=url, status=message.head.status or 0, headers=headers, body=content, protocol=message.head.protocol
    )


def undo_chunks(data: bytes) -> bytes:
    """``data`` without its chunked transfer coding; as it is, if it never had it (many crawlers keep the field)."""
    pieces: list[bytes] = []
    at = 0
    while True:
        end = data.find(b"\n", at, at + 1024)
        size = data[at : max(end, at)].split(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,15}", size):
            return b"".join(pieces) if pieces else data
        count = int(size, 16)
        if count == 0:
            return b"".join(pieces)
        pieces.append(data[end + 1 : end + 1 + count])
        at = end + 1 + count
        at += 2 if data[at : at + 2] == b"\r\n" else 1
        if at >= len(data):
            return b"".join(pieces)


def _read_head(record: ArcWarcRecord) -> HttpHead | None:
    """Read up to the blank line; None if ``record`` holds no HTTP message. The bytes stay what they are:
    warcio's own parser guesses an encoding for each line, and that cannot be undone."""
    if not (record.rec_headers.get_header("WARC-Target-URI") or "").startswith(("http:", "https:")):
        return None
    lines: list[bytes] = []
    left = _HEAD_SIZE
    while left > 0:
        line: bytes = record.raw_stream.readline(left)
        left -= len(line)
        if not line.strip():
            break
        if line[:1] in b" \t" and len(lines) > 1:
            lines[-1] += b" " + line.strip()
        else:
            lines.append(line.strip())
    if not lines:
        return None
    named = (line.partition(b":") for line in lines[1:])
    return HttpHead(lines[0], tuple((name.strip(), value.strip()) for name, colon, value in named if colon))


def _true_headers(head: HttpHead, body: bytes) -> Headers:
    """The fields as they hold for ``body``: no transfer coding any more, and its length."""
    headers = Headers(head.fields)
    headers.pop("Transfer-Encoding", None)
    if body or b"Content-Length" not in headers:  # without a body (HEAD, 304) it speaks of another one
        headers["Content-Length"] = str(len(body))
    return headers


# --- The index ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One exchange: one line of the index. ``offset`` and ``length`` are of its response or revisit record.

    ``end`` is the byte of the archive up to which this line and those before it tell all.
    """

    filename: str
    fingerprint: str
    url: str
    date: str
    kind: str
    status: int
    offset: int
    length: int
    end: int
    record_id: str
    digest: str
    etag: str
    last_modified: str

    def to_line(self) -> str:
        """The CDXJ line: key, 14 digits of UTC, JSON (numbers as strings, as other tools write them)."""
        data = {
            "url": self.url,
            "status": str(self.status),
            "digest": self.digest,
            "offset": str(self.offset),
            "length": str(self.length),
            "filename": self.filename,
            "fingerprint": self.fingerprint,
            "type": self.kind,
            "date": self.date,
            "id": self.record_id,
            "etag": self.etag,
            "last_modified": self.last_modified,
            "end": str(self.end),
        }
        digits = re.sub(r"\D", "", self.date)[:14]
        return f"{_make_key(self.url)} {digits} {json.dumps(data, ensure_ascii=False)}\n"

    @classmethod
    def from_line(cls, line: str) -> IndexEntry:
        """Read back `to_line`.

        Raises:
            ValueError, KeyError: the line is cut or not ours.
        """
        data: dict[str, str] = json.loads(line.split(" ", 2)[2]) if line.endswith("\n") and line.count(" ") > 1 else {}
        return cls(
            filename=data["filename"],
            fingerprint=data["fingerprint"],
            url=data["url"],
            date=data["date"],
            kind=data["type"],
            status=int(data["status"]),
            offset=int(data["offset"]),
            length=int(data["length"]),
            end=int(data["end"]),
            record_id=data["id"],
            digest=data["digest"],
            etag=data["etag"],
            last_modified=data["last_modified"],
        )


def load_index(archive: Path, fingerprinter: RequestFingerprinterProtocol) -> list[IndexEntry]:
    """The exchanges of ``archive`` by the index beside it, made again from the archive if it does not tell all."""
    path = _index_path(archive)
    size = archive.stat().st_size
    with suppress(OSError, ValueError, KeyError), path.open(encoding="utf-8", newline="\n") as lines:
        entries = [IndexEntry.from_line(line) for line in lines]
        if entries and max(entry.end for entry in entries) == size:
            return entries
    entries = _rebuild_index(archive, size, fingerprinter)
    new = path.with_name(f"{path.name}.{uuid4().hex[:8]}.part")
    try:
        new.write_text("".join(entry.to_line() for entry in entries), encoding="utf-8", newline="\n")
        new.replace(path)
    except OSError as error:  # a folder that is only for reading; the index in memory serves as well
        logger.warning("archive: the index %s cannot be written: %s", path, error)
    logger.info("archive: made the index of %s again (%d exchanges)", archive, len(entries))
    return entries


def _rebuild_index(archive: Path, size: int, fingerprinter: RequestFingerprinterProtocol) -> list[IndexEntry]:
    entries: list[IndexEntry] = []
    for record in scan_records(archive):
        if record.kind not in {"response", "revisit"} or record.head is None or record.head.status is None:
            continue
        try:
            key = record.get(FINGERPRINT) or fingerprinter.fingerprint(Request(record.url)).hex()
        except ValueError:  # an address that Scrapy could not have asked for
            continue
        entries.append(
            IndexEntry(
                filename=archive.name,
                fingerprint=key,
                url=record.url,
                date=record.get("WARC-Date") or "",
                kind=record.kind,
                status=record.head.status,
                offset=record.offset,
                length=record.length,
                end=size,
                record_id=record.get("WARC-Record-ID") or "",
                digest=record.get("WARC-Payload-Digest") or "",
                etag=_text(record.head.get(b"etag")),
                last_modified=_text(record.head.get(b"last-modified")),
            )
        )
    return entries


def _index_path(archive: Path) -> Path:
    return archive.with_name(archive.name.removesuffix(ARCHIVE_SUFFIX) + INDEX_SUFFIX)


def _make_key(url: str) -> str:
    """The sort key of an address: its host turned round, so that sub-domains stand together."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # only in a damaged archive
        return url.replace(" ", "%20")
    turned = host if re.fullmatch(r"[\d.]+|.*:.*", host) else ",".join(reversed(host.split(".")))
    tail = f":{port}" if port else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{turned}{tail}){parts.path or '/'}{query}".lower().replace(" ", "%20")


def _text(value: bytes | None) -> str:
    return "" if value is None else value.decode("latin-1")


# --- Writing ------------------------------------------------------------------------------------------------------


class _Head(StatusAndHeaders):  # type: ignore[misc] # warcio is untyped
    """An HTTP head that is written in the bytes that came; warcio would percent-encode what is not ASCII."""

    def __init__(self, first: bytes, fields: Iterable[tuple[bytes, bytes]]) -> None:
        fields = [(name, value.replace(b"\r", b" ").replace(b"\n", b" ")) for name, value in fields]
        super().__init__(first.decode("latin-1"), fields)
        self._raw = first + b"\r\n" + b"".join(b"%b: %b\r\n" % field for field in fields) + b"\r\n"

    def compute_headers_buffer(self, header_filter: object = None) -> None:
        self.headers_buff = self._raw


class _Members:
    """Writes gzip members: warcio calls ``flush`` once, at the end of each record. No buffer of its own."""

    def __init__(self, file: io.FileIO) -> None:
        self.file = file
        self._deflate: Any = None  # begins with the first bytes of a record

    def prepare(self, body: bytes) -> None:
        """For the next record: large bodies that are packed already (PDF, images) would only cost time, and a quarter
        of a megabyte of tables is too much for what has no body."""
        middle = len(body) // 2
        sample = body[middle : middle + _SAMPLE]
        packed = len(sample) == _SAMPLE and len(zlib.compress(sample, 1)) > 0.95 * _SAMPLE
        self._start(0 if packed else _LEVEL, _LITTLE if len(body) < _SHORT else zlib.DEF_MEM_LEVEL)

    def _start(self, level: int = _LEVEL, memory: int = zlib.DEF_MEM_LEVEL) -> None:
        self._deflate = zlib.compressobj(level, zlib.DEFLATED, zlib.MAX_WBITS + 16, memory)

    def write(self, data: bytes) -> None:
        if self._deflate is None:
            self._start()
        self._put(self._deflate.compress(data))

    def flush(self) -> None:
        if self._deflate is not None:
            self._put(self._deflate.flush())
        self._deflate = None

    def cut_back(self, size: int) -> None:
        """Take away what was written after ``size`` bytes."""
        self._deflate = None
        with suppress(OSError):
            self.file.truncate(size)
            self.file.seek(size)

    def _put(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[self.file.write(left) :]


class ArchiveFile:
    """The archive of one run and its index, open for writing. Never writes into a file that is there already."""

    def __init__(self, folder: Path, run: str, about: dict[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path, file = _open_new(folder, run)
        self._members = _Members(file)
        self._writer = WARCWriter(self._members, gzip=False, warc_version=WARC_VERSION)
        try:
            self._index = _index_path(self.path).open("wb")
            info = self._writer.create_warcinfo_record(self.path.name, about)
            self._info_id: str = info.rec_headers.get_header("WARC-Record-ID")
            self._writer.write_record(info)
        except BaseException:
            file.close()
            raise

    def write_exchange(self, request: Request, response: Response, date: str, fingerprint: str) -> IndexEntry:
        """Write ``response`` and ``request`` as two records; all of both or nothing."""
        body = response.body
        fields = [(name, value) for name, values in response.headers.items() for value in values]
        fields = [(name, value) for name, value in fields if name.lower() != b"transfer-encoding"]
        if body or response.headers.get("Content-Length") is None:
            fields = [(name, value) for name, value in fields if name.lower() != b"content-length"]
            fields.append((b"Content-Length", str(len(body)).encode()))
        more: dict[str, str] = {}
        if "dataloss" in response.flags:
            more["WARC-Truncated"] = "disconnect"
        elif "download_stopped" in response.flags:
            more["WARC-Truncated"] = "unspecified"
        return self._write(
            "response", request, response, fields=fields, body=body, date=date, fingerprint=fingerprint, more=more
        )

    def write_revisit(
        self, request: Request, answer: Response, origin: IndexEntry, date: str, fingerprint: str
    ) -> IndexEntry:
        """Write the answer 304 as a revisit of the record that ``origin`` names."""
        fields = [(name, value) for name, values in answer.headers.items() for value in values]
        more = {
            "WARC-Profile": NOT_MODIFIED,
            "WARC-Refers-To": origin.record_id,
            "WARC-Refers-To-Target-URI": origin.url,
            "WARC-Refers-To-Date": origin.date,
        }
        if origin.digest:
            more["WARC-Payload-Digest"] = origin.digest
        return self._write(
            "revisit", request, answer, fields=fields, body=b"", date=date, fingerprint=fingerprint, more=more
        )

    def close(self) -> None:
        """Bring all to the disk and close."""
        os.fsync(self._members.file.fileno())
        self._members.file.close()
        self._index.close()

    def _write(
        self,
        kind: str,
        request: Request,
        response: Response,
        *,
        fields: list[tuple[bytes, bytes]],
        body: bytes,
        date: str,
        fingerprint: str,
        more: dict[str, str],
    ) -> IndexEntry:
        url = urldefrag(request.url)[0]
        answer_id, question_id = (f"<urn:uuid:{uuid4()}>" for _ in range(2))
        common = {"WARC-Date": date, "WARC-Warcinfo-ID": self._info_id}
        if response.ip_address is not None:
            common["WARC-IP-Address"] = str(response.ip_address)
        answer = self._writer.create_warc_record(
            url,
            kind,
            payload=io.BytesIO(body),
            length=len(body),
            http_headers=_Head(_make_status_line(response), fields),
            warc_headers_dict={
                **common,
                "WARC-Record-ID": answer_id,
                "WARC-Concurrent-To": question_id,
                FINGERPRINT: fingerprint,
                **more,
            },
        )
        question = self._writer.create_warc_record(
            url,
            "request",
            payload=io.BytesIO(request.body),
            length=len(request.body),
            http_headers=_make_question(request),
            warc_headers_dict={**common, "WARC-Record-ID": question_id, "WARC-Concurrent-To": answer_id},
        )
        start = self._members.file.tell()
        try:
            self._members.prepare(body)
            self._writer.write_record(answer)
            length = self._members.file.tell() - start
            self._members.prepare(request.body)
            self._writer.write_record(question)
        except BaseException:
            self._members.cut_back(start)
            raise
        entry = IndexEntry(
            filename=self.path.name,
            fingerprint=fingerprint,
            url=url,
            date=date,
            kind=kind,
            status=response.status,
            offset=start,
            length=length,
            end=self._members.file.tell(),
            record_id=answer_id,
            digest=answer.rec_headers.get_header("WARC-Payload-Digest") or "",
            etag=_text(response.headers.get("ETag")),
            last_modified=_text(response.headers.get("Last-Modified")),
        )
        self._index.write(entry.to_line().encode())
        self._index.flush()
        return entry


def _open_new(folder: Path, run: str) -> tuple[Path, io.FileIO]:
    count = 0
    while True:
        path = folder / f"{run}{f'-{count}' if count else ''}{ARCHIVE_SUFFIX}"
        with suppress(FileExistsError):
            return path, io.FileIO(path, "x")
        count += 1


def _make_status_line(response: Response) -> bytes:
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = ""
    return f"{response.protocol or 'HTTP/1.1'} {response.status} {phrase}".encode("latin-1")


def _make_question(request: Request) -> _Head:
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = [(name, value) for name, values in request.headers.items() for value in values]
    fields = [(name, value) for name, value in sent if name.lower() not in _SECRETS]
    if b"Host" not in request.headers:
        fields.insert(0, (b"Host", parts.netloc.encode()))
    if request.body and b"Content-Length" not in request.headers:
        fields.append((b"Content-Length", str(len(request.body)).encode()))
    return _Head(f"{request.method} {target} HTTP/1.1".encode(), fields)
