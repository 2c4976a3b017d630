"""Portals whose reports hang on a tree, by the seed:

``years``: the channel shows years as folders, and in each the bodies that reported; ``bodies``: the channel shows
bodies, and each has a list of its own; ``columns``: the disclosure column shows departments and towns, each with a
column of four parts, and its list of annual reports is one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

from tests.sites.builder import Link
from tests.sites.variants.base import HOME, Crumbs, Plan, Variant

if TYPE_CHECKING:
    from tests.sites.site import Site
    from tests.sites.variants.places import Body

WAYS = ("years", "bodies", "columns")
FOLDERS = ("{year}年", "{year}年度", "{year}", "{year}年度报告", "{year}年年报")
DEPARTMENTS = ("部门信息公开", "部门、乡镇信息公开", "各部门政府信息公开", "部门（乡镇）信息公开目录", "区直部门和乡镇")
HEADS = ("政府部门", "乡镇、街道")
PART_OF_COLUMN = ("政府信息公开年报", "政府信息公开年度报告", "年报", "信息公开年报")
MAX_PER_PAGE = 12


def make_tree(seed: int) -> Site:
    """One portal; ``seed`` modulo three chooses the tree."""
    way = WAYS[seed % len(WAYS)]
    v = Variant("tree", seed, reports=(40, 160), bodies=(6, 24))
    root = v.random.choice(("/zwgk/nb/", "/xxgk/ndbg/", "/site/zfnb/"))
    if way == "years":
        v.add_furniture(annual=root)
        add_years(v, root)
    elif way == "bodies":
        v.add_furniture(annual=root)
        add_bodies(v, root)
    else:
        departments = (v.random.choice(DEPARTMENTS), v.random.choice(("/bmxx/", "/zfxxgk/bm/", "/gkml/")))
        v.add_furniture(annual=root, links=(departments,))
        add_columns(v, root, departments)
    return v.build()


def add_years(v: Variant, root: str) -> None:
    """Years as folders. Some portals print no more in them than who reported."""
    shape = v.random.choice(FOLDERS)
    short = v.random.random() < 0.5
    pattern = v.random.choice(("{year}/", "nb{year}/index.html", "{year}nb.html", "?nd={year}"))
    years = sorted({plan.year for plan in v.plans}, reverse=True)
    folders = {year: (shape.format(year=year), root + pattern.format(year=year)) for year in years}
    decoys = v.add_decoys((HOME, v.column, v.annual))
    for year, folder in folders.items():
        crumbs: Crumbs = (HOME, v.column, v.annual, folder)
        plans = [plan for plan in v.plans if plan.year == year]
        links = v.add_reports(plans, crumbs)
        if short:
            links = [_shorten(plan, link) for plan, link in zip(plans, links, strict=True)]
        own = [link for link in decoys if int(link.day[:4]) - 1 == year]
        path, shown = folder[1], v.mix(links, own)
        v.add_page(path, folder[0], crumbs, lambda path=path, shown=shown: _render(v, path, shown))
        v.need(path)
    entries = [Link(label, path, f"{year + 1}-01-31") for year, (label, path) in folders.items()]
    v.add_page(root, v.annual[0], (HOME, v.column, v.annual), lambda: _render_menu(v, root, "", entries))
    v.need(root)


def _shorten(plan: Plan, link: Link) -> Link:
    """The body's name for its report's title; what links a document itself keeps the title, as editors do there."""
    return link if plan.delivery == "direct" else replace(link, title=plan.body.short)


def add_bodies(v: Variant, root: str) -> None:
    """Bodies on the channel's page, grouped, each with a list of its own."""
    pattern = v.random.choice(("{n}/", "list{n}.html", "?dept={n}", "d{n}/index.htm"))
    entries: list[tuple[Body, Link]] = []
    for n, body in enumerate(_reporting(v), v.random.randint(1, 90)):
        path = root + pattern.format(n=n)
        add_list(v, body, path, (HOME, v.column, v.annual, (body.short, path)))
        entries.append((body, Link(_call(v, body), path, "")))
    _add_index(v, root, v.annual, entries)


def add_columns(v: Variant, root: str, departments: tuple[str, str]) -> None:
    """The government's own reports at ``root``; departments and towns with whole columns behind their index."""
    label = v.random.choice(PART_OF_COLUMN)
    entries: list[tuple[Body, Link]] = []
    for n, body in enumerate(_reporting(v), v.random.randint(101, 900)):
        if body.kind == "government":
            add_list(v, body, root, (HOME, v.column, v.annual))
            continue
        place = f"{departments[1]}{n}/"
        own = (body.short, place)
        path = f"{place}nb/"
        add_list(v, body, path, (HOME, departments, own, (label, path)))
        parts = [
            ("政府信息公开指南", f"{place}zn.html"),
            ("政府信息公开制度", f"{place}zd.html"),
            ("法定主动公开内容", f"{place}nr.html"),
            (label, path),
        ]
        for name, at in parts[:3]:
            v.add_page(
                at, name, (HOME, departments, own, (name, at)), f"<h3>{name}</h3><p>本栏目由{body.short}维护。</p>"
            )
        menu = [Link(name, at, "") for name, at in parts]
        v.add_page(
            place,
            f"{body.short}信息公开",
            (HOME, departments, own),
            lambda place=place, menu=menu: _render_menu(v, place, "", menu),
        )
        v.need(place)
        entries.append((body, Link(_call(v, body), place, "")))
    _add_index(v, departments[1], departments, entries)


def add_list(v: Variant, body: Body, path: str, crumbs: Crumbs) -> None:
    """The list of one body's reports, with a decoy or two, over two pages where they do not fit on one."""
    plans = [plan for plan in v.plans if plan.body == body]
    decoys = v.add_decoys(crumbs, 1) if v.random.random() < 0.3 else []
    links = v.mix(v.add_reports(plans, crumbs), decoys)
    parts = v.split(links, 2 if len(links) > MAX_PER_PAGE else 1)
    mark = "&" if "?" in path else "?"
    names = [path if n == 0 else f"{path}{mark}page={n + 1}" for n in range(len(parts))]
    for n, (name, part) in enumerate(zip(names, parts, strict=True)):
        near = [(v.look.pager[1], n - 1), (v.look.pager[2], n + 1)]

        def inside(name: str = name, part: list[Link] = part, near: list[tuple[str, int]] = near) -> str:
            pager = " ".join(
                f'<a href="{v.href(names[at], name)}">{text}</a>' for text, at in near if 0 <= at < len(names)
            )
            return f'{_render(v, name, part)}\n<div class="{v.look.classes["pager"]}">{pager}</div>'

        v.add_page(name, crumbs[-1][0], crumbs, inside)
        v.need(name)


def _add_index(v: Variant, path: str, own: tuple[str, str], entries: Sequence[tuple[Body, Link]]) -> None:
    """The page that lists bodies: the government first, then by group, with a heading over each."""
    groups = [("", [link for body, link in entries if body.kind == "government"])]
    groups += [
        (head, [link for body, link in entries if body.kind == kind])
        for head, kind in zip(HEADS, ("department", "town"), strict=True)
    ]

    def inside() -> str:
        return "\n".join(_render_menu(v, path, head, links) for head, links in groups if links)

    v.add_page(path, own[0], (HOME, v.column, own), inside)
    v.need(path)


def _reporting(v: Variant) -> list[Body]:
    """The bodies with at least one report, in the place's order."""
    with_reports = {plan.body for plan in v.plans}
    return [body for body in v.place.bodies if body in with_reports]


def _call(v: Variant, body: Body) -> str:
    """What the index calls a body: its short name, on some portals its whole."""
    return body.name if v.seed % 2 else body.short


def _render(v: Variant, path: str, links: Sequence[Link]) -> str:
    return f"{v.render_side(path)}\n{v.render_items(links, path)}"


def _render_menu(v: Variant, path: str, head: str, links: Sequence[Link]) -> str:
    """Doors without dates: folders and bodies."""
    items = "".join(f'<li><a href="{v.href(link.path, path)}">{escape(link.title)}</a></li>' for link in links)
    heading = f"<h4>{head}</h4>" if head else ""
    return f'{heading}<ul class="{v.look.classes["list"]}">{items}</ul>'


FAMILIES = {"tree": make_tree}
