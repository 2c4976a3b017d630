"""Every case under tests/cases is read and held against what it expects, cell by cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.judge import find_differences

pytestmark = pytest.mark.long

CASES = sorted(p.parent for p in (Path(__file__).parent / "cases").glob("*/expected.json"))
# Pages of one kind run through the same lines: the last of each counts for the coverage.
COUNTED = {folder.name.rpartition("-")[0]: folder for folder in CASES}


def mark(folder: Path) -> Any:
    """The parameter of a case."""
    counts = (folder / "input.txt").exists() or COUNTED[folder.name.rpartition("-")[0]] == folder
    return pytest.param(folder, id=folder.name, marks=() if counts else pytest.mark.no_cover)


def test_there_are_cases() -> None:
    assert len(CASES) > 200


@pytest.mark.parametrize("folder", [mark(folder) for folder in CASES])
def test_case(folder: Path) -> None:
    assert find_differences(folder) == []
