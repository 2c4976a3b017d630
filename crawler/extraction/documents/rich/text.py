"""Bytes of an .rtf → characters: by the code page of the font that they are set in (RTF 1.9.1, Font Table)."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

_CHARSETS = {
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    130: "johab",
    134: "gb18030",
    136: "big5hkscs",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
    254: "cp437",
    255: "cp437",
}
_PAGES = {936: "gb18030", 950: "big5hkscs", 54936: "gb18030", 52936: "hz", 65001: "utf-8", 10000: "mac_roman"}
_DOUBLE = frozenset({"gb18030", "big5hkscs", "cp932", "cp949", "johab"})
SYMBOLS = 2
"""The character set of fonts that hold signs in the place of characters."""
# Control characters; 1 to 4 serve the reader as marks of its own.
_CONTROLS = {n: None for n in range(32) if n not in {9, 10}} | {127: None}


@dataclass(slots=True)
class Font:
    """A font of the table. ``charset`` is -1 where it says none."""

    name: str = ""
    charset: int = -1
    page: int = 0


def codec_of(page: int) -> str:
    """The codec of a Windows code page; that of Western Europe for a number that is none."""
    name = _PAGES.get(page, f"cp{page}")
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name


def is_double(codec: str) -> bool:
    """Whether some characters of the code page take two bytes."""
    return codec in _DOUBLE


def pick_codec(font: Font | None, default: str) -> str:
    """The codec of a font; ``default`` is the document's."""
    if font is None:
        return default
    if font.page:
        return codec_of(font.page)
    return _CHARSETS.get(font.charset, default)


def decode_run(raw: bytes, font: Font | None, default: str) -> str:
    """The text of a run of bytes in one font. What cannot be decoded is U+FFFD."""
    if raw.isascii() and (font is None or font.charset != SYMBOLS):
        return raw.decode("ascii").translate(_CONTROLS)
    if font is not None and font.charset == SYMBOLS and not font.page:
        plain = font.name.lower().startswith("symbol")  # its digits stand where ASCII has them
        return "".join(
            chr(b) if b in {9, 32} or (plain and 48 <= b <= 57) else chr(0xF000 + b) for b in raw if b >= 32 or b == 9
        )
    codec = pick_codec(font, default)
    if font is not None and font.charset == 0 and not font.page and is_double(codec):
        # A Western font in a Chinese document: most writers use the document's code page there all the same.
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            codec = "cp1252"
        else:
            if all(c.isascii() or ord(c) >= 0x2000 or c in "·§¨°±×÷" for c in text):
                return text.translate(_CONTROLS)
            codec = "cp1252"
    return raw.decode(codec, errors="replace").translate(_CONTROLS)
