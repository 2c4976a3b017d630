"""The documents that are measured: reports of every kind, made by the corpus' makers, and the hard cases.

Made once for a run of the benchmark, into a folder that is its own, or taken from a folder made before by
``python -m tests.corpus make``. Only ordinary documents: no scans, no pictures, none that must be refused.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

CASES = Path(__file__).parents[1] / "cases"
# What a document is called in the tables, by its file's suffix.
KINDS = {
    ".pdf": "pdf",
    ".docx": "docx",
    ".doc": "doc",
    ".wps": "doc",
    ".rtf": "rtf",
    ".xlsx": "xlsx",
    ".xls": "xls",
    ".et": "xls",
    ".ofd": "ofd",
    ".html": "html",
    ".txt": "txt",
    ".zip": "zip",
}
# The PDFs that are read beside pdfplumber: it reads ruled tables, so they are ruled.
PEER_KINDS = ("pdf-ruled", "pdf-pages", "pdf-spans")
MADE = {
    3: PEER_KINDS,
    2: ("docx-plain", "docx-merged", "doc-plain", "doc-merged", "xlsx-one", "xlsx-several", "ofd-ruled", "ofd-pages"),
}
NOT_ORDINARY = ("*-scan", "*-picture", "*-long", "pdf-unmappable", "doc-html", "doc-mht")
SEED = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """A document: its name, its kind ("pdf"), where it is, and what must be read in it ({} if that is not known)."""

    name: str
    kind: str
    path: Path
    expected: dict[str, Any] = field(repr=False)


def make_material(folder: Path) -> None:
    """Writes documents of each kind into a folder; some 40, by Chromium, LibreOffice and writers of the formats.

    Raises RuntimeError if the corpus knows none of the kinds any more.
    """
    from tests.corpus.__main__ import make_corpus  # noqa: PLC0415  (only where nothing was made before)

    sys.stderr.write("making documents\n")
    for count, kinds in MADE.items():
        if make_corpus(folder, SEED, count, list(kinds)):
            raise RuntimeError(f"the corpus makes none of {', '.join(kinds)}")


def load_corpus(folder: Path) -> list[Sample]:
    """The ordinary documents of a corpus."""
    found = []
    for place in sorted(path.parent for path in folder.glob("*/expected.json")):
        if not any(fnmatch(place.name.rpartition("-")[0], pattern) for pattern in NOT_ORDINARY):
            found += _load(place)
    return found


def load_cases() -> list[Sample]:
    """The hard cases, HTML and text, that are reports."""
    return [sample for path in sorted(CASES.glob("*/expected.json")) for sample in _load(path.parent)]


def _load(place: Path) -> list[Sample]:
    expected = json.loads((place / "expected.json").read_text(encoding="utf-8"))
    path = next(place.glob("input.*"))
    if "error" in expected or path.suffix not in KINDS:
        return []
    return [Sample(place.name, KINDS[path.suffix], path, expected)]


def load_file(path: Path) -> Sample:
    """A further document. What must be read in it stands in a JSON of the same name beside it (NAME.json), or in
    ``expected.json`` in its folder, if anywhere."""
    beside = [path.with_suffix(".json"), path.parent / "expected.json"]
    known = next((place for place in beside if place.exists()), None)
    expected = json.loads(known.read_text(encoding="utf-8")) if known is not None else {}
    return Sample(path.name, KINDS.get(path.suffix.lower(), "?"), path, expected)


def choose_peers(samples: list[Sample]) -> list[Sample]:
    """The PDFs that are read beside pdfplumber: the first three of each kind."""
    return [
        sample
        for kind in PEER_KINDS
        for sample in [sample for sample in samples if sample.name.rpartition("-")[0] == kind][:3]
    ]


def mix(samples: list[Sample], count: int, *kinds: str) -> list[Sample]:
    """``count`` documents, of each kind in turn, each kind's own in their order again and again."""
    groups = [[sample for sample in samples if sample.kind == kind] for kind in kinds]
    groups = [group for group in groups if group]
    if not groups:
        raise ValueError(f"no document of {', '.join(kinds)}")
    return [groups[n % len(groups)][n // len(groups) % len(groups[n % len(groups)])] for n in range(count)]
