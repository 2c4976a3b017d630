"""Spidermon over whole crawls of a small portal: one that passes all monitors, and what comes after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from crawler.catalogue.store import open_catalogue
from crawler.watching.alerts import SEE
from tests.catalogue.runs import open_run
from tests.crawl.crawling import Crawl, read_lines, run_crawl, run_forked
from tests.crawl.shire import HTML, LIST, REPORTS, build_plain_shire, report_reply, write_list
from tests.watching.servers import PASSWORD, USER, Mailbox, Robot, serve_mail, serve_robot
from tests.watching.test_metrics import get, parse
from tests.web.server import Reply, serve

if TYPE_CHECKING:
    from pathlib import Path

NEW, OLD = REPORTS[:2]  # of 2024 and 2023
SCAN = "/2023/broken.pdf"
TOKEN, SECRET = "token-of-this-robot", "secret-of-this-robot"
# A report of 2025 is due on 31 March 2026, and overdue from the middle of April.
IN_TIME, LATE, LATER = "20260301T031500.000000Z", "20260502T031500.000000Z", "20260602T031500.000000Z"
KILLED = "20260520T031500.000000Z"


@dataclass(frozen=True, slots=True)
class Watched:
    """Three crawls one after the other, and what was told of each; before the third, one was killed."""

    good: Crawl
    spoilt: Crawl
    empty: Crawl
    mails: list[Any]
    posted: list[Any]

    @property
    def alerts(self) -> list[dict[str, Any]]:
        return read_lines(self.good.data_dir / "alerts.jsonl")

    def of(self, crawl: Crawl) -> dict[str, dict[str, Any]]:
        return {row["monitor"]: row for row in self.alerts if row["run"] == crawl.folder.name}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """On a server: all that is told it stands in its environment."""
    folder = tmp_path_factory.mktemp("watched")
    box, robot = Mailbox(), Robot(answer=b'{"code":0}')
    with (
        serve(build_plain_shire(2)) as server,
        serve_mail(box),
        serve_robot(robot),
        pytest.MonkeyPatch.context() as env,
    ):
        env.setenv("SCRAPY_PROJECT", "server")
        for name, value in {
            "MAIL_TO": "duty@example.org",
            "MAIL_HOST": "127.0.0.1",
            "MAIL_PORT": str(box.port),
            "MAIL_SECURITY": "none",
            "MAIL_USER": USER,
            "MAIL_PASSWORD": PASSWORD,
            "FEISHU": robot.url(f"/hook/{TOKEN}"),
            "FEISHU_SECRET": SECRET,
        }.items():
            env.setenv(f"NIANBAO_ALERT_{name}", value)

        def crawl(run: str) -> Crawl:
            return run_crawl(folder, "portal", server.url("/"), settings={"RUN": run}, network="loopback")

        good = crawl(IN_TIME)
        # A cell of a report loses its number, and one comes that cannot be read.
        body = report_reply(NEW).body
        if body.count(b">554<") != 1:
            raise RuntimeError("the page of the report is another")
        server.routes[NEW.path] = Reply(body.replace(b">554<", b"><"), headers=HTML)
        server.routes[SCAN] = Reply(b"%PDF-1.4 cut", headers=(("Content-Type", "application/pdf"),))
        links = [(one.path, one.title) for one in (NEW, OLD)]
        server.routes[LIST] = write_list([*links, (SCAN, NEW.title.replace("2024", "2022"))])
        spoilt = crawl(LATE)
        server.routes[LIST] = write_list([])
        catalogue = open_catalogue(None, good.data_dir)
        with open_run(catalogue, KILLED, portal="127.0.0.1"):
            pass  # and never comes to its end
        catalogue.close()
        empty = crawl(LATER)
    return Watched(good, spoilt, empty, box.messages, robot.posted)


def test_a_good_crawl_raises_no_alert(watched: Watched) -> None:
    assert (watched.good.status, watched.good.verdict) == (0, "complete")
    assert watched.of(watched.good) == {}
    assert "watching: 127.0.0.1: 10 monitors, no alert" in watched.good.stderr
    assert "alert:" not in watched.good.stderr


def test_a_spoilt_one_raises_those_that_fit(watched: Watched) -> None:
    alerts = watched.of(watched.spoilt)
    assert set(alerts) == {"verdict", "unread", "missing_cells", "silent_governments"}
    report = f"127.0.0.1-{NEW.body}-{NEW.year}"
    said = {
        name: row["message"].removeprefix(f"127.0.0.1: {name}: ").removesuffix(f": {SEE}")
        for name, row in alerts.items()
    }
    assert said["missing_cells"] == f"1 cell missing that the version before had (bound: 0): {report} (1)"
    assert said["unread"] == "1 candidate unread (bound: 0)"
    assert said["verdict"] == "partial, wanted complete: 1 candidates unread"
    assert said["silent_governments"] == (
        f"1 body that reported on 2024: no report of 2025 32 days after 31 March 2026 (bound: 15): {NEW.body}"
    )
    assert all(row["new"] for row in alerts.values())
    lines = [line for line in watched.spoilt.stderr.splitlines() if "alert:" in line]
    assert [line.partition("WARNING: alert: ")[2] for line in lines] == [row["message"] for row in alerts.values()]


def test_an_empty_list_is_something_lost_and_what_stood_stands(watched: Watched) -> None:
    alerts = watched.of(watched.empty)
    assert {name: row["new"] for name, row in alerts.items()} == {
        "broken_off": True,
        "nothing_found": True,
        "verdict": False,
        "silent_governments": False,
    }
    assert f"run {LATE} found 2" in alerts["nothing_found"]["message"]
    assert alerts["verdict"]["since"] == "2026-05-02T03:15:00Z"


def test_a_run_that_was_killed_is_told_of_before_the_next_one_has_asked_for_anything(watched: Watched) -> None:
    (line,) = [line for line in watched.empty.stderr.splitlines() if "broken_off" in line]
    assert line.endswith(
        f"broken_off: run {KILLED} before this one never ended: it was killed, or the machine went down: {SEE}"
    )
    assert next(row["monitor"] for row in watched.alerts if row["run"] == LATER) == "broken_off"
    assert [mail["Subject"] for mail in watched.mails].count("nianbao: 127.0.0.1: begins, 1 alert") == 1


def test_alerts_touch_no_verdict(watched: Watched) -> None:
    assert [(crawl.status, crawl.verdict) for crawl in (watched.spoilt, watched.empty)] == [
        (3, "partial"),
        (5, "nothing_found"),
    ]
    assert len(watched.spoilt.records) == 1  # the one that changed


def test_each_run_with_alerts_is_one_mail_and_one_message(watched: Watched) -> None:
    assert [mail["Subject"] for mail in watched.mails] == [
        "nianbao: 127.0.0.1: partial, 4 alerts",
        "nianbao: 127.0.0.1: begins, 1 alert",
        "nianbao: 127.0.0.1: nothing_found, 3 alerts",
    ]
    crawls = (watched.spoilt, watched.empty, watched.empty)
    for number, (mail, posted, crawl) in enumerate(zip(watched.mails, watched.posted, crawls, strict=True)):
        text = mail.get_content().strip()
        assert posted.json["content"]["text"] == text
        assert posted.json["sign"]
        for name, row in watched.of(crawl).items():
            assert (row["message"] in text) == ((name == "broken_off") == (number == 1))
    assert text.count("(since 2026-05-02T03:15:00Z)") == 2


def test_no_secret_is_in_a_log_or_a_file(watched: Watched) -> None:
    written = [path.read_bytes() for path in watched.good.data_dir.rglob("*.json*")]
    told = [crawl.stderr.encode() for crawl in (watched.good, watched.spoilt, watched.empty)]
    assert len(written) > 6
    assert [
        secret for secret in (PASSWORD, TOKEN, SECRET) for text in (*written, *told) if secret.encode() in text
    ] == []


def test_metrics_are_those_of_the_last_run(watched: Watched) -> None:
    text = (watched.good.data_dir / "metrics" / "nianbao.prom").read_text(encoding="utf-8")
    samples = parse(text)
    assert get(samples, "portal_last_run_verdict", portal="127.0.0.1", verdict="nothing_found") == 1
    assert get(samples, "portal_last_run_reports", portal="127.0.0.1") == 0
    assert get(samples, "portal_last_run_finished_timestamp_seconds", portal="127.0.0.1") is not None


def test_a_crawl_that_is_refused_at_its_start_is_watched_too(tmp_path: Path) -> None:
    """Its engine never starts, so it never stops either."""
    (tmp_path / "catalogue.sqlite").write_bytes(b"no database" * 100)
    given = {"DATA_DIR": str(tmp_path), "SPIDERMON_ENABLED": "1", "READER_WORKERS": "1"}
    settings = (part for name, value in given.items() for part in ("-s", f"{name}={value}"))
    done = run_forked(["crawl", "wolong", *settings], network="none")
    assert done.status == 1
    rows = read_lines(tmp_path / "alerts.jsonl")
    assert [row["monitor"] for row in rows] == ["verdict", "errors"]
    assert f"failed, wanted complete: catalogue {tmp_path / 'catalogue.sqlite'}: no SQLite" in rows[0]["message"]
    assert sum("what needs the runs before is not watched" in line for line in done.lines) == 1


def test_settings_that_cannot_be_stop_a_crawl_before_it_begins() -> None:
    done = run_forked(["crawl", "wolong", "-s", "SPIDERMON_ENABLED=1", "-s", "WATCH_SILENCE_DAYS=x"], network="none")
    assert (done.status, done.stdout) == (2, "")
    assert done.lines == ["scrapy crawl: WATCH_SILENCE_DAYS must be a whole number from 0 to 200, not 'x'"]
