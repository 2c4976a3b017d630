"""A portal in the making, invented from a seed: its bodies, reports, furniture, traps, and the fewest requests.

What differs between families (addresses, lists, pagers) is the family's own module; everything here is common:

    v = Variant("trs", seed)                       # place, bodies, planned reports, look: all from the seed
    v.article = lambda day: ...                    # how the family's addresses look
    v.add_furniture(annual="/zwgk/xxgknb/")        # entry, disclosure column, news, traps, robots.txt
    links = v.mix(v.add_reports(v.plans, crumbs), v.add_decoys(crumbs))
    for path, part in ...: v.add_page(path, title, crumbs, v.render_items(part, path) + pager); v.need(path)
    return v.build()

Pages are rendered when they are first asked for, so that a site costs little before it is crawled.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache, partial
from html import escape
from random import Random
from types import MappingProxyType
from typing import ClassVar, Literal, Self
from urllib.parse import quote

from tests.sites.builder import Link, paragraphs_html
from tests.sites.forms import FormStyle
from tests.sites.prose import load_groups
from tests.sites.reports import Flavour, Report, blank_form, compose_report, render_report, tell_truth
from tests.sites.site import Asked, Page, Site, Truth, Unreadable
from tests.sites.variants.documents import MEDIA_TYPES, write_document
from tests.sites.variants.look import Look, choose_look
from tests.sites.variants.places import Body, Place, invent_place

Crumbs = tuple[tuple[str, str], ...]
Delivery = Literal["html", "both", "landing", "viewer", "direct", "dead"]
Make = Callable[[], Page]
HOME = ("首页", "/")
TRACKING = frozenset({"from", "spm", "utm_source", "isappinstalled", "timestamp", "v"})
VIEWERS = ("/pdfjs/web/viewer.html", "/office/view.html")
FIRST_YEAR, LAST_YEAR = 2012, 2025
MIN_REPORTS, MAX_REPORTS = 30, 300


@dataclass(frozen=True, slots=True)
class Plan:
    """A report to be: ``delivery`` says what the list links.

    ``html``: a page with the report. ``both``: a page with the report and the same as an attachment (``suffix``).
    ``landing``: a page that only links the attachment. ``viewer``: a page that embeds it by a viewer in a frame.
    ``direct``: the list links the document itself. ``dead``: the link leads to nothing.
    """

    body: Body
    year: int
    title: str
    published: str
    delivery: Delivery
    suffix: Literal["pdf", "docx"]
    flavour: Flavour
    style: FormStyle
    report: Report = field(repr=False)


@dataclass(frozen=True, slots=True)
class Invented(Site):
    """A portal made from a seed. ``requests`` are those that `needed` counts: (path, form of a POST or "")."""

    requests: frozenset[tuple[str, str]] = frozenset()


class Shelf(Mapping[str, Page]):
    """Pages by path, each made when it is first taken."""

    def __init__(self) -> None:
        self._makers: dict[str, Make] = {}
        self._made: dict[str, Page] = {}

    def put(self, path: str, make: Make) -> None:
        """Raises ValueError if the address is taken."""
        if path in self._makers:
            raise ValueError(f"{path} is taken")
        self._makers[path] = make

    def __getitem__(self, path: str) -> Page:
        page = self._made.get(path)
        if page is None:
            page = self._made[path] = self._makers[path]()
        return page

    def __contains__(self, path: object) -> bool:
        return path in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


class Variant:
    """One portal in the making.

    ``random`` is the seed's own source of choices; ``place``, ``plans`` (all reports, the newest first), ``look`` and
    ``charset`` are chosen from it. A family sets ``article`` and ``attachment`` (a day → a free address) before it
    adds anything.

    ``kind`` is a subclass that all families are to make their portals of (`making`).
    """

    kind: ClassVar[type[Variant] | None] = None

    def __new__(cls, *_: object, **__: object) -> Self:
        return super().__new__(cls.kind if cls.kind is not None and issubclass(cls.kind, cls) else cls)

    def __init__(
        self,
        family: str,
        seed: int,
        *,
        reports: tuple[int, int] = (MIN_REPORTS, MAX_REPORTS),
        charset: str | None = None,
        bodies: tuple[int, int] = (3, 45),
    ) -> None:
        self.family = family
        self.seed = seed
        self.random = Random(f"{family}/{seed}")
        total = self.random.randint(*self.random.choice((reports, (reports[0], min(reports[1], reports[0] + 60)))))
        count = max(bodies[0], min(bodies[1], total // self.random.randint(3, 9)))
        departments = min(30, count // 2 + 1)
        self.place: Place = invent_place(self.random, departments, max(1, count - departments))
        self.host = f"www.{self.place.latin}{seed}.test"
        self.look: Look = choose_look(self.random)
        self.charset = charset or self.random.choice(("utf-8", "utf-8", "gb18030"))
        self.named_charset = "gb2312" if self.charset == "gb18030" else "utf-8"
        self.says_charset = self.charset == "utf-8" and self.random.random() < 0.6
        self.pages = Shelf()
        self.truth: list[Truth] = []
        self.unreadable: list[Unreadable] = []
        self.decoys: dict[str, str] = {}
        self.news: dict[str, str] = {}
        self.disallowed: set[str] = set()
        self.disallow: list[str] = []
        self.needed: set[tuple[str, str]] = {("/robots.txt", "")}
        self.next_id = self.random.randint(10_000, 900_000)
        self.article: Callable[[str], str] = lambda day: f"/{day[:4]}/{day[5:7]}-{day[8:]}/{self.take_id()}.html"
        self.attachment: Callable[[str, str], str] = lambda day, suffix: f"/upload/{day[:4]}/{self.take_id()}.{suffix}"
        # Where news stand, by their channel's folder and day; None: as other articles do.
        self.news_article: Callable[[str, str], str] | None = None
        self.names_downloads = False  # documents are sent with the name of a file (Content-Disposition)
        self.report_links: list[Link] = []
        self._places: dict[Link, int] = {}
        self.newest: list[Link] = []  # some news, for the entry page
        self._answers: list[Callable[[Asked], Page | None]] = []
        self.menu: list[tuple[str, str]] = []
        self.column: tuple[str, str] = ("政府信息公开", "/zfxxgk/")
        self.annual: tuple[str, str] = (self.look.annual, "/zfxxgk/zfxxgknb/")
        self.side: list[tuple[str, str]] = []
        self.plans: list[Plan] = self._plan(total)

    # --- what will be reported ---

    def _plan(self, total: int) -> list[Plan]:
        """``total`` reports: the government's of nearly all years, those of the others as far as the number goes."""
        random = self.random
        last = random.choice((LAST_YEAR, LAST_YEAR, LAST_YEAR - 1))
        first = random.randint(FIRST_YEAR, 2018)
        chosen = {(self.place.government, year) for year in range(first, last + 1)}
        others = [(body, year) for body in self.place.bodies[1:] for year in range(first, last + 1)]
        missing = max(0, total - len(chosen))
        chosen.update(random.sample(others, min(missing, len(others))))
        taken = {body: {year for other, year in chosen if other == body} for body, _ in chosen}
        deliveries = self._choose_deliveries()
        places = random.sample(sorted(chosen, key=lambda key: (key[0].name, key[1])), len(deliveries))
        special = dict(zip(places, deliveries, strict=True))
        plans = []
        for body in self.place.bodies:
            left = 0
            for year in sorted(taken.get(body, ())):
                if year - 1 not in taken[body]:
                    left = 0
                plan = self._plan_one(body, year, special.get((body, year), "html"), left)
                left = int(plan.report.tables.get("applications", {}).get("carried_out", {}).get("natural_person") or 0)
                plans.append(plan)
        return sorted(plans, key=lambda plan: plan.published, reverse=True)

    def _choose_deliveries(self) -> list[Delivery]:
        random = self.random
        kinds: list[Delivery] = ["both"] * random.randint(1, 2)
        kinds += ["landing"] * random.randint(1, 3)
        kinds += ["direct"] * random.randint(0, 2)
        if random.random() < 0.4:
            kinds.append("viewer")
        if random.random() < 0.25:
            kinds.append("dead")
        return kinds

    def _plan_one(self, body: Body, year: int, delivery: Delivery, left: int) -> Plan:
        random = self.random
        day = date(year + 1, 1, 4) + timedelta(days=random.randrange(24 if body.kind != "government" else 80))
        flavour: Flavour = random.choice(("plain", "word", "div", "old"))
        markup: Literal["plain", "word", "old"] = "plain" if flavour == "div" else flavour
        style = FormStyle(
            markup=markup, brackets=random.choice(("full", "full", "half", "spaced")), wrap=random.random() < 0.5
        )
        title = random.choice(self.look.titles).format(body=body.name, year=year)
        report = compose_report(body.name, year, day.isoformat(), style, title, (left, None))
        suffix = random.choice(("pdf", "docx"))
        return Plan(body, year, title, day.isoformat(), delivery, suffix, flavour, style, report)

    # --- addresses ---

    def take_id(self) -> int:
        """The next free number for an address."""
        self.next_id += 1 + self.next_id * 7919 % 59  # some way on, as others publish too
        return self.next_id

    def href(self, target: str, here: str) -> str:
        """``target`` (an address from the root) as the page ``here`` writes it, escaped for HTML."""
        if self.look.relative and target.startswith("/") and "//" not in target + here:
            folder = posixpath.dirname(here.partition("?")[0]) or "/"
            path, mark, rest = target.partition("?")
            near = posixpath.relpath(path, folder) + ("/" if path.endswith("/") and path != folder + "/" else "")
            if path.rstrip("/") == folder.rstrip("/"):
                near = "./"
            target = (near if near.startswith(".") else f"./{near}") + mark + rest
        return escape(target)

    # --- pages ---

    def add(self, path: str, make: Make) -> None:
        """Any answer; raises ValueError if the address is taken."""
        self.pages.put(path, make)

    def add_html(self, path: str, make: Callable[[], str], status: int = 200) -> None:
        """A whole page of HTML in the portal's encoding, made when it is asked for."""
        self.add(path, lambda: self.page_of(make(), status))

    def page_of(self, html: str, status: int = 200) -> Page:
        """An answer with a page of HTML in the portal's encoding."""
        kind = "text/html; charset=UTF-8" if self.says_charset else "text/html"
        return Page(html.encode(self.charset, errors="xmlcharrefreplace"), kind, status)

    def add_page(self, path: str, title: str, crumbs: Crumbs, body: str | Callable[[], str], *, head: str = "") -> None:
        """A page in the portal's frame: ``body`` is the HTML inside it, ``head`` what stands in the head."""
        self.add_html(path, lambda: self.frame(path, title, crumbs, body if isinstance(body, str) else body(), head))

    def frame(self, here: str, title: str, crumbs: Crumbs, body: str, head: str = "") -> str:
        """The whole page: header, menu, breadcrumb, ``body``, footer, as the look has them."""
        menu = [(label, self.href(path, here)) for label, path in self.menu]
        way = [(escape(label), self.href(path, here)) for label, path in crumbs]
        return self.look.render_page(
            site=f"{self.place.name}人民政府门户网站",
            charset=self.named_charset,
            title=title,
            column=crumbs[-1][0] if crumbs else "首页",
            menu=menu,
            way=way,
            body=body,
            head=head,
        )

    def render_items(self, links: Iterable[Link], here: str) -> str:
        """A list of links in the look's way: tags, order of date and title, cut titles, tracking parameters."""
        return self.look.render_items(
            [(link.title, self.href(self.track(link.path), here), link.day) for link in links]
        )

    def track(self, path: str) -> str:
        """The address with a parameter that changes nothing, where this portal adds one."""
        if not self.look.tracking or "?" in path or "." not in path.rpartition("/")[2]:
            return path
        return path + self.look.tracking

    def render_side(self, here: str) -> str:
        """The disclosure column's own menu."""
        return self.look.render_side([(label, self.href(path, here)) for label, path in self.side])

    # --- reports ---

    def add_reports(self, plans: Iterable[Plan], crumbs: Crumbs | Callable[[Plan], Crumbs]) -> list[Link]:
        """Adds the reports; returns what a list shows of each, in the same order."""
        return [self.add_report(plan, crumbs(plan) if callable(crumbs) else crumbs) for plan in plans]

    def add_report(self, plan: Plan, crumbs: Crumbs) -> Link:
        """Adds a report as it is planned, with its truth and the requests that it needs."""
        report, day, title = plan.report, plan.published, plan.title
        landing = self.article(day)
        link = Link(title, landing, day)
        if plan.delivery not in ("dead", "direct"):
            self._places[link] = len(self.report_links)
            self.report_links.append(link)
        if plan.delivery == "dead":
            self.add_html(landing, lambda: "<html><head><title>404</title></head><body>页面不存在</body></html>", 404)
            self.unreadable.append(Unreadable(report.body, report.year, landing, landing, title, "http_404"))
            self.need(landing)
            return link
        content = self._inside(plan)
        if plan.delivery == "html":
            self.add_article(link, plan.body.name, crumbs, content)
            self._record(plan, landing, landing, "text/html")
            return link
        document = self.attachment(day, plan.suffix)
        media_type = MEDIA_TYPES[plan.suffix]
        named = f"attachment; filename*=UTF-8''{quote(title)}.{plan.suffix}"
        headers = {"Content-Disposition": named} if self.names_downloads else {}
        self.add(document, lambda: Page(write_document(report, plan.suffix), media_type, headers=headers))
        self.need(document)
        if plan.delivery == "direct":
            self._record(plan, document, document, media_type)
            return Link(title, document, day)
        shown = self.href(document, landing)
        label = self.random.choice((f"{title}.{plan.suffix}", title, f"附件：{title}"))
        anchor = f'<p>附件：<a href="{shown}" target="_blank">{label}</a></p>'
        if plan.delivery == "both":
            self.add_article(link, plan.body.name, crumbs, lambda: f"{content()}\n{anchor}")
            self._record(plan, landing, landing, "text/html")
        elif plan.delivery == "viewer":
            viewer, named = VIEWERS[plan.suffix == "docx"], quote(document)
            if viewer not in self.pages:
                self.add_html(viewer, lambda: "<html><head><title>viewer</title></head><body></body></html>")
            frame = f'<iframe src="{viewer}?file={named}" width="100%" height="900"></iframe>'
            self.add_article(link, plan.body.name, crumbs, lambda: frame)
            self._record(plan, document, landing, media_type)
        else:
            self.add_article(link, plan.body.name, crumbs, lambda: anchor)
            self._record(plan, document, landing, media_type)
        return link

    def _inside(self, plan: Plan) -> Callable[[], str]:
        """The report's own HTML; a title that leaves the body out is followed by a line that has it."""
        named = plan.report.body in plan.title
        head = "" if named else f'<p align="center">{plan.report.body}</p>\n'
        return lambda: head + render_report(plan.report, plan.flavour)

    def _record(self, plan: Plan, path: str, landing: str, media_type: str) -> None:
        self.truth.append(tell_truth(plan.report, path, landing, media_type))
        self.need(landing)
        self.need(path)

    # --- articles ---

    def add_article(self, link: Link, source: str, crumbs: Crumbs, content: Callable[[], str]) -> None:
        """An article in the portal's frame, at the link's address."""
        self.add(link.path, partial(self._make_article, link, source, crumbs, content))

    def _make_article(self, link: Link, source: str, crumbs: Crumbs, content: Callable[[], str]) -> Page:
        info = self.look.info.format(source=escape(source), day=link.day)
        body = self.look.render_article(link.title, info, content(), self._find_neighbours(link))
        head = self.look.article_head(link.title, link.day, source)
        return self.page_of(self.frame(link.path, link.title, crumbs, body, head))

    def _find_neighbours(self, link: Link) -> list[tuple[str, str, str]]:
        """What stands below a report: the reports before and behind it, as (label, address as written, title)."""
        if not self.look.neighbours or link not in self._places:
            return []
        at = self._places[link]
        near = (("上一篇：", at - 1), ("下一篇：", at + 1))
        found = [(label, self.report_links[n]) for label, n in near if 0 <= n < len(self.report_links)]
        return [(label, self.href(other.path, link.path), other.title) for label, other in found]

    def retitle(self, plans: Iterable[Plan], template: str) -> list[Plan]:
        """The plans under titles of another wording, with the slots ``body`` and ``year``."""
        changed = []
        for plan in plans:
            title = template.format(body=plan.body.name, year=plan.year)
            changed.append(replace(plan, title=title, report=replace(plan.report, title=title)))
        return changed

    def add_decoys(self, crumbs: Crumbs, count: int | None = None) -> list[Link]:
        """Articles that stand among the reports and are none: notices, interpretations, other annual reports."""
        random, links = self.random, []
        groups = decoy_groups()
        names = sorted(groups)
        for _ in range(count or random.randint(6, 20)):
            name, year = random.choice(names), random.randint(2014, 2024)
            body = random.choice(self.place.bodies)
            slots = {"area": self.place.name, "unit": self.place.unit, "body": body.name}
            slots |= {"year": str(year), "next": str(year + 1)}
            title, paragraphs = groups[name]
            texts = tuple(text.format_map(slots) for text in paragraphs)
            content = partial(paragraphs_html, texts)
            links.append(self._add_decoy(title.format_map(slots), year, crumbs, content))
        blank = FormStyle()
        links.append(self._add_decoy("政府信息公开工作年度报告（空表）", 2021, crumbs, lambda: blank_form(blank)))
        return links

    def _add_decoy(self, title: str, year: int, crumbs: Crumbs, content: Callable[[], str]) -> Link:
        day = (date(year + 1, 1, 3) + timedelta(days=self.random.randrange(300))).isoformat()
        link = Link(title, self.article(day), day)
        self.add_article(link, f"{self.place.government.name}办公室", crumbs, content)
        self.decoys[link.path] = title
        return link

    def mix(self, *groups: Sequence[Link]) -> list[Link]:
        """All links as a list shows them: newest first."""
        return sorted((link for group in groups for link in group), key=lambda link: link.day, reverse=True)

    def split(self, links: Sequence[Link], pages: int | None = None) -> list[list[Link]]:
        """``links`` in 2 to 8 pages (or ``pages``) of the same length but the last, none of them empty."""
        wanted = pages or self.random.randint(2, 8)
        size = -(-len(links) // wanted)
        return [list(links[at : at + size]) for at in range(0, len(links), size)]

    # --- what is there besides ---

    def add_furniture(
        self,
        *,
        annual: str,
        column: str = "/zfxxgk/",
        news: str = "/xwzx/",
        index: str = "index.html",
        page_name: Callable[[str, int], str] | None = None,
        annual_on_column: bool = True,
        links: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Entry page, disclosure column with its fixed parts, news without end, traps, robots.txt.

        ``annual`` is the address of the channel of annual reports (the family adds that page itself), ``column`` that
        of the disclosure column, ``news`` the folder of the news; ``page_name`` gives the address of page n (from 1) of
        a news list from its folder. ``links`` are further entries of the column's menu, as (label, path). With
        ``annual_on_column`` false the column's pages do not link the channel: the family does, from elsewhere.
        """
        from tests.sites.variants.furniture import add_furniture  # noqa: PLC0415 - it needs this module

        add_furniture(self, annual, column, news, index, page_name, annual_on_column, links)

    # --- books ---

    def need(self, path: str, body: str = "") -> None:
        """Notes a request without which not all reports are found; ``body`` that of a POST."""
        self.needed.add((path, body))

    def forbid(self, prefix: str) -> None:
        """A line of robots.txt; pages under it are served all the same."""
        self.disallow.append(prefix)

    def answer(self, handler: Callable[[Asked], Page | None]) -> None:
        """Something that answers what is no fixed page; the first that does not say None wins."""
        self._answers.append(handler)

    def build(self, start: Sequence[str] = ("/",)) -> Invented:
        """The finished portal; raises ValueError if a needed page is missing or forbidden."""
        robots = "".join(f"Disallow: {prefix}\n" for prefix in self.disallow)
        self.pages.put("/robots.txt", lambda: Page(f"User-agent: *\n{robots}".encode(), "text/plain"))
        for path, _ in self.needed:
            if any(path.startswith(prefix) for prefix in self.disallow):
                raise ValueError(f"{self.family} {self.seed}: {path} is needed and forbidden")
        handlers, pages = tuple(self._answers), self.pages
        # A client may put the parameters of an address into another order.
        asked_for = (path.partition("?") for path in pages if "?" in path)
        twins = {(path, frozenset(query.split("&"))): f"{path}?{query}" for path, _, query in asked_for}

        def answer(asked: Asked) -> Page | None:
            for handler in handlers:
                page = handler(asked)
                if page is not None:
                    return page
            if asked.method == "POST":
                return None
            path, _, query = asked.path.partition("?")
            path = path.partition(";")[0]
            same = twins.get((path, frozenset(query.split("&")))) if query else None
            if same is not None:
                return pages[same]
            known = path in VIEWERS or not query or all(part.partition("=")[0] in TRACKING for part in query.split("&"))
            for name in (path, path.removesuffix("index.html")):
                if known and name != asked.path and name in pages:
                    return pages[name]
            return None

        for path, body in self.needed:
            if path not in pages and answer(Asked("POST" if body else "GET", path, {}, body.encode())) is None:
                raise ValueError(f"{self.family} {self.seed}: nothing at {path} {body}")
        return Invented(
            portal=f"{self.family}-{self.seed}",
            host=self.host,
            start=tuple(start),
            pages=pages,
            truth=tuple(self.truth),
            truth_unreadable=tuple(self.unreadable),
            decoys=MappingProxyType(self.decoys),
            news=frozenset(self.news),
            disallowed=frozenset(path for path in pages if any(path.startswith(prefix) for prefix in self.disallow)),
            answer=answer,
            needed=len(self.needed),
            requests=frozenset(self.needed),
        )


@contextmanager
def making(kind: type[Variant]) -> Iterator[None]:
    """Within the block all families make their portals of this subclass of `Variant`."""
    Variant.kind = kind
    try:
        yield
    finally:
        Variant.kind = None


@cache
def decoy_groups() -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Kind of decoy → (title, paragraphs), with their slots."""
    groups = {}
    for group in load_groups("decoys"):
        name, _, title = group.name.partition("|")
        groups[name.strip()] = (title.strip(), group.paragraphs)
    return MappingProxyType(groups)
