"""What is let go of a portal's candidates and pages at the end of a run, and what stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from crawler.catalogue.ending import Ending, Finding
from crawler.catalogue.model import Candidate, Page, Run
from crawler.catalogue.pages import PageFacts
from tests.catalogue.records import make_record
from tests.catalogue.runs import ENTRY, open_run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawler.catalogue.store import Catalogue

SWEEP = timedelta(days=85)


def crawl(catalogue: Catalogue, name: str, paths: Iterable[str], *records: dict[str, Any], **more: Any) -> int:
    """A run that meets candidates at these paths, each with its page; then two months go by. How many rows went."""
    findings = [Finding(ENTRY + path, "年报", ENTRY, None, 2024, "refused", "") for path in paths]
    findings += [Finding(one["source"]["url"], "年报", ENTRY, None, 2024, "read", "") for one in records]
    with open_run(catalogue, name) as run:
        for one in findings:
            run.note_page(PageFacts(one.url, 200, None, None, "0" * 64, 12, datetime.now(UTC)))
        for record in records:
            run.weigh(record)
            run.keep(record["report_id"], record["source"]["url"])
        given = {"verdict": "complete", "findings": findings, "sweep": SWEEP, **more}
        ending = Ending(datetime.now(UTC), **given)
        run.finish(ending, list)
        number = run.prune(ending)
    with catalogue.write() as session:
        for candidate in session.scalars(select(Candidate)):
            candidate.settled -= timedelta(days=62)
        for page in session.scalars(select(Page)):
            page.last_seen -= timedelta(days=62)
        for row in session.scalars(select(Run)):
            row.started -= timedelta(days=62)
    return number


def list_rows(catalogue: Catalogue) -> list[str]:
    """The paths of candidates, which are those of pages too."""
    with catalogue.read() as session:
        candidates, pages = (sorted(session.scalars(select(table.address))) for table in (Candidate, Page))
    assert candidates == pages
    return [one.removeprefix(ENTRY) for one in candidates]


def test_another_address_of_a_page_takes_the_place_of_the_last(catalogue: Catalogue) -> None:
    for number in range(3):
        paths = [f"{name}.html?jsessionid={number:08x}" for name in "abc"]
        assert crawl(catalogue, str(number), paths) == (6 if number else 0)
        assert list_rows(catalogue) == paths
    both = ["a.html?from=1", "a.html?from=2"]  # met in one run: neither took the place of the other
    crawl(catalogue, "both", both, verdict="partial")
    assert list_rows(catalogue) == [*both, *paths[1:]]


def test_what_was_not_met_for_two_sweeps_is_let_go(catalogue: Catalogue) -> None:
    crawl(catalogue, "0", ["a", "b"])
    for more in ({"verdict": "partial"}, {"swept": False}, {"sweep": None}):
        assert crawl(catalogue, str(more), ["a"], **more) == 0  # it did not see all there is, or nobody says how long
    assert list_rows(catalogue) == ["a", "b"]
    assert crawl(catalogue, "last", ["a"]) == 2
    assert list_rows(catalogue) == ["a"]


def test_seldom_runs_forget_nothing_too_soon(catalogue: Catalogue) -> None:
    """Where nothing is known without a look, two runs that saw all there is are enough, and one is not."""
    always = {"sweep": timedelta(0)}
    crawl(catalogue, "0", ["a", "b"], **always)
    assert [crawl(catalogue, str(number), ["a"], **always) for number in (1, 2)] == [0, 2]


def test_what_a_report_or_a_failure_is_known_by_stays(catalogue: Catalogue) -> None:
    record = make_record(path="/report.html")
    failing = {f"{ENTRY}lost": ("failed", "HTTP 500")}
    always = {"sweep": timedelta(0)}
    crawl(catalogue, "0", ["lost", "other"], record, **always)
    crawl(catalogue, "1", ["lost"], failing=failing, **always)
    for number in (2, 3):
        crawl(catalogue, str(number), [], verdict="complete", failing=failing, **always)
    assert list_rows(catalogue) == ["lost", "report.html"]
