"""Reads a made corpus with the kernel and counts cells: right, left null, wrong; and verdicts that say too much."""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import TimeoutError as LateError
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from crawler.extraction.errors import ReadingError
from tests.judge import ERRORS, compare, read_case

Reader = Callable[[Path], "dict[str, Any] | ReadingError"]
LIMIT = 180  # seconds for one document; OCR of many pages takes its time
VERDICTS = ("verified", "read", "partial", "failed", "error")
HEADINGS = ("kind", "docs", "cells", "right", "null", "wrong", "%", *VERDICTS, "false verified", "other", "seconds")


@dataclass
class Result:
    """One document: counts of cells, its verdict ("error" if it was refused or its reader died), what differs.

    ``null`` counts cells that print a number and got none; ``wrong`` those that got another number, or one where
    nothing is printed. ``faults`` are the wrong cells and false claims, ``others`` all further differences.
    """

    name: str
    cells: int = 0
    right: int = 0
    null: int = 0
    wrong: int = 0
    verdict: str = "error"
    falsely_verified: bool = False
    unmappable: bool = False
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The name without its number."""
        return self.name.rpartition("-")[0]


def list_cells(tables: dict[str, Any]) -> dict[tuple[str, str, str], Any]:
    """Cells by (table, row, column)."""
    return {(t, r, c): v for t, rows in tables.items() for r, columns in rows.items() for c, v in columns.items()}


def equal(got: object, wanted: object) -> bool:
    """Whether a cell holds what is wanted; null only null."""
    if got is None or wanted is None:
        return got is None and wanted is None
    numbers = (int, float)
    if isinstance(got, bool) or not isinstance(got, numbers) or not isinstance(wanted, numbers):
        return False
    return abs(got - wanted) < 1e-9


def judge(name: str, got: dict[str, Any] | ReadingError, expected: dict[str, Any]) -> Result:
    """What a record (or error) is worth against what is expected."""
    result = Result(name, unmappable=bool(expected.get("unmappable")))
    wanted = list_cells(expected.get("tables", {}))
    result.cells = len(wanted)
    record = got if isinstance(got, dict) else {"tables": {}, "confidence": "error"}
    cells = list_cells(record["tables"])
    result.verdict = record["confidence"]
    doubtful = False
    for key, want in wanted.items():
        options = want if isinstance(want, list) else [want]
        place = ".".join(key)
        value = cells.get(key)
        if key in cells and any(equal(value, option) for option in options):
            result.right += 1
            doubtful |= not equal(value, options[0])
        elif value is None:
            result.null += 1
            doubtful = True
            result.others.append(f"{place}: {'null' if key in cells else 'absent'}, expected {want!r}")
        else:
            result.wrong += 1
            result.faults.append(f"{place}: {value!r}, expected {want!r}")
    for key, value in cells.items():
        if key not in wanted and value is not None:
            result.wrong += 1
            result.faults.append(f"{'.'.join(key)}: {value!r}, expected nothing")
    if result.verdict == "verified":
        allowed = expected.get("confidence", [])
        allowed = allowed if isinstance(allowed, list) else [allowed]
        result.falsely_verified = doubtful or result.wrong > 0 or "error" in expected or "verified" not in allowed
        if result.falsely_verified:
            result.faults.append(f"says verified; expected {expected.get('confidence', expected.get('error'))}")
    if result.unmappable:  # nothing read is right too, in whatever words
        result.others = [] if isinstance(got, (dict, *ERRORS.values())) else [f"{type(got).__name__}: {got}"]
        return result
    known = {fault.split(":", 1)[0] for fault in (*result.faults, *result.others)}
    result.others += [line for line in compare(got, expected) if line.split(":", 1)[0] not in known]
    return result


def judge_folder(folder: str) -> Result:
    """Reads one document of the corpus and judges it; any exception but a ReadingError is a difference."""
    place = Path(folder)
    expected = json.loads((place / "expected.json").read_text(encoding="utf-8"))
    started = time.perf_counter()
    try:
        got = read_case(place)
    except Exception as error:  # the reader's fault, and the document's only
        result = lose(place, f"crash: {type(error).__name__}: {error}")
    else:
        result = judge(place.name, got, expected)
    result.seconds = time.perf_counter() - started
    return result


def lose(folder: Path, why: str) -> Result:
    """The result of a document that its reader did not survive."""
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    cells = len(list_cells(expected.get("tables", {})))
    return Result(folder.name, cells=cells, null=cells, others=[why], unmappable=bool(expected.get("unmappable")))


def read_all(folders: list[Path], jobs: int) -> list[Result]:
    """Results in the order of ``folders``; a reader that dies or takes too long costs its document only."""
    from pebble import ProcessExpired, ProcessPool  # noqa: PLC0415  (only scoring needs it)

    results = []
    context = multiprocessing.get_context("forkserver")
    with ProcessPool(max_workers=jobs, context=context) as pool:
        pending = [(folder, pool.schedule(judge_folder, args=(str(folder),), timeout=LIMIT)) for folder in folders]
        for number, (folder, future) in enumerate(pending, 1):
            try:
                results.append(future.result())
            except LateError:
                results.append(lose(folder, f"took more than {LIMIT} s"))
            except ProcessExpired as error:
                results.append(lose(folder, f"the reader died: {error}"))
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{number} of {len(pending)}")
                sys.stderr.flush()
    if sys.stderr.isatty():
        sys.stderr.write("\r" + " " * 20 + "\r")
    return results


def sum_up(kind: str, results: list[Result]) -> list[str]:
    """One line of the table. Where characters cannot be told, a cell left null counts as right."""
    cells = sum(r.cells for r in results)
    good = sum(r.right + (r.null if r.unmappable else 0) for r in results)
    verdicts = Counter(r.verdict for r in results)
    return [
        kind,
        str(len(results)),
        str(cells),
        str(sum(r.right for r in results)),
        str(sum(r.null for r in results)),
        str(sum(r.wrong for r in results)),
        f"{100 * good / cells:.2f}" if cells else "",
        *(str(verdicts[verdict]) for verdict in VERDICTS),
        str(sum(r.falsely_verified for r in results)),
        str(sum(bool(r.others) for r in results)),
        f"{sum(r.seconds for r in results):.1f}",
    ]


def write_table(results: list[Result]) -> str:
    """The table of all kinds, with a last line for all."""
    kinds = sorted({result.kind for result in results})
    lines = [list(HEADINGS), *(sum_up(kind, [r for r in results if r.kind == kind]) for kind in kinds)]
    lines.append(sum_up("all", results))
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(
            text.ljust(w) if i == 0 else text.rjust(w) for i, (text, w) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def score_corpus(
    out: Path, jobs: int, kinds: list[str], *, verbose: bool = False, json_file: Path | None = None
) -> int:
    """Prints the table; 1 if any cell is wrong or any verdict false, 2 if there is nothing to read."""
    folders = sorted(path.parent for path in out.glob("*/expected.json"))
    folders = [f for f in folders if any(fnmatch(f.name.rpartition("-")[0], pattern) for pattern in kinds)]
    if not folders:
        sys.stderr.write(f"nothing to read in {out}\n")
        return 2
    results = read_all(folders, jobs)
    if verbose:
        for result in results:
            for line in (*result.faults, *result.others):
                sys.stdout.write(f"{result.name}: {line}\n")
    sys.stdout.write(write_table(results) + "\n")
    if json_file is not None:
        text = json.dumps([asdict(r) for r in results], ensure_ascii=False, indent=1)
        json_file.write_text(text, encoding="utf-8")
    return int(any(r.wrong or r.falsely_verified for r in results))
