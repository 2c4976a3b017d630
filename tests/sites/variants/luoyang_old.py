"""Older sites of Luoyang: ``/html/1//2/151/164/59946.html`` with its double slash, lists ``list_2.html``.

Pages say GB2312 and hold what takes GB18030. Addresses are written from the root, because a resolved relative address
would lose the empty step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from tests.sites.variants.base import Variant
from tests.sites.variants.pagers import render_words
from tests.sites.variants.shapes import add_channels

if TYPE_CHECKING:
    from tests.sites.builder import Link
    from tests.sites.site import Site
    from tests.sites.variants.base import Crumbs


def make(seed: int) -> Site:
    """One portal of the family."""
    v = Variant("luoyang_old", seed, charset="gb18030")
    random = v.random
    v.look = replace(v.look, relative=False, quote=random.choice(('"', "")), tracking="", tables=random.random() < 0.8)
    channel = random.randint(101, 180)
    root = f"/html/1//2/{channel}/"
    annual = f"{root}{random.randint(181, 199)}/{random.choice(('', '175/', '175/552/554/'))}"
    inside = random.choice(("[{}]", "{}", "第{}页"))
    only_words = random.random() < 0.4
    v.article = lambda day: f"{annual}{v.take_id()}.html"
    v.news_article = lambda folder, day: f"{folder}{v.take_id()}.html"
    v.attachment = lambda day, suffix: f"/uploadfile/{day[:4]}/{day.replace('-', '')}{v.take_id()}.{suffix}"
    v.add_furniture(
        annual=f"{annual}list_1.html",
        column=root,
        news=f"/html/1//2/{channel + 300}/",
        page_name=lambda where, n: where if n == 1 else f"{where}list_{n}.html",
    )

    def add_list(
        path: str, label: str, crumbs: Crumbs, links: list[Link], pages: int, above: Callable[[str], str]
    ) -> None:
        parts = v.split(links, pages)
        names = [path.replace("list_1", f"list_{n}") for n in range(1, len(parts) + 1)]

        def body(n: int) -> str:
            here = names[n]
            if only_words:
                pager = render_words(v.look, names, n)
            else:
                numbers = " ".join(
                    inside.format(to + 1) if to == n else f"<a href={name}>{inside.format(to + 1)}</a>"
                    for to, name in enumerate(names)
                )
                following = (
                    f" <a href={names[n + 1]}>下页</a> <a href={names[-1]}>末页</a>" if n < len(names) - 1 else ""
                )
                pager = f"共{len(links)}条 {numbers}{following}"
            rows = f"<tr><td valign=top width=200>{above(here)}</td><td><b>{label}</b>{v.render_items(parts[n], here)}"
            return f"<table width=960 align=center>{rows}\xa0{pager}</td></tr></table>"

        for n in range(len(parts)):
            v.add_page(names[n], label, crumbs, partial(body, n))
            v.need(names[n])

    add_channels(v, add_list, lambda key: f"{annual}{v.take_id()}/list_1.html")
    return v.build()


FAMILIES = {"luoyang_old": make}
