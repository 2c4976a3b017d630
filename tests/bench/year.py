"""A year of monthly runs over portals whose content changes by a seed: ``python -m tests.bench.year --seed N``.

Each month every portal changes (`tests.sites.variants.changing`), is crawled as a server's timer would crawl it, and
the catalogue and the feeds are held against the truth. Then a month passes for the catalogue: all its moments are made
a month older, for it asks the clock of the machine; the runs are named by the months they stand for (``-s RUN=``). So
``CATALOGUE_SWEEP_DAYS`` is what it is anywhere, and each third run sweeps.

What must be found when is what docs/operations.md promises: a new report, one dated back and one taken down in the next
run; one that was revised, and one that came as another went, when a sweep has come round, that is after at most two
runs that did not look. What comes so late is counted as ``late``, and as a difference only after that.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from crawler.catalogue.model import Base, Portal, Report, UtcDateTime, Version
from crawler.catalogue.store import open_catalogue
from tests.crawl.crawling import QUICK, read_lines, run_scrapy
from tests.sites.names import RESOLVER, SETTING, write_names
from tests.sites.server import SiteServer
from tests.sites.variants.changing import CHANGING, ChangingPortal, name_moment, write_mark
from tests.sites.variants.truth import find_wrong

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler

    from crawler.catalogue.store import Catalogue
    from tests.sites.site import Page, Site, Truth
    from tests.sites.variants.changing import Key

ADDRESS = "127.0.0.5"
MONTH = timedelta(days=30, hours=10)
PATIENCE = 2  # runs after which a sweep must have come round
HEADINGS = (
    *("month", "reports", "requests", "304", "kB sent", "s", "CPU s", "archives kB", "catalogue kB", "feeds kB"),
    *("new", "changed", "vanished", "late", "differences", "standing"),
)


class CountingServer(SiteServer):
    """A server that counts the bytes of the bodies that it sends."""

    def __init__(self, site: Site) -> None:
        super().__init__(site, 0.0, ADDRESS)
        self.sent = 0

    def _send(self, handler: BaseHTTPRequestHandler, page: Page, status: int) -> None:  # type: ignore[override]
        if status != 304 and handler.command != "HEAD":
            self.sent += len(page.body)
        SiteServer._send(handler, page, status)


@dataclass(slots=True)
class Served:
    """A portal with its server, which stands all the year; ``truth`` has a dictionary for each month so far, and
    ``news`` the keys that each month's run told, by change."""

    portal: ChangingPortal
    server: CountingServer
    site: Site
    truth: list[dict[Key, Truth]] = field(default_factory=list)
    told: Counter[tuple[Key, str]] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        return self.site.host

    def turn(self, month: int) -> None:
        """Puts the content of a month on the server."""
        self.site = self.server.site = self.portal.build(month)
        self.truth.append({(one.body, one.year): one for one in self.site.truth})

    def states(self, key: Key) -> list[tuple[int, Truth, tuple[str, ...]]]:
        """What a report has said, each once: the month from which, what it was, and the sentences added to its text."""
        found: list[tuple[int, Truth, tuple[str, ...]]] = []
        for month, there in enumerate(self.truth):
            marks = tuple(
                write_mark(event.month)
                for event in self.portal.events
                if event.key == key and event.change == "text" and event.month <= month
            )
            if key in there and (not found or (found[-1][1].tables, found[-1][2]) != (there[key].tables, marks)):
                found.append((month, there[key], marks))
        return found


@dataclass(slots=True)
class Line:
    """One month of all portals: sizes in bytes, times in seconds."""

    month: int
    reports: int = 0
    requests: int = 0
    unchanged: int = 0
    sent: int = 0
    seconds: float = 0.0
    processor: float = 0.0
    sizes: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    late: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    standing: int = 0

    def leave_out(self, told: set[str]) -> None:
        """Of differences that stand on from an earlier month, only their number is told again."""
        self.standing = sum(text in told for text in self.differences)
        self.differences = [text for text in dict.fromkeys(self.differences) if text not in told]
        told |= set(self.differences)

    def write(self) -> tuple[str, ...]:
        sizes = (self.sizes[name] // 1024 for name in ("archives", "catalogue", "feeds"))
        told = (self.told[name] for name in ("new", "changed", "vanished"))
        return (
            f"{name_moment(self.month):%Y-%m}",
            *(str(one) for one in (self.reports, self.requests, self.unchanged, self.sent // 1024)),
            f"{self.seconds:.0f}",
            f"{self.processor:.0f}",
            *(str(one) for one in (*sizes, *told, len(self.late), len(self.differences), self.standing)),
        )


# --- one run ------------------------------------------------------------------------------------------------------


def crawl(served: Served, month: int, data_dir: Path, names: str, line: Line) -> None:
    """The run of a month over one portal, as a user would start it."""
    run = name_moment(month).strftime("%Y%m%dT%H%M%S.000000Z")
    settings = {
        **QUICK,
        "DATA_DIR": str(data_dir),
        "RUN": run,
        "ALLOW_PRIVATE_ADDRESSES": "1",
        "TWISTED_DNS_RESOLVER": RESOLVER,
        SETTING: names,
    }
    url = f"http://{served.site.host}:{served.server.port}{served.site.start[0]}"
    asked, sent, begun, used = len(served.server.log), served.server.sent, time.monotonic(), _processor()
    done = run_scrapy(
        ["crawl", "portal", "-a", f"url={url}", *(f"-s{name}={value}" for name, value in settings.items())],
        network="loopback",
    )
    line.seconds += time.monotonic() - begun
    line.processor += _processor() - used
    line.requests += len(served.server.log) - asked
    line.unchanged += sum(entry.status == 304 for entry in served.server.log[asked:])
    line.sent += served.server.sent - sent
    folder = data_dir / served.name / run
    if not (folder / "run.json").exists():
        raise RuntimeError(f"{served.name}: status {done.status}, and no account of the run:\n{done.stderr}")
    account = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    if done.status or account["verdict"] != "complete":
        line.differences.append(f"{served.name}: {account['verdict']} (status {done.status}): {account['why']}")
    line.differences += [f"{served.name}: {text}" for text in done.lines if "Traceback" in text or " ERROR: " in text]
    for row in read_lines(folder / "changes.jsonl"):
        if row["change"] in ("new", "changed", "vanished"):
            line.told[row["change"]] += 1
            if row["change"] == "vanished":
                served.told[row["report_id"], "vanished"] += 1


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def let_pass(catalogue: Catalogue, time_passed: timedelta) -> None:
    """Makes all that the catalogue remembers older, so that for the next run so much time has passed."""
    with catalogue.write() as session:
        for table in Base.metadata.sorted_tables:
            moments = [column for column in table.columns if isinstance(column.type, UtcDateTime)]
            if not moments:
                continue
            # Row by row: arithmetic on moments differs between databases.
            for row in session.execute(select(table.c.id, *moments)).all():
                values = {
                    column.name: value - time_passed
                    for column, value in zip(moments, row[1:], strict=True)
                    if value is not None
                }
                session.execute(update(table).where(table.c.id == row[0]).values(values))


# --- judging ------------------------------------------------------------------------------------------------------


def judge(served: Served, month: int, catalogue: Catalogue, line: Line) -> None:
    """Holds what the catalogue has of a portal against what has stood on it up to this month."""
    with catalogue.read() as session:
        reports = {
            report.id: report
            for report in session.scalars(
                select(Report).join(Portal, Portal.id == Report.portal_id).where(Portal.name == served.name)
            )
        }
        versions: dict[int, list[tuple[int, str, dict[str, Any]]]] = {}
        for one in session.scalars(select(Version).where(Version.report_id.in_(reports)).order_by(Version.n)):
            versions.setdefault(one.report_id, []).append((one.n, one.reason, one.record))
    known: dict[Key, tuple[Report, list[tuple[int, str, dict[str, Any]]]]] = {}
    for number, report in reports.items():
        record = versions[number][-1][2]
        key = record["agency"]["name"], record["year"]
        if key in known:
            line.differences.append(f"{served.name}: twice in the catalogue: {key}")
        known[key] = report, versions[number]
    ever = set().union(*served.truth)
    now = served.truth[month]
    line.reports += len(now)

    def complain(key: Key, what: str) -> None:
        line.differences.append(f"{served.name}: {key[0]} {key[1]}: {what}")

    for key in sorted(known.keys() - ever):
        complain(key, f"stands nowhere ({known[key][0].address})")
    swapped, last = _find_swaps(served, month), max(year for _, year in ever)
    for key in sorted(ever):
        there_since = _since(served, month, key, there=key in now)
        patience = PATIENCE if swapped and key[1] < last else 0  # the newest change the first page of their list
        if key not in known:
            if key in now:
                _weigh_delay(served, line, key, month - there_since, patience, "missing")
            continue
        report, own = known[key]
        gone = report.vanished is not None
        if (key in now) == gone:
            what = "there, and told vanished" if gone else "vanished, and not told"
            _weigh_delay(served, line, key, month - there_since, patience, what)
        if gone and not served.told[report.report_id, "vanished"]:
            complain(key, "vanished without a row in changes.jsonl")
        if not gone and served.told[report.report_id, "vanished"] > 1:
            complain(key, "told vanished twice")
        _judge_versions(served, month, key, own, line)


def _judge_versions(
    served: Served, month: int, key: Key, own: list[tuple[int, str, dict[str, Any]]], line: Line
) -> None:
    """Each version must be what the report said at some time, in order, and the last one not too old."""
    states = served.states(key)
    at = -1
    for n, (number, reason, record) in enumerate(own, 1):
        if number != n or reason != ("first" if n == 1 else "document"):
            line.differences.append(f"{served.name}: {key}: version {number} by {reason}, as the {n}th")
        found = next((i for i in range(at + 1, len(states)) if _says(record, states[i][1], states[i][2])), None)
        if found is None:
            wrong = find_wrong(states[-1][1], record)
            line.differences.append(f"{served.name}: {key}: version {n} is none it had ({wrong[:2] or 'its text'})")
            return
        at = found
    if at < len(states) - 1 and key in served.truth[month]:
        _weigh_delay(served, line, key, month - states[at + 1][0], PATIENCE, "an older version")


def _says(record: dict[str, Any], truth: Truth, marks: tuple[str, ...]) -> bool:
    text = "".join(section["text"] for section in record["sections"])
    every = {write_mark(month) for month in range(100)}
    return not find_wrong(truth, record) and {mark for mark in every if mark in text} == set(marks)


def _since(served: Served, month: int, key: Key, *, there: bool) -> int:
    """The month in which a report came, or went, last."""
    while month > 0 and (key in served.truth[month - 1]) == there:
        month -= 1
    return month


def _find_swaps(served: Served, month: int) -> bool:
    """Whether reports came and others went since the last sweep at the latest, so that a list may look as it did."""
    recent = served.truth[max(0, month - PATIENCE - 1) : month + 1]
    came = any(later.keys() - before.keys() for before, later in pairwise(recent))
    went = any(before.keys() - later.keys() for before, later in pairwise(recent))
    return came and went


def _weigh_delay(served: Served, line: Line, key: Key, delay: int, patience: int, what: str) -> None:
    """Late, or wrong: ``delay`` is how many runs could have found it before this one."""
    told = f"{served.name}: {key[0]} {key[1]}: {what}"
    if delay < patience:
        line.late.append(f"{told}, {delay + 1} runs")
    else:
        line.differences.append(told)


def judge_feeds(served: list[Served], data_dir: Path, catalogue: Catalogue, line: Line) -> None:
    """Each version in exactly one of all feeds, and no other."""
    fed: Counter[tuple[str, str, int]] = Counter()
    for one in served:
        for path in (data_dir / one.name).glob("*/reports.jsonl"):
            fed.update((one.name, row["report_id"], row["version"]["n"]) for row in read_lines(path))
    with catalogue.read() as session:
        chosen = (
            select(Portal.name, Report.report_id, Version.n, Version.delivered_id)
            .join_from(Version, Report)
            .join(Portal, Portal.id == Report.portal_id)
        )
        stored = {(portal, report, n): delivered for portal, report, n, delivered in session.execute(chosen)}
    line.differences += [f"{one}: {count} times in the feeds" for one, count in fed.items() if count > 1]
    line.differences += [f"{one}: in a feed, not in the catalogue" for one in sorted(fed.keys() - stored.keys())]
    line.differences += [f"{one}: in no feed" for one in sorted(stored.keys() - fed.keys())]
    line.differences += [f"{one}: in a feed, waiting" for one, where in stored.items() if where is None and one in fed]


def measure(data_dir: Path) -> Counter[str]:
    """The bytes of DATA_DIR: archives, catalogue, feeds with their accounts."""
    sizes: Counter[str] = Counter()
    for path in data_dir.rglob("*"):
        if path.is_file():
            inside = path.relative_to(data_dir).parts
            kind = "archives" if "archive" in inside else "catalogue" if len(inside) == 1 else "feeds"
            sizes[kind] += path.stat().st_size
    return sizes


# --- a year -------------------------------------------------------------------------------------------------------


def choose_portals(seed: int, count: int, months: int) -> list[ChangingPortal]:
    """Families in turn, from one that the seed chooses, each with a seed of its own."""
    random = Random(f"year {seed}")
    families = random.sample(CHANGING, len(CHANGING))
    return [
        ChangingPortal(f"{families[n % len(families)]}-{random.randrange(1, 10_000)}", seed, months)
        for n in range(count)
    ]


def run_year(portals: list[ChangingPortal], months: int, data_dir: Path) -> list[Line]:
    """All months, each told on standard output when it is over."""
    lines: list[Line] = []
    with ExitStack() as stack:
        served, told = [], set[str]()
        for portal in portals:
            site = portal.build(0)
            server = CountingServer(site)
            server.start()
            stack.callback(server.stop)
            served.append(Served(portal, server, site))
        hosts = [one.site.host for one in served]
        names = write_names(dict.fromkeys([*hosts, *(f"m.{host.removeprefix('www.')}" for host in hosts)], ADDRESS))
        sys.stdout.write("  ".join(HEADINGS) + "\n")
        for month in range(months):
            line = Line(month)
            for one in served:
                one.turn(month)
                crawl(one, month, data_dir, names, line)
            catalogue = open_catalogue(None, data_dir)
            for one in served:
                judge(one, month, catalogue, line)
            judge_feeds(served, data_dir, catalogue, line)
            line.leave_out(told)
            line.sizes = measure(data_dir)
            let_pass(catalogue, MONTH)
            catalogue.close()
            lines.append(line)
            sys.stdout.write(
                "  ".join(text.rjust(len(head)) for text, head in zip(line.write(), HEADINGS, strict=True))
            )
            sys.stdout.write("\n")
            sys.stdout.writelines(f"  late: {text}\n" for text in line.late)
            sys.stdout.writelines(f"  DIFFERS: {text}\n" for text in line.differences)
            sys.stdout.flush()
    return lines


def sum_up(portals: list[ChangingPortal], lines: list[Line]) -> str:
    """Totals, and growth: of disk a month, of run time from the first run without news to the last."""
    first, second, last, later = lines[0], lines[min(1, len(lines) - 1)], lines[-1], lines[1:] or lines
    events = Counter(event.change for portal in portals for event in portal.events)
    months, count = max(1, len(lines) - 1), len(portals)
    asked, sent = (
        sum(values) // len(later) for values in zip(*((one.requests, one.sent) for one in later), strict=True)
    )
    rows = [
        f"{count} portals ({', '.join(portal.name for portal in portals)}), {len(lines)} months",
        "events: " + ", ".join(f"{number} {change}" for change, number in sorted(events.items())),
        f"requests: {first.requests} in the first month, {asked} in a later one; answered by 304: "
        f"{sum(one.unchanged for one in lines)}",
        f"sent: {first.sent // 1024} kB in the first month, {sent // 1024} kB in a later one",
    ]
    for name in ("archives", "catalogue", "feeds"):
        grown = (last.sizes[name] - first.sizes[name]) / months / 1024
        rows.append(f"{name}: {first.sizes[name] // 1024} kB after the first month, and {grown:.0f} kB more a month")
    times = [
        f"{one.processor / count:.1f} s ({one.seconds / count:.1f} s by the clock)" for one in (first, second, last)
    ]
    rows += [
        f"processor time of a run: {times[0]} the first, {times[1]} the second, {times[2]} the last",
        f"found late, as promised: {len({text.rpartition(', ')[0] for one in lines for text in one.late})}; "
        f"differences: {sum(len(one.differences) for one in lines)}",
    ]
    return "\n".join(rows)


def main(arguments: list[str]) -> int:
    """The exit status: 1 if the catalogue or a feed differs from the truth."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.year", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seed", type=int, default=1, help="chooses the portals, and what happens on them")
    parser.add_argument("--months", type=int, default=12, help="how many monthly runs")
    parser.add_argument("--portals", type=int, default=4, help="how many invented portals")
    parser.add_argument("--keep", type=Path, help="an empty folder for DATA_DIR, which stays")
    options = parser.parse_args(arguments)
    portals = choose_portals(options.seed, options.portals, options.months)
    with tempfile.TemporaryDirectory(prefix="year-") as folder:
        lines = run_year(portals, options.months, options.keep or Path(folder))
    sys.stdout.write(sum_up(portals, lines) + "\n")
    return 1 if any(line.differences for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
