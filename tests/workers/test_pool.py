"""The pool with real processes: what a document may do to its reader, and what it must not do to others."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crawler.extraction import errors
from crawler.extraction.errors import NotAReport, ReadingError, UnreadableDocument
from crawler.workers import pool as pools
from crawler.workers.model import Limits, ReaderFailed, ReaderStopped
from crawler.workers.pool import PLACES, ReaderPool
from crawler.workers.worker import survives_pickling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
DO = "tests.workers.functions:do"
LIMITS = Limits(seconds=20, megabytes=200, slow_seconds=30, slow_megabytes=400)
PATIENCE = 20.0


@pytest.fixture
def pool() -> Iterator[ReaderPool]:
    with ReaderPool(2, LIMITS, DO) as pool:
        yield pool


def wait_until(holds: Callable[[], Any]) -> Any:
    """What ``holds`` says as soon as it is true; an error if it never is."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.01)
    raise TimeoutError


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_jobs_are_done_in_fresh_processes_that_never_load_scrapy(pool: ReaderPool) -> None:
    assert pool.submit(("echo", {"甲": [1, None, 2.5]})).result() == {"甲": [1, None, 2.5]}
    assert pool.submit(("pid", None)).result() != os.getpid()
    assert not {"scrapy", "twisted", "itemadapter", "pytest"} & set(pool.submit(("modules", None)).result())


def test_the_kernel_is_loaded_by_the_reader_alone() -> None:
    """Also under a main script that is Scrapy's."""
    code = (
        "import sys; from crawler.workers.pool import ReaderPool;"
        "ReaderPool(1).submit(None).exception();"
        "print('crawler.extraction.read' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        (("segfault", None), "the reader died (signal 11)"),
        (("abort", None), "the reader died (signal 6)"),
        (("kill", None), "the reader died (signal 9)"),
        (("exit", 3), "the reader died (status 3)"),
        (("exit", 0), "the reader died (status 0)"),
        (("eat", 300_000_000), "the reader needed more than 200 MB"),
        (("eat_slowly", 600_000_000), "the reader needed more than 400 MB"),
    ],
)
def test_a_reader_that_dies_costs_its_document_only(job: tuple[str, Any], reason: str) -> None:
    with ReaderPool(1, LIMITS, DO) as pool:
        futures = [pool.submit(one) for one in (("echo", 1), job, ("echo", 2), ("echo", 3))]
        assert [futures[at].result() for at in (0, 2, 3)] == [1, 2, 3]
        with pytest.raises(ReaderStopped) as caught:
            futures[1].result()
    assert str(caught.value) == reason


def test_a_reader_that_dies_at_its_limit_died_of_memory() -> None:
    """In a parent that is smaller than the limit, for the system counts a parent's size to its child."""
    code = f"""
from crawler.workers.model import Limits
from crawler.workers.pool import ReaderPool
with ReaderPool(1, Limits(megabytes=200), {DO!r}) as pool:
    print(pool.submit(("eat_and_die", 170_000_000)).exception(), pool.submit(("kill", None)).exception(), sep=", ")
"""
    # A shell between: what is started by these tests counts as large as they are, and what that starts does not.
    shell = ["sh", "-c", '"$0" -c "$1"; exit $?', sys.executable, code]
    done = subprocess.run(shell, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("the reader needed more than 200 MB, the reader died (signal 9)\n", "")


@pytest.mark.parametrize("name", ["hang", "hold_the_interpreter"])
def test_a_reader_that_hangs_is_stopped(name: str) -> None:
    with ReaderPool(1, Limits(seconds=0.2), DO) as pool:
        futures = [pool.submit((name, None)), pool.submit(("echo", 2))]
        with pytest.raises(ReaderStopped, match=r"^the reader ran longer than 0\.2 s and was stopped$"):
            futures[0].result()
        assert futures[1].result() == 2


def test_what_is_slow_says_so_and_gets_more() -> None:
    with ReaderPool(1, Limits(0.5, 200, 20, 400), DO) as pool:
        assert pool.submit(("slow_nap", 0.7)).result() == "rested"
    with ReaderPool(1, LIMITS, DO) as pool:
        assert pool.submit(("eat_slowly", 250_000_000)).result() == 250
        with pytest.raises(ReaderStopped, match="200 MB"):  # and the next has the tight limits again
            pool.submit(("eat", 250_000_000)).result()
    with (
        ReaderPool(1, Limits(20, 200, 0.3, 400), DO) as pool,
        pytest.raises(ReaderStopped, match=r"longer than 0\.3 s"),
    ):
        pool.submit(("slow_nap", 30)).result()


def test_reasons_of_the_kernel_come_back_as_they_were(pool: ReaderPool) -> None:
    for kind in (NotAReport, UnreadableDocument):
        with pytest.raises(kind) as caught:
            pool.submit(("raise", (kind.__name__, "只有标题"))).result()
        assert str(caught.value) == "只有标题"
    with pytest.raises(ReadingError, match="one and two"):
        pool.submit(("raise_demanding", None)).result()


def test_every_error_of_the_kernel_survives_the_way() -> None:
    kinds = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, ReadingError)]
    assert len(kinds) >= 3
    assert all(survives_pickling(kind("reason")) for kind in [*kinds, ReaderStopped])


def test_an_unknown_error_keeps_its_traceback(pool: ReaderPool) -> None:
    with pytest.raises(ReaderFailed, match="RecursionError: too deep") as caught:
        pool.submit(("raise", ("RecursionError", "too\ndeep"))).result()
    assert "functions.py" in caught.value.__notes__[0]
    with pytest.raises(ReaderFailed, match="pickle"):
        pool.submit(("return_what_nobody_can_send", None)).result()
    with pytest.raises(ReaderFailed, match="cannot be loaded"):
        pool.submit(("return_what_nobody_can_load", None)).result()
    with pytest.raises(Exception, match="pickle"):
        pool.submit(("echo", lambda: None)).result()
    assert pool.submit(("echo", 1)).result() == 1


def test_what_libraries_print_is_seen_nowhere(pool: ReaderPool, capfd: pytest.CaptureFixture[str]) -> None:
    assert pool.submit(("print", "noise")).result() == "noise"
    assert capfd.readouterr() == ("", "")


def test_large_bodies_go_through(pool: ReaderPool) -> None:
    body = bytes(30_000_000)
    assert pool.submit(("echo", body)).result() == body


def test_results_come_in_order_and_few_items_are_taken_ahead(pool: ReaderPool) -> None:
    taken = 0

    def prepare(number: int) -> tuple[str, Any]:
        nonlocal taken
        taken += 1
        if number % 10 == 0:
            raise OSError(number, "refused")
        if number == 5:
            return ("exit", 1)
        return ("nap", (0.05 if number % 7 == 1 else 0, number))

    given = 0
    for number, future in pool.map_in_order(range(1, 41), prepare):
        given += 1
        assert number == given
        assert taken <= given + PLACES * pool.size
        if number % 10 == 0:
            with pytest.raises(OSError, match="refused"):
                future.result()
        elif number == 5:
            with pytest.raises(ReaderStopped):
                future.result()
        else:
            assert future.result() == number
    assert given == 40


def test_a_reader_does_not_wait_for_one_with_a_long_document(pool: ReaderPool, tmp_path: Path) -> None:
    """The other reader goes on with documents behind it."""
    file = str(tmp_path / "done")
    jobs = [("wait_for", (file, PATIENCE / 2)), *[("echo", 1)] * 12, ("touch", file)]
    (_, first), *_ = pool.map_in_order(jobs, lambda job: job)
    assert first.result()


def test_readers_are_started_for_jobs_only() -> None:
    with ReaderPool(4, LIMITS, DO) as pool:
        assert {pool.submit(("pid", None)).result() for _ in range(5)}.__len__() == 1


def test_readers_work_side_by_side(pool: ReaderPool) -> None:
    pids = [future.result() for future in [pool.submit(("pid", None)) for _ in range(50)]]
    assert len(set(pids)) <= 2
    naps = [pool.submit(("hang", None)), pool.submit(("echo", 1))]
    assert naps[1].result() == 1
    assert not naps[0].done()


def test_readers_are_replaced_after_so_many_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "RECYCLE_DOCUMENTS", 3)
    with ReaderPool(1, LIMITS, DO) as pool:
        pids = [pool.submit(("pid", None)).result() for _ in range(7)]
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 1]
    assert not any(map(is_alive, pids))


def test_readers_are_replaced_when_they_hold_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "RECYCLE_BYTES", 100_000_000)
    with ReaderPool(1, LIMITS, DO) as pool:
        pids = [pool.submit(("keep", 45_000_000)).result() for _ in range(6)]
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [2, 2, 2]


def test_a_reader_that_does_not_start_fails_all_and_not_for_ever() -> None:
    with ReaderPool(2, LIMITS, "tests.workers.functions:no_such_function") as pool:
        for future in [pool.submit(("echo", n)) for n in range(5)]:
            with pytest.raises(ReaderFailed, match=r"no reader starts: AttributeError: .*no_such_function"):
                future.result()


def test_what_a_document_left_behind_is_taken_away(tmp_path: Path) -> None:
    with ReaderPool(1, LIMITS, DO) as pool:
        with pytest.raises(ReaderStopped, match="status 1"):
            pool.submit(("leave_files", str(tmp_path / "left"))).result()
        folder, child = (tmp_path / "left").read_text(encoding="utf-8").split()
        assert not Path(folder).exists()
        assert wait_until(lambda: not is_alive(int(child)))
        assert Path(folder).parents[1].exists()
    assert not Path(folder).parents[1].exists()


def test_a_closed_pool_stops_what_is_running_and_takes_nothing(tmp_path: Path) -> None:
    pool = ReaderPool(1, LIMITS, DO)
    futures = [pool.submit(("hang", str(tmp_path / "pid"))), pool.submit(("echo", 1))]
    pid = int(wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(encoding="ascii")))
    pool.close()
    pool.close()
    assert not is_alive(pid)
    for future in futures:
        with pytest.raises(ReaderStopped, match="the pool was closed"):
            future.result()
    with pytest.raises(RuntimeError, match="closed"):
        pool.submit(("echo", 1))


def test_a_pool_without_readers_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ReaderPool(0)


def test_a_coroutine_can_wait_and_be_cancelled(pool: ReaderPool) -> None:
    async def run() -> Any:
        waiting = [asyncio.ensure_future(asyncio.wrap_future(pool.submit(("nap", (0.05, n))))) for n in range(6)]
        waiting[-1].cancel()
        done = await asyncio.gather(*waiting, return_exceptions=True)
        return done[:-1], type(done[-1])

    assert asyncio.run(run()) == ([0, 1, 2, 3, 4], asyncio.CancelledError)


# --- the end of the parent --------------------------------------------------------------------------------------------

PARENT = """
import sys
from crawler.workers.pool import ReaderPool
pool = ReaderPool(2, function="tests.workers.functions:do")
for path in sys.argv[1:]:
    pool.submit(("hang", path))
print("ready", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("how", ["end of input", "SIGINT", "SIGTERM", "SIGKILL"])
def test_no_reader_outlives_its_parent(how: str, tmp_path: Path) -> None:
    paths = [tmp_path / "one", tmp_path / "two"]
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *map(str, paths)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        # A suite that runs in the background of a shell hands on that interrupts are ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  (no thread runs here)
    )
    with parent:
        pids = [int(wait_until(lambda path=path: path.exists() and path.read_text(encoding="ascii"))) for path in paths]
        assert all(map(is_alive, pids))
        if how == "end of input":
            parent.communicate()
        else:
            parent.send_signal(signal.Signals[how])
        parent.wait(PATIENCE)
    assert wait_until(lambda: not any(map(is_alive, pids)))
    if how in {"end of input", "SIGINT"}:  # the others leave it no time to take its folder away
        assert list(tmp_path.glob("nianbao-*")) == []
