"""A portal that moves: its entry, its list and some reports are found by a redirect, and one page has many addresses.

Three ways to move (an answer 302, a ``meta`` refresh, a script that sets ``location``) stand at three places, turned by
the seed. Links of the list carry session ids, tracking parameters and anchors, another one each time, and lead to the
``m.`` twin of the host where the portal is asked by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape
from random import Random
from typing import TYPE_CHECKING

from tests.sites.builder import Link
from tests.sites.site import Asked, Page, Site
from tests.sites.variants.base import HOME, Crumbs, Variant

if TYPE_CHECKING:
    from collections.abc import Callable

MOVES = ("answer", "refresh", "script")
SCRIPTS = (
    'location.href="{to}";',
    "window.location.href = '{to}';",
    'window.location="{to}";',
    "window.location.replace('{to}');",
    'top.location.href="{to}";',
    'self.location="{to}"',
)
REFRESHES = ("0;url={to}", "0; URL={to}", "0;URL='{to}'", "1;url={to}")
TRACKED = (
    "?from=timeline&isappinstalled=0",
    "?from=singlemessage",
    "?from=groupmessage&isappinstalled=0",
    "?utm_source=wechat&utm_medium=social&utm_campaign=nianbao",
    "?spm=zm5062-001.0.0.1.k2",
    "?isappinstalled=0",
)
ANCHORS = ("#main", "#", "#1", "#zoom")
MEANINGLESS = re.compile(r"(?:from|isappinstalled|spm|utm_[a-z]+)(?:=.*)?")
PINNED = 3  # entries that stand at the top of every page of the list
MOVED = 4  # reports whose old address is what the list links


class Overlay(Mapping[str, Page]):
    """Pages with some replaced."""

    def __init__(self, over: Mapping[str, Page], under: Mapping[str, Page]) -> None:
        self._over, self._under = over, under

    def __getitem__(self, path: str) -> Page:
        return self._over[path] if path in self._over else self._under[path]

    def __contains__(self, path: object) -> bool:
        return path in self._over or path in self._under

    def __iter__(self) -> Iterator[str]:
        yield from self._over
        yield from (path for path in self._under if path not in self._over)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def make_moves(seed: int) -> Site:
    """One portal; its host is a name with an ``m.`` twin, which the same server answers for."""
    v = Variant("moves", seed, reports=(30, 90))
    random = v.random
    v.host = f"www.{v.place.latin}{seed}.gov.test"
    v.look = replace(v.look, tracking="")
    shape = random.choice(("/info/{n}/{id}.htm", "/xxgk/{year}/{id}.shtml", "/content/{id}.html"))
    v.article = lambda day: shape.format(n=random.randint(1001, 1099), id=v.take_id(), year=day[:4])
    entry, column, landing = (MOVES[(seed + n) % len(MOVES)] for n in range(3))
    folder = f"/col/{random.randint(1000, 9999)}/"
    moved = random.choice(("/nb.html", "/zwgk/nb/", "/zfxxgk/xxgknb/index.html"))
    v.add_furniture(annual=moved)
    add_move(v, moved, f"{folder}index.html", column)
    own = (v.annual[0], f"{folder}index.html")
    crumbs: Crumbs = (HOME, v.column, own)
    links = v.mix(v.add_reports(v.plans, crumbs), v.add_decoys(crumbs))
    known = {truth.landing_path for truth in v.truth if truth.media_type == "text/html"}
    for at in random.sample([n for n, link in enumerate(links) if link.path in known], MOVED):
        old = f"/old/{v.take_id()}.html"
        add_move(v, old, links[at].path, landing)
        links[at] = replace(links[at], path=old)
    add_lists(v, folder, crumbs, links)
    v.need("/index.html")
    site = v.build()
    session = f";jsessionid={_session(random)}" if random.random() < 0.5 else ""
    return replace(site, pages=Overlay({"/": write_move(v, f"/index.html{session}", entry)}, site.pages))


def add_move(v: Variant, path: str, to: str, way: str) -> None:
    """An address that only leads on."""
    page = write_move(v, to, way)
    v.add(path, lambda: page)
    v.need(path)


def write_move(v: Variant, to: str, way: str) -> Page:
    """An answer that leads on in one of `MOVES`."""
    random = v.random
    if way == "answer":
        return Page(b"", "text/html", random.choice((301, 302, 302, 303)), {"Location": to})
    if way == "refresh":
        head = f'<meta http-equiv="{random.choice(("refresh", "Refresh"))}" content="{random.choice(REFRESHES)}">'
        return v.page_of(f"<html><head>{head.format(to=to)}</head><body></body></html>")
    script = random.choice(SCRIPTS).format(to=to)
    tag = random.choice(('<script type="text/javascript">', "<script>", '<script language="javascript">'))
    return v.page_of(f"<html><head><title></title></head><body>{tag}\n{script}\n</script></body></html>")


def add_lists(v: Variant, folder: str, crumbs: Crumbs, links: Sequence[Link]) -> None:
    """The list, rendered for the host that asks; and every page of the portal under its other addresses."""
    parts = v.split(links)
    names = [f"{folder}index.html" if n == 0 else f"{folder}index_{n}.html" for n in range(len(parts))]
    pinned = [replace(link, title=link.title) for link in links[:PINNED]]
    sessions = v.random.random() < 0.6

    def render(n: int, host: str) -> Page:
        here = names[n]
        # Each page of a portal that keeps sessions in addresses has another one for who sends no cookie.
        decorate = _choose_decoration(Random(f"{v.family}/{v.seed}/{n}"), sessions, host)
        shown = parts[n] if n == 0 else [*pinned, *(link for link in parts[n] if link not in pinned)]
        items = v.look.render_items([(link.title, escape(decorate(link.path)), link.day) for link in shown])
        near = [(text, n + d) for text, d in ((v.look.pager[1], -1), (v.look.pager[2], 1)) if 0 <= n + d < len(names)]
        pager = " ".join(f'<a href="{escape(decorate(names[at], plain=True))}">{text}</a>' for text, at in near)
        phone = f'<p><a href="{_twin(host)}/">手机版</a></p>' if _twin(host) else ""
        body = f'{v.render_side(here)}\n{items}\n<div class="{v.look.classes["pager"]}">{pager}</div>{phone}'
        return v.page_of(v.frame(here, crumbs[-1][0], crumbs, body))

    def answer(asked: Asked) -> Page | None:
        path, _, query = asked.path.partition("?")
        path = path.partition(";")[0]
        if asked.method == "POST" or not all(MEANINGLESS.fullmatch(part) for part in query.split("&") if part):
            return None
        if path in names:
            return render(names.index(path), asked.headers.get("Host", ""))
        return v.pages[path] if path in v.pages and path != "/" else None

    v.answer(answer)
    for name in names:
        v.need(name)


def _choose_decoration(random: Random, sessions: bool, host: str) -> Callable[..., str]:
    """How one page writes an address that others write otherwise; ``plain`` ones get a session at most."""
    session = _session(random)
    twin = _twin(host)

    def decorate(path: str, *, plain: bool = False) -> str:
        way = random.choice(("none", "session", "session", "track", "track", "anchor", "twin"))
        if sessions and (way == "session" or plain):
            return f"{path};jsessionid={session}"
        if plain or way == "none":
            return path
        if way == "twin" and twin:
            return twin + path
        return path + random.choice(ANCHORS if way == "anchor" else TRACKED)

    return decorate


def _twin(host: str) -> str:
    """The beginning of an address on the ``m.`` twin of a host with its port; "" where it has none."""
    name = host.partition(":")[0]
    return f"http://m.{host.removeprefix('www.')}" if name.endswith(".test") and not name.startswith("m.") else ""


def _session(random: Random) -> str:
    return f"{random.getrandbits(128):032X}"


FAMILIES = {"moves": make_moves}
