"""Whatever is wrong with a command line is one clear line on standard error, status 2, and no crawl."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.crawl.crawling import PATIENCE, ROOT, Finished, run_scrapy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# What is typed after `scrapy` → what the one line must name.
REFUSED: dict[tuple[str, ...], tuple[str, ...]] = {
    ("crawl",): ("name one portal", "scrapy crawl wolong"),
    ("crawl", "wolong", "nanyang"): ("name one portal",),
    ("crawl", "no-such-portal"): ("'no-such-portal'", "scrapy portals lists them", "-a url="),
    ("crawl", "wolong", "--bogus"): ("--bogus", "scrapy crawl --help"),
    ("crawl", "wolong", "--bogus=1"): ("--bogus=1",),
    ("crawl", "wolong", "-x"): ("-x",),
    ("crawl", "wolong", "-a", "year=2019"): ("'year'", "url, years"),
    ("crawl", "wolong", "-a", "years"): ("-a NAME=VALUE",),
    ("crawl", "wolong", "-a"): ("-a",),
    ("crawl", "wolong", "-s", "REPLAY"): ("-s NAME=VALUE",),
    ("crawl", "wolong", "-a", "years=2023-2019"): ("2023-2019", "later than the last"),
    ("crawl", "wolong", "-a", "years=abc"): ("'abc'", "years=2019-2023"),
    ("crawl", "wolong", "-a", "years="): ("years=''",),
    ("crawl", "wolong", "-a", "years=1890"): ("1890", "between 2000 and 2100"),
    ("crawl", "wolong", "-a", "years=2019,2021"): ("2019,2021",),
    ("crawl", "wolong", "-a", "full=yes"): ("full='yes'", "write full=1"),
    ("crawl", "wolong", "-a", "url=www.wolong.gov.cn"): ("'www.wolong.gov.cn'", "whole address"),
    ("crawl", "wolong", "-a", "url=ftp://www.wolong.gov.cn/"): ("ftp://", "whole address"),
    ("crawl", "wolong", "-a", "url=http://"): ("whole address",),
    ("crawl", "wolong", "-a", "url=http://a.gov.cn:port/"): ("http://a.gov.cn:port/",),
    ("crawl", "portal"): ("portal needs an address", "-a url="),
    ("crawl", "portal", "-a", "_job=1"): ("portal needs an address",),
    ("crawl", "wolong", "-s", "REPLAY=no-such-archive.warc.gz"): ("REPLAY", "no-such-archive.warc.gz", "no such file"),
    ("crawl", "wolong", "-L", "LOUD"): ("LOUD",),
    ("crawl", "wolong", "--logfile", "no/such/folder/x.log"): ("no/such/folder/x.log",),
    ("crawl", "wolong", "-O", "out.docx"): ("docx",),
    ("extract",): ("name at least one file",),
    ("extract", "--bogus"): ("--bogus",),
    ("extract", "pyproject.toml", "--bogus"): ("--bogus",),
    ("extract", "-s"): ("-s",),
    ("demo", "--bogus"): ("--bogus",),
    ("demo", "-s", "REPLAY=no-such-archive.warc.gz"): ("REPLAY", "no-such-archive.warc.gz", "no such file"),
    ("demo", "wolong"): ("takes no arguments", "wolong"),
}
HELP = {
    "crawl": ("scrapy crawl wolong -a years=2019-2023 -O wolong.jsonl", "scrapy crawl portal -a url="),
    "extract": ("scrapy extract report.pdf",),
    "demo": ("scrapy demo",),
}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def finished(data_dir: Path) -> Mapping[str, Finished]:
    """Each command line of this file, run. `-s` comes first, so that it changes nothing about what is wrong."""
    lines = [*REFUSED, *((name, "--help") for name in HELP)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.commands.forks"],
        input=json.dumps([[first, "-s", f"DATA_DIR={data_dir}", *rest] for first, *rest in lines]),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        timeout=PATIENCE,
        check=True,
    )
    return {" ".join(line): Finished(*what) for line, what in zip(lines, json.loads(done.stdout), strict=True)}


@pytest.mark.parametrize("arguments", REFUSED, ids=" ".join)
def test_wrong_usage_is_one_line_and_no_crawl(
    finished: Mapping[str, Finished], data_dir: Path, arguments: tuple[str, ...]
) -> None:
    done = finished[" ".join(arguments)]
    assert done.status == 2
    assert done.stdout == ""
    assert len(done.lines) == 1, done.stderr
    assert done.lines[0].startswith(f"scrapy {arguments[0]}: ")
    for part in REFUSED[arguments]:
        assert part in done.lines[0]
    assert list(data_dir.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("crawl", "wolong", "-a", "years=2023-2019"), "2023-2019"),
        (("extract", "--bogus"), "--bogus"),
    ],
)
def test_the_same_holds_in_a_process_of_its_own(arguments: tuple[str, ...], named: str) -> None:
    done = run_scrapy(arguments)
    assert (done.status, done.stdout, len(done.lines)) == (2, "", 1)
    assert named in done.lines[0]


@pytest.mark.parametrize("command", HELP)
def test_help_shows_examples(finished: Mapping[str, Finished], command: str) -> None:
    done = finished[f"{command} --help"]
    assert (done.status, done.stderr) == (0, "")
    shown = done.stdout.partition("Examples:\n")[2].splitlines()
    assert shown
    for example in HELP[command]:
        assert any(line.startswith(f"  {example}") for line in shown)
