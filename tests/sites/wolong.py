"""卧龙区: the column's annual list runs over three pages; its reports come pasted from Word.

The report for 2023 has the fault of the real one: spans in table three that end too early (see ``forms.FormStyle``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sites.builder import Area, Planned, by_date
from tests.sites.forms import FormStyle
from tests.sites.henan import ANNUAL, COLUMN, HOME, HenanBuilder, Look
from tests.sites.reports import load_report

if TYPE_CHECKING:
    from tests.sites.site import Site

AREA = Area("卧龙区", "卧龙区人民政府", "区")
LOOK = Look("来源：{source} 作者： 时间：{day}", 'class="article-content" id="artCon"', "h1", "words", 20)
CRUMBS = (HOME, COLUMN, ANNUAL)
OWN_2019 = FormStyle(markup="word", wrap=True, amount_unit="（单位：万元，保留4位小数）")
OWN_2023 = FormStyle(markup="word", brackets="spaced", wrap=True, ends_early=True)
WORD = FormStyle(markup="word", wrap=True)
PLANNED = (
    Planned("卧龙区人民政府", 2016, "2017-03-22", title="卧龙区人民政府2016年政府信息公开年度报告"),
    Planned("卧龙区人民政府", 2018, "2019-03-18", flavour="word"),
    Planned("卧龙区人民政府", 2020, "2021-01-27", flavour="word", style=WORD, carried=(0, 1)),
    Planned("卧龙区人民政府", 2021, "2022-01-25", flavour="word", style=WORD, carried=(1, 2)),
    Planned("卧龙区人民政府", 2022, "2023-01-20", "landing-txt", carried=(2, 0), columns="tabs"),
    Planned("卧龙区人民政府", 2024, "2025-01-23", flavour="word", style=WORD, carried=(0, 0)),
    Planned("卧龙区教育体育局", 2022, "2023-01-16", flavour="div", style=FormStyle(brackets="half")),
    Planned("卧龙区财政局", 2021, "2022-01-18", title="2021年度卧龙区财政局政府信息公开工作年度报告"),
    Planned("卧龙区石桥镇人民政府", 2023, "2024-01-11", style=FormStyle(brackets="spaced")),
    Planned("卧龙区蒲山镇人民政府", 2020, "2021-01-19", "txt", columns="blanks"),
    Planned("卧龙区水利局", 2022, "2023-01-17", "dead"),
    Planned("卧龙区梅溪街道办事处", 2023, "2024-01-12", "landing-pdf"),
)


def build(extra: bool) -> Site:
    """The portal; ``extra`` adds invented reports, a dead link, a PDF and a list that robots.txt forbids."""
    builder = HenanBuilder("wolong", "www.wolong.gov.cn", AREA, LOOK, first_id=910000)
    notice = builder.add_decoy("format_notice", 2021, "2021-12-20", CRUMBS)
    builder.add_channels(18, [notice])
    builder.add_home()
    builder.add_column()
    links = [
        builder.add_report(report, "word", CRUMBS, builder.article_path(report.published), AREA.government + "办公室")
        for report in (
            load_report("wolong-2019", "2020-01-21", OWN_2019),
            load_report("wolong-2023", "2024-01-19", OWN_2023),
        )
    ]
    links += [
        notice,
        builder.add_decoy("announcement", 2019, "2020-01-22", CRUMBS),
        builder.add_decoy("infographic", 2023, "2024-01-26", CRUMBS),
        builder.add_decoy("interpretation", 2021, "2022-01-28", CRUMBS),
        builder.add_decoy("rule_of_law", 2023, "2024-03-06", CRUMBS),
        builder.add_decoy("budget", 2022, "2023-02-14", CRUMBS),
        builder.add_decoy("website", 2021, "2022-01-20", CRUMBS),
        builder.add_decoy("submit_notice", 2020, "2020-12-11", CRUMBS),
        builder.add_blank_form("2021-12-21", CRUMBS),
    ]
    side = ""
    if extra:
        links += [builder.add_planned(planned, CRUMBS) for planned in PLANNED]
        path = builder.add_forbidden_list(by_date(links))
        side = builder.render_side((("政府信息公开年报检索", path),), "年报检索")
    builder.add_list(ANNUAL[1], CRUMBS, links, 3, side)
    return builder.build(("/zfxxgk/", "/"))
