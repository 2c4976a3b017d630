"""How little a second run asks a portal for, counted at the portal; and that nothing is missed for it in the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from crawler.catalogue.model import Candidate, Report, ReportList
from crawler.catalogue.store import open_catalogue
from crawler.telling.account import read_last_run
from tests.catalogue.test_delivery import Ran, crawl
from tests.crawl.shire import HTML, LIST, SITE, build_shire, report_reply, write_links, write_page
from tests.web.server import Reply, WebServer, serve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.web.server import Route

BODIES = ("教育局", "财政局", "水利局", "司法局", "民政局", "审计局")
YEARS = (2024, 2023, 2022, 2021)
OLD, NEW = "Fri, 10 Jan 2025 00:00:00 GMT", "Mon, 09 Feb 2026 00:00:00 GMT"
MODEL = next(one for one in SITE.truth if one.body == "卧龙区教育体育局" and one.path.endswith(".html"))
TEMPLATE = report_reply(MODEL).body.decode()


@dataclass(frozen=True, slots=True)
class Entry:
    """A report on a list: ``kind`` says what its server knows of changes ("etag", "modified" or nothing)."""

    body: str
    year: int
    kind: str = ""

    @property
    def path(self) -> str:
        return f"/{self.year + 1}/{BODIES.index(self.body)}.html"

    @property
    def title(self) -> str:
        return f"卧龙区{self.body}{self.year}年政府信息公开工作年度报告"

    def reply(self, *, revised: bool = False) -> Reply:
        """Its page; ``revised`` adds a sentence to it, and its server says so to who asks for changes."""
        page = TEMPLATE.replace(MODEL.body, f"卧龙区{self.body}").replace(str(MODEL.year), str(self.year))
        if revised:
            page = page.replace("全年工作总体平稳", "全年工作总体平稳，数据已更正")
        return Reply(
            page.encode(),
            headers=HTML,
            etag=f'"{int(revised)}"' if self.kind == "etag" else None,
            modified=(NEW if revised else OLD) if self.kind == "modified" else None,
        )


def name_page(number: int) -> str:
    return LIST if number == 1 else f"{LIST}index_{number}.html"


def build_list(entries: Sequence[Entry], size: int) -> dict[str, Route]:
    """The pages of a list, each with a link to the next one alone."""
    cuts = [entries[start : start + size] for start in range(0, len(entries), size)]
    pages: dict[str, Route] = {}
    for number, some in enumerate(cuts, 1):
        links = write_links([(one.path, one.title) for one in some])
        pager = f'<p>上一页 <a href="{name_page(number + 1)}">下一页</a></p>' if number < len(cuts) else ""
        html = write_page("政府信息公开年报", links, pager, trail="首页 > 政府信息公开 > 政府信息公开年报")
        pages[name_page(number)] = Reply(html.encode(), headers=HTML)
    return pages


def build_portal(entries: Sequence[Entry], size: int) -> dict[str, Route]:
    return build_shire([], {**build_list(entries, size), **{one.path: one.reply() for one in entries}})


@dataclass(frozen=True, slots=True)
class Counted:
    """A crawl, and what its portal was asked and sent: robots.txt counts, too."""

    ran: Ran
    paths: list[str]
    requests: int
    bytes: int
    started: datetime

    def read(self) -> list[tuple[str, int, int]]:
        """Body, year and version of each record of the feed."""
        found = ((one["agency"]["name"], one["year"], one["version"]["n"]) for one in self.ran.feed)
        return sorted((name.removeprefix("卧龙区"), year, n) for name, year, n in found)


def visit(folder: Path, server: WebServer, *arguments: str, **settings: str) -> Counted:
    asked, sent, paths = len(server.log), server.sent, len(server.paths())
    started = datetime.now(UTC)
    ran = crawl(folder, server, *arguments, **settings)
    return Counted(ran, server.paths()[paths:], len(server.log) - asked, server.sent - sent, started)


def find_last_sight(folder: Path, entry: Entry) -> datetime:
    """When a report was last seen."""
    catalogue = open_catalogue(None, folder)
    with catalogue.read() as session:
        report = session.scalars(select(Report).where(Report.address.endswith(entry.path))).one()
    catalogue.close()
    return report.last_seen


def let_pass(folder: Path, days: int) -> None:
    """Has everything that was looked at be looked at so many days earlier."""
    catalogue = open_catalogue(None, folder)
    with catalogue.write() as session:
        for row in session.scalars(select(Candidate)):
            row.settled -= timedelta(days=days)
        for one in session.scalars(select(ReportList)):
            one.swept -= timedelta(days=days)
    catalogue.close()


def test_second_run_with_one_new_one_revised_and_one_removed(tmp_path: Path) -> None:
    """24 reports on a list of four pages. Of every three one has an ETag, one says when it was modified, and one
    neither; so does no page of the list."""
    kinds = ("etag", "modified", "")
    entries = [Entry(body, year, kinds[n % 3]) for year in YEARS for n, body in enumerate(BODIES)]
    with serve(build_portal(entries, 6)) as server:
        first = visit(tmp_path, server)
        assert len(first.read()) == len(entries), first.ran.done.stderr
        assert first.requests == 2 + 4 + len(entries)
        new, revised, removed = Entry("教育局", 2025), entries[1], entries[14]
        now = [new, *(one for one in entries if one is not removed)]
        server.routes |= {
            **build_list(now, 6),
            new.path: new.reply(),
            revised.path: revised.reply(revised=True),
            removed.path: Reply(b"nothing here", 404),
        }
        second = visit(tmp_path, server)
    assert second.read() == [(new.body, 2025, 1), (revised.body, revised.year, 2)], second.ran.done.stderr
    assert second.ran.done.status == 0
    assert second.ran.of("vanished") == [removed.year]
    assert len(second.ran.of("same")) == len(entries) - 2
    assert second.requests <= 0.4 * first.requests, second.paths
    assert second.bytes <= 0.15 * first.bytes
    # Its account says what it did not look at, and counts what went over the wire.
    account = read_last_run(tmp_path / "wolong")
    assert account is not None
    known = len(now) - sum(path.startswith("/20") for path in second.paths)
    assert (account["verdict"], account["known"]) == ("complete", {"candidates": known, "pages": 0})
    assert f"  known from earlier runs, and not asked for in this one: {known} candidates" in second.ran.done.lines
    assert account["candidates"] == {"all": len(now), "same": len(now) - 2, "read": 2}
    assert sum(len(years) for one in account["reports"] for years in [one["years"]]) == len(now)
    assert account["suspicions"] == ["卧龙区水利局: no report of 2022, and there are those of 2021 and 2023"]
    assert account["requests"] == second.requests
    assert account["bytes"] == pytest.approx(second.bytes, rel=0.02)


def test_what_a_quiet_list_hides_is_found_by_a_sweep(tmp_path: Path) -> None:
    """Of a list whose first and last page are what they were, the others are not looked at until they are due."""
    entries = [Entry("教育局", 2024), Entry("教育局", 2023), Entry("财政局", 2024), Entry("水利局", 2024)]
    pages = [name_page(number) for number in (1, 2, 3, 4)]
    with serve(build_portal(entries, 1)) as server:
        assert len(visit(tmp_path, server).read()) == 4
        # One report takes the place of another in the midst of the list. So far nobody can see that.
        back, gone = Entry("审计局", 2020), entries[1]
        swapped = [back if one is gone else one for one in entries]
        server.routes |= {**build_list(swapped, 1), back.path: back.reply(), gone.path: Reply(b"nothing here", 404)}
        quiet = visit(tmp_path, server)
        assert [path for path in quiet.paths if path in pages] == [pages[0], pages[3]]
        assert (quiet.ran.done.status, quiet.read(), quiet.ran.of("vanished")) == (0, [], [])
        assert len(quiet.ran.of("same")) == 4
        assert "not asked for in this one: 2 candidates, 2 pages of lists" in quiet.ran.done.stderr
        assert find_last_sight(tmp_path, gone) < quiet.started
        index = max((tmp_path / "wolong" / "archive").glob("*.cdxj")).read_text(encoding="utf-8")
        assert [path for path in pages if f'{path}"' in index] == [pages[0], pages[3]]  # nothing is archived twice

        let_pass(tmp_path, 100)
        sweep = visit(tmp_path, server)
    assert [path for path in sweep.paths if path in pages] == pages
    assert sweep.read() == [(back.body, back.year, 1)]
    assert sweep.ran.of("vanished") == [gone.year]
    assert "not asked for" not in sweep.ran.done.stderr
    assert "complete: 4 candidates" in sweep.ran.done.stderr
