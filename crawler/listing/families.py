"""Which platform a page comes from, told from the page itself, and how that platform pages its lists.

A family is one module of this room that has a function ``recognises(page)``. It may have, each by its name:

- ``is_article(url)``: whether an address is that of an article; None where the address does not say;
- ``next_pages(page)``: the further pages of a list, nearest first, that the plain reader does not see;
- ``records(page)``: the links that a list holds in its scripts and not in its HTML.

Modules are found by that function, so that a new family touches no other file (docs/families.md). A page may be of
several families at once; what the plain reader sees always counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import crawler.listing
from crawler.listing import plain
from crawler.listing.page import Link, Page


@dataclass(frozen=True, slots=True)
class Family:
    """``recognises`` tells whether a page is of the family, ``is_article`` whether an address is that of an article
    (None: the address does not say), ``next_pages`` the further pages of a list, nearest first, ``records`` the links
    that a list holds in its scripts and not in its HTML."""

    name: str
    recognises: Callable[[Page], bool]
    is_article: Callable[[str], bool | None] = lambda url: None
    next_pages: Callable[[Page], tuple[Link, ...]] = lambda page: ()
    records: Callable[[Page], tuple[Link, ...]] = lambda page: ()


PLAIN = Family("plain", lambda page: True, next_pages=plain.next_pages)


def read_family(name: str, module: ModuleType) -> Family | None:
    """The family that a module is, or None where it has no ``recognises``."""
    if not hasattr(module, "recognises"):
        return None
    parts = ("is_article", "next_pages", "records")
    return Family(name, module.recognises, **{part: getattr(module, part) for part in parts if hasattr(module, part)})


def find_families() -> tuple[Family, ...]:
    """The families of this room, by name."""
    names = sorted(found.name for found in iter_modules(crawler.listing.__path__))
    own = __name__.rpartition(".")[2]
    modules = ((name, import_module(f"{crawler.listing.__name__}.{name}")) for name in names if name != own)
    return tuple(family for name, module in modules if (family := read_family(name, module)))


FAMILIES = (*find_families(), PLAIN)


def recognise(page: Page) -> Family:
    """The family of a page: those that recognise it as one, with the plain reader behind them. ``name`` joins their
    names by ``+``; it is ``plain`` where none does."""
    special = tuple(family for family in FAMILIES if family is not PLAIN and family.recognises(page))
    return _join(special) if special else PLAIN


def _join(special: tuple[Family, ...]) -> Family:
    def is_article(url: str) -> bool | None:
        said = [family.is_article(url) for family in special]
        return True if True in said else False if False in said else None

    def next_pages(page: Page) -> tuple[Link, ...]:
        found: dict[tuple[str, str], Link] = {}
        for family in (PLAIN, *special):
            for link in family.next_pages(page):
                found.setdefault((link.url, link.post), link)
        found.pop((page.url, page.post), None)
        return tuple(found.values())

    def records(page: Page) -> tuple[Link, ...]:
        return tuple({(link.url, link.text): link for family in special for link in family.records(page)}.values())

    return Family("+".join(family.name for family in special), lambda page: True, is_article, next_pages, records)
