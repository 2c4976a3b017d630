"""Collects the pages of a test portal and keeps the books on them. What a page looks like is the subclass's matter."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from html import escape
from random import Random
from typing import TYPE_CHECKING, Literal

from tests.sites.forms import Columns, FormStyle
from tests.sites.prose import load_groups
from tests.sites.reports import Flavour, Report, blank_form, compose_report, render_report, tell_truth, write_text
from tests.sites.site import Page, Site, Truth, Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Delivery = Literal["html", "txt", "landing-txt", "landing-html", "landing-pdf", "dead"]
# No more than a reader needs to see that it is a PDF without a word of text.
EMPTY_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n"
    b"xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \n"
    b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n162\n%%EOF\n"
)


@dataclass(frozen=True, slots=True)
class Area:
    """The government whose portal it is: 卧龙区, 卧龙区人民政府, 区."""

    name: str
    government: str
    unit: str


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of a list: ``day`` is the ISO date behind it."""

    title: str
    path: str
    day: str


@dataclass(frozen=True, slots=True)
class Article:
    """A page of text: ``content`` is HTML, ``crumbs`` the way to it as (label, path)."""

    title: str
    path: str
    day: str
    source: str
    content: str
    crumbs: tuple[tuple[str, str], ...]
    related: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """An invented report and the way the portal delivers it."""

    body: str
    year: int
    published: str
    delivery: Delivery = "html"
    flavour: Flavour = "plain"
    style: FormStyle = FormStyle()  # noqa: RUF009 - frozen
    title: str | None = None
    carried: tuple[int, int] | None = None
    columns: Columns = "tabs"

    def compose(self) -> Report:
        return compose_report(self.body, self.year, self.published, self.style, self.title, self.carried)


class SiteBuilder(ABC):
    """One portal in the making. Subclasses give addresses, furniture and encoding."""

    charset: str
    content_type: str
    sends_etag: bool

    def __init__(self, portal: str, host: str, area: Area, disallow: str) -> None:
        self.portal = portal
        self.host = host
        self.area = area
        self.disallow = disallow
        self.pages: dict[str, Page] = {}
        self.truth: list[Truth] = []
        self.unreadable: list[Unreadable] = []
        self.decoys: dict[str, str] = {}
        self.news: list[Link] = []
        self.report_links: list[Link] = []
        self.add("/robots.txt", f"User-agent: *\nDisallow: {disallow}\n".encode(), "text/plain", "2019-03-01")

    # --- what a family of sites decides ---

    @abstractmethod
    def article_path(self, day: str) -> str:
        """A free address for an article published on ``day``."""

    @abstractmethod
    def attachment_path(self, day: str, suffix: str) -> str:
        """A free address for a document that an article links."""

    @abstractmethod
    def render_article(self, article: Article) -> str:
        """The whole page of an article."""

    # --- pages ---

    def add(self, path: str, body: bytes, content_type: str, day: str, status: int = 200) -> None:
        """Adds a page last changed on ``day``; raises ValueError if the address is taken."""
        if path in self.pages:
            raise ValueError(f"{self.portal}: {path} is taken")
        changed = datetime.combine(date.fromisoformat(day), time(8, 30), UTC)
        headers = {"Last-Modified": format_datetime(changed, usegmt=True)}
        if self.sends_etag:
            headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        self.pages[path] = Page(body, content_type, status, headers if status == 200 else {})

    def add_html(self, path: str, html: str, day: str, status: int = 200) -> None:
        self.add(path, html.encode(self.charset), self.content_type, day, status)

    def add_article(self, article: Article) -> Link:
        self.add_html(article.path, self.render_article(article), article.day)
        return Link(article.title, article.path, article.day)

    def add_report(
        self,
        report: Report,
        flavour: Flavour,
        crumbs: tuple[tuple[str, str], ...],
        path: str,
        source: str | None = None,
    ) -> Link:
        """A report as a page of its own, at ``path``."""
        content = render_report(report, flavour)
        if report.body not in report.title:
            # The portal's title leaves the body out; the report's own first line has it.
            content = f'<p align="center">{report.body}</p>\n{content}'
        self._record(report, path, path, "text/html")
        article = Article(report.title, path, report.published, source or report.body, content, crumbs, self._relate())
        link = self.add_article(article)
        self.report_links.append(link)
        return link

    def _relate(self) -> tuple[Link, ...]:
        """What stands under a report: other reports and some news."""
        return tuple(self.report_links[-2:] + self.news[:2])

    def add_planned(self, planned: Planned, crumbs: tuple[tuple[str, str], ...]) -> Link:
        """An invented report, delivered as planned; returns what the list shows of it."""
        report, day = planned.compose(), planned.published
        landing = self.article_path(day)
        if planned.delivery == "html":
            return self.add_report(report, planned.flavour, crumbs, landing)
        if planned.delivery == "dead":
            self.add_html(landing, "<html><head><title>404</title></head><body>页面不存在</body></html>", day, 404)
            self._give_up(report, landing, landing, "http_404")
            return Link(report.title, landing, day)
        suffix = planned.delivery.rpartition("-")[2]
        document = self.attachment_path(day, suffix)
        link = Link(report.title, document, day)
        if planned.delivery != "txt":
            label = f"{report.title}.{suffix}"
            content = f'<p>附件：<a href="{document}" target="_blank" title="{label}">{label}</a></p>'
            link = self.add_article(Article(report.title, landing, day, report.body, content, crumbs))
        else:
            landing = document
        if suffix == "pdf":
            self.add(document, EMPTY_PDF, "application/pdf", day)
            self._give_up(report, document, landing, "pdf")
        elif suffix == "txt":
            self.add(document, write_text(report, planned.columns).encode(self.charset), "text/plain", day)
            self._record(report, document, landing, "text/plain")
        else:
            self.add_html(document, self._render_bare(report, planned.flavour), day)
            self._record(report, document, landing, "text/html")
        return link

    def _render_bare(self, report: Report, flavour: Flavour) -> str:
        """A document without any furniture, as Word saves it."""
        head = (
            f'<meta http-equiv="Content-Type" content="text/html; charset={self.charset}"><title>{report.title}</title>'
        )
        heading = f'<h1 align="center">{report.title}</h1>'
        return f"<html><head>{head}</head><body>\n{heading}\n{render_report(report, flavour)}\n</body></html>"

    def _record(self, report: Report, path: str, landing: str, media_type: str) -> None:
        self.truth.append(tell_truth(report, path, landing, media_type))

    def _give_up(self, report: Report, path: str, landing: str, reason: str) -> None:
        self.unreadable.append(Unreadable(report.body, report.year, path, landing, report.title, reason))

    def add_decoy(
        self, name: str, year: int, day: str, crumbs: tuple[tuple[str, str], ...], body: str | None = None
    ) -> Link:
        """A page that a list of reports shows and that is none: ``name`` is that of a group in ``decoys.txt``."""
        slots = {"area": self.area.name, "unit": self.area.unit, "body": body or self.area.government}
        slots |= {"year": str(year), "next": str(year + 1)}
        groups = {key.strip(): (title.strip(), group.paragraphs) for group in load_groups("decoys")
                  for key, title in [group.name.split("|")]}  # fmt: skip
        title, paragraphs = groups[name]
        content = paragraphs_html([text.format_map(slots) for text in paragraphs])
        return self._add_decoy_page(title.format_map(slots), day, content, crumbs)

    def add_blank_form(self, day: str, crumbs: tuple[tuple[str, str], ...]) -> Link:
        """The form without figures, as portals offer it for download."""
        return self._add_decoy_page("政府信息公开工作年度报告（空表）", day, blank_form(FormStyle()), crumbs)

    def _add_decoy_page(self, title: str, day: str, content: str, crumbs: tuple[tuple[str, str], ...]) -> Link:
        source = f"{self.area.government}办公室"
        link = self.add_article(Article(title, self.article_path(day), day, source, content, crumbs))
        self.decoys[link.path] = title
        return link

    def add_news(self, count: int, crumbs: tuple[tuple[str, str], ...]) -> list[Link]:
        """``count`` articles that have nothing to do with reports, newest first."""
        random = Random(f"{self.portal}/news")
        groups = random.sample(load_groups("news"), count)
        days = sorted((date(2023, 1, 5).toordinal() + random.randrange(740) for _ in groups), reverse=True)
        links = []
        for group, ordinal in zip(groups, days, strict=True):
            day = date.fromordinal(ordinal).isoformat()
            title = group.name.format(area=self.area.name)
            content = paragraphs_html(group.paragraphs)
            source = f"{self.area.name}融媒体中心"
            links.append(Link(title, self.article_path(day), day))
            related = tuple(links[-4:-1])
            self.add_article(Article(title, links[-1].path, day, source, content, crumbs, related))
        self.news += links
        return links

    def build(self, start: Sequence[str]) -> Site:
        """The finished portal; raises ValueError if a start address is missing."""
        if missing := [path for path in start if path not in self.pages]:
            raise ValueError(f"{self.portal}: no page at {missing}")
        pages: Mapping[str, Page] = dict(self.pages)
        return Site(
            portal=self.portal,
            host=self.host,
            start=tuple(start),
            pages=pages,
            truth=tuple(self.truth),
            truth_unreadable=tuple(self.unreadable),
            decoys=dict(self.decoys),
            news=frozenset(link.path for link in self.news),
            disallowed=frozenset(path for path in pages if path.startswith(self.disallow)),
        )


def paragraphs_html(paragraphs: Sequence[str]) -> str:
    return "\n".join(f'<p style="text-indent: 2em;">{escape(text, quote=False)}</p>' for text in paragraphs)


def split_pages(links: Sequence[Link], pages: int) -> list[list[Link]]:
    """``links`` in ``pages`` parts of about the same length, none of them empty."""
    size = -(-len(links) // pages)
    parts = [list(links[at : at + size]) for at in range(0, len(links), size)]
    if len(parts) != pages:
        raise ValueError(f"{len(links)} entries do not fill {pages} pages")
    return parts


def by_date(links: Sequence[Link]) -> list[Link]:
    """Newest first, as every list stands."""
    return sorted(links, key=lambda link: link.day, reverse=True)
