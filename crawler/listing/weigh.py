"""What a link leads to, by what it says and where it stands: a report, a decoy, a channel, or nothing of ours.

The way to the reports is the same on every portal, because 国办公开办函〔2019〕61号 sets its stations: entry →
政府信息公开 → 政府信息公开年报 → lists → reports. How far a page is on that way is its `stage`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from crawler.extraction.text.titles import Title, find_year, read_title
from crawler.listing.documents import is_file
from crawler.listing.page import Link, Page

ENTRY, DISCLOSURE, ANNUAL = "entry", "disclosure", "annual"

MAX_TITLE = 120  # characters; a longer text is a paragraph
_ANNUAL = re.compile("年报|年度报告|年度工作报告")
_DISCLOSURE = re.compile("政府信息公开|政务公开|信息公开|政府信息与政务公开|公开平台|公开专栏")
_OTHER_ANNUAL = re.compile("法治|依法行政|预算|决算|财政|统计|绩效|审计|网站工作|报表|企业|公司|环境|白皮书")
_BODIES = re.compile(".{0,6}(?:部门|单位|乡镇|街道|镇办|机构|县区|区县|直属|各[县区乡镇市]).{0,8}")
_BODY = re.compile(
    "[省市州县区旗乡镇](?:人民)?政府|[一-鿿（）()]{2,24}(?:局|委|委员会|办|办公室|中心|镇|乡|街道|街道办|办事处|人民政府|政府|管委会|厅|院|署|会|支队|大队|分局|公司|社|馆|校|所|站)"
)
LONGEST_NAME = 30  # characters: no name of a body or a column has more
_KINDS = re.compile(  # a group by nothing but words for kinds of bodies: 市直部门, 乡镇（街道）
    r"(?=.*(?:部门|单位|机构|乡镇|镇街|街镇|镇办|街道|办事处|园区|[县市][市区]|区县|各))"
    r"(?:全|各|(?:人民)?政府|直属?|[所下]属|[下所]?辖|级|垂直管理|驻|工作|组成|部门|单位|机构|[省市县区州旗乡镇]|街道?|办事处|办"
    r"|园区|开发区|功能区|管委会|及其?|[和与、/\s（()）])+"
)
_SITE = re.compile("网站|门户|平台|专[栏题]|目录|栏目")
_GROUP = re.compile(  # of bodies, and none itself; 住房和城乡建设局 is one
    "(?:各|全|所有|乡镇|镇办|街道|部门|直属|[省市州县区旗]直)|.*(?:[局委办乡镇厅院]|街道|部门|单位|政府|中心|委员会)[、和及与]|.*、"
)
_SEARCH = re.compile("检索|搜索|查询")
_EVENT = re.compile("召开|举行|举办|开展|印发|部署|调研|视察|慰问|座谈会|推进会|动员会|培训")  # news
_OPEN = re.compile("公开|政务|网站地图|更多")
_PATH = re.compile(r"xxgk|zfxx|zwgk|gkml|nianbao|n[bd]bg|ndbg|gknb|xxnb|/nb/|annual", re.I)  # pinyin of the same words
_YEAR_FOLDER = re.compile(r"[\s(（]*(?:19|20)\d\d\s*年?度?[\s)）]*(?:年报|年度报告)?")
_ELSEWHERE = re.compile(
    "指南|制度|申请|目录|意见|投诉|登录|搜索|检索|English|无障碍|适老|微信|微博|客户端|公报|解读|新闻|动态|要闻|信箱|领导|职责|门户网站|首页|办事(?!处)"
)


@dataclass(frozen=True, slots=True)
class Lead:
    """A link worth something. ``kind``: "report" (a candidate), "decoy" (could be taken for one; ``why`` says what it
    is), "channel" (a page nearer to reports, at ``stage``), "file" (an attachment)."""

    link: Link
    kind: str
    title: Title | None = None
    stage: str = ENTRY
    why: str = ""

    @property
    def weight(self) -> int:
        """0 to 9: among links of one kind, how much speaks for this one."""
        address, around = urlsplit(self.link.url).path, f"{self.link.text} {self.link.above}"
        return 3 * bool(_ANNUAL.search(around)) + 3 * bool(_DISCLOSURE.search(around)) + 3 * bool(_PATH.search(address))


def names_reports(text: str) -> bool:
    """Whether a text names annual reports (年报, 年度报告)."""
    return bool(_ANNUAL.search(text))


def is_search(text: str) -> bool:
    """Whether what a link says is a search: robots.txt often keeps crawlers from it, and lists have what it finds."""
    return bool(_SEARCH.search(text))


def is_year(text: str) -> bool:
    """Whether a link names a year and no body: a report of the portal's own, or a folder of all bodies' of that year;
    its page must tell."""
    return bool(_YEAR_FOLDER.fullmatch(text))


def stage_of(page: Page, expected: str) -> str:
    """How far a page is on the way, by its own names; at least as far as the link to it promised."""
    last = re.split("[>＞»›/]", page.trail)[-1] if page.trail else ""
    names = f"{page.title} {last}"
    if _ANNUAL.search(names) and not _OTHER_ANNUAL.search(names):
        return ANNUAL
    return DISCLOSURE if expected == ENTRY and _DISCLOSURE.search(f"{page.title} {page.trail}") else expected


def weigh(link: Link, stage: str) -> Lead | None:
    """What a link on a page of that stage leads to, or None if it is nothing of ours."""
    if link.rel == "frame":
        # What a page on the way shows in a frame is a part of it; elsewhere frames show weather and counters.
        return Lead(link, "channel", None, stage) if stage != ENTRY and not is_file(link.url) else None
    text = link.text
    if not text or len(text) > MAX_TITLE or (len(text) > LONGEST_NAME and "报" not in text):
        return None
    page, file = _weigh_text(text, stage)
    said = page if page == file else file if is_file(link.url) else page
    return None if said is None else Lead(link, *said)


_Said = tuple[str, Title, str, str]  # the fields of a lead behind its link: kind, title, stage, why


@lru_cache(maxsize=8192)  # menus stand on every page of a portal, and lists are read by several
def _weigh_text(text: str, stage: str) -> tuple[_Said | None, _Said | None]:
    """What a link leads to by its text: if its address names no file, and if it does."""
    title = read_title(text)
    return _weigh_title(text, title, stage, is_file=False), _weigh_title(text, title, stage, is_file=True)


def _weigh_title(text: str, title: Title, stage: str, *, is_file: bool) -> _Said | None:
    if title.kind == "report" and (title.year is not None or is_file):
        return "report", title, ENTRY, ""
    if title.kind in {"notice", "interpretation", "news", "other_report"}:
        could_be = _ANNUAL.search(text) and (_DISCLOSURE.search(text) or stage == ANNUAL)
        if could_be and (title.year is not None or stage == ANNUAL):
            return "decoy", title, ENTRY, title.kind
        return None
    if stage == ANNUAL and title.kind == "bare":
        if title.year is None and not is_file:
            return "channel", title, ANNUAL, ""  # 乡镇年报: a list of theirs, or a report that will show itself
        return "report", title, ENTRY, ""
    if is_file:
        named = _BODY.fullmatch(text) or (find_year(text) and _ANNUAL.search(text))
        return ("report", title, ENTRY, "") if stage == ANNUAL and named else None
    return _weigh_channel(text, stage, title)


def _weigh_channel(text: str, stage: str, title: Title) -> _Said | None:
    if _EVENT.search(text):
        could_be = _ANNUAL.search(text) and (_DISCLOSURE.search(text) or stage == ANNUAL)
        return ("decoy", title, ENTRY, "news") if could_be else None
    nearer = None
    if _ANNUAL.search(text) and not _OTHER_ANNUAL.search(text) and len(text) <= 40:
        if _DISCLOSURE.search(text) or stage != ENTRY:
            nearer = ANNUAL
        elif text in {"年报", "年度报告"}:
            nearer = ENTRY
    elif len(text) > 24 or _ELSEWHERE.search(text.replace("目录", "") if _BODIES.fullmatch(text) else text):
        nearer = None  # 部门信息公开目录 is where each body has its own, and 信息公开目录 an index of all papers
    elif stage == ANNUAL:
        if _YEAR_FOLDER.fullmatch(text) or _BODY.fullmatch(text) or _KINDS.fullmatch(text):
            nearer = ANNUAL
    elif _DISCLOSURE.search(text) or (stage == DISCLOSURE and (_BODIES.fullmatch(text) or _BODY.fullmatch(text))):
        nearer = DISCLOSURE
    return None if nearer is None else ("channel", title, nearer, "")


def find_body(page: Page) -> str | None:
    """The body whose list a page is, by the last steps of its breadcrumb or its title; None for a list of all."""
    steps = [step.strip() for step in re.split("[>＞»›/|]", page.trail)[::-1][:2]]
    for step in (*steps, re.split("[-_—|]", page.title)[0].strip()):
        name = re.sub("(?:的)?(?:政府)?(?:信息公开)?(?:工作)?(?:年度报告|年报)$", "", step)
        if _BODY.fullmatch(name) and len(name) > 2 and not _SITE.search(name) and not _GROUP.match(name):
            return name
    return None


def find_leads(page: Page, stage: str) -> list[Lead]:
    """The leads of a page, each address once, the most telling text first."""
    rank = {"report": 0, "decoy": 1, "channel": 2}
    best: dict[str, Lead] = {}
    for link in page.links:
        lead = weigh(link, stage)
        if lead is None or link.url == page.url:
            continue
        known = best.get(link.url)
        if known is None or rank[lead.kind] < rank[known.kind]:
            best[link.url] = lead
    return list(best.values())


def find_guesses(page: Page) -> list[tuple[int, Link]]:
    """Links that `find_leads` makes nothing of and that may lead on all the same, by their address or the words around
    them, with a weight from 1; the best first. Worth asking for only where nothing better is left."""
    found: dict[str, tuple[int, Link]] = {}
    for link in page.links:
        if link.url == page.url or is_file(link.url) or len(link.text) > 40 or _EVENT.search(link.text):
            continue
        path = urlsplit(link.url).path
        weight = 2 * len(set(_PATH.findall(path.lower()))) + 2 * bool(_OPEN.search(link.text))
        weight += bool(_DISCLOSURE.search(link.above)) + 2 * bool(_ANNUAL.search(f"{link.text}{link.above}"))
        weight += link.rel == "frame"
        if weight and not _ELSEWHERE.search(link.text) and weight > found.get(link.url, (0, link))[0]:
            found[link.url] = (weight, link)
    return sorted(found.values(), key=lambda one: -one[0])
