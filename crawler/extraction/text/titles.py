"""Titles: is it an annual report on information disclosure, of which year, of whom?

By rule, not by list: a report's title names 信息公开 and a report; what announces, explains or prescribes reports
says so in its own noun at the end (通知, 公告, 解读), and other annual reports name another matter (法治政府建设,
预算执行).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from crawler.extraction.text.clean import clean_text

_CHINESE_YEAR = re.compile("[二2][〇○OoＯ零0][一二三四五六七八九〇○OoＯ零0-9]{2}(?=\\s*年)")
_CHINESE_DIGITS = str.maketrans("〇○OoＯ零一二三四五六七八九", "000000123456789")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)\s*(?:年度|年|(?=[)）\]】]|[-_—\s]*$)|(?=\D{0,12}(?:信息公开|年度|年报)))")
_YEAR_PHRASE = re.compile(r"[（(【\[]?\s*(?<!\d)(?:19|20)\d\d\s*(?:年度|年)?\s*[)）】\]]?")
_MATTER = re.compile("(?:政府信息|政务信息|信息|政务)(?:与政务|和政务|、政务)?公开")
_REPORT = re.compile(
    "年度?工作?报告|年报|工作(?:情况)?(?:的)?(?:年度)?(?:总结)?报告|情况(?:的)?(?:年度)?报告|年度?[^，。]{0,8}报告"
)
_OTHER_KIND = (
    (
        "notice",
        re.compile(
            "(?:通知|通告|公告|公示|启事|函|意见|办法|方案|要点|格式|模板|范本|样式|样表|指引|须知|目录|汇总|汇编|答复|要求)[）)》”\\s]*$|格式|模板|填报说明"
        ),
    ),
    ("interpretation", re.compile("解读|图解|读懂|问答|解释|说明$|发布会")),
    (
        "news",
        re.compile(
            "(?:召开|举办|举行|开展|完成|部署|推进|培训|印发|公布|发布|启动|上线).{0,40}(?:会|班|了)[!！]?$|"
            "(?:(?<!重新)(?:公布|发布)|启动|出炉|上线|完成|印发|培训)[!！]?$"  # （重新发布） is a report put up anew
        ),
    ),
)
_OTHER_MATTER = re.compile(
    "法治政府|依法行政|预算|决算|绩效(?:评价|自评|报告|管理)|执法(?:情况|工作|数据|统计|年度)|网站(?:工作)?(?:年度)?报表|网站监管|"
    "环境(?:状况|质量)|统计公报|内部控制|社会责任|企业(?:年报|年度|信息)|国有资产|安全生产(?:工作|情况)|审计(?:报告|工作|结果|情况)|政府采购"
)
_OTHER_SPAN = re.compile("上半年|下半年|季度|月份|学年|评估报告|考核报告|调研报告|自查报告|整改报告|预决算")
_DOCUMENT_NUMBER = re.compile(r"[一-鿿]{1,8}[〔\[【（(]\d{4}[〕\]】）)]\s*第?\d+号")
_BEHIND = re.compile(
    "(?:[（(]|[—－-]+)\\s*([一-鿿]{2,30}?(?:政府|办公室|委员会|委|局|厅|办事处|街道|镇|乡|中心|队|院|馆|站|所|社|公司))[)）]?\\s*$"
)
# What a page of a portal writes behind its title.
_SITE = re.compile(r"\s*[-_—－|]+\s*[^-_—－|]{2,30}(?:网站|门户|政府网|信息网)\s*$")
_REMARK = re.compile(r"^[（(【\[]?(?:更正|订正|修正|修订|重新发布|重新公布)版?[）)】\]]")  # 【更正】 before a title
_BRACKETS = re.compile("[（(][^（()）]*[)）]")
_SHORT = 200  # characters
_STRIP = " \u3000·，,、。:：-—_|《》“”\"'【】[]()（）"


@dataclass(frozen=True, slots=True)
class Title:
    """What a title says.

    ``kind`` is "report"; "bare" for one that names no matter (2022年度报告: its page must tell); or why it is none:
    "notice", "interpretation", "news", "other_report", "other". ``year`` and ``body`` are None where the title does not
    name them.
    """

    text: str
    kind: str
    year: int | None
    body: str | None


def read_title(printed: str) -> Title:
    """Kind, year and body of a title or link text.

    >>> read_title("卧龙区人民政府 2023 年政府信息公开工作年度报告").body
    '卧龙区人民政府'
    >>> read_title("关于做好2023年政府信息公开工作年度报告编制工作的通知").kind
    'notice'
    """
    return _read_short(printed) if len(printed) <= _SHORT else _read(printed)


def _read(printed: str) -> Title:
    text = _SITE.sub("", clean_text(printed))
    return Title(text, _kind(text), find_year(text), _body(text))


_read_short = lru_cache(maxsize=2048)(_read)  # a title is looked at by each that needs its kind, its year or its body


def may_be_report(text: str) -> bool:
    """Whether a text has the words without which no title is a report's: a quick look before `read_title`."""
    return "公开" in text and "报" in text


def find_year(text: str) -> int | None:
    """The first year that a title names: 2019年, （2019年度）, 二〇一九年."""
    found = _YEAR.search(_with_arabic_years(text))
    return int(found.group(1)) if found else None


def _with_arabic_years(text: str) -> str:
    """A text with its years in Chinese numerals (二〇一九年) written in digits."""
    if "年" not in text:
        return text
    return _CHINESE_YEAR.sub(lambda found: found.group().translate(_CHINESE_DIGITS), text)


def _kind(text: str) -> str:
    quoted = text.strip(_STRIP)
    if len(text) > 90 or "报" not in text or not _REPORT.search(text):
        return "other"
    matter = _find_matter(text)
    for kind, pattern in _OTHER_KIND:
        found = pattern.search(quoted)
        # A body may have 推进, 培训 or 发布 in its name: what is news says so behind its matter.
        if found and (kind != "news" or matter is None or found.start() > matter.start() or quoted[-1] in "会班了"):
            return kind
    if not matter:
        if _OTHER_MATTER.search(text):
            return "other_report"
        return "bare" if re.search("年度?报告?$|年度工作报告$", _BRACKETS.sub("", quoted)) else "other"
    others = text[: matter.start()].endswith(("企业", "学校", "高校", "医院"))  # 企业信息公开 is another duty
    if others or _OTHER_MATTER.search(text[matter.end() :]) or _OTHER_SPAN.search(text):
        return "other_report"
    return "report"


def _find_matter(text: str) -> re.Match[str] | None:
    """Where a title names its matter; 政务公开办公室 is a body, not the matter."""
    if "公开" not in text:
        return None
    found = [m for m in _MATTER.finditer(text) if not re.match("办|领导|科|中心|处|股|局", text[m.end() :])]
    return found[0] if found else None


def _body(text: str) -> str | None:
    """The body before the matter of the title, or behind it in brackets or after a dash; its year taken out."""
    matter = _find_matter(text)
    if not matter:
        return None
    text = _with_arabic_years(text)  # character for character: the matter stays where it is
    before = re.split("[:：]", text[: matter.start()])[-1]  # 附件1：, 上一篇： label a title
    before = _DOCUMENT_NUMBER.sub("", before)
    before = _YEAR_PHRASE.sub("", before).strip(_STRIP)
    before = _REMARK.sub("", before)
    before = re.sub("(?:法治政府建设|依法行政)(?:工作)?[和与暨及、]+$", "", before)
    before = re.sub("^(?:关于|附件\\s*\\d*[\\s、]*)+|(?:关于|本级|年度|年)$", "", before).strip(_STRIP)
    before = re.sub(r"\s+", "", before)
    if before.endswith("人民") and matter.group().startswith("政府"):
        before += "政府"
    if not before:
        behind = _BEHIND.search(text[matter.end() :])
        before = behind.group(1) if behind else ""
    if not 2 <= len(before) <= 40 or re.search("[，。；！？]|×|某|ХХ|XX|xx|\\*\\*|__", before):
        return None
    return before
