"""Invented portals, crawled from their addresses alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sites.crawled import crawl_portal
from tests.sites.variants.make import make_site
from tests.sites.variants.script_parts import media_paths

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.long

# One of the smaller portals for each way that lists are made: by links, scripts, calls by GET and by POST, a browser,
# under several addresses. `make soak` crawls all families.
PORTALS = ("hanweb-33", "jsoncall-7", "moves-2", "script_list-3", "tree-10", "trs-1")


@pytest.mark.parametrize("name", PORTALS)
def test_every_report_is_found_and_read(name: str, tmp_path: Path) -> None:
    crawled = crawl_portal(name, tmp_path)
    assert crawled.good, crawled.tell()
    asked = {entry.path for entry in crawled.log}
    site = make_site(name)
    assert not asked & (site.news | media_paths(site))
