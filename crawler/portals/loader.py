"""Spiders by name: the files of ``spiders/``, and one class for each further line of the register."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from scrapy.spiderloader import SpiderLoader

from crawler.portals.register import Portal, RegisterError, load_register
from crawler.portals.spider import PortalSpider

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request, Spider
    from scrapy.settings import BaseSettings


class RegisterSpiderLoader(SpiderLoader):
    """``SPIDER_LOADER_CLASS``: a file of ``SPIDER_MODULES`` goes before a line of the register with its name.

    Classes of lines are made when they are asked for. Raises RegisterError for a register that cannot be used; but
    `from_settings`, which is what Scrapy's own commands call, ends the process with that one line and status 2, for all
    that Scrapy has for an error there is a traceback. Our own commands look before (`check_register`).
    """

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        try:
            return super().from_settings(settings)
        except RegisterError as error:
            sys.stderr.write(f"scrapy: {error}\n")
            raise SystemExit(2) from None

    def __init__(self, settings: BaseSettings) -> None:
        super().__init__(settings)
        self.portals = load_register(settings.get("PORTALS_FILE"))

    def load(self, spider_name: str) -> type[Spider]:
        if spider_name not in self._spiders and spider_name in self.portals:
            self._spiders[spider_name] = make_spider(self.portals[spider_name])
        return super().load(spider_name)

    def find_by_request(self, request: Request) -> list[str]:  # type: ignore[valid-type]
        for name in self.portals:
            self.load(name)
        return super().find_by_request(request)

    def list(self) -> list[str]:
        return [*self._spiders, *(name for name in self.portals if name not in self._spiders)]


def make_spider(portal: Portal) -> type[PortalSpider]:
    """The spider of a portal: attributes and nothing else, as a file of ``spiders/`` has them."""
    words = portal.name.replace("-", "_").split("_")
    return type(
        f"{''.join(word.capitalize() for word in words)}Spider",
        (PortalSpider,),
        {
            "__doc__": f"{portal.body} ({portal.code or 'no code'}): {portal.place}.",
            "__module__": __name__,
            "name": portal.name,
            "body": portal.body,
            "division_code": portal.code,
            "addresses": portal.addresses,
            "hosts": portal.hosts,
        },
    )
