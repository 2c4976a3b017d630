"""Writes the corpus: all cases beside this package, or mixed ones into another folder."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from tests.cases.make import book_failures, book_html, book_text
from tests.cases.make.book import Case, make_cases
from tests.cases.make.mix import make_mixed

HOME = Path(__file__).resolve().parent.parent
BOOKS = (book_html, book_text, book_failures)  # importing them fills the book


def write_cases(cases: list[Case], folder: Path) -> None:
    """A folder for each case; what a folder held before goes."""
    for case in cases:
        place = folder / case.name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for name, content in case.files().items():
            (place / name).write_bytes(content)


def remove_stale(cases: list[Case], folder: Path) -> None:
    """Folders of cases that are no longer made."""
    names = {case.name for case in cases}
    for expected in folder.glob("*/expected.json"):
        if expected.parent.name not in names:
            shutil.rmtree(expected.parent)


def main(arguments: list[str]) -> int:
    """Status 0; argparse answers what it does not understand."""
    parser = argparse.ArgumentParser(prog="python -m tests.cases.make", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="seed of the mixed documents")
    parser.add_argument("--count", type=int, help="how many mixed documents to make")
    parser.add_argument("out", nargs="?", type=Path, help="folder for the mixed documents, outside the repository")
    options = parser.parse_args(arguments)
    if (options.count is None) != (options.out is None):
        parser.error("--count and OUT go together")
    if options.out is not None:
        if options.out.resolve().is_relative_to(HOME.parent.parent):
            parser.error("OUT must lie outside the repository")
        write_cases(make_mixed(options.seed, options.count), options.out)
        return 0
    cases = make_cases()
    remove_stale(cases, HOME)
    write_cases(cases, HOME)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
