"""What may be chosen about how documents are read. The choices never change what a record means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

PDF_ENGINES = ("both", "pdfminer", "pdfium")


@dataclass(frozen=True, slots=True)
class Options:
    """``pdf_engine``: "both" (two independent decoders must agree on a cell), "pdfminer" or "pdfium" (one of them).
    ``ocr``: whether pictures may be read where the extra is installed. ``office``: whether LibreOffice may be asked
    where it is installed. ``before_ocr`` is called before OCR begins: it needs more time and memory than all else."""

    pdf_engine: str = "both"
    ocr: bool = True
    office: bool = True
    before_ocr: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        if self.pdf_engine not in PDF_ENGINES:
            raise ValueError(f"PDF engine {self.pdf_engine!r}; there are {', '.join(PDF_ENGINES)}")

    def begin_ocr(self) -> None:
        """Says that OCR begins."""
        if self.before_ocr is not None:
            self.before_ocr()
