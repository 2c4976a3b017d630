"""Visual SiteBuilder: articles at ``/info/1050/64208.htm``, lists that count down.

The newest page of a list is ``xxgknb.htm``; those behind it lie in a folder of the same name, numbered from the oldest:
of five pages the second is ``xxgknb/4.htm`` and the last ``xxgknb/1.htm``. Addresses are written from the page.
Attachments come from ``/system/_content/download.jsp``, which says what they are only in its answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from tests.sites.variants.base import Variant
from tests.sites.variants.shapes import add_channels

if TYPE_CHECKING:
    from tests.sites.builder import Link
    from tests.sites.site import Site
    from tests.sites.variants.base import Crumbs


def make(seed: int) -> Site:
    """One portal of the family."""
    v = Variant("visualsite", seed)
    random = v.random
    v.look = replace(v.look, relative=True)
    root = random.choice(("zfxxgk", "xxgk", "zwgk"))
    annual = f"/{root}/{random.choice(('xxgknb', 'zfxxgknb', 'nb', 'zfxxgkndbg'))}"
    tree = random.randint(1001, 1099)
    owner = random.randint(10**9, 2 * 10**9)
    v.article = lambda day: f"/info/{tree}/{v.take_id()}.htm"
    v.news_article = lambda folder, day: f"/info/{tree + 1 + len(folder)}/{v.take_id()}.htm"
    if random.random() < 0.6:
        v.names_downloads = True
        v.attachment = lambda day, suffix: (
            f"/system/_content/download.jsp?urltype=news.DownloadAttachUrl&owner={owner}&wbfileid={v.take_id()}"
        )
    else:
        v.attachment = lambda day, suffix: f"/__local/{v.take_id() % 16:X}/{v.take_id():X}.{suffix}"
    with_numbers = random.random() < 0.6

    def count_down(where: str, n: int, total: int) -> str:
        return f"{where}.htm" if n == 1 else f"{where}/{total - n + 1}.htm"

    v.add_furniture(
        annual=f"{annual}.htm",
        column=f"/{root}/",
        index="index.htm",
        page_name=lambda where, n: where if n == 1 else f"{where}{n}.htm",
    )

    def add_list(
        path: str, label: str, crumbs: Crumbs, links: list[Link], pages: int, above: Callable[[str], str]
    ) -> None:
        where = path.removesuffix(".htm")
        parts = v.split(links, pages)
        total = len(parts)
        names = [count_down(where, n, total) for n in range(1, total + 1)]

        def body(n: int) -> str:
            here = names[n]

            def step(label: str, to: int, role: str) -> str:
                if not 0 <= to < total or to == n:
                    return f'<span class="p_{role}_d p_fun_d">{label}</span>'
                return f'<span class="p_{role} p_fun"><a href="{v.href(names[to], here)}">{label}</a></span>'

            words = v.look.pager
            numbers = "".join(
                f'<span class="p_no_d">{to + 1}</span>'
                if to == n
                else f'<span class="p_no"><a href="{v.href(names[to], here)}">{to + 1}</a></span>'
                for to in range(total)
            )
            pager = (
                f'<span class="p_pages">{step(words[0], 0, "first")}{step(words[1], n - 1, "prev")}'
                f"{numbers if with_numbers else ''}{step(words[2], n + 1, 'next')}{step(words[3], total - 1, 'last')}"
                f'</span> <span class="p_t">共{len(links)}条</span>'
            )
            listed = f"<h3>{label}</h3>\n{v.render_items(parts[n], here)}"
            return f'{above(here)}\n{listed}\n<div class="pb_sys_common pb_sys_normal">{pager}</div>'

        for n in range(total):
            v.add_page(names[n], label, crumbs, partial(body, n))
            v.need(names[n])

    add_channels(v, add_list, lambda key: f"{annual}/{key}.htm")
    return v.build()


FAMILIES = {"visualsite": make}
