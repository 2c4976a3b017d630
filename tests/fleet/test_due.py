"""Which portals want a crawl, over a real catalogue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from crawler.catalogue.reread import hold_portal
from crawler.catalogue.store import open_catalogue
from crawler.fleet.due import NEVER, find_due, read_counts
from tests.catalogue.records import make_record
from tests.catalogue.runs import ENTRY, crawl, open_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.catalogue.store import Catalogue

NOW = datetime(2027, 3, 2, tzinfo=UTC)
GOOD = {"verdict": "complete", "whole": True}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """One for all: what a test enters is newer than what is there."""
    catalogue = open_catalogue(None, tmp_path_factory.mktemp("data"))
    yield catalogue
    catalogue.close()


def ask(catalogue: Catalogue, days: float = 28, now: datetime = NOW) -> str | None:
    return find_due(catalogue, [("yunlai", (ENTRY,))], now, days)["yunlai"]


def test_what_is_no_run_of_the_whole_portal_does_not_count(catalogue: Catalogue) -> None:
    assert ask(catalogue) == NEVER
    crawl(catalogue, name="1", finished=NOW, years=(2023, 2023), **GOOD)
    crawl(catalogue, name="2", finished=NOW, asked=("http://copy.test/",), **GOOD)
    assert ask(catalogue) == NEVER
    crawl(catalogue, make_record(2023), name="3", finished=NOW, **GOOD)
    crawl(catalogue, name="4", finished=NOW, years=(2023, 2023), verdict="failed")
    assert ask(catalogue) is None
    with open_run(catalogue, "5"):
        assert ask(catalogue) is None  # it is being crawled
    assert ask(catalogue) == "its last run never ended"
    with hold_portal(catalogue, "yunlai"):
        assert ask(catalogue) is None  # a crawl would be sent away
    assert set(read_counts(catalogue, [("yunlai", "3"), ("qingxi", "3")])) == {"yunlai"}
    assert read_counts(catalogue, [("yunlai", "5")]) == {}
    counts = read_counts(catalogue, [("yunlai", "3")])["yunlai"]
    assert (counts.reports, counts.new, counts.changed, counts.failing) == (1, 1, 0, 0)


@pytest.mark.parametrize(
    ("age", "ending", "reason"),
    [
        (1, GOOD, None),
        (27, GOOD, None),
        (28, GOOD, "crawled 28 days ago"),
        (-40, GOOD, "crawled 40 days ago"),  # the clock was ahead
        (1, {**GOOD, "verdict": "partial"}, "its last run was partial"),
        (1, {**GOOD, "verdict": "nothing_found"}, "its last run was nothing_found"),
        (1, {**GOOD, "verdict": "blocked"}, None),
        (29, {**GOOD, "verdict": "blocked"}, "crawled 29 days ago"),
        (1, {**GOOD, "whole": False}, "its last feed was not whole"),
        (1, {**GOOD, "failing": {ENTRY: ("unread", "a scan")}}, "1 addresses failing"),
    ],
)
def test_a_portal_is_due_by_its_last_run(
    catalogue: Catalogue, age: int, ending: dict[str, Any], reason: str | None
) -> None:
    crawl(catalogue, make_record(2023), name=f"{age} {ending}", finished=NOW - timedelta(days=age), **ending)
    assert ask(catalogue) == reason
