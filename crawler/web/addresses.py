"""Where a crawl may connect to: http and https, the portal's own scope, and public addresses only.

A page on the web must not lead a crawler into the network that it runs in. Two guards stand behind each other:
`AddressMiddleware` refuses before anything is asked and says why; `PublicResolver` gives a connection no other
address than a public one, whatever the name meant a moment ago.
"""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from scrapy.exceptions import CannotResolveHostError
from scrapy.resolver import CachingThreadedResolver
from scrapy.utils.defer import maybe_deferred_to_future
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.error import DNSLookupError

from crawler.web.refusals import NianbaoRefusal, asks_for_robots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrapy import Request
    from scrapy.crawler import Crawler
    from twisted.internet.base import ReactorBase
    from twisted.internet.defer import Deferred

# What may stand in a number that the C library takes for an address: 127.1, 0x7f000001, 017700000001.
_NUMERIC_HOST = re.compile(r"[0-9a-fx.]+", re.IGNORECASE)


class PrivateAddress(NianbaoRefusal):
    """The host of a request is, or resolves to, no public address. Raised by `AddressMiddleware`."""


class NotHttp(NianbaoRefusal):
    """The address has another scheme than http and https, or no readable host. Raised by `AddressMiddleware`."""


class OutOfScope(NianbaoRefusal):
    """The spider may not go there. Raised by `ScopeMiddleware`."""


class PrivateAddressError(DNSLookupError):
    """A name resolved to an address that is not public; ``str()`` names both. Raised by `PublicResolver`.

    A lookup error, because the connecting side takes any other for a fault of the resolver and logs it at length.
    """

    def __init__(self, host: str, address: str) -> None:
        super().__init__(host, address)
        self.host = host
        self.address = address

    def __str__(self) -> str:
        return f"{self.host} is {self.address}, which is no public address"


def read_address(host: str) -> IPv4Address | IPv6Address | None:
    """The address that ``host`` spells in any way the C library accepts, or None for a name.

    127.0.0.1, 127.1, 0x7f000001, 2130706433, 0177.0.0.1, [::1], [::ffff:10.0.0.1], each with or without a dot
    at its end. Opens no socket and resolves nothing.
    """
    host = unquote(host).strip().removeprefix("[").removesuffix("]").rstrip(".")
    if ":" in host:
        try:
            return ip_address(host)
        except ValueError:
            return None
    if not _NUMERIC_HOST.fullmatch(host):
        return None
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether ``address`` may be connected to. IPv6 addresses that carry an IPv4 one inside are not."""
    if address.is_multicast or address.is_reserved or address.is_unspecified or not address.is_global:
        return False
    if isinstance(address, IPv6Address):
        carried = address.ipv4_mapped or address.sixtofour or address.teredo
        return carried is None and not address.is_site_local
    return True


class PublicResolver(CachingThreadedResolver):
    """``TWISTED_DNS_RESOLVER``: refuses names that resolve to private addresses, unless `ALLOW_PRIVATE_ADDRESSES`.

    The address checked is the one connected to (IPv4, one a name). What Scrapy's DNS cache holds is checked each
    time too. One resolver serves the whole process and reads the settings of the process (project and command
    line), not those of a spider.
    """

    allow_private = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> PublicResolver:
        resolver = super().from_crawler(crawler, reactor)
        resolver.allow_private = crawler.settings.getbool("ALLOW_PRIVATE_ADDRESSES")
        return resolver

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802 - Twisted's name
        found = super().getHostByName(name, timeout)
        return found if self.allow_private else found.addCallback(_check_public, name)


def _check_public(address: Any, host: str) -> str:
    if not isinstance(address, str) or not is_public(ip_address(address)):
        raise PrivateAddressError(host, str(address))
    return address


class AddressMiddleware:
    """Lets through only http and https, and only hosts that are public, unless `ALLOW_PRIVATE_ADDRESSES`.

    Literal addresses never reach a resolver, so they are read here. Names are resolved here once a crawl, to say
    clearly why a request is refused; `PublicResolver` guards every connection after that. A redirect is a new
    request and passes here again.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._allow_private = crawler.settings.getbool("ALLOW_PRIVATE_ADDRESSES")
        self._public_names: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> AddressMiddleware:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        try:
            parts = urlparse_cached(request)
            host = parts.hostname or ""
        except ValueError as error:
            raise NotHttp(f"{request.url}: not a readable address ({error})") from error
        if parts.scheme not in {"http", "https"}:
            raise NotHttp(f"{request.url}: only http and https addresses are fetched")
        # Parsers differ about what is the host in `//a:80@b/`, and no portal needs it.
        if not host or "@" in parts.netloc or "\\" in parts.netloc:
            raise NotHttp(f"{request.url}: not a plain host")
        if self._allow_private or host in self._public_names:
            return
        address = read_address(host)
        if address is None:
            await self._check_name(request, host)
        elif not is_public(address):
            raise _private(request, f"{host} is {address}, which is no public address")

    async def _check_name(self, request: Request, host: str) -> None:
        from twisted.internet import reactor  # noqa: PLC0415 - importing it at the top would install the default one

        try:
            _check_public(await maybe_deferred_to_future(reactor.resolve(host)), host)
        except PrivateAddressError as error:
            raise _private(request, str(error)) from error
        except DNSLookupError as error:
            raise CannotResolveHostError(f"{host}: {error}") from error  # may pass, so it is tried again
        self._public_names.add(host)


def _private(request: Request, why: str) -> PrivateAddress:
    return PrivateAddress(f"{request.url}: {why} (-s ALLOW_PRIVATE_ADDRESSES=1 lets it through)")


class ScopeMiddleware:
    """Asks ``spider.may_request(url, kind)``, which returns None or a reason; a refused request is dropped.

    ``kind`` is ``request.meta["kind"]``: ``"page"``, ``"document"`` or None. robots.txt is part of asking any
    host at all and goes through. A spider without ``may_request`` is not restricted. Stat: ``scope/refused``.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ScopeMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        may_request = getattr(self.crawler.spider, "may_request", None)
        if may_request is None or asks_for_robots(request):
            return
        reason = may_request(request.url, request.meta.get("kind"))
        if reason is not None:
            assert self.crawler.stats is not None
            self.crawler.stats.inc_value("scope/refused")
            raise OutOfScope(f"{request.url}: {reason}")
