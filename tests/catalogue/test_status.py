"""``scrapy status``: each portal's last run, and what asks for attention."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from crawler.catalogue.store import open_catalogue
from tests.catalogue.records import make_record
from tests.catalogue.runs import ENTRY, crawl, open_run
from tests.crawl.crawling import Finished, run_forked
from tests.test_rooms import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BODY = "411399-云来县人民政府"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A portal with two runs, one that is being crawled, and one whose crawl was killed."""
    data_dir = tmp_path_factory.mktemp("data")
    catalogue = open_catalogue(None, data_dir)
    crawl(catalogue, make_record(2022), make_record(2023), name="20260201T031500.000000Z")
    failing = {f"{ENTRY}{number}.html": ("failed", f"HTTP 50{number}") for number in range(3)}
    changed = make_record(2023, received=30, document="b")
    new = make_record(2024, carried_in=7)
    crawl(catalogue, changed, new, name="20260301T031500.000000Z", verdict="partial", failing=failing, why=("some",))
    with open_run(catalogue, "1", portal="hengtai"), open_run(catalogue, "2", portal="qingxi") as killed:
        killed.weigh(make_record(portal="qingxi"))
        killed.keep(make_record()["report_id"])
        killed.close()
        yield data_dir
    catalogue.close()


def run(data_dir: Path, *arguments: str) -> Finished:
    return run_forked(["status", "-s", f"DATA_DIR={data_dir}", *arguments], network="none")


def test_a_line_for_each_portal_and_what_is_failing_below(data_dir: Path) -> None:
    done = run(data_dir)
    assert (done.status, done.stderr) == (0, "")
    table, failing, years = done.stdout.split("\n\n")
    header, _, *rows = (line.split() for line in table.splitlines())
    assert header == "portal last run verdict reports new changed same vanished waiting failing years".split()
    by_name = {row[0]: row for row in rows}
    assert list(by_name) == ["hengtai", "qingxi", "yunlai"]
    assert by_name["hengtai"][2:] == ["running", *"0 0 0 0 0 0 0 0".split()]
    assert by_name["qingxi"][2:] == ["unfinished", *"1 0 0 0 0 1 0 0".split()]
    assert by_name["yunlai"][2:] == ["partial", *"3 1 1 0 0 0 3 2".split()]
    title, *lines = failing.splitlines()
    assert title == "failing:"
    assert lines[0].startswith(f"  yunlai: failed: {ENTRY}0.html: HTTP 500 (since 20")
    assert lines[0].endswith("Z, 1 run)")
    assert years.splitlines() == [
        "across years:",
        *(
            f"  yunlai: fail: applications.{column}: {BODY}-2024 says 7, {BODY}-2023 gives 0"
            for column in ("natural_person", "total")
        ),
    ]


def test_json_is_one_object_a_portal(data_dir: Path) -> None:
    (row,) = (json.loads(line) for line in run(data_dir, "--json", "yunlai").stdout.splitlines())
    assert (row["portal"], row["body"], row["code"], row["reports"]) == ("yunlai", "云来县人民政府", "411399", 3)
    last = row["last"]
    assert (last["run"], last["verdict"], last["why"]) == ("20260301T031500.000000Z", "partial", ["some"])
    assert (last["new"], last["changed"], last["delivered"]) == (1, 1, True)
    assert [(one["url"], one["outcome"], one["times"]) for one in row["failing"]] == [
        (f"{ENTRY}{number}.html", "failed", 1) for number in range(3)
    ]
    assert row["checks"][0] == {
        "rule": "applications.year_to_year",
        "status": "fail",
        "where": {"table": "applications", "column": "natural_person"},
        "reports": [f"{BODY}-2023", f"{BODY}-2024"],
        "expected": 7,
        "actual": 0,
    }


def test_nothing_was_crawled_yet(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert (done.status, done.stdout) == (0, "")
    assert done.lines == [
        f"scrapy status: catalogue {tmp_path / 'catalogue.sqlite'}: not there yet; the first crawl makes it"
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("elsewhere",), 2, "no portal 'elsewhere' in the catalogue"),
        (("--bogus",), 2, "unknown option --bogus"),
        (("-s", "CATALOGUE_URL=nowhere"), 1, "CATALOGUE_URL is no address of a database"),
    ],
)
def test_what_is_wrong_is_one_line(data_dir: Path, arguments: tuple[str, ...], status: int, says: str) -> None:
    done = run(data_dir, *arguments)
    assert (done.status, done.stdout, len(done.lines)) == (status, "", 1)
    assert done.lines[0].startswith("scrapy status: ")
    assert says in done.lines[0]


def test_other_commands_do_not_pay_for_the_catalogue() -> None:
    code = """
import contextlib, io, sys
from scrapy.cmdline import execute
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    execute(["scrapy", "version"])
print(sorted({name.partition(".")[0] for name in sys.modules} & {"sqlalchemy", "alembic"}))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("[]\n", 0)
