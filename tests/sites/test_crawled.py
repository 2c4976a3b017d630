"""A portal of every family, crawled from its address alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sites.crawled import crawl_portal
from tests.sites.variants.make import FAMILIES, make_site
from tests.sites.variants.script_parts import media_paths

if TYPE_CHECKING:
    from pathlib import Path

# Of each family one of the smaller portals; `make soak` crawls others.
PORTALS = (
    *("documents-9", "hanweb-4", "henan-5", "jsoncall-7", "luoyang_old-2", "moves-2", "plain-5", "script_list-3"),
    *("script_menu-2", "tree-10", "trs-1", "visualsite-2"),
)


def test_no_family_is_left_out() -> None:
    assert sorted(name.rpartition("-")[0] for name in PORTALS) == sorted(FAMILIES)


@pytest.mark.parametrize("name", PORTALS)
def test_every_report_is_found_and_read(name: str, tmp_path: Path) -> None:
    crawled = crawl_portal(name, tmp_path)
    assert crawled.good, crawled.tell()
    asked = {entry.path for entry in crawled.log}
    site = make_site(name)
    assert not asked & (site.news | media_paths(site))
