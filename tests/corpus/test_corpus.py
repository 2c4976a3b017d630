"""A small corpus made by the real programs here and now: a document of every kind, read and held cell by cell.

Needs Chromium and LibreOffice: where one is missing, the kinds that it makes fail and say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from tests.corpus.tools import ToolError, Tools

SEED = 20
SCAN = "html-picture"
"""The one kind that OCR reads here: it takes seconds for a page."""
KINDS = [kind for kind in find_makers() if kind == SCAN or kind not in scans.MAKERS]
COUNTS = {"pdf-ruled": 2, "pdf-part-ruled": 2}  # the second is LibreOffice's, the first Chromium's
NOW = "2026-01-01T00:00:00Z"
CAREFUL = ("pdf-no-tounicode",)
"""Kinds whose characters one of the two decoders may not know: a verdict may be more careful than the cells deserve."""
FEW = 0.9  # of the cells of a scan that must be right; the rest may be null, and never wrong


class _Asked(Exception):
    """What a maker wants LibreOffice to convert; raised to stop the maker."""

    def __init__(self, files: Sequence[tuple[str, bytes]], to: str) -> None:
        super().__init__(to)
        self.files, self.to = list(files), to


class _BatchTools(Tools):
    """Tools that first note what LibreOffice is asked for, then answer with what one run for all of them gave."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[bytes] | None = None

    def convert(self, files: Sequence[tuple[str, bytes]], to: str) -> list[bytes]:
        if not files:
            return []
        if self.answers is None:
            raise _Asked(files, to)
        return self.answers

    def convert_together(self, asked: Sequence[_Asked]) -> list[list[bytes]]:
        """The results for each, all in one run."""
        results = iter(super().convert([file for one in asked for file in one.files], asked[0].to))
        return [[next(results) for _ in one.files] for one in asked]


@pytest.fixture(scope="module")
def corpus() -> Iterator[dict[str, list[Made] | ToolError]]:
    """The documents of each kind, or why there are none."""
    makers = find_makers()
    made: dict[str, list[Made] | ToolError] = {}
    asked: dict[str, _Asked] = {}
    with _BatchTools() as tools:

        def make(kind: str) -> None:
            try:
                made[kind] = list(makers[kind](tools, SEED, COUNTS.get(kind, 1)))
            except _Asked as wish:
                asked[kind] = wish
            except ToolError as error:
                made[kind] = error

        for kind in KINDS:
            make(kind)
        for to in dict.fromkeys(wish.to for wish in asked.values()):
            kinds = [kind for kind, wish in asked.items() if wish.to == to]
            try:
                answers = tools.convert_together([asked[kind] for kind in kinds])
            except ToolError as error:
                made |= dict.fromkeys(kinds, error)
                continue
            for kind, answer in zip(kinds, answers, strict=True):
                tools.answers = answer
                make(kind)
        yield made


@pytest.mark.parametrize("kind", KINDS)
def test_every_cell_is_right(corpus: dict[str, list[Made] | ToolError], kind: str) -> None:
    documents = corpus[kind]
    if isinstance(documents, ToolError):
        pytest.fail(f"{kind} cannot be made: {documents}")
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
    corpus: dict[str, list[Made] | ToolError], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = corpus["pdf-ruled"]
    if isinstance(documents, ToolError):
        pytest.fail(f"pdf-ruled cannot be made: {documents}")
    path = tmp_path / "report.pdf"
    path.write_bytes(documents[0].data)
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
