"""The strings and names of PDF as the bytes that they stand for, in objects and in content alike."""

from __future__ import annotations

import re

_HEX_IN_NAME = re.compile(rb"#([0-9A-Fa-f]{2})")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)|\r\n?", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\r\n": b"", b"\r": b"", b"\n": b""}
_BLANKS = re.compile(rb"[\x00\t\n\x0c\r ]+")


def unescape_string(data: bytes) -> bytes:
    """The bytes that the inside of a PDF string in parentheses stands for."""
    return _ESCAPE.sub(_unescape, data) if b"\\" in data or b"\r" in data else data


def _unescape(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if code is None:
        return b"\n"  # a line end in a string is one character, whatever the file uses
    if code.isdigit() and code < b"8":
        return bytes((int(code, 8) & 0xFF,))
    return _ESCAPED.get(code, code)


def read_hex(data: bytes) -> bytes:
    """The bytes of a PDF string in hexadecimal digits; a last single digit is followed by 0."""
    try:
        return bytes.fromhex(data.decode("ascii"))
    except ValueError:
        digits = _BLANKS.sub(b"", data)
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))


def read_name(data: bytes) -> bytes:
    """The name that the characters after the slash stand for."""
    return _HEX_IN_NAME.sub(lambda found: bytes((int(found[1], 16),)), data) if b"#" in data else data
