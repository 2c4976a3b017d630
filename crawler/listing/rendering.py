"""Lists that are there only after scripts ran: how a page without them is told, and what a browser brought back.

All by what stands in the page. When in doubt a page needs no browser: one costs seconds, and each page of it the calls
of its scripts.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import islice

from lxml.etree import _Element as Element

from crawler.extraction.text.clean import clean_text
from crawler.listing import plain
from crawler.listing.page import Page, parse_html
from crawler.listing.weigh import ANNUAL, ENTRY, find_leads, stage_of

NEXT = rf"[^\w一-鿿]*(?:{plain.NEXT_WORDS}|(?:点击)?加载更多|点击加载|显示更多|loadmore)[^\w一-鿿]*|{plain.NEXT_SIGNS}"
"""What a button of a pager says, blanks taken out: a regular expression of Python and of JavaScript alike, for the
whole text. A browser is given it as ``meta["render"]``."""

_OF_THE_PAGE = ("refused to the page: ", "could not be had for the page: ")  # what a page asked for and did not get
_NEXT = re.compile(NEXT, re.I)
_BACK = re.compile(
    r"\W*(?:上一?[页頁]|前一?[页頁]|prev(?:ious)?(?:page)?)\W*|[\[【(（]*[<＜«‹〈⟨←◀◄]{1,2}[\]】)）]*", re.I
)
_SHOWN = re.compile(rb"<!--nianbao:shown (\S+)-->\n")
_NOTES = re.compile(rb"\n<!--nianbao:notes (\[.*\])-->\n\Z")
_MOUNTS = re.compile(r"(?:app|root|__next|__nuxt|main-?app|vue-?app|app-?(?:root|main|container|wrap)|page-?app)", re.I)
_LISTS = re.compile(r"list|news|article|content|items?|rows?|data|result|con(?:$|[-_])|tbody|zfxxgk|nb", re.I)
_FILLS = re.compile(
    r"innerHTML|insertAdjacent|appendChild|\.append\(|\.html\(|\.load\(|\.render\(|template\(|document\.write"
    r"|ajax|fetch\(|axios|getJSON|XMLHttpRequest|new Vue|createApp",
)
_TEMPLATE = re.compile(r"\{\{[^{}]{1,120}\}\}|<%=?[^%]{1,120}%>|\$\{[\w.]{1,60}\}|\{%[^%]{1,120}%\}")
_REPEATS = ("v-for", "ng-repeat", "data-ng-repeat", "x-for", "ms-for", "ms-repeat", "v-repeat", "*ngfor", "th:each")
_WAITS = re.compile(r"(?:数据|正在|努力|页面|内容)?.{0,4}加载中|正在(?:加载|载入|读取)|请稍[候等后]|loading", re.I)
_ASKS = re.compile(r"javascript|脚本|java\s*script", re.I)
_OFF = re.compile(r"(?:^|[-_\s])(?:disabled?|forbid|nomore|unclick)(?:$|[-_\s])", re.I)
_ONLY_PAGE = re.compile(r"共\s*[01]\s*页|(?<!\d)1\s*/\s*1(?!\d)")
_PAGES = re.compile(r"共(\d{1,6})页|(?<!\d)1/(\d{1,6})(?!\d)")
_WAY = re.compile(r"next|prev(?:ious)?|first|last|back|forward|up|down", re.I)
_NOWHERE = re.compile(r"\s*(?:javascript:|#|$)", re.I)
_NOT_TEXT = frozenset({"script", "style", "noscript", "template", "head", "title", "select", "option", "textarea"})
_BARE_LINKS = 8  # a page with fewer links and next to no text shows nothing
_BARE_LETTERS = 200
_PROSE = 400  # letters outside of links; the foot of a portal has some 150
_FOLDERS = 3  # so many channels are a list themselves
_MAX_ELEMENTS = 50_000


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page as a browser showed it: its address, and its HTML in UTF-8."""

    url: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Shown:
    """What a browser brought back: the pages in the order in which they were shown (those behind buttons and in frames
    behind the first), and what was refused to them or cut off, a line each."""

    pages: tuple[ShownPage, ...]
    notes: tuple[str, ...] = ()

    @property
    def cuts(self) -> tuple[str, ...]:
        """The notes of what was cut off: there was more to see."""
        return tuple(note for note in self.notes if not note.startswith(_OF_THE_PAGE))


def split_shown(body: bytes, url: str) -> Shown:
    """The pages in the answer to a request with the method RENDER (`crawler.web.browser`), each for `parse_page` with
    the charset ``utf-8``. A body without marks is one page at ``url``."""
    notes: tuple[str, ...] = ()
    if found := _NOTES.search(body):
        body = body[: found.start()]
        notes = tuple(str(note) for note in json.loads(found.group(1)))
    before, *rest = _SHOWN.split(body)
    if not rest or before.strip():
        return Shown((ShownPage(url, body),), notes)
    pages = zip(rest[::2], rest[1::2], strict=True)
    return Shown(tuple(ShownPage(address.decode("utf-8", "replace"), html) for address, html in pages), notes)


def needs_scripts(page: Page, stage: str = ENTRY) -> str | None:
    """Why a page shows no list without its scripts, in a few words; None if it shows one, or prose, or nothing speaks
    for a list. ``stage`` is how far the link to it promised it to be.

    To be asked last: of a page in which no family found leads, records or the address of a call.
    """
    annual = stage_of(page, stage) == ANNUAL
    if "<script" not in page.html.lower() or page.holds_report or not (annual or len(page.links) < _BARE_LINKS):
        return None
    leads = find_leads(page, ANNUAL)
    if any(lead.kind in {"report", "file"} or (lead.title and lead.title.year) for lead in leads):
        return None  # what names no year stands in menus too
    root = parse_html(page.html)
    if root is None:
        return None
    letters = _count_letters(root)
    if letters > _PROSE:
        return None
    bare = len(page.links) < _BARE_LINKS and letters < _BARE_LETTERS
    folders = sum(lead.kind == "channel" for lead in leads)
    if not annual and not bare:
        return None
    scripts = "\n".join(el.text or "" for el in root.iter("script"))
    return (
        _find_mount(root)
        or _find_template(root)
        or _find_empty_list(root, scripts, guess=annual and folders < _FOLDERS)
        or (_find_notice(root) if bare or (annual and folders < _FOLDERS) else None)
    )


def needs_clicks(page: Page) -> str | None:
    """Why the further pages of a list are to be had only by clicking, in a few words; None if they are links, or if
    there are none. To be asked of a list whose family found no next page."""
    low = page.html.lower()
    scripted = "<script" in low
    if not scripted and "javascript:" not in low:
        return None
    if plain.next_pages(page):
        return None
    root = parse_html(page.html)
    if root is None:
        return None
    for el in islice(root.iter("a", "button", "input", "span", "li", "div", "em", "i", "td"), _MAX_ELEMENTS):
        said = _find_button(el)
        if said is not None and not scripted and not _has_handler(el):
            continue  # nothing on the page could make it do anything
        if said is not None and not _is_only_page(el) and not _is_dead(el):
            return f"a pager by buttons: {said}"
    return None


# --- signs of a list that is not there yet ----------------------------------------------------------------------------


def _find_mount(root: Element) -> str | None:
    for el in root.iter("div", "main", "section", "app-root", "app"):
        name = el.get("id") or str(el.tag)
        if _MOUNTS.fullmatch(name) and _is_empty(el):
            return f"an empty mount point: {name}"
    return None


def _find_template(root: Element) -> str | None:
    for el in islice(root.iter(), _MAX_ELEMENTS):
        if not isinstance(el.tag, str) or el.tag in _NOT_TEXT:
            continue
        for name in _REPEATS:
            if el.get(name) is not None:
                return f"a template: {name}"
        for text in (el.text, el.tail):
            if text and (found := _TEMPLATE.search(text)):
                return f"a template: {clean_text(found.group())[:40]}"
    for el in root.iter("script"):
        if re.search(r"template|text/html|x-jsrender", el.get("type") or "", re.I) and "<a" in (el.text or ""):
            return f"a template in a script: {el.get('type')}"
    return None


def _find_empty_list(root: Element, scripts: str, *, guess: bool) -> str | None:
    """An empty box that a script of the page names; with ``guess`` also one that is called like a list, where scripts
    are linked that nobody here reads."""
    fills = _FILLS.search(scripts) is not None
    linked = any(el.get("src") for el in root.iter("script"))
    for el in root.iter("ul", "ol", "dl", "table", "tbody", "div", "section"):
        names = [*filter(None, [el.get("id")]), *(el.get("class") or "").split()]
        if not names or not _is_empty(el):
            continue
        for name in names:
            if fills and len(name) > 1 and re.search(rf"""["'#.\s]{re.escape(name)}["'\s>)\]]""", scripts):
                return f"an empty box that a script fills: {name}"
            if guess and linked and (el.tag in {"ul", "ol", "dl", "tbody"} or el.get("id")) and _LISTS.search(name):
                return f"an empty box for a list: {name}"
    return None


def _find_notice(root: Element) -> str | None:
    for el in root.iter("noscript"):
        text = clean_text("".join(str(part) for part in el.itertext()))
        if _ASKS.search(text):
            return f"it asks for scripts: {text[:40]}"
    for el in root.iter("div", "p", "span", "li", "td"):
        text = clean_text(el.text or "")
        if 0 < len(text) <= 20 and len(el) == 0 and _WAITS.search(text):
            return f"it is loading: {text}"
    return None


def _is_empty(el: Element) -> bool:
    """Whether nothing is seen in an element: no text, link, picture or frame."""
    if next(el.iter("a", "img", "iframe", "frame", "input", "select", "button", "embed", "object"), None) is not None:
        return False
    return not any(isinstance(text, str) and text.strip() for text in _seen(el))


def _seen(el: Element) -> list[str]:
    found: list[str] = []
    for one in islice(el.iter(), _MAX_ELEMENTS):
        if isinstance(one.tag, str) and one.tag not in _NOT_TEXT and one.text:
            found.append(one.text)
        if one is not el and one.tail:
            found.append(one.tail)
    return found


def _count_letters(root: Element) -> int:
    """The letters that are seen on a page outside of links."""
    body = next(root.iter("body"), root)
    count = sum(len("".join(text.split())) for text in _seen(body))
    return count - sum(len("".join(text.split())) for link in body.iter("a") for text in _seen(link))


# --- buttons ----------------------------------------------------------------------------------------------------------


def _find_button(el: Element) -> str | None:
    """What a control says that leads on and has no address; None if it is none."""
    said = [el.get(name) or "" for name in ("title", "aria-label", "value")]
    if len(el) <= 2:
        said.append("".join(str(text) for text in islice(el.itertext(), 8)))
    word = next((word for text in said if _NEXT.fullmatch(word := "".join(text.split()))), None)
    if word is None:
        return None
    href = el.get("href")
    if el.tag == "a":
        if href is not None and not _NOWHERE.match(href):
            return None
    elif el.tag in {"button", "input"}:
        if el.tag == "input" and el.get("type") not in {"button", "submit", "image"}:
            return None
    elif el.get("onclick") is None and el.get("role") != "button" and not _is_in_pager(el):
        return None
    if any(up.tag == "a" and not _NOWHERE.match(up.get("href") or "") for up in el.iterancestors()):
        return None  # the link around it has the address
    for up in (el, *islice(el.iterancestors(), 2)):
        if up.get("disabled") is not None or up.get("aria-disabled") == "true" or _OFF.search(up.get("class") or ""):
            return None
    return word


def _has_handler(el: Element) -> bool:
    """Whether a control, or what it stands in, says itself what it does."""
    around = (el, *islice(el.iterancestors(), 2))
    return any(up.get("onclick") or "javascript:" in (up.get("href") or "").lower() for up in around)


def _is_in_pager(el: Element) -> bool:
    names = " ".join(f"{up.get('class') or ''} {up.get('id') or ''}" for up in (el, *islice(el.iterancestors(), 3)))
    return re.search(r"pag(?:e|ing|ination)|fenye|turn|pager|more", names, re.I) is not None


def _is_dead(el: Element) -> bool:
    """Whether a control does nothing: the one that leads back from the first page is written alike, letter for letter;
    or but for the word of its direction, where the pager knows no page but the first."""
    around = el.getparent()
    above = around.getparent() if around is not None else None
    pager = above if above is not None else el
    for other in islice(pager.iter(str(el.tag)), 100):
        if other is not el and _BACK.fullmatch("".join("".join(map(str, other.itertext())).split())):
            alike = _without_ways(other) == _without_ways(el) and "onclick" not in el.attrib
            return dict(other.attrib) == dict(el.attrib) or (alike and _knows_one_page(pager))
    return False


def _without_ways(el: Element) -> dict[str, str]:
    """The attributes of a control without the words that say which way it leads."""
    return {str(name): _WAY.sub("", str(value)) for name, value in el.attrib.items()}


def _knows_one_page(pager: Element) -> bool:
    """Whether the only number among the controls is that of the first page, and no text counts more pages."""
    texts = ["".join(str(part).split()) for part in islice(pager.itertext(), 200)]
    counted = _PAGES.search("".join(texts))
    numbers = {text for text in texts if text.isdecimal()}
    return numbers == {"1"} and (counted is None or int(counted.group(1) or counted.group(2)) <= 1)


def _is_only_page(el: Element) -> bool:
    """Whether the pager around a button says that there is one page."""
    for up in islice(el.iterancestors(), 3):
        text = "".join(str(part) for part in islice(up.itertext(), 200))
        if len(text) > 200:
            return False
        if _ONLY_PAGE.search(text):
            return True
    return False
