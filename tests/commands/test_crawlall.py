"""``scrapy crawlall``: real crawls of portals on loopback, side by side; none of them touches another. A crawl costs
two seconds of a processor: what its process may do otherwise is tested with cheaper ones (tests/fleet)."""

from __future__ import annotations

import csv
import json
import os
import signal
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from multiprocessing.forkserver import ensure_running
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crawler.catalogue.store import open_catalogue
from crawler.extraction.text.clean import display_width
from crawler.fleet.processes import list_processes
from crawler.portals.register import COLUMNS
from tests.crawl.crawling import PATIENCE, QUICK, Finished, read_lines, run_forked
from tests.crawl.shire import LIST, REPORTS, SITE, build_plain_shire
from tests.sites.server import SiteServer, serve
from tests.sites.site import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.sites.site import Asked, Site
    from tests.web.server import Reply

pytestmark = pytest.mark.long

MARK = "NIANBAO_TEST_FLEET"  # in the environment of all that one of our fleets has started
REPORT = REPORTS[0]


def build_small(answer: Callable[[Asked], Page | None] | None = None) -> Site:
    """A portal with one report; ``answer``, if there is one, answers for its entry."""
    replies: dict[str, Any] = build_plain_shire(1)
    pages = {path: make_page(reply) for path, reply in replies.items() if path != "/" or answer is None}
    return replace(SITE, pages=pages, answer=answer)


def make_page(reply: Reply) -> Page:
    return Page(reply.body, dict(reply.headers)["Content-Type"])


def find_crawl(name: str, mark: str) -> tuple[int, int]:
    """The process that crawls a portal, and that of its fleet."""
    for one in list_processes():
        words = Path(f"/proc/{one.pid}/cmdline").read_bytes().split(b"\0")
        if words[2:5] == [b"scrapy", b"crawl", name.encode()] and one.pid in find_marked(mark):
            return one.pid, one.parent
    raise RuntimeError(f"nobody crawls {name}")


def find_marked(mark: str) -> list[int]:
    """All that is alive of what a fleet has started."""
    found = []
    for one in list_processes():
        try:
            variables = Path(f"/proc/{one.pid}/environ").read_bytes().split(b"\0")
        except OSError:  # another's, or gone
            continue
        if f"{MARK}={mark}".encode() in variables:
            found.append(one.pid)
    return found


@dataclass(frozen=True, slots=True)
class Ran:
    """A fleet that came to its end: its rows by portal, and what of it was alive then."""

    done: Finished
    data_dir: Path
    rows: dict[str, dict[str, Any]]
    alive: list[int]
    servers: dict[str, SiteServer]

    def of(self, key: str) -> dict[str, Any]:
        return {name: row[key] for name, row in self.rows.items()}

    def path(self, portal: str, name: str) -> Path:
        return self.data_dir / portal / self.rows[portal]["run"] / name


class Fleet:
    """Portals on addresses of their own, in a register of their own."""

    def __init__(self, folder: Path) -> None:
        self.data_dir, self.register, self.mark = folder / "data", folder / "more.csv", str(folder)
        self.servers: dict[str, SiteServer] = {}
        self.lines: list[tuple[str, ...]] = []
        self.watched = False

    def write(self, name: str, url: str) -> None:
        self.lines.append((name, f"{name}县人民政府", "county", "", url, "checked: loopback", ""))
        with self.register.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *self.lines])

    def run(self, *arguments: str, portals: tuple[str, ...] = ()) -> Finished:
        settings = {**QUICK, "DATA_DIR": str(self.data_dir), "PORTALS_FILE": str(self.register)}
        settings |= {"ALLOW_PRIVATE_ADDRESSES": "1", "LOG_LEVEL": "INFO", "SPIDERMON_ENABLED": str(int(self.watched))}
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(MARK, self.mark)
            return run_forked(
                [
                    *("crawlall", *arguments, *(portals or tuple(line[0] for line in self.lines))),
                    *(part for name, value in settings.items() for part in ("-s", f"{name}={value}")),
                ]
            )

    def crawl(self, *arguments: str) -> Ran:
        done = self.run("--json", *arguments)
        rows = {row["portal"]: row for row in map(json.loads, done.stdout.splitlines())}
        return Ran(done, self.data_dir, rows, find_marked(self.mark), self.servers)


@contextmanager
def open_fleet(folder: Path, **sites: Site) -> Iterator[Fleet]:
    """A fleet whose portals stand on 127.0.0.2, 127.0.0.3 and so on."""
    ensure_running()  # what forks are made from is not to have the mark
    fleet = Fleet(folder)
    with ExitStack() as stack:
        for number, (name, site) in enumerate(sites.items(), 2):
            fleet.servers[name] = stack.enter_context(serve(site, address=f"127.0.0.{number}"))
            fleet.write(name, fleet.servers[name].url("/"))
        yield fleet


class Hanging:
    """Answers nothing until it is let go; ``act`` is done when it is asked first."""

    def __init__(self, act: Callable[[], None] = lambda: None) -> None:
        self.act, self.free = act, threading.Event()

    def __call__(self, asked: Asked) -> Page | None:
        if asked.path == "/":
            self.act()
            self.free.wait(PATIENCE)
        return None


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two portals on one host, and one whose crawl is killed."""
    folder = tmp_path_factory.mktemp("fleet")

    def kill(asked: Asked) -> Page | None:
        if asked.path == "/":
            os.kill(find_crawl("cypress", str(folder))[0], signal.SIGKILL)
        return None

    with open_fleet(folder, ash=build_small(), cypress=build_small(kill)) as fleet:
        fleet.write("birch", fleet.servers["ash"].url(LIST))
        fleet.watched = True
        yield fleet


@pytest.fixture(scope="module")
def ran(fleet: Fleet) -> Ran:
    return fleet.crawl("--jobs", "2")


def test_a_crash_touches_no_other(ran: Ran) -> None:
    assert ran.done.status == 1, ran.done.stderr
    assert list(ran.rows) == ["ash", "cypress", "birch"]
    assert ran.of("verdict") == {"ash": "complete", "cypress": "crashed", "birch": "complete"}
    assert ran.of("status") == {"ash": 0, "cypress": 1, "birch": 0}
    assert ran.of("new") == {"ash": 1, "cypress": None, "birch": 1}
    assert (ran.of("reports")["ash"], ran.of("failing")["ash"], ran.of("why")["ash"]) == (1, 0, [])
    (why,) = ran.rows["cypress"]["why"]
    assert why.startswith("killed by SIGKILL; its log ends with: ")
    assert ran.alive == []


def test_each_has_its_own_log_and_feed_and_the_terminal_is_told_in_lines(ran: Ran) -> None:
    for name in ("ash", "birch"):
        assert f"{name}: complete: 1 candidates (1 read)" in ran.path(name, "crawl.log").read_text(encoding="utf-8")
        (record,) = read_lines(ran.path(name, "reports.jsonl"))
        assert (record["portal"], record["year"]) == (name, REPORT.year)
    lines = [line for line in ran.done.lines if not line.startswith("scrapy crawlall: alert: ")]
    assert {line.split(":")[0] for line in lines} == set(ran.rows)
    assert f"ash: started, log {ran.path('ash', 'crawl.log')}" in lines
    assert any(line.startswith("ash: complete, 1 report, ") for line in lines)
    assert any(line.startswith("cypress: crashed, ") and "killed by SIGKILL" in line for line in lines)


def test_who_was_killed_is_told_of_by_the_fleet(ran: Ran) -> None:
    rows = [row for row in read_lines(ran.data_dir / "alerts.jsonl") if row["portal"] == "cypress"]
    assert [(row["run"], row["monitor"]) for row in rows] == [(ran.rows["cypress"]["run"], "unfinished")]
    assert f": unfinished: crashed: {ran.rows['cypress']['why'][0]}"[:80] in rows[0]["message"]
    assert f"scrapy crawlall: alert: {rows[0]['message']}" in ran.done.lines


def test_portals_of_one_host_are_crawled_one_after_the_other(ran: Ran) -> None:
    server = ran.servers["ash"]
    asked = [entry.path for entry in server.log]
    first, second = ["/robots.txt", "/", LIST, REPORT.path], ["/robots.txt", LIST, REPORT.path]
    assert asked == [*first, *second]
    assert server.in_flight_peak == 1
    # Were they crawled side by side, they would take turns (tests/web/test_turns.py).
    assert {path.name for path in (ran.data_dir / "hosts.locks").iterdir()} == {"127.0.0.2", "127.0.0.3"}


def test_what_is_due_is_what_crashed_or_was_never_crawled(fleet: Fleet, ran: Ran) -> None:
    done = fleet.run("--due", "--dry-run", "--json", portals=("ash", "birch", "cypress", "wolong"))
    assert (done.status, done.stderr) == (0, "")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["portal"]: row["why"] for row in rows} == {
        "cypress": "its last run never ended",
        "wolong": "never crawled",
    }
    aged = fleet.run("--due", "--days", "0", "--dry-run", portals=("ash",))
    header, _, line = aged.stdout.splitlines()
    assert line.split() == ["ash", "ash县人民政府", ran.servers["ash"].url("/"), "crawled", "0", "days", "ago"]
    assert display_width(line[: line.index("http")]) == header.index("address")
    none = fleet.run("--due", "--json", portals=("ash", "birch"))
    assert (none.status, none.stdout) == (0, "")
    assert none.lines == ["scrapy crawlall: none of 2 portals is due"]


def test_a_portal_that_hangs_is_stopped_cleanly_and_leaves_no_process(tmp_path: Path) -> None:
    hanging = Hanging()

    def stop() -> None:
        os.kill(find_crawl("elm", str(tmp_path))[1], signal.SIGTERM)
        (log,) = (tmp_path / "data" / "elm").glob("*/crawl.log")
        until = time.monotonic() + PATIENCE
        while "Received SIGTERM" not in log.read_text(encoding="utf-8") and time.monotonic() < until:
            hanging.free.wait(0.02)
        hanging.free.set()  # what is on its way is waited for

    hanging.act = stop
    with open_fleet(tmp_path, elm=build_small(hanging), fir=build_small()) as fleet:
        done = fleet.run("--jobs", "1")
        (run,) = (fleet.data_dir / "elm").glob("*/run.json")
        assert not (fleet.data_dir / "fir").exists()
    assert done.status == 128 + signal.SIGTERM
    assert json.loads(run.read_text(encoding="utf-8"))["why"] == ["stopped before its end: shutdown"]
    header, _, *rows = done.stdout.partition("\n\n")[0].splitlines()
    assert [row.split()[:3] for row in rows] == [
        ["elm", "elm县人民政府", "interrupted"],
        ["fir", "fir县人民政府", "not_started"],
    ]
    end = header.index("verdict")
    assert {display_width(row[: row.index(word)]) for row, word in zip(rows, ("interr", "not_"), strict=True)} == {end}
    below = done.stdout.partition("\n\n")[2].splitlines()
    assert below == ["not complete:", "  elm: stopped by hand", f"    {run.with_name('crawl.log')}"]
    assert find_marked(str(tmp_path)) == []


def test_a_portal_that_takes_too_long_is_delivered_as_far_as_it_was_read(tmp_path: Path) -> None:
    """The second report hangs until the crawl is told that its time is over; the first is in a whole feed."""
    asked: list[str] = []
    data_dir = tmp_path / "data"

    def answer(request: Asked) -> Page | None:
        if request.path in {report.path for report in REPORTS[:2]}:
            asked.append(request.path)
            if len(asked) == 2:
                (log,) = (data_dir / "oak").glob("*/crawl.log")
                wait_for(lambda: "closespider_timeout" in log.read_text(encoding="utf-8"))
        return pages.get(request.path)

    pages = {path: make_page(reply) for path, reply in dict[str, Any](build_plain_shire(2)).items()}
    with open_fleet(tmp_path, oak=replace(SITE, pages={}, answer=answer)) as fleet:
        ran = fleet.crawl("--timeout", "65s", "--grace", "60s")
    row = ran.rows["oak"]
    assert (row["verdict"], row["status"], row["reports"], row["new"]) == ("timed_out", 1, 2, 2), ran.done.stderr
    assert row["why"][0].startswith("ended by itself after ")
    assert len(read_lines(ran.path("oak", "reports.jsonl"))) == 2  # what was on its way was waited for
    catalogue = open_catalogue(None, data_dir)
    assert [one["waiting"] for one in catalogue.describe()] == [0]
    catalogue.close()


def wait_for(condition: Callable[[], bool]) -> None:
    bell, until = threading.Event(), time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < until:
        bell.wait(0.02)


def test_what_is_left_out_is_not_crawled(tmp_path: Path) -> None:
    done = run_forked(
        [
            *("crawlall", "wolong", "nanyang", "xixia", "--except", "nanyang", "--except", "xixia", "--dry-run"),
            *("--json", "-s", f"DATA_DIR={tmp_path}"),
        ],
        network="none",
    )
    assert (done.status, done.stderr) == (0, "")
    assert [json.loads(line)["portal"] for line in done.stdout.splitlines()] == ["wolong"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("no-such",), "no portal 'no-such' in the register"),
        (("--except", "no-such"), "--except: no portal 'no-such' in the register"),
        (("wolong", "--jobs", "0"), "a whole number from 1, not '0'"),
        (("wolong", "--timeout", "6"), "a number with s, m, h or d behind it, as in 90m, not '6'"),
        (("wolong", "--memory", "lots", "--days", "soon"), "a whole number of MB, not 'lots'"),
        (("wolong", "--due", "--all"), "not allowed with argument"),
        (("wolong", "-a", "url=http://a.test/"), "-a url=… is the address of one portal"),
        (("wolong", "-a", "years=soon"), "years='soon'"),
        (("wolong", "-s", "JOBDIR=jobs"), "JOBDIR is one crawl's"),
        (("wolong", "-s", 'FEEDS={"all.jsonl": {"format": "jsonlines"}}'), "several crawls would write to all.jsonl"),
        (("wolong", "--logfile", "all.log"), "each portal has a log of its own"),
    ],
)
def test_wrong_usage_is_one_line(tmp_path: Path, arguments: tuple[str, ...], named: str) -> None:
    done = run_forked(["crawlall", "-s", f"DATA_DIR={tmp_path}", *arguments], network="none")
    assert (done.status, done.stdout, len(done.lines)) == (2, "", 1), done.stderr
    assert done.lines[0].startswith("scrapy crawlall: ")
    assert named in done.lines[0]
    assert list(tmp_path.iterdir()) == []


def test_a_catalogue_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    done = run_forked(["crawlall", "wolong", "--due", "-s", f"DATA_DIR={tmp_path}", "-s", "CATALOGUE_URL=nowhere"])
    assert (done.status, done.stdout, len(done.lines)) == (1, "", 1)
    assert "CATALOGUE_URL is no address of a database" in done.lines[0]


def test_help_says_what_the_status_means_and_shows_examples() -> None:
    done = run_forked(["crawlall", "--help"], network="none")
    assert (done.status, done.stderr) == (0, "")
    assert "Exit status: that of the worst portal" in " ".join(done.stdout.split())
    assert "  scrapy crawlall --due" in done.stdout.partition("Examples:\n")[2].splitlines()
