"""Feeds are whole or not there."""

from __future__ import annotations

import json
import os
import resource
import signal
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest
from scrapy import Spider

from crawler.extensions.feedstorage import WholeFileFeedStorage
from crawler.files import write_whole
from tests.web.crawling import PLAIN, start_worker
from tests.web.server import Reply, serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web.crawling import Worker

OLD = '{"url": "old", "status": 200}\n'


def feed(path: Path, overwrite: bool = True, **more: Any) -> dict[str, Any]:
    storage = "crawler.extensions.feedstorage.WholeFileFeedStorage"
    return {
        **PLAIN,
        "FEED_STORAGES": {"": storage, "file": storage},
        "FEEDS": {str(path): {"format": "jsonlines", "overwrite": overwrite, **more}},
    }


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def wait_for_part(target: Path) -> Path:
    """The file beside ``target`` that is being written, as soon as it is there."""
    for _ in range(3000):
        for part in target.parent.glob("*.part"):
            return part
        sleep(0.01)
    raise TimeoutError(f"nothing is written beside {target}")


def test_feed_takes_its_place_when_whole(tmp_path: Path, worker: Worker) -> None:
    target = tmp_path / "new" / "folder" / "out.jsonl"
    with serve({"/": Reply(b"x"), "/wait": Reply(b"y", wait=True)}) as server:
        worker.begin([server.url("/"), server.url("/wait")], feed(target))
        try:
            part = wait_for_part(target)
        finally:
            server.release()
            worker.finish()
        assert part.name.startswith("out.jsonl.")
    assert names(target.parent) == ["out.jsonl"]
    assert [json.loads(line)["status"] for line in target.read_text().splitlines()] == [200, 200]
    assert target.stat().st_mode & 0o777 == 0o666 & ~current_umask()


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize("overwrite", [True, False])
def test_overwrite_and_append(tmp_path: Path, worker: Worker, overwrite: bool) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text(OLD)
    with serve({"/": Reply(b"x")}) as server:
        crawl = worker.crawl([server.url("/")], feed(target, overwrite))
        new = json.dumps({"url": server.url("/"), "status": 200}) + "\n"
    assert target.read_text() == ("" if overwrite else OLD) + new
    assert names(tmp_path) == ["out.jsonl"]
    assert crawl.stats["feedexport/success_count/WholeFileFeedStorage"] == 1


@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize("store_empty", [True, False])
def test_empty_feed_leaves_the_old_one(tmp_path: Path, worker: Worker, overwrite: bool, store_empty: bool) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text(OLD)
    worker.crawl([], feed(target, overwrite, store_empty=store_empty))
    assert target.read_text() == OLD
    assert names(tmp_path) == ["out.jsonl"]


@pytest.mark.parametrize(("how", "left"), [(signal.SIGTERM, "incomplete"), (signal.SIGKILL, "part")])
def test_crawl_that_is_broken_off_replaces_nothing(tmp_path: Path, how: signal.Signals, left: str) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text(OLD)
    with serve({"/": Reply(b"x"), "/wait": Reply(b"y", wait=True)}) as server, start_worker() as worker:
        worker.begin([server.url("/"), server.url("/wait"), server.url("/more")], feed(target))
        server.wait_for("/wait")
        wait_for_part(target)
        worker.process.send_signal(how)
        if how is signal.SIGKILL:
            worker.process.wait(timeout=30)
        server.release()
        worker.process.wait(timeout=30)
    assert target.read_text() == OLD
    (name,) = [name for name in names(tmp_path) if name != "out.jsonl"]
    assert name.endswith(f".{left}")
    if left == "incomplete":
        assert name == "out.jsonl.incomplete"
        assert json.loads((tmp_path / name).read_text().splitlines()[0])["status"] == 200


def test_full_disk_replaces_nothing(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text(OLD)
    with serve({"/": Reply(b"x")}) as server, start_worker(file_limit=3000) as worker:
        urls = [server.url(f"/?{number}{'x' * 1900}") for number in range(2)]
        crawl = worker.crawl(urls, feed(target))
    assert target.read_text() == OLD
    assert crawl.stats["feedexport/failed_count/WholeFileFeedStorage"] == 1
    assert set(names(tmp_path)) <= {"out.jsonl", "out.jsonl.incomplete"}
    assert sum("unchanged, see" in line for line in crawl.log) == 1


def test_record_that_could_not_be_written_is_not_forgotten(tmp_path: Path) -> None:
    """The disk had room again before the feed was stored."""
    target = tmp_path / "out.jsonl"
    target.write_text(OLD)
    storage = WholeFileFeedStorage(str(target), feed_options={"overwrite": True})
    file = storage.open(Spider("shire"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            file.write(bytes(20_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    file.write(b"{}\n")
    with pytest.raises(OSError, match="could not be written"):
        storage.store(file)
    assert target.read_text() == OLD
    assert names(tmp_path) == ["out.jsonl", "out.jsonl.incomplete"]


def test_targets_that_are_no_files_are_written_to(tmp_path: Path) -> None:
    storage = WholeFileFeedStorage(os.devnull, feed_options={"overwrite": True})
    file = storage.open(Spider("shire"))
    file.write(b"x")
    storage.store(file)
    real = tmp_path / "real.jsonl"
    link = tmp_path / "link.jsonl"
    link.symlink_to(real)
    storage = WholeFileFeedStorage(link.as_uri(), feed_options={"overwrite": True})
    file = storage.open(Spider("shire"))
    file.write(b"x")
    storage.store(file)
    assert link.is_symlink()
    assert real.read_bytes() == b"x"


def test_lines_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a" / "run.json"
    write_whole(path, ["一\n", "2\n"])
    assert path.read_bytes() == "一\n2\n".encode()

    def fail() -> Any:
        yield "half\n"
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        write_whole(path, fail())
    assert path.read_bytes() == "一\n2\n".encode()
    assert names(path.parent) == ["run.json"]
