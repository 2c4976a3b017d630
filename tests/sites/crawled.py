"""Crawls an invented portal as a user would, over sockets, and judges what it brought home.

``python -m tests.sites.crawled trs-17 tree-2`` prints the judgement of each.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.crawl.crawling import run_crawl
from tests.sites.names import RESOLVER, SETTING, write_names
from tests.sites.server import serve
from tests.sites.variants.make import FAMILIES, make_site
from tests.sites.variants.truth import Judged, judge

if TYPE_CHECKING:
    from tests.crawl.crawling import Crawl
    from tests.sites.server import Logged

ADDRESS = "127.0.0.3"


@dataclass(frozen=True, slots=True)
class Crawled:
    """A crawl, what is to be said of it, and what the portal was asked; ``seconds`` by the clock, ``peak`` the most
    requests at once."""

    crawl: Crawl
    judged: Judged
    log: tuple[Logged, ...]
    seconds: float
    peak: int

    @property
    def good(self) -> bool:
        return self.judged.good and self.peak == 1

    def tell(self) -> str:
        """The judgement, and the verdict of the crawl with its reason."""
        head, *more = self.judged.tell().splitlines()
        reasons = "; ".join(self.crawl.run["why"][:2])
        peak = "" if self.peak == 1 else f", {self.peak} at once"
        verdict = f"{self.crawl.verdict} ({reasons})" if reasons else self.crawl.verdict
        return "\n".join([f"{head}{peak}, {self.seconds:.0f} s: {verdict}", *more])


def crawl_portal(name: str, folder: Path) -> Crawled:
    """Crawls the portal of that family and seed (``trs-17``) from nothing but its address, by its name under ``.test``
    and with its ``m.`` twin."""
    site = make_site(name)
    twin = f"m.{site.host.removeprefix('www.')}"
    settings = {"TWISTED_DNS_RESOLVER": RESOLVER, SETTING: write_names(dict.fromkeys((site.host, twin), ADDRESS))}
    with serve(site, address=ADDRESS) as server:
        begun = time.monotonic()
        url = f"http://{site.host}:{server.port}{site.start[0]}"
        crawl = run_crawl(folder, "portal", url, network="loopback", settings=settings)
        seconds = time.monotonic() - begun
        return Crawled(crawl, judge(site, crawl.records, server.log), tuple(server.log), seconds, server.in_flight_peak)


def crawl_portals(names: list[str]) -> list[Crawled]:
    """Crawls portals one after the other, and tells of each on standard output when it is done."""
    found = []
    for n, name in enumerate(names, 1):
        sys.stderr.write(f"{n} of {len(names)}: {name}\n")
        with tempfile.TemporaryDirectory(prefix="portal-") as folder:
            crawled = crawl_portal(name, Path(folder))
        sys.stdout.write(f"{crawled.tell()}\n")
        sys.stdout.flush()
        found.append(crawled)
    return found


def main(arguments: list[str]) -> int:
    """The exit status: 1 if anything is to be said against a crawl."""
    parser = argparse.ArgumentParser(prog="python -m tests.sites.crawled", description=__doc__.split("\n", 1)[0])
    names = ", ".join(FAMILIES)
    parser.add_argument("portals", nargs="*", metavar="FAMILY-SEED", help=f"families: {names}; all with seed 1 if none")
    options = parser.parse_args(arguments)
    crawled = crawl_portals(options.portals or [f"{name}-1" for name in FAMILIES])
    return 0 if all(one.good for one in crawled) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
