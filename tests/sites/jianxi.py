"""涧西区: the older Luoyang site with numbered pages and 下页; reports in font tags and line breaks, in layout tables.

The report for 2019 repeats its title after the first heading and has a second heading 一、 inside section one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sites.builder import Area, Planned
from tests.sites.forms import FormStyle
from tests.sites.luoyang import ANNUAL, COLUMN, HOME, LuoyangBuilder
from tests.sites.reports import load_report

if TYPE_CHECKING:
    from tests.sites.site import Site

AREA = Area("涧西区", "涧西区人民政府", "区")
CRUMBS = (HOME, COLUMN, ANNUAL)
OWN_2019 = FormStyle(markup="old", wrap=True, amount_unit="（单位：万元，保留4位小数）")
OLD = FormStyle(markup="old")
PLANNED = (
    Planned(
        "涧西区人民政府", 2017, "2018-03-29", flavour="old", title="涧西区人民政府2017年度政府信息公开工作年度报告"
    ),
    Planned("涧西区人民政府", 2018, "2019-03-28", flavour="old"),
    Planned("涧西区人民政府", 2020, "2021-03-22", flavour="old", style=OLD, carried=(0, 1)),
    Planned("涧西区人民政府", 2021, "2022-03-21", flavour="word", style=FormStyle(markup="word"), carried=(1, 0)),
    Planned("涧西区教育体育局", 2020, "2021-01-26", flavour="old", style=OLD),
    Planned("涧西区重庆路街道办事处", 2019, "2020-01-14", style=FormStyle(brackets="half")),
    Planned("涧西区湖北路街道办事处", 2021, "2022-01-13", flavour="div", style=OLD),
    Planned("涧西区财政局", 2020, "2021-01-21", "txt", columns="tabs"),
    Planned("涧西区民政局", 2021, "2022-01-19", "landing-html", flavour="old", style=OLD),
    Planned("涧西区卫生健康委员会", 2020, "2021-01-28", "dead"),
)


def build(extra: bool) -> Site:
    """The portal; ``extra`` adds invented reports and a dead link."""
    builder = LuoyangBuilder("jianxi", "www.jianxi.gov.cn", AREA, first_id=59000)
    builder.add_channels(16)
    builder.add_column()
    own = load_report("jianxi-2019", "2020-03-27", OWN_2019)
    links = [
        builder.add_report(own, "old", CRUMBS, builder.article_path(own.published), AREA.government),
        builder.add_decoy("format_notice", 2019, "2019-12-30", CRUMBS),
        builder.add_decoy("announcement", 2019, "2020-03-30", CRUMBS),
        builder.add_decoy("interpretation", 2019, "2020-04-02", CRUMBS),
        builder.add_decoy("rule_of_law", 2019, "2020-03-12", CRUMBS),
        builder.add_decoy("budget", 2019, "2020-05-20", CRUMBS),
        builder.add_decoy("website", 2019, "2020-01-17", CRUMBS),
        builder.add_decoy("infographic", 2020, "2021-03-25", CRUMBS),
        builder.add_blank_form("2021-12-28", CRUMBS),
    ]
    if extra:
        links += [builder.add_planned(planned, CRUMBS) for planned in PLANNED]
    builder.add_list(CRUMBS, links, 3)
    return builder.build(("/",))
