"""Processes side by side: limits, crashes, stops and what they leave behind, each with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.fleet import fleet as fleet_module
from crawler.fleet.fleet import Fleet
from crawler.fleet.model import Launch, Limits, Task, say_time
from crawler.fleet.processes import list_processes, measure
from tests.crawl.crawling import PATIENCE, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crawler.fleet.model import End

DEAF = 'trap "" TERM INT HUP; : > "$0"; while :; do sleep 0.05; done'  # "$0" is made once it hears nothing any more
AMPLE = Limits(PATIENCE, PATIENCE, 4096)


@dataclass
class Witness:
    """Whoever is told what happens, and writes it down. ``look`` is called whenever there is something to be shown."""

    look: Callable[[], None] = lambda: None
    events: list[tuple[str, str]] = field(default_factory=list)

    def begin(self, task: Task, launch: Launch) -> None:
        self.events.append(("begin", task.name))

    def end(self, end: End) -> None:
        self.events.append(("end", end.task.name))

    def show(self, running: Sequence[tuple[str, float]], waiting: int) -> None:
        self.look()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks more often than once a second."""
    monkeypatch.setattr(fleet_module, "WATCH", 0.02)


def run(
    folder: Path,
    commands: Mapping[str, Sequence[str]],
    limits: Limits = AMPLE,
    *,
    size: int = 4,
    witness: Witness | None = None,
    hosts: Mapping[str, str] | None = None,
) -> tuple[dict[str, End], Fleet]:
    """How each of the commands ended; what it printed is in ``NAME.log``."""
    tasks = [Task(name, frozenset({(hosts or {}).get(name, f"{name}.test")})) for name in commands]

    def launch(task: Task) -> Launch:
        return Launch(tuple(commands[task.name]), "run", folder / f"{task.name}.log")

    fleet = Fleet(tasks, size, limits, launch, witness or Witness())
    return {end.task.name: end for end in fleet.run()}, fleet


def shell(script: str, *arguments: object) -> tuple[str, ...]:
    return ("sh", "-c", script, *map(str, arguments))


def is_alive(pid: int) -> bool:
    return any(one.pid == pid for one in list_processes())


def test_each_has_its_own_output_and_status(tmp_path: Path) -> None:
    commands = {"good": shell("echo out; echo err >&2"), "bad": shell("exit 3"), "lost": ("no-such-program",)}
    ends, fleet = run(tmp_path, commands)
    assert {name: (end.status, end.cause, end.forced) for name, end in ends.items()} == {
        "good": (0, "", False),
        "bad": (3, "", False),
        "lost": (None, "start", False),
    }
    assert ends["lost"].why == "no-such-program: No such file or directory"
    assert (tmp_path / "good.log").read_text() == "out\nerr\n"
    assert fleet.stopped_by is None


def test_a_crash_takes_along_what_it_started_in_sessions_of_their_own(tmp_path: Path) -> None:
    child, die = tmp_path / "child", tmp_path / "die"
    script = (
        'setsid sleep 600 & echo $! > "$0.new"; mv "$0.new" "$0"; while ! test -e "$1"; do sleep 0.02; done; kill -9 $$'
    )

    def look() -> None:
        if child.exists() and measure(int(child.read_text())):  # seen at least once when it dies
            looks.append(child)
            if len(looks) > 3:
                die.touch()

    looks: list[Path] = []
    commands = {"crash": shell(script, child, die), "other": shell('while test ! -e "$0"; do sleep 0.02; done', die)}
    ends, _ = run(tmp_path, commands, witness=Witness(look))
    assert ends["crash"].status == -signal.SIGKILL
    assert (ends["other"].status, ends["other"].cause) == (0, "")
    assert not is_alive(int(child.read_text()))


@pytest.mark.parametrize("end", ["kill -9 $$", "exit 0"])
def test_what_let_go_of_its_parent_before_anybody_looked_is_taken_along(tmp_path: Path, end: str) -> None:
    """It has forked twice, and its crawl is over at once: nobody has seen that the two belong together."""
    child, stays = tmp_path / "child", tmp_path / "stays"
    lost = 'echo $$ > "$0.new"; mv "$0.new" "$0"; exec sleep 600'
    script = f'(setsid sh -c \'{lost}\' "$0" &); until test -e "$0"; do :; done; {end}'
    commands = {"gone": shell(script, child), "other": shell('while test ! -e "$0"; do sleep 0.02; done', stays)}

    def look() -> None:
        if ("end", "gone") in witness.events:
            stays.touch()

    witness = Witness(look)
    with subprocess.Popen(["sleep", "600"]) as beside:  # a process of ours that no crawl has started
        ends, _ = run(tmp_path, commands, witness=witness)
        assert beside.poll() is None
        beside.kill()
    assert (ends["other"].status, ends["other"].forced) == (0, False)
    assert not is_alive(int(child.read_text()))


def test_what_another_process_has_let_go_of_is_left_alone(tmp_path: Path, watched: Path) -> None:
    begun = tmp_path / "begun"
    lost = 'echo $$ > "$0.new"; mv "$0.new" "$0"; exec sleep 600'
    lets_go = f'until test -e "$1"; do sleep 0.02; done; (setsid sh -c \'{lost}\' "$0" &); exec sleep 600'
    crawl = shell(': > "$1"; until test -e "$0"; do sleep 0.02; done', watched, begun)
    with subprocess.Popen(shell(lets_go, watched, begun)) as beside:
        run(tmp_path, {"crawl": crawl})
        orphan = int(watched.read_text())
        spared = is_alive(orphan)
        beside.kill()
        with suppress(ProcessLookupError):
            os.kill(orphan, signal.SIGKILL)
            os.waitpid(orphan, 0)
    assert spared


def test_what_let_go_of_its_parent_counts_for_its_memory(tmp_path: Path) -> None:
    hungry = f'"{sys.executable}" -S -c "import time; b = b\'x\' * (80 << 20); time.sleep(600)"'
    script = f"(setsid {hungry} &); exec sleep 600"
    ends, _ = run(tmp_path, {"hungry": shell(script)}, Limits(PATIENCE, PATIENCE, 64))
    assert (ends["hungry"].cause, ends["hungry"].forced) == ("memory", True)


def test_who_hangs_is_asked_to_stop_and_then_killed(tmp_path: Path) -> None:
    commands = {"deaf": shell(DEAF, tmp_path / "deaf"), "polite": ("sleep", "600")}
    ends, _ = run(tmp_path, commands, Limits(1.5, 0.2, 4096))
    assert (ends["deaf"].status, ends["deaf"].cause, ends["deaf"].forced) == (-signal.SIGKILL, "time", True)
    assert (ends["polite"].status, ends["polite"].cause, ends["polite"].forced) == (-signal.SIGTERM, "time", False)


def test_memory_is_that_of_a_process_and_all_that_it_started(tmp_path: Path) -> None:
    hungry = f'"{sys.executable}" -S -c "import time; b = b\'x\' * (40 << 20); time.sleep(600)"'
    commands = {"hungry": shell(f"{hungry} & {hungry} & wait"), "modest": ("sleep", "0.1")}
    ends, _ = run(tmp_path, commands, Limits(PATIENCE, PATIENCE, 64))
    assert (ends["hungry"].cause, ends["hungry"].forced) == ("memory", True)
    assert 64 << 20 < ends["hungry"].peak < 128 << 20
    assert (ends["modest"].status, ends["modest"].cause) == (0, "")


def test_who_shares_a_host_waits_and_others_go_first(tmp_path: Path) -> None:
    hosts = {"first": "www.yunlai.gov.cn", "second": "tj.yunlai.gov.cn", "third": "www.qingxi.gov.cn"}
    witness = Witness()
    begun = tmp_path / "begun"
    commands = {
        "first": shell('while ! test -e "$0"; do sleep 0.02; done', begun),  # ends when the third has begun
        "second": shell("exit 0"),
        "third": shell(': > "$0"', begun),
    }
    run(tmp_path, commands, witness=witness, hosts=hosts, size=2)
    assert witness.events[:2] == [("begin", "first"), ("begin", "third")]
    assert witness.events.index(("end", "first")) < witness.events.index(("begin", "second"))


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT is heard, also where the tests run in the background of a shell, which has them ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("again", [False, True])
def test_a_signal_stops_all_and_a_second_one_kills(tmp_path: Path, again: bool) -> None:
    deaf = tmp_path / "deaf"
    sent: list[int] = []

    def look() -> None:
        if not sent and (deaf.exists() or not again):
            sent.append(signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)
        elif again and sent == [signal.SIGTERM]:
            sent.append(signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGTERM)
    commands = {"runs": shell(DEAF, deaf) if again else ("sleep", "600"), "waits": shell("exit 0")}
    ends, fleet = run(tmp_path, commands, size=1, witness=Witness(look))
    assert fleet.stopped_by == signal.SIGTERM
    assert (ends["runs"].cause, ends["runs"].forced) == ("stop", again)
    assert (ends["waits"].status, ends["waits"].cause) == (None, "never")
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.usefixtures("interruptible")
def test_what_is_ignored_from_the_start_stops_nothing(tmp_path: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell has it for what it runs in its background
    sent = tmp_path / "sent"

    def look() -> None:
        if not sent.exists():
            os.kill(os.getpid(), signal.SIGINT)
            sent.touch()

    commands = {"runs": shell('while test ! -e "$0"; do sleep 0.02; done', sent)}
    ends, fleet = run(tmp_path, commands, witness=Witness(look))
    assert (ends["runs"].status, ends["runs"].cause, fleet.stopped_by) == (0, "", None)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Path]:
    """A file that holds, soon, the id of a process which a fleet has started."""
    path = tmp_path / "pid"
    yield path
    if path.exists() and is_alive(int(path.read_text())):
        os.kill(int(path.read_text()), signal.SIGKILL)


def test_when_the_fleet_itself_is_killed_its_crawls_are_asked_to_stop(watched: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from crawler.fleet.fleet import start
from crawler.fleet.model import Launch
stop = 'trap "exit 0" TERM; echo $$ > "$0.new"; mv "$0.new" "$0"; while :; do sleep 0.05; done'
start(Launch(("sh", "-c", stop, {str(watched)!r}), "run", Path({str(watched.with_suffix(".log"))!r})))
print(flush=True)
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE) as process:
        wait_until(watched.exists)
        process.kill()
    wait_until(lambda: not is_alive(int(watched.read_text())))


def wait_until(condition: Callable[[], bool]) -> None:
    bell = threading.Event()
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError
        bell.wait(0.02)


@pytest.mark.parametrize(("seconds", "said"), [(0.4, "0:00"), (59.6, "1:00"), (3725, "1:02:05")])
def test_times_are_said(seconds: float, said: str) -> None:
    assert say_time(seconds) == said
