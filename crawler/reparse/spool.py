"""Readings that differ, on the disk until all are read: there may be more of them than memory."""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING, Any

from crawler.catalogue.store import key_body

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.extraction.record.model import Record


class Spool:
    """New versions by report id; in memory are their places alone. To be closed after use (a context manager)."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="nianbao-")  # noqa: SIM115  (closed by `close`)
        self._places: dict[str, tuple[int, int, int]] = {}
        self._bodies: set[str] = set()

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._places)

    def add(self, version: int, record: Record) -> None:
        """Keeps a record that supersedes the version with this id."""
        data = json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass")
        self._places[record["report_id"]] = (version, self._file.seek(0, 2), len(data))
        self._file.write(data)
        self._bodies.add(key_body(record))

    def find(self, report_id: str) -> Record | None:
        """The record of a report, if there is one."""
        place = self._places.get(report_id)
        return None if place is None else self._read(place)

    def list_bodies(self) -> list[str]:
        """The bodies (`key_body`) of which there is a record."""
        return sorted(self._bodies)

    def list_all(self) -> Iterator[tuple[int, Record]]:
        """Each record with the id of the version that it supersedes."""
        for place in self._places.values():
            yield place[0], self._read(place)

    def _read(self, place: tuple[int, int, int]) -> Record:
        _, offset, size = place
        self._file.seek(offset)
        record: dict[str, Any] = json.loads(self._file.read(size).decode("utf-8", "surrogatepass"))
        return record
