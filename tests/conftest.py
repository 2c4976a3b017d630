"""What holds for all tests: which of them count for the coverage, and the programs that make documents."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tests.corpus.tools import Tools

# The kernel's own tests: they alone count for its coverage. What a crawl or a command happens to run through says
# little of what is tested, and counting lines doubles the time that reading takes.
COUNTED = ("tests/extraction/", "tests/listing/", "tests/test_cases.py")
KERNEL = ("crawler.extraction", "crawler.listing")
# But for these, by the beginning of their names: counting takes them seconds, and but for some ten lines together they
# run through what others do (`--cov-context=test` tells): whole reports behind the tests of their parts, further pages
# of one kind, masses and damage.
UNCOUNTED = tuple(
    f"tests/{name}"
    for name in """
    extraction/documents/test_docx.py::test_whole_report
    extraction/documents/test_engines.py::test_a_bomb_of_forms_is_refused[pdfminer]
    extraction/documents/test_engines.py::test_a_file_without_its_table_is_read
    extraction/documents/test_engines.py::test_a_turned_page_is_read_as_shown[0]
    extraction/documents/test_engines.py::test_a_turned_page_is_read_as_shown[180]
    extraction/documents/test_engines.py::test_a_turned_page_is_read_as_shown[270]
    extraction/documents/test_engines.py::test_an_empty_password_opens
    extraction/documents/test_engines.py::test_prints_of_a_browser[AR
    extraction/documents/test_engines.py::test_prints_of_a_browser[WenQuanYi
    extraction/documents/test_image.py::test_a_page_is_given_in_the_units_asked_for
    extraction/documents/test_image.py::test_cells_stand_where_they_are_drawn
    extraction/documents/test_join.py::test_text_and_tables_apart_are_one_record
    extraction/documents/test_ofd.py::test_a_whole_report
    extraction/documents/test_ofd.py::test_prose_and_tables_are_blocks
    extraction/documents/test_pdf.py::test_a_picture_that_may_hold_a_table_is_said
    extraction/documents/test_pdf.py::test_every_cell_of_a_printed_report
    extraction/documents/test_rtf.py::test_whole_report
    extraction/documents/test_ruling.py::test_a_turned_page_is_turned_back
    extraction/documents/test_ruling.py::test_each_line_has_its_own_thickness
    extraction/documents/test_ruling.py::test_noise_and_blur_leave_the_ruling
    extraction/documents/test_ruling.py::test_strokes_of_a_merged_cell
    extraction/documents/test_ruling.py::test_the_ruling_gives_the_cells
    extraction/documents/test_sheet.py::test_a_report_that_does_not_begin_at_a1
    extraction/documents/test_sheet.py::test_a_report_whose_prose_is_boxed_too
    extraction/documents/test_sheet.py::test_a_whole_report_in_one_sheet
    extraction/documents/test_sheet.py::test_damaged_bytes_raise_nothing_else
    extraction/pages/test_reports.py::test_a_report_on_small_pages
    extraction/pages/test_reports.py::test_a_table_cut_in_a_group
    extraction/pages/test_reports.py::test_decoders_that_differ_leave_null
    extraction/test_report.py::test_a_page_says_its_date_and_its_trail
    extraction/test_report.py::test_what_cannot_be_read_says_why[many
    listing/families/test_calls.py::test_hostile_scripts_end
    listing/families/test_literals.py::test_hostile_scripts_end
    """.split()
)


def _find_counter(config: pytest.Config) -> Any:
    """What counts lines in this process: pytest-cov's controller, or None."""
    return getattr(config.pluginmanager.getplugin("_cov"), "cov_controller", None)


def _counts(item: pytest.Item) -> bool:
    if item.get_closest_marker("no_cover") is not None:
        return False
    return item.nodeid.startswith(COUNTED) and not item.nodeid.startswith(UNCOUNTED)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Counts while the kernel's modules are imported, all of them, whichever test would be the first to need one; not
    while the tests are.
    """
    counter = _find_counter(session.config)
    if counter is None:
        return (yield)
    if not session.config.pluginmanager.hasplugin("dsession"):  # the parent of xdist's workers runs no test
        for name in KERNEL:
            package = importlib.import_module(name)
            for module in pkgutil.walk_packages(package.__path__, f"{name}."):
                importlib.import_module(module.name)
    counter.pause()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Counts while a test that counts is set up, called and torn down."""
    counter = _find_counter(item.config)
    if counter is None:
        return (yield)
    if _counts(item):
        counter.resume()
    try:
        return (yield)
    finally:
        if counter.started:  # by this, or by pytest-cov behind a test that is marked
            counter.pause()


@pytest.fixture(scope="session")
def tools() -> Iterator[Tools]:
    """Chromium and LibreOffice, started once for all tests of this process that have documents made."""
    from tests.corpus.tools import Tools  # noqa: PLC0415  (few tests need it)

    with Tools() as tools:
        yield tools
