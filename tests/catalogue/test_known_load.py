"""What of a portal is due: rules over plain data; and that the catalogue keeps what they need."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from crawler.catalogue.ending import Ending, Finding
from crawler.catalogue.known import (
    LEAST,
    LEAST_WHOLE,
    Knowledge,
    KnownCandidate,
    KnownList,
    KnownPage,
    KnownReport,
    Rules,
)
from crawler.catalogue.pages import PageFacts
from tests.catalogue.records import make_record
from tests.catalogue.runs import ENTRY, crawl, open_run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawler.catalogue.store import Catalogue

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SWEEP = timedelta(days=85)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def report(year: int = 2024, body: str = "云来县人民政府", **more: Any) -> KnownReport:
    return KnownReport(f"411399-{body}", body, year, (f"{ENTRY}{body}/{year}.html",), (ENTRY,), **more)


def candidate(url: str = "a.html", **more: Any) -> KnownCandidate:
    """A report that was read a month ago; the report is not that of the address."""
    given: dict[str, Any] = {"outcome": "read", "settled": days_ago(30), "report": report(), "parent": None, **more}
    text = given.pop("text", "年报")
    parent = None if given["parent"] is None else ENTRY + given.pop("parent")
    return KnownCandidate(ENTRY + url, text, ENTRY, year=2024, reason="verified", **{**given, "parent": parent})


def know(*candidates: KnownCandidate, shares: tuple[float, float] | None = None, **more: Any) -> Knowledge:
    """What is known; nothing is due by its turn without ``shares`` (of requests and bytes)."""
    knowledge = Knowledge(Rules(NOW, SWEEP, *(shares or (0, 0))), {one.url: one for one in candidates}, **more)
    if shares is None:
        knowledge.due = set()
    return knowledge


def test_what_was_read_is_known() -> None:
    known = candidate()
    assert know(known).recall(known.url, "年报") == replace(known, outcome="same")
    assert know(known).recall(f"{ENTRY}b.html", "年报") is None


@pytest.mark.parametrize(
    "other",
    [
        {"text": "年报（修订）"},
        {"settled": days_ago(86)},
        {"settled": days_ago(-1)},  # by a clock that has jumped back since
        {"outcome": "failed"},
        {"outcome": "unread"},
        {"outcome": "forbidden"},
        {"outcome": "skipped"},
        {"outcome": "listed"},
        {"report": None},  # it vanished, or is known by another address
        {"report": report(sure=False)},  # could not be read
    ],
)
def test_what_is_in_doubt_is_asked_for(other: dict[str, Any]) -> None:
    known = candidate(**other)
    assert know(known).recall(known.url, "年报") is None


def test_what_was_read_is_known_by_other_addresses_of_its_page() -> None:
    old, last = (candidate(f"a.html;jsessionid={n}", settled=days_ago(60 - n)) for n in (1, 2))
    knowledge = know(old, last)
    assert knowledge.recall(f"{ENTRY}a.html;jsessionid=3", "年报") == replace(last, outcome="same")
    assert knowledge.recall(f"{ENTRY}b.html;jsessionid=3", "年报") is None
    knowledge.due = {last.url}
    assert knowledge.recall(f"{ENTRY}a.html;jsessionid=3", "年报") is None
    # What its page led to has a session's number that is as old.
    behind = candidate("t.png", parent="a.html;jsessionid=2", outcome="part", report=None)
    assert know(last, behind).recall(f"{ENTRY}a.html;jsessionid=3", "年报") is None


def test_what_is_no_report_is_known_too() -> None:
    for outcome in ("refused", "duplicate"):
        known = candidate(outcome=outcome, report=None)
        assert know(known).recall(known.url, "年报") == known
        old = replace(known, settled=days_ago(86))
        assert know(old).recall(known.url, "年报") is None


def test_a_page_is_asked_for_with_what_is_missing_of_it() -> None:
    page, part = candidate(), candidate("table.png", parent="a.html", outcome="part", report=None)
    assert know(page, part).recall(page.url, "年报") is not None
    for outcome in ("failed", "unread", "forbidden"):
        assert know(page, replace(part, outcome=outcome)).recall(page.url, "年报") is None


def test_a_landing_page_is_asked_for_with_its_documents() -> None:
    landing = candidate("l.html", outcome="followed", report=None)
    document = candidate("a.pdf", parent="l.html")
    knowledge = know(landing, document)
    assert knowledge.recall(landing.url, "年报") == landing
    assert knowledge.below(landing.url) == [document]
    knowledge.due = {document.url}
    assert knowledge.recall(landing.url, "年报") is None
    other = replace(document, report=report(sure=False))
    assert know(landing, other).recall(landing.url, "年报") is None
    # What a page of a report leads to is asked for by itself.
    page = replace(landing, outcome="read", report=report(2023))
    knowledge = know(page, document)
    knowledge.due = {document.url}
    assert knowledge.recall(page.url, "年报") is not None
    assert knowledge.recall(document.url, "年报") is None


def test_pages_that_lead_to_one_another_end() -> None:
    one, two = (candidate(f"{n}.html", outcome="followed", report=None, parent=f"{3 - n}.html") for n in (1, 2))
    assert know(one, two).recall(one.url, "年报") is None


def test_a_list_is_known_by_its_first_page_for_a_while() -> None:
    for days, known in ((30, True), (86, False), (-1, False)):
        knowledge = know(lists={"list": KnownList("first", "last", days_ago(days))})
        assert knowledge.find_last("list", "first") == ("last" if known else None)
        assert knowledge.find_last("list", "other") is None
        assert knowledge.find_last("another", "first") is None


def test_a_report_is_missed_where_it_should_be() -> None:
    address = report().addresses[0]
    knowledge = know(reports=[report()], asked=(ENTRY, "http://other/"), years=(2020, 2024))
    assert knowledge.misses({})
    assert not knowledge.misses({address})
    knowledge.seen = {f"{report().key}-2024"}
    assert not knowledge.misses({})  # it was read elsewhere
    knowledge.seen, knowledge.years = frozenset(), (2020, 2023)
    assert not knowledge.misses({})  # of no year that is asked for
    knowledge.years, knowledge.asked = None, ("http://other/",)
    assert not knowledge.misses({})  # a run that begins elsewhere
    knowledge.asked = (f"{ENTRY.replace('http:', 'https:')}index.html",)
    assert knowledge.misses({})  # the same page by another address


def test_a_report_that_only_another_one_links_is_asked_for_itself() -> None:
    page, beside = candidate(report=report(2023)), candidate("b.html", parent="a.html")
    one = replace(report(), addresses=(beside.url,))
    assert know(page, beside, reports=[one], asked=(ENTRY,)).list_beside({}) == [beside]
    assert not know(page, beside, reports=[one], asked=(ENTRY,)).misses({})
    assert know(page, beside, reports=[one], asked=(ENTRY,)).list_beside({beside.url}) == []
    for other in (replace(page, outcome="followed"), replace(page, url=beside.url)):  # behind a landing page; its own
        knowledge = know(other, replace(beside, parent=other.url), reports=[one], asked=(ENTRY,))
        assert (knowledge.list_beside({}), knowledge.misses({})) == ([], True)


# --- whose turn it is


def know_portal(
    bodies: int, years: Iterable[int], *, size: int = 1000, validated: bool = True, way: int = 10, **more: Any
) -> Knowledge:
    """A portal of ``bodies`` with a report for each year, each a page of ``size`` bytes; ``way`` pages lead there."""
    candidates, reports = [], []
    pages = {f"{ENTRY}list/{number}": KnownPage(100, validated=False) for number in range(way)}
    for body in range(bodies):
        for year in years:
            one = report(year, f"第{body}局")
            reports.append(one)
            candidates.append(candidate(f"{year}/{body}.html", report=one))
            pages[candidates[-1].url] = KnownPage(size, validated)
    return know(*candidates, reports=reports, pages=pages, **more)


def count_due(knowledge: Knowledge) -> dict[int, int]:
    """How many reports are due, by year."""
    years = [one.report.year for url, one in knowledge.candidates.items() if url in knowledge.due and one.report]
    return {year: years.count(year) for year in sorted(set(years))}


TEN_YEARS = range(2015, 2025)


def test_the_newest_of_each_body_come_first() -> None:
    """A third of 110 pages, less the ten on the way, leaves 26."""
    knowledge = know_portal(10, TEN_YEARS, shares=(0.33, 0))
    assert count_due(knowledge) == {2022: 6, 2023: 10, 2024: 10}


def test_those_that_nobody_looked_at_for_long_come_up() -> None:
    knowledge = know_portal(10, TEN_YEARS, shares=(0.33, 0))
    looked = {url: replace(knowledge.candidates[url], settled=NOW) for url in knowledge.due}
    later = replace(knowledge, candidates={**knowledge.candidates, **looked})
    assert count_due(later) == {2019: 2, 2020: 10, 2021: 10, 2022: 4}
    # After ten days the newest are as much in want of it as what was not looked at for forty.
    later = replace(later, rules=replace(later.rules, now=NOW + timedelta(days=10)))
    assert count_due(later) == {2020: 2, 2021: 10, 2022: 4, 2024: 10}


def test_bytes_are_a_bound_where_a_server_validates_nothing() -> None:
    """A tenth of 101,000 bytes, less the 1,000 of the pages on the way, is nine reports."""
    assert count_due(know_portal(10, TEN_YEARS, validated=False, shares=(0.33, 0.1))) == {2024: 9}
    knowledge = know_portal(10, TEN_YEARS, validated=False, shares=(0.33, 0.001))
    assert count_due(knowledge) == {2024: LEAST_WHOLE}
    # What costs next to nothing is looked at all the same.
    pages = {url: replace(page, validated="/2020/" in url) for url, page in knowledge.pages.items()}
    assert count_due(replace(knowledge, pages=pages)) == {2020: 10, 2024: LEAST_WHOLE}


def test_those_that_a_server_validates_are_looked_at_in_any_case() -> None:
    """However few pages a run may ask for, and however little it may take."""
    assert count_due(know_portal(10, TEN_YEARS, shares=(0.001, 0))) == {2024: LEAST}


def test_few_reports_are_all_looked_at() -> None:
    knowledge = know_portal(1, (2023, 2024), shares=(0.001, 0))
    assert count_due(knowledge) == {2023: 1, 2024: 1}


def test_a_landing_page_is_due_with_its_documents_and_their_parts() -> None:
    landing = candidate("l.html", outcome="followed", report=None)
    document = candidate("a.html", parent="l.html")
    part = candidate("t.png", parent="a.html", outcome="part", report=None)
    other = candidate("b.html", parent="l.html", outcome="refused", report=None)
    knowledge = know(landing, document, part, other, shares=(0.001, 0))
    assert knowledge.due == {landing.url, document.url, part.url, other.url}


# --- the catalogue


def finding(record: dict[str, Any], **more: Any) -> Finding:
    given = {"outcome": "read", "parent": None, "text": record["title"], **more}
    return Finding(record["source"]["url"], found_on=ENTRY, year=record["year"], reason="verified", **given)


def recall(catalogue: Catalogue, name: str = "next") -> Knowledge:
    with open_run(catalogue, name) as run:
        return run.recall(Rules(datetime.now(UTC), SWEEP, 0, 0))


def test_the_catalogue_keeps_what_is_known(catalogue: Catalogue) -> None:
    first, second = make_record(2024), make_record(2023)
    landing = finding(first)
    part = Finding(f"{ENTRY}t.png", "\0", landing.url, landing.url, None, "part", "of it")
    crawl(
        catalogue, first, second, name="1", findings=[landing, part, finding(second)], lists={"list": ("first", "last")}
    )
    knowledge = recall(catalogue)
    known = knowledge.candidates[landing.url]
    assert (known.text, known.found_on, known.parent, known.year) == (first["title"], ENTRY, None, 2024)
    assert (known.outcome, known.reason) == ("read", "verified")
    assert known.report == KnownReport("411399-云来县人民政府", "云来县人民政府", 2024, (landing.url,), (ENTRY,))
    (below,) = knowledge.below(landing.url)
    assert (below.url, below.text, below.outcome) == (part.url, "\ufffd", "part")
    knowledge.due = set()
    assert knowledge.recall(landing.url, first["title"]) is not None
    assert knowledge.find_last("list", "first") == "last"
    assert not knowledge.misses({one["source"]["url"] for one in (first, second)})
    assert knowledge.misses({landing.url})


def test_the_catalogue_keeps_what_is_in_doubt_apart(catalogue: Catalogue) -> None:
    records = [make_record(2024), make_record(2023), make_record(2022, confidence="failed")]
    findings = [finding(record) for record in records]
    crawl(catalogue, *records, name="2", findings=findings)
    sure = {url: one.report and one.report.sure for url, one in recall(catalogue, "2b").candidates.items()}
    assert sure == {findings[0].url: True, findings[1].url: True, findings[2].url: False}
    crawl(catalogue, records[0], name="3", findings=findings[:1])  # the others have vanished
    knowledge = recall(catalogue, "3b")
    assert {url for url, one in knowledge.candidates.items() if one.report} == {findings[0].url}
    assert len(knowledge.reports) == 1


def test_what_waits_for_a_feed_is_delivered_without_its_page(catalogue: Catalogue) -> None:
    """The catalogue holds all that the feed is to hold: of a crawl that broke off, and of a new reading of archives."""
    record = make_record(2024)
    crawl(catalogue, record, name="1", findings=[finding(record)], whole=False)
    knowledge = recall(catalogue)
    knowledge.due = set()
    (url,) = knowledge.candidates
    known = knowledge.recall(url, record["title"])
    assert known is not None
    second = crawl(catalogue, name="2", outcomes={url: known.outcome}, swept=False)
    assert [one["report_id"] for one in second.feed] == [record["report_id"]]
    assert [row["change"] for row in second.rows if row["change"] != "same"] == ["new"]
    assert [row["waiting"] for row in catalogue.describe()] == [0]


def test_a_later_run_says_what_it_settled(catalogue: Catalogue) -> None:
    record = make_record(2024)
    crawl(catalogue, record, name="1", findings=[finding(record)], lists=dict.fromkeys("abc", ("1", "")))
    crawl(
        catalogue,
        name="2",
        findings=[finding(record, outcome="skipped")],
        lists={"a": ("2", "3"), "b": None},
        years=(2020, 2021),
    )
    knowledge = recall(catalogue)
    assert {one.outcome for one in knowledge.candidates.values()} == {"read"}  # nobody looked
    assert {name: (one.first, one.last) for name, one in knowledge.lists.items()} == {"a": ("2", "3"), "c": ("1", "")}
    crawl(catalogue, name="3", findings=[finding(record, outcome="failed", text="2024")], verdict="partial")
    (known,) = recall(catalogue, "4").candidates.values()
    assert (known.outcome, known.text) == ("failed", "2024")


def test_what_a_page_leads_to_no_more_is_struck_out(catalogue: Catalogue) -> None:
    """Where nobody met it elsewhere, and somebody looked at the page."""
    record = make_record(2024)
    page = finding(record)
    behind = [
        Finding(f"{ENTRY}{name}", "2010年年报", page.url, page.url, 2010, "read", "verified") for name in ("a", "b")
    ]
    crawl(catalogue, record, name="1", findings=[page, *behind])
    everything = {one.url for one in (page, *behind)}
    for outcome in ("failed", "skipped"):
        crawl(catalogue, name=outcome, findings=[finding(record, outcome=outcome)], verdict="partial")
        assert recall(catalogue, f"{outcome}+").candidates.keys() == everything
    crawl(catalogue, record, name="3", findings=[page], outcomes={page.url: "same", behind[0].url: "same"})
    assert recall(catalogue, "3+").candidates.keys() == everything - {behind[1].url}
    crawl(catalogue, record, name="4", findings=[page], outcomes={page.url: "same"})
    assert recall(catalogue, "4+").candidates.keys() == {page.url}


def test_a_report_that_a_page_leads_to_no_more_stays_known_while_it_stands(catalogue: Catalogue) -> None:
    """A page that was passed over may link it."""
    records = [make_record(2024), make_record(2023), make_record(2022)]
    page, *behind = (finding(record) for record in records)
    behind = [replace(one, parent=page.url) for one in behind]
    crawl(catalogue, *records, name="1", findings=[page, *behind])
    crawl(catalogue, records[0], name="2", findings=[page], outcomes={page.url: "same"}, passed=True)
    assert recall(catalogue, "2+").candidates.keys() == {page.url, *(one.url for one in behind)}
    failed = [replace(behind[0], outcome="failed")]
    crawl(catalogue, records[0], name="3", findings=[page, *failed], passed=True, verdict="partial")
    crawl(catalogue, records[0], name="4", findings=[page], outcomes={page.url: "same"}, passed=True)
    assert recall(catalogue, "4+").candidates.keys() == {page.url, behind[1].url}
    crawl(catalogue, records[0], name="5", findings=[page], outcomes={page.url: "same"})  # it has vanished
    assert recall(catalogue, "5+").candidates.keys() == {page.url}


def test_the_catalogue_tells_what_a_page_costs(catalogue: Catalogue) -> None:
    now = datetime.now(UTC)
    with open_run(catalogue, "1") as run:
        for name, etag, modified, status, seen in (
            ("a", '"1"', None, 200, now),
            ("b", None, "Sun, 01 Feb 2026 03:15:00 GMT", 200, now),
            ("c", None, None, 200, now),
            ("lost", None, None, 404, now),
            ("forgotten", None, None, 200, now - 3 * SWEEP),
        ):
            run.note_page(PageFacts(ENTRY + name, status, etag, modified, "0" * 64, 12, seen))
        run.finish(Ending(now, "complete"), list)
    assert recall(catalogue).pages == {
        ENTRY + name: KnownPage(12, validated) for name, validated in (("a", True), ("b", True), ("c", False))
    }


def test_what_was_passed_over_is_there_and_was_not_seen(catalogue: Catalogue) -> None:
    """On a page of a list that nobody looked at, a report is no more seen than before; elsewhere it is."""
    records = [make_record(2024), make_record(2023)]
    crawl(catalogue, *records, name="1")
    urls = [record["source"]["url"] for record in records]
    second = crawl(catalogue, name="2", outcomes=dict.fromkeys(urls, "same"), unlooked={urls[1]}, swept=False)
    assert [row["change"] for row in second.rows] == ["same", "same"]
    (row,) = catalogue.describe()
    assert (row["last"]["reports"], row["last"]["same"], row["vanished"]) == (2, 2, 0)
    seen = {record["year"]: record["version"]["last_seen"] for record in catalogue.find_records("yunlai")}
    assert seen[2023] == records[1]["version"]["last_seen"] < seen[2024]
