"""What a crawl begins with is set aside from the search for garbage; what comes later is not."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import pytest
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.spiders import Spider

from crawler.extensions.garbage import Garbage

if TYPE_CHECKING:
    from collections.abc import Iterator


class Node:
    """An object that holds itself: nothing but a search finds it."""

    def __init__(self) -> None:
        self.own = self


@pytest.fixture
def crawler() -> Iterator[Crawler]:
    gc.unfreeze()
    yield Crawler(Spider)
    gc.unfreeze()


def test_what_was_made_before_a_crawl_is_set_aside(crawler: Crawler) -> None:
    extension = Garbage.from_crawler(crawler)
    old, dropped = Node(), weakref.ref(Node())

    crawler.signals.send_catch_log(signals.engine_started)

    assert extension is not None
    assert gc.get_freeze_count() > 10_000  # modules, classes, functions
    assert all(one is not old for one in gc.get_objects())
    assert dropped() is None  # garbage of the start is not kept


def test_what_a_crawl_makes_is_found(crawler: Crawler) -> None:
    extension = Garbage.from_crawler(crawler)
    crawler.signals.send_catch_log(signals.engine_started)
    dropped = weakref.ref(Node())

    gc.collect()

    assert extension is not None
    assert dropped() is None
