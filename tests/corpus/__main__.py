"""Makes the corpus into a folder, scores what the kernel reads in it, and draws where it read it."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import time
from fnmatch import fnmatch
from pathlib import Path

from crawler.extraction.errors import ReadingError
from tests import corpus
from tests.cases.make.draft import dump_expected
from tests.corpus.draw import draw_file
from tests.corpus.model import Made, Maker
from tests.corpus.score import score_corpus
from tests.corpus.tools import Tools

ROOT = Path(__file__).resolve().parents[2]
FRAME = ("__main__", "draw", "model", "score", "tools")


def find_makers() -> dict[str, Maker]:
    """Every kind of every module of this package that has MAKERS."""
    makers: dict[str, Maker] = {}
    for module in sorted(pkgutil.iter_modules(corpus.__path__), key=lambda m: m.name):
        if module.name in FRAME or module.name.startswith("test_"):
            continue
        found: dict[str, Maker] = getattr(importlib.import_module(f"tests.corpus.{module.name}"), "MAKERS", {})
        if twice := makers.keys() & found.keys():
            raise ValueError(f"{module.name}: kinds that another module has: {sorted(twice)}")
        makers |= found
    return makers


def write_made(made: Made, folder: Path, command: str) -> None:
    """The three files of a document."""
    place = folder / made.name
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob("input.*"):
        old.unlink()
    (place / f"input{made.suffix}").write_bytes(made.data)
    (place / "expected.json").write_text(dump_expected(made.expected), encoding="utf-8")
    (place / "origin.md").write_text(f"{made.origin}\n\nMade by `{command}`.\n", encoding="utf-8")


def make_corpus(out: Path, seed: int, count: int, kinds: list[str]) -> int:
    """Status 0, or 2 if no kind is so called; says on stderr what is being made."""
    chosen = {kind: maker for kind, maker in find_makers().items() if any(fnmatch(kind, pattern) for pattern in kinds)}
    if not chosen:
        sys.stderr.write(f"no kind matches {' '.join(kinds)}\n")
        return 2
    begun = time.monotonic()
    total = 0
    with Tools() as tools:
        for kind, maker in chosen.items():
            started = time.monotonic()
            command = f"python -m tests.corpus make --seed {seed} --count {count} --kind {kind} OUT"
            number = 0
            for number, made in enumerate(maker(tools, seed, count), 1):
                write_made(made, out, command)
                if sys.stderr.isatty():
                    sys.stderr.write(f"\r{kind:<24} {number:>5} of {count}")
                    sys.stderr.flush()
            total += number
            seconds = time.monotonic() - started
            start = "\r" if sys.stderr.isatty() else ""
            sys.stderr.write(f"{start}{kind:<24} {number:>5} made in {seconds:.1f} s\n")
    sys.stderr.write(f"{total} documents in {time.monotonic() - begun:.1f} s\n")
    return 0


def draw_report(file: Path, out: Path) -> int:
    """Status 0, or 1 with the reason on stderr if the file cannot be read."""
    try:
        drawn = draw_file(file, out)
    except (ReadingError, OSError) as error:
        sys.stderr.write(f"{file}: {error}\n")
        return 1
    rest = f"; {drawn.placeless} values stand on no page of the file" if drawn.placeless else ""
    sys.stderr.write(f"{drawn.boxes} values on {len(drawn.files)} pages{rest}\n")
    return 0


def main(arguments: list[str]) -> int:
    """Exit status; argparse answers what it does not understand."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    make = actions.add_parser("make", help="write documents into a folder outside the repository")
    make.add_argument("--seed", type=int, default=1)
    make.add_argument("--count", type=int, default=12, help="documents of each kind")
    make.add_argument(
        "--kind", action="append", metavar="GLOB", help="kinds to make (again for more); all unless given"
    )
    make.add_argument("out", type=Path, metavar="OUT")
    score = actions.add_parser("score", help="read every document and compare cell by cell")
    score.add_argument("out", type=Path, metavar="OUT")
    score.add_argument("--jobs", type=int, default=2)
    score.add_argument("--kind", action="append", metavar="GLOB")
    score.add_argument("--verbose", action="store_true", help="list what differs")
    score.add_argument("--json", type=Path, metavar="FILE", help="write every result there")
    draw = actions.add_parser("draw", help="write a picture of each page with the boxes of all values")
    draw.add_argument("file", type=Path, metavar="FILE", help="a PDF or a picture")
    draw.add_argument("out", type=Path, metavar="OUT")
    options = parser.parse_args(arguments)
    out = options.out.resolve() if options.action != "score" else ROOT / "build"
    if out.is_relative_to(ROOT) and not out.is_relative_to(ROOT / "build"):
        parser.error("OUT must lie outside the repository, or in its folder build")
    if options.action == "draw":
        return draw_report(options.file, options.out)
    kinds = options.kind or ["*"]
    if options.action == "score":
        return score_corpus(options.out, options.jobs, kinds, verbose=options.verbose, json_file=options.json)
    if options.count < 1:
        parser.error("--count must be at least 1")
    return make_corpus(options.out, options.seed, options.count, kinds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
