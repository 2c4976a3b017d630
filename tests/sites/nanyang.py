"""南阳市: the crawl begins at the entry page; one annual list mixes years, departments and a county.

Seen: the line 发布时间:2020-01-22来源: 分享: and the text in ``div.conTxt``; half-width brackets, blank cells and
452万元 in a cell in the report for 2019.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from tests.sites.builder import Area, Planned, by_date
from tests.sites.forms import FormStyle
from tests.sites.henan import ANNUAL, COLUMN, HOME, HenanBuilder, Look
from tests.sites.reports import load_report

if TYPE_CHECKING:
    from tests.sites.site import Site

AREA = Area("南阳市", "南阳市人民政府", "市")
LOOK = Look("发布时间:{day}来源: 分享:", 'class="conTxt"', "div", "numbers", 60)
CRUMBS = (HOME, COLUMN, ANNUAL)
PRINTED = MappingProxyType({("proactive", "procurement", "amount"): "452万元"})
OWN_2019 = FormStyle(markup="word", brackets="half", wrap=True, amount_unit="", printed=PRINTED)
PLANNED = (
    Planned("南阳市人民政府", 2017, "2018-03-20"),
    Planned("南阳市人民政府", 2020, "2021-03-26", style=FormStyle(brackets="half"), carried=(0, 2)),
    Planned("南阳市人民政府", 2021, "2022-03-25", style=FormStyle(wrap=True), carried=(2, 0)),
    Planned("南阳市人民政府", 2022, "2023-03-24", flavour="word", style=FormStyle(markup="word"), carried=(0, 1)),
    Planned("南阳市人民政府", 2023, "2024-03-22", flavour="div", carried=(1, 0)),
    Planned("南阳市人民政府办公室", 2020, "2021-01-22", carried=(3, 0)),
    Planned("南阳市林业局", 2022, "2023-01-13", title="南阳市林业局政府信息公开年报（2022年度）"),
    Planned("南阳市农业农村局", 2021, "2022-01-21", flavour="word", style=FormStyle(markup="word", brackets="half")),
    Planned("方城县人民政府", 2021, "2022-03-11", style=FormStyle(amount_unit="（单位：万元，保留4位小数）")),
    Planned("南阳市体育局", 2023, "2024-01-15", "txt", columns="tabs"),
    Planned("南阳市统计局", 2020, "2021-01-18", "landing-html", flavour="word", style=FormStyle(markup="word")),
    Planned("南阳市商务局", 2022, "2023-01-12", "landing-pdf"),
)


def build(extra: bool) -> Site:
    """The portal; ``extra`` adds invented reports and a PDF."""
    builder = HenanBuilder("nanyang", "www.nanyang.gov.cn", AREA, LOOK, first_id=309000)
    notice = builder.add_decoy("submit_notice", 2019, "2019-12-16", CRUMBS)
    builder.add_channels(18, [notice])
    builder.add_home()
    builder.add_column()
    office = load_report("nanyang-2019", "2020-01-22", OWN_2019)
    links = [
        builder.add_report(office, "word", CRUMBS, builder.article_path(office.published)),
        notice,
        builder.add_decoy("announcement", 2021, "2022-03-28", CRUMBS),
        builder.add_decoy("infographic", 2022, "2023-03-27", CRUMBS),
        builder.add_decoy("interpretation", 2019, "2020-03-30", CRUMBS),
        builder.add_decoy("rule_of_law", 2021, "2022-03-30", CRUMBS),
        builder.add_decoy("budget", 2023, "2024-02-20", CRUMBS),
        builder.add_decoy("website", 2022, "2023-01-19", CRUMBS),
        builder.add_decoy("website_summary", 2020, "2021-01-08", CRUMBS),
        builder.add_blank_form("2021-12-15", CRUMBS),
    ]
    if extra:
        links += [builder.add_planned(planned, CRUMBS) for planned in PLANNED]
    builder.add_list(ANNUAL[1], CRUMBS, by_date(links), 2)
    return builder.build(("/",))
