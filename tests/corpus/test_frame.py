"""The frame of the corpus: makers are found, the same seed gives the same documents, scores count what they say."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from random import Random

import pytest
from pikepdf import Pdf, Stream

from crawler.extraction.errors import NotAReport, UnreadableDocument
from tests.cases.make.draft import dump_expected, make_draft
from tests.cases.make.pages import render_page
from tests.corpus.__main__ import find_makers, main
from tests.corpus.pdf import MAKERS, plan_pages, plan_ruled
from tests.corpus.pdf_change import read_map, write_map
from tests.corpus.pdf_look import render_html
from tests.corpus.score import judge, score_corpus


def make_record(expected: dict) -> dict:
    """A record that says just what is expected, as far as cells and verdict go."""
    return {"tables": copy.deepcopy(expected["tables"]), "confidence": expected["confidence"]}


def expect_report() -> dict:
    return {
        "confidence": "verified",
        "tables": {"applications": {"granted": {"natural_person": 3, "total": None, "other": [5, None]}}},
    }


def judge_cells(expected: dict, **changes: object) -> tuple[int, int, int, bool]:
    """Right, null, wrong and falsely verified after cells of 予以公开 were changed."""
    record = {**make_record(expected), "title": "", "agency": {"name": ""}, "sections": [], "checks": []}
    record["tables"]["applications"]["granted"]["other"] = 5
    record["tables"]["applications"]["granted"].update(changes)
    expected = {**expected, "agency": "", "unmappable": True}  # no more than cells is compared
    result = judge("x-000", record, expected)
    return result.right, result.null, result.wrong, result.falsely_verified


def test_score_counts_cells() -> None:
    expected = expect_report()
    assert judge_cells(expected) == (3, 0, 0, False)
    assert judge_cells(expected, natural_person=None) == (2, 1, 0, True)
    assert judge_cells(expected, natural_person=4) == (2, 0, 1, True)
    assert judge_cells(expected, total=0) == (2, 0, 1, True)
    assert judge_cells(expected, research=0) == (3, 0, 1, True)
    assert judge_cells(expected, other=None) == (3, 0, 0, True)


def test_verified_where_it_cannot_be_is_false() -> None:
    expected = {**expect_report(), "confidence": "read", "unmappable": True}
    record = {**make_record(expected), "confidence": "verified"}
    record["tables"]["applications"]["granted"]["other"] = 5
    assert judge("x-000", record, expected).falsely_verified
    assert not judge("x-000", {**record, "confidence": "read"}, expected).falsely_verified


def test_an_error_leaves_every_cell_null() -> None:
    result = judge("x-000", UnreadableDocument("torn"), expect_report())
    assert (result.cells, result.null, result.wrong, result.verdict) == (3, 3, 0, "error")
    assert result.others
    assert not judge("x-000", NotAReport("no"), {**expect_report(), "unmappable": True}).others


def test_corpus_of_a_page_is_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draft = make_draft("corpus frame", 2022)
    data = render_page(draft)
    expected = draft.expect()
    wrong = json.loads(json.dumps(expected))
    wrong["tables"]["proactive"]["fees"]["amount"] += 1
    for name, record in (("html-000", expected), ("html-001", wrong)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "input.html").write_bytes(data)
        (tmp_path / name / "expected.json").write_text(dump_expected(record), encoding="utf-8")
    assert score_corpus(tmp_path, 1, ["*"], verbose=True, json_file=tmp_path / "results.json") == 1
    out = capsys.readouterr().out
    assert "html-001: proactive.fees.amount" in out
    assert "html-000" not in out
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert [(r["wrong"], r["falsely_verified"]) for r in results] == [(0, False), (1, True)]
    assert score_corpus(tmp_path, 1, ["pdf-*"]) == 2


def test_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["make", "--kind", "no-such-kind", str(tmp_path)]) == 2
    with pytest.raises(SystemExit):
        main(["make", str(Path(__file__).parent)])
    assert "outside the repository" in capsys.readouterr().err


def test_map_of_characters_comes_back() -> None:
    pdf = Pdf.new()
    codes = {3: "⼀", 0x9C1: "人", 0xFFFF: "(六)"}
    assert read_map(Stream(pdf, write_map(codes, 2))) == (codes, 2)
    ranges = b"2 beginbfrange <0010> <0012> <4E00> <0020> <0021> [<4E8C> <4E09>] endbfrange"
    assert read_map(Stream(pdf, ranges))[0] == {16: "一", 17: "丁", 18: "丂", 32: "二", 33: "三"}


def test_the_same_seed_plans_the_same_report() -> None:
    first, again, other = (plan_ruled(Random(seed), f"{seed} report", 0) for seed in (5, 5, 6))
    assert first.draft.expect() == again.draft.expect()
    assert render_html(first.draft, first.blocks, first.look) == render_html(again.draft, again.blocks, again.look)
    assert first.draft.expect() != other.draft.expect()


def test_every_third_report_contradicts_itself() -> None:
    for kind in (plan_ruled, plan_pages):
        plans = [kind(Random(number), f"{number} report", number) for number in range(6)]
        assert [bool(plan.draft.expect()["failed_checks"]) for plan in plans] == [False, False, True] * 2


def test_makers_are_found() -> None:
    assert set(MAKERS) <= set(find_makers())
