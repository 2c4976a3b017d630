"""Names under ``.test`` for the portals of the tests: a resolver for Scrapy, and the same rules for Chromium.

Two portals on one address would share one of Scrapy's slots, which ignore ports; and twins of a host
(``www.``, ``m.``) need names. Names under ``.test`` belong to nobody (RFC 2606), so none of them is ever asked of a
name server: what is not in the table does not exist.
"""

from __future__ import annotations

import os
import re
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from twisted.internet import defer
from twisted.internet.error import DNSLookupError

from crawler.web.addresses import PrivateAddressError, PublicResolver

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scrapy.crawler import Crawler
    from twisted.internet.base import ReactorBase
    from twisted.internet.defer import Deferred

RESOLVER = "tests.sites.names.TestNamesResolver"
"""The value of ``TWISTED_DNS_RESOLVER``."""
SETTING = "NIANBAO_TEST_NAMES"
"""The setting, and the environment variable that stands in for it, with the table as `write_names` writes it."""
_NAME = re.compile(r"(?:[a-z0-9-]+\.)+test")


class TestNamesResolver(PublicResolver):
    """`PublicResolver` that knows a table of names under ``.test``; all other names go the usual way.

    Without `ALLOW_PRIVATE_ADDRESSES` a name that the table puts on loopback is refused as any other would be. Names
    have no port, so the address of a portal still ends with that of its server.
    """

    __test__ = False  # no class of tests, whatever pytest makes of its name
    names: Mapping[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> TestNamesResolver:
        resolver = super().from_crawler(crawler, reactor)
        if not isinstance(resolver, cls):
            raise TypeError(f"{type(resolver).__name__} is no {cls.__name__}")
        resolver.names = read_names(crawler.settings.get(SETTING) or os.environ.get(SETTING, ""))
        return resolver

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:
        bare = name.rstrip(".").lower()
        if bare != "test" and not bare.endswith(".test"):
            return super().getHostByName(name, timeout)
        address = self.names.get(bare)
        if address is None:
            return defer.fail(DNSLookupError(f"{name} is not among the names of the tests"))
        if not self.allow_private:
            return defer.fail(PrivateAddressError(name, address))
        return defer.succeed(address)


def write_names(names: Mapping[str, str]) -> str:
    """Name → address as one line, ``www.a.test=127.0.0.3,m.a.test=127.0.0.3``, the form that `read_names` takes."""
    _check(names)
    return ",".join(f"{name}={address}" for name, address in sorted(names.items()))


def read_names(text: str) -> dict[str, str]:
    """The table in a line. Raises ValueError for a name outside ``.test`` or an address outside 127.0.0.0/8."""
    names = {}
    for entry in filter(None, text.replace(" ", "").split(",")):
        name, mark, address = entry.partition("=")
        if not mark:
            raise ValueError(f"{entry!r}: write name=address")
        names[name.lower()] = address
    _check(names)
    return names


def write_rules(names: Mapping[str, str]) -> str:
    """The value of Chromium's ``--host-resolver-rules``: these names, loopback as it is, and no other host at all."""
    _check(names)
    maps = [f"MAP {name} {address}" for name, address in sorted(names.items())]
    return ", ".join([*maps, "MAP * ~NOTFOUND", *(f"EXCLUDE {host}" for host in ("127.0.0.*", "localhost"))])


def _check(names: Mapping[str, str]) -> None:
    for name, address in names.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name under .test")
        if not IPv4Address(address).is_loopback:
            raise ValueError(f"{name}: {address} is not on loopback")
