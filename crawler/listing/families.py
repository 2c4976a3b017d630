"""Which platform a page comes from, told from the page itself, and how that platform pages its lists.

A family is one small module with a ``Family``. The first that recognises a page reads it; the plain one reads all
others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crawler.listing import henan, luoyang, plain
from crawler.listing.page import Link, Page


@dataclass(frozen=True, slots=True)
class Family:
    """``recognises`` tells whether a page is of the family, ``is_article`` whether an address is that of an article
    (None: the address does not say), ``next_pages`` the further pages of a list, nearest first, ``records`` the links
    that a list holds in its scripts and not in its HTML."""

    name: str
    recognises: Callable[[Page], bool]
    is_article: Callable[[str], bool | None]
    next_pages: Callable[[Page], tuple[Link, ...]]
    records: Callable[[Page], tuple[Link, ...]] = lambda page: ()


FAMILIES = (
    Family("henan", henan.recognises, henan.is_article, plain.next_pages),
    Family("luoyang", luoyang.recognises, luoyang.is_article, luoyang.next_pages),
    Family("plain", lambda page: True, lambda url: None, plain.next_pages),
)


def recognise(page: Page) -> Family:
    """The family of a page."""
    return next(family for family in FAMILIES if family.recognises(page))
