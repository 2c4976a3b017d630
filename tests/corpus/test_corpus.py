"""A small corpus made by the real programs here and now: a document of every kind, read and held cell by cell.

Needs Chromium and LibreOffice: where one is missing, the kinds that it makes fail and say so.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from crawler.extraction.documents.options import Options
from crawler.extraction.errors import ReadingError
from crawler.extraction.read import read
from crawler.extraction.record.model import Source
from tests.corpus import scans
from tests.corpus.__main__ import find_makers, main
from tests.corpus.draw import COLOURS, DPI, POINTS, draw_file
from tests.corpus.model import Made
from tests.corpus.score import judge
from tests.corpus.tools import Tools

pytestmark = pytest.mark.long

SEED = 20
SCAN = "html-picture"
"""The one kind that OCR reads here: it takes seconds for a page."""
SEEDS = {SCAN: 8}  # few figures
KINDS = [kind for kind in find_makers() if kind == SCAN or kind not in scans.MAKERS]
COUNTS = {"pdf-ruled": 2, "pdf-part-ruled": 2}  # the second is LibreOffice's, the first Chromium's
NOW = "2026-01-01T00:00:00Z"
CAREFUL = ("pdf-no-tounicode",)
"""Kinds whose characters one of the two decoders may not know: a verdict may be more careful than the cells deserve."""
FEW = 0.9  # of the cells of a scan that must be right; the rest may be null, and never wrong


@pytest.fixture(scope="module")
def make(tools: Tools) -> Callable[[str], list[Made]]:
    """Makes the documents of a kind, once."""
    makers = find_makers()
    return cache(lambda kind: list(makers[kind](tools, SEEDS.get(kind, SEED), COUNTS.get(kind, 1))))


@pytest.mark.parametrize("kind", KINDS)
def test_every_cell_is_right(make: Callable[[str], list[Made]], kind: str) -> None:
    documents = make(kind)
    assert len(documents) == COUNTS.get(kind, 1)
    for made in documents:
        try:
            got = read(
                made.data, Source(f"file:///{made.name}", f"file:///{made.name}", NOW), Options(ocr=kind == SCAN)
            )
        except ReadingError as error:
            got = error
        result = judge(made.name, got, made.expected)
        assert result.faults == [], made.origin
        assert not result.falsely_verified
        if kind == SCAN:
            assert result.right >= FEW * result.cells, result.others
            continue
        others = [line for line in result.others if kind not in CAREFUL or not line.startswith("confidence: partial")]
        assert others == [], made.origin
        assert result.right == result.cells or result.unmappable


def test_values_are_drawn_where_they_stand(
    make: Callable[[str], list[Made]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(make("pdf-ruled")[0].data)
    record = read(path.read_bytes(), Source("file:///a", "file:///a", NOW))
    drawn = draw_file(path, tmp_path / "out")
    places = record["provenance"]["applications"]
    assert drawn.boxes == sum(len(columns) for rows in record["provenance"].values() for columns in rows.values())
    assert drawn.placeless == 0
    assert drawn.files == tuple(sorted((tmp_path / "out").glob("page-*.png")))
    place = places["received"]["total"]
    with Image.open(drawn.files[place["page"] - 1]) as page:
        corner = page.getpixel((round(place["bbox"][0] * DPI / POINTS), round(place["bbox"][1] * DPI / POINTS)))
    assert "#{:02x}{:02x}{:02x}".format(*corner) == COLOURS["applications"]
    assert main(["draw", str(path), str(tmp_path / "again")]) == 0
    assert f"{drawn.boxes} values on {len(drawn.files)} pages" in capsys.readouterr().err


def test_what_cannot_be_drawn_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "empty.pdf"
    path.write_bytes(b"")
    assert main(["draw", str(path), str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == f"{path}: the file is empty\n"
    with pytest.raises(SystemExit):
        main(["draw", str(path), str(Path(__file__).parent / "out")])
