"""What is still under way when a crawl's engine has stopped, and is to be known before the crawl is looked at: Scrapy
calls all who wait for that moment at once, and some take a while."""

from __future__ import annotations

from weakref import WeakKeyDictionary

_WORK: WeakKeyDictionary[object, int] = WeakKeyDictionary()


def begin_work(owner: object) -> None:
    """Says that something will be under way until `end_work`; ``owner`` is a crawler."""
    _WORK[owner] = _WORK.get(owner, 0) + 1


def end_work(owner: object) -> None:
    _WORK[owner] = _WORK.get(owner, 1) - 1


def is_working(owner: object) -> bool:
    return _WORK.get(owner, 0) > 0
