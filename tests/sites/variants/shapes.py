"""How a portal shares its reports out over lists: one for all, one for each group of bodies, one for each body."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, Literal

from tests.sites.variants.base import HOME

if TYPE_CHECKING:
    from tests.sites.builder import Link
    from tests.sites.variants.base import Crumbs, Variant

Shape = Literal["one", "groups", "bodies"]
ALL: tuple[Shape, ...] = ("one", "one", "groups", "bodies")
# (path of the list's first page, label, crumbs, entries, pages, what stands above the list on the page at an address)
AddList = Callable[[str, str, "Crumbs", list["Link"], int, Callable[[str], str]], None]
DEPARTMENTS = ("部门年报", "{unit}直部门", "部门政府信息公开年报", "{unit}政府部门", "部门信息公开年度报告")
TOWNS = ("乡镇年报", "乡镇街道", "乡镇（街道）政府信息公开年报", "镇办年报", "乡镇（街道）")
BARE_TITLES = ("{year}年政府信息公开工作年度报告", "{year}年度政府信息公开年报", "{year}年政府信息公开年度报告")


def add_channels(
    v: Variant, add_list: AddList, name_folder: Callable[[str], str], shapes: Sequence[Shape] = ALL
) -> Shape:
    """Adds all reports and decoys under the channel ``v.annual`` in one of ``shapes``, and returns which.

    ``name_folder`` gives the address of the list called by a key (``bm``, ``xz``, ``b17``), asked once for each. Of the
    shape ``one`` the list has 2 to 8 pages; the lists of the others as many as their entries fill.
    """
    shape = v.random.choice(tuple(shapes))
    crumbs = (HOME, v.column, v.annual)
    if shape == "one":
        links = v.mix(v.add_reports(v.plans, crumbs), v.add_decoys(crumbs))
        add_list(v.annual[1], v.annual[0], crumbs, links, v.random.randint(2, 8), v.render_side)
    elif shape == "groups":
        _add_groups(v, crumbs, add_list, name_folder)
    else:
        _add_bodies(v, crumbs, add_list, name_folder)
    return shape


def _add_groups(v: Variant, crumbs: Crumbs, add_list: AddList, name_folder: Callable[[str], str]) -> None:
    """The government's own reports on the channel itself, departments and towns on lists of their own."""
    random = v.random
    labels = {
        "department": random.choice(DEPARTMENTS).format(unit=v.place.unit),
        "town": random.choice(TOWNS).format(unit=v.place.unit),
    }
    doors = {"department": (labels["department"], name_folder("bm")), "town": (labels["town"], name_folder("xz"))}

    def above(here: str) -> str:
        tabs = " ".join(f'<a href="{v.href(path, here)}">{escape(label)}</a>' for label, path in doors.values())
        return f'{v.render_side(here)}\n<div class="tabs">{tabs}</div>'

    for kind in ("government", "department", "town"):
        plans = [plan for plan in v.plans if plan.body.kind == kind]
        label, path = doors.get(kind, v.annual)
        way = crumbs if kind == "government" else (*crumbs, (label, path))
        decoys = v.add_decoys(way, random.randint(3, 9)) if kind != "town" else []
        links = v.mix(v.add_reports(plans, way), decoys)
        add_list(path, label, way, links, count_pages(v, len(links)), above)


def _add_bodies(v: Variant, crumbs: Crumbs, add_list: AddList, name_folder: Callable[[str], str]) -> None:
    """The channel shows the bodies, and each has a list of its own; titles there may leave the body out."""
    random = v.random
    bare = random.choice(BARE_TITLES) if random.random() < 0.5 else None
    reporting = {plan.body for plan in v.plans}
    bodies = [body for body in v.place.bodies if body in reporting]
    doors = [(body, name_folder(f"b{n:02d}")) for n, body in enumerate(bodies, 1)]
    full = random.random() < 0.5
    here = v.annual[1]

    def index() -> str:
        boxes = []
        for heading, kinds in ((f"{v.place.unit}政府及部门", ("government", "department")), ("乡镇街道", ("town",))):
            items = "".join(
                f'<li><a href="{v.href(path, here)}">{body.name if full else body.short}</a></li>'
                for body, path in doors
                if body.kind in kinds
            )
            boxes.append(f"<h4>{heading}</h4><ul>{items}</ul>")
        return v.render_side(here) + "".join(boxes)

    v.add_page(here, v.annual[0], crumbs, index)
    v.need(here)
    for body, path in doors:
        plans = [plan for plan in v.plans if plan.body == body]
        way = (*crumbs, (body.name, path))
        links = v.mix(v.add_reports(v.retitle(plans, bare) if bare else plans, way))
        if body.kind == "government":
            links = v.mix(links, v.add_decoys(way, 5))
        add_list(path, f"{body.name}政府信息公开年报", way, links, count_pages(v, len(links)), v.render_side)


def count_pages(v: Variant, entries: int) -> int:
    """Pages of a list of so many entries, 1 to 8."""
    return max(1, min(8, entries // v.random.randint(8, 20) + 1))
