"""Measures reader processes: ``python -m tests.bench.pool FOLDER`` with a folder of `tests.corpus make`.

The same documents (PDF, HTML and Word in turn) through `ReaderPool.map_in_order`, as ``scrapy extract`` reads them, by
one process and by two, in turns. From the making of the pool to the last record, so that the start of the processes
counts. Medians.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

from crawler.extraction.documents.options import Options
from crawler.extraction.record.model import Source
from crawler.workers.model import Job
from crawler.workers.pool import ReaderPool
from tests.bench.material import Sample, load_cases, load_corpus, mix
from tests.bench.tables import Mark, Table, format_table

COUNT, RUNS, WANTED = 200, 3, 1.8
SIZES = (1, 2)


def make_job(sample: Sample) -> Job:
    """A job as the command makes it: by path."""
    url = sample.path.resolve().as_uri()
    return Job(Source(url, url, "2026-01-01T00:00:00Z"), path=str(sample.path), options=Options(ocr=False))


def time_pool(size: int, documents: list[Sample]) -> float:
    """Seconds that ``size`` processes take. Raises what a document raises: all of them are reports."""
    begun = time.perf_counter()
    with ReaderPool(size) as pool:
        for _, future in pool.map_in_order(documents, make_job):
            future.result()
        return time.perf_counter() - begun


def measure_pool(samples: list[Sample], count: int = COUNT, runs: int = RUNS) -> tuple[Table, list[Mark]]:
    """Documents a second by one process and by two."""
    documents = mix(samples, count, "pdf", "html", "docx")
    time_pool(1, documents[:6])  # fills the disk's cache
    taken: dict[int, list[float]] = {size: [] for size in SIZES}
    for _ in range(runs):
        for size in SIZES:
            taken[size].append(time_pool(size, documents))
    medians = {size: statistics.median(seconds) for size, seconds in taken.items()}
    rows: Table = [(f"{count} documents (PDF, HTML, Word)", "seconds", "documents/s", "factor")]
    for size, seconds in medians.items():
        name = f"{size} reader process{'es' if size > 1 else ''}"
        rows.append((name, f"{seconds:.2f}", f"{count / seconds:.1f}", f"{medians[1] / seconds:.2f}"))
    factor = medians[1] / medians[2]
    what = f"two worker processes against one, {count} documents"
    return rows, [Mark(what, f"{WANTED} x", f"{factor:.2f} x", factor >= WANTED)]


def main(arguments: list[str]) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pool", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    options = parser.parse_args(arguments)
    rows, _ = measure_pool([*load_corpus(options.folder), *load_cases()], options.count, options.runs)
    sys.stdout.write(format_table(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
