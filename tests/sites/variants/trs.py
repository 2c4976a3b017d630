"""TRS WCM: articles at ``./202401/t20240123_3554970.shtml``, lists ``index.html``, ``index_1.html``, a pager by script.

The script's call says it all: ``createPageHTML(pages, current, "index", "html")``, pages counted from 0. Some sites put
the name of a box before these and the number of entries behind them, and some print the function itself too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from tests.sites.variants.base import Variant
from tests.sites.variants.shapes import add_channels

if TYPE_CHECKING:
    from tests.sites.builder import Link
    from tests.sites.site import Site
    from tests.sites.variants.base import Crumbs

FUNCTION = """function createPageHTML(_nPageCount, _nCurrIndex, _sPageName, _sPageExt){
  if(_nPageCount == null || _nPageCount <= 1){ return; }
  for(var i = 0; i < _nPageCount; i++){
    var name = i == 0 ? _sPageName + "." + _sPageExt : _sPageName + "_" + i + "." + _sPageExt;
    document.write(i == _nCurrIndex ? "<span>" + (i + 1) + "</span>" : "<a href=" + name + ">" + (i + 1) + "</a>");
  }
}
"""


def make(seed: int) -> Site:
    """One portal of the family."""
    v = Variant("trs", seed)
    random = v.random
    suffix = random.choice(("html", "shtml", "htm"))
    root = random.choice(("/zwgk/", "/zfxxgk/", "/xxgk/"))
    annual = f"{root}{random.choice(('xxgknb', 'zfxxgknb', 'ndbg', 'nb'))}/"
    first = random.choice(("", f"index.{suffix}"))
    quote = random.choice(('"', '"', "'"))
    call = random.choice(("{pages}, {at}, {name}, {suffix}", "{pages},{at},{name},{suffix}"))
    call = random.choice((call, call, f"{{box}},{call},{{entries}}"))
    frame = random.choice(("{}", "<!--\n\t{}\n//-->", FUNCTION + "{}"))
    bare = random.random() < 0.3  # the page prints the next link too, for clients without scripts

    def name_article(folder: str, day: str) -> str:
        return f"{folder}{day[:4]}{day[5:7]}/t{day.replace('-', '')}_{v.take_id()}.{suffix}"

    v.article = partial(name_article, annual)
    v.news_article = name_article
    v.attachment = lambda day, kind: f"{annual}{day[:4]}{day[5:7]}/P0{day.replace('-', '')}{v.take_id()}.{kind}"
    v.add_furniture(
        annual=annual + first,
        column=root,
        index=f"index.{suffix}",
        page_name=lambda where, n: where if n == 1 else f"{where}index_{n - 1}.{suffix}",
    )

    def add_list(
        path: str, label: str, crumbs: Crumbs, links: list[Link], pages: int, above: Callable[[str], str]
    ) -> None:
        folder = path.rpartition("/")[0] + "/"
        parts = v.split(links, pages)

        def name(n: int) -> str:
            return path if n == 0 else f"{folder}index_{n}.{suffix}"

        def body(n: int) -> str:
            here = name(n)
            words = {"name": "index", "suffix": suffix, "box": "page_div"}
            arguments = {key: quote + word + quote for key, word in words.items()}
            said = call.format(pages=len(parts), at=n, entries=len(links), **arguments)
            script = frame.replace("{}", f"createPageHTML({said});")
            following = f'<noscript><a href="{v.href(name(n + 1), here)}">下一页</a></noscript>' if bare else ""
            pager = f'<script type="text/javascript">{script}</script>{following if n < len(parts) - 1 else ""}'
            listed = f"<h3>{label}</h3>\n{v.render_items(parts[n], here)}"
            return f'{above(here)}\n{listed}\n<div class="{v.look.classes["pager"]}" id="page_div">{pager}</div>'

        for n in range(len(parts)):
            v.add_page(name(n), label, crumbs, partial(body, n))
            v.need(name(n))

    add_channels(v, add_list, lambda key: f"{annual}{key}/{first}")
    return v.build()


FAMILIES = {"trs": make}
