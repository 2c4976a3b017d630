"""What a record says of the program that wrote it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from crawler.extraction.record.build import PARSER_VERSION


def test_the_version_in_a_record_is_that_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == PARSER_VERSION
