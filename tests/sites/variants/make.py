"""All families of invented portals by name. A module of this package joins them by a ``FAMILIES`` of its own."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from tests.sites import variants

if TYPE_CHECKING:
    from tests.sites.site import Site

Family = Callable[[int], "Site"]


class _Families(Mapping[str, Family]):
    """Family name → ``make(seed)``; the modules are imported when the first is asked for."""

    def __init__(self) -> None:
        self._found: dict[str, Family] | None = None

    def _find(self) -> dict[str, Family]:
        if self._found is None:
            found: dict[str, Family] = {}
            for module in sorted(pkgutil.iter_modules(variants.__path__), key=lambda entry: entry.name):
                if module.name == "make" or module.name.startswith("test_"):
                    continue
                own = getattr(importlib.import_module(f"{variants.__name__}.{module.name}"), "FAMILIES", {})
                if twice := found.keys() & own.keys():
                    raise ValueError(f"families by the same name: {sorted(twice)}")
                found |= own
            self._found = found
        return self._found

    def __getitem__(self, name: str) -> Family:
        return self._find()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._find())

    def __len__(self) -> int:
        return len(self._find())


FAMILIES: Mapping[str, Family] = _Families()


def make_site(name: str) -> Site:
    """The portal ``trs-17``: family and seed. Raises KeyError for an unknown family, ValueError for a bad seed."""
    family, _, seed = name.rpartition("-")
    return FAMILIES[family](int(seed))
