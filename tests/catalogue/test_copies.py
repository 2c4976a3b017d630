"""Which of two copies of a report holds: rules over plain data, and whole crawls of a portal that corrects reports."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from crawler.catalogue.copies import UNKEPT, UNTOLD, asks_for_a_look, compare_copies, judge_copy
from crawler.catalogue.model import Version
from crawler.catalogue.store import open_catalogue, read_record
from crawler.telling.account import count_reports, read_last_run
from tests.catalogue.records import COLUMNS, make_record
from tests.catalogue.test_delivery import crawl
from tests.crawl.shire import HTML, LIST, REPORTS, build_shire, report_reply, write_list
from tests.web.server import Reply, serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sites.site import Truth

TABLES = make_record()["tables"]["applications"]


def make_copy(**more: Any) -> dict[str, Any]:
    """A record whose applications received are 4 instead of 3, in two cells, unless ``more`` says otherwise."""
    given = {name: more.pop(name) for name in ("title", "published") if name in more}
    return {**make_record(**{"received": 4, **more}), **given}


def make_table(value: int) -> dict[str, Any]:
    """Tables with this number in eleven cells."""
    return {"applications": {row: {"total": value} for row in "abcdefghijk"}}


TAKEN = make_copy(received=3)


@pytest.mark.parametrize(
    ("first", "second", "holds", "why"),
    [
        ({}, {}, False, f"with other figures in 2 cells; {UNTOLD}"),
        (
            *({"published": "2026-01-20"}, {"published": "2026-03-02"}),
            *(True, "with other figures in 2 cells; this one was published later, on 2026-03-02"),
        ),
        (
            *({"published": "2026-03-02"}, {"published": "2026-01-20"}),
            *(False, "with other figures in 2 cells; that one was published later, on 2026-03-02"),
        ),
        ({"published": "2026-03-02"}, {"published": "2026-03-02"}, False, f"with other figures in 2 cells; {UNTOLD}"),
        ({"published": "2026-03-02"}, {}, False, f"with other figures in 2 cells; {UNTOLD}"),
        ({"published": "2025-03-02"}, {"published": "2026-03-02"}, False, f"with other figures in 2 cells; {UNTOLD}"),
        # It may be the report of another body, or of another year.
        (
            *({"published": "2026-01-20"}, {"published": "2026-03-02", "warnings": ("body_from_portal",)}),
            *(False, f"with other figures in 2 cells; {UNTOLD}"),
        ),
        (
            *({"published": "2026-03-02", "warnings": ("body_from_portal",)}, {"published": "2026-01-20"}),
            *(True, "with other figures in 2 cells; this one alone names its body and its year"),
        ),
        (
            *(
                {"published": "2026-01-20", "tables": make_table(4)},
                {"published": "2026-03-02", "tables": make_table(5)},
            ),
            *(False, f"with other figures in 11 cells; {UNTOLD}"),
        ),
        # What it says of itself goes before its date.
        (
            *({"published": "2026-03-02"}, {"published": "2026-01-20", "title": "2024年年报（更正版）"}),
            *(True, "with other figures in 2 cells; this one says that it is corrected"),
        ),
        (
            {"title": "2024年年报（修订）"},
            {},
            False,
            "with other figures in 2 cells; that one says that it is corrected",
        ),
        (
            *({"title": "2024年年报（更正）"}, {"title": "2024年年报（更正）"}),
            *(False, f"with other figures in 2 cells; {UNTOLD}"),
        ),
        ({}, {"received": 3, "text": "另一段。"}, False, "with the same figures and another text"),
        (
            *({}, {"received": 3, "text": "另一段。", "title": "2024年年报（更正版）"}),
            *(True, "with the same figures and another text; this one says that it is corrected"),
        ),
        # Blank and 0 are one; but what is blank where all was read is no 3.
        ({"carried_in": None}, {"received": 3, "carried_in": 0}, False, "with the same figures and another text"),
        ({}, {"received": None}, False, f"with other figures in 2 cells; {UNTOLD}"),
        # What could not be read, or is not printed, speaks against nothing.
        ({}, {"received": None, "confidence": "partial"}, False, "with fewer figures, and no other ones"),
        (
            {},
            {"tables": {"applications": {"carried_in": TABLES["carried_in"]}}},
            False,
            "with fewer figures, and no other ones",
        ),
        (
            *({"received": None, "confidence": "partial"}, {"received": 3}),
            *(True, "with figures in 2 cells that are not there; this one could be read better"),
        ),
        (
            *({"received": None, "confidence": "partial"}, {"received": 3, "confidence": "partial"}),
            *(False, f"with figures in 2 cells that are not there; {UNTOLD}"),
        ),
        # What speaks of another year, or is told by its list alone, replaces nothing that names its own.
        (
            *({"published": "2026-01-20"}, {"published": "2026-03-02", "warnings": ("year_conflict",)}),
            *(False, f"with other figures in 2 cells; {UNTOLD}"),
        ),
        (
            *({"published": "2026-01-20"}, {"published": "2026-03-02", "warnings": ("body_from_list",)}),
            *(False, f"with other figures in 2 cells; {UNTOLD}"),
        ),
        (
            *(
                {"published": "2026-01-20", "warnings": ("body_from_list",)},
                {"published": "2026-03-02", "warnings": ("body_from_list",)},
            ),
            *(True, "with other figures in 2 cells; this one was published later, on 2026-03-02"),
        ),
        # One that cannot be proved is not believed for its date alone; where it says that it is corrected, it is.
        (
            *({"published": "2026-01-20"}, {"published": "2026-03-02", "confidence": "partial"}),
            *(False, f"with other figures in 2 cells; {UNTOLD}"),
        ),
        (
            *({}, {"title": "2024年年报（更正版）", "confidence": "partial"}),
            *(True, "with other figures in 2 cells; this one says that it is corrected"),
        ),
        # Nor is one that lacks numbers, whatever it says.
        (
            *({"carried_in": 2}, {"title": "2024年年报（更正版）", "confidence": "partial", "carried_in": None}),
            *(False, f"with other figures in 2 cells; {UNTOLD}"),
        ),
        (
            *(
                {"received": None, "carried_in": 2, "confidence": "partial"},
                {"tables": {"applications": {"received": TABLES["received"]}}},
            ),
            *(False, f"with figures in 2 cells that are not there; {UNTOLD}"),
        ),
        # A page that prints but what was corrected is no whole report.
        (
            *({"tables": {"proactive": {}, "applications": TABLES}}, {"title": "2024年年报（更正版）"}),
            *(False, f"with other figures in 2 cells; {UNTOLD}"),
        ),
    ],
)
def test_which_copy_holds(first: dict[str, Any], second: dict[str, Any], holds: bool, why: str) -> None:
    judged = judge_copy(make_copy(**{"received": 3, **first}), make_copy(**second))
    assert (judged.holds, judged.why) == (holds, why)
    assert asks_for_a_look(judged.why) == (UNTOLD in why)


def test_the_words_of_the_list_count_as_the_title_does() -> None:
    assert judge_copy(TAKEN, make_copy(), (None, "2024年年报（重新发布）")).holds
    assert not judge_copy(TAKEN, make_copy(), ("2024年年报（勘误）", None)).holds
    assert asks_for_a_look(f"this one was published later; {UNKEPT}")


def test_cells_are_counted_where_they_differ() -> None:
    other = make_copy(
        received=3, tables={"applications": {"received": dict.fromkeys(COLUMNS, 5), "other": {"total": 1}}}
    )
    difference = compare_copies(TAKEN, other)
    assert (difference.figures, difference.only_first, difference.only_second) == (len(COLUMNS), 0, 1)
    assert difference.all == len(COLUMNS) + 1


def raise_figure(report: Truth) -> Reply:
    """The page of a report whose number of licences is one more, which no sum holds."""
    page = report_reply(report).body
    row = next(line for line in page.split(b"</tr>") if "行政许可".encode() in line)
    value = report.tables["proactive"]["licensing"]["decisions"]
    before, last, after = row.rpartition(b">%d<" % value)
    assert last
    return Reply(page.replace(row, before + b">%d<" % (value + 1) + after), headers=HTML)


def date(reply: Reply, day: str, before: str) -> Reply:
    page = reply.body.replace(before.encode(), day.encode())
    assert page != reply.body
    return Reply(page, headers=HTML)


def read_suspicions(folder: Path) -> list[str]:
    account = read_last_run(folder / "wolong")
    assert account is not None
    return [line for line in account["suspicions"] if "http" in line]


def read_other_copies(feed: list[dict[str, Any]], year: int) -> list[str]:
    """What the records of a year say of other copies."""
    warnings = (one for record in feed if record["year"] == year for one in record["warnings"])
    return [one["message"] for one in warnings if one["code"] == "other_copy"]


def test_a_report_that_is_corrected_on_another_page(tmp_path: Path) -> None:
    """A correction that was published later; a page beside another one that tells nothing; and what comes and
    goes later."""
    third, first, plain = REPORTS[:3]
    reports = {  # the last of a list is asked for first
        third.path: (third.title, report_reply(third)),
        "/2024/corrected.html": (first.title, date(raise_figure(first), "2024-03-19", "2024-01-19")),
        first.path: (first.title, report_reply(first)),
        "/2022/copy.html": (plain.title, raise_figure(plain)),
        plain.path: (plain.title, report_reply(plain)),
    }

    def show(server: Any) -> None:
        server.routes |= {LIST: write_list([(path, title) for path, (title, _) in reports.items()])}
        server.routes |= {path: reply for path, (_, reply) in reports.items()}

    with serve(build_shire([], {})) as server:
        show(server)
        ran = crawl(tmp_path, server)
        assert (ran.done.status, ran.years()) == (0, [(2021, 1), (2023, 1), (2023, 2), (2024, 1)]), ran.done.stderr
        taken = {record["year"]: record["source"]["url"].removeprefix(server.url("")) for record in ran.feed}
        assert taken == {2021: plain.path, 2023: "/2024/corrected.html", 2024: third.path}
        assert read_other_copies(ran.feed, 2023) == [
            f"the same report stands at {server.url(first.path)} too, with other figures in 1 cell; "
            "this one was published later, on 2024-03-19"
        ]
        with closing(open_catalogue(None, tmp_path)) as catalogue, catalogue.read() as session:  # as it was delivered
            current = session.scalars(select(Version).where(Version.n == 2)).one()
            assert read_record(current) == next(record for record in ran.feed if record["version"]["n"] == 2)
        suspicion = (
            f"{server.url('/2022/copy.html')}: 411303-人民政府-2021 was read from {server.url(plain.path)}, "
            f"with other figures in 1 cell; {UNTOLD}"
        )
        assert read_suspicions(tmp_path) == [suspicion]
        assert f"  suspicious: {suspicion}" in ran.done.lines

        # A month later a third is corrected, and the correction of the first is taken back.
        gone = "/2024/corrected.html"
        reports = {"/2025/new.html": (f"{third.title}（更正版）", raise_figure(third)), **reports}
        del reports[gone]
        show(server)
        server.routes[gone] = Reply(b"nothing here", 404)
        before = server.paths().count(first.path)
        ran = crawl(tmp_path, server)
        assert (ran.done.status, ran.years()) == (0, [(2023, 3), (2024, 2)]), ran.done.stderr
        assert (ran.of("same"), ran.of("vanished")) == ([2021], [])
        changed = {row["year"]: row["cells"] for row in ran.changes if row["change"] == "changed"}
        assert {year: [(cell["row"], cell["column"]) for cell in cells] for year, cells in changed.items()} == {
            year: [("licensing", "decisions")] for year in (2023, 2024)
        }
        assert read_other_copies(ran.feed, 2024) == [
            f"the same report stands at {server.url(third.path)} too, with other figures in 1 cell; "
            "this one says that it is corrected"
        ]
        assert read_other_copies(ran.feed, 2023) == []
        assert server.paths().count(first.path) == before + 1  # then the archive had it
        assert read_suspicions(tmp_path) == [suspicion]
        account = read_last_run(tmp_path / "wolong")
        assert account is not None
        assert count_reports(account) == 3
