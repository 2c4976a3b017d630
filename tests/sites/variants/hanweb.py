"""Hanweb's jpage: records stand as text in ``<script type="text/xml"><datastore>``, more of them come by call.

Columns are ``/col/col1229214366/index.html``, articles ``/art/2024/1/23/art_1229214366_88348.html``. A page holds the
first group of records, some pages long. Three ways to the rest, by seed: ``post`` calls
``dataproxy.jsp?startrecord=46&endrecord=90&perpage=15`` with a form whose fields the page's script names; ``get``
follows the address in ``<nextgroup>``; ``uid`` has links ``index.html?uid=…&pageNum=2`` with a datastore each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from tests.sites.site import Asked, Page
from tests.sites.variants.base import Variant
from tests.sites.variants.pagers import render_numbers, render_words
from tests.sites.variants.shapes import add_channels

if TYPE_CHECKING:
    from tests.sites.builder import Link
    from tests.sites.site import Site
    from tests.sites.variants.base import Crumbs

PROXIES = ("/module/web/jpage/dataproxy.jsp", "/module/jpage/dataproxy.jsp")


def make(seed: int) -> Site:
    """One portal of the family."""
    v = Variant("hanweb", seed)
    random = v.random
    way = random.choice(("post", "post", "get", "uid"))
    proxy = random.choice((PROXIES[0], PROXIES[0], PROXIES[1]))
    media_type = random.choice(("text/xml;charset=UTF-8", "text/html;charset=UTF-8"))
    group_size = random.choice((1, 2, 3))
    strict = random.random() < 0.5  # the first page declares the datastore as XML
    web = random.randint(1, 3200)
    columns: dict[str, list[str]] = {}  # unit → its records, as they stand in the datastore
    column = random.randint(1229000000, 1229900000)

    def name_column(number: int) -> str:
        return f"/col/col{number}/index.html"

    def name_article(number: int, day: str) -> str:
        year, month, of_month = (int(part) for part in day.split("-"))
        return f"/art/{year}/{month}/{of_month}/art_{number}_{v.take_id()}.html"

    v.article = partial(name_article, column)
    v.news_article = lambda folder, day: name_article(column + len(folder), day)
    v.attachment = lambda day, suffix: f"/module/download/{day.replace('-', '')}/{v.take_id()}.{suffix}"
    v.add_furniture(
        annual=name_column(column),
        column=f"/col/col{column - 7}/",
        news=f"/col/col{column - 70}/",
        page_name=lambda where, n: where if n == 1 else f"{where}index_{n}.html",
    )

    def write_records(records: list[str], following: str = "", total: int | None = None) -> str:
        inside = "\n".join(f"<record><![CDATA[{record}]]></record>" for record in records)
        counts = f"<totalrecord>{total}</totalrecord>" if total is not None else ""
        near = f'<nextgroup><![CDATA[<a href="{following}"></a>]]></nextgroup>' if following else ""
        return f"<datastore>{counts}{near}<recordset>\n{inside}\n</recordset></datastore>"

    def add_list(
        path: str, label: str, crumbs: Crumbs, links: list[Link], pages: int, above: Callable[[str], str]
    ) -> None:
        number = path.removeprefix("/col/col").partition("/")[0]
        unit = str(v.take_id())
        per_page = -(-len(links) // pages)
        pages = -(-len(links) // per_page)
        # From the root: the answer of a call lies in another folder than the page that shows it.
        items = [(link.title, escape(v.track(link.path)), link.day) for link in links]
        records = [v.look.render_item(*item) for item in items]
        columns[unit] = records
        group = per_page * (group_size if way != "uid" else 1)
        fields = {"col": "1", "appid": "1", "webid": str(web), "path": "/", "columnid": number}
        fields |= {"sourceContentType": "1", "unitid": unit, "webname": v.place.government.name, "permissiontype": "0"}

        def follow(page: int) -> str:
            if page * group >= len(records):
                return ""
            query = {"page": str(page), **{key: fields[key] for key in ("appid", "webid", "columnid", "unitid")}}
            return f"{proxy}?{urlencode({**query, 'perpage': str(group)})}"

        def store(start: int) -> str:
            declared = '<?xml version="1.0" encoding="UTF-8"?>' if strict else ""
            following = follow(1) if way == "get" else ""
            inside = write_records(records[start : start + group], following, len(records))
            return f'<div id="{unit}"></div>\n<script type="text/xml">{declared}{inside}</script>'

        def script() -> str:
            named = ",".join(f"{key}:'{value}'" for key, value in fields.items())
            settings = f"perPage:{per_page},groupSize:{group_size},barPosition:'bottom',totalRecord:{len(records)}"
            return (
                f'<script type="text/javascript">$(function(){{$("#{unit}").jpage({{{settings},'
                f"proxyUrl:'{proxy}',proxyParam:{{{named}}},pages:['{v.look.pager[2]}','{v.look.pager[1]}']}});}});</script>"
            )

        def body(n: int) -> str:
            here = f"{path}?uid={unit}&pageNum={n + 1}" if n else path
            listed = f"{above(here)}\n<h3>{label}</h3>\n{store(n * group)}"
            if way == "post":
                return f"{listed}\n{script()}"
            if way == "get":
                return f"{listed}\n<script>$('#{unit}').jpage({{perPage:{per_page},groupSize:{group_size}}})</script>"
            names = [path, *(f"{path}?uid={unit}&amp;pageNum={to}" for to in range(2, pages + 1))]
            pager = render_words(v.look, names, n) if per_page % 2 else render_numbers(v.look, names, n)
            return f"{listed}\n{pager}"

        v.add_page(path, label, crumbs, partial(body, 0))
        v.need(path)
        if way == "uid":
            for n in range(1, pages):
                v.add_page(f"{path}?uid={unit}&pageNum={n + 1}", label, crumbs, partial(body, n))
                v.need(f"{path}?uid={unit}&pageNum={n + 1}")
        elif way == "get":
            page = 1
            while address := follow(page):
                v.need(address)
                page += 1
        else:
            for start in range(group + 1, len(records) + 1, group):
                end = min(start + group - 1, len(records))
                v.need(f"{proxy}?startrecord={start}&endrecord={end}&perpage={per_page}", urlencode(fields))
        follows[unit] = follow
        groups[unit] = group

    follows: dict[str, Callable[[int], str]] = {}
    groups: dict[str, int] = {}

    def answer(asked: Asked) -> Page | None:
        path, _, query = asked.path.partition("?")
        if path != proxy:
            return None
        told: Mapping[str, str] = dict(parse_qsl(query)) | dict(parse_qsl(asked.body.decode("ascii", "replace")))
        records = columns.get(told.get("unitid", ""))
        if records is None:
            return Page(b"<datastore></datastore>", media_type)
        unit = told["unitid"]
        if "startrecord" in told:
            start = int(told["startrecord"])
            end = min(int(told.get("endrecord", start)), start + groups[unit] - 1)
            text = write_records(records[start - 1 : end], total=len(records))
        else:
            page = int(told.get("page", "1"))
            part = records[page * groups[unit] : (page + 1) * groups[unit]]
            text = write_records(part, follow(unit, page + 1), len(records))
        return Page(f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode(), media_type)

    def follow(unit: str, page: int) -> str:
        return follows[unit](page)

    v.answer(answer)
    add_channels(v, add_list, lambda key: name_column(v.take_id() + 1230000000))
    return v.build()


FAMILIES = {"hanweb": make}
