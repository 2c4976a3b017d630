"""How a reading of today differs from the version of the catalogue: pure, plain rows as ``changes.jsonl`` has them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from crawler.catalogue.changes import compare_content, tell_check

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crawler.catalogue.versions import Decision
    from crawler.catalogue.years import YearsDiffer
    from crawler.extraction.record.model import Record

Row = dict[str, Any]

# Kinds of rows, and what each is in a few words. Only the first makes a version.
KINDS = {
    "reading": "a value differs",
    "lesser": "some is not read this time that could be read once: not taken",
    "text": "the text is read in another way: no version",
    "other": "no value and no text differs: no version",
    "name": "it is now read as another report: not stored",
}
_FACTS = ("confidence", "agency", "published", "generation")


def compare_readings(record: Record, before: Record, decision: Decision) -> Row | None:
    """A row on how a reading differs from the version ``before``, or None where it does not.

    ``change`` is one of `KINDS`; ``becomes`` the number of the version that it would be, or null. ``cells``, ``text``,
    ``title`` and ``sections`` as in ``changes.jsonl``; ``titles`` are both titles where they differ. ``facts`` has the
    old and the new value of what else differs of confidence, agency, date and form. ``warnings`` are those that are
    ``gone`` and those that are ``new``; ``checks`` is whether those within the report differ. Places are not compared.
    """
    content = compare_content(record, before)
    facts = {key: {"old": before[key], "new": record[key]} for key in _FACTS if before[key] != record[key]}
    old, new = _count_warnings(before), _count_warnings(record)
    warnings = {"gone": _list(old - new), "new": _list(new - old)}
    checks = record["checks"] != before["checks"]
    if record["report_id"] != before["report_id"]:
        kind = "name"
    elif decision.kind == "reading":
        kind = "reading"
    elif content["cells"]:
        kind = "lesser"
    elif content["text"]:
        kind = "text"
    elif facts or checks or any(warnings.values()):
        kind = "other"
    else:
        return None
    return {
        "change": kind,
        "portal": before["portal"],
        "report_id": before["report_id"],
        "body": before["agency"]["name"],
        "year": before["year"],
        "url": before["source"]["url"],
        "n": before["version"]["n"],
        "becomes": before["version"]["n"] + 1 if kind == "reading" else None,
        **({"named": record["report_id"]} if kind == "name" else {}),
        **content,
        **({"titles": {"old": before["title"], "new": record["title"]}} if content["title"] else {}),
        "facts": facts,
        "warnings": warnings,
        "checks": checks,
    }


def compare_checks(before: Iterable[YearsDiffer], after: Iterable[YearsDiffer]) -> Iterator[Row]:
    """Rows on the identities across years that come out otherwise with the readings of today, and do not hold now or
    did not before. ``before`` in a row is what the catalogue's versions give; where its ``status`` or ``before`` is
    null, there is no such identity."""
    old, new = ({(one.rule, one.place, one.earlier, one.later): one for one in some} for some in (before, after))
    for key in dict.fromkeys((*old, *new)):
        was, now = old.get(key), new.get(key)
        if was == now or {one.status for one in (was, now) if one is not None} == {"pass"}:
            continue
        told = tell_check(now or was)  # type: ignore[arg-type]  # one of them is there
        if now is None:
            told |= {"status": None, "expected": None, "actual": None}
        yield told | {"before": was and {"status": was.status, "expected": was.expected, "actual": was.actual}}


def _count_warnings(record: Record) -> Counter[tuple[str, str]]:
    return Counter((warning["code"], warning["message"]) for warning in record["warnings"])


def _list(warnings: Counter[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"code": code, "message": message} for code, message in warnings.elements()]
