"""Measures what a reader process holds: ``python -m tests.bench.held [--count N] FOLDER``, a folder of
`tests.corpus make`.

1. The most that a fresh process held over all ordinary documents of one kind, without OCR.
2. What one process holds while it reads many documents of all kinds, again and again, and is never replaced (the pool
   replaces a reader after some hundred documents): memory that grows with them would be lost.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.extraction.documents.options import Options
from crawler.extraction.errors import ReadingError
from crawler.extraction.read import read
from crawler.extraction.record.model import Source
from crawler.workers.model import Limits
from crawler.workers.pool import ReaderPool
from crawler.workers.worker import held_memory
from tests.bench.material import Sample, load_cases, load_corpus, mix
from tests.bench.memory import peak_memory
from tests.bench.tables import MEGABYTE, Mark, Table, format_table

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 5000
STEPS = 10
WANTED = 200 * MEGABYTE
SETTLED = STEPS // 2  # steps after which every kind was read often and every cache is full
GROWTH = 0.05  # of what is held then: less is the noise of the allocator
PATIENCE = Limits(seconds=3600.0)  # a job here is hundreds of documents
FUNCTION = "tests.bench.held:read_many"


@dataclass(frozen=True, slots=True)
class Held:
    """What a process held: when it had started, now, and at most, in bytes. ``refused`` are its documents that could
    not be read."""

    process: int
    started: int
    now: int
    peak: int
    refused: int


def read_many(paths: list[str], begin_slow: Callable[[], None]) -> Held:
    """Runs in a reader of the pool: documents one after the other, as for one job each."""
    del begin_slow  # nothing is slow without OCR and LibreOffice
    started, refused = held_memory(), 0
    # What LibreOffice holds, asked for a second opinion on old Word files, is not held by the reader.
    options = Options(ocr=False, office=False)
    for path in paths:
        url = Path(path).resolve().as_uri()
        try:
            read(Path(path).read_bytes(), Source(url, url, "2026-01-01T00:00:00Z"), options)
        except ReadingError:
            refused += 1
    return Held(os.getpid(), started, held_memory(), peak_memory(), refused)


def measure_kinds(samples: list[Sample]) -> Table:
    """A line for each kind: a process of its own reads all documents of the kind twice."""
    rows: Table = [("memory of a reader, MB", "documents", "at its start", "after them", "at most", "refused")]
    for kind, count in sorted(Counter(sample.kind for sample in samples).items()):
        own = [str(sample.path) for sample in samples if sample.kind == kind]
        with ReaderPool(1, PATIENCE, FUNCTION) as pool:
            held: Held = pool.submit([*own, *own]).result()
        figures = (held.started, held.now, held.peak)
        rows.append((kind, str(count), *(f"{size / MEGABYTE:.0f}" for size in figures), str(held.refused // 2)))
    return rows


def measure_flatness(samples: list[Sample], count: int) -> tuple[Table, list[Mark]]:
    """What one process holds after each tenth of ``count`` documents, and the marks for the most and for the growth."""
    paths = [str(sample.path) for sample in mix(samples, count, *sorted({sample.kind for sample in samples}))]
    step = max(1, count // STEPS)
    with ReaderPool(1, PATIENCE, FUNCTION) as pool:
        found: list[Held] = [pool.submit(paths[n : n + step]).result() for n in range(0, count, step)]
    rows: Table = [("one reader, all kinds", "documents", "holds MB", "at most MB")]
    for n, held in enumerate(found, 1):
        rows.append(("", str(min(n * step, count)), f"{held.now / MEGABYTE:.1f}", f"{held.peak / MEGABYTE:.1f}"))
    peak, first, last = max(held.peak for held in found), found[min(SETTLED, len(found)) - 1].now, found[-1].now
    grown = f"{first / MEGABYTE:.0f} MB after {min(SETTLED * step, count)}, {last / MEGABYTE:.0f} MB at the end"
    flat = last <= first * (1 + GROWTH)
    if len({held.process for held in found}) > 1:  # the pool replaces a reader that holds too much
        grown, flat = f"the reader was replaced, it held {max(held.now for held in found) / MEGABYTE:.0f} MB", False
    return rows, [
        Mark(
            "peak memory of a worker, ordinary documents without OCR",
            f"< {WANTED / MEGABYTE:.0f} MB",
            f"{peak / MEGABYTE:.0f} MB",
            peak < WANTED,
        ),
        Mark(f"its memory over {count:,} documents", f"flat (+ {GROWTH:.0%})", grown, flat),
    ]


def main(arguments: list[str]) -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.held", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    options = parser.parse_args(arguments)
    samples = [*load_corpus(options.folder), *load_cases()]
    sys.stdout.write(f"{format_table(measure_kinds(samples))}\n")
    rows, _ = measure_flatness(samples, options.count)
    sys.stdout.write(format_table(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
