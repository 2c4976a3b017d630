"""Runs ``scrapy`` as its users do, in a process of its own, and reads what it left behind."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warcio.archiveiterator import ArchiveIterator
from warcio.warcwriter import WARCWriter

from tests.crawl.guarded import guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "crawler" / "samples" / "portals.warc.gz"
# No pauses: the portal stands on this machine. Any positive delay keeps one request at a time.
# One reader: reports are few, and a reader takes as long to start as a report to be read.
QUICK = {
    "DOWNLOAD_DELAY": "0.001",
    "AUTOTHROTTLE_START_DELAY": "0.001",
    "REFUSAL_PAUSE": "0.01",
    "READER_WORKERS": "1",
}
PATIENCE = 120  # seconds until a process that hangs is ended
_WARM = multiprocessing.get_context("forkserver")
_WARM.set_forkserver_preload(["tests.crawl.warm"])


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that came to its end."""

    status: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[str]:
        """What stands on standard error, line by line."""
        return self.stderr.splitlines()


@dataclass(frozen=True, slots=True)
class Crawl:
    """A crawl that came to its end: ``folder`` is that of its run.

    ``records`` are those of its ``-O`` file, or of the ``.incomplete`` beside it where the crawl failed, by address:
    they are read in threads, and whichever is ready goes first.
    """

    status: int
    stderr: str
    data_dir: Path
    folder: Path
    records: list[dict[str, Any]]
    candidates: list[dict[str, Any]]
    run: dict[str, Any]

    @property
    def verdict(self) -> str:
        return str(self.run["verdict"])

    def outcomes(self, base: str) -> dict[str, tuple[str, str]]:
        """Outcome and reason of each candidate by its path on the portal at ``base`` (which ends with a slash)."""
        return {row["url"].removeprefix(base[:-1]): (row["outcome"], row["reason"]) for row in self.candidates}


def run_scrapy(
    arguments: Iterable[str], *, network: str = "any", memory: int | None = None, env: Mapping[str, str] | None = None
) -> Finished:
    """Runs ``scrapy ARGUMENTS`` in the project's root.

    ``network`` is "any", "loopback" or "none": a process that uses more than that dies (`tests.crawl.guarded`).
    ``memory`` limits its address space, in bytes.
    """

    def limit() -> None:
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    done = subprocess.run(
        [sys.executable, "-m", *(["scrapy"] if network == "any" else ["tests.crawl.guarded", network]), *arguments],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        preexec_fn=limit,
        env={**os.environ, **(env or {})},
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def run_forked(
    arguments: Iterable[str], *, network: str = "any", memory: int | None = None, env: Mapping[str, str] | None = None
) -> Finished:
    """As `run_scrapy`, without the seconds that every start of Python takes for Scrapy's modules: the process is forked
    from one that has imported them and done nothing else.
    """
    words = list(arguments)
    return _fork(_execute, (words, network, memory), {**os.environ, **(env or {})}, f"scrapy {' '.join(words)}")


def call_forked(function: Callable[..., object], *arguments: object) -> Finished:
    """``function(*arguments)`` in a process of its own, forked as `run_forked` does it."""
    return _fork(function, arguments, dict(os.environ), function.__name__)


def _fork(target: Callable[..., object], arguments: tuple[object, ...], env: dict[str, str], named: str) -> Finished:
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = _WARM.Process(target=_begin, args=(target, arguments, env, str(out), str(err)))
        process.start()
        process.join(PATIENCE)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(f"{named}\n{err.read_text(encoding='utf-8')}")
        status = process.exitcode
        process.close()
        return Finished(status, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))


def _begin(
    target: Callable[..., object], arguments: tuple[object, ...], env: dict[str, str], out: str, err: str
) -> None:
    """``target(*arguments)`` in this process, which is its own."""
    for stream, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), stream)
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(env)
    target(*arguments)


def _execute(arguments: list[str], network: str, memory: int | None) -> None:
    """``scrapy ARGUMENTS``."""
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    if network != "any":
        guard(network)
    from scrapy.cmdline import execute  # noqa: PLC0415  (imported long ago where this runs)

    execute(["scrapy", *arguments])


def run_crawl(
    folder: Path,
    spider: str,
    url: str | None,
    *arguments: str,
    network: str = "any",
    private: bool = True,
    settings: Mapping[str, str] | None = None,
) -> Crawl:
    """Crawls with ``DATA_DIR`` in ``folder``; ``private`` lets it reach loopback."""
    out = folder / "out.jsonl"
    outs = (out, out.with_name("out.jsonl.incomplete"))
    for path in outs:
        path.unlink(missing_ok=True)
    data_dir = folder / "data"
    known = set(data_dir.glob("*/*/run.json"))
    chosen = {**QUICK, "DATA_DIR": str(data_dir), "ALLOW_PRIVATE_ADDRESSES": str(int(private)), **(settings or {})}
    done = run_forked(
        [
            *("crawl", spider, "-O", str(out)),
            *(part for name, value in chosen.items() for part in ("-s", f"{name}={value}")),
            *(() if url is None else ("-a", f"url={url}")),
            *arguments,
        ],
        network=network,
    )
    new = set(data_dir.glob("*/*/run.json")) - known
    if len(new) != 1:
        raise RuntimeError(f"{len(new)} runs in {data_dir}, status {done.status}:\n{done.stderr}")
    run = new.pop()
    return Crawl(
        done.status,
        done.stderr,
        data_dir,
        run.parent,
        sorted((row for path in outs for row in read_lines(path)), key=lambda row: row["source"]["url"]),
        sorted(read_lines(run.with_name("candidates.jsonl")), key=lambda row: row["url"]),
        json.loads(run.read_text(encoding="utf-8")),
    )


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file; none if there is no file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def run_side_by_side(jobs: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """The results of ``jobs`` by name, two at a time: most of a job is a process that starts."""
    with ThreadPoolExecutor(2) as pool:
        running = {name: pool.submit(job) for name, job in jobs.items()}
        return {name: future.result() for name, future in running.items()}


def leave_out(archive: Path, copy: Path, lost: str | None) -> None:
    """Copies an archive without the exchange of the path ``lost``."""
    with archive.open("rb") as source, copy.open("wb") as target:
        writer = WARCWriter(target, gzip=True, warc_version="WARC/1.1")
        for record in ArchiveIterator(source):
            url = record.rec_headers.get_header("WARC-Target-URI") or ""
            if lost is None or not url.endswith(lost):
                writer.write_record(record)
