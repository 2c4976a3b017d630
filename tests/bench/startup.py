"""Measures ``scrapy extract`` on one small file against ``scrapy version``: ``python -m tests.bench.startup``.

Both are whole processes of the same project, in turns, so that other load falls on both. Medians; the bound is 1.5.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "tests" / "cases" / "html-article-2023" / "input.html"
BOUND = 1.5
COMMANDS = {"scrapy version": ["version"], "scrapy extract FILE": ["extract", str(DOCUMENT)]}


def time_command(arguments: list[str]) -> float:
    """Seconds from the start of ``scrapy ARGUMENTS`` to its end."""
    # With compiled modules, as an installed project has them.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL, env=env
    )
    return time.perf_counter() - begun


def measure(runs: int) -> dict[str, list[float]]:
    """Seconds of each run by command; the first of each, which compiles and fills the disk's cache, is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for run in range(runs + 1):
        for name, arguments in COMMANDS.items():
            seconds = time_command(arguments)
            if run:
                taken[name].append(seconds)
    return taken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11)
    taken = measure(parser.parse_args().runs)
    for name, seconds in taken.items():
        print(f"{name:<20} median {statistics.median(seconds):.3f} s  fastest {min(seconds):.3f} s")  # noqa: T201
    version, extract = (statistics.median(seconds) for seconds in taken.values())
    print(f"{'ratio':<20} {extract / version:.2f} (at most {BOUND})")  # noqa: T201
    return int(extract / version > BOUND)


if __name__ == "__main__":
    sys.exit(main())
