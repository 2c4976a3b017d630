"""Facts of a crawl about which nothing is to be said, to be spoilt one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from crawler.watching.model import Alert, Body, EarlierRun, Facts, Past

RUN, BEFORE = "20260420T031500.000000Z", "20260320T031500.000000Z"
STARTED = "2026-04-20T03:15:00Z"
BODIES = (
    Body("411399-人民政府", "云来县人民政府", "county", frozenset({2023, 2024, 2025})),
    Body("411399-教育局", "云来县教育局", "department", frozenset({2024, 2025})),
)
PAST = Past(
    before=BEFORE,
    had=EarlierRun(BEFORE, 5),
    reports=5,
    seen={"verified": 4, "partial": 1},
    fresh={"verified": 1},
    bodies=BODIES,
)
GOOD = Facts(
    portal="yunlai",
    run=RUN,
    started=STARTED,
    day=date(2026, 4, 20),
    verdict="complete",
    why=(),
    reason="complete",
    reports=5,
    unread=0,
    errors=0,
    past=PAST,
)


def spoil(*, past: dict[str, Any] | None = None, **facts: Any) -> Facts:
    """`GOOD` with other ``facts``, and another ``past``."""
    return replace(GOOD, past=replace(PAST, **past) if past else PAST, **facts)


def make_alerts(number: int = 2) -> tuple[Alert, ...]:
    """Alerts of a run; the first stood before."""
    return tuple(
        Alert(
            time="2026-04-20T05:00:00Z",
            portal="yunlai",
            run=RUN,
            monitor=f"monitor{n}",
            message=f"yunlai: monitor{n}: 云来县教育局: docs/logs.md#alerts",
            since="2026-03-20T03:15:00Z" if n == 0 else STARTED,
            new=n > 0,
        )
        for n in range(number)
    )
