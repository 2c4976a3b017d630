"""Replay: any spider over an archive, with no way to the network."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from scrapy.settings import Settings
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.items import RENDER
from crawler.web.replay import check_replay
from crawler.web.warc import undo_chunks
from tests.crawl.crawling import run_crawl
from tests.crawl.shire import LIST, build_plain_shire, write_page
from tests.web.crawling import ARCHIVE, start_worker
from tests.web.server import Asked, Reply, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.web.crawling import Crawl, Worker


def page(*links: str) -> bytes:
    return b"".join(f'<p><a href="{link}">报告</a></p>'.encode() for link in links)


def settings(folder: Path, **more: object) -> dict[str, object]:
    return {**ARCHIVE, "DATA_DIR": str(folder / "data"), "ROBOTSTXT_OBEY": True, **more}


@pytest.fixture(scope="module")
def offline() -> Iterator[Worker]:
    """A process in which every use of the network raises."""
    with start_worker(offline=True) as started:
        yield started


def what_came(crawl: Crawl) -> list[object]:
    return [(page.url, page.status, page.type, page.body, page.archive, page.fetched_at) for page in crawl.pages]


def test_replay_equals_the_live_crawl(tmp_path: Path, worker: Worker, offline: Worker) -> None:
    routes: dict[str, Reply | list[Reply]] = {
        "/robots.txt": Reply(b"User-agent: *\nDisallow: /secret\n", headers=(("Content-Type", "text/plain"),)),
        "/": Reply(page("/list?b=2&a=1", "/moved", "/missing", "/secret", "/report.pdf", "#top"), gzipped=True),
        "/list": [
            Reply(page("/changed"), etag='"1"', chunked=True),
            Reply(page("/changed"), etag='"1"', chunked=True),
        ],
        "/moved": Reply(status=302, headers=(("Location", "/report.pdf?from=moved"),)),
        "/report.pdf": Reply(b"%PDF-1.4 \x00\xff", headers=(("Content-Type", "application/pdf"),)),
        "/changed": [Reply(b"old", etag='"old"'), Reply("新".encode("gb18030"), etag='"new"')],
    }
    with serve(routes) as server:
        start = server.url("/", "portal.test")  # a name that nothing resolves: only the archive may know it
        live_start = server.url("/")
        worker.crawl([live_start], settings(tmp_path), follow=True)
        live = worker.crawl([live_start], settings(tmp_path), follow=True)
    archive = tmp_path / "data/shire/archive"
    replayed = offline.crawl([live_start], settings(tmp_path), cmdline={"REPLAY": str(archive)}, follow=True)
    assert what_came(replayed) == what_came(live)
    assert [error[:2] for error in replayed.errors] == [error[:2] for error in live.errors]
    assert len(live.pages) == 6
    assert "新" in [page.body.decode("gb18030", "ignore") for page in replayed.pages]
    assert replayed.reason == "finished"
    assert len(list(archive.glob("*.warc.gz"))) == 2  # a replay archives nothing
    # Another host is another address, even over the same pages, and its robots.txt is nobody's fault.
    other = offline.crawl([start], settings(tmp_path), cmdline={"REPLAY": str(archive)})
    assert other.stats["replay/missing"] == 1
    assert other.stats["robotstxt/response_status_count/404"] == 1
    assert sum(line.startswith("ERROR") for line in other.log) == 1
    assert f"ERROR replay: not in the archive: {start}" in other.log
    assert other.errors == [(start, "NotArchived", f"{start}: not in the archive that is replayed")]


def test_offline_process_is_offline(tmp_path: Path, offline: Worker) -> None:
    """What the other tests rest on: without the replay the same process cannot fetch anything."""
    with serve({"/": Reply(b"live")}) as server:
        crawl = offline.crawl([server.url("/"), server.url("/", "localhost")], settings(tmp_path, ROBOTSTXT_OBEY=False))
        assert server.log == []
    assert crawl.pages == []
    assert len(crawl.errors) == 2


def test_replay_beats_every_other_setting(tmp_path: Path, offline: Worker) -> None:
    archive = write(tmp_path / "a.warc.gz", [answer("http://a.test/", b"HTTP/1.1 200 OK\r\n\r\nhi")])
    handler = "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler"
    given = {"REPLAY": archive, "DOWNLOAD_HANDLERS": {"http": handler}, "HTTPCACHE_ENABLED": True, "DOWNLOAD_DELAY": 99}
    crawl = offline.crawl(["http://a.test/"], settings(tmp_path, ALLOW_PRIVATE_ADDRESSES=False), cmdline=given)
    assert [page.body for page in crawl.pages] == [b"hi"]


def test_newest_answer_wins_over_several_files(tmp_path: Path, offline: Worker) -> None:
    url = "http://a.test/"
    new = write(tmp_path / "a.warc.gz", [answer(url, b"HTTP/1.1 200 OK\r\n\r\nnew", "2024-01-02T00:00:00.5Z")])
    old = write(
        tmp_path / "b.warc.gz",
        [
            answer(url, b"HTTP/1.1 200 OK\r\n\r\nold", "2024-01-02T00:00:00Z"),
            answer(url + "b", b"HTTP/1.1 404 Not Found\r\n\r\ngone"),
        ],
    )
    crawl = offline.crawl([url, url + "b"], settings(tmp_path), cmdline={"REPLAY": f"{new},{old}"})
    assert [(page.status, page.body) for page in crawl.pages] == [(200, b"new"), (404, b"gone")]
    assert [page.archive and page.archive["file"] for page in crawl.pages] == ["../a.warc.gz", "../b.warc.gz"]
    assert crawl.pages[0].fetched_at == "2024-01-02T00:00:00Z"


def test_posts_replay_by_their_body(tmp_path: Path, worker: Worker, offline: Worker) -> None:
    count = iter(range(9))

    def form(asked: Asked) -> Reply:
        return Reply(f"{asked.method} {next(count)}".encode())

    with serve({"/form": form}) as server:
        url = server.url("/form")
        for body in ("a=1", "a=2"):
            worker.crawl([url], settings(tmp_path), method="POST", body=body)
        worker.crawl([url], settings(tmp_path))
    replay = {"REPLAY": str(tmp_path / "data/shire/archive")}
    bodies = [
        offline.crawl([url], settings(tmp_path), cmdline=replay, method=method, body=body).pages[0].body
        for method, body in (("POST", "a=2"), ("POST", "a=1"), ("GET", ""))
    ]
    assert bodies == [b"POST 1", b"POST 0", b"GET 2"]


def test_a_page_that_no_browser_showed_is_not_missing(tmp_path: Path, offline: Worker) -> None:
    """One that was shown is found again: test_browser."""
    url = "http://a.test/"
    archive = write(tmp_path / "a.warc.gz", [answer(url, b"HTTP/1.1 200 OK\r\n\r\nsent")])
    crawl = offline.crawl([url], settings(tmp_path), cmdline={"REPLAY": archive}, method=RENDER)
    reason = f"{url}: no browser in a replay, and the archive does not hold what one shows"
    assert (crawl.pages, crawl.errors) == ([], [(url, "NotRendered", reason)])
    assert "replay/missing" not in crawl.stats


def test_a_crawl_without_a_browser_is_replayed_to_its_verdict(tmp_path: Path) -> None:
    box = '<div id="app"></div><script>new Vue({el: "#app"}).load(code(7));</script>'
    with serve({**build_plain_shire(1), LIST: Reply(write_page("政府信息公开年报", box).encode())}) as server:
        live = run_crawl(tmp_path / "live", "portal", server.url("/"), settings={"BROWSER_PAGE_LIMIT": "0"})
    archive = str(next(live.data_dir.rglob("*.warc.gz")))
    again = run_crawl(tmp_path / "again", "portal", server.url("/"), network="none", settings={"REPLAY": archive})
    assert (again.verdict, again.status) == (live.verdict, live.status) == ("partial", 3)
    seen = [one.run["why"] for one in (live, again)]
    assert [[line.rpartition(": ")[0] for line in why] for why in seen] == [
        [f"not all could be seen: {server.url(LIST)}"]
    ] * 2


# --- Archives of other tools ---------------------------------------------------------------------------------------


def answer(url: str, http: bytes, date: str = "2024-01-01T00:00:00Z", **fields: str) -> dict[str, object]:
    return {
        "url": url,
        "http": http,
        "fields": {"WARC-Date": date, **{k.replace("_", "-"): v for k, v in fields.items()}},
    }


def write(path: Path, answers: list[dict[str, object]], version: str = "1.0", packed: bool = True) -> str:
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=packed, warc_version=version)
        writer.write_record(writer.create_warcinfo_record(path.name, {"software": "another tool"}))
        for item in answers:
            http = item["http"]
            assert isinstance(http, bytes)
            record = writer.create_warc_record(
                item["url"],
                item.get("kind", "response"),
                payload=io.BytesIO(http),
                length=len(http),
                warc_headers_dict=item["fields"],
            )
            writer.write_record(record)
    return str(path)


@pytest.mark.parametrize(
    ("version", "packed", "name"), [("1.0", False, "x.warc"), ("1.0", True, "x.warc.gz"), ("1.1", True, "y.gz")]
)
def test_archives_of_other_tools(tmp_path: Path, offline: Worker, version: str, packed: bool, name: str) -> None:
    urls = [f"http://a.test/{part}" for part in ("chunked", "kept", "coded", "same", "again", "odd")]
    chunked = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunked += b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n"
    kept = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\nnever chunked"
    coded = b"HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 999\r\n\r\nbody"
    digest = "sha1:SAMESAMESAMESAMESAMESAMESAMESAME"
    archive = write(
        tmp_path / name,
        [
            {"url": "dns:a.test", "http": b"a.test. IN A 192.0.2.1", "fields": {"Content-Type": "text/dns"}},
            answer(urls[0], chunked),
            answer(urls[1], kept),
            answer(urls[2], coded),
            answer(
                urls[3],
                b"HTTP/1.1 200 OK\r\nX-Own: 1\r\n\r\nsame",
                WARC_Record_ID="<urn:uuid:1>",
                WARC_Payload_Digest=digest,
            ),
            {
                **answer(urls[4], b"HTTP/1.1 203 OK\r\nX-Own: 2\r\n\r\n", WARC_Payload_Digest=digest),
                "kind": "revisit",
            },
            {**answer(urls[4], b"GET /again HTTP/1.1\r\nHost: a.test\r\n\r\n"), "kind": "request"},
            answer(urls[5], b"HTTP/1.0 200 OK\nX-Folded: a\n b\nContent-Length: 3\n\nodd"),
        ],
        version,
        packed,
    )
    crawl = offline.crawl(urls, settings(tmp_path), cmdline={"REPLAY": archive})
    assert crawl.errors == []
    assert [(page.status, page.body) for page in crawl.pages] == [
        (200, b"hello world"),
        (200, b"never chunked"),
        (200, b"body"),
        (200, b"same"),
        (203, b"same"),
        (200, b"odd"),
    ]
    heads = [page.headers for page in crawl.pages]
    assert all("transfer-encoding" not in head for head in heads)
    assert [head["content-length"] for head in heads] == ["11", "13", "4", "4", "4", "3"]
    assert heads[4]["x-own"] == "2"
    assert heads[5]["x-folded"] == "a b"
    assert crawl.pages[0].type == "HtmlResponse"
    assert crawl.pages[5].protocol == "HTTP/1.0"
    assert crawl.pages[4].archive == crawl.pages[3].archive  # where the payload stands


def test_revisit_without_its_page_is_named_and_missing(tmp_path: Path, offline: Worker) -> None:
    url = "http://a.test/"
    lost = {**answer(url, b"HTTP/1.1 304 Not Modified\r\n\r\n", WARC_Refers_To="<urn:uuid:9>"), "kind": "revisit"}
    archive = write(tmp_path / "a.warc.gz", [lost])
    crawl = offline.crawl([url], settings(tmp_path), cmdline={"REPLAY": archive})
    assert crawl.stats["replay/missing"] == 1
    assert sum("do not hold the page that its revisit means" in line for line in crawl.log) == 1


def test_answer_larger_than_allowed_is_no_answer(tmp_path: Path, offline: Worker) -> None:
    urls = ["http://a.test/", "http://a.test/small"]
    archive = write(
        tmp_path / "a.warc.gz",
        [
            answer(urls[0], b"HTTP/1.1 200 OK\r\n\r\n" + bytes(400_000)),
            answer(urls[1], b"HTTP/1.1 200 OK\r\n\r\nsmall"),
        ],
    )
    crawl = offline.crawl(urls, settings(tmp_path, DOWNLOAD_MAXSIZE=1000), cmdline={"REPLAY": archive})
    assert [page.body for page in crawl.pages] == [b"small"]
    assert crawl.errors[0][1] == "ArchiveError"


def test_archive_that_is_none_is_refused_before_the_crawl(tmp_path: Path, offline: Worker) -> None:
    text = tmp_path / "text.warc.gz"
    text.write_text("this is no archive\n")
    empty = tmp_path / "empty.warc.gz"
    empty.write_bytes(b"")
    info = write(tmp_path / "info.warc.gz", [])
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, problem in {
        str(tmp_path / "missing.warc.gz"): "no such file or folder",
        str(text): "holds no archived response",
        str(empty): "holds no archived response",
        info: "holds no archived response",
        str(folder): "holds no archived response",
    }.items():
        assert check_replay(Settings({"REPLAY": name})) == f"REPLAY: {name}: {problem}"
        result = offline.ask(["http://a.test/"], settings(tmp_path), cmdline={"REPLAY": name})
        assert result == {"crash": f"UsageError: REPLAY: {name}: {problem}"}
    assert check_replay(Settings({"REPLAY": None})) is None
    write(folder / "a.warc.gz", [answer("http://a.test/", b"HTTP/1.1 200 OK\r\n\r\nhi")])
    assert check_replay(Settings({"REPLAY": str(folder)})) is None


@pytest.mark.parametrize(
    ("coded", "plain"),
    [
        (b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
        (b"3\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n", b"abcde"),
        (b"5\r\nabc", b"abc"),
        (b"0\r\n\r\n", b""),
        (b"", b""),
        (b"<html>", b"<html>"),
        (b"3 abc", b"3 abc"),
        (b"a\r\n0123456789\r\nzz\r\n", b"0123456789"),
    ],
)
def test_chunks(coded: bytes, plain: bytes) -> None:
    assert undo_chunks(coded) == plain


def test_server_headers_are_kept_as_they_came(tmp_path: Path, offline: Worker) -> None:
    name = "年报.pdf".encode("gb18030")
    http = b'HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename="%b"\r\n\r\nbody' % name
    record = {"url": "http://a.test/", "http": http, "fields": {}}
    with (tmp_path / "a.warc.gz").open("wb") as file:
        writer = WARCWriter(file, gzip=True, warc_version="1.1")
        raw = writer.create_warc_record(
            record["url"], "response", payload=io.BytesIO(http), length=len(http), http_headers=Raw(http)
        )
        raw.raw_stream.seek(len(http) - 4)
        raw.length = raw.payload_length = 4
        raw.rec_headers.remove_header("WARC-Payload-Digest")
        writer.write_record(raw)
    crawl = offline.crawl(["http://a.test/"], settings(tmp_path), cmdline={"REPLAY": str(tmp_path / "a.warc.gz")})
    assert name.decode("latin-1") in crawl.pages[0].headers["content-disposition"]
    assert crawl.pages[0].body == b"body"


class Raw(StatusAndHeaders):  # type: ignore[misc]
    """A head that warcio writes in the bytes given."""

    def __init__(self, http: bytes) -> None:
        super().__init__("200 OK", [], protocol="HTTP/1.1")
        self._raw = http[: http.index(b"\r\n\r\n") + 4]

    def compute_headers_buffer(self, header_filter: object = None) -> None:
        self.headers_buff = self._raw
