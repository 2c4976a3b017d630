"""Two crawls, two processes, one host: never two requests at once, and the pause between any two. Lower bounds only."""

from __future__ import annotations

import fcntl
import logging
import multiprocessing
import os
import struct
import sys
import threading
from dataclasses import replace
from itertools import pairwise
from time import monotonic
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from crawler.web import turns as turns_module
from crawler.web.turns import FOLDER, FRESH, LONGEST_PAUSE, NOT_ASKED, SLACK, HostTurns, read_clock
from tests.crawl.crawling import PATIENCE
from tests.web.crawling import PLAIN, Worker
from tests.web.server import Reply, WebServer, serve
from tests.web.timed import SENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

WARM = multiprocessing.get_context("forkserver")  # as `tests.crawl.crawling` has it
GRAIN = 0.05  # a busy machine lets a request go this long after its turn, and the next one in time
PAUSE = 0.12
HOST = "127.0.0.1"
PAGES = 5
UP = 5000.0  # seconds that the machine has run where a test goes back in time: this one may have been started just now


@pytest.fixture(scope="module")
def other() -> Iterator[Worker]:
    """A second process beside the one of all tests here, forked from one that has loaded everything."""
    ours, theirs = WARM.Pipe()
    process = WARM.Process(target=work, args=(theirs,))
    process.start()
    theirs.close()
    with open(os.dup(ours.fileno()), "w") as stdin, open(os.dup(ours.fileno())) as stdout:  # noqa: PTH123  (descriptors)
        ours.close()
        yield Worker(cast("Any", SimpleNamespace(stdin=stdin, stdout=stdout)))
    process.join(PATIENCE)
    process.kill()
    process.join()


def work(jobs: Connection) -> None:
    """What a worker does, over a pipe."""
    sys.stdin, sys.stdout = open(os.dup(jobs.fileno())), open(os.dup(jobs.fileno()), "w")  # noqa: PTH123, SIM115
    jobs.close()
    sys.argv = ["worker", "{}"]
    from tests.web.worker import main  # noqa: PLC0415  (of Scrapy, which is loaded long ago where this runs)

    main()


def settings(folder: Path, handler: str = "tests.web.turning.TimedTurnHandler", **more: object) -> dict[str, object]:
    handlers = {"http": handler}
    return {**PLAIN, "DATA_DIR": str(folder), "DOWNLOAD_DELAY": PAUSE, "DOWNLOAD_DELAY_JITTER": 0.0} | {
        "DOWNLOAD_HANDLERS": handlers,
        **more,
    }


def crawl_both(
    worker: Worker, other: Worker, server: WebServer, chosen: dict[str, object], waits: Callable[[], bool]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both ask for pages of their own. The first answer is held until the second crawl waits, or asks too."""
    ways = {who: [f"/{who}{number}" for number in range(PAGES)] for who in "ab"}
    server.routes |= {path: page() for way in ways.values() for path in way} | {"/a0": replace(page(), wait=True)}
    worker.begin([server.url(path) for path in ways["a"]], chosen)
    server.wait_for("/a0")
    other.begin([server.url(path) for path in ways["b"]], chosen)
    bell, until = threading.Event(), monotonic() + 30
    while server.in_flight_peak < 2 and not waits() and monotonic() < until:
        bell.wait(0.01)
    server.release()
    return worker.finish(), other.finish()


def page() -> Reply:
    return Reply(b"<p>x</p>")


def read_left(folder: Path) -> float:
    """When the host's last request left."""
    return cast("float", struct.unpack_from("<d", (folder / FOLDER / HOST).read_bytes(), 8)[0])


def find_waiting(folder: Path) -> bool:
    """Whether somebody says that it waits for the host."""
    data = (folder / FOLDER / HOST).read_bytes()
    return len(data) == 64 and struct.unpack_from("<d", data, 40)[0] > 0


def test_two_crawls_ask_one_host_in_turns(worker: Worker, other: Worker, tmp_path: Path) -> None:
    with serve({}) as server:
        done = crawl_both(worker, other, server, settings(tmp_path), lambda: find_waiting(tmp_path))
        paths = server.paths()
    assert server.in_flight_peak == 1
    assert sorted(paths) == [f"/{who}{number}" for who in "ab" for number in range(PAGES)]
    assert paths.index("/b0") < paths.index(f"/a{PAGES - 1}")  # the one does not wait until the other is done
    sent = sorted((at, path) for one in done for path, at in one["stats"][SENT])
    assert [path for _, path in sent] == paths
    assert min(after - before for (before, _), (after, _) in pairwise(sent)) >= PAUSE - GRAIN
    assert done[1]["stats"]["hosts/waited"] >= 1
    said = f"INFO hosts: {HOST}: another crawl asks it, or has just done so; this one waits for its turn"
    assert [one["log"].count(said) for one in done] == [int("hosts/waited" in one["stats"]) for one in done]


def test_without_turns_they_ask_at_once(worker: Worker, other: Worker, tmp_path: Path) -> None:
    """What the test above is about does happen."""
    with serve({}) as server:
        crawl_both(worker, other, server, settings(tmp_path, "tests.web.timed.TimedHandler"), lambda: False)
    assert server.in_flight_peak == 2


def test_who_hangs_is_waited_for_as_long_as_its_request_may_take(worker: Worker, tmp_path: Path) -> None:
    turns = HostTurns(tmp_path / FOLDER)
    assert take(turns, -10.0) == 0.0  # its time is over at once, the slack too
    with serve({"/": page(), "/more": page()}) as server:
        done = worker.crawl([server.url("/"), server.url("/more")], settings(tmp_path, DOWNLOAD_DELAY=0.001))
        assert server.paths() == ["/", "/more"]
    said = f"WARNING hosts: {HOST}: another crawl hangs in its request; it is not waited for any more"
    assert done.log.count(said) == 1
    # Should it wake, it finds that there is another file.
    turns.give_back(HOST)
    assert take(turns) is None
    beside = HostTurns(tmp_path / FOLDER)
    assert take(beside) is not None
    assert take(turns) is None
    beside.give_back(HOST)


def test_a_crawl_that_closes_waits_for_no_turn(worker: Worker, tmp_path: Path) -> None:
    other = HostTurns(tmp_path / FOLDER)
    assert take(other, 3600.0) == 0.0
    with serve({"/": page()}) as server:
        chosen = settings(tmp_path, CLOSESPIDER_TIMEOUT=0.2, RETRY_ENABLED=True)
        done = worker.crawl([server.url("/")], chosen)
        assert server.paths() == []
        assert done.reason == "closespider_timeout"
        assert done.errors == [(server.url("/"), "DownloadCancelledError", NOT_ASKED)]
    other.give_back(HOST)


def test_a_crawl_that_closes_keeps_no_pause(worker: Worker, tmp_path: Path) -> None:
    enter(tmp_path, until=monotonic() + 3600, left=monotonic(), pause=LONGEST_PAUSE)
    with serve({"/": page()}) as server:
        done = worker.crawl([server.url("/")], settings(tmp_path, CLOSESPIDER_TIMEOUT=0.2))
        assert server.paths() == []
        assert done.errors == [(server.url("/"), "DownloadCancelledError", NOT_ASKED)]


def test_the_moment_is_that_at_which_the_request_leaves(worker: Worker, tmp_path: Path) -> None:
    asked: list[float] = []

    def answer(_: object) -> Reply:
        """Meanwhile another crawl has asked."""
        asked.append(monotonic())
        enter(tmp_path, until=asked[0] + 3600, left=asked[0], pause=0.5)
        return page()

    with serve({"/": answer, "/more": page()}) as server:
        done = worker.crawl([server.url("/"), server.url("/more")], settings(tmp_path, DOWNLOAD_DELAY=0.001))
    assert done.stats["hosts/waited"] == 1
    assert asked[0] + 0.5 + 1e-7 < read_left(tmp_path) <= done.stats[SENT][-1][1]  # not the one that was foreseen


# --- the rules, one by one


def take(turns: HostTurns, timeout: float = 60) -> float | None:
    return turns.take(HOST, 0.0, timeout)


def enter(folder: Path, *, until: float, left: float, pause: float, clock: int | None = None) -> None:
    """What another crawl left in the file."""
    path = folder / FOLDER / HOST
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(struct.pack("<dddQQ", until, left, pause, 7, read_clock() if clock is None else clock))


def test_whoever_waits_goes_first_and_then_the_other(tmp_path: Path) -> None:
    one, two = HostTurns(tmp_path / FOLDER), HostTurns(tmp_path / FOLDER)
    assert take(one) == 0.0
    assert take(two) is None
    one.give_back(HOST)
    assert take(one) is None
    assert take(two) == 0.0
    assert take(one) is None
    two.give_back(HOST)
    assert take(two) is None
    assert take(one) == 0.0
    one.give_back(HOST)
    assert take(one) == 0.0  # nobody waits any more


def test_the_same_crawl_has_one_request_under_way(tmp_path: Path) -> None:
    turns = HostTurns(tmp_path / FOLDER)
    assert take(turns) == 0.0
    assert take(turns) is None


@pytest.mark.parametrize(
    ("ago", "pause", "least", "most"),
    [
        (0, 20, 19, 20),
        (15, 20, 4, 5),
        (30, 20, 0, 0),
        (0, 600, LONGEST_PAUSE - 1, LONGEST_PAUSE),  # it was slowed down for itself, and may have ended
        (-1e9, 20, 20, 20),  # the machine was started anew
    ],
)
def test_the_pause_of_another_is_kept(tmp_path: Path, ago: float, pause: float, least: float, most: float) -> None:
    now = monotonic()
    enter(tmp_path, until=now + 60, left=now - ago, pause=pause)
    wait = take(HostTurns(tmp_path / FOLDER))
    assert wait is not None
    assert least <= wait <= most


def test_the_pause_runs_from_when_the_request_has_left(tmp_path: Path) -> None:
    """Not from when it was to leave."""
    enter(tmp_path, until=monotonic() + 60, left=monotonic() - 10, pause=20)
    turns = HostTurns(tmp_path / FOLDER)
    foreseen = monotonic() + cast("float", take(turns))  # 10 s from now
    turns.leave(HOST)
    turns.give_back(HOST)
    assert read_left(tmp_path) <= monotonic() < foreseen


def hold(folder: Path, held: Connection) -> None:
    """What a crawl does that is killed in a request."""
    turns = HostTurns(folder)
    turns.take(HOST, 0.0, 60.0)
    held.send(None)
    held.recv()


def test_a_process_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    ours, theirs = WARM.Pipe()
    process = WARM.Process(target=hold, args=(tmp_path / FOLDER, theirs))
    process.start()
    ours.recv()
    turns = HostTurns(tmp_path / FOLDER)
    assert take(turns) is None
    process.kill()
    process.join()
    assert take(turns) == 0.0
    for end in (ours, theirs):
        end.close()


def test_who_has_begun_just_now_does_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the request before entered is long over, and its own is not there yet."""
    monkeypatch.setattr(turns_module, "monotonic", lambda: UP)
    enter(tmp_path, until=UP - 1000, left=UP - 1060, pause=1)
    turns = HostTurns(tmp_path / FOLDER)
    with (tmp_path / FOLDER / HOST).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        before = (tmp_path / FOLDER / HOST).stat().st_ino
        assert take(turns) is None
        assert take(turns) is None
        assert (tmp_path / FOLDER / HOST).stat().st_ino == before


def test_the_turns_of_another_machine_are_kept_and_its_clock_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was started 1000 s later, or earlier."""
    here, there = HostTurns(tmp_path / FOLDER), HostTurns(tmp_path / FOLDER, clock=7)
    path = tmp_path / FOLDER / HOST
    began = UP
    for ahead in (-1000.0, 1000.0):
        monkeypatch.setattr(turns_module, "monotonic", lambda ahead=ahead: began + ahead)
        assert there.take(HOST, 20.0, 60.0) is not None
        file = path.stat().st_ino
        looks = (0.0, 2.0, 60.0 + SLACK + LONGEST_PAUSE)
        for later in looks:  # it is not over its time, for all that is known here
            monkeypatch.setattr(turns_module, "monotonic", lambda later=later: began + later)
            assert take(here) is None
        assert path.stat().st_ino == file
        there.give_back(HOST)
        assert take(here) == 20.0  # all of its pause
        here.give_back(HOST)
    assert there.take(HOST, 20.0, 60.0) is not None
    for later in (200.0, 202.0 + 60.0 + SLACK + LONGEST_PAUSE):
        monkeypatch.setattr(turns_module, "monotonic", lambda later=later: began + later)
        assert take(here) is None
    assert path.stat().st_ino != file  # now it hangs
    assert take(here) is not None


def test_whoever_waits_on_another_machine_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = HostTurns(tmp_path / FOLDER), HostTurns(tmp_path / FOLDER, clock=7)
    began = monotonic()
    assert take(here) == 0.0
    monkeypatch.setattr(turns_module, "monotonic", lambda: began + 1000)
    assert take(there) is None
    monkeypatch.setattr(turns_module, "monotonic", lambda: began)
    here.give_back(HOST)
    assert take(here) is None
    assert take(there) == 0.0
    there.give_back(HOST)
    assert take(here) == 0.0
    here.give_back(HOST)
    assert take(here) == 0.0  # nobody waits any more


def test_who_waits_on_another_machine_and_ends_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = HostTurns(tmp_path / FOLDER), HostTurns(tmp_path / FOLDER, clock=7)
    assert take(here) == 0.0
    assert take(there) is None
    there.close()
    here.give_back(HOST)
    assert take(here) is None
    began = monotonic()
    monkeypatch.setattr(turns_module, "monotonic", lambda: began + FRESH)
    assert take(here) == 0.0


def test_a_machine_whose_start_has_no_name_has_a_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert 0 < read_clock() < 1 << 64
    monkeypatch.setattr(turns_module, "BOOT", tmp_path / "none")
    assert read_clock() == 0
    assert take(HostTurns(tmp_path / FOLDER)) == 0.0


def test_a_look_makes_no_files_and_keeps_to_those_there(tmp_path: Path) -> None:
    look = HostTurns(tmp_path / FOLDER, makes=False)
    assert take(look) == 0.0
    assert list(tmp_path.iterdir()) == []
    beside = HostTurns(tmp_path / FOLDER)
    assert take(beside) == 0.0
    assert take(look) is None


def test_what_the_file_system_will_not_do_is_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FOLDER).write_text("a file", encoding="utf-8")
    turns = HostTurns(tmp_path / FOLDER)
    with caplog.at_level(logging.WARNING, "crawler.web.turns"):
        assert take(turns) == 0.0
        turns.give_back(HOST)
        assert take(turns) == 0.0
    (line,) = caplog.messages
    assert line == f"hosts: {tmp_path / FOLDER}: File exists; other crawls of the same hosts are not waited for"


@pytest.mark.parametrize("host", ["::1", "政府.中国", "a" * 250, "..", ""])
def test_any_host_has_a_file(tmp_path: Path, host: str) -> None:
    turns = HostTurns(tmp_path / FOLDER)
    assert turns.take(host, 0.0, 60.0) == 0.0
    turns.give_back(host)
    (path,) = (tmp_path / FOLDER).iterdir()
    assert path.is_file()
