"""What holds for all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

# The kernel's own tests: they alone count for its coverage. What a crawl or a command happens to run through says
# little of what is tested, and counting lines doubles the time that reading takes.
COUNTED = ("tests/extraction/", "tests/listing/", "tests/test_cases.py")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Stops pytest-cov's counting while any other test is set up, called and torn down."""
    plugin = item.config.pluginmanager.getplugin("_cov")
    controller = getattr(plugin, "cov_controller", None)
    if controller is None or item.nodeid.startswith(COUNTED):
        return (yield)
    controller.pause()
    try:
        return (yield)
    finally:
        controller.resume()
