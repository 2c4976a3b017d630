"""The pictures of a page: what an ``img`` element shows, where it may be a table or a text."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from crawler.extraction.documents.model import Picture, Place

MAX_DATA = 20 * 1024 * 1024  # bytes of one picture within the page
SMALLEST = 1_500  # bytes: the smallest picture of a table, with two colours and no more than a row, has some 2,000
SMALLEST_WIDTH, SMALLEST_HEIGHT = 50, 20  # pixels: no table is narrower or lower
PLACEHOLDER = 1_024  # bytes: a picture within the page that is smaller stands for one that is loaded later
_SPACER = 2  # pixels
# Where pages keep the address of a picture that a script loads when it comes into view. Two hold lists of addresses.
_LATER = ("srcset", "data-src", "data-original", "original-src", "_src", "data-lazy-src", "data-srcset")
_LISTS = frozenset({"srcset", "data-srcset"})
_FIRST_OF_LIST = re.compile(r"[\s,]*(\S*[^\s,])")
_DATA_URI = re.compile(r"data:\s*image/[\w.+-]+\s*(?P<options>(?:;[^,;]{0,100}){0,8}),", re.I)
_NO_PICTURE = re.compile("#|(?:data|javascript|about|blob):", re.I)
_PIXELS = re.compile(r"\s*\+?(\d{1,5})(?:\.\d*)?\s*(?:px\s*)?", re.I)


def find_image(attributes: Mapping[str, str], xpath: str) -> Picture | None:
    """The picture that an ``img`` shows, by its attributes; None for spacers, icons, and what names no picture.

    A picture within the page (a data URI) comes with its bytes and is named by its XPath; any other by its address as
    printed. The address of a picture that is loaded later counts where ``src`` is missing or a mere placeholder.
    """
    width, height = _pixels(attributes, "width"), _pixels(attributes, "height")
    if (width is not None and width < SMALLEST_WIDTH) or (height is not None and height < SMALLEST_HEIGHT):
        return None
    place = Place(xpath=xpath)
    for name in ("src", *_LATER):
        address = attributes.get(name, "").strip()
        if name in _LISTS:
            first = _FIRST_OF_LIST.match(address)
            address = first.group(1) if first else ""
        found = _DATA_URI.match(address)
        if found:
            if len(address) > MAX_DATA * 4 // 3:
                return Picture(None, xpath, place)
            data = _decode(address[found.end() :], found["options"])
            if len(data) >= PLACEHOLDER:
                return Picture(data, xpath, place) if len(data) >= SMALLEST else None
        elif address and not _NO_PICTURE.match(address):
            return Picture(None, address, place)
    return None


def is_spacer(attributes: Mapping[str, str]) -> bool:
    """Whether an ``img`` is set to be so thin that it can show nothing."""
    sizes = (_pixels(attributes, "width"), _pixels(attributes, "height"))
    return any(size is not None and size <= _SPACER for size in sizes)


def _pixels(attributes: Mapping[str, str], name: str) -> int | None:
    """A size in pixels; None where none is given, or a share of the width of the page."""
    found = _PIXELS.fullmatch(attributes.get(name, ""))
    return int(found.group(1)) if found else None


def _decode(text: str, options: str) -> bytes:
    """The bytes of a data URI, as browsers read it; none where it is broken."""
    data = unquote_to_bytes(text)
    if "base64" not in options.lower():
        return data
    data = b"".join(data.split()).rstrip(b"=")
    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4), validate=True)
    except binascii.Error:
        return b""
