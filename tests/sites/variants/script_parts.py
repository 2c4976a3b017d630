"""What portals that live by scripts share: text that only a running script can read, and pictures nobody needs.

Nothing here is said in plain characters: addresses and data go through the same small cipher, whose key stands in the
script, so that a reader of text finds neither an address nor a title, and a browser both.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import TYPE_CHECKING, Any

from tests.sites.site import Page

if TYPE_CHECKING:
    from random import Random

    from tests.sites.site import Site
    from tests.sites.variants.base import Variant

MEDIA = ("image/", "font/", "video/", "audio/")
MEDIA_FOLDER = "/static/media/"
CSS_PATH = "/static/css/site.css"


def media_paths(site: Site) -> frozenset[str]:
    """The pictures, fonts and films of a portal, which no crawl for reports needs; browsers ask for them unless told
    otherwise."""
    return frozenset(path for path, page in site.pages.items() if page.content_type.startswith(MEDIA))


def encipher(text: str, key: int) -> bytes:
    """UTF-8 with each byte changed by the key and its place."""
    return bytes(byte ^ ((key + 7 * n) & 255) for n, byte in enumerate(text.encode()))


def write_codes(text: str, key: int) -> str:
    """A text as an array of numbers for the script's own reader (`write_reader`)."""
    return json.dumps(list(encipher(text, key)), separators=(",", ":"))


def write_answer(data: Any, key: int) -> Page:
    """Data as a call answers it: JSON, enciphered, in base64."""
    text = json.dumps(data, ensure_ascii=False)
    return Page(base64.b64encode(encipher(text, key)), "text/plain")


def write_reader(name: str, key: int) -> str:
    """A function of JavaScript: an array of numbers, or base64, to text."""
    return (
        f"function {name}(a){{if(typeof a==='string')"
        "a=Array.from(atob(a.trim()),function(c){return c.charCodeAt(0)});"
        f"return new TextDecoder().decode(Uint8Array.from(a,function(c,i){{return c^(({key}+7*i)&255)}}))}}"
    )


def choose_names(random: Random, count: int) -> list[str]:
    """Names as a packer of scripts gives them."""
    return [f"_0x{number:06x}" for number in random.sample(range(0x100000, 0xFFFFFF), count)]


def add_media(v: Variant) -> str:
    """Pictures, a font and a film; returns what shows them on a page, to be put into its body."""
    folder = MEDIA_FOLDER
    random = v.random
    names = [f"{folder}banner{n}.png" for n in range(random.randint(2, 4))]
    for name in names:
        v.add(name, lambda: Page(write_png(), "image/png"))
    v.add(f"{folder}photo.jpg", lambda: Page(b"\xff\xd8\xff\xe0" + bytes(64), "image/jpeg"))
    v.add(f"{folder}title.woff2", lambda: Page(b"wOF2" + bytes(256), "font/woff2"))
    v.add(f"{folder}film.mp4", lambda: Page(b"\x00\x00\x00\x18ftypmp42" + bytes(4096), "video/mp4"))
    sheet = (
        f"@font-face{{font-family:t;src:url({folder}title.woff2) format('woff2')}}\n"
        f"body{{font-family:t,sans-serif}}.top{{background:url({folder}photo.jpg)}}\n"
    )
    v.add(CSS_PATH, lambda: Page(sheet.encode(), "text/css"))
    pictures = "".join(f'<img src="{name}" alt="" width="1000">' for name in names)
    return f'{pictures}<video src="{folder}film.mp4" autoplay muted loop preload="auto"></video>'


def write_png() -> bytes:
    """One red pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\x00\xff\x00\x00")) + chunk(b"IEND", b"")
