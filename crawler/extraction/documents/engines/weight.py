"""What the content of a PDF costs, before pdfium reads it.

pdfium cannot be stopped. It takes gigabytes for a content that unpacks without end, and reads a form anew each time it
is drawn: one that draws itself twice, or a chain of forms that each draw the next ten times, would keep it busy for
ever. So all content is weighed first, each form once.
"""

from __future__ import annotations

import re
from typing import Any

from pdfminer.pdftypes import PDFStream, dict_value, resolve1
from pdfminer.psparser import literal_name

from crawler.extraction.documents.engines.fonts import cut_font_name, is_mute, read_font_name
from crawler.extraction.documents.engines.limits import FORM_COST, MAX_CONTENT, MAX_NESTING
from crawler.extraction.documents.engines.objects import BoundedDocument, join_contents
from crawler.extraction.documents.engines.syntax import read_name
from crawler.extraction.errors import TooLarge, UnreadableDocument

_DRAW = re.compile(rb"/([^\x00\t\n\x0c\r ()<>\[\]{}/%]++)[\x00\t\n\x0c\r ]++Do(?![A-Za-z])")


def check_content(data: bytes) -> frozenset[bytes]:
    """Raises UnreadableDocument where reading the content of a page would not end within bounds. Returns the names of
    the fonts that do not say which characters they show (`fonts.is_mute`), without the mark of a subset."""
    document = BoundedDocument(data)
    weights: dict[int, int] = {}
    # Fonts are many, and reading them costs as much as the text: only where one can be of the kind that may be mute.
    fonts: dict[int, bytes | None] | None = {} if b"/TrueType" in data or b"/ObjStm" in data else None
    for attributes in document.read_pages():
        resources = dict_value(attributes.get("Resources"))
        if _weigh(join_contents(attributes), resources, weights, fonts, []) > MAX_CONTENT:
            raise TooLarge(f"more than {MAX_CONTENT >> 20} MB of drawing operators")
    return frozenset(name for name in fonts.values() if name is not None) if fonts else frozenset()


def _weigh(
    content: bytes,
    resources: dict[Any, Any],
    weights: dict[int, int],
    fonts: dict[int, bytes | None] | None,
    above: list[int],
) -> int:
    """The bytes of operators that a content comes to with the forms that it draws. ``fonts`` gets the name of each
    that is mute, None for others; without it none is looked at."""
    if len(above) > MAX_NESTING:
        raise UnreadableDocument("forms nested without end")
    total = len(content) + FORM_COST
    for reference in dict_value(resources.get("Font")).values() if fonts is not None else ():
        font = resolve1(reference)
        if fonts is not None and isinstance(font, dict) and id(font) not in fonts:
            fonts[id(font)] = cut_font_name(read_font_name(font)) if is_mute(font) else None
    objects = dict_value(resources.get("XObject"))
    if not objects:
        return total
    counts: dict[bytes, int] = {}
    for found in _DRAW.finditer(content):
        counts[found[1]] = counts.get(found[1], 0) + 1
    for name, count in counts.items():
        stream = resolve1(objects.get(read_name(name).decode("utf-8", "replace")))
        if not isinstance(stream, PDFStream) or literal_name(resolve1(stream.get("Subtype"))) != "Form":
            continue
        key = id(stream)
        if key in above:
            raise UnreadableDocument("forms that draw themselves")
        if key not in weights:
            own = resolve1(stream.get("Resources"))
            inner = own if isinstance(own, dict) else resources
            weights[key] = _weigh(stream.get_data(), inner, weights, fonts, [*above, key])
        total = min(total + count * weights[key], MAX_CONTENT * 2)
    return total
