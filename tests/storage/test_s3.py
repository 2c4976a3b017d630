"""Feeds and archives in a store that speaks S3: a real one on loopback (moto), Scrapy's own storage, boto3."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.misc import build_from_crawler

from crawler.extensions.archivestore import ArchiveStore
from crawler.portals.spider import PortalSpider
from tests.catalogue.test_delivery import crawl
from tests.crawl.crawling import read_lines, run_forked
from tests.crawl.shire import build_plain_shire
from tests.web.server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUCKET = "nianbao"
SECRET = "s3cr3t"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of the store."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    name, port = server.get_host_and_port()
    yield f"http://{name}:{port}"
    server.stop()


@pytest.fixture
def store(endpoint: str) -> Any:
    return boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="id", aws_secret_access_key="secret"
    )


@pytest.fixture
def chosen(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The settings that put feed and archives into the bucket; how to reach it is in the environment."""
    own = {
        "ENDPOINT_URL": endpoint,
        "DEFAULT_REGION": "us-east-1",
        "ACCESS_KEY_ID": "id",
        "SECRET_ACCESS_KEY": "s3cr3t",
    }
    for name, value in own.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    feed = {f"s3://{BUCKET}/feeds/%(portal)s/%(run)s.jsonl": {"format": "jsonlines", "overwrite": True}}
    return {
        "FEEDS": json.dumps(feed),
        "ARCHIVE_STORE": f"s3://{BUCKET}/archives",
        "LOG_LEVEL": "INFO",  # as on a server: Scrapy then logs the settings
    }


def list_objects(store: Any) -> dict[str, bytes]:
    """All that is in the bucket, by key."""
    try:
        rows = store.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    except ClientError:  # there is no bucket
        return {}
    return {row["Key"]: store.get_object(Bucket=BUCKET, Key=row["Key"])["Body"].read() for row in rows}


def test_a_store_that_fails_and_then_serves(tmp_path: Path, chosen: dict[str, str], store: Any) -> None:
    """Without a bucket nothing is delivered and nothing lost; the next run brings both feeds' and both archives."""
    with serve(build_plain_shire(2)) as server:
        first = crawl(tmp_path, server, SPIDERMON_ENABLED="1", **chosen)
        archives = tmp_path / "wolong" / "archive"
        assert list_objects(store) == {}
        assert not list(archives.glob("*.stored"))
        told = [line for line in first.done.lines if "is not stored at s3://nianbao/archives" in line]
        assert len(told) == 1
        assert "the next run tries again" in told[0]
        assert first.done.status != 0  # the feed is not there
        assert SECRET not in first.done.stderr
        alerts = {row["monitor"]: row["message"] for row in read_lines(tmp_path / "alerts.jsonl")}
        assert "1 archive could not be copied to ARCHIVE_STORE (bound: 0)" in alerts["archive_store"]

        store.create_bucket(Bucket=BUCKET)
        second = crawl(tmp_path, server, **chosen)
    assert second.done.status == 0, second.done.stderr

    kept = list_objects(store)
    feeds = [value for key, value in kept.items() if key.startswith("feeds/wolong/")]
    assert len(feeds) == 1
    records = [json.loads(line) for line in feeds[0].decode().splitlines()]
    assert sorted(record["version"]["n"] for record in records) == [1, 1]  # what the first run could not deliver

    copied = {key.rpartition("/")[2]: value for key, value in kept.items() if key.startswith("archives/wolong/")}
    own = {path.name: path.read_bytes() for path in archives.iterdir() if path.suffix != ".stored"}
    assert copied == own
    assert sum(name.endswith(".warc.gz") for name in copied) == 2
    assert all(gzip.decompress(value) for name, value in copied.items() if name.endswith(".gz"))
    marks = sorted(archives.glob("*.stored"))
    assert len(marks) == 2
    assert [line.rpartition("/")[2] for line in marks[0].read_text().splitlines()] == sorted(
        (name for name in own if name.startswith(marks[0].stem)), reverse=True
    )


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("/var/archives", "write an address that begins with one of .*s3://"),
        ("file:///var/archives", "write an address that begins with one of .*s3://"),
        ("gopher://store/archives", "write an address that begins with one of .*s3://"),
        ("s3://id:s3cr3t@bucket/archives", "leave user and password out of the address"),
    ],
)
def test_an_address_that_is_no_store_is_told(address: str, problem: str) -> None:
    crawler = Crawler(PortalSpider, {"ARCHIVE_STORE": address})
    with pytest.raises(NotConfigured, match=f"^ARCHIVE_STORE: {problem}"):
        build_from_crawler(ArchiveStore, crawler)


def test_a_crawl_is_refused_with_such_an_address(tmp_path: Path) -> None:
    arguments = ["crawl", "wolong", "-s", f"DATA_DIR={tmp_path}", "-s", "ARCHIVE_STORE=/var/archives"]
    done = run_forked(arguments, network="none")
    assert (done.status, len(done.lines)) == (2, 1), done.stderr
    assert "ARCHIVE_STORE: write an address" in done.stderr


def test_without_a_setting_there_is_no_store() -> None:
    with pytest.raises(NotConfigured):
        build_from_crawler(ArchiveStore, Crawler(PortalSpider))
