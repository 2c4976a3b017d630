"""What a made report says: the reporting bodies, the figures whose identities hold, and the identities themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.cases.make import labels

if TYPE_CHECKING:
    from random import Random

Number = int | float | None
Tables = dict[str, dict[str, dict[str, Number]]]
Cell = tuple[str, str, str]  # table, row, column

ORGANISATION_COLUMNS = ("enterprise", "research", "public_interest", "legal_service", "other")


@dataclass(frozen=True, slots=True)
class Body:
    """A body that reports: its name as titled, how it speaks of itself, and its portal's host."""

    name: str
    our: str
    host: str


BODIES = (
    Body("青松县人民政府", "我县", "www.qingsong.gov.cn"),
    Body("云岭县人民政府", "我县", "www.yunling.gov.cn"),
    Body("望川区人民政府", "我区", "www.wangchuan.gov.cn"),
    Body("白石县人民政府办公室", "我办", "www.baishi.gov.cn"),
    Body("松河市人民政府", "我市", "www.songhe.gov.cn"),
    Body("赤岩县人民政府", "我县", "www.chiyan.gov.cn"),
    Body("清溪区市场监督管理局", "我局", "www.qingxi.gov.cn"),
    Body("石门岭镇人民政府", "我镇", "www.qingsong.gov.cn"),
    Body("柳湾乡人民政府", "我乡", "www.yunling.gov.cn"),
    Body("望川区教育局", "我局", "www.wangchuan.gov.cn"),
    Body("青松县水利局", "我局", "www.qingsong.gov.cn"),
    Body("松河市自然资源和规划局", "我局", "zrzy.songhe.gov.cn"),
    Body("南阳市宛城区人民政府", "我区", "www.wancheng.gov.cn"),
    Body("镇平县人民政府", "我县", "www.zhenping.gov.cn"),
    Body("新野县人民政府", "我县", "www.xinye.gov.cn"),
    Body("洛阳市老城区人民政府", "我区", "www.laocheng.gov.cn"),
    Body("河口街道办事处", "我街道", "www.songhe.gov.cn"),
    Body("赤岩县卫生健康委员会", "我委", "www.chiyan.gov.cn"),
)
RONGSHAN = Body("镕山镇人民政府", "我镇", "www.rongshan.gov.cn")


def make_proactive(rng: Random, form: str) -> dict[str, dict[str, Number]]:
    """Table II: counts of a county or a department, money in 万元 with up to four decimals."""
    made = rng.randint(1, 60)
    if form == "2021":
        rows: dict[str, dict[str, Number]] = {
            "rules": {"issued": 0, "repealed": 0, "in_force": 0},
            "normative_documents": {
                "issued": made,
                "repealed": rng.randint(0, 9),
                "in_force": made + rng.randint(11, 190),
            },
            "licensing": {"decisions": rng.randint(1000, 29999)},
            "penalties": {"decisions": rng.randint(101, 5999)},
            "coercive_measures": {"decisions": rng.randint(11, 399)},
            "fees": {"amount": round(rng.randint(10_001, 99_999_999) / 10_000, 4)},
        }
        return rows
    return {
        "rules": {"newly_made": 0, "newly_disclosed": 0, "total_disclosed": 0},
        "normative_documents": {
            "newly_made": made,
            "newly_disclosed": made + rng.randint(0, 5),
            "total_disclosed": made + rng.randint(11, 190),
        },
        **{
            row: {
                "prior_year_items": rng.randint(20, 900),
                "change": rng.choice((-1, 1)) * rng.randint(1, 300),
                "decisions": rng.randint(30, 9999),
            }
            for row in ("licensing", "other_services", "penalties", "coercive_measures")
        },
        "fees": {"prior_year_items": rng.randint(3, 70), "change": -rng.randint(0, 3)},
        "procurement": {
            "items": rng.randint(2, 900),
            "amount": round(rng.randint(100_001, 999_999_999) / 10_000, 4),
        },
    }


def make_applications(
    rng: Random, rows: tuple[str, ...], size: str, *, blank: bool = False
) -> dict[str, dict[str, Number]]:
    """Table III with every identity holding.

    ``rows`` are the rows printed. ``size``: "sparse" (people ask, hardly any organisation), "dense" (numbers in
    most columns, so that a shifted cell shows) or "large" (counts of four digits). With ``blank`` a zero is left
    out (None), as bodies do that fill in only what happened.
    """
    outcomes = [row for row in rows if row not in (*labels.OUTER_ROWS, "processed_total")]
    share, top = {"sparse": (0.35, 40), "dense": (0.8, 60), "large": (0.7, 2400)}[size]
    cells: dict[str, dict[str, int]] = {row: {} for row in rows}
    for column in ("natural_person", *ORGANISATION_COLUMNS):
        own_share, own_top = (share, top) if column == "natural_person" else (share * 0.6, max(9, top // 5))
        if size == "sparse" and column not in ("natural_person", "enterprise"):
            own_share = 0.0
        for row in outcomes:
            cells[row][column] = rng.randint(1, own_top) if rng.random() < own_share else 0
        done = sum(cells[row][column] for row in outcomes)
        left = rng.randint(0, 1 + done // 12) if done else 0
        before = rng.randint(0, min(done + left, 1 + done // 10)) if done else 0
        cells["processed_total"][column] = done
        cells["carried_out"][column] = left
        cells["carried_in"][column] = before
        cells["received"][column] = done + left - before
    table: dict[str, dict[str, Number]] = {}
    for row in rows:
        counts = {column: cells[row][column] for column in ("natural_person", *ORGANISATION_COLUMNS)}
        counts["total"] = sum(counts.values())
        table[row] = {column: None if blank and not count else count for column, count in counts.items()}
    return table


def make_review(rng: Random, *, blank: bool = False) -> dict[str, dict[str, Number]]:
    """Table IV: fifteen counts whose three sums hold."""
    table: dict[str, dict[str, Number]] = {}
    for row in labels.REVIEW_ROWS:
        counts = [rng.choice((0, 0, rng.randint(1, 24))) for _ in range(4)]
        counts.append(sum(counts))
        table[row] = {
            column: None if blank and not count else count
            for column, count in zip(labels.REVIEW_COLUMNS, counts, strict=True)
        }
    return table


@dataclass(frozen=True, slots=True)
class Failure:
    """An identity that the numbers as read do not satisfy."""

    rule: str
    table: str
    axis: str  # "row" or "column"
    name: str
    cells: tuple[Cell, ...]


def find_failures(tables: Tables) -> list[Failure]:
    """Every identity of one report that does not hold; a missing or blank cell counts as 0."""
    found: list[Failure] = []

    def add(table: str, row: str, column: str) -> int | float:
        return tables.get(table, {}).get(row, {}).get(column) or 0

    def judge(rule: str, axis: str, name: str, left: list[Cell], right: list[Cell]) -> None:
        if abs(sum(add(*c) for c in left) - sum(add(*c) for c in right)) > 1e-9:
            found.append(Failure(rule, left[0][0], axis, name, (*left, *right)))

    applications = tables.get("applications", {})
    for row in applications:
        parts = [("applications", row, c) for c in ("natural_person", *ORGANISATION_COLUMNS)]
        judge("applications.row_sum", "row", row, [("applications", row, "total")], parts)
    outcomes = [r for r in applications if r not in (*labels.OUTER_ROWS, "processed_total")]
    if applications:
        for column in labels.APPLICATION_COLUMNS:
            total = ("applications", "processed_total", column)
            judge(
                "applications.outcome_sum", "column", column, [total], [("applications", r, column) for r in outcomes]
            )
            judge(
                "applications.balance",
                "column",
                column,
                [total, ("applications", "carried_out", column)],
                [("applications", "received", column), ("applications", "carried_in", column)],
            )
    for row in tables.get("review_litigation", {}):
        parts = [("review_litigation", row, c) for c in ("upheld", "corrected", "other", "pending")]
        judge("review_litigation.row_sum", "row", row, [("review_litigation", row, "total")], parts)
    return found
