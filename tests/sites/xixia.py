"""西峡县: the county's own reports on one list, and a page of bodies at ``/zfxxgk/dfbmptlj/`` with a list for each.

A department's list may title its report 2022年政府信息公开工作年度报告 and leave the body to the breadcrumb.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.sites.builder import Area, Link, Planned, paragraphs_html
from tests.sites.forms import FormStyle
from tests.sites.henan import ANNUAL, COLUMN, HOME, NEWEST, HenanBuilder, Look
from tests.sites.reports import load_report

if TYPE_CHECKING:
    from tests.sites.henan import Crumbs
    from tests.sites.site import Site

AREA = Area("西峡县", "西峡县人民政府", "县")
LOOK = Look("来源：{source} 时间：{day}", 'id="zoom" class="content"', "h2", "numbers", 40)
CRUMBS = (HOME, COLUMN, ANNUAL)
BODIES = ("地方部门平台链接", "/zfxxgk/dfbmptlj/")
OWN_2021 = FormStyle(wrap=True, amount_unit="（单位：万元，保留4位小数）")
WORD = FormStyle(markup="word")
PLANNED = (
    Planned("西峡县人民政府", 2015, "2016-03-25", title="2015年西峡县人民政府政府信息公开工作年度报告"),
    Planned("西峡县人民政府", 2018, "2019-03-27", flavour="word"),
    Planned("西峡县人民政府", 2019, "2020-03-26", carried=(0, 0), style=FormStyle(brackets="half")),
    Planned("西峡县人民政府", 2020, "2021-03-24", flavour="word", style=WORD, carried=(0, 0)),
    Planned("西峡县人民政府", 2022, "2023-03-28", style=OWN_2021, carried=(1, 0)),
)


@dataclass(frozen=True, slots=True)
class Body:
    """A body with a page of its own: ``decoys`` are (name in ``decoys.txt``, year, day)."""

    name: str
    folder: str
    pages: int
    decoys: tuple[tuple[str, int, str], ...]
    planned: tuple[Planned, ...]


DEPARTMENTS = (
    Body(
        "西峡县林业局",
        "lyj",
        2,
        (("department_rule_of_law", 2022, "2023-03-02"), ("department_budget", 2021, "2022-02-25")),
        (
            Planned("西峡县林业局", 2020, "2021-01-20", flavour="word", style=WORD, carried=(0, 1)),
            Planned("西峡县林业局", 2021, "2022-01-17", carried=(1, 0)),
            Planned("西峡县林业局", 2022, "2023-01-18", title="2022年政府信息公开工作年度报告", carried=(0, 0)),
        ),
    ),
    Body(
        "西峡县财政局",
        "czj",
        1,
        (("department_budget", 2022, "2023-02-21"),),
        (
            Planned("西峡县财政局", 2021, "2022-01-14", flavour="div", style=FormStyle(brackets="spaced")),
            Planned("西峡县财政局", 2022, "2023-01-16", "landing-pdf"),
        ),
    ),
    Body(
        "西峡县回车镇人民政府",
        "hcz",
        1,
        (("department_rule_of_law", 2023, "2024-03-01"),),
        (Planned("西峡县回车镇人民政府", 2021, "2022-01-12", "landing-html", style=FormStyle(wrap=True)),),
    ),
    Body(
        "西峡县丹水镇人民政府",
        "dsz",
        1,
        (("department_budget", 2020, "2021-02-26"),),
        (
            Planned("西峡县丹水镇人民政府", 2019, "2020-01-15", "txt", columns="blanks"),
            Planned("西峡县丹水镇人民政府", 2020, "2021-01-14", "dead"),
        ),
    ),
)


def build(extra: bool) -> Site:
    """The portal; ``extra`` adds invented reports, the departments' among them, a dead link and a PDF."""
    builder = HenanBuilder("xixia", "www.xixia.gov.cn", AREA, LOOK, first_id=120000)
    notice = builder.add_decoy("format_notice", 2021, "2021-12-22", CRUMBS)
    builder.add_channels(16, [notice])
    builder.add_home()
    side = builder.add_column(extra=(BODIES,))
    own = load_report("xixia-2021", "2022-03-29", OWN_2021)
    links = [
        builder.add_report(own, "plain", CRUMBS, builder.article_path(own.published), AREA.government),
        notice,
        builder.add_decoy("announcement", 2021, "2022-03-30", CRUMBS),
        builder.add_decoy("infographic", 2021, "2022-04-02", CRUMBS),
        builder.add_decoy("rule_of_law", 2022, "2023-03-16", CRUMBS),
        builder.add_decoy("budget", 2021, "2022-02-18", CRUMBS),
        builder.add_decoy("website", 2020, "2021-01-25", CRUMBS),
        builder.add_blank_form("2021-12-23", CRUMBS),
    ]
    if extra:
        links += [builder.add_planned(planned, CRUMBS) for planned in PLANNED]
    builder.add_list(ANNUAL[1], CRUMBS, links, 1, side)
    for body in DEPARTMENTS:
        _add_department(builder, body, extra)
    items = "".join(f'<li><a href="{BODIES[1]}{body.folder}/">{body.name}</a></li>' for body in DEPARTMENTS)
    main = f'{side}<div class="main"><h3>{BODIES[0]}</h3><ul class="bodies">{items}</ul></div>'
    builder.add_html(BODIES[1], builder.render(BODIES[0], (HOME, COLUMN, BODIES), main), NEWEST)
    return builder.build(("/zfxxgk/", "/"))


def _add_department(builder: HenanBuilder, body: Body, extra: bool) -> None:
    """A body's own page, with its guide, and its list of annual reports."""
    home = (body.name, f"{BODIES[1]}{body.folder}/")
    annual = ("政府信息公开年报", f"{home[1]}nb/")
    crumbs: Crumbs = (HOME, COLUMN, BODIES, home)
    listed = (*crumbs, annual)
    side = builder.render_side((home, annual), body.name)
    guide = paragraphs_html((f"{body.name}负责公开本机关制作和保存的政府信息，办公时间受理公开申请。",))
    main = f'{side}<div class="main"><h3>政府信息公开指南</h3>{guide}</div>'
    builder.add_html(home[1], builder.render(body.name, crumbs, main), "2023-03-10")
    links: list[Link] = [builder.add_decoy(name, year, day, listed, body.name) for name, year, day in body.decoys]
    if extra:
        links += [builder.add_planned(planned, listed) for planned in body.planned]
    builder.add_list(annual[1], listed, links, body.pages, side)
