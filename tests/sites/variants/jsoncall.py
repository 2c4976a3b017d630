"""Platforms whose list is a JSON call: the page holds an empty box and a script with the call's address.

Articles are ``/zwgk/zfjg/ldz/xxgknb/2013897013681815553.html``. By seed: the script's style (jQuery's ``ajax`` or
``getJSON``, ``fetch``, an address in a variable), GET or a form by POST, names of parameters, pages from 0 or 1, the
shape of the answer, and whether it says how many there are.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, urlencode

from tests.sites.site import Asked, Page
from tests.sites.variants.base import Variant
from tests.sites.variants.shapes import add_channels

if TYPE_CHECKING:
    from tests.sites.builder import Link
    from tests.sites.site import Site
    from tests.sites.variants.base import Crumbs

ADDRESSES = (
    "/api/cms/article/list",
    "/gateway/api/articles.json",
    "/common/search/list",
    "/api-gateway/jpaas-publish-server/front/page/build/unit",
    "/ajax/getArticles.do",
    "/openapi/v1/contents",
)
# (channel, page, page size)
PARAMETERS = (
    ("channelId", "pageNo", "pageSize"),
    ("columnId", "page", "rows"),
    ("catId", "pageIndex", "pageSize"),
    ("siteColumn", "currentPage", "limit"),
    ("cid", "pageNum", "size"),
)
# (title, address, day) of an entry
KEYS = (
    ("title", "url", "publishTime"),
    ("docTitle", "docPubUrl", "docRelTime"),
    ("name", "link", "date"),
    ("articleTitle", "linkUrl", "createDate"),
    ("TITLE", "URL", "PUBDATE"),
)
Style = Literal["ajax", "getjson", "fetch", "variable"]


@dataclass(frozen=True, slots=True)
class Call:
    """How one portal asks for its lists and is answered."""

    address: str
    parameters: tuple[str, str, str]
    keys: tuple[str, str, str]
    style: Style
    method: Literal["GET", "POST"]
    first: int
    shape: int
    ascii_only: bool

    def query(self, channel: str, page: int, size: int) -> str:
        """The call's parameters for a page counted from 0."""
        names = self.parameters
        return urlencode({names[0]: channel, names[1]: page + self.first, names[2]: size})

    def write_script(self, channel: str, size: int) -> str:
        """What the page's script says of the call."""
        of, page, rows = self.parameters
        if self.style == "ajax":
            data = f'{{ {of}: "{channel}", {page}: n, {rows}: {size} }}'
            code = (
                f"var {page} = {self.first};\nfunction load(n) {{\n  $.ajax({{\n    url: '{self.address}',\n"
                f'    type: "{self.method.lower()}",\n    data: {data},\n    dataType: "json",\n'
                f"    success: function (res) {{ show(res); }}\n  }});\n}}\nload({page});"
            )
        elif self.style == "getjson":
            code = (
                f'function load(page) {{\n  $.getJSON("{self.address}?{of}={channel}&{rows}={size}&{page}=" + page, '
                f"function (res) {{ show(res); }});\n}}\nload({self.first});"
            )
        elif self.style == "fetch":
            code = (
                f"let current = {self.first};\nconst load = (n) => "
                f"fetch(`{self.address}?{of}={channel}&{page}=${{n}}&{rows}={size}`)"
                ".then((r) => r.json()).then(show);\nload(current);"
            )
        else:
            code = (
                f'var listUrl = "{self.address}?{self.query(channel, 0, size)}";\n'
                "$.get(listUrl, function (res) { show(res); }, 'json');\n"
                f'function turn(n) {{ $.get(listUrl.replace(/{page}=\\d+/, "{page}=" + n), show, "json"); }}'
            )
        return f'<script type="text/javascript">\n{code}\n</script>'

    def write_answer(self, entries: list[tuple[str, str, str]], total: int, page: int, size: int) -> bytes:
        """The JSON for one page, counted from 0."""
        listed: list[dict[str, Any]] = [
            {"id": n + 1, self.keys[0]: title, self.keys[1]: href, self.keys[2]: f"{day} 09:20:00", "source": ""}
            for n, (title, href, day) in enumerate(entries)
        ]
        pages = -(-total // size)
        at = page + self.first
        answer: dict[str, Any] = (
            {"code": 200, "msg": "ok", "data": {"total": total, "pages": pages, "pageNum": at, "list": listed}},
            {"success": True, "result": {"totalPage": pages, "currentPage": at, "rows": listed}},
            {"data": {"results": listed, "total": total, "page": at, "rows": size}},
            {"total": total, "records": listed},
            {"status": 0, "hasNext": page + 1 < pages, "items": listed},
        )[self.shape]
        return json.dumps(answer, ensure_ascii=self.ascii_only).encode()


def choose_call(random: Random) -> Call:
    """A call by chance."""
    style: Style = random.choice(("ajax", "ajax", "getjson", "fetch", "variable"))
    return Call(
        address=random.choice(ADDRESSES),
        parameters=random.choice(PARAMETERS),
        keys=random.choice(KEYS),
        style=style,
        method=random.choice(("GET", "POST")) if style == "ajax" else "GET",
        first=random.choice((1, 1, 0)),
        shape=random.randrange(5),
        ascii_only=random.random() < 0.5,
    )


def make(seed: int) -> Site:
    """One portal of the family."""
    v = Variant("jsoncall", seed)
    random = v.random
    call = choose_call(random)
    lists: dict[str, tuple[list[tuple[str, str, str]], int]] = {}
    root = random.choice(("/zwgk/", "/xxgk/", "/zfxxgk/"))
    annual = f"{root}{random.choice(('xxgknb', 'nb', 'fdzdgknr/ndbg'))}/"
    snowflake = 2_013_897_000_000_000_000 + random.randrange(10**15)

    def name_article(folder: str, day: str) -> str:
        return f"{folder}{snowflake + v.take_id() * 4099}.html"

    v.article = partial(name_article, annual)
    v.news_article = name_article
    v.attachment = lambda day, suffix: f"/file/{day[:4]}/{snowflake + v.take_id() * 4099}.{suffix}"
    v.add_furniture(annual=f"{annual}index.html", column=root)

    def add_list(
        path: str, label: str, crumbs: Crumbs, links: list[Link], pages: int, above: Callable[[str], str]
    ) -> None:
        channel = str(v.take_id())
        size = -(-len(links) // pages)
        lists[channel] = ([(link.title, v.track(link.path), link.day) for link in links], size)
        box = f'<ul class="{v.look.classes["list"]}" id="list"></ul><div class="{v.look.classes["pager"]}"></div>'
        script = call.write_script(channel, size)
        v.add_page(path, label, crumbs, lambda: f"{above(path)}\n<h3>{label}</h3>\n{box}\n{script}")
        v.need(path)
        for page in range(-(-len(links) // size)):
            query = call.query(channel, page, size)
            if call.method == "POST":
                v.need(call.address, query)
            else:
                v.need(f"{call.address}?{query}")

    def answer(asked: Asked) -> Page | None:
        path, _, query = asked.path.partition("?")
        if path != call.address or asked.method != call.method:
            return None
        told = dict(parse_qsl(query)) | dict(parse_qsl(asked.body.decode("ascii", "replace")))
        entries, size = lists.get(told.get(call.parameters[0], ""), ([], 1))
        page = told.get(call.parameters[1], str(call.first))
        at = int(page) - call.first if page.isdigit() else 0
        part = entries[at * size : (at + 1) * size] if at >= 0 else []
        return Page(call.write_answer(part, len(entries), at, size), "application/json;charset=UTF-8")

    v.answer(answer)
    add_channels(v, add_list, lambda key: f"{annual}{key}/index.html")
    return v.build()


FAMILIES = {"jsoncall": make}
