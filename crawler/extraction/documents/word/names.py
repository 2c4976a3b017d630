"""Names in WordprocessingML: one short name for an element or attribute, whichever of its namespaces a file uses.

The transitional namespaces are those of ECMA-376 1st edition, the strict ones (purl.oclc.org) those of ISO/IEC 29500.
"""

from __future__ import annotations

from lxml.etree import _Element as Element

_PREFIXES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r",
    "http://purl.oclc.org/ooxml/officeDocument/relationships": "r",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://purl.oclc.org/ooxml/drawingml/main": "a",
    "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing": "wp",
    "http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing": "wp",
    "http://schemas.openxmlformats.org/drawingml/2006/chart": "c",
    "http://purl.oclc.org/ooxml/drawingml/chart": "c",
    "http://schemas.microsoft.com/office/drawing/2014/chartex": "cx",
    "http://schemas.openxmlformats.org/drawingml/2006/diagram": "dgm",
    "http://purl.oclc.org/ooxml/drawingml/diagram": "dgm",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.openxmlformats.org/package/2006/relationships": "rel",
    "urn:schemas-microsoft-com:vml": "v",
    "urn:schemas-microsoft-com:office:office": "o",
}
_NAMESPACES: dict[str, list[str]] = {}
for _namespace, _prefix in _PREFIXES.items():
    _NAMESPACES.setdefault(_prefix, []).append(_namespace)

_names: dict[str, str] = {}
_spellings: dict[str, tuple[str, ...]] = {}


def name_of(el: Element) -> str:
    """``"w:p"``; the bare local name for a namespace that is none of ours, nothing for what is no element."""
    tag = el.tag
    if not isinstance(tag, str):
        return ""
    found = _names.get(tag)
    if found is None:
        namespace, _, local = tag.rpartition("}")
        prefix = _PREFIXES.get(namespace.lstrip("{"))
        found = f"{prefix}:{local}" if prefix else local
        if len(_names) < 4_000:  # the formats have some 1,500 names; strangers may have any number
            _names[tag] = found
    return found


def attribute(el: Element | None, name: str, default: str = "") -> str:
    """The value of an attribute such as ``"w:val"``."""
    if el is None:
        return default
    for spelling in _spell(name):
        value = el.get(spelling)
        if value is not None:
            return str(value)
    return default


def find_child(el: Element | None, *path: str) -> Element | None:
    """The first child of that name, and so on down the path."""
    for name in path:
        if el is None:
            return None
        el = next(el.iterchildren(*_spell(name)), None)
    return el


def is_on(el: Element | None) -> bool:
    """Whether a switch such as ``w:vanish`` is there and not turned off."""
    return el is not None and attribute(el, "w:val", "1").lower() not in {"0", "false", "off"}


def read_number(text: str, default: int = 0, limit: int = 1_000_000) -> int:
    """A whole number from an attribute, held within ±``limit``."""
    try:
        return max(min(int(float(text)), limit), -limit)
    except (ValueError, OverflowError):
        return default


def _spell(name: str) -> tuple[str, ...]:
    found = _spellings.get(name)
    if found is None:
        prefix, _, local = name.partition(":")
        found = _spellings[name] = tuple(f"{{{namespace}}}{local}" for namespace in _NAMESPACES[prefix])
    return found
