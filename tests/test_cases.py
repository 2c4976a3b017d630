"""Every case under tests/cases is read and held against what it expects, cell by cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.judge import find_differences

CASES = sorted(p.parent for p in (Path(__file__).parent / "cases").glob("*/expected.json"))


def test_there_are_cases() -> None:
    assert len(CASES) > 200


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_case(folder: Path) -> None:
    assert find_differences(folder) == []
