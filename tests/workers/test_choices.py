"""What settings say about reading, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from scrapy.settings import Settings

from crawler.workers.choices import count_cores, count_readers, read_limits, read_options
from crawler.workers.model import Limits


def test_settings_are_read() -> None:
    settings = Settings(
        {"READER_WORKERS": "3", "READER_TIMEOUT": "90", "READER_MEMORY_MB": 3000, "PDF_ENGINE": "pdfium"}
    )
    assert count_readers(settings) == 3
    assert read_limits(settings) == Limits(18, 1000, 90, 3000)
    options = read_options(settings, ocr=False)
    assert (options.pdf_engine, options.ocr) == ("pdfium", False)


def test_lower_limits_hold_for_all() -> None:
    assert read_limits(Settings({"READER_TIMEOUT": 5, "READER_MEMORY_MB": 500})) == Limits(5, 500, 5, 500)


@pytest.mark.parametrize("timeout", [0.3, 5, 18, 60])
def test_libreoffice_and_ocr_end_before_its_reader_is_ended(timeout: float) -> None:
    settings = Settings({"READER_TIMEOUT": timeout})
    assert 0 < read_options(settings).office_seconds < read_limits(settings).seconds
    assert 0 < read_options(settings).ocr_seconds < read_limits(settings).slow_seconds


def test_without_settings_all_cores_and_the_usual_limits() -> None:
    assert count_readers(Settings({"READER_WORKERS": 0})) == count_readers(Settings()) == count_cores() >= 1
    assert read_limits(Settings()) == Limits()
    assert read_options(Settings()).pdf_engine == "both"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"READER_WORKERS": "many"}, "READER_WORKERS must be a number"),
        ({"READER_WORKERS": -1}, "READER_WORKERS must be a number and not negative"),
        ({"READER_WORKERS": 1.5}, "READER_WORKERS must be a whole number"),
        ({"READER_TIMEOUT": 0}, "must be more than 0"),
        ({"READER_TIMEOUT": "nan"}, "READER_TIMEOUT must be a number"),
        ({"READER_MEMORY_MB": 0}, "must be more than 0"),
        ({"PDF_ENGINE": "ghostscript"}, "PDF_ENGINE: PDF engine 'ghostscript'; there are both, pdfminer, pdfium"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any], said: str) -> None:
    read = {"READER_WORKERS": count_readers, "PDF_ENGINE": read_options}.get(next(iter(given)), read_limits)
    with pytest.raises(ValueError, match=said):
        read(Settings(given))
