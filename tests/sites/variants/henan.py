"""Henan's common platform: articles at ``/2024/01-23/910503.html``, lists ``index.html``, ``index_2.html``.

The platform gives each body a column of its own; the portal's channel shows them as links of names.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from tests.sites.variants.base import Variant
from tests.sites.variants.pagers import render_numbers, render_words
from tests.sites.variants.shapes import add_channels

if TYPE_CHECKING:
    from tests.sites.builder import Link
    from tests.sites.site import Site
    from tests.sites.variants.base import Crumbs


def make(seed: int) -> Site:
    """One portal of the family; half of them with a list for each body."""
    v = Variant("henan", seed, charset="utf-8")
    random = v.random
    annual = f"/zfxxgk/{random.choice(('zfxxgknb', 'xxgknb', 'nb'))}/"
    below = random.choice(("/zfxxgk/dfbmptlj/", f"{annual}bm/", "/bmzfxxgk/"))
    numbers = random.random() < 0.5
    first = random.choice(("", "index.html"))
    v.article = lambda day: f"/{day[:4]}/{day[5:7]}-{day[8:]}/{v.take_id()}.html"
    v.attachment = lambda day, suffix: (
        f"/upload/{day.replace('-', '')[:6]}/{day.replace('-', '')}{v.take_id()}.{suffix}"
    )
    v.add_furniture(annual=annual + first, page_name=lambda where, n: where if n == 1 else f"{where}index_{n}.html")

    def add_list(
        path: str, label: str, crumbs: Crumbs, links: list[Link], pages: int, above: Callable[[str], str]
    ) -> None:
        folder = path.rpartition("/")[0] + "/"
        parts = v.split(links, pages)
        names = [path, *(f"{folder}index_{n}.html" for n in range(2, len(parts) + 1))]

        def body(n: int) -> str:
            here = names[n]
            written = [v.href(name, here) for name in names]
            pager = render_numbers(v.look, written, n) if numbers else render_words(v.look, written, n)
            foot = '<div class="qrcode"><p>扫一扫在手机打开当前页</p></div>'
            return f"{above(here)}\n<h3>{label}</h3>\n{v.render_items(parts[n], here)}\n{pager}\n{foot}"

        for n in range(len(parts)):
            v.add_page(names[n], label, crumbs, partial(body, n))
            v.need(names[n])

    add_channels(v, add_list, lambda key: f"{below}{key}/{first}", ("one", "groups", "bodies", "bodies"))
    return v.build()


FAMILIES = {"henan": make}
