"""The committed corpus is what the scripts make, and the scripts make what they say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cases.make import labels
from tests.cases.make.__main__ import HOME, main, write_cases
from tests.cases.make.book import Case, make_cases
from tests.cases.make.draft import BUILDERS, make_draft
from tests.cases.make.grid import cut_table, fill_grid
from tests.cases.make.mix import make_mixed
from tests.cases.make.plain import put_radicals, wrap_text
from tests.cases.make.shapes import insert_empty_column
from tests.cases.make.truth import find_failures

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return make_cases()


def test_committed_cases_are_what_is_made(cases: list[Case]) -> None:
    committed = {
        str(path.relative_to(HOME)): path.read_bytes()
        for expected in HOME.glob("*/expected.json")
        for path in expected.parent.iterdir()
    }
    made = {f"{case.name}/{name}": content for case in cases for name, content in case.files().items()}
    assert sorted(committed) == sorted(made)
    assert [name for name in made if committed[name] != made[name]] == []


def test_every_hard_case_has_two_documents(cases: list[Case]) -> None:
    by_stem: dict[str, set[bytes]] = {}
    for case in cases:
        by_stem.setdefault(case.name.rpartition("-")[0], set()).add(case.data)
    assert [stem for stem, documents in by_stem.items() if len(documents) < 2] == []


def test_expected_is_whole_and_true_to_its_own_figures(cases: list[Case]) -> None:
    for case in [*cases, *make_mixed(3, 40)]:
        record = json.loads(case.files()["expected.json"])
        if "error" in record:
            assert set(record) == {"error", "reason_contains"}
            continue
        tables = {
            table: {
                row: {column: value[0] if isinstance(value, list) else value for column, value in columns.items()}
                for row, columns in rows.items()
            }
            for table, rows in record["tables"].items()
        }
        failing = [(f.rule, {"table": f.table, f.axis: f.name}) for f in find_failures(tables)]
        assert failing == [(f["rule"], f["where"]) for f in record["failed_checks"]], case.name
        verdicts = [record["confidence"]] if isinstance(record["confidence"], str) else record["confidence"]
        causes = {failure["cause"] for failure in record["failed_checks"]}
        assert not (causes and "verified" in verdicts), case.name
        assert ("failed" in verdicts) == (not tables and record["generation"] != "free"), case.name
        for section in record["sections"]:
            assert all(section["text_contains"]), case.name
            assert not set(section["text_contains"]) & set(section["text_lacks"]), case.name


@pytest.mark.parametrize("year", [2019, 2020, 2021, 2024])
@pytest.mark.parametrize("size", ["sparse", "dense", "large"])
def test_figures_keep_every_identity(year: int, size: str) -> None:
    for number in range(5):
        draft = make_draft(f"{size} {number}", year, size=size, blank=number % 2 == 1)
        assert find_failures(draft.values) == []
        assert tuple(draft.values["applications"]) == labels.application_rows("2019" if year <= 2020 else "2021")


def test_failures_are_found_in_row_column_and_balance() -> None:
    draft = make_draft("one more", 2023)
    received = draft.values["applications"]["received"]
    received["natural_person"] = int(received["natural_person"] or 0) + 1
    assert [(f.rule, f.name) for f in find_failures(draft.values)] == [
        ("applications.row_sum", "received"),
        ("applications.balance", "natural_person"),
    ]


def test_tables_fill_their_grid_whole_and_cut() -> None:
    draft = make_draft("grid", 2023)
    widths = {"proactive": 4, "applications": 10, "review_litigation": 15}
    for name, build in BUILDERS.items():
        table = build(draft)
        assert {len(line) for line in fill_grid(table)} == {widths[name]}
        wider = insert_empty_column(table, 1)
        assert {len(line) for line in fill_grid(wider)} == {widths[name] + 1}
    first, second = cut_table(BUILDERS["applications"](draft), 12, groups="again", header=True)
    assert len(fill_grid(first)) + len(fill_grid(second)) == len(BUILDERS["applications"](draft).rows) + 3


def test_mixed_documents_follow_from_their_seed(tmp_path: Path) -> None:
    once, again, other = make_mixed(11, 12), make_mixed(11, 12), make_mixed(12, 12)
    assert [case.files() for case in once] == [case.files() for case in again]
    assert not {case.data for case in once} & {case.data for case in other}
    assert main(["--seed", "11", "--count", "12", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [case.name for case in once]
    for case in once:
        for name, content in case.files().items():
            assert (tmp_path / case.name / name).read_bytes() == content


def test_mixed_documents_stay_out_of_the_repository(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--count", "1", str(HOME / "mixed")])
    assert "outside the repository" in capsys.readouterr().err
    assert not (HOME / "mixed").exists()


def test_writing_replaces_what_a_folder_held(tmp_path: Path) -> None:
    (case,) = make_mixed(5, 1)
    (tmp_path / case.name).mkdir()
    (tmp_path / case.name / "stale.txt").write_text("of an older build")
    write_cases([case], tmp_path)
    assert sorted(p.name for p in (tmp_path / case.name).iterdir()) == sorted(case.files())


def test_radicals_and_wrapping() -> None:
    assert put_radicals("一人民龙门户网") == "⼀⼈⺠⻰⻔⼾⽹"
    assert wrap_text("共1234件申请", 6) == ["共1234", "件申请"]
