"""Small readings of WordprocessingML that need nothing but the element: members, merges, fields, symbols, formulas."""

from __future__ import annotations

from collections.abc import Iterator

from lxml.etree import _Element as Element

from crawler.extraction.documents.word.edges import Merge
from crawler.extraction.documents.word.names import attribute, find_child, is_on, name_of, read_number

LEFT_OUT = frozenset(
    {"w:del", "w:moveFrom", "w:pPr", "w:rPr", "w:sdtPr", "w:sdtEndPr", "w:sectPr", "w:tblPr", "w:tcPr"}
)
"""Elements that print nothing: what was deleted, and properties."""
_SUBSTANCE = frozenset(
    {
        "w:t",
        "w:p",
        "w:sym",
        "w:txbxContent",
        "a:blip",
        "v:imagedata",
        "c:chart",
        "cx:chart",
        "dgm:relIds",
        "mc:AlternateContent",
    }
)


def attribute_plain(el: Element | None, name: str) -> str:
    """The value of an attribute without a namespace."""
    return "" if el is None else el.get(name) or ""


def members(el: Element, wanted: str) -> Iterator[Element]:
    """The rows of a table or the cells of a row, also those inside content controls and the like."""
    for child in el:
        name = name_of(child)
        if name == wanted:
            yield child
        elif name == "mc:AlternateContent":
            yield from members(choose(child), wanted)
        elif name and name not in LEFT_OUT and name not in {"w:tr", "w:tc", "w:p", "w:tbl"}:
            yield from members(child, wanted)


def read_merge(properties: Element | None) -> Merge:
    """Whether a cell begins an upright merge or goes on with one; a tracked merge is taken as accepted."""
    change = find_child(properties, "w:cellMerge")
    if change is not None and (new := attribute(change, "w:vMerge")):
        return "first" if new == "rest" else "next"
    el = find_child(properties, "w:vMerge")
    if el is None:
        return ""
    return "first" if attribute(el, "w:val") == "restart" else "next"


def choose(el: Element) -> Element:
    """One of the contents that are alternatives: the first choice that shows anything, else the fallback."""
    options = [child for child in el if name_of(child) in {"mc:Choice", "mc:Fallback"}]
    for option in options:
        if any(name_of(inner) in _SUBSTANCE for inner in option.iter()):
            return option
    return options[0] if options else el


def match_fields(root: Element) -> dict[Element, Element]:
    """The characters of fields → those that begin them. A field that never ends is none: all of its text is printed."""
    partners: dict[Element, Element] = {}
    open_fields: list[list[Element]] = []
    for el in root.iter("{*}fldChar"):
        kind = attribute(el, "w:fldCharType")
        if kind == "begin":
            open_fields.append([el])
        elif open_fields:
            open_fields[-1].append(el)
            if kind == "end":
                field = open_fields.pop()
                partners.update(dict.fromkeys(field, field[0]))
    return partners


def read_form_field(el: Element) -> str:
    """What a drop-down list or a box to tick prints; other form fields keep their text as a result."""
    data = find_child(el, "w:ffData")
    if (choices := find_child(data, "w:ddList")) is not None:
        entries = [attribute(child, "w:val") for child in choices if name_of(child) == "w:listEntry"]
        chosen = find_child(choices, "w:result")
        chosen = find_child(choices, "w:default") if chosen is None else chosen
        at = read_number(attribute(chosen, "w:val"))
        return entries[at] if 0 <= at < len(entries) else ""
    if (box := find_child(data, "w:checkBox")) is not None:
        state = find_child(box, "w:checked")
        return "☑" if is_on(find_child(box, "w:default") if state is None else state) else "□"
    return ""


def read_symbol(el: Element) -> str:
    """A character chosen by its code in a font. What no font but its own can tell stays in the private area."""
    try:
        code = int(attribute(el, "w:char"), 16)
    except ValueError:
        return "\ufffd"
    if 0xF020 <= code <= 0xF07E and attribute(el, "w:font").lower() == "symbol" and chr(code - 0xF000).isdigit():
        code -= 0xF000  # Symbol has its digits where ASCII has them
    return chr(code) if 0x20 <= code < 0xD800 or 0xE000 <= code <= 0xFFFD else "\ufffd"


def read_formula(el: Element) -> str:
    """The text of a formula on one line, so that a fraction's or a power's digits do not join."""
    name = name_of(el)
    if name in {"m:t", "w:t"}:
        return el.text or ""
    joint = _JOINTS.get(name)
    texts = [text for child in el if name_of(child) not in LEFT_OUT and (text := read_formula(child))]
    return (joint or "").join(texts)


_JOINTS: dict[str, str] = {"m:f": "/", "m:sSup": "^", "m:sSub": "_", "m:sSubSup": "^", "m:nary": " ", "m:rad": " "}
