"""What the crawl hands to the reading kernel: one fetched document, as it came over the wire."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document that may be a report.

    ``body`` is what the server sent with transfer and content coding undone. ``archive`` is the place
    of the archived response, ``{"file", "offset"}`` with the file relative to ``DATA_DIR``, or None.
    ``fetched_at`` is UTC in ISO 8601 with a ``Z``. ``link_text`` is what the list called the
    document, ``candidate`` the address under which the ledger keeps it.
    """

    url: str
    landing_url: str
    body: bytes
    media_type: str
    charset: str | None
    fetched_at: str
    archive: dict[str, str | int] | None
    portal: str
    link_text: str
    portal_body: str | None
    division_code: str | None
    candidate: str
