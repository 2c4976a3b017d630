"""Crawls of one portal, again and again: what the feeds hold, whatever ends a crawl."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from crawler.catalogue.store import open_catalogue
from crawler.telling.account import count_reports, read_last_run
from tests.catalogue.runs import open_run
from tests.crawl.crawling import QUICK, Finished, read_lines, run_forked
from tests.crawl.shire import HTML, LIST, REPORTS, build_plain_shire, report_reply, write_list
from tests.web.server import Reply, WebServer, serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sites.site import Truth
    from tests.web.server import Asked

pytestmark = pytest.mark.long

COUNTER = '<div class="counter">阅读 18 次</div></body>'.encode()


@dataclass(frozen=True, slots=True)
class Ran:
    """A crawl that ended, however: ``feed`` and ``changes`` are empty where it left none."""

    done: Finished
    feed: list[dict[str, Any]]
    changes: list[dict[str, Any]]

    def years(self) -> list[tuple[int, int]]:
        """Year and version of each record of the feed."""
        return sorted((record["year"], record["version"]["n"]) for record in self.feed)

    def of(self, change: str) -> list[int]:
        """The years of the rows of a kind."""
        return sorted(int(row["report_id"][-4:]) for row in self.changes if row["change"] == change)


def crawl(folder: Path, server: WebServer, *arguments: str, spider: str = "wolong", **settings: str) -> Ran:
    own = {"DATA_DIR": str(folder), "ALLOW_PRIVATE_ADDRESSES": "1", "READER_WORKERS": "1"}
    chosen = {**QUICK, **own, **settings}
    before = set(folder.glob("*/*"))
    done = run_forked(
        [
            *("crawl", spider, "-a", f"url={server.url('/')}", *arguments),
            *(part for name, value in chosen.items() for part in ("-s", f"{name}={value}")),
        ],
        network="loopback",
    )
    new = [path for path in set(folder.glob("*/2*")) - before if path.is_dir()]
    feed, changes = (
        [row for path in new for row in read_lines(path / name)] for name in ("reports.jsonl", "changes.jsonl")
    )
    return Ran(done, feed, changes)


def revise(report: Truth) -> Reply:
    """The page of a report that has received one application more, by a natural person."""
    page = report_reply(report).body
    label = "本年新收政府信息公开申请数量".encode()
    row = next(line for line in page.split(b"</tr>") if label in line)
    value = report.tables["applications"]["received"]["total"]
    assert row.count(b">%d<" % value) == 2
    return Reply(page.replace(row, row.replace(b">%d<" % value, b">%d<" % (value + 1))), headers=HTML)


def test_twice_with_one_new_one_revised_and_one_removed(tmp_path: Path) -> None:
    with serve(build_plain_shire(4)) as server:
        first = crawl(tmp_path, server)
        assert (first.done.status, first.years()) == (0, [(2020, 1), (2021, 1), (2023, 1), (2024, 1)])
        assert first.of("new") == [2020, 2021, 2023, 2024]
        looked_at, revised, _, removed, new = REPORTS[:5]
        there = [report for report in REPORTS[:5] if report is not removed]
        counted = report_reply(looked_at).body.replace(b"</body>", COUNTER)
        assert counted != report_reply(looked_at).body
        server.routes |= {
            LIST: write_list([(report.path, report.title) for report in there]),
            removed.path: Reply(b"nothing here", 404),
            looked_at.path: Reply(counted, headers=HTML),
            revised.path: revise(revised),
            new.path: report_reply(new),
        }
        second = crawl(tmp_path, server)
    assert (second.done.status, second.years()) == (0, [(new.year, 1), (revised.year, 2)])
    assert "complete: 4 candidates (2 same, 2 read)" in second.done.stderr
    assert "reports: 1 new, 1 changed, 1 vanished, 2 same" in second.done.stderr
    account = read_last_run(tmp_path / "wolong")
    assert account is not None
    assert count_reports(account) == 4  # what is the same is there, too
    assert [years for body in account["reports"] for years in body["years"]] == [2019, 2021, 2023, 2024]
    assert [second.of(change) for change in ("new", "changed", "vanished", "same")] == [
        *([new.year], [revised.year], [removed.year], [2021, 2024]),
    ]
    (changed,) = (row for row in second.changes if row["change"] == "changed")
    assert (changed["reason"], changed["text"]) == ("document", False)
    assert [(cell["row"], cell["column"], cell["old"], cell["new"]) for cell in changed["cells"]] == [
        ("received", column, 196, 197) for column in ("natural_person", "total")
    ]
    (record,) = (record for record in second.feed if record["year"] == revised.year)
    (before,) = (record for record in first.feed if record["year"] == revised.year)
    assert record["version"]["supersedes"] == {
        "sha256": before["source"]["sha256"],
        "content_sha256": before["version"]["content_sha256"],
    }


def test_whatever_ends_a_crawl_the_next_one_delivers(tmp_path: Path, postgres_url: str) -> None:
    """A feed that cannot be written, a kill in the middle, and one between the feed and the catalogue's word of it."""
    settings = {"SPIDER_MODULES": "tests.catalogue.killed", "CATALOGUE_URL": postgres_url}
    all_of_them = [(2021, 1), (2023, 1), (2024, 1)]

    def look() -> tuple[int, int, str]:
        catalogue = open_catalogue(postgres_url, tmp_path)
        (row,) = catalogue.describe()
        catalogue.close()
        return row["reports"], row["waiting"], row["last"]["verdict"]

    with serve(build_plain_shire(3)) as server, pytest.MonkeyPatch.context() as patch:

        def run(kill_at: str, *arguments: str) -> Ran:
            patch.setenv("KILL_AT", kill_at)
            return crawl(tmp_path, server, *arguments, spider="killed", **settings)

        killed = run("item_scraped:2")
        assert (killed.done.status, killed.feed, killed.changes) == (-9, [], [])
        assert look() in {(1, 1, "unfinished"), (2, 2, "unfinished")}
        full = run("", "-O", "/dev/full:jsonlines")
        assert (full.done.status, full.changes) == (1, [])
        assert look() == (3, 3, "complete")
        killed = run("feed_exporter_closed")
        assert (killed.done.status, killed.years(), killed.changes) == (-9, all_of_them, [])
        assert look() == (3, 3, "unfinished")
        delivered = run("")
        assert (delivered.done.status, delivered.years()) == (0, all_of_them)
        assert delivered.of("new") == [2021, 2023, 2024]
        assert delivered.of("same") == [2021, 2023, 2024]  # it saw them, too
        assert look() == (3, 0, "complete")
    assert not (tmp_path / "catalogue.sqlite").exists()


def test_a_second_run_at_once_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    catalogue = open_catalogue(None, tmp_path)
    with serve(build_plain_shire(1)) as server:
        with open_run(catalogue, "20260201T031500.000000Z", portal="wolong"):
            second = crawl(tmp_path, server)
        asked = server.paths()
    catalogue.close()
    assert (second.done.status, asked) == (1, [])
    (line,) = second.done.lines
    assert "ERROR: wolong is being crawled already: run 20260201T031500.000000Z (" in line
    assert {path.name for path in tmp_path.iterdir()} == {"catalogue.sqlite", "catalogue.sqlite.locks"}


def test_a_catalogue_that_cannot_be_used_ends_the_crawl_before_it_begins(tmp_path: Path) -> None:
    (tmp_path / "catalogue.sqlite").write_bytes(b"no database at all" * 100)
    with serve(build_plain_shire(1)) as server:
        crawled = crawl(tmp_path, server)
        asked = server.paths()
    assert (crawled.done.status, crawled.feed, asked) == (1, [], [])
    (line,) = (line for line in crawled.done.lines if "ERROR" in line)
    assert "no SQLite database, or damaged; put back a backup" in line
    account = read_last_run(tmp_path / "wolong")
    assert account is not None
    assert account["verdict"] == "failed"
    assert "no SQLite database, or damaged" in account["why"][0]
    assert "Traceback" not in crawled.done.stderr


def test_a_catalogue_that_is_lost_on_the_way_ends_the_crawl(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'catalogue.sqlite'}?timeout=0.01"
    other = sqlite3.connect(tmp_path / "catalogue.sqlite", check_same_thread=False)
    with serve(build_plain_shire(3)) as server, closing(other):
        other.isolation_level = None
        last = REPORTS[2]

        def lock(_: Asked) -> Reply:
            other.execute("BEGIN IMMEDIATE")
            return report_reply(last)

        server.routes[last.path] = lock
        lost = crawl(tmp_path, server, CATALOGUE_URL=url)
        assert (lost.done.status, lost.feed, lost.changes) == (1, [], [])
        (line,) = (line for line in lost.done.lines if "ERROR" in line)
        assert "catalogue.sqlite: locked by another process for too long" in line
        assert "Traceback" not in lost.done.stderr
        other.execute("ROLLBACK")
    catalogue = open_catalogue(url, tmp_path)
    (row,) = catalogue.describe()
    catalogue.close()
    # Its end could not be entered either.
    assert (row["last"]["verdict"], row["last"]["delivered"], row["waiting"]) == ("unfinished", False, row["reports"])


def test_what_could_not_be_entered_is_asked_for_again(tmp_path: Path) -> None:
    """The write of one version fails, and the end of that run is entered all the same."""
    revised = REPORTS[4]  # the oldest: a run looks again at the newer ones anyway
    with serve(build_plain_shire(5)) as server:
        assert len(crawl(tmp_path, server).feed) == 5
        server.routes[revised.path] = revise(revised)
        with closing(sqlite3.connect(tmp_path / "catalogue.sqlite")) as other:
            other.execute(
                "CREATE TRIGGER no BEFORE INSERT ON versions WHEN NEW.n = 2 BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
            lost = crawl(tmp_path, server, "-a", "full=1")
            other.execute("DROP TRIGGER no")
        assert (lost.done.status, lost.feed) == (1, [])
        assert crawl(tmp_path, server).years() == [(revised.year, 2)]
