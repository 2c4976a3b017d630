"""Bytes of a page or text file → characters. What the bytes are outweighs what is declared.

Government pages often declare one encoding and send another, and `gb2312` almost always means GB18030 (the superset
that GB 18030-2022 makes mandatory; the WHATWG Encoding Standard decodes it so too).
"""

from __future__ import annotations

import codecs
import re

from crawler.extraction.errors import UnreadableDocument

_META = re.compile(
    rb"""<meta[^>]{0,300}?charset\s*=\s*["']?\s*([\w.:-]{2,40})|<\?xml[^>]{0,100}?encoding=["']([\w.-]+)""", re.I
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What GB18030 bytes turn into, or noise: these hardly occur in Chinese prose, while these do.
_COMMON = re.compile(
    "[的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过民政府信息公开]"
)
_NOISE = re.compile("[\ufffd\ue000-\uf8ff\x80-\x9f]")
_ASCII = re.compile("[\x00-\x7f]+")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_TOLERATED = 0.02  # share of unreadable characters above which a text is no text


def decode(data: bytes, declared: str | None = None) -> tuple[str, str]:
    """The text of `data` and the encoding it was read in. ``declared`` is what the transport said.

    Raises UnreadableDocument if no encoding makes text of it.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode(name, errors="replace"), name
    sample = data[:4096]
    if sample.count(0) > len(sample) // 5:  # Latin letters and line ends have a zero byte in UTF-16
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        name = "utf-16-le" if odd > even else "utf-16-be"
        return _accept(data.decode(name, errors="replace"), name)
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    found = _META.search(data[:4096])
    inside = (found.group(1) or found.group(2)).decode("ascii") if found else None
    names = ["utf-8", "gb18030"]
    for claim in (declared, inside):
        known = _known(claim)
        if known and known not in names:
            names.append(known)
    # Reading the whole in each encoding costs little beside parsing, and a sample may lack the telling characters.
    texts = {name: data.decode(name, errors="replace") for name in names}
    best = min(names, key=lambda name: (_badness(texts[name]), names.index(name)))
    return _accept(texts[best], best)


def _known(name: str | None) -> str | None:
    """Python's name for a declared encoding; GB2312 and GBK are read as GB18030."""
    if not name:
        return None
    try:
        known = codecs.lookup(name.strip().strip("\"'")).name
    except LookupError:
        return None
    return "gb18030" if known in {"gb2312", "gbk", "hz"} else known


def _badness(text: str) -> float:
    """0 for common Chinese prose, rising with unreadable characters and the lack of common ones."""
    text = _ASCII.sub("", text)
    wide = len(text) or 1
    return len(_NOISE.findall(text)) / wide - len(_COMMON.findall(text)) / wide


def _accept(text: str, name: str) -> tuple[str, str]:
    unreadable = len(_NOISE.findall(text)) + len(_CONTROL.findall(text))
    if unreadable > max(8, _TOLERATED * len(text)):
        raise UnreadableDocument(
            f"no known encoding makes text of it ({unreadable} of {len(text)} characters unreadable)"
        )
    return text, name
