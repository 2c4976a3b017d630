"""What holds for all tests: which files go first, which tests count for the coverage, and what makes documents."""

from __future__ import annotations

import gc
import importlib
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tests.corpus.tools import Tools

# The kernel's own tests: they alone count for its coverage. What a crawl or a command happens to run through says
# little of what is tested, and counting lines doubles the time that reading takes. So those of them that take long and
# run through what others do (`--cov-context=test` tells) are marked `no_cover`: whole reports behind the tests of their
# parts, further pages of one kind, masses and damage.
COUNTED = ("tests/extraction/", "tests/listing/", "tests/test_cases.py")
KERNEL = ("crawler.extraction", "crawler.listing")
READ_FIRST = ("html-article-2023", "txt-tabs-2023")  # with the form, the divisions, the schema


def _find_counter(config: pytest.Config) -> Any:
    """What counts lines in this process: pytest-cov's controller, or None."""
    return getattr(config.pluginmanager.getplugin("_cov"), "cov_controller", None)


def _counts(item: pytest.Item) -> bool:
    return item.nodeid.startswith(COUNTED) and item.get_closest_marker("no_cover") is None


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Ends what pytest-cov began before it knew that this is a process of xdist's. It begins anew then, and leaves the
    first counter behind, which nobody reads and no pause holds: it would go on through all tests.
    """
    counter = _find_counter(session.config)
    if counter is not None and hasattr(session.config, "workerinput"):
        counter.cov.stop()


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Counts while the kernel's modules are imported and what it keeps is read, whichever test would be the first to
    need it; not while the tests are imported. What is there then stays to the end: garbage is not looked for in it,
    which takes a test that makes many objects a quarter of its time.
    """
    counter = _find_counter(session.config)
    gc.disable()
    try:
        if counter is not None and not session.config.pluginmanager.hasplugin("dsession"):
            for name in KERNEL:  # the parent of xdist's workers runs no test
                package = importlib.import_module(name)
                for module in pkgutil.walk_packages(package.__path__, f"{name}."):
                    importlib.import_module(module.name)
            for case in READ_FIRST:
                importlib.import_module("tests.judge").find_differences(Path(__file__).parent / "cases" / case)
        if counter is not None:
            counter.pause()
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that are marked `long` go first. `make test` gives each to one of its processes: one that came late would
    leave the other processes without work.
    """
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


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
