"""A real scrapyd on loopback with the configuration that the project ships, and what an operator does with it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[2]
PACKED = ("crawler", "pipelines", "settings", "spiders", "deploy")
BIN = Path(sys.executable).parent
PATIENCE = 100  # seconds until what does not come to pass is an error
USER, PASSWORD = "nianbao", "a word"
_OPEN = build_opener(ProxyHandler({})).open


@dataclass(frozen=True, slots=True)
class Scrapyd:
    """A server that runs. ``state`` stands for /var/lib/nianbao; ``home`` and ``temporary`` are empty at its start."""

    url: str
    state: Path
    home: Path
    temporary: Path
    environment: dict[str, str]
    output: Path

    def ask(self, service: str, *, known: bool = True, **query: str) -> Any:
        """The answer of a service that is asked by GET; ``known``: with user and password. Raises HTTPError."""
        return self._send(Request(f"{self.url}{service}.json?{urlencode(query)}"), known=known)

    def schedule(self, spider: str, settings: Mapping[str, str], **arguments: str) -> str:
        """Has a crawl queued; the id of its job."""
        fields = [("project", "nianbao"), ("spider", spider), *arguments.items()]
        fields += [("setting", f"{name}={value}") for name, value in settings.items()]
        answer = self._send(Request(f"{self.url}schedule.json", urlencode(fields).encode()), known=True)
        if answer["status"] != "ok":
            raise RuntimeError(answer["message"])
        return str(answer["jobid"])

    def wait_for(self, jobs: Sequence[str]) -> None:
        """Returns when the jobs have ended."""
        deadline = time.monotonic() + PATIENCE
        while not set(jobs) <= {job["id"] for job in self.ask("listjobs")["finished"]}:
            if time.monotonic() > deadline:
                raise TimeoutError(self.output.read_text(encoding="utf-8"))
            time.sleep(0.1)

    def deploy(self, project: Path) -> subprocess.CompletedProcess[str]:
        """``scrapyd-deploy remote`` in the folder ``deploy`` of a copy of the project."""
        # The egg holds compiled modules, as an operator's does; else each job would compile all of them.
        compiling = {"SCRAPYD_URL": self.url, "PYTHONDONTWRITEBYTECODE": ""}
        return subprocess.run(
            [BIN / "scrapyd-deploy", "remote"],
            cwd=project / "deploy",
            env={**self.environment, **compiling},
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )

    def find_processes(self) -> list[str]:
        """The command lines of all processes that were started by the server or by what it started, itself included."""
        mark, found = f"HOME={self.home}\0".encode(), []
        for folder in Path("/proc").iterdir():
            try:
                if folder.name.isdecimal() and mark in (folder / "environ").read_bytes():
                    found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:  # it has ended, or is another user's
                continue
        return found

    def _send(self, request: Request, *, known: bool) -> Any:
        if known:
            word = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            request.add_header("Authorization", f"Basic {word}")
        with _OPEN(request, timeout=PATIENCE) as answer:
            return json.load(answer)


def copy_project(target: Path) -> Path:
    """A copy of what goes into the egg, as a fresh checkout would have it: the build writes beside deploy/setup.py."""
    leave = shutil.ignore_patterns("__pycache__", "build", "*.egg-info", ".env")
    for name in PACKED:
        shutil.copytree(ROOT / name, target / name, ignore=leave)
    shutil.copy(ROOT / "pyproject.toml", target)
    return target


@contextmanager
def run_scrapyd(folder: Path) -> Iterator[Scrapyd]:
    """scrapyd with deploy/scrapyd.conf, its folders moved below ``folder``. With it, all that it started ends."""
    state, home, temporary = folder / "state", folder / "home", folder / "tmp"
    for path in (state / "scrapyd", home, temporary):
        path.mkdir(parents=True)
    text = (ROOT / "deploy" / "scrapyd.conf").read_text(encoding="utf-8").replace("/var/lib/nianbao", str(state))
    # In its working directory, where it goes before /etc/scrapyd. It looks for jobs more often than an operator needs.
    (state / "scrapyd" / "scrapyd.conf").write_text(text + "\npoll_interval = 0.1\n", encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",  # nothing is written beside the packages that are installed
        "SCRAPYD_HTTP_PORT": str(port),
        "SCRAPYD_USERNAME": USER,
        "SCRAPYD_PASSWORD": PASSWORD,
        "NIANBAO_DATA_DIR": str(state / "data"),
    }
    output = folder / "scrapyd.log"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [BIN / "scrapyd", "--pidfile="],
            cwd=state / "scrapyd",
            env=environment,
            stdout=file,
            stderr=file,
            start_new_session=True,  # its jobs are in its process group, and end with it
        )
    server = Scrapyd(f"http://127.0.0.1:{port}/", state, home, temporary, environment, output)
    try:
        wait_until_ready(server, process)
        yield server
    finally:
        stop_group(process)


def stop_group(process: subprocess.Popen[bytes]) -> None:
    """Ends a server and its jobs as ``systemctl stop`` does: asked first, so that jobs close their files."""
    deadline = time.monotonic() + 20
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        while time.monotonic() < deadline:
            process.poll()  # it is ours to be reaped, its jobs are not
            os.killpg(process.pid, 0)
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until_ready(server: Scrapyd, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            server.ask("daemonstatus")
        except (HTTPError, URLError, ConnectionError) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(server.output.read_text(encoding="utf-8")) from error
            time.sleep(0.05)
        else:
            return
