"""Each rule is silent about a good crawl, and says one thing of one that is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from crawler.watching import rules
from crawler.watching.model import Body, Bounds, EarlierRun, Facts
from tests.watching.facts import BEFORE, BODIES, GOOD, spoil

PLAIN = Bounds()
RULES = {name: rule for name, rule in vars(rules).items() if name.startswith("find_") and name != "find_overdue"}
SILENT_BODY = replace(BODIES[1], years=frozenset({2024}))
SILENT_GOVERNMENT = replace(BODIES[0], years=frozenset({2023, 2024}))
CASES = [
    ("find_nothing", spoil(reports=0), f"no report found, and run {BEFORE} found 5 (bound: 1)"),
    (
        "find_nothing",
        spoil(reports=0, verdict="nothing_found"),
        f"no report found, and run {BEFORE} found 5 (bound: 1)",
    ),
    ("find_verdict", spoil(verdict="partial", why=("a", "b")), "partial, wanted complete: a (and 1 more)"),
    ("find_verdict", spoil(verdict=None), "none, wanted complete"),
    (
        "find_doubtful",
        spoil(past={"fresh": {"verified": 2, "partial": 1, "failed": 1}}),
        "1 partial and 1 failed of 4 new or changed records, 50% (bound: 25%)",
    ),
    (
        "find_doubtful",
        spoil(past={"seen": {"verified": 2, "failed": 1}}),
        "0 partial and 1 failed of 3 records found, 33% (bound: 25%)",
    ),
    ("find_unread", spoil(unread=1), "1 candidate unread (bound: 0)"),
    (
        "find_missing_cells",
        spoil(past={"missing": (("a-2024", 7), ("b-2024", 2), ("c-2024", 1), ("d-2024", 1))}),
        "11 cells missing that the version before had (bound: 0): a-2024 (7), b-2024 (2), c-2024 (1) and 1 more",
    ),
    ("find_reason", spoil(reason="shutdown"), "shutdown, wanted a verdict"),
    ("find_reason", spoil(reason=None), "None, wanted a verdict"),
    ("find_errors", spoil(errors=2), "2 errors in the log (bound: 0)"),
    ("find_unstored", spoil(unstored=2), "2 archives could not be copied to ARCHIVE_STORE (bound: 0)"),
    (
        "find_broken_off",
        spoil(past={"broken_off": "x"}),
        "run x before this one never ended: it was killed, or the machine went down",
    ),
    (
        "find_silent_bodies",
        spoil(past={"bodies": (BODIES[0], SILENT_BODY)}),
        "1 body that reported on 2024: no report of 2025 79 days after 31 January 2026 (bound: 15): 云来县教育局",
    ),
    (
        "find_silent_governments",
        spoil(past={"bodies": (SILENT_GOVERNMENT, BODIES[1])}),
        "1 body that reported on 2024: no report of 2025 20 days after 31 March 2026 (bound: 15): 云来县人民政府",
    ),
]


@pytest.mark.parametrize("name", RULES)
def test_nothing_is_said_of_a_good_crawl(name: str) -> None:
    assert RULES[name](GOOD, PLAIN) is None


@pytest.mark.parametrize(("name", "facts", "said"), CASES)
def test_a_rule_says_what_is_wrong_and_no_other_does(name: str, facts: Facts, said: str) -> None:
    found = {other: text for other, rule in RULES.items() if (text := rule(facts, PLAIN)) is not None}
    assert found.pop(name) == said
    # Where nothing is found, the verdict says so too.
    assert set(found) == ({"find_verdict"} if facts.verdict == "nothing_found" else set())


def test_every_rule_has_a_case() -> None:
    assert {name for name, _, _ in CASES} == set(RULES)


@pytest.mark.parametrize(
    ("name", "facts", "bounds"),
    [
        ("find_unread", spoil(unread=1), Bounds(unread=1)),
        ("find_errors", spoil(errors=2), Bounds(errors=2)),
        ("find_missing_cells", spoil(past={"missing": (("a", 2),)}), Bounds(cells=2)),
        ("find_doubtful", spoil(past={"seen": {"verified": 3, "partial": 1}}), PLAIN),  # the bound itself is no alert
        ("find_doubtful", spoil(past={"seen": {"partial": 2}, "fresh": {"failed": 2}}), PLAIN),  # too few for a share
        ("find_doubtful", spoil(past={"seen": {}, "fresh": {}}), Bounds(least=0)),
        ("find_nothing", spoil(reports=0, verdict="blocked"), PLAIN),  # the way was shut: its verdict says so
        ("find_nothing", spoil(reports=0, verdict="failed"), PLAIN),
        ("find_nothing", spoil(reports=0, past={"had": None}), PLAIN),  # nothing was there before
        ("find_silent_bodies", spoil(past={"bodies": (SILENT_BODY,)}, asked_years=(2019, 2024)), PLAIN),
        ("find_silent_bodies", spoil(past={"bodies": (SILENT_BODY,)}), Bounds(days=79)),
        ("find_silent_governments", spoil(past={"bodies": (SILENT_GOVERNMENT,)}), Bounds(days=20)),
        # It did not report on the year before either: it is gone, or never did.
        ("find_silent_bodies", spoil(past={"bodies": (replace(SILENT_BODY, years=frozenset({2023})),)}), PLAIN),
    ],
)
def test_what_is_within_the_bounds_is_passed_over(name: str, facts: Facts, bounds: Bounds) -> None:
    assert RULES[name](facts, bounds) is None


@pytest.mark.parametrize("name", RULES)
def test_without_a_catalogue_a_rule_says_what_it_can(name: str) -> None:
    assert RULES[name](replace(GOOD, past=None), PLAIN) is None


def test_a_body_without_a_level_reports_when_departments_do() -> None:
    facts = spoil(past={"bodies": (replace(SILENT_BODY, level=None),)})
    assert rules.find_silent_bodies(facts, PLAIN) is not None
    assert rules.find_silent_governments(facts, PLAIN) is None


@pytest.mark.parametrize("level", sorted(rules.GOVERNMENTS))
def test_a_government_reports_by_march(level: str) -> None:
    facts = spoil(past={"bodies": (Body("k", "某府", level, frozenset({2024})),)}, day=date(2026, 4, 15))
    assert rules.find_silent_bodies(facts, PLAIN) is None
    assert rules.find_silent_governments(facts, PLAIN) is None
    assert rules.find_silent_governments(replace(facts, day=date(2026, 4, 16)), PLAIN) is not None


@pytest.mark.parametrize(
    ("day", "due", "year"),
    [
        (date(2026, 1, 1), rules.JANUARY, 2024),  # what was missing in the old year is missing in the new one
        (date(2026, 2, 15), rules.JANUARY, 2024),
        (date(2026, 2, 16), rules.JANUARY, 2025),
        (date(2026, 12, 31), rules.JANUARY, 2025),
        (date(2026, 4, 15), rules.MARCH, 2024),
        (date(2026, 4, 16), rules.MARCH, 2025),
        (date(2024, 2, 29), rules.JANUARY, 2023),
    ],
)
def test_a_report_is_overdue_from_a_day_on(day: date, due: tuple[int, int], year: int) -> None:
    assert rules.find_overdue(day, due, 15) == (year, date(year + 1, *due))


def test_a_line_stays_a_line() -> None:
    facts = spoil(verdict="failed", why=("很长\n的原因" * 100, *("b" * 11)))
    said = rules.find_verdict(facts, PLAIN)
    assert said is not None
    assert "\n" not in said
    assert said.endswith("… (and 11 more)")
    names = tuple(Body(str(n), f"{n}云来县某某某某某某局" * 3, None, frozenset({2024})) for n in range(50))
    said = rules.find_silent_bodies(spoil(past={"bodies": names}), PLAIN)
    assert said is not None
    assert said.startswith("50 bodies that reported on 2024: ")
    assert rules.find_nothing(spoil(reports=0, past={"had": EarlierRun("r", 1)}), PLAIN) is not None
