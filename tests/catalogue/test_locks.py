"""Who holds a portal, and that looking at it stands in nobody's way; on SQLite and on PostgreSQL."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from crawler.catalogue.errors import PortalBusyError
from crawler.catalogue.locks import find_holder, hold, is_held
from crawler.catalogue.reread import hold_portal
from crawler.catalogue.store import Catalogue, open_catalogue
from tests.catalogue.runs import crawl, open_run
from tests.test_rooms import ROOT

if TYPE_CHECKING:
    from pathlib import Path

HERE = f"{socket.gethostname()}:{os.getpid()}"
LOOK = """
import sys
from pathlib import Path
from crawler.catalogue.locks import is_held
from crawler.catalogue.store import open_catalogue
engine = open_catalogue(sys.argv[1], Path(sys.argv[2])).engine
print(flush=True)
while True:
    is_held(engine, "yunlai")
"""
DIE = """
import os, signal, sys
from pathlib import Path
from crawler.catalogue.store import open_catalogue
from tests.catalogue.runs import open_run
with open_run(open_catalogue(sys.argv[1], Path(sys.argv[2])), "killed"):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def write_url(catalogue: Catalogue) -> str:
    return catalogue.engine.url.render_as_string(hide_password=False)


def test_whoever_looks_is_in_nobodys_way(catalogue: Catalogue, tmp_path: Path) -> None:
    """Taken a hundred times while another process does nothing but look whether it is."""
    give_back = hold(catalogue.engine, "yunlai", "crawl 1")
    assert give_back is not None
    give_back()
    command = [sys.executable, "-c", LOOK, write_url(catalogue), str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as looker:
        assert looker.stdout is not None
        looker.stdout.readline()
        try:
            for _ in range(100):
                give_back = hold(catalogue.engine, "yunlai", "crawl 1")
                assert give_back is not None
                give_back()
        finally:
            looker.kill()


def test_who_has_not_looked_yet_is_waited_for(tmp_path: Path) -> None:
    """The file of SQLite can be looked at only by sharing its lock for a moment."""
    catalogue = open_catalogue(None, tmp_path)
    try:
        give_back = hold(catalogue.engine, "yunlai", "crawl 1")
        assert give_back is not None
        give_back()
        with (tmp_path / "catalogue.sqlite.locks" / "yunlai").open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            assert not is_held(catalogue.engine, "yunlai")  # two who look are not in each other's way
            timer = threading.Timer(0.1, fcntl.flock, (file, fcntl.LOCK_UN))
            timer.start()
            give_back = hold(catalogue.engine, "yunlai", "crawl 1")
            timer.join()
        assert give_back is not None
        give_back()
    finally:
        catalogue.close()


def test_the_lock_says_who_holds_it(catalogue: Catalogue) -> None:
    give_back = hold(catalogue.engine, "yunlai", "crawl of a name that is longer than the one after it")
    assert give_back is not None
    give_back()
    give_back = hold(catalogue.engine, "yunlai", "reparse 云:1")
    assert give_back is not None
    try:
        assert is_held(catalogue.engine, "yunlai")
        said = find_holder(catalogue.engine, "yunlai")
        assert said.startswith("reparse ")
        assert said.endswith(":1")
        assert find_holder(catalogue.engine, "elsewhere") is None
    finally:
        give_back()
    assert not is_held(catalogue.engine, "yunlai")
    assert find_holder(catalogue.engine, "yunlai") is None


def test_who_reads_anew_after_a_killed_run_is_not_that_run(catalogue: Catalogue, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DIE, write_url(catalogue), str(tmp_path)], cwd=ROOT, check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    with hold_portal(catalogue, "yunlai"):
        (row,) = catalogue.describe()
        assert row["last"]["verdict"] == "unfinished"
        said = rf"^yunlai is being read anew already: by scrapy reparse --write \({HERE}\)$"
        with pytest.raises(PortalBusyError, match=said), open_run(catalogue, "2"):
            pass
    crawl(catalogue, name="3")
    with open_run(catalogue, "4"):
        (row,) = catalogue.describe()
        assert row["last"]["verdict"] == "running"
        said = rf"^yunlai is being crawled already: run 4 \({HERE}\)$"
        with pytest.raises(PortalBusyError, match=said), hold_portal(catalogue, "yunlai"):
            pass


def test_who_is_not_known_is_another_process(catalogue: Catalogue) -> None:
    """One of a version that said nothing of itself."""
    give_back = hold(catalogue.engine, "yunlai", "")
    assert give_back is not None
    try:
        with pytest.raises(PortalBusyError, match=r"^yunlai is held already: by another process$"), open_run(catalogue):
            pass
    finally:
        give_back()


def test_a_lock_that_cannot_say_who_holds_it_is_one(tmp_path: Path) -> None:
    """A disk that is full: what is written in the file is a courtesy."""
    code = """
import resource, sys
from pathlib import Path
from crawler.catalogue.locks import find_holder, hold, is_held
from crawler.catalogue.store import open_catalogue
engine = open_catalogue(None, Path(sys.argv[1])).engine
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
give_back = hold(engine, "yunlai", "crawl 1")
print(is_held(engine, "yunlai"), repr(find_holder(engine, "yunlai")))
give_back()
print(is_held(engine, "yunlai"))
"""
    open_catalogue(None, tmp_path).close()
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "True ''\nFalse\n", "")
