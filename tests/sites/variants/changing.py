"""An invented portal that changes from month to month, by a seed, and the truth of each month.

``ChangingPortal("trs-17", seed, months)`` makes the portal of each month with `build`: the same place, bodies, look and
addresses, and what is reported changes: last year's reports come in from January to April, a few old ones are dated
back into the lists, some are taken down (and one put up again), some are revised (a cell, or a sentence), and pages
change around the report. Its server may know of changes or not: ETag, Last-Modified, both, neither, by page.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from random import Random
from typing import TYPE_CHECKING, Any, Literal

from tests.sites.prose import Block
from tests.sites.site import Asked, Page
from tests.sites.variants.base import Crumbs, Plan, Variant, making
from tests.sites.variants.make import make_site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.sites.builder import Link
    from tests.sites.site import Site, Tables

CHANGING = ("henan", "trs", "luoyang_old", "visualsite", "tree", "plain", "hanweb", "jsoncall")
"""Those whose portals keep their addresses when their reports change."""
BODIES, YEARS_KEPT = 6, 6
FIRST_MONTH = 10  # of the year before that in which the last reports come in
NEWS_FROM = 4  # run in which the reports published in January are there: February's
Key = tuple[str, int]
Change = Literal["new", "back", "gone", "again", "cell", "text"]
Validator = Literal["etag", "modified", "both", ""]


@dataclass(frozen=True, slots=True)
class Event:
    """What happens to a report (body, year) before the run of a month, from 0."""

    month: int
    change: Change
    key: Key


@dataclass(slots=True)
class ChangingPortal:
    """A portal over months; ``events`` is all that happens to its reports, ``start`` who is there at first."""

    name: str
    seed: int
    months: int
    random: Random = field(init=False)
    plans: dict[Key, Plan] = field(init=False)
    start: frozenset[Key] = field(init=False)
    events: list[Event] = field(init=False)
    touched: list[frozenset[Key]] = field(init=False)
    restless: bool = field(init=False)
    validators: tuple[Validator, ...] = field(init=False)
    _ids: dict[tuple[str, int], int] = field(default_factory=dict, init=False)
    _modified: dict[str, tuple[str, datetime]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.random = Random(f"changing {self.seed} {self.name}")
        self.plans = {}
        self._make(self._choose_plans)
        self.events = []
        self._plan_events()
        self.touched = [
            frozenset(self.random.sample(sorted(self.plans), min(3, len(self.plans)))) for _ in range(self.months)
        ]
        self.restless = self.random.random() < 0.3  # a counter on every page
        self.validators = self.random.choice((("etag",), ("modified",), ("",), ("both", "etag", "modified", "")))

    # --- what happens

    def _choose_plans(self, plans: list[Plan]) -> list[Plan]:
        """A few bodies with their last years; no links that lead to nothing, for with them no run is complete."""
        usable = [plan for plan in plans if plan.delivery != "dead"]
        last = max(plan.year for plan in usable)
        recent = [plan for plan in usable if plan.year > last - YEARS_KEPT]
        many = {body: sum(plan.body == body for plan in recent) for body in {plan.body for plan in recent}}
        ranked = sorted(many, key=lambda body: (-many[body], body.name))
        # One of each kind at least, so that no list of a kind is empty.
        kinds = {body.kind: body for body in reversed(ranked)}
        chosen = [kinds[kind] for kind in ("government", "department", "town") if kind in kinds]
        chosen += [body for body in ranked if body not in chosen][: BODIES - len(chosen)]
        kept = [plan for plan in recent if plan.body in chosen]
        self.plans = {(plan.report.body, plan.year): plan for plan in kept}
        return kept

    def _plan_events(self) -> None:
        random, last = self.random, max(year for _, year in self.plans)
        old = [key for key in sorted(self.plans) if key[1] < last]
        # Of each body one old report stays all the time, so that no list is empty or new.
        anchors = {body: max(year for other, year in old if other == body) for body in {body for body, _ in old}}
        free = [key for key in old if anchors[key[0]] != key[1]]
        random.shuffle(free)
        back, gone, anchored = free[:3], free[3:6], set(anchors)
        coming = [key for key in sorted(self.plans) if key[1] == last and key[0] in anchored]
        self.start = frozenset(old) - set(back)
        for key in [key for key in self.plans if key[1] == last and key[0] not in anchored]:
            del self.plans[key]
        for key in coming:
            month = int(self.plans[key].published[5:7])
            self._add(min(NEWS_FROM + month - 1, 7), "new", key)
        for key in back:
            self._add(random.randrange(1, 12), "back", key)
        for n, key in enumerate(gone):
            month = random.randrange(1, 9)
            self._add(month, "gone", key)
            if n == 0:
                self._add(month + random.randrange(1, 4), "again", key)
        for month in range(1, self.months):
            there = sorted(self.there(month))
            newest = [key for key in there if key[1] >= last - 1]
            for _ in range(random.choice((0, 1, 1, 2))):
                key = random.choice(newest if newest and random.random() < 0.5 else there)
                tabled = bool(self.plans[key].report.tables)
                self._add(month, "cell" if tabled and random.random() < 0.75 else "text", key)
        self.events.sort(key=lambda event: event.month)

    def _add(self, month: int, change: Change, key: Key) -> None:
        """Once a month for one report."""
        if month < self.months and not any((one.month, one.key) == (month, key) for one in self.events):
            self.events.append(Event(month, change, key))

    def there(self, month: int) -> frozenset[Key]:
        """The reports that stand on the portal in a month."""
        found = set(self.start)
        for event in sorted(self.events, key=lambda event: event.month):
            if event.month <= month and event.change in ("new", "back", "again"):
                found.add(event.key)
            elif event.month <= month and event.change == "gone":
                found.discard(event.key)
        return frozenset(found)

    def revise(self, key: Key, month: int) -> Plan:
        """The plan of a report as it stands in a month."""
        plan = self.plans[key]
        for event in self.events:
            if event.month <= month and event.key == key and event.change in ("cell", "text"):
                report = plan.report
                if event.change == "cell":
                    report = replace(report, tables=_raise(report.tables))
                else:
                    report = replace(report, blocks=(*report.blocks, Block("paragraph", write_mark(event.month))))
                plan = replace(plan, report=report)
        return plan

    # --- the portal of a month

    def build(self, month: int) -> Site:
        """The portal as it stands when the run of a month comes."""
        there = self.there(month)

        def choose(plans: list[Plan]) -> list[Plan]:
            keys = [(plan.report.body, plan.year) for plan in plans]
            return [self.revise(key, month) for key in keys if key in there]

        site = self._make(choose)
        dressed = _Dressed(site.pages, lambda path, page: self._dress(month, path, page, touched))
        touched = frozenset(truth.path for truth in site.truth if (truth.body, truth.year) in self.touched[month])
        plain = site.answer

        def answer(asked: Asked) -> Page | None:
            page = plain(asked) if plain is not None else None
            return None if page is None else self._dress(month, asked.path, page, touched)

        return replace(site, pages=dressed, answer=answer)

    def _make(self, choose: Callable[[list[Plan]], list[Plan]]) -> Site:
        portal = self

        class Changing(_Stable):
            def choose(self, plans: list[Plan]) -> list[Plan]:
                return choose(plans)

            def number(self, subject: tuple[str, int]) -> int:
                return portal._ids.setdefault(subject, 1_000_000 + 37 * len(portal._ids))

        with making(Changing):
            return make_site(self.name)

    def _dress(self, month: int, path: str, page: Page, touched: frozenset[str]) -> Page:
        """A page as its server gives it: what changes around the content, and what its server knows of changes."""
        if page.status != 200 or path == "/robots.txt":
            return page
        body, seen = page.body, Random(f"{path} {month}").randrange(10_000)
        if page.content_type.startswith("text/html") and (self.restless or path in touched):
            # Without any character that its encoding might not have: 浏览次数.
            body = body.replace(b"</body>", b"<p>&#27983;&#35272;&#27425;&#25968;&#65306;%d</p></body>" % seen)
        kind = Random(f"{self.seed} {path}").choice(self.validators)
        digest = hashlib.sha256(body).hexdigest()[:16]
        if path not in self._modified or self._modified[path][0] != digest:
            self._modified[path] = digest, name_moment(month)
        headers = dict(page.headers)
        if kind in ("etag", "both"):
            headers["ETag"] = f'"{digest}"'
        if kind in ("modified", "both"):
            headers["Last-Modified"] = format_datetime(self._modified[path][1], usegmt=True)
        return replace(page, body=body, headers=headers)


class _Stable(Variant, ABC):
    """A portal in the making whose choices and addresses do not hang on what else is reported."""

    def __init__(self, *arguments: object, **more: object) -> None:
        self.subject = ""
        self.taken = 0
        super().__init__(*arguments, **more)  # type: ignore[arg-type]
        self.size = Random(f"{self.host} size").choice((5, 8, 12))
        self.plans = self.choose(self.plans)

    @abstractmethod
    def choose(self, plans: list[Plan]) -> list[Plan]:
        """The reports that this month's portal has."""

    @abstractmethod
    def number(self, subject: tuple[str, int]) -> int:
        """The number in the address of the n-th page of a subject."""

    def take_id(self) -> int:
        if not self.subject:
            return super().take_id()
        self.taken += 1
        return self.number((self.subject, self.taken))

    def add_report(self, plan: Plan, crumbs: Crumbs) -> Link:
        return self._apart(f"{plan.report.body} {plan.year}", lambda: super(_Stable, self).add_report(plan, crumbs))

    def add_decoys(self, crumbs: Crumbs, count: int | None = None) -> list[Link]:
        return self._apart(f"decoys {crumbs}", lambda: super(_Stable, self).add_decoys(crumbs, min(count or 4, 4)))

    def _apart(self, subject: str, act: Callable[[], Any]) -> Any:
        """Acts with a source of choices and numbers of its own."""
        before = self.random, self.subject, self.taken
        self.random, self.subject, self.taken = Random(f"{self.host} {subject}"), subject, 0
        try:
            return act()
        finally:
            self.random, self.subject, self.taken = before

    def split(self, links: Sequence[Link], pages: int | None = None) -> list[list[Link]]:
        """Pages of one length all the year."""
        return [list(links[at : at + self.size]) for at in range(0, len(links), self.size)] or [[]]


class _Dressed(Mapping[str, Page]):
    """Pages as their server gives them."""

    def __init__(self, pages: Mapping[str, Page], dress: Callable[[str, Page], Page]) -> None:
        self._pages, self._dress = pages, dress

    def __getitem__(self, path: str) -> Page:
        return self._dress(path, self._pages[path])

    def __contains__(self, path: object) -> bool:
        return path in self._pages

    def __iter__(self) -> Iterator[str]:
        return iter(self._pages)

    def __len__(self) -> int:
        return len(self._pages)


def write_mark(month: int) -> str:
    """The sentence that a revision of the text adds."""
    return f"本报告第{month}次核对后补充此句。"


def name_moment(month: int) -> datetime:
    """When the run of a month starts."""
    year, of_year = divmod(FIRST_MONTH - 1 + month, 12)
    return datetime(2025 + year, of_year + 1, 2, 1, 30, tzinfo=UTC)


def _raise(tables: Tables) -> Tables:
    """One application more was received, from a natural person."""
    rows = tables["applications"]
    received = dict(rows["received"])
    for column in ("natural_person", "total"):
        received[column] = (received[column] or 0) + 1
    return {**tables, "applications": {**rows, "received": received}}
