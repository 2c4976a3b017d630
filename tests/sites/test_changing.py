"""Portals that change from month to month: what stays is the same, and what changes is in their books."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from tests.bench.kills import find_fault
from tests.sites.site import Asked
from tests.sites.variants.changing import CHANGING, ChangingPortal, write_mark
from tests.sites.variants.make import make_site

if TYPE_CHECKING:
    from pathlib import Path

LAST = 11


@pytest.mark.parametrize("family", CHANGING[1::2])
def test_the_books_of_a_month_agree_with_its_events(family: str) -> None:
    portal = ChangingPortal(f"{family}-3", 5, LAST + 1)
    first, last = portal.build(0), portal.build(LAST)
    before, after = ({(one.body, one.year): one for one in site.truth} for site in (first, last))
    assert (before.keys(), after.keys()) == (portal.there(0), portal.there(LAST))
    assert {event.change for event in portal.events} >= {"new", "back", "gone"}
    revised = {event.key for event in portal.events if event.change == "cell"}
    for key in before.keys() & after.keys():
        one, other = before[key], after[key]
        assert (one.path, one.landing_path, one.title) == (other.path, other.landing_path, other.title)
        assert (one.tables != other.tables) == (key in revised)
    robots = first.pages["/robots.txt"]
    assert robots.body == last.pages["/robots.txt"].body


def test_a_server_knows_of_changes_as_it_says() -> None:
    portal = ChangingPortal("henan-3", 5, LAST + 1)
    assert portal.validators == ("etag",)
    event = next(event for event in portal.events if event.change == "text")
    sites = [portal.build(month) for month in (event.month - 1, event.month, event.month)]
    path = next(one.path for one in sites[1].truth if (one.body, one.year) == event.key)
    pages = [site.pages[path] for site in sites]
    tags = [page.headers["ETag"] for page in pages]
    assert tags[0] != tags[1] == tags[2]
    assert [write_mark(event.month) in page.body.decode() for page in pages] == [False, True, True]
    assert sites[0].answer is not None
    assert sites[0].answer(Asked("GET", "/nowhere", {})) is None


def test_other_portals_are_made_as_before() -> None:
    before = make_site("henan-3")
    there = ChangingPortal("henan-3", 5, 1).there(0)
    assert make_site("henan-3").truth == before.truth
    assert there < {(one.body, one.year) for one in before.truth}


def test_a_cut_archive_can_be_read_and_a_damaged_one_cannot(tmp_path: Path) -> None:
    members = [gzip.compress(b"WARC/1.1\r\n" + bytes(range(256)) * n) for n in (1, 2, 3)]
    path = tmp_path / "a.warc.gz"
    whole = b"".join(members)
    for end in (0, 5, len(members[0]), len(whole) - 1, len(whole)):
        path.write_bytes(whole[:end])
        assert find_fault(path) is None
    at = len(members[0]) + 40
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
    assert (find_fault(path) or "").startswith(f"byte {len(members[0])} of")
    path.write_bytes(members[0] + gzip.compress(b"something else"))
    assert "no record" in (find_fault(path) or "")
