"""Where a crawl may connect to."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

from crawler.web.addresses import is_public, read_address
from tests.web.crawling import PLAIN, start_worker
from tests.web.server import Reply, serve

if TYPE_CHECKING:
    from tests.web.crawling import Worker

MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "crawler.web.addresses.ScopeMiddleware": 50,
    "crawler.web.addresses.AddressMiddleware": 60,
}
GUARDED = {**PLAIN, "DOWNLOADER_MIDDLEWARES": MIDDLEWARES}
RESOLVER = {"TWISTED_DNS_RESOLVER": "crawler.web.addresses.PublicResolver"}


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("10.1", "10.0.0.1"),
        ("192.168.257", "192.168.1.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0X7F.0.0.0x1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("%31%32%37.0.0.1", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("[::1]", "::1"),
        ("::1", "::1"),
        ("[::ffff:10.0.0.1]", "::ffff:10.0.0.1"),
        ("::ffff:7f00:1", "::ffff:127.0.0.1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("8.8.8.8", "8.8.8.8"),
    ],
)
def test_every_spelling_of_an_address_is_read(host: str, address: str) -> None:
    assert read_address(host) == ip_address(address)


@pytest.mark.parametrize("host", ["localhost", "www.wolong.gov.cn", "", ".", "1.2.3.4.5", "256.1.1.1", "0xz", "abc"])
def test_names_are_no_addresses(host: str) -> None:
    assert read_address(host) is None


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("::", "::1", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1"),
        *("::ffff:10.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::1"),
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "218.28.1.1", "2001:4860:4860::8888", "240e::1"])
def test_public_addresses(address: str) -> None:
    assert is_public(ip_address(address))


def test_private_hosts_are_refused_in_every_spelling(worker: Worker) -> None:
    with serve({}) as server:
        spellings = ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "017700000001", "127.0.0.1."]
        spellings += ["[::1]", "[::ffff:127.0.0.1]", "%31%32%37.0.0.1", "127。0。0。1"]
        urls = [server.url("/", host) for host in spellings]
        crawl = worker.crawl(urls, GUARDED, dont_filter=True)
        assert server.log == []
    assert [error[1] for error in crawl.errors] == ["PrivateAddress"] * len(urls)
    why = "127.1 is 127.0.0.1, which is no public address (-s ALLOW_PRIVATE_ADDRESSES=1 lets it through)"
    assert (urls[1], "PrivateAddress", f"{urls[1]}: {why}") in crawl.errors
    assert not any(line.startswith("ERROR") for line in crawl.log)


def test_only_plain_http_addresses_are_fetched(worker: Worker) -> None:
    urls = ["ftp://example.org/", "data:,x", "file:///etc/hostname"]
    urls += ["http://user@127.0.0.1/", "http://a:80@127.0.0.1:80/"]
    crawl = worker.crawl(urls, {**GUARDED, "ALLOW_PRIVATE_ADDRESSES": True})
    assert [error[1] for error in crawl.errors] == ["NotHttp"] * len(urls)
    assert crawl.errors[0][2] == "ftp://example.org/: only http and https addresses are fetched"


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "localhost", "[::1]"])
def test_redirect_to_a_private_address_is_refused(worker: Worker, host: str) -> None:
    """The start is let through by its own middleware setting; what it redirects to is a new request."""
    with serve({"/secret": Reply(b"secret")}) as inside:
        target = inside.url("/secret", host)
        with serve({"/": Reply(status=302, headers=(("Location", target),))}) as outside:
            start = outside.url("/")
            guard = {**MIDDLEWARES, "crawler.web.addresses.AddressMiddleware": None, "tests.web.guards.OneGoodHost": 60}
            crawl = worker.crawl([start], {**GUARDED, "DOWNLOADER_MIDDLEWARES": guard, "GOOD_HOST": start})
            assert outside.paths() == ["/"]
        assert inside.log == []
    assert [error[:2] for error in crawl.errors] == [(target, "PrivateAddress")]


def test_allowed_private_addresses_are_fetched(worker: Worker) -> None:
    with serve({"/": Reply(b"inside")}) as server:
        urls = [server.url("/"), server.url("/", "localhost")]
        crawl = worker.crawl(urls, {**GUARDED, "ALLOW_PRIVATE_ADDRESSES": True})
    assert [page.body for page in crawl.pages] == [b"inside", b"inside"]


def test_name_that_resolves_to_loopback_is_refused(worker: Worker) -> None:
    with serve({"/": Reply(b"inside")}) as server:
        url = server.url("/", "localhost")
        crawl = worker.crawl([url], GUARDED)
        assert server.log == []
    assert [error[:2] for error in crawl.errors] == [(url, "PrivateAddress")]
    assert "localhost is 127.0.0.1, which is no public address" in crawl.errors[0][2]


def test_resolver_refuses_by_itself_and_from_its_cache() -> None:
    """Without the middleware: a name may mean another address by the time of the connection."""
    with serve({"/": Reply(b"inside")}) as server, start_worker(settings=RESOLVER) as worker:
        urls = [server.url(f"/{number}", "localhost") for number in range(3)]
        crawl = worker.crawl(urls, {**PLAIN, **RESOLVER})
        assert server.log == []
    assert [error[1] for error in crawl.errors] == ["CannotResolveHostError"] * 3
    assert not any("Traceback" in line for line in crawl.log)


def test_resolver_lets_through_what_is_allowed() -> None:
    allowed = {**RESOLVER, "ALLOW_PRIVATE_ADDRESSES": True}
    with serve({"/": Reply(b"inside")}) as server, start_worker(settings=allowed) as worker:
        crawl = worker.crawl([server.url("/", "localhost")], {**GUARDED, **allowed})
    assert [page.body for page in crawl.pages] == [b"inside"]


def test_spider_decides_where_it_may_go(worker: Worker) -> None:
    with serve({"/in": Reply(b"in"), "/robots.txt": Reply(b"")}) as server:
        urls = [server.url("/in"), server.url("/out")]
        open_house = {**GUARDED, "ALLOW_PRIVATE_ADDRESSES": True, "ROBOTSTXT_OBEY": True}
        crawl = worker.crawl(urls, open_house, refuse="/out", meta={"kind": "page"})
        assert server.paths() == ["/in"]
        assert crawl.errors == [(urls[1], "OutOfScope", f"{urls[1]}: not in scope (page)")]
        assert crawl.stats["scope/refused"] == 1
        robots = worker.crawl(urls, open_house, refuse="t")  # every address, but robots.txt is asked for nonetheless
        assert robots.stats["scope/refused"] == 2
        free = worker.crawl(urls, open_house)
        assert len(free.pages) == 2
        assert "scope/refused" not in free.stats
