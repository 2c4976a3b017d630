"""Documents as the archives hold them: by the place of their answer, and proved by their digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware

from crawler.portals.pages import find_charset
from crawler.web.warc import ArchiveError, make_response, read_message
from crawler.workers.model import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from scrapy.http import Response

Place = dict[str, Any]
"""``{"file", "offset"}``: an archive relative to ``DATA_DIR``, and the byte at which the answer stands."""


class Unavailable(Exception):  # noqa: N818  (named for what it says, as in NotAReport)
    """The archives do not give a document back; the message says why, in one line."""


class Missing(Unavailable):
    """It was never archived, or its archive is not there."""


class Damaged(Unavailable):
    """Its archive is cut or spoiled."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The bytes of a document, and the charset that the header of its answer declares."""

    body: bytes
    charset: str | None


def load_document(data_dir: Path, url: str, sha256: str, places: Iterable[Place | None]) -> Answer:
    """The document with this digest, from the first of its places that holds it.

    Raises:
        Missing, Damaged: no place does; the reason is that of the first.
    """
    problem: Unavailable | None = None
    tried: list[Place] = []
    for place in places:
        if place is None or place in tried:
            continue
        tried.append(place)
        try:
            return _load(data_dir, url, sha256, place)
        except Unavailable as error:
            problem = problem or error
    raise problem or Missing("it was never archived")


def _load(data_dir: Path, url: str, sha256: str, place: Place) -> Answer:
    path, offset = data_dir / place["file"], place["offset"]
    try:
        size = path.stat().st_size
    except OSError as error:
        raise Missing(f"the archive {path} is not there: {error.strerror}") from None
    if offset >= size:
        raise Damaged(f"the archive {path} is cut: it ends at byte {size}, before byte {offset}")
    try:
        response = make_response(url, read_message(path, offset, MAX_BYTES))
    except ArchiveError as error:
        if isinstance(error.__cause__, OSError) and error.__cause__.strerror:
            raise Damaged(f"the archive {path} cannot be read: {error.__cause__.strerror}") from None
        raise Damaged(f"the archive {path} is damaged at byte {offset}") from None
    body = _undo_coding(response, sha256)
    if body is None:
        raise Damaged(f"the archive {path} is damaged at byte {offset}: it holds other bytes than were read once")
    return Answer(body, find_charset(response))


def _undo_coding(response: Response, sha256: str) -> bytes | None:
    """The body with this digest, as it came or with its content coding undone as a crawl does it; None for another."""
    if hashlib.sha256(response.body).hexdigest() == sha256:
        return response.body
    codings, _ = HttpCompressionMiddleware._split_encodings(response.headers.getlist("Content-Encoding"))
    body = response.body
    try:
        for coding in codings:
            body = HttpCompressionMiddleware._decode(body, coding, MAX_BYTES)
    except Exception:  # whatever a decoder makes of damaged bytes
        return None
    return body if hashlib.sha256(body).hexdigest() == sha256 else None
