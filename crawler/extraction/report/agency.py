"""The body that reports: its name, its government's division code (GB/T 2260) and its level.

divisions.csv holds the provinces, prefectures and counties as the National Bureau of Statistics listed them on
2023-06-30. Many counties share a name: the longer name in the title or the portal settles which, else the code is null.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pkgutil import get_data

from crawler.extraction.report.model import Agency

_TOWN = re.compile("(?:镇|乡|街道|苏木|街道办事处|管理区)(?:人民政府|办事处|政府)?$")
_GOVERNMENT = re.compile("(?:人民政府|政府)?$")


@dataclass(frozen=True, slots=True)
class Division:
    """A province, prefecture or county. ``level`` is "province", "prefecture" or "county"."""

    code: str
    name: str
    level: str
    parent: str


@cache
def load_divisions() -> dict[str, Division]:
    """Code → division."""
    text = (get_data("crawler.extraction.report", "divisions.csv") or b"").decode()
    return {row["code"]: Division(**row) for row in csv.DictReader(text.splitlines())}


@cache
def _by_name() -> dict[str, list[Division]]:
    found: dict[str, list[Division]] = {}
    for division in load_divisions().values():
        found.setdefault(division.name, []).append(division)
    return found


def parents(code: str) -> list[Division]:
    """The division of a code and those above it, the nearest first."""
    chain = []
    division = load_divisions().get(code)
    while division is not None:
        chain.append(division)
        division = load_divisions().get(division.parent)
    return chain


def split_places(name: str) -> tuple[list[Division], str]:
    """The divisions that a body's name begins with, from the largest, and the rest of the name.

    Only a chain of real divisions counts, each below the one before; a name that several divisions share is settled
    by the ones around it, and left alone where they do not settle it.

    >>> split_places("南阳市卧龙区教育局")[1]
    '教育局'
    """
    chain: list[Division] = []
    rest = name
    while True:
        options = [
            division
            for length in range(min(len(rest), 15), 1, -1)
            for division in _by_name().get(rest[:length], ())
            if not chain or division.code in _below(chain[-1].code)
        ]
        if not options:
            return chain, rest
        longest = [d for d in options if len(d.name) == len(options[0].name)]
        if len(longest) > 1:
            after = [d for d in longest if _continues(d, rest[len(d.name) :])]
            if len(after) != 1:
                return chain, rest
            longest = after
        chain.append(longest[0])
        rest = rest[len(longest[0].name) :]


@cache
def _below(code: str) -> frozenset[str]:
    return frozenset(d.code for d in load_divisions().values() if any(p.code == code for p in parents(d.code)[1:]))


def _continues(division: Division, rest: str) -> bool:
    return any(rest.startswith(load_divisions()[code].name) for code in _below(division.code))


def identify(name: str | None, portal_code: str | None = None) -> Agency:
    """The agency of a name. ``portal_code``: the division of the government on whose portal it was found, if known."""
    if not name:
        return Agency(None, portal_code, None)
    chain, rest = split_places(name)
    own = {d.code for d in parents(portal_code)} if portal_code else set()
    if chain:
        code: str | None = chain[-1].code
    elif portal_code and _names_own_place(name, portal_code):
        code, rest = portal_code, name[len(load_divisions()[portal_code].name) :]
    else:
        ambiguous = any(name[:length] in _by_name() for length in range(3, 16))
        code = None if ambiguous else portal_code
    if chain and portal_code and len(_by_name().get(chain[-1].name, ())) > 1 and len(chain) == 1:
        code = chain[-1].code if chain[-1].code in own else code
    return Agency(name, code, _level(rest, code))


def _names_own_place(name: str, code: str) -> bool:
    division = load_divisions().get(code)
    return division is not None and name.startswith(division.name)


def _level(rest: str, code: str | None) -> str | None:
    if rest in {"", "人民政府", "政府"}:
        division = load_divisions().get(code or "")
        return division.level if division else None
    if _TOWN.search(rest):
        return "township"
    if rest.endswith(("人民政府", "政府")):
        # A place that is not in the table, or that several share: its own word says the level, 市 alone does not.
        found = re.search("([省县区旗盟州])(?:人民)?政府$", rest)
        return (
            {"省": "province", "盟": "prefecture", "州": "prefecture"}.get(found.group(1), "county") if found else None
        )
    return "department"


def body_in(name: str, anchor: str | None) -> str:
    """A body's name without the place names that the anchor implies, so that one body has one name.

    On the portal of 卧龙区 (411303) both 卧龙区人民政府 and 南阳市卧龙区人民政府 are 人民政府, while 南阳市人民政府
    keeps its place: two different bodies never share a name. ``anchor`` is a division code or None.
    """
    name = re.sub(r"\s+", "", name)
    chain = parents(anchor) if anchor else []
    rest = name
    if chain:
        for above in reversed(chain[1:]):
            if rest.startswith(above.name) and chain[0].name in rest:
                rest = rest[len(above.name) :]
        if rest.startswith(chain[0].name):
            rest = rest[len(chain[0].name) :]
        elif rest != name:
            rest = name
        elif re.match(r"(?:本?[市县区旗])(?=[^政人\s]{2,}(?:局|委|办|院|中心|会)$)", rest):
            rest = re.sub(r"^本?[市县区旗]", "", rest)  # 区教育局 on the district's own portal
    if rest in {"", "政府", "本级", "政府本级"}:
        rest = "人民政府"
    return rest
