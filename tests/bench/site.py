"""A large portal for measuring: hundreds of list pages, one in fifty of which links a report."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import cycle
from typing import TYPE_CHECKING

from tests.sites.builder import Area, Link
from tests.sites.forms import FormStyle
from tests.sites.henan import ANNUAL, COLUMN, HOME, HenanBuilder, Look
from tests.sites.prose import load_groups
from tests.sites.reports import compose_report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sites.site import Site

AREA = Area("卧龙区", "卧龙区人民政府", "区")
LOOK = Look("来源：{source} 作者： 时间：{day}", 'class="article-content" id="artCon"', "h1", "words", 20)
CRUMBS = (HOME, COLUMN, ANNUAL)
STYLE = FormStyle(markup="word", wrap=True)
BODIES = ("卧龙区人民政府", "卧龙区财政局", "卧龙区石桥镇人民政府", "卧龙区水利局")
PER_LIST = 20  # entries of a list, as most portals have
EVERY = 50  # lists for one report
NEWEST = date(2025, 2, 24)


def build_site(lists: int) -> Site:
    """A portal whose list of annual reports runs over ``lists`` pages, chained by 下一页.

    Every fiftieth page links a report; all other entries are news, which no crawl for reports asks for.
    """
    builder = HenanBuilder("bench", "127.0.0.1", AREA, LOOK, first_id=100000)
    builder.add_channels(5)
    builder.add_home()
    builder.add_column()
    builder.add_list(ANNUAL[1], CRUMBS, list(_make_entries(builder, lists)), lists)
    return builder.build(("/zfxxgk/",))


def _make_entries(builder: HenanBuilder, lists: int) -> Iterator[Link]:
    """The entries of all lists, newest first; those of one page share a day."""
    titles = cycle(f"{group.name.format(area=AREA.name)}（图）" for group in load_groups("news"))
    years = cycle(range(2019, 2024))
    for number in range(lists):
        day = (NEWEST - timedelta(days=number)).isoformat()
        count = PER_LIST
        if number % EVERY == 0:
            report = compose_report(BODIES[number // EVERY % len(BODIES)], next(years), day, STYLE)
            yield builder.add_report(report, "word", CRUMBS, builder.article_path(day))
            count -= 1
        for _ in range(count):
            yield Link(next(titles), builder.article_path(day), day)
