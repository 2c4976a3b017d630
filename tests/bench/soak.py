"""Holds many mixed documents against what they say: ``make soak``, or ``python -m tests.bench.soak``.

Draws COUNT documents from SEED (`tests.cases.make.mix`), reads each, and compares cell by cell (`tests.judge`). The
documents are drawn in parts, one process for each processor; part k has the seed SEED + k. What differs is printed, and
written as a case where ``--keep`` says. Exit status 1 if any record says `verified` and should not.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.extraction.errors import ReadingError
from crawler.extraction.read import read
from crawler.extraction.record.model import Source
from crawler.extraction.report.form import load_form
from tests.cases.make.mix import make_mixed
from tests.judge import NOW, compare

PART = 250  # documents a part: small enough that the processes end together


@dataclass(frozen=True, slots=True)
class Held:
    """One document: its case's name, what it is made of, the confidence or error that it was read with, what differs
    from its expectation, and whether the record says `verified` where a cell is wrong or doubtful."""

    name: str
    hard: str
    verdict: str
    differences: tuple[str, ...]
    falsely_verified: bool


def hold(data: bytes, name: str, suffix: str, hard: str, expected: dict[str, Any]) -> Held:
    """Reads one document and compares it."""
    uri = f"file:///{name}/input.{suffix}"
    try:
        got: dict[str, Any] | ReadingError = read(data, Source(uri, uri, NOW))
    except ReadingError as error:
        got = error
    differences = compare(got, expected)
    if isinstance(got, ReadingError):
        return Held(name, hard, type(got).__name__, tuple(differences), falsely_verified=False)
    wrong = any(line.startswith(tuple(f"{table}." for table in load_form().tables)) for line in differences)
    allowed = expected.get("confidence", [])
    said = got["confidence"] == "verified"
    false = said and (wrong or "verified" not in (allowed if isinstance(allowed, list) else [allowed]))
    return Held(name, hard, got["confidence"], tuple(differences), false)


def soak_part(seed: int, count: int, keep: Path | None) -> list[Held]:
    """Draws and holds one part."""
    results = []
    for case in make_mixed(seed, count):
        hard = case.origin.partition("\n")[0].removeprefix("Hard: ")
        held = hold(case.data, case.name, case.suffix, hard, case.expected)
        results.append(held)
        if keep is not None and held.differences:
            folder = keep / case.name
            folder.mkdir(parents=True, exist_ok=True)
            for name, content in case.files().items():
                (folder / name).write_bytes(content)
    return results


def divide(seed: int, count: int) -> list[tuple[int, int]]:
    """Seeds and counts of the parts."""
    return [(seed + n, min(PART, count - n * PART)) for n in range(-(-count // PART))]


def main(arguments: list[str]) -> int:
    """The exit status: 1 if any record is falsely verified."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="seed of the first part")
    parser.add_argument("--count", type=int, default=2000, help="how many documents")
    parser.add_argument("--keep", type=Path, help="folder for the documents that differ, as cases")
    options = parser.parse_args(arguments)
    begun = time.monotonic()
    results: list[Held] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        running = [
            pool.submit(soak_part, seed, count, options.keep) for seed, count in divide(options.seed, options.count)
        ]
        for part in running:
            results += part.result()
            sys.stderr.write(f"{len(results)} of {options.count} documents\n")
    report(results, time.monotonic() - begun)
    return 1 if any(held.falsely_verified for held in results) else 0


def report(results: list[Held], seconds: float) -> None:
    """What differs, one line a document with its first difference, and the counts."""
    for held in results:
        if held.falsely_verified:
            sys.stdout.write(f"FALSELY VERIFIED {held.name} ({held.hard}): {held.differences[0]}\n")
        elif held.differences:
            more = f" (and {len(held.differences) - 1} more)" if len(held.differences) > 1 else ""
            sys.stdout.write(f"differs {held.name} ({held.hard}): {held.differences[0]}{more}\n")
    verdicts = Counter(held.verdict for held in results)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
    differing = [held for held in results if held.differences]
    sys.stdout.write(
        f"{len(results)} documents in {seconds:.0f} s: {counts}\n"
        f"{len(differing)} differ from what is expected, in {sum(len(held.differences) for held in differing)} places\n"
        f"{sum(held.falsely_verified for held in results)} falsely verified\n"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
