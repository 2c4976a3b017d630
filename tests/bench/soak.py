"""Holds many documents against what they say: ``make soak``, or ``python -m tests.bench.soak``.

First COUNT mixed pages and texts are drawn from SEED (`tests.cases.make.mix`), read, and compared cell by cell
(`tests.judge`). They are drawn in parts, one process for each processor; part k has the seed SEED + k.

Then MUTATIONS damaged copies of documents of every kind (`tests.bench.mutate`) go through a pool of readers with the
limits that a stranger's document gets. The documents are the cases and a small corpus (``--corpus``; made anew by
`tests.corpus` unless given, which needs its programs). A reader that crashes, hangs or takes too much memory, an error
that is no ReadingError of one line, a record that breaks the schema, a file or process left behind, and a record that
says `verified` of what the mutant does not print: each is told, and the mutant is written where ``--keep`` says.

PORTALS invented portals of all families in turn (`tests.sites.variants`), drawn from SEED, are crawled from their
addresses alone and judged: reports missed, false and wrong, requests, robots.txt (`tests.sites.crawled`).

Then KILLS crawls of such portals are killed at random moments (`tests.bench.kills`): reports lost, duplicates in the
catalogue, unreadable archives.

Exit status 1 if anything is to be said against a crawl, any record says `verified` and should not, or any reader broke.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from random import Random
from typing import Any

from crawler.extraction.documents.options import Options
from crawler.extraction.errors import ReadingError
from crawler.extraction.read import read
from crawler.extraction.record.model import Source
from crawler.extraction.report.form import load_form
from crawler.workers.pool import ReaderPool
from tests.bench.kills import soak_kills
from tests.bench.mutant import LIMITS, READ_MUTANT, Reading
from tests.bench.mutate import PICTURES, Base, Key, Mutant, find_suspicions, list_cells, load_bases, make_mutant
from tests.cases.make.mix import make_mixed
from tests.judge import NOW, compare
from tests.sites.crawled import crawl_portals
from tests.sites.variants.make import FAMILIES

PART = 250  # documents a part: small enough that the processes end together
CASES = Path(__file__).parents[1] / "cases"
KINDS = ("docx-*", "doc-*", "wps", "rtf", "xlsx-*", "xls-*", "et", "ofd-*", "zip-*", "pdf-*", "png-*", "tiff-*")
"""Kinds of the corpus that are damaged."""
SHARES = {"pdf": 3.0, "html": 1.5, "plain": 1.5, "mhtml": 0.5, "zip": 0.7} | dict.fromkeys(PICTURES, 0.02)
"""How often a kind is drawn, where that is not 1. A picture takes seconds."""
HEADINGS = ("kind", "inputs", "refused", "failed", "partial", "read", "verified", "suspicious", "broken", "slowest s",
            "peak MB")  # fmt: skip


# --- Mixed documents ----------------------------------------------------------------------------------------------


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


def soak_mixed(seed: int, count: int, keep: Path | None) -> bool:
    """Holds the mixed documents; whether none is falsely verified."""
    begun = time.monotonic()
    results: list[Held] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for part in [pool.submit(soak_part, own, many, keep) for own, many in divide(seed, count)]:
            results += part.result()
            sys.stderr.write(f"{len(results)} of {count} documents\n")
    report(results, time.monotonic() - begun)
    return not any(held.falsely_verified for held in results)


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


# --- Damaged documents --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    """The counts of one kind; ``slowest`` in seconds, ``peak`` in MB."""

    verdicts: Counter[str] = field(default_factory=Counter)
    suspicious: int = 0
    broken: int = 0
    slowest: float = 0.0
    peak: float = 0.0

    def line(self, kind: str) -> tuple[str, ...]:
        named = ("failed", "partial", "read", "verified")
        total = sum(self.verdicts.values())
        refused = total - sum(self.verdicts[name] for name in named) - self.verdicts["broken"]
        counts = (total, refused, *(self.verdicts[name] for name in named), self.suspicious, self.broken)
        return (kind, *map(str, counts), f"{self.slowest:.2f}", f"{self.peak:.0f}")

    def add(self, other: Tally) -> None:
        self.verdicts += other.verdicts
        self.suspicious += other.suspicious
        self.broken += other.broken
        self.slowest = max(self.slowest, other.slowest)
        self.peak = max(self.peak, other.peak)


def write_table(tallies: dict[str, Tally]) -> str:
    """A line for each kind, and one for all."""
    total = Tally()
    for tally in tallies.values():
        total.add(tally)
    lines = [HEADINGS, *(tallies[kind].line(kind) for kind in sorted(tallies)), total.line("all")]
    widths = [max(len(line[n]) for line in lines) for n in range(len(HEADINGS))]
    return "\n".join("  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)) for line in lines)


class Drawer:
    """Draws mutants: a kind by its share, a document of it, the damage. The n-th mutant follows from seed and n."""

    def __init__(self, bases: list[Base], seed: int) -> None:
        self.seed = seed
        self.by_kind: dict[str, list[Base]] = {}
        for base in bases:
            self.by_kind.setdefault(base.kind, []).append(base)
        self.kinds = sorted(self.by_kind)
        self.shares = [SHARES.get(kind, 1.0) for kind in self.kinds]

    def draw(self, number: int) -> Mutant:
        rng = Random(f"mutant {self.seed} {number}")
        kind = rng.choices(self.kinds, self.shares)[0]
        base = rng.choice(self.by_kind[kind])
        return make_mutant(rng, base, [other for other in self.by_kind[kind] if other is not base])


def choose_options(kind: str, number: int) -> Options:
    """Characters in pictures are read, and LibreOffice is asked, in every fiftieth document: each takes seconds."""
    return Options(ocr=kind in PICTURES or number % 50 == 0, office=number % 50 == 0)


def read_whole(pool: ReaderPool, bases: list[Base]) -> dict[str, frozenset[Key]]:
    """The cells of each document that are not as printed before any damage: its corpus' matter, not ours."""
    found: dict[str, frozenset[Key]] = {}

    def prepare(base: Base) -> tuple[bytes, str, Options]:
        return base.data, base.name, Options(ocr=base.kind in PICTURES, office=False)

    for base, future in pool.map_in_order(bases, prepare):
        problem = future.exception()
        if problem is not None:
            sys.stdout.write(f"BROKEN undamaged {base.name}: {type(problem).__name__}: {problem}\n")
            continue
        tables = future.result().tables
        wanted, got = list_cells(base.expected["tables"]), list_cells(tables)
        found[base.name] = frozenset(
            key for key in wanted.keys() | got.keys() if not _holds(got.get(key), wanted.get(key))
        )
    return found


def _holds(got: object, wanted: object) -> bool:
    return got in (wanted if isinstance(wanted, list) else [wanted])


def soak_mutants(bases: list[Base], seed: int, count: int, jobs: int, keep: Path | None) -> bool:
    """Reads the mutants and judges them; whether nothing is broken or suspicious."""
    begun = time.monotonic()
    drawer = Drawer(bases, seed)
    tallies: dict[str, Tally] = {}
    with ReaderPool(jobs, LIMITS, READ_MUTANT) as pool:
        already = read_whole(pool, bases)
        drawn: dict[int, Mutant] = {}

        def prepare(number: int) -> tuple[bytes, str, Options]:
            mutant = drawn[number] = drawer.draw(number)
            return mutant.data, mutant.base.name, choose_options(mutant.base.kind, number)

        for number, future in pool.map_in_order(range(count), prepare):
            mutant = drawn.pop(number)
            tally = tallies.setdefault(mutant.base.kind, Tally())
            told = f"mutant {number} of {mutant.base.name} ({mutant.level}: {mutant.way})"
            problem = future.exception()
            if problem is not None:
                tally.verdicts["broken"] += 1
                frames = "".join(getattr(problem, "__notes__", ())).splitlines()
                at = next((line.strip() for line in reversed(frames) if "/crawler/" in line), "")
                faults = [f"{type(problem).__name__}: {problem}", *([at] if at else [])]
                suspicions: list[str] = []
            else:
                reading: Reading = future.result()
                tally.verdicts[reading.verdict] += 1
                tally.slowest = max(tally.slowest, reading.seconds)
                tally.peak = max(tally.peak, reading.megabytes)
                faults = list(reading.faults)
                record = {"confidence": reading.verdict, "tables": reading.tables}
                suspicions = find_suspicions(mutant, record, already.get(mutant.base.name, frozenset()))
            tally.broken += bool(faults)
            tally.suspicious += bool(suspicions)
            if faults:
                sys.stdout.write(f"BROKEN {told}: {'; '.join(faults)}\n")
            if suspicions:
                more = f" (and {len(suspicions) - 3} more)" if len(suspicions) > 3 else ""
                sys.stdout.write(f"SUSPICIOUS {told}: {'; '.join(suspicions[:3])}{more}\n")
            if keep is not None and (faults or suspicions):
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{seed}-{number}.{mutant.base.kind}").write_bytes(mutant.data)
            if (number + 1) % 250 == 0:
                sys.stdout.flush()
                sys.stderr.write(f"{number + 1} of {count} mutants, {time.monotonic() - begun:.0f} s\n")
    sys.stdout.write(f"{count} mutants in {time.monotonic() - begun:.0f} s\n{write_table(tallies)}\n")
    return not any(tally.broken or tally.suspicious for tally in tallies.values())


# --- Portals ------------------------------------------------------------------------------------------------------


def soak_portals(seed: int, count: int) -> bool:
    """Crawls ``count`` portals, the families in turn; whether nothing is to be said against any crawl."""
    draw = Random(seed)
    families = sorted(FAMILIES)
    names = [f"{families[n % len(families)]}-{draw.randrange(1000, 1_000_000)}" for n in range(count)]
    crawled = crawl_portals(names)
    judged = [one.judged for one in crawled]
    listed, missed = sum(one.listed for one in judged), sum(len(one.missing) for one in judged)
    wrong, false = sum(len(one.wrong) for one in judged), sum(len(one.false) for one in judged)
    asked, needed = sum(one.requests for one in judged), sum(one.needed for one in judged)
    good = sum(one.good for one in crawled)
    sys.stdout.write(
        f"{count} portals, {good} without fault: {listed - missed} of {listed} reports, {false} false, {wrong} wrong "
        f"values, {asked} requests ({needed} needed), {sum(len(one.forbidden) for one in judged)} forbidden\n"
    )
    return good == count


def gather_bases(corpus: Path | None, seed: int, kinds: list[str]) -> list[Base]:
    """The cases and the documents of a corpus whose kinds match; the corpus is made if there is none."""
    if corpus is None:
        from tests.corpus.__main__ import make_corpus  # noqa: PLC0415  (only where it is needed)

        with tempfile.TemporaryDirectory(prefix="soak-") as name:
            make_corpus(Path(name), seed, 2, list(KINDS))
            return gather_bases(Path(name), seed, kinds)
    bases = [*load_bases(CASES), *load_bases(corpus)]
    return [base for base in bases if any(fnmatch(base.kind, kind) for kind in kinds)]


def main(arguments: list[str]) -> int:
    """The exit status: 1 if any record is falsely verified or a reader broke, 2 if there is nothing to damage."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="seed of the first part, and of the damage")
    parser.add_argument("--count", type=int, default=2000, help="how many mixed documents")
    parser.add_argument("--mutations", type=int, default=10_000, help="how many damaged documents")
    parser.add_argument("--portals", type=int, default=50, help="how many invented portals to crawl")
    parser.add_argument("--kills", type=int, default=30, help="how many crawls to kill")
    parser.add_argument("--corpus", type=Path, help="folder of made documents to damage")
    parser.add_argument(
        "--kind", action="append", metavar="GLOB", help="kinds to damage (docx, pdf, ...); all unless given"
    )
    parser.add_argument("--jobs", type=int, default=2, help="readers of damaged documents")
    parser.add_argument("--keep", type=Path, help="folder for the documents that differ, as cases, and for mutants")
    options = parser.parse_args(arguments)
    good = soak_mixed(options.seed, options.count, options.keep) if options.count else True
    if options.mutations:
        bases = gather_bases(options.corpus, options.seed, options.kind or ["*"])
        if not bases:
            sys.stderr.write("no document to damage\n")
            return 2
        good &= soak_mutants(bases, options.seed, options.mutations, options.jobs, options.keep)
    if options.portals:
        good &= soak_portals(options.seed, options.portals)
    if options.kills:
        good &= soak_kills(options.seed, options.kills)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
