"""Measures ``scrapy reparse``: ``python -m tests.bench.reparse [--count N]``.

An archive of invented reports, each a page of HTML, is written by our own writer, read once, and entered in a catalogue
as a crawl would have done. Then:

1. ``scrapy reparse`` with one reader process and with two, from the start of the command to its end, and as its own
   summary has it; and the most memory that the command, and any of its readers, held.
2. The same by a parser that was deliberately changed (it reads 37 as 73), which the readers load by way of a module on
   their path: what the command tells is held against what the reports say.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.http import HtmlResponse

from crawler.catalogue.ending import Ending
from crawler.catalogue.run import RunFacts, begin_run
from crawler.catalogue.store import open_catalogue
from crawler.extraction.record.model import Source
from crawler.reparse.show import write_block, write_check, write_summary
from crawler.web.warc import ArchiveFile
from crawler.workers.model import Job
from crawler.workers.pool import ReaderPool
from tests.bench.site import AREA, CRUMBS, LOOK
from tests.bench.tables import MEGABYTE, Mark, Table, format_marks, format_table
from tests.sites.forms import FormStyle
from tests.sites.henan import HenanBuilder
from tests.sites.reports import compose_report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.sites.site import Site

ROOT = Path(__file__).parents[2]
COUNT = 1000
JOBS = (1, 2)
WANTED = 1.4  # times what one reader does, by two: on two processors, the command itself takes a fifth of one
HELD = 200 * MEGABYTE
PORTAL, RUN, HOST = "bench", "20260201T031500.000000Z", "www.wolong.gov.cn"
YEARS = range(2019, 2024)
FIRST, SECOND = "石安青清云龙潭蒲谢", "桥皋华河阳泉店山岗集湾坡屯营"
# Python imports it in every process that finds it, before anything else; the change is made where the module is loaded.
CHANGED = """
import importlib.abc, importlib.util, sys

class Changed(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "crawler.extraction.report.cells":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            read = module.read_cell

            def read_cell(*printed, **about):
                found = read(*printed, **about)
                return module.Reading(73) if found.value == 37 else found

            module.read_cell = read_cell

        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Changed())
"""


@dataclass(slots=True)
class Ran:
    """A command that ended: its summary, all it printed, seconds of the clock, and the most memory that it and each of
    its readers held, in bytes."""

    rows: list[dict[str, Any]]
    seconds: float
    memory: int
    readers: list[int]

    @property
    def summary(self) -> dict[str, Any]:
        return self.rows[-1]


# --- What is read -----------------------------------------------------------------------------------------------


def build_portal(count: int) -> Site:
    """A portal with that many reports: five years of each body, in two ways of writing HTML."""
    builder = HenanBuilder(PORTAL, HOST, AREA, LOOK, first_id=100000)
    bodies = [f"卧龙区{''.join(name)}镇人民政府" for name in product(FIRST, SECOND, SECOND)]
    for number, (body, year) in enumerate(islice(product(bodies, YEARS), count)):
        style = FormStyle(markup="word", wrap=True) if number % 2 else FormStyle()
        day = f"{year + 1}-01-{number % 28 + 1:02}"
        report = compose_report(body, year, day, style)
        builder.add_report(report, "word" if number % 2 else "plain", CRUMBS, builder.article_path(day))
    if len(builder.truth) < count:
        raise ValueError(f"no more than {len(builder.truth)} reports are made here")
    builder.add_home()
    builder.add_column()
    return builder.build(("/zfxxgk/",))


def make_data(site: Site, data_dir: Path) -> None:
    """An archive of the reports of a portal and the catalogue of the run that found them."""
    archive = ArchiveFile(data_dir / PORTAL / "archive", RUN, {"software": "tests.bench.reparse"})
    catalogue = open_catalogue(None, data_dir)
    run = begin_run(catalogue, RunFacts(PORTAL, AREA.government, "411303", RUN, (f"http://{HOST}/",)))

    def prepare(path: str) -> Job:
        url, body = f"http://{HOST}{path}", site.pages[path].body
        answer = HtmlResponse(url, headers={"Content-Type": site.pages[path].content_type}, body=body)
        entry = archive.write_exchange(Request(url), answer, "2026-02-01T03:15:00.000000Z", "")
        place = {"file": f"{PORTAL}/archive/{entry.filename}", "offset": entry.offset}
        return Job(
            Source(url, url, "2026-02-01T03:15:00Z", PORTAL, place, body=AREA.government, division_code="411303"), body
        )

    with ReaderPool(len(os.sched_getaffinity(0))) as pool:
        for _, future in pool.map_in_order((truth.path for truth in site.truth), prepare):
            record = future.result().record
            run.note_found(record["source"]["url"], record["title"], None)
            run.weigh(record)
            run.keep(record["report_id"], record["source"]["url"])
    run.finish(Ending(datetime.now(UTC), "complete"), lambda _: None)
    run.close()
    catalogue.close()
    archive.close()


def find_changed(site: Site) -> set[tuple[str, str, str, str]]:
    """The cells that the changed parser reads otherwise, each with the address of its report."""
    return {
        (f"http://{HOST}{truth.path}", *place) for truth in site.truth for place, value in truth.cells() if value == 37
    }


# --- What is measured -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Watch:
    """Looks at a process and its children, again and again, for the most memory that each held."""

    process: int
    peaks: dict[int, int] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.ended.wait(0.05):
            for one in [self.process, *self._children()]:
                with suppress(OSError):
                    found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{one}/status").read_text(encoding="ascii"))
                    if found:
                        self.peaks[one] = int(found.group(1)) * 1024

    def _children(self) -> Iterator[int]:
        with suppress(OSError):
            for task in Path(f"/proc/{self.process}/task").iterdir():
                yield from map(int, (task / "children").read_text(encoding="ascii").split())


def run_reparse(data_dir: Path, jobs: int, *, changed: bool = False) -> Ran:
    """Runs the command to its end. Raises RuntimeError, with what it said, if its status is not 0."""
    with tempfile.TemporaryDirectory() as folder:
        env = dict(os.environ)
        if changed:
            Path(folder, "sitecustomize.py").write_text(CHANGED, encoding="utf-8")
            env["PYTHONPATH"] = folder
        command = [
            sys.executable,
            "-m",
            "scrapy",
            "reparse",
            "--json",
            "--jobs",
            str(jobs),
            "-s",
            f"DATA_DIR={data_dir}",
        ]
        begun = time.monotonic()
        with (
            Path(folder, "out").open("w+", encoding="utf-8") as out,
            Path(folder, "err").open("w+", encoding="utf-8") as err,
            subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=err, env=env) as process,
        ):
            watch = Watch(process.pid)
            thread = threading.Thread(target=watch.run)
            thread.start()
            status = process.wait()
            seconds = time.monotonic() - begun
            watch.ended.set()
            thread.join()
            out.seek(0)
            err.seek(0)
            if status:
                raise RuntimeError(f"{' '.join(command)}: status {status}\n{err.read()}")
            rows = [json.loads(line) for line in out]
    memory = watch.peaks.pop(process.pid, 0)
    return Ran(rows, seconds, memory, sorted(watch.peaks.values(), reverse=True))


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of ``count`` documents in ``size`` bytes of archive: runs by their number of readers, the run of the
    changed parser, and the cells that it reads otherwise (`find_changed`)."""

    count: int
    size: int
    runs: dict[int, Ran]
    changed: Ran
    wanted: set[tuple[str, str, str, str]]


def measure(count: int = COUNT) -> Measured:
    """Makes an archive and reads it three times."""
    site = build_portal(count)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        data_dir = Path(name)
        make_data(site, data_dir)
        runs = {jobs: run_reparse(data_dir, jobs) for jobs in JOBS}
        changed = run_reparse(data_dir, JOBS[-1], changed=True)
        size = sum(path.stat().st_size for path in data_dir.glob("*/archive/*.warc.gz"))
    return Measured(count, size, runs, changed, find_changed(site))


def tell(measured: Measured) -> tuple[Table, list[Mark]]:
    """The table, and what is wanted of it."""
    count, runs = measured.count, measured.runs
    title = f"scrapy reparse, {count:,} documents ({measured.size / MEGABYTE:.0f} MB of archive)"
    rows: Table = [(title, "seconds", "documents/s", "factor", "while reading", "peak MB", "peak MB of a reader")]
    for jobs, ran in runs.items():
        rows.append(
            (
                f"{jobs} reader process{'es' if jobs > 1 else ''}",
                f"{ran.seconds:.1f}",
                f"{count / ran.seconds:.1f}",
                f"{runs[1].seconds / ran.seconds:.2f}",
                f"{ran.summary['per_second']}/s",
                f"{ran.memory / MEGABYTE:.0f}",
                f"{max(ran.readers, default=0) / MEGABYTE:.0f}",
            )
        )
    factor = runs[1].seconds / runs[2].seconds
    peak = max(max(ran.memory, *ran.readers) for ran in runs.values())
    same = min(int(ran.summary["same"]) for ran in runs.values())
    told = list_cells(measured.changed.rows)
    cells = f"{len(told & measured.wanted)} told, {len(told - measured.wanted)} beyond"
    return rows, [
        Mark("scrapy reparse by two readers against one", f"{WANTED} x", f"{factor:.2f} x", factor >= WANTED),
        Mark("its memory, in any process", f"< {HELD / MEGABYTE:.0f} MB", f"{peak / MEGABYTE:.0f} MB", peak < HELD),
        Mark("the parser that read them reads the same", f"{count:,}", f"{same:,}", same == count),
        Mark("cells that a changed parser reads otherwise", f"{len(measured.wanted)}", cells, told == measured.wanted),
    ]


def list_cells(rows: Sequence[dict[str, Any]]) -> set[tuple[str, str, str, str]]:
    """The cells that differ, each with the address of its report; raises ValueError for one that is not 37 → 73."""
    found = set()
    for row in rows:
        for cell in row.get("cells", ()):
            if (cell["old"], cell["new"]) != (37, 73):
                raise ValueError(f"{row['report_id']}: {cell}")
            found.add((str(row["url"]), cell["table"], cell["row"], cell["column"]))
    return found


def show_first(rows: Sequence[dict[str, Any]], most: int = 2) -> list[str]:
    """The first reports that differ and the first identity across years, as the command shows them."""
    lines = [line for row in rows if row["change"] == "reading" for line in write_block(row)[:12]]
    blocks = [n for n, line in enumerate(lines) if not line.startswith(" ")]
    checks = [write_check(row) for row in rows if row["change"] == "check"]
    return [
        *lines[: blocks[most] if len(blocks) > most else None],
        *checks[:most],
        write_summary(rows[-1], write=False),
    ]


def main(arguments: list[str]) -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.reparse", description=__doc__.split("\n", maxsplit=1)[0]
    )
    parser.add_argument("--count", type=int, default=COUNT, help="reports in the archive")
    options = parser.parse_args(arguments)
    measured = measure(options.count)
    rows, marks = tell(measured)
    sys.stdout.write(f"{format_table(rows)}\na parser that reads 37 as 73:\n")
    sys.stdout.write("".join(f"{line}\n" for line in show_first(measured.changed.rows)) + "\n")
    sys.stdout.write(format_marks(marks))


if __name__ == "__main__":
    main(sys.argv[1:])
