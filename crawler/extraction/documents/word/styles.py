"""Styles of a .docx: what a paragraph or a run takes from the style that it names (ECMA-376, 17.7)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml.etree import _Element as Element

from crawler.extraction.documents.word.names import attribute, find_child, is_on, name_of, read_number

TOGGLES = ("w:vanish", "w:strike", "w:dstrike")
"""Run properties that take text off the page: hidden, struck out once or twice."""
_HEADING = re.compile(r"(?:heading|标题)\s*([1-9])$", re.I)
_MAX_CHAIN = 50  # styles based on one another


@dataclass(frozen=True, slots=True)
class Numbering:
    """What a paragraph is numbered by: the list (``number``, "0" for none) and its level from 0; None: not said."""

    number: str | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Style:
    """What a style says in the end, those it is based on included. ``outline`` is 0 to 8, 9 for text, None: not said.

    ``toggles`` are the switches of `TOGGLES`, in their order. ``raised`` is text set as a note is, above or below the
    line.
    """

    outline: int | None = None
    numbering: Numbering = Numbering()
    toggles: tuple[bool, bool, bool] = (False, False, False)
    raised: bool = False


class Styles:
    """The styles part; empty if a package has none."""

    def __init__(self, root: Element | None = None) -> None:
        self._elements: dict[str, Element] = {}
        self._resolved: dict[str, Style] = {}
        self._default = ""
        self.defaults: tuple[bool | None, ...] = (None, None, None)
        if root is None:
            return
        self.defaults = read_toggles(find_child(root, "w:docDefaults", "w:rPrDefault", "w:rPr"))
        for el in root:
            if name_of(el) == "w:style" and (key := attribute(el, "w:styleId")):
                self._elements.setdefault(key, el)
                if attribute(el, "w:type") == "paragraph" and attribute(el, "w:default", "0") in {"1", "true", "on"}:
                    self._default = key

    def paragraph(self, key: str) -> Style:
        """The style of a paragraph that names ``key`` (nothing: the default style)."""
        return self._resolve(key if key in self._elements else self._default)

    def character(self, key: str) -> Style:
        """The style of a run that names ``key``."""
        return self._resolve(key)

    def list_number(self, key: str) -> str | None:
        """The list that a numbering style stands for."""
        return self._resolve(key).numbering.number

    def _resolve(self, key: str) -> Style:
        if key not in self._resolved:
            chain: list[Element] = []
            seen: set[str] = set()
            at = key
            while at in self._elements and at not in seen and len(chain) < _MAX_CHAIN:
                seen.add(at)
                chain.append(self._elements[at])
                at = attribute(find_child(chain[-1], "w:basedOn"), "w:val")
            self._resolved[key] = _add_up(chain)
        return self._resolved[key]


def _add_up(chain: list[Element]) -> Style:
    """The style at the head of a chain; what it does not say is taken from those behind it."""
    outline: int | None = None
    numbering = Numbering()
    toggles: list[bool | None] = [None, None, None]
    raised: bool | None = None
    for el in chain:
        properties = find_child(el, "w:pPr")
        if outline is None:
            outline = read_outline(properties)
        if outline is None and (named := _HEADING.match(attribute(find_child(el, "w:name"), "w:val").strip())):
            outline = int(named.group(1)) - 1
        numbering = complete(numbering, read_numbering(properties))
        own = read_toggles(find_child(el, "w:rPr"))
        raised = read_raised(find_child(el, "w:rPr")) if raised is None else raised
        toggles = [mine if mine is not None else other for mine, other in zip(toggles, own, strict=True)]
    return Style(outline, numbering, (bool(toggles[0]), bool(toggles[1]), bool(toggles[2])), bool(raised))


def read_outline(properties: Element | None) -> int | None:
    """The outline level of a `w:pPr`, None if it says none."""
    el = find_child(properties, "w:outlineLvl")
    return None if el is None else read_number(attribute(el, "w:val"), 9)


def read_numbering(properties: Element | None) -> Numbering:
    """The numbering of a `w:pPr`."""
    el = find_child(properties, "w:numPr")
    number, level = find_child(el, "w:numId"), find_child(el, "w:ilvl")
    return Numbering(
        None if number is None else attribute(number, "w:val"),
        None if level is None else read_number(attribute(level, "w:val"), 0, 8),
    )


def complete(own: Numbering, other: Numbering) -> Numbering:
    """``own`` with what it does not say taken from ``other``."""
    return Numbering(
        own.number if own.number is not None else other.number, own.level if own.level is not None else other.level
    )


def read_toggles(properties: Element | None) -> tuple[bool | None, ...]:
    """The switches of a `w:rPr`; None where it says nothing."""
    if properties is None:
        return (None, None, None)
    return tuple(None if (el := find_child(properties, name)) is None else is_on(el) for name in TOGGLES)


def read_raised(properties: Element | None) -> bool | None:
    """Whether a `w:rPr` sets its text above or below the line; None where it says nothing."""
    el = find_child(properties, "w:vertAlign")
    return None if el is None else attribute(el, "w:val") in {"superscript", "subscript"}
