"""Where a document came from, and the record that downstream reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]
"""A record as schema.json defines it: plain data, ready for JSON."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document came from.

    ``url`` and ``landing_url`` are addresses (for a file its URI), ``fetched_at`` UTC in ISO 8601 with a ``Z``,
    ``archive`` the place of the archived response or None, ``charset`` what the transport declared. ``portal`` is the
    spider's name, a host name, or "local" for a file; ``titles`` are what links to the document say, ``listed`` names
    the body whose list they stand on; ``body`` and ``division_code`` are those of the government on whose portal it was
    found.
    """

    url: str
    landing_url: str
    fetched_at: str
    portal: str = "local"
    archive: dict[str, str | int] | None = None
    charset: str | None = None
    media_type: str | None = None
    titles: tuple[str, ...] = field(default=())
    listed: str | None = None
    body: str | None = None
    division_code: str | None = None
