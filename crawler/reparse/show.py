"""Rows as text for people: a block a report, a line an identity across years, one line at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crawler.reparse.compare import KINDS

if TYPE_CHECKING:
    from crawler.reparse.compare import Row


def write_block(row: Row) -> list[str]:
    """A report whose reading differs: what it is, then one line for each thing that does."""
    head = f"{row['report_id']} (version {row['n']}, {row['url']}): {KINDS[row['change']]}"
    if row["becomes"] is not None:
        head += f": version {row['becomes']}"
    if "named" in row:
        head += f": {row['named']}"
    lines = [
        f"{cell['table']}.{cell['row']}.{cell['column']}: {_write_value(cell, 'old')} → {_write_value(cell, 'new')}"
        for cell in row["cells"]
    ]
    lines += [f"{key}: {_write_fact(fact['old'])} → {_write_fact(fact['new'])}" for key, fact in row["facts"].items()]
    if "titles" in row:
        lines.append(f"title: {row['titles']['old']} → {row['titles']['new']}")
    if row["sections"]:
        lines.append(f"text: {', '.join(row['sections'])}")
    for sign, name in (("-", "gone"), ("+", "new")):
        lines += [f"{sign} {one['code']}: {one['message']}" for one in row["warnings"][name]]
    if row["checks"]:
        lines.append("checks within the report come out otherwise")
    return [head, *(f"  {line}" for line in lines)]


def write_check(row: Row) -> str:
    """An identity across years that comes out otherwise."""
    earlier, later = row["reports"]
    where, before = row["where"], row["before"]
    place = ".".join((where["table"], where.get("row") or where["column"]))
    now = "not to be worked out any more"
    if row["status"] is not None:
        now = f"{row['status']}: {later} says {row['expected']}, {earlier} gives {row['actual']}"
    then = "not to be worked out before"
    if before is not None:
        then = f"before: {before['status']}: {before['expected']}, {before['actual']}"
    return f"across years: {place}: {now} ({then})"


def write_summary(row: Row, *, write: bool) -> str:
    """All of it in one line."""
    kinds = ", ".join(f"{row[kind]:,} {kind}" for kind in KINDS if row[kind])
    changed = f"{row['changed']:,} changed{f' ({kinds})' if kinds else ''}"
    line = (
        f"{row['documents']:,} documents of {row['reports']:,} reports: {row['same']:,} same, {changed}, "
        f"{row['unreadable']:,} unreadable, {row['missing']:,} missing; "
        f"{row['per_second']:.1f} documents/s, {row['seconds']:.1f} s"
    )
    if write:
        return f"{line}; {row['stored']:,} versions stored{', the next crawl delivers them' if row['stored'] else ''}"
    return f"{line}; nothing was written{' (--write)' if row['reading'] else ''}"


def _write_value(cell: dict[str, Any], name: str) -> str:
    if name not in cell:
        return "not printed"
    return "blank" if cell[name] is None else str(cell[name])


def _write_fact(fact: Any) -> str:
    if isinstance(fact, dict):
        return " ".join(_write_fact(one) for one in fact.values())
    return "none" if fact is None else str(fact)
