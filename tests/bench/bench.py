"""Measures what the project promises of speed and memory: ``make bench``, or ``python -m tests.bench.bench``.

1. PDFs from bytes to `Document` by each engine, beside pdfplumber (`tests.bench.pdf`). Medians of three.
2. Documents per second that the kernel reads, from bytes to record, in one process: all hard cases and the reports of
   the sample portals, HTML and text apart. Median of five runs.
3. A page of 120 KB pasted from Word, beside what lxml alone takes to parse it and to collect the text of all cells.
   Median of fifteen.
4. 200 documents by one reader process and by two (`tests.bench.pool`). Medians of three.
5. ``scrapy extract`` on one small file, beside ``scrapy version`` (`tests.bench.startup`). Medians of eleven.
6. What a reader holds, by kind and over many documents (`tests.bench.held`).
7. Pages per second of a crawl over loopback, beside a bare Scrapy spider on the same portal with the same pace. Both
   are processes of their own and take turns; from the first request to the end of the process. Median of three.
8. The most that a crawl held over a list of 300 and over one of 30,000 links.
9. ``scrapy reparse`` over 1,000 archived reports by one reader and by two, and what it tells of a parser that was
   changed (`tests.bench.reparse`).

1 to 3 take the processor's time, 4, 5, 7 and 9 the clock's. Each peer runs in the same run on the same files, in turns.
The last table holds all that against what is wanted; the exit status does not, for a benchmark is no test. What is read
is made first (a minute), or taken from ``--corpus``.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import lxml.etree

from crawler.extraction.errors import ReadingError
from crawler.extraction.read import read
from crawler.extraction.record.model import Source
from tests.bench import held, pool, reparse, startup
from tests.bench.bare import PACE
from tests.bench.material import CASES, choose_peers, load_cases, load_corpus, load_file, make_material
from tests.bench.pdf import measure_pdfs
from tests.bench.server import serve_fast
from tests.bench.site import PER_LIST, build_site
from tests.bench.tables import MEGABYTE, Mark, Table, format_marks, format_table
from tests.cases.make.draft import Block, make_draft
from tests.cases.make.pages import WORD_GRID, Look, render_page, word_cell, word_p
from tests.sites import build as portals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.bench.server import FastServer

ROOT = Path(__file__).parents[2]
SOURCE = Source("file:///bench", "file:///bench", "2026-01-01T00:00:00Z")
RUNS, READ_RUNS, PAGE_RUNS, STARTUP_RUNS = 3, 5, 15, 11
RATE = 0.8  # of the pages per second of a bare spider
LINKS, GROWTH = (300, 30_000), 60 * MEGABYTE
WORD_BYTES = 120_000
WORD_MS, WORD_FACTOR = 15.0, 5.0  # what is wanted where lxml needs 3 ms


@dataclass(frozen=True, slots=True)
class Crawl:
    """One measured crawl: seconds from the process's start to its first request, seconds from there to its end, pages
    answered, records or items written, and the most memory it held, in bytes."""

    start_up: float
    seconds: float
    pages: int
    records: int
    memory: int


# --- Documents --------------------------------------------------------------------------------------------------


def load_documents() -> dict[str, list[bytes]]:
    """What is read, by the name of its line: reports in HTML, in text, and what is no report at all."""
    groups: dict[str, list[bytes]] = {"HTML": [], "text": [], "not a report": []}
    for expected in sorted(CASES.glob("*/expected.json")):
        path = next(expected.parent.glob("input.*"))
        failing = "error" in json.loads(expected.read_text(encoding="utf-8"))
        name = "not a report" if failing else "HTML" if path.suffix == ".html" else "text"
        groups[name].append(path.read_bytes())
    for portal in portals.PORTALS:
        site = portals.build_site(portal, extra=False)
        groups["HTML"] += [site.pages[truth.path].body for truth in site.truth]
    return groups


def read_all(documents: Sequence[bytes]) -> list[float]:
    """Seconds of the processor for each document."""
    times = []
    for data in documents:
        begun = time.process_time()
        with suppress(ReadingError):
            read(data, SOURCE)
        times.append(time.process_time() - begun)
    return times


def measure_documents(rounds: int) -> Table:
    rows: Table = [("documents", "count", "MB", "per second", "MB/s", "median ms", "slowest ms")]
    for name, documents in load_documents().items():
        read_all(documents[:3])  # imports and caches
        runs = [read_all(documents) for _ in range(rounds)]
        seconds = statistics.median(map(sum, runs))
        each = [statistics.median(times) for times in zip(*runs, strict=True)]
        size = sum(map(len, documents)) / MEGABYTE
        rows.append(
            (
                name,
                str(len(documents)),
                f"{size:.2f}",
                f"{len(documents) / seconds:.1f}",
                f"{size / seconds:.2f}",
                f"{statistics.median(each) * 1000:.1f}",
                f"{max(each) * 1000:.1f}",
            )
        )
    return rows


# --- A page pasted from Word ------------------------------------------------------------------------------------


def make_word_page() -> bytes:
    """A report in Word's HTML, its prose long enough for `WORD_BYTES`."""
    draft = make_draft("bench", 2023, size="large")
    look = Look(word_p, word_cell, WORD_GRID)
    blocks = draft.blocks()
    at, prose = next((i, block) for i, block in enumerate(blocks) if block.kind == "paragraph")
    short = WORD_BYTES - len(render_page(draft, look, "word", blocks))
    more = max(0, short) // len(word_p(prose).encode())
    further = [Block("paragraph", f"（{n}）{prose.text}", section=prose.section) for n in range(1, more + 1)]
    return render_page(draft, look, "word", blocks[:at] + further + blocks[at:])


def collect_cells(data: bytes) -> list[str]:
    """What lxml alone does: parse, and the text of every cell."""
    root = lxml.etree.fromstring(data, lxml.etree.HTMLParser(encoding="utf-8"))
    return ["".join(cell.itertext()) for cell in root.iter("td")]


def measure_word_page() -> tuple[Table, list[Mark]]:
    data = make_word_page()
    rows: Table = [(f"a page of {len(data) // 1000} KB pasted from Word", "median ms", "beside lxml")]
    steps: dict[str, Callable[[], object]] = {
        "lxml: parse, text of all cells": lambda: collect_cells(data),
        "kernel: bytes to record": lambda: read(data, SOURCE),
    }
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(PAGE_RUNS):
        for name, step in steps.items():
            gc.collect()  # what the one before left is not on this one's account
            begun = time.process_time()
            step()
            times[name].append(time.process_time() - begun)
    medians = {name: statistics.median(runs) * 1000 for name, runs in times.items()}
    first, ours = medians.values()
    rows += [(name, f"{ms:.1f}", f"{ms / first:.1f} x") for name, ms in medians.items()]
    wanted = f"{WORD_MS:.0f} ms or {WORD_FACTOR:.0f} x lxml"
    measured = f"{ours:.1f} ms, {ours / first:.1f} x lxml ({first:.1f} ms)"
    return rows, [Mark(rows[0][0], wanted, measured, ours <= max(WORD_MS, WORD_FACTOR * first))]


# --- Crawls -----------------------------------------------------------------------------------------------------


def crawl_bare(server: FastServer, folder: Path) -> tuple[list[str], Path]:
    out = folder / "bare.jsonl"
    return ["tests.bench.bare", server.url("/zfxxgk/"), str(out)], out


def crawl_ours(server: FastServer, folder: Path) -> tuple[list[str], Path]:
    out = folder / "ours.jsonl"
    settings = {**PACE, "ALLOW_PRIVATE_ADDRESSES": True, "LOG_LEVEL": "WARNING", "DATA_DIR": folder / "data"}
    options = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
    address = f"url={server.url('/zfxxgk/')}"
    return ["scrapy", "crawl", "portal", "-a", address, "-O", str(out), *options], out


def run_crawl(make: Callable[[FastServer, Path], tuple[list[str], Path]], server: FastServer) -> Crawl:
    """Runs one crawl to its end. Raises RuntimeError, with what it printed, if it asks for a page that is not there or
    ends with another status than 0."""
    server.reset()
    with tempfile.TemporaryDirectory() as name:
        arguments, out = make(server, Path(name))
        memory = Path(name) / "memory"
        command = [sys.executable, "-m", "tests.bench.memory", str(memory), *arguments]
        begun = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
        ended = time.monotonic()
        if done.returncode or server.begun is None or server.missing:
            raise RuntimeError(
                f"{' '.join(command)}: status {done.returncode}, {server.missing} missing\n{done.stderr}"
            )
        records = len(out.read_text(encoding="utf-8").splitlines())
        peak = int(memory.read_text(encoding="ascii"))
    return Crawl(server.begun - begun, ended - server.begun, server.answered, records, peak)


def measure_crawls(rounds: int) -> tuple[Table, list[Mark]]:
    rows: Table = [
        ("crawl over loopback", "pages", "records", "pages per second", "beside bare", "start-up s", "peak MB")
    ]
    runs: dict[str, list[Crawl]] = {"bare Scrapy": [], "scrapy crawl portal": []}
    # As many pages as the largest list has: what a crawl begins and ends with is no part of its rate.
    with serve_fast(build_site(LINKS[-1] // PER_LIST)) as server:
        for _ in range(rounds):
            for make, crawls in zip((crawl_bare, crawl_ours), runs.values(), strict=True):
                crawls.append(run_crawl(make, server))
    rates = {name: statistics.median(c.pages / c.seconds for c in crawls) for name, crawls in runs.items()}
    first, ours = rates.values()
    for name, crawls in runs.items():
        rows.append(
            (
                name,
                str(crawls[0].pages),
                str(crawls[0].records),
                f"{rates[name]:.1f}",
                f"{rates[name] / first:.2f} x",
                f"{statistics.median(c.start_up for c in crawls):.2f}",
                f"{max(c.memory for c in crawls) / MEGABYTE:.0f}",
            )
        )
    factor = ours / first
    return rows, [Mark("crawl beside a bare Scrapy spider", f"{RATE} x its pages", f"{factor:.2f} x", factor >= RATE)]


def measure_growth() -> tuple[Table, list[Mark]]:
    """What a crawl holds at most over few and over many listed links."""
    rows: Table = [("memory of a crawl", "listed links", "peak MB")]
    peaks = []
    for links in LINKS:
        with serve_fast(build_site(links // PER_LIST)) as server:
            peaks.append(run_crawl(crawl_ours, server).memory)
        rows.append(("", f"{links:,}", f"{peaks[-1] / MEGABYTE:.0f}"))
    grown = peaks[-1] - peaks[0]
    what = f"memory of a crawl from {LINKS[0]:,} to {LINKS[-1]:,} links"
    return rows, [Mark(what, f"+ {GROWTH / MEGABYTE:.0f} MB", f"+ {grown / MEGABYTE:.0f} MB", grown < GROWTH)]


# --- Start-up ---------------------------------------------------------------------------------------------------


def measure_startup(runs: int) -> tuple[Table, list[Mark]]:
    rows: Table = [("start-up", "median s", "fastest s", "factor")]
    taken = startup.measure(runs)
    medians = [statistics.median(seconds) for seconds in taken.values()]
    for (name, seconds), median in zip(taken.items(), medians, strict=True):
        rows.append((name, f"{median:.3f}", f"{min(seconds):.3f}", f"{median / medians[0]:.2f}"))
    factor = medians[1] / medians[0]
    what = "scrapy extract on one small file beside scrapy version"
    return rows, [Mark(what, f"{startup.BOUND} x its time", f"{factor:.2f} x", factor <= startup.BOUND)]


# --- All of it --------------------------------------------------------------------------------------------------


def show(measured: tuple[Table, list[Mark]] | Table) -> list[Mark]:
    """Prints a table as soon as it is measured; gives its marks."""
    rows, marks = measured if isinstance(measured, tuple) else (measured, [])
    sys.stdout.write(f"{format_table(rows)}\n")
    sys.stdout.flush()
    return marks


def main(arguments: list[str]) -> None:
    """Prints the tables, that of what is wanted last."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bench", description="Measures speed and memory.")
    parser.add_argument("--corpus", type=Path, metavar="FOLDER", help="documents made by `python -m tests.corpus make`")
    parser.add_argument("pdf", type=Path, nargs="*", metavar="PDF", help="further PDFs to read beside pdfplumber")
    parser.add_argument("--quick", action="store_true", help="one round of each and 50 documents, to see that it runs")
    options = parser.parse_args(arguments)
    quick: bool = options.quick
    runs = 1 if quick else RUNS
    # Processes that are started write what they compile, as in an installed project: all later ones find it.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with ExitStack() as stack:
        folder = options.corpus
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            make_material(folder)
        made = load_corpus(folder)
        samples = [*made, *load_cases()]
        marks = show(measure_pdfs([*choose_peers(made), *map(load_file, options.pdf)], runs))
        show(measure_documents(1 if quick else READ_RUNS))
        marks += show(measure_word_page())
        marks += show(pool.measure_pool(samples, 50 if quick else pool.COUNT, runs))
        marks += show(measure_startup(runs if quick else STARTUP_RUNS))
        show(held.measure_kinds(samples))
        marks += show(held.measure_flatness(samples, 50 if quick else held.COUNT))
        marks += show(measure_crawls(runs))
        marks += show(measure_growth()) if not quick else []
        marks += show(reparse.tell(reparse.measure(50 if quick else reparse.COUNT)))
    sys.stdout.write(format_marks(marks))


if __name__ == "__main__":
    main(sys.argv[1:])
