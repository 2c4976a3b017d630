"""The metrics, read by a parser that takes nothing but the text format 0.0.4 as node_exporter wants it."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.settings import Settings

from crawler.catalogue.store import open_catalogue
from crawler.commands.status import format_status
from crawler.extraction.text.clean import display_width
from crawler.watching.metrics import escape, write_metrics
from crawler.watching.textfile import Textfile, find_path
from tests.catalogue.records import make_record
from tests.catalogue.runs import crawl, open_run
from tests.crawl.crawling import Finished, run_forked

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
_SAMPLE = re.compile(rf"({_NAME})(?:\{{(.*)\}})? (-?\d+(?:\.\d+)?)")
_UNESCAPED = {r"\\": "\\", r"\"": '"', r"\n": "\n"}


def parse(text: str) -> Samples:
    """The samples of a file by name and labels.

    Raises ValueError for what is not of the format, and for what node_exporter would refuse: a family in two places, a
    sample that stands twice, a sample with a time, a last line without its end.
    """
    samples: Samples = {}
    done: set[str] = set()
    family, kind = "", ""
    if not text.endswith("\n"):
        raise ValueError("the last line has no end")
    for line in text.removesuffix("\n").split("\n"):
        if found := re.fullmatch(rf"# HELP ({_NAME}) ((?:[^\\]|\\[\\n])+)", line):
            if found[1] in done or (family and not kind):
                raise ValueError(f"twice, or without a type before: {line}")
            family, kind = found[1], ""
            done.add(family)
        elif found := re.fullmatch(rf"# TYPE ({_NAME}) (counter|gauge|histogram|summary|untyped)", line):
            if found[1] != family or kind:
                raise ValueError(f"not behind its help: {line}")
            kind = found[2]
        elif found := _SAMPLE.fullmatch(line):
            if found[1] != family or not kind:
                raise ValueError(f"not in its family: {line}")
            labels = _parse_labels(found[2] or "", line)
            if (found[1], labels) in samples:
                raise ValueError(f"twice: {line}")
            samples[found[1], labels] = float(found[3])
        else:
            raise ValueError(f"no line of the format: {line}")
    return samples


def _parse_labels(text: str, line: str) -> frozenset[tuple[str, str]]:
    found = list(_LABEL.finditer(text))
    if ",".join(one[0] for one in found) != text or len({one[1] for one in found}) != len(found):
        raise ValueError(f"its labels are none: {line}")
    return frozenset((one[1], re.sub(r"\\.", lambda two: _UNESCAPED[two[0]], one[2])) for one in found)


def get(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((f"nianbao_{name}", frozenset(labels.items())))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a 1\n",
        "# HELP a b\n# TYPE a gauge\na 1",
        "# HELP a b\n# TYPE a gauge\na 1 1700000000000\n",
        "# HELP a b\n# TYPE a gauge\na 1\na 1\n",
        '# HELP a b\n# TYPE a gauge\na{b="c"d"} 1\n',
        '# HELP a b\n# TYPE a gauge\na{b="c\\d"} 1\n',
        '# HELP a b\n# TYPE a gauge\na{b="c",b="d"} 1\n',
        "# HELP a b\n# TYPE a gauge\na None\n",
        "# HELP a b\na 1\n",
        "# HELP a b\n# TYPE a gauge\na 1\n# HELP a b\n",
    ],
)
def test_the_parser_is_strict(text: str) -> None:
    with pytest.raises(ValueError, match=r":|end"):
        parse(text)


# --- rows -------------------------------------------------------------------------------------------------------------


def make_row(portal: str = "yunlai", **more: Any) -> dict[str, Any]:
    last = {
        "run": "r",
        "started": "2026-02-01T03:15:00Z",
        "finished": "2026-02-01T04:15:00Z",
        "verdict": "partial",
        "why": [],
        "delivered": True,
        "requests": 12,
        "bytes": 3_000_000_000,
        "reports": 5,
        "new": 1,
        "changed": 2,
        "same": 2,
        "vanished": 0,
    }
    row = {"portal": portal, "body": "云来县人民政府", "code": "411399", "last": last, "reports": 6, "vanished": 1}
    return row | {"waiting": 0, "failing": [{}, {}], "checks": [{"status": "remark"}], **more}


def test_a_portal_has_its_figures() -> None:
    samples = parse("".join(write_metrics([make_row()])))
    assert get(samples, "portals") == 1
    assert get(samples, "portal_info", portal="yunlai", body="云来县人民政府", code="411399") == 1
    began = datetime(2026, 2, 1, 3, 15, tzinfo=UTC).timestamp()
    found = {name.removeprefix("nianbao_portal_"): n for (name, labels), n in samples.items() if len(labels) == 1}
    assert found == {
        "last_run_started_timestamp_seconds": began,
        "last_run_finished_timestamp_seconds": began + 3600,
        "last_run_delivered": 1,
        "last_run_requests": 12,
        "last_run_received_bytes": 3_000_000_000,
        "last_run_reports": 5,
        "last_run_new_reports": 1,
        "last_run_changed_reports": 2,
        "last_run_same_reports": 2,
        "last_run_vanished_reports": 0,
        "reports": 6,
        "vanished_reports": 1,
        "waiting_versions": 0,
        "failing_addresses": 2,
    }
    verdicts = {dict(labels)["verdict"]: n for (_, labels), n in samples.items() if "verdict" in dict(labels)}
    assert [verdict for verdict, n in verdicts.items() if n] == ["partial"]
    assert set(verdicts) == {"complete", "failed", "partial", "blocked", "nothing_found", "running", "unfinished"}
    assert get(samples, "portal_year_checks", portal="yunlai", status="remark") == 1
    assert get(samples, "portal_year_checks", portal="yunlai", status="fail") == 0


def test_what_is_not_known_is_no_sample() -> None:
    running = make_row("a")
    running["last"] |= {"finished": None, "verdict": "running"}
    samples = parse("".join(write_metrics([running, make_row("b", last=None)])))
    assert get(samples, "portal_last_run_finished_timestamp_seconds", portal="a") is None
    assert get(samples, "portal_last_run_started_timestamp_seconds", portal="a") is not None
    assert get(samples, "portal_last_run_verdict", portal="a", verdict="running") == 1
    assert get(samples, "portal_last_run_reports", portal="b") is None
    assert get(samples, "portal_reports", portal="b") == 6
    other = make_row("c")
    other["last"]["verdict"] = "new_one"
    samples = parse("".join(write_metrics([other])))
    assert get(samples, "portal_last_run_verdict", portal="c", verdict="new_one") == 1


def test_without_a_portal_there_is_a_file_all_the_same() -> None:
    assert parse("".join(write_metrics([]))) == {("nianbao_portals", frozenset()): 0}


@pytest.mark.parametrize("text", ['a"b', "a\\b", "a\nb", 'a\\"\n\\n', "年报", "", "a,b={}"])
def test_any_text_is_a_label(text: str) -> None:
    samples = parse("".join(write_metrics([make_row(text, body=text, code=None)])))
    assert get(samples, "portal_info", portal=text, body=text, code="") == 1


def test_half_of_a_pair_is_no_label() -> None:
    assert escape("a\ud800b") == "a?b"


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_dir = tmp_path_factory.mktemp("data")
    catalogue = open_catalogue(None, data_dir)
    failing = {"http://x/": ("failed", "HTTP 500")}
    crawl(catalogue, make_record(2023), make_record(2024), name="1", verdict="partial", failing=failing)
    with open_run(catalogue, "2", portal="hengtai"):
        pass
    catalogue.close()
    return data_dir


def status(data_dir: Path, *arguments: str) -> Finished:
    return run_forked(["status", "-s", f"DATA_DIR={data_dir}", *arguments], network="none")


def test_status_writes_the_figures_that_it_shows(data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "metrics" / "nianbao.prom"
    done = status(data_dir, "--json", "--prometheus", str(path))
    assert (done.status, done.stderr) == (0, "")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["portal"] for row in rows] == ["hengtai", "yunlai"]
    assert path.read_text(encoding="utf-8") == "".join(write_metrics(rows))
    assert list(path.parent.iterdir()) == [path]
    samples = parse(path.read_text(encoding="utf-8"))
    assert get(samples, "portal_last_run_verdict", portal="hengtai", verdict="unfinished") == 1
    assert get(samples, "portal_last_run_new_reports", portal="yunlai") == 2
    assert get(samples, "portal_failing_addresses", portal="yunlai") == 1


def test_a_file_that_cannot_be_written_is_one_line(data_dir: Path, tmp_path: Path) -> None:
    done = status(data_dir, "yunlai", "--prometheus", str(tmp_path))
    assert done.status == 1
    assert done.lines == [f"scrapy status: {tmp_path}: Is a directory"]
    assert "yunlai" in done.stdout  # the answer itself is given


def stop(settings: dict[str, Any], caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines of a crawl that ends."""
    crawler = Crawler(Spider, Settings(settings))
    extension = Textfile.from_crawler(crawler)
    with caplog.at_level(logging.INFO):
        crawler.signals.send_catch_log(signals.engine_stopped)
    assert extension.crawler is crawler
    return [record.getMessage() for record in caplog.records if record.name == "crawler.watching.textfile"]


def test_the_end_of_a_crawl_writes_it(data_dir: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = {"DATA_DIR": str(data_dir), "PROMETHEUS_FILE": "%(data_dir)s/metrics/100%.prom"}
    assert stop(settings, caplog) == []
    samples = parse((data_dir / "metrics" / "100%.prom").read_text(encoding="utf-8"))
    assert get(samples, "portals") == 2


def test_what_is_in_its_way_is_one_line(data_dir: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (line,) = stop({"DATA_DIR": str(data_dir), "PROMETHEUS_FILE": str(data_dir)}, caplog)
    assert line.startswith(f"metrics: {data_dir}: not written: ")
    caplog.clear()
    (line,) = stop({"DATA_DIR": str(tmp_path), "PROMETHEUS_FILE": "x"}, caplog)
    assert line == (
        f"metrics: {Path('x').absolute()}: not written: "
        f"catalogue {tmp_path / 'catalogue.sqlite'}: not there yet; the first crawl makes it"
    )


@pytest.mark.parametrize("more", [{"PROMETHEUS_FILE": ""}, {"PROMETHEUS_FILE": "x", "REPLAY": "a.warc.gz"}])
def test_it_is_not_there_for_a_replay_or_without_a_name(more: dict[str, str]) -> None:
    with pytest.raises(NotConfigured):
        Textfile.from_crawler(Crawler(Spider, Settings({"DATA_DIR": "data", **more})))


def test_a_path_may_stand_by_itself() -> None:
    assert find_path(Settings({"PROMETHEUS_FILE": "/srv/a.prom", "DATA_DIR": "data"})) == Path("/srv/a.prom")


def test_the_table_lines_up_for_wide_characters() -> None:
    names = ("yunlai", "云来县政府.公益")
    header, ruler, *rows = format_status([make_row(name, failing=[], checks=[]) for name in names])
    starts = [display_width(line[: line.index("2026-02-01T04:15:00Z")]) for line in rows]
    assert starts == [display_width(header[: header.index("last run")])] * 2
    assert {display_width(row) for row in rows} == {display_width(ruler)}
