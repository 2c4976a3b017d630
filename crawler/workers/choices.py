"""What settings say about reading: how many readers, within what limits, with which options."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from crawler.extraction.documents.options import Options
from crawler.workers.model import Limits

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


def count_cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def count_readers(settings: BaseSettings) -> int:
    """``READER_WORKERS``: how many readers there may be; 0 stands for one on each core.

    Raises ValueError, as all here, with the setting's name and what it must be.
    """
    wanted = _read_number(settings, "READER_WORKERS", 0)
    if wanted != int(wanted):
        raise ValueError(f"READER_WORKERS must be a whole number, not {wanted:g}")
    return int(wanted) or count_cores()


def check_readers(settings: BaseSettings) -> str | None:
    """What is wrong with the settings of readers, in one line, or None."""
    try:
        count_readers(settings)
        read_limits(settings)
        read_options(settings)
    except ValueError as error:
        return str(error)
    return None


def read_limits(settings: BaseSettings) -> Limits:
    """``READER_TIMEOUT`` (seconds) and ``READER_MEMORY_MB`` as limits. They hold for what is slow, and lower the limits
    for all else if they are lower than those."""
    plain = Limits()
    seconds = _read_number(settings, "READER_TIMEOUT", plain.slow_seconds)
    megabytes = int(_read_number(settings, "READER_MEMORY_MB", plain.slow_megabytes))
    if not seconds or not megabytes:
        raise ValueError("READER_TIMEOUT and READER_MEMORY_MB must be more than 0")
    return Limits(min(plain.seconds, seconds), min(plain.megabytes, megabytes), seconds, megabytes)


def read_options(settings: BaseSettings, *, ocr: bool = True) -> Options:
    """``PDF_ENGINE`` as options of the kernel; ``ocr`` is whether characters may be read from pictures.

    LibreOffice and OCR get two thirds of the time that a document has, so that they end before its reader is ended, and
    what was read until then stands.
    """
    limits = read_limits(settings)
    office, pictures = limits.seconds * 2 / 3, limits.slow_seconds * 2 / 3
    try:
        return Options(settings.get("PDF_ENGINE", "both"), ocr=ocr, office_seconds=office, ocr_seconds=pictures)
    except ValueError as error:
        raise ValueError(f"PDF_ENGINE: {error}") from None


def _read_number(settings: BaseSettings, name: str, default: float) -> float:
    try:
        number = settings.getfloat(name, default)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number < float("inf"):
        raise ValueError(f"{name} must be a number and not negative: {settings.get(name)!r}")
    return number
