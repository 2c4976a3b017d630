"""What a page of HTML says about itself outside its article: titles, date of publication, breadcrumb."""

from __future__ import annotations

import re

from crawler.extraction.documents.nodes import Layout, Node
from crawler.extraction.text.clean import clean_text
from crawler.extraction.text.dates import find_date, find_marks, find_published

_PLACE = "位置"
_LINES = frozenset("div p td span ul nav section".split())
_LONGEST = 300  # characters: what is longer is no line of a page's head
_TRAIL = re.compile(r"^.{0,12}(?:位置|导航)\s*[:：]?\s*(?=.)")


def read_facts(page: Layout) -> tuple[tuple[str, ...], str | None, tuple[str, ...]]:
    """Titles (best first), date of publication and breadcrumb of a page."""
    metas: dict[str, str] = {}
    heads: dict[str, list[Node]] = {"h1": [], "h2": [], "h3": [], "title": []}
    for node in page.nodes:
        if node.tag in heads:
            heads[node.tag].append(node)
        elif node.tag == "meta":
            name = (node.attributes.get("name") or node.attributes.get("property") or "").lower()
            if name and node.attributes.get("content"):
                metas.setdefault(name, node.attributes["content"])
    titles = [metas.get("articletitle", ""), metas.get("og:title", "")]
    titles += [page.text_of(node) for tag in ("h1", "h2", "h3") for node in heads[tag]]
    for node in heads["title"][:1]:
        titles += [*re.split(r"\s*[-_|–—]+\s*", node.text), node.text]
    cleaned = dict.fromkeys(filter(None, (clean_text(t) for t in titles)))
    dates = (metas.get(name) for name in ("pubdate", "publishdate", "article:published_time", "firstpublishedtime"))
    published = next(((-1, d) for d in map(find_date, filter(None, dates)) if d), None)
    published, trail = _read_lines(page, published)
    return tuple(cleaned), published[1] if published else None, trail


def _read_lines(page: Layout, published: tuple[int, str] | None) -> tuple[tuple[int, str] | None, tuple[str, ...]]:
    """The date of publication, with its rank (see `find_published`), and the breadcrumb that lines of a page print.
    ``published`` is what is known without them."""
    trail: tuple[str, ...] = ()
    has_place = _PLACE in page.text
    marks = find_marks(page.text)
    for node in page.nodes:
        if node.tag not in _LINES:
            continue
        dated = published is not None and published[0] <= 0
        if (dated or not marks) and (trail or not has_place):
            break
        own, children = node.text, len(node.children)
        if len(own) > 200 or (not trail and children > 60):
            continue
        line = None
        if has_place and not trail and (_PLACE in own or _PLACE in page.first_text_of(node)):
            line = clean_text(page.text_of(node))
            if len(line) < 200 and _TRAIL.match(line):
                trail = tuple(
                    p.strip() for p in re.split(r"\s*(?:>+|»|›|→|＞|/)\s*", _TRAIL.sub("", line)) if p.strip()
                )
        if line is None and page.length_of(node) < _LONGEST and page.holds(node, marks):
            line = page.text_of(node)
        if line is not None and children < 20 and not dated and len(line) < _LONGEST:
            found = find_published(line)
            if found:
                published = min(published or found, found)
    return published, trail
