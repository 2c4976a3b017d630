"""Measures OCR: cells right, left null and wrong, on scans made of reports whose figures are known.

    python -m tests.bench.ocr [--count N] [--dpi 300 150 100] [--seed S] [--keep FOLDER] [--verbose]

Each report is drafted as the cases are, printed by Chromium with its own font and ruling, rendered, and spoiled in its
own way: turned, blurred, with noise, as poor JPEG. What is read goes through the whole kernel. Needs Chromium,
playwright, pypdfium2 and the extra `ocr`.
"""

from __future__ import annotations

import argparse
import io
import resource
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from crawler.extraction.errors import ReadingError
from crawler.extraction.read import read
from crawler.extraction.record.model import Source
from tests.cases.make import pages
from tests.cases.make.draft import Draft, make_draft

NOW = "2026-01-01T00:00:00Z"
FONTS = ("Noto Serif CJK SC", "AR PL UMing CN", "WenQuanYi Zen Hei", "Noto Sans CJK SC", "WenQuanYi Micro Hei")
DIGITS = ("", "'Liberation Serif',", "'Liberation Sans',", "'DejaVu Sans',", "'Liberation Mono',")
RULES = ("1px solid #000", "1px solid #ccc", "2px solid #000", "0.5px solid #888", "3px double #000", "1px dotted #000")
SIZES = ("12px", "13px", "11px", "14px", "10.5px", "16px")


@dataclass(frozen=True, slots=True)
class Spoil:
    """What a scan suffers: turned by degrees, blurred and noisy (standard deviations), JPEG quality (0: none)."""

    name: str
    turn: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    jpeg: int = 0
    fade: float = 1.0


SPOILS = (
    Spoil("clean"),
    Spoil("turned 0.6, blur, noise", 0.6, 0.8, 8.0),
    Spoil("jpeg 40", jpeg=40),
    Spoil("turned -1.4", -1.4),
    Spoil("noise 15", noise=15.0),
    Spoil("blur 1.2, faded", blur=1.2, fade=0.6),
    Spoil("turned 2.5, jpeg 60", 2.5, jpeg=60),
)


def make_html(draft: Draft, rng: Random) -> str:
    """The report as a page with a look of its own."""
    font, digits, rule, size = rng.choice(FONTS), rng.choice(DIGITS), rng.choice(RULES), rng.choice(SIZES)
    flow = pages.render_flow(draft.blocks(), pages.Look(inner=pages.empty_cell), title=True)
    return f"""<html><head><meta charset="utf-8"><style>body{{font-family:{digits}'{font}';font-size:16px}}
table{{border-collapse:collapse;border:{rule};width:100%;font-size:{size}}}
td{{border:{rule};text-align:center;padding:{rng.choice((1, 2, 4))}px 3px}} td p{{margin:0}}</style></head>
<body>{flow}</body></html>"""


def print_pdfs(htmls: list[str]) -> list[bytes]:
    """Chromium's prints."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    margin = {"top": "15mm", "bottom": "15mm", "left": "15mm", "right": "15mm"}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        made = []
        for html in htmls:
            page.set_content(html)
            made.append(page.pdf(format="A4", margin=margin))
        browser.close()
    return made


def scan(pdf: bytes, dpi: int, spoil: Spoil, seed: int) -> bytes:
    """The pages of a PDF as one TIFF."""
    import numpy as np  # noqa: PLC0415
    import pypdfium2  # noqa: PLC0415
    from PIL import Image, ImageFilter  # noqa: PLC0415

    rng = np.random.default_rng(seed)
    images = []
    document = pypdfium2.PdfDocument(pdf)
    for page in document:
        image = page.render(scale=dpi / 72, grayscale=True).to_pil().convert("L")
        if spoil.turn:
            image = image.rotate(spoil.turn, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
        if spoil.blur:
            image = image.filter(ImageFilter.GaussianBlur(spoil.blur * dpi / 150))
        if spoil.noise or spoil.fade < 1:
            grey = 255 - (255 - np.asarray(image, dtype=np.float32)) * spoil.fade
            grey += rng.normal(0, spoil.noise, grey.shape) - spoil.noise
            image = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
        if spoil.jpeg:
            poor = io.BytesIO()
            image.save(poor, "JPEG", quality=spoil.jpeg)
            image = Image.open(poor).convert("L")
        images.append(image)
    document.close()
    out = io.BytesIO()
    images[0].save(out, "TIFF", save_all=True, append_images=images[1:], compression="tiff_lzw")
    return out.getvalue()


def judge_cells(record: dict[str, Any] | None, expected: dict[str, Any]) -> tuple[Counter[str], list[str]]:
    """How many cells are right, null and wrong, and the last two in words."""
    found: Counter[str] = Counter()
    said = []
    got = record["tables"] if record else {}
    provenance = record["provenance"] if record else {}
    for table, rows in expected["tables"].items():
        for row, columns in rows.items():
            for column, want in columns.items():
                value = got.get(table, {}).get(row, {}).get(column)
                wants = want if isinstance(want, list) else [want]
                place = provenance.get(table, {}).get(row, {}).get(column, {})
                if value in wants or (value is None and wants == [None]):
                    found["right"] += 1
                else:
                    kind = "null" if value is None else "wrong"
                    found[kind] += 1
                    said.append(f"{kind} {table}.{row}.{column}: {value!r}, printed {want!r}, {place}")
    return found, said


def run(count: int, dpis: list[int], seed: str, keep: Path | None) -> Iterator[tuple[int, int, Spoil, str, Any]]:
    """Reads ``count`` reports at each resolution; yields number, dpi, spoil and the outcome of each."""
    drafts, htmls = [], []
    for number in range(count):
        rng = Random(f"{seed}-{number}")  # the same look for the same seed
        draft = make_draft(f"ocr-{seed}-{number}", rng.randint(2019, 2024))
        drafts.append(draft)
        htmls.append(make_html(draft, rng))
    for number, (draft, pdf) in enumerate(zip(drafts, print_pdfs(htmls), strict=True)):
        expected = draft.expect()
        spoil = SPOILS[number % len(SPOILS)]
        for dpi in dpis:
            data = scan(pdf, dpi, spoil, number)
            if keep is not None:
                (keep / f"{seed}-{number:02d}-{dpi}.tiff").write_bytes(data)
            start = time.process_time()
            try:
                record: Any = read(data, Source("file:///scan.tiff", "file:///scan.tiff", NOW))
                problem = record["confidence"]
            except ReadingError as error:
                record, problem = None, str(error)
            seconds = time.process_time() - start
            yield number, dpi, spoil, problem, (*judge_cells(record, expected), seconds, record)


def say(line: str) -> None:
    """Prints a line at once: a run takes minutes."""
    sys.stdout.write(f"{line}\n" if line else "")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Prints a line for each reading and the sums; status 1 if a record says verified over a wrong cell."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ocr", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--dpi", type=int, nargs="+", default=[300, 150, 100])
    parser.add_argument("--seed", default="1")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args(arguments)
    sums: dict[int, Counter[str]] = {dpi: Counter() for dpi in options.dpi}
    seconds: dict[int, float] = dict.fromkeys(options.dpi, 0.0)
    lies = 0
    for number, dpi, spoil, problem, (cells, said, spent, _) in run(
        options.count, options.dpi, options.seed, options.keep
    ):
        sums[dpi] += cells
        seconds[dpi] += spent
        lies += problem == "verified" and bool(cells["wrong"] or cells["null"])
        numbers = f"{cells['right']} right, {cells['null']} null, {cells['wrong']} wrong"
        say(f"{number:3} {dpi} dpi, {spoil.name}: {numbers}; {problem}; {spent:.1f} s")
        if options.verbose:
            say("\n".join(f"      {line}" for line in said[:8]))
    for dpi, cells in sums.items():
        whole = max(sum(cells.values()), 1)
        say(
            f"{dpi} dpi: {cells['right']} right ({100 * cells['right'] / whole:.2f} %), {cells['null']} null, "
            f"{cells['wrong']} wrong; {seconds[dpi] / max(options.count, 1):.1f} s of CPU a report"
        )
    say(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB; false verified {lies}")
    return 1 if lies else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
