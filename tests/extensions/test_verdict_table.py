"""The tables under a verdict: counted, in order, and lined up with wide characters."""

from __future__ import annotations

import pytest

from crawler.extensions.verdict_table import (
    MOST_BODIES,
    MOST_REASONS,
    WIDEST,
    Coverage,
    Reason,
    count_reasons,
    find_coverage,
    format_coverage,
    format_reasons,
    generalise,
    join_years,
    write_suspicions,
)
from crawler.extraction.text.clean import display_width
from crawler.telling.tables import clip, format_table, limit_lines

ORDER = ("read", "refused", "failed")


# --- counting


def test_reasons_are_counted_in_the_order_of_outcomes() -> None:
    ends = [
        ("failed", "HTTP 404"),
        ("refused", "notice"),
        ("read", "verified"),
        ("refused", "news"),
        ("refused", "notice"),
        ("strange", "x"),
    ]
    assert count_reasons(ends, ORDER) == (
        Reason("read", "verified", 1),
        Reason("refused", "notice", 2),
        Reason("refused", "news", 1),
        Reason("failed", "HTTP 404", 1),
        Reason("strange", "x", 1),
    )
    assert count_reasons([], ORDER) == ()


@pytest.mark.parametrize(
    ("reason", "general"),
    [
        ("HTTP 404", "HTTP 404"),
        ("leads to http://www.example.gov.cn/1.html", "leads to …"),
        ("outside the portal: www.example.com", "outside the portal: www.example.com"),
        (
            "411303-人民政府-2021 was read from http://a.gov.cn/1.html, with other content",
            "… was read from … with other content",
        ),
        ("no year is named: '政府信息公开（空表）'", "no year is named: …"),
        ("12 documents", "N documents"),
        ("", ""),
    ],
)
def test_what_one_candidate_alone_has_is_blotted_out(reason: str, general: str) -> None:
    assert generalise(reason) == general


def test_coverage_has_years_and_gaps_of_each_body() -> None:
    reports = {
        ("411303-教育局", "卧龙区教育局", 2024),
        ("411303-教育局", "卧龙区教育体育局", 2020),
        ("411303-教育局", "卧龙区教育局", 2021),
        ("411303-人民政府", "卧龙区人民政府", 2019),
    }
    assert find_coverage(reports) == (
        Coverage("卧龙区教育局", (2020, 2021, 2024), (2022, 2023)),
        Coverage("卧龙区人民政府", (2019,), ()),
    )
    assert find_coverage([]) == ()


def test_a_gap_is_a_line_of_suspicion() -> None:
    coverage = [
        Coverage("卧龙区教育局", (2018, 2020, 2021, 2024), (2019, 2022, 2023)),
        Coverage("卧龙区人民政府", (2019, 2020), ()),
    ]
    assert write_suspicions(coverage, {2022, 2025}) == [
        "卧龙区教育局: no report of 2019, 2022, 2023, and there are those of 2018 and 2024 "
        "(a candidate of 2022 could not be had or read)"
    ]
    assert write_suspicions(coverage[1:], {2022}) == []


@pytest.mark.parametrize(
    ("years", "text"),
    [
        ([], ""),
        ([2019], "2019"),
        ([2020, 2019], "2019, 2020"),
        ([2019, 2020, 2021], "2019-2021"),
        ([2008, 2019, 2020, 2021, 2023, 2024], "2008, 2019-2021, 2023, 2024"),
    ],
)
def test_years_are_joined(years: list[int], text: str) -> None:
    assert join_years(years) == text


# --- lines


def test_columns_line_up_for_wide_characters() -> None:
    lines = format_table(("body", "n", "years"), [("卧龙区人民政府", "12", "2019"), ("a", "3", "2020")], {1})
    assert lines == [
        "body             n  years",
        "--------------  --  -----",
        "卧龙区人民政府  12  2019",
        "a                3  2020",
    ]
    starts = {display_width(line[: line.index("20")]) for line in lines[2:]}
    assert starts == {20}


def test_a_long_reason_is_cut_to_its_width() -> None:
    assert clip("短", 10) == "短"
    assert clip("a\n  b", 10) == "a b"
    assert clip("政府信息公开", 8) == "政府信…"
    for width in (5, 6, 7):
        assert display_width(clip("政府信息公开", width)) <= width


def test_reasons_stand_under_their_outcome() -> None:
    reasons = [Reason("read", "verified", 11), *(Reason("failed", f"HTTP {400 + n}", 9 - n) for n in range(7))]
    lines = format_reasons(reasons)
    assert lines[2] == "read             11  verified"
    assert lines[3] == "failed            9  HTTP 400"
    assert lines[4] == "                  8  HTTP 401"
    assert len(lines) == 2 + 1 + MOST_REASONS + 1
    assert lines[-1] == "                  7  for 2 further reasons"
    assert format_reasons([]) == []
    assert max(map(display_width, format_reasons([Reason("read", "政" * 200, 1)]))) <= WIDEST + 30


def test_bodies_with_a_gap_are_always_shown() -> None:
    whole = [Coverage(f"第{n}局", (2019, 2020, 2021), ()) for n in range(MOST_BODIES + 5)]
    lines = format_coverage([*whole, Coverage("有缺局", (2019, 2021), (2020,))])
    assert lines[0].endswith("  missing between")
    assert len(lines) == 2 + MOST_BODIES + 1
    assert lines[-2].split() == ["有缺局", "2", "2019,", "2021", "2020"]
    assert lines[-1].startswith("and 6 further bodies")
    assert format_coverage([]) == []
    assert format_coverage(whole[:1])[-1].split() == ["第0局", "3", "2019-2021", "-"]


def test_lines_beyond_the_limit_are_counted() -> None:
    assert limit_lines(["a", "b", "c"], 2, "run.json") == ["a", "b", "and 1 more: run.json"]
    assert limit_lines(["a", "b"], 2, "run.json") == ["a", "b"]
