"""Pages that were asked for, with what tells what asking again will cost: their size, and validators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from crawler.catalogue.model import Page
from crawler.catalogue.store import clean, cut, key_address

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class PageFacts:
    """An answer with status ``status``: its validators, the digest and size of its body, and when it came."""

    address: str
    status: int
    etag: str | None
    modified: str | None
    sha256: str
    bytes: int
    seen: datetime


def write_pages(session: Session, portal_id: int, pages: Iterable[PageFacts]) -> None:
    """Enters answers of a portal, each address once."""
    by_key = {key_address(page.address): page for page in pages}
    known: dict[str, Page] = {}
    for some in cut(list(by_key)):
        chosen = select(Page).where(Page.portal_id == portal_id, Page.key.in_(some))
        known |= {page.key: page for page in session.scalars(chosen)}
    for key, page in by_key.items():
        row = known.get(key)
        if row is None:
            row = Page(portal_id=portal_id, key=key, sha256="", first_seen=page.seen, last_seen=page.seen)
            session.add(row)
        if row.sha256 != page.sha256:
            row.changed = page.seen
        row.address = clean(page.address)
        validators = tuple(None if one is None else clean(one) for one in (page.etag, page.modified))
        if key in known and row.status == page.status:  # some servers make new ones for each answer
            row.steady = validators == (row.etag, row.modified)
        row.etag, row.modified = validators
        row.status, row.sha256, row.bytes = page.status, page.sha256, page.bytes
        row.last_seen = max(row.last_seen, page.seen)
