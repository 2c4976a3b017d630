"""What may be chosen about how documents are read. The choices never change what a record means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

PDF_ENGINES = ("both", "pdfminer", "pdfium")
OFFICE_SECONDS = 12.0  # two thirds of what a document may take; a run takes 2 to 4
OCR_SECONDS = 120.0  # two thirds of what a document with pictures may take; a page takes 3 to 8


@dataclass(frozen=True, slots=True)
class Options:
    """``pdf_engine``: "both" (two independent decoders must agree on a cell), "pdfminer" or "pdfium" (one of them).
    ``ocr``: whether pictures may be read where the extra is installed. ``office``: whether LibreOffice may be asked
    where it is installed, and ``office_seconds`` how long a run of it may take: less than what the whole document may.
    ``ocr_seconds`` is how long pictures may be read: those that there is no time for are left out.
    ``before_ocr`` is called before OCR begins: it needs more time and memory than all else."""

    pdf_engine: str = "both"
    ocr: bool = True
    office: bool = True
    office_seconds: float = OFFICE_SECONDS
    ocr_seconds: float = OCR_SECONDS
    before_ocr: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        if self.pdf_engine not in PDF_ENGINES:
            raise ValueError(f"PDF engine {self.pdf_engine!r}; there are {', '.join(PDF_ENGINES)}")
        if not self.office_seconds > 0:
            raise ValueError(f"LibreOffice cannot be given {self.office_seconds:g} s")
        if not self.ocr_seconds > 0:
            raise ValueError(f"OCR cannot be given {self.ocr_seconds:g} s")

    def begin_ocr(self) -> None:
        """Says that OCR begins."""
        if self.before_ocr is not None:
            self.before_ocr()
