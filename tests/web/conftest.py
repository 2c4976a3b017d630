"""One worker process serves all tests of this room that need no other settings of the process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.crawling import Worker, start_worker

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    with start_worker() as started:
        yield started
