"""The archive: everything that was fetched, as it came, in files that other tools accept."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import random
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from scrapy import Request
from scrapy.utils.request import RequestFingerprinter
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from crawler.web.warc import load_index, read_message, scan_records
from tests.web.crawling import ARCHIVE, start_worker
from tests.web.server import Asked, Reply, WebServer, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.web.crawling import Crawl, Worker

HTML = "<html><body><p>年报 page</p></body></html>".encode()
PDF = b"%PDF-1.4\r\n\r\n\x00\xff binary \r\n"


def routes() -> dict[str, Reply]:
    return {
        "/robots.txt": Reply(b"User-agent: *\nDisallow: /no/\n", headers=(("Content-Type", "text/plain"),)),
        "/plain": Reply(HTML, headers=(("Content-Type", "text/html"), ("Cache-Control", "no-store"))),
        "/gzip": Reply(HTML * 50, gzipped=True),
        "/chunked": Reply(HTML * 3, chunked=True),
        "/moved": Reply(status=302, headers=(("Location", "/plain"),)),
        "/empty": Reply(),
        "/etag": Reply(HTML, etag='"v1"', gzipped=True),
        "/dated": Reply(PDF, modified="Fri, 10 Jan 2020 00:00:00 GMT", headers=(("Content-Type", "application/pdf"),)),
    }


@pytest.fixture
def server() -> Iterator[WebServer]:
    with serve(dict(routes())) as running:
        yield running


def settings(folder: Path, **more: object) -> dict[str, object]:
    return {**ARCHIVE, "DATA_DIR": str(folder), **more}


def archives(folder: Path) -> list[Path]:
    return sorted((folder / "shire" / "archive").glob("*.warc.gz"))


def check(*paths: Path) -> None:
    """What `warcio check -v` says, without a process for each call."""
    printed = io.StringIO()
    checker = Checker(SimpleNamespace(inputs=[str(path) for path in paths], verbose=True))
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        status = checker.process_all()
    assert status == 0, printed.getvalue()
    assert "digest pass" in printed.getvalue()
    assert "WARNING" not in printed.getvalue()


def records(path: Path) -> list[tuple[str, str, str]]:
    """(type, path asked for, status or method) of each record."""
    found = []
    with path.open("rb") as file:
        for record in ArchiveIterator(file):
            url = record.rec_headers.get_header("WARC-Target-URI") or ""
            head = record.http_headers
            word = "" if head is None else head.protocol if record.rec_type == "request" else head.get_statuscode()
            found.append((record.rec_type, "/" + url.split("/", 3)[-1] if url else "", word))
    return found


def index_of(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".warc.gz") + ".cdxj")


def body_at(folder: Path, crawl: Crawl, number: int) -> bytes:
    place = crawl.pages[number].archive
    assert place is not None
    message = read_message(folder / place["file"], place["offset"])
    coded = message.head.get(b"content-encoding") == b"gzip"
    return gzip.decompress(message.body) if coded else message.body


def test_all_that_is_fetched_is_archived(tmp_path: Path, server: WebServer, worker: Worker) -> None:
    asked = ["/plain", "/gzip", "/chunked", "/moved", "/missing", "/empty", "/no/entry"]
    crawl = worker.crawl(
        [server.url(path) for path in asked], settings(tmp_path, ROBOTSTXT_OBEY=True), dont_filter=True
    )
    assert [(page.status, page.body) for page in crawl.pages] == [
        (200, HTML),
        (200, HTML * 50),
        (200, HTML * 3),
        (200, HTML),  # where /moved led
        (404, b"nothing here"),
        (200, b""),
    ]
    (path,) = archives(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    check(path)
    expected = ["/robots.txt 200", "/plain 200", "/gzip 200", "/chunked 200", "/moved 302", "/plain 200"]
    expected += ["/missing 404", "/empty 200"]
    kinds = records(path)
    assert [f"{url} {status}" for kind, url, status in kinds if kind == "response"] == expected
    assert [kind for kind, _, _ in kinds] == ["warcinfo"] + ["response", "request"] * 8
    for number, page in enumerate(crawl.pages):
        assert page.archive is not None
        assert page.archive["file"] == f"shire/archive/{path.name}"
        assert page.fetched_at is not None
        assert len(page.fetched_at) == len("2026-02-01T03:15:00Z")
        assert body_at(tmp_path, crawl, number) == page.body


def test_records_say_what_was_asked_and_what_came(tmp_path: Path, server: WebServer, worker: Worker) -> None:
    server.routes["/name"] = Reply(
        PDF, headers=(("Content-Type", "application/pdf"), ("X-Name", "年报".encode().decode("latin-1")))
    )
    worker.crawl([server.url("/chunked"), server.url("/name?b=2&a=1#top")], settings(tmp_path, RUN="run-1"))
    path = tmp_path / "shire/archive/run-1.warc.gz"
    with path.open("rb") as file:
        found = [
            (record.rec_headers, record.http_headers, record.raw_stream.read()) for record in ArchiveIterator(file)
        ]
    (_, _, info), (answer, head, body), (question, asked, _), (_, name_head, _), (_, name_asked, _) = found
    about = dict(line.split(": ", 1) for line in info.decode().splitlines())
    assert about["format"] == "WARC File Format 1.1"
    assert about["robots"] == "ignore"
    assert set(about) == {"software", "format", "conformsTo", "robots"}
    assert answer.protocol == "WARC/1.1"
    assert answer["WARC-IP-Address"] == "127.0.0.1"
    assert answer["WARC-Payload-Digest"].startswith("sha1:")
    assert answer["WARC-Concurrent-To"] == question["WARC-Record-ID"]
    assert question["WARC-Concurrent-To"] == answer["WARC-Record-ID"]
    key = RequestFingerprinter().fingerprint(Request(server.url("/chunked"))).hex()
    assert answer["Nianbao-Fingerprint"] == key
    assert body == HTML * 3
    assert head["Transfer-Encoding"] is None
    assert head["Content-Length"] == str(len(body))
    assert asked.statusline == "/chunked HTTP/1.1"
    assert asked["Host"] == f"127.0.0.1:{server.port}"
    assert name_asked.statusline == "/name?b=2&a=1 HTTP/1.1"
    assert name_head["X-Name"] == "年报"  # the bytes that came, which warcio reads as UTF-8


def test_page_that_did_not_change_is_a_revisit(tmp_path: Path, server: WebServer, worker: Worker) -> None:
    urls = [server.url("/etag"), server.url("/dated"), server.url("/plain")]
    first = worker.crawl(urls, settings(tmp_path))
    second = worker.crawl(urls, settings(tmp_path))
    third = worker.crawl(urls, settings(tmp_path))
    conditions = [(a.headers.get("if-none-match"), a.headers.get("if-modified-since")) for a in server.log[3:6]]
    assert conditions == [('"v1"', None), (None, "Fri, 10 Jan 2020 00:00:00 GMT"), (None, None)]
    for again in (second, third):
        assert [(page.status, page.body) for page in again.pages] == [(page.status, page.body) for page in first.pages]
        assert [page.archive for page in again.pages[:2]] == [page.archive for page in first.pages[:2]]
        assert [page.type for page in again.pages] == [page.type for page in first.pages]
    paths = archives(tmp_path)
    check(*paths)
    assert records(paths[1])[1::2] == [
        ("revisit", "/etag", "304"),
        ("revisit", "/dated", "304"),
        ("response", "/plain", "200"),
    ]
    with paths[0].open("rb") as file:
        original = next(r.rec_headers for r in ArchiveIterator(file) if r.rec_type == "response")
    for later in paths[1:]:
        with later.open("rb") as file:
            revisit = next(r.rec_headers for r in ArchiveIterator(file) if r.rec_type == "revisit")
        assert revisit["WARC-Profile"] == "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
        assert revisit["WARC-Refers-To"] == original["WARC-Record-ID"]
        assert revisit["WARC-Refers-To-Target-URI"] == original["WARC-Target-URI"]
        assert revisit["WARC-Refers-To-Date"] == original["WARC-Date"]
        assert revisit["WARC-Payload-Digest"] == original["WARC-Payload-Digest"]


def test_page_that_changed_is_read_and_asked_for_anew(tmp_path: Path, server: WebServer, worker: Worker) -> None:
    server.routes["/etag"] = [Reply(b"one", etag='"1"'), Reply(b"two", etag='"2"')]
    bodies = [worker.crawl([server.url("/etag")], settings(tmp_path)).pages[0].body for _ in range(3)]
    assert bodies == [b"one", b"two", b"two"]
    assert [asked.headers.get("if-none-match") for asked in server.log] == [None, '"1"', '"2"']


@pytest.mark.parametrize("rude", [Reply(drop=True), Reply(b"<p>broken</p>", 500), Reply(b"<p>busy</p>", 503)])
def test_stored_page_never_stands_in_for_a_failure(
    tmp_path: Path, server: WebServer, worker: Worker, rude: Reply
) -> None:
    server.routes["/etag"] = [Reply(HTML, etag='"v1"'), rude, Reply(HTML, etag='"v1"')]
    url = server.url("/etag")
    first = worker.crawl([url], settings(tmp_path))
    second = worker.crawl([url], settings(tmp_path))
    third = worker.crawl([url], settings(tmp_path))
    assert [page.status for page in second.pages] == ([] if rude.drop else [rude.status])
    assert len(second.errors) == rude.drop
    assert third.pages[0].body == HTML
    assert third.pages[0].archive == first.pages[0].archive  # the failure is not what is asked about
    check(*archives(tmp_path))


def test_redirect_takes_no_conditions_along(tmp_path: Path, server: WebServer, worker: Worker) -> None:
    server.routes["/etag"] = [Reply(HTML, etag='"v1"'), Reply(status=302, headers=(("Location", "/other"),))]
    server.routes["/other"] = Reply(b"other", etag='"v1"')
    worker.crawl([server.url("/etag")], settings(tmp_path))
    crawl = worker.crawl([server.url("/etag")], settings(tmp_path))
    assert [(page.status, page.body) for page in crawl.pages] == [(200, b"other")]
    assert [asked.headers.get("if-none-match") for asked in server.log] == [None, '"v1"', None]


@pytest.mark.parametrize("harm", ["gone", "cut in a line", "a line short", "garbled", "empty"])
def test_index_is_made_again(tmp_path: Path, server: WebServer, worker: Worker, harm: str) -> None:
    urls = [server.url("/etag"), server.url("/dated")]
    first = worker.crawl(urls, settings(tmp_path))
    (archive,) = archives(tmp_path)
    index = index_of(archive)
    whole = index.read_text()
    lines = whole.splitlines(keepends=True)
    key, digits, data = lines[0].split(" ", 2)
    assert key == f"127.0.0.1:{server.port})/etag"
    assert len(digits) == 14
    names = {"url", "fingerprint", "status", "offset", "length", "filename", "etag", "last_modified"}
    assert names <= set(json.loads(data))
    if harm == "gone":
        index.unlink()
    elif harm == "cut in a line":
        index.write_text(whole[:-20])
    elif harm == "a line short":
        index.write_text(lines[0])
    elif harm == "garbled":
        index.write_text(lines[0] + "no index\n")
    else:
        index.write_text("")
    second = worker.crawl(urls, settings(tmp_path))
    assert sum("made the index" in line and archive.name in line for line in second.log) == 1
    assert [page.archive for page in second.pages] == [page.archive for page in first.pages]
    assert records(archives(tmp_path)[1])[1::2] == [("revisit", "/etag", "304"), ("revisit", "/dated", "304")]

    def places(text: str) -> list[dict[str, str]]:
        return [{**json.loads(line.split(" ", 2)[2]), "end": ""} for line in text.splitlines()]

    assert places(index.read_text()) == places(whole)
    assert load_index(archive, RequestFingerprinter())  # and it is complete now
    third = worker.crawl(urls, settings(tmp_path))
    assert not any("made the index" in line for line in third.log)


@pytest.mark.parametrize("cut", [1, 30, 400])
def test_cut_last_record_does_not_break_the_rest(tmp_path: Path, server: WebServer, worker: Worker, cut: int) -> None:
    server.routes["/last"] = Reply(random.Random(1).randbytes(2000), etag='"last"')
    urls = [server.url("/etag"), server.url("/last")]
    first = worker.crawl(urls, settings(tmp_path))
    (archive,) = archives(tmp_path)
    before = [record.kind for record in scan_records(archive)]
    with archive.open("r+b") as file:
        file.truncate(archive.stat().st_size - cut)
    assert [record.kind for record in scan_records(archive)][:4] == before[:4]
    second = worker.crawl(urls, settings(tmp_path))
    assert [page.body for page in second.pages] == [page.body for page in first.pages]
    assert second.pages[0].archive == first.pages[0].archive
    assert second.errors == []
    check(archives(tmp_path)[1])
    third = worker.crawl(urls, settings(tmp_path))
    assert not any("made the index" in line for line in third.log)


def test_cut_in_the_payload_drops_that_page_only(tmp_path: Path, server: WebServer, worker: Worker) -> None:
    server.routes["/last"] = Reply(random.Random(1).randbytes(2000), etag='"last"')
    urls = [server.url("/etag"), server.url("/last")]
    first = worker.crawl(urls, settings(tmp_path))
    (archive,) = archives(tmp_path)
    place = first.pages[1].archive
    assert place is not None
    with archive.open("r+b") as file:
        file.truncate(place["offset"] + 1000)
    second = worker.crawl(urls, settings(tmp_path))
    assert [page.body for page in second.pages] == [page.body for page in first.pages]
    assert sum("is cut at byte" in line for line in second.log) == 1
    assert second.pages[0].archive == first.pages[0].archive
    assert second.pages[1].archive != first.pages[1].archive
    assert server.log[-1].headers.get("if-none-match") is None


def test_kill_leaves_whole_records(tmp_path: Path, server: WebServer) -> None:
    server.routes["/wait"] = Reply(b"late", wait=True)
    urls = [server.url(path) for path in ("/etag", "/dated", "/wait")]
    with start_worker() as worker:
        worker.begin(urls, settings(tmp_path))
        server.wait_for("/wait")
        worker.process.kill()
    (archive,) = archives(tmp_path)
    check(archive)
    assert [url for kind, url, _ in records(archive) if kind == "response"] == ["/etag", "/dated"]
    assert len(load_index(archive, RequestFingerprinter())) == 2


def test_full_disk_stops_the_crawl_loudly(tmp_path: Path, server: WebServer) -> None:
    server.routes["/big"] = Reply(random.Random(1).randbytes(300_000))
    urls = [server.url(path) for path in ("/etag", "/big", "/plain")]
    with start_worker(file_limit=200_000) as worker:
        crawl = worker.crawl(urls, settings(tmp_path))
    assert crawl.reason == "failed"
    assert [page.url for page in crawl.pages] == urls[:1]
    assert [error[1] for error in crawl.errors] == ["ArchiveError"]
    assert sum(line.startswith("ERROR archive:") for line in crawl.log) == 1
    assert "File too large" in crawl.stats["archive/error"]
    assert server.paths() == ["/etag", "/big"]
    (archive,) = archives(tmp_path)
    check(archive)  # what could not be written whole was taken back
    assert [url for kind, url, _ in records(archive) if kind == "response"] == ["/etag"]


def test_folder_that_cannot_be_made_stops_the_crawl(tmp_path: Path, server: WebServer, worker: Worker) -> None:
    (tmp_path / "shire").write_text("a file where the folder should be")
    crawl = worker.crawl([server.url("/plain"), server.url("/etag")], settings(tmp_path))
    assert crawl.reason == "failed"
    assert crawl.pages == []


def test_posts_are_kept_apart(tmp_path: Path, server: WebServer, worker: Worker) -> None:
    def echo(asked: Asked) -> Reply:
        return Reply(asked.method.encode(), etag='"same"')

    server.routes["/form"] = echo
    url = server.url("/form")
    for body in ("a=1", "a=2", "a=1"):
        crawl = worker.crawl([url], settings(tmp_path), method="POST", body=body)
        assert crawl.pages[0].body == b"POST"
    assert all("if-none-match" not in asked.headers for asked in server.log)
    paths = archives(tmp_path)
    check(*paths)
    with paths[0].open("rb") as file:
        question = [record.raw_stream.read() for record in ArchiveIterator(file) if record.rec_type == "request"]
    assert question == [b"a=1"]


def test_same_run_twice_never_overwrites(tmp_path: Path, server: WebServer, worker: Worker) -> None:
    for _ in range(2):
        worker.crawl([server.url("/plain")], settings(tmp_path, RUN="same"))
    paths = archives(tmp_path)
    assert [path.name for path in paths] == ["same-1.warc.gz", "same.warc.gz"]
    check(*paths)
