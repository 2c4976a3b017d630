"""Damaged reports of every kind. No reading may end in an error of its own, and no record that says `verified` may
print a number that the report does not.

Pages and texts: markup lost, spans wrong, lines broken or doubled. The other kinds: some mutants each of
`tests.bench.mutate`, of which `make soak` reads thousands. The damage is drawn from a fixed seed, so that a failure
names the case and the draw that made it.
"""

from __future__ import annotations

import io
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from crawler.extraction.documents.options import Options
from crawler.extraction.documents.pages.model import Page
from crawler.extraction.errors import ReadingError
from crawler.extraction.read import read
from crawler.extraction.record.model import Source
from crawler.workers.pool import ReaderPool
from tests.bench.mutant import LIMITS, READ_MUTANT
from tests.bench.mutate import Base, Mutant, damage_lines, damage_markup, find_suspicions, make_mutant, tell_kind
from tests.corpus import office, packages, sheets
from tests.corpus.drawn import draw_report
from tests.corpus.page_layout import Style, set_pages
from tests.corpus.tools import Tools

SEED = 20_260_101
CASES = 60
BATCHES = 8
INPUTS = 160  # each way of damage some ten times
NOW = "2026-01-01T00:00:00Z"
# What damage happens to run through says nothing of what the tests cover.
pytestmark = [pytest.mark.long, pytest.mark.no_cover]
# --- The cases ----------------------------------------------------------------------------------------------------


@cache
def load_cases() -> tuple[tuple[str, str, bytes, dict[str, Any]], ...]:
    """Name, suffix, bytes and expectation of the cases that are damaged: those that hold a report, evenly drawn."""
    found = []
    for path in sorted((Path(__file__).parents[1] / "cases").glob("*/expected.json")):
        expected = json.loads(path.read_text(encoding="utf-8"))
        if "error" not in expected:
            document = next(path.parent.glob("input.*"))
            found.append((path.parent.name, document.suffix, document.read_bytes(), expected))
    return tuple(random.Random(SEED).sample(found, CASES))


def cells(tables: dict[str, Any]) -> dict[tuple[str, str, str], Any]:
    return {(t, r, c): v for t, rows in tables.items() for r, columns in rows.items() for c, v in columns.items()}


def other_numbers(record: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """The cells of a record whose number is another than each that the report may be read to print there."""
    wanted = cells(expected["tables"])
    found = []
    for key, value in cells(record["tables"]).items():
        options = wanted.get(key)
        numbers = [n for n in (options if isinstance(options, list) else [options]) if n is not None]
        if value is not None and numbers and all(abs(value - number) > 1e-9 for number in numbers):
            found.append(f"{'.'.join(key)}: {value!r}, printed {numbers!r}")
    return found


def test_the_cases_are_of_both_kinds() -> None:
    kinds = Counter(suffix for _, suffix, _, _ in load_cases())
    assert kinds[".html"] >= 15
    assert kinds[".txt"] >= 15


@pytest.mark.parametrize("batch", range(BATCHES))
def test_damaged_reports_are_refused_doubted_or_read_right(batch: int) -> None:
    rng = random.Random(SEED + batch)
    verdicts: Counter[str] = Counter()
    wrong = []
    for n in range(INPUTS // BATCHES):
        name, suffix, data, expected = rng.choice(load_cases())
        damaged = (damage_markup if suffix == ".html" else damage_lines)(data, rng)
        try:
            record = read(damaged, Source(f"file:///{name}", f"file:///{name}", NOW))
        except ReadingError as error:
            verdicts[type(error).__name__] += 1
            continue
        verdicts[record["confidence"]] += 1
        if record["confidence"] == "verified" and (numbers := other_numbers(record, expected)):
            wrong.append(f"{name}, input {n} of batch {batch}: {numbers[:3]}")
    assert wrong == []
    assert min(verdicts["verified"], verdicts["partial"]) > 0, verdicts  # else the damage is too little or too much


# --- The other kinds ----------------------------------------------------------------------------------------------
MUTANTS = 15  # of a kind, and more until one is of two files
MAKERS = {
    "docx": (office.MAKERS, ("docx-plain", "docx-merged")),
    "doc": (office.MAKERS, ("doc-plain",)),
    "rtf": (office.MAKERS, ("rtf",)),
    "mhtml": (office.MAKERS, ("doc-mht",)),
    "xlsx": (sheets.MAKERS, ("xlsx-one", "xlsx-several")),
    "xls": (sheets.MAKERS, ("xls-xlwt",)),
    "ofd": (packages.MAKERS, ("ofd-ruled", "ofd-pages")),
    "zip": (packages.MAKERS, ("zip-docx", "zip-parts")),
}
FONT = Dictionary(
    Type=Name.Font,
    Subtype=Name.Type0,
    BaseFont=Name("/STSong-Light"),
    Encoding=Name("/UniGB-UCS2-H"),
    DescendantFonts=Array(
        [
            Dictionary(
                Type=Name.Font,
                Subtype=Name.CIDFontType0,
                BaseFont=Name("/STSong-Light"),
                CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"GB1", Supplement=2),
                DW=1000,
                W=Array([1, 95, 500]),
                FontDescriptor=Dictionary(
                    Type=Name.FontDescriptor,
                    FontName=Name("/STSong-Light"),
                    Flags=4,
                    FontBBox=Array([-25, -254, 1000, 880]),
                    Ascent=880,
                    Descent=-120,
                    ItalicAngle=0,
                    CapHeight=880,
                    StemV=93,
                ),
            )
        ]
    ),
)


def print_pages(pages: Sequence[Page]) -> bytes:
    """Pages of the tests' own press as a PDF, an operator for each character."""
    pdf = pikepdf.new()
    for page in pages:
        content = ["BT"]
        for glyph in page.glyphs:
            size, code = glyph.bottom - glyph.top, glyph.text.encode("utf-16-be").hex()
            base = page.height - glyph.top - 0.88 * size
            content.append(f"/S {size:g} Tf 1 0 0 1 {glyph.x0:.2f} {base:.2f} Tm <{code}> Tj")
        content.append("ET")
        for x0, top, x1, bottom in page.rules:
            content.append(f"{x0:.2f} {page.height - top:.2f} m {x1:.2f} {page.height - bottom:.2f} l S")
        made = pdf.add_blank_page(page_size=(page.width, page.height))
        made.Resources = Dictionary(Font=Dictionary(S=FONT))
        made.Contents = pdf.make_stream("\n".join(content).encode())
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def make_bases(kind: str, tools: Tools) -> Iterator[Base]:
    """Two or more whole reports of a kind."""
    if kind == "pdf":
        for number in range(2):
            drawn = draw_report("pdf", SEED, number)
            data = print_pages(set_pages(drawn.blocks(), Style()))
            yield Base(drawn.name, kind, data, drawn.draft.expect())
        return
    makers, names = MAKERS[kind]
    for name in names:
        for made in makers[name](tools, SEED, 2):
            yield Base(made.name, tell_kind(made.name, made.suffix), made.data, made.expected)


@pytest.fixture(scope="module")
def pool() -> Iterator[ReaderPool]:
    with ReaderPool(1, LIMITS, READ_MUTANT) as pool:
        yield pool


@pytest.mark.parametrize("kind", ["pdf", *MAKERS])
def test_damaged_documents_of_every_kind(kind: str, tools: Tools, pool: ReaderPool) -> None:
    bases = list(make_bases(kind, tools))
    choices = Options(ocr=False, office=False)
    whole = [pool.submit((base.data, base.name, choices)) for base in bases]
    mutants: list[Mutant] = []
    for n in count():
        if n >= MUTANTS and any(mutant.second is not None for mutant in mutants):
            break
        rng = random.Random(f"{kind} {SEED} {n}")
        base = rng.choice(bases)
        mutants.append(make_mutant(rng, base, [other for other in bases if other is not base]))
    damaged = [pool.submit((mutant.data, mutant.base.name, choices)) for mutant in mutants]
    assert {future.result().verdict for future in whole} <= {"verified", "read", "partial"}
    assert {mutant.level for mutant in mutants} == {"content", "bytes"}
    wrong = []
    for n, (mutant, future) in enumerate(zip(mutants, damaged, strict=True)):
        reading = future.result()  # what is no ReadingError is raised here
        record = {"confidence": reading.verdict, "tables": reading.tables}
        found = [*reading.faults, *find_suspicions(mutant, record)]
        if found:
            wrong.append(f"mutant {n} of {mutant.base.name} ({mutant.way}): {found[:3]}")
    assert wrong == []
