"""The figures of ``scrapy status`` as Prometheus reads them (text format 0.0.4): plain rows in, lines out.

No sample has a time of its own: node_exporter takes none from a file. A figure that is not known is no sample.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from crawler.telling.ends import EXIT_STATUS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

Row = dict[str, Any]
Sample = tuple[dict[str, str], float]

VERDICTS = (*EXIT_STATUS, "running", "unfinished")
CHECKS = ("fail", "remark")
_LAST = "nianbao_portal_last_run"


def write_metrics(rows: Sequence[Row]) -> list[str]:
    """Lines, each with its newline, of portals as `crawler.catalogue.store.Catalogue.describe` has them."""
    lines = [*_write_family("nianbao_portals", "Portals in the catalogue.", [({}, len(rows))])]
    for name, about, find in _FAMILIES:
        lines += _write_family(name, about, [sample for row in rows for sample in find(row)])
    return lines


def _find_info(row: Row) -> Iterator[Sample]:
    yield {"portal": row["portal"], "body": row["body"] or "", "code": row["code"] or ""}, 1


def _find_verdict(row: Row) -> Iterator[Sample]:
    if row["last"] is not None:
        verdict = row["last"]["verdict"]
        known = (*VERDICTS, *([verdict] if verdict and verdict not in VERDICTS else []))
        yield from (({"portal": row["portal"], "verdict": one}, one == verdict) for one in known)


def _find_checks(row: Row) -> Iterator[Sample]:
    for status in CHECKS:
        number = sum(check["status"] == status for check in row["checks"])
        yield {"portal": row["portal"], "status": status}, number


def _of_last(name: str, read: Callable[[Any], float] = float) -> Callable[[Row], Iterator[Sample]]:
    """Of the last run, once it is known."""

    def find(row: Row) -> Iterator[Sample]:
        if row["last"] is not None and row["last"][name] is not None:
            yield {"portal": row["portal"]}, read(row["last"][name])

    return find


def _of_portal(name: str, read: Callable[[Any], float] = float) -> Callable[[Row], Iterator[Sample]]:
    def find(row: Row) -> Iterator[Sample]:
        yield {"portal": row["portal"]}, read(row[name])

    return find


def _read_time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


_FAMILIES: tuple[tuple[str, str, Callable[[Row], Iterator[Sample]]], ...] = (
    ("nianbao_portal_info", "A portal with its body and division code; always 1.", _find_info),
    (f"{_LAST}_started_timestamp_seconds", "When the last run began.", _of_last("started", _read_time)),
    (f"{_LAST}_finished_timestamp_seconds", "When the last run ended, if it has.", _of_last("finished", _read_time)),
    (f"{_LAST}_verdict", "Whether this is the verdict of the last run.", _find_verdict),
    (f"{_LAST}_delivered", "Whether the feed of the last run is whole.", _of_last("delivered")),
    (f"{_LAST}_requests", "Requests of the last run.", _of_last("requests")),
    (f"{_LAST}_received_bytes", "Bytes that the last run received.", _of_last("bytes")),
    (f"{_LAST}_reports", "Reports that the last run found.", _of_last("reports")),
    (f"{_LAST}_new_reports", "Reports that the last run found first.", _of_last("new")),
    (f"{_LAST}_changed_reports", "Reports of which the last run found a new version.", _of_last("changed")),
    (f"{_LAST}_same_reports", "Reports that the last run found as they were.", _of_last("same")),
    (f"{_LAST}_vanished_reports", "Reports that the last run missed first.", _of_last("vanished")),
    ("nianbao_portal_reports", "Reports that are on the portal.", _of_portal("reports")),
    ("nianbao_portal_vanished_reports", "Reports that were on the portal.", _of_portal("vanished")),
    ("nianbao_portal_waiting_versions", "Versions that no whole feed has held yet.", _of_portal("waiting")),
    ("nianbao_portal_failing_addresses", "Addresses not had or read.", _of_portal("failing", len)),
    ("nianbao_portal_year_checks", "Identities across years that do not hold.", _find_checks),
)


def _write_family(name: str, about: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {about}\n"
    yield f"# TYPE {name} gauge\n"
    for labels, value in samples:
        yield f"{name}{_write_labels(labels)} {_write_number(value)}\n"


def _write_labels(labels: Mapping[str, str]) -> str:
    written = ",".join(f'{name}="{escape(value)}"' for name, value in labels.items())
    return f"{{{written}}}" if written else ""


def escape(value: str) -> str:
    """A label's value. Its line breaks are those of the format alone, and half of a pair is no UTF-8."""
    text = value.encode("utf-8", "replace").decode()
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _write_number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
