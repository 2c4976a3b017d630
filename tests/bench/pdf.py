"""Measures PDFs beside pdfplumber: ``python -m tests.bench.pdf [--runs N] FILE…``.

Ours goes from bytes to `Document` by each choice of PDF_ENGINE, pdfplumber through ``extract_tables`` and
``extract_text`` of each page; all on the same files in the same process, in turns. Time is that of the processor,
medians of several rounds after one that is not counted.

What each reads is counted too. Ours: cells of the record that print a number and hold it, each at its row and column.
pdfplumber knows no rows of the form: it is credited with each printed number that stands in any cell of any of its
tables, as often as it does there.
"""

from __future__ import annotations

import argparse
import gc
import io
import logging
import statistics
import sys
import time
import unicodedata
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pdfplumber

from crawler.extraction.documents.options import Options
from crawler.extraction.documents.pdf import read_pdf
from crawler.extraction.errors import ReadingError
from crawler.extraction.read import read
from crawler.extraction.record.model import Source
from tests.bench.material import Sample, load_file
from tests.bench.tables import Mark, Table, format_table
from tests.corpus.score import equal, list_cells

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crawler.extraction.record.model import Record

RUNS = 3
PEER = "pdfplumber"
WANTED = {"both": 2.5, "pdfminer": 3.5, "pdfium": 6.0}
SOURCE = Source("file:///bench.pdf", "file:///bench.pdf", "2026-01-01T00:00:00Z")
NO_OCR = {engine: Options(pdf_engine=engine, ocr=False) for engine in WANTED}


@dataclass(frozen=True, slots=True)
class Pace:
    """One file: its pages, the seconds of each way to read it (a median), the cells that print a number, and how many
    of them each way has."""

    name: str
    pages: int
    seconds: dict[str, float]
    cells: int
    right: dict[str, int] = field(default_factory=dict)

    def factor(self, way: str) -> float:
        return self.seconds[PEER] / self.seconds[way]


def read_plumber(data: bytes) -> int:
    """Reads a PDF as pdfplumber does; how many pages it has."""
    with pdfplumber.open(io.BytesIO(data)) as document:
        for page in document.pages:
            page.extract_tables()
            page.extract_text()
        return len(document.pages)


def list_ways() -> Mapping[str, Callable[[bytes], object]]:
    """How a PDF is read, pdfplumber first."""
    ours = {
        engine: lambda data, options=options: read_pdf(data, options)  # type: ignore[misc]
        for engine, options in NO_OCR.items()
    }
    return {PEER: read_plumber, **ours}


def measure_file(sample: Sample, runs: int) -> Pace:
    """The pace of all ways on one file, and what they read."""
    data = sample.path.read_bytes()
    ways = list_ways()
    pages = read_plumber(data)
    for way in WANTED:
        ways[way](data)  # the first time loads what is loaded once
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(runs):
        for way, run in ways.items():
            gc.collect()  # what the one before left is not on this one's account
            begun = time.process_time()
            run(data)
            times[way].append(time.process_time() - begun)
    seconds = {way: statistics.median(taken) for way, taken in times.items()}
    wanted = {
        key: want for key, want in list_cells(sample.expected.get("tables", {})).items() if _first(want) is not None
    }
    right = {PEER: count_printed(data, wanted)} if wanted else {}
    for engine in WANTED if wanted else ():
        right[engine] = count_right(data, NO_OCR[engine], wanted)
    return Pace(sample.name, pages, seconds, len(wanted), right)


def _first(want: object) -> object:
    """The number that a cell prints; what is expected may be a list of all that can be defended."""
    return want[0] if isinstance(want, list) else want


def count_right(data: bytes, options: Options, wanted: dict[tuple[str, str, str], Any]) -> int:
    """How many cells the record holds as they are printed."""
    record: Record | None = None
    with suppress(ReadingError):
        record = read(data, SOURCE, options)
    cells = list_cells(record["tables"]) if record is not None else {}
    return sum(equal(cells.get(key), _first(want)) for key, want in wanted.items())


def count_printed(data: bytes, wanted: dict[tuple[str, str, str], Any]) -> int:
    """How many of the numbers stand in cells of pdfplumber's tables, wherever that is."""
    found: Counter[float] = Counter()
    with pdfplumber.open(io.BytesIO(data)) as document:
        for page in document.pages:
            found.update(
                number
                for table in page.extract_tables()
                for row in table
                for text in row
                if (number := parse_number(text or "")) is not None
            )
    return (found & Counter(float(_first(want)) for want in wanted.values())).total()  # type: ignore[arg-type]


def parse_number(text: str) -> float | None:
    """The number that a cell prints, its lines joined and thousands apart; None for all else."""
    plain = "".join(unicodedata.normalize("NFKC", text).split()).replace(",", "")
    try:
        return float(plain)
    except ValueError:
        return None


def measure_pdfs(samples: list[Sample], runs: int = RUNS) -> tuple[Table, list[Mark]]:
    """A line for each file and one for all, and the marks of the engines. Milliseconds are those of a page, factors
    are by all pages' time."""
    paces = [measure_file(sample, runs) for sample in samples]
    head = [f"{way} ms" for way in (PEER, *WANTED)] + [f"{way} x" for way in WANTED]
    logging.getLogger("pdfminer").setLevel(logging.ERROR)  # what it says of fonts under pdfplumber would be timed too
    rows: Table = [("PDF, a page", "pages", *head, "numbers", *(f"{way} right" for way in (PEER, *WANTED)))]
    total = Pace(
        "all",
        sum(pace.pages for pace in paces),
        {way: sum(pace.seconds[way] for pace in paces) for way in (PEER, *WANTED)},
        sum(pace.cells for pace in paces),
        {way: sum(pace.right.get(way, 0) for pace in paces) for way in (PEER, *WANTED)},
    )
    for pace in (*paces, total):
        each = [f"{pace.seconds[way] / pace.pages * 1000:.1f}" for way in (PEER, *WANTED)]
        factors = [f"{pace.factor(way):.2f}" for way in WANTED]
        right = [str(pace.right.get(way, "")) for way in (PEER, *WANTED)]
        rows.append((pace.name, str(pace.pages), *each, *factors, str(pace.cells), *right))
    marks = []
    for way, wanted in WANTED.items():
        fewer = [pace.name for pace in paces if pace.right.get(way, 0) < pace.right.get(PEER, 0)]
        cells = f"{total.right[way]} of {total.cells} right, {PEER} {total.right[PEER]}"
        measured = f"{total.factor(way):.2f} x; {cells}" + (f"; fewer in {', '.join(fewer)}" if fewer else "")
        name = f'PDF_ENGINE = "{way}" beside {PEER}'
        marks.append(Mark(name, f"{wanted} x, no cell fewer", measured, total.factor(way) >= wanted and not fewer))
    return rows, marks


def main(arguments: list[str]) -> None:
    """Prints the table of the files given."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pdf", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    options = parser.parse_args(arguments)
    rows, _ = measure_pdfs([load_file(path) for path in options.files], options.runs)
    sys.stdout.write(format_table(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
