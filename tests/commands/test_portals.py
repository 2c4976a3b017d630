"""``scrapy portals``: the register on standard output, with the verdict of each portal's last crawl."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from crawler.extraction.text.clean import display_width
from crawler.portals.register import COLUMNS, load_register
from tests.crawl.crawling import Finished, run_forked
from tests.portals.test_register import FICTIONAL

if TYPE_CHECKING:
    from pathlib import Path

RUNS: dict[str, dict[str, dict[str, Any]]] = {
    "wolong": {
        "20260101T000000.000000Z": {"verdict": "failed", "records": {}},
        "20260201T000000.000000Z": {
            "verdict": "partial",
            "why": ["1 candidates failed"],
            "records": {"verified": 11, "read": 2},
            "finished": "2026-02-01T00:10:00Z",
        },
    },
    "qingxi-new": {"20260301T000000.000000Z": {"verdict": "complete", "records": {"verified": 1}}},
}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_dir = tmp_path_factory.mktemp("data")
    for portal, runs in RUNS.items():
        for name, run in runs.items():
            folder = data_dir / portal / name
            folder.mkdir(parents=True)
            (folder / "run.json").write_text(json.dumps({"run": name, **run}), encoding="utf-8")
    (data_dir / "xixia" / "20260401T000000.000000Z").mkdir(parents=True)  # killed before it wrote its account
    return data_dir


def run(data_dir: Path, *arguments: str, further: bool = True) -> Finished:
    more = ("-s", f"PORTALS_FILE={FICTIONAL}") if further else ()
    return run_forked(["portals", "-s", f"DATA_DIR={data_dir}", *more, *arguments], network="none")


def test_table_has_every_portal_and_its_last_verdict(data_dir: Path) -> None:
    done = run(data_dir)
    assert (done.status, done.stderr) == (0, "")
    header, rule, *lines = done.stdout.splitlines()
    rows = {line.split()[0]: line.split() for line in lines}
    portals = load_register(str(FICTIONAL))
    assert list(rows) == list(portals)
    for name, row in rows.items():
        portal = portals[name]
        assert row[:4] == [name, portal.body, portal.code or "-", portal.addresses[0]]
    assert rows["wolong"][4:] == ["yes", "partial", "13", "2026-02-01T00:10:00Z"]
    assert rows["qingxi-new"][4:] == ["no", "complete", "1", "-"]
    assert rows["xixia"][4:] == ["yes", "-", "-", "-"]
    at = header.index("code")
    assert {display_width(line[: line.index(rows[line.split()[0]][2], 12)]) for line in lines} == {at}
    assert rule[at - 1 : at + 1] == " -"


def test_json_is_one_object_a_line(data_dir: Path) -> None:
    done = run(data_dir, "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["name"] for row in rows] == list(load_register(str(FICTIONAL)))
    by_name = {row["name"]: row for row in rows}
    assert by_name["wolong"]["last"] == {
        "verdict": "partial",
        "why": ["1 candidates failed"],
        "reports": 13,
        "run": "20260201T000000.000000Z",
        "finished": "2026-02-01T00:10:00Z",
    }
    assert by_name["xixia"]["last"] is None
    assert by_name["xixia"]["addresses"] == [
        "http://www.xixia.gov.cn/zfxxgk/",
        "http://www.xixia.gov.cn/zfxxgk/dfbmptlj/",
    ]
    assert by_name["qingxi-new"]["hosts"] == ["files.qingxi.test", "oss.qingxi.test:8080"]
    assert by_name["qingxi-new"]["code"] is None


def test_names_choose_portals(data_dir: Path) -> None:
    done = run(data_dir, "xixia", "wolong", "xixia", further=False)
    assert [line.split()[0] for line in done.stdout.splitlines()[2:]] == ["xixia", "wolong"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("no-such-portal",), "no portal 'no-such-portal' in the register"),
        (("--bogus",), "unknown option --bogus"),
        (("-s", "PORTALS_FILE=nowhere.csv"), "PORTALS_FILE: nowhere.csv: No such file"),
    ],
)
def test_wrong_usage_is_one_line(data_dir: Path, arguments: tuple[str, ...], named: str) -> None:
    done = run(data_dir, *arguments, further=False)
    assert (done.status, done.stdout, len(done.lines)) == (2, "", 1)
    assert done.lines[0].startswith("scrapy portals: ")
    assert named in done.lines[0]


def test_a_code_that_is_none_is_one_line(data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "more.csv"
    path.write_text(f"{','.join(COLUMNS)}\nyunlai,云来县人民政府,county,999999,http://a.test/,,\n", encoding="utf-8")
    done = run(data_dir, "-s", f"PORTALS_FILE={path}", further=False)
    assert (done.status, done.stdout) == (2, "")
    assert done.lines == [f"scrapy portals: {path}, line 2: yunlai: no division has the code 999999"]


def test_help_shows_examples(data_dir: Path) -> None:
    done = run(data_dir, "--help", further=False)
    assert (done.status, done.stderr) == (0, "")
    assert "  scrapy portals --json" in done.stdout.partition("Examples:\n")[2].splitlines()
