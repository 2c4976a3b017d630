"""Python's search for cycles of garbage, kept away from the reading of one document."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collections() -> Iterator[None]:
    """No search for cycles within the block, where one would be made.

    A document is thousands of small objects, none of which is garbage yet: to look for cycles among them takes a tenth
    of the time. What cycles there are is found afterwards.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
