"""What a crawl of an invented portal brought home, held against what stands on it."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from tests.sites.server import Logged
    from tests.sites.site import Number, Site, Truth

KEY_CELLS = (
    ("applications", "received", "total"),
    ("applications", "processed_total", "total"),
    ("applications", "carried_out", "total"),
    ("review_litigation", "review", "total"),
)
SHARE, SPARE = 1.5, 30  # a crawl may take this many times the needed requests, and so many more


@dataclass(frozen=True, slots=True)
class Judged:
    """One crawl of one portal.

    ``missing`` are reports without a record, ``false`` records without a report (title and address), ``wrong`` single
    values (title, what, expected, actual), ``forbidden`` paths asked for against robots.txt, ``requests`` the number of
    all requests, ``allowed`` the most that the portal may be asked, ``listed`` how many reports stand on it.
    """

    portal: str
    listed: int
    missing: tuple[Truth, ...]
    false: tuple[str, ...]
    wrong: tuple[tuple[str, str, object, object], ...]
    forbidden: tuple[str, ...]
    requests: int
    needed: int
    allowed: int

    @property
    def good(self) -> bool:
        """Whether nothing is to be said against the crawl."""
        return not (self.missing or self.false or self.wrong or self.forbidden) and self.requests <= self.allowed

    def tell(self) -> str:
        """One line of figures and one for each finding, at most ten of a kind."""
        found = self.listed - len(self.missing)
        lines = [
            f"{self.portal}: {found} of {self.listed} reports, {len(self.false)} false, {len(self.wrong)} wrong, "
            f"{self.requests} requests (needed {self.needed}, allowed {self.allowed}), {len(self.forbidden)} forbidden"
        ]
        lines += [f"  missing: {truth.title} {truth.landing_path} {truth.path}" for truth in self.missing[:10]]
        lines += [f"  false: {text}" for text in self.false[:10]]
        lines += [f"  wrong: {title}: {what} is {actual}, not {told}" for title, what, told, actual in self.wrong[:10]]
        lines += [f"  forbidden: {path}" for path in self.forbidden[:10]]
        return "\n".join(lines)


def judge(site: Site, records: Iterable[Mapping[str, Any]], log: Iterable[Logged]) -> Judged:
    """Holds a crawl's records (of the shape of the project's own) and the server's log against the portal.

    A record and a report belong together by the path of the document or, if none does, by that of its page: of a
    report that stands there twice either reading may have won. Beside body, year and generation every cell of the
    report's tables is compared.
    """
    by_path = {truth.path: truth for truth in site.truth}
    by_landing = {truth.landing_path: truth for truth in site.truth}
    known = by_path.keys() | by_landing.keys()
    found: set[tuple[str, int]] = set()
    false: list[str] = []
    wrong: list[tuple[str, str, object, object]] = []
    for record in records:
        path, landing = (_path_of(record["source"][key], known) for key in ("url", "landing_url"))
        truth = next((t for t in (by_path.get(path), by_landing.get(path), by_landing.get(landing)) if t), None)
        if truth is None or (truth.body, truth.year) in found:
            false.append(f"{record['title']} {record['source']['url']}")
            continue
        found.add((truth.body, truth.year))
        wrong += find_wrong(truth, record)
    entries = tuple(log)
    forbidden = tuple(entry.path for entry in entries if is_forbidden(site, entry.path))
    return Judged(
        portal=site.portal,
        listed=len(site.truth),
        missing=tuple(truth for truth in site.truth if (truth.body, truth.year) not in found),
        false=tuple(false),
        wrong=tuple(wrong),
        forbidden=forbidden,
        requests=len(entries),
        needed=site.needed,
        allowed=int(SHARE * site.needed) + SPARE,
    )


def find_wrong(truth: Truth, record: Mapping[str, Any]) -> list[tuple[str, str, object, object]]:
    """What a record says otherwise than the report: (title, what, expected, actual)."""
    said = {"body": record["agency"]["name"], "year": record["year"], "generation": record["generation"]}
    told = {"body": truth.body, "year": truth.year, "generation": truth.generation}
    wrong: list[tuple[str, str, object, object]] = [
        (truth.title, key, told[key], said[key]) for key in told if told[key] != said[key]
    ]
    for (table, row, column), expected in truth.cells():
        actual = record["tables"].get(table, {}).get(row, {}).get(column)
        if actual != expected:
            wrong.append((truth.title, f"{table}.{row}.{column}", expected, actual))
    return wrong


def read_key_cells(truth: Truth) -> dict[tuple[str, str, str], Number]:
    """The cells that say most of a report; none of the generation ``free``."""
    return {place: value for place, value in truth.cells() if place in KEY_CELLS}


def is_forbidden(site: Site, path: str) -> bool:
    """Whether robots.txt of the portal forbids a path (its lines are prefixes for all agents)."""
    lines = site.pages["/robots.txt"].body.decode().splitlines()
    prefixes = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("disallow:")]
    return any(prefix and path.startswith(prefix) for prefix in prefixes)


def _path_of(url: str, known: Container[str]) -> str:
    """Path and query of an address, without what some lists append to it: as it is where the portal knows it so."""
    parts = urlsplit(url)
    path = re.sub(r";jsessionid=\w+", "", parts.path, flags=re.IGNORECASE)
    whole = f"{path}?{parts.query}"
    return whole if whole in known else path
