"""What the crawl hands to the reading kernel: one fetched document, as it came over the wire."""

from __future__ import annotations

from dataclasses import dataclass

RENDER = "RENDER"
"""The method of a request that a browser answers: it goes over no wire."""


@dataclass(frozen=True, slots=True)
class FetchedPart:
    """A further document of one report: an attached sheet, or a picture of a table. Fields as in `Fetched`.

    ``problem`` says in a few words why it could not be had; then ``body`` is empty. ``whole`` marks a document that is
    the same report once more: it is read by itself, and the best reading wins.
    """

    url: str
    body: bytes
    media_type: str
    charset: str | None
    fetched_at: str
    archive: dict[str, str | int] | None
    problem: str | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document that may be a report.

    ``body`` is what the server sent with transfer and content coding undone. ``archive`` is the place
    of the archived response, ``{"file", "offset"}`` with the file relative to ``DATA_DIR``, or None.
    ``fetched_at`` is UTC in ISO 8601 with a ``Z``. ``link_text`` is what the list called the
    document, ``candidate`` the address under which the ledger keeps it, ``listed`` the body whose
    list links it. ``parts`` are the further documents of the same report, attachments before
    pictures, each in the order of the page.
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
    listed: str | None = None
    parts: tuple[FetchedPart, ...] = ()
