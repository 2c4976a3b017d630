"""What a page of HTML says about itself outside its article: titles, date of publication, breadcrumb."""

from __future__ import annotations

import re

from lxml.etree import _Element as Element

from crawler.extraction.documents.article import iter_texts
from crawler.extraction.text.clean import clean_text
from crawler.extraction.text.dates import find_date, find_published

_TRAIL = re.compile(r"^.{0,12}(?:位置|导航)\s*[:：]?\s*(?=.)")


def read_facts(root: Element) -> tuple[tuple[str, ...], str | None, tuple[str, ...]]:
    """Titles (best first), date of publication and breadcrumb of a page."""
    metas: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = (meta.get("name") or meta.get("property") or "").lower()
        if name and meta.get("content"):
            metas.setdefault(name, meta.get("content") or "")
    titles = [metas.get("articletitle", ""), metas.get("og:title", "")]
    titles += ["".join(iter_texts(el)) for tag in ("h1", "h2", "h3") for el in root.iter(tag)]
    for el in root.iter("title"):
        whole = el.text or ""
        titles += [*re.split(r"\s*[-_|–—]+\s*", whole), whole]
        break
    cleaned = dict.fromkeys(filter(None, (clean_text(t) for t in titles)))
    dates = (metas.get(name) for name in ("pubdate", "publishdate", "article:published_time", "firstpublishedtime"))
    published = next(((-1, d) for d in map(find_date, filter(None, dates)) if d), None)
    trail: tuple[str, ...] = ()
    for el in root.iter("div", "p", "td", "span", "ul", "nav", "section"):
        if trail and published and published[0] <= 0:
            break
        own = el.text or ""
        if len(own) > 200 or (not trail and len(el) > 60):
            continue
        line = None
        if not trail and ("位置" in own or "位置" in _first_text(el)):
            line = clean_text("".join(iter_texts(el)))
            if len(line) < 200 and _TRAIL.match(line):
                trail = tuple(
                    p.strip() for p in re.split(r"\s*(?:>+|»|›|→|＞|/)\s*", _TRAIL.sub("", line)) if p.strip()
                )
        if len(el) < 20 and (published is None or published[0] > 0):
            line = line if line is not None else _line(el)
            found = find_published(line) if len(line) < 300 else None
            if found:
                published = min(published or found, found)
    return tuple(cleaned), published[1] if published else None, trail


def _line(el: Element) -> str:
    """The text of an element up to 300 characters: longer ones are no line of a page's head."""
    parts: list[str] = []
    length = 0
    for text in iter_texts(el):
        parts.append(text)
        length += len(text)
        if length > 300:
            break
    return "".join(parts)


def _first_text(el: Element) -> str:
    return next((t for t in iter_texts(el) if isinstance(t, str) and t.strip()), "")
