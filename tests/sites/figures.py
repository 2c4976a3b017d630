"""Invented figures that hold together, and the arithmetic of the form to hold any figures against."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from tests.sites.forms import APPLICANTS, BEFORE, OUTCOMES, PROACTIVE_COLUMNS, RESULTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from tests.sites.site import Number, Table, Tables

TRUTH_DIR = Path(__file__).parent / "truth"
KINDS = APPLICANTS[:-1]
OUTCOME_ROWS = tuple(key for _, lines in OUTCOMES for key, _ in lines if key != "processed_total")
GROUPS = ("review", "litigation_direct", "litigation_after_review")
# How many requests a body of this size sees in a year, and its counts of decisions.
SCALE = {"county": (60, 2000), "department": (12, 300), "township": (3, 20)}


def load_truth(name: str) -> dict[str, Any]:
    """The figures of a real report, e.g. ``wolong-2023``: ``year``, ``agency``, ``generation``, ``tables``."""
    truth: dict[str, Any] = json.loads((TRUTH_DIR / f"{name}.json").read_text(encoding="utf-8"))
    return truth


def make_tables(
    seed: str,
    generation: str,
    scale: str = "county",
    carried_in: Mapping[str, int] | None = None,
    carried_out: int | None = None,
) -> Tables:
    """Figures for one report, all identities of the form holding; the same seed gives the same figures.

    ``generation`` is ``2019`` or ``2021``; ``scale`` is a key of SCALE. ``carried_in`` is the row of requests taken
    over (by applicant, ``total`` left aside), ``carried_out`` how many natural persons' requests stay open: give them
    where a neighbouring year is known.
    """
    random = Random(f"{seed}/{generation}/{scale}")
    requests, decisions = SCALE[scale]
    return {
        "proactive": _make_proactive(random, generation, decisions),
        "applications": _make_applications(random, generation, requests, carried_in, carried_out),
        "review_litigation": _make_review_litigation(random, requests),
    }


def _make_proactive(random: Random, generation: str, decisions: int) -> Table:
    made = random.randint(0, 3 + decisions // 200)
    standing = made + random.randint(0, 40)
    table: Table = {}
    for row, columns in PROACTIVE_COLUMNS[generation].items():
        values: dict[str, Number] = {}
        for column in columns:
            if row == "rules":
                values[column] = 0  # neither a county nor a town may make 规章
            elif row == "normative_documents":
                values[column] = {
                    "newly_made": made,
                    "newly_disclosed": made,
                    "total_disclosed": standing,
                    "issued": made,
                    "repealed": random.randint(0, 4),
                    "in_force": standing,
                }[column]
            elif column == "change":
                # No more items can go than there were.
                values[column] = random.randint(-min(40, int(values["prior_year_items"] or 0)), 60)
            elif column == "amount":
                values[column] = random.randint(1, decisions * 5000) / 10000
            else:
                values[column] = random.randint(0, decisions)
        table[row] = values
    return table


def _make_applications(
    random: Random, generation: str, requests: int, carried_in: Mapping[str, int] | None, carried_out: int | None
) -> Table:
    rows = [key for key in OUTCOME_ROWS if (key != "other" if generation == "2021" else not key.startswith("other."))]
    likely = ["granted"] * 8 + ["unavailable.not_held"] * 3 + ["partly_granted", "not_processed.petition"] + rows
    counts = {key: dict.fromkeys(KINDS, 0) for key in ("received", "carried_in", *rows, "processed_total")}
    taken = carried_in or {}
    for kind in KINDS:
        counts["carried_in"][kind] = taken.get(kind, 0)
    for _ in range(random.randint(requests // 2, requests)):
        kind = random.choices(KINDS, weights=(30, 4, 1, 1, 2, 1))[0]
        counts["received"][kind] += 1
    people = counts["received"]["natural_person"] + counts["carried_in"]["natural_person"]
    left = min(random.randint(0, 2) if carried_out is None else carried_out, people)
    open_requests = dict.fromkeys(KINDS, 0) | {"natural_person": left}
    for kind in KINDS:
        for _ in range(counts["received"][kind] + counts["carried_in"][kind] - open_requests[kind]):
            counts[random.choice(likely)][kind] += 1
        counts["processed_total"][kind] = sum(counts[key][kind] for key in rows)
    counts["carried_out"] = open_requests
    return {key: {**row, "total": sum(row.values())} for key, row in counts.items()}


def _make_review_litigation(random: Random, requests: int) -> Table:
    table: Table = {}
    for group in GROUPS:
        values = {column: random.randint(0, requests // 12) for column in RESULTS[:-1]}
        table[group] = {**values, "total": sum(values.values())}
    return table


def find_broken_identities(tables: Tables) -> list[str]:
    """The identities of the form that ``tables`` breaks, one line each; null counts as 0."""
    broken = []
    applications = tables.get("applications", {})
    for row, values in applications.items():
        parts = sum(values[kind] or 0 for kind in KINDS)
        if parts != (values["total"] or 0):
            broken.append(f"applications.row_sum {row}: {parts} is not {values['total']}")
    if applications:
        before = [key for key, _ in BEFORE]
        for column in APPLICANTS:
            done = sum((applications[row][column] or 0) for row in OUTCOME_ROWS if row in applications)
            total = applications["processed_total"][column] or 0
            if done != total:
                broken.append(f"applications.outcome_sum {column}: {done} is not {total}")
            came = sum(applications[row][column] or 0 for row in before)
            went = total + (applications["carried_out"][column] or 0)
            if came != went:
                broken.append(f"applications.balance {column}: {came} is not {went}")
    for row, values in tables.get("review_litigation", {}).items():
        parts = sum(values[column] or 0 for column in RESULTS[:-1])
        if parts != (values["total"] or 0):
            broken.append(f"review_litigation.row_sum {row}: {parts} is not {values['total']}")
    return broken
