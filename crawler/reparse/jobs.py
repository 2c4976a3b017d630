"""A version of the catalogue → what a reader is given to read it anew, as the crawl gave it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crawler.extraction.record.model import Record, Source
from crawler.reparse.documents import Answer, load_document
from crawler.workers.model import Job

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.catalogue.reread import Kept, PortalFacts
    from crawler.extraction.documents.options import Options

Part = tuple[bytes, Source, str | None]
# What the crawl compared a further copy with was the reading of then (pipelines/extract.py).
_COMPARED = re.compile(r"(the same report stands at \S+ too), with .*")


def make_job(kept: Kept, portal: PortalFacts, data_dir: Path, options: Options) -> Job:
    """The job that reads a version's documents anew.

    Raises:
        Unavailable: a document is not in the archives any more.
    """
    record = kept.record
    source = make_source(kept, portal)

    def load(about: dict[str, Any]) -> Answer:
        digest = about["sha256"]
        return load_document(data_dir, about["url"], digest, (kept.places.get(digest), about["archive"]))

    own = load(record["source"])
    parts: list[Part] = []
    for about in list_parts(record):
        answer = load(about)
        parts.append((answer.body, make_part(about, source, answer.charset), None))
    parts += [(b"", replace(source, url=url), reason) for url, reason in find_lost(record)]
    return Job(replace(source, charset=own.charset), body=own.body, options=options, parts=tuple(parts))


def make_source(kept: Kept, portal: PortalFacts) -> Source:
    """Where the document of a version came from. What a catalogue of before does not know, how the list led to it, is
    taken from the record: the title is what the link may have said."""
    about = kept.record["source"]
    listed = kept.listed
    if kept.link is None and any(warning["code"] == "body_from_list" for warning in kept.record["warnings"]):
        listed = kept.record["agency"]["name"]
    return Source(
        url=about["url"],
        landing_url=about["landing_url"],
        fetched_at=about["fetched_at"],
        portal=kept.record["portal"],
        archive=about["archive"],
        media_type=about["media_type"],
        titles=(kept.record["title"] if kept.link is None else kept.link,),
        listed=listed,
        body=portal.body,
        division_code=portal.division_code,
    )


def make_part(about: dict[str, Any], source: Source, charset: str | None) -> Source:
    """Where a part of a report came from."""
    return replace(
        source,
        url=about["url"],
        landing_url=about["landing_url"],
        fetched_at=about["fetched_at"],
        archive=about["archive"],
        charset=charset,
        media_type=about["media_type"],
    )


def list_parts(record: Record) -> list[dict[str, Any]]:
    """The parts of a report that were fetched, in order; not those inside of one."""
    return [part for part in record["source"]["parts"] if "member" not in part]


def find_lost(record: Record) -> list[tuple[str, str]]:
    """The parts of a report that could not be had, as address and reason: the archive has them no more than the portal
    had. Those that could be had and not be read are none of them."""
    had = {part["url"] for part in list_parts(record)}
    return [
        (name, reason)
        for warning in record["warnings"]
        if warning["code"] == "unread_part"
        for names, _, reason in [warning["message"].partition(": ")]
        for name in names.split(", ")
        if name not in had
    ]


def list_copies(record: Record, *, changed: bool) -> list[dict[str, str]]:
    """The warnings of a record that name further copies of the report, which are not read anew; where its reading has
    ``changed``, without what they said of how they compare."""
    copies = [warning for warning in record["warnings"] if warning["code"] == "other_copy"]
    if not changed:
        return copies
    return [{**copy, "message": _COMPARED.sub(r"\1; it was not read anew", copy["message"])} for copy in copies]
