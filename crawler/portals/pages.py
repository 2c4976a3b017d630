"""One page of a portal: how it is asked for, how its answer is read, and where it leads.

The crawl and the doctor go the same way by these functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from scrapy import Request

from crawler.extraction.errors import UnreadableDocument
from crawler.listing.answers import read_answer
from crawler.listing.calls import find_shape, media_type_of
from crawler.listing.page import Link, Page, parse_page
from crawler.listing.plain import count_pages
from crawler.listing.weigh import ANNUAL, Lead, find_leads, names_reports

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy.http import Response

    from crawler.listing.families import Family

CALLS = "calls"  # the family whose answers may have numbers for addresses
# How many entries a list says it has.
_COUNT = re.compile(r"(?:共|总数|总计)\D{0,8}(\d{1,6})\s*(?:<[^>]{0,200}>\s*){0,3}[条篇个项]")


def make_request(link: Link, **given: Any) -> Request:
    """What asks for a link: by POST if it carries a form or JSON, which the request then says. ``given`` are further
    arguments of `Request`."""
    if not link.post:
        return Request(link.url, **given)
    return Request(link.url, method="POST", body=link.post, headers={"Content-Type": media_type_of(link.post)}, **given)


def read_page(response: Response) -> Page | None:
    """The page of an answer, or None where it is no HTML."""
    head = response.body[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    kind = (response.headers.get("Content-Type") or b"").lower()
    if not (b"<html" in head or b"<!doctype html" in head or (b"html" in kind and b"<" in head)):
        return None
    try:
        return parse_page(response.body, response.url, find_charset(response), _find_post(response))
    except UnreadableDocument:
        return None


def read_list(response: Response, shape: str = "") -> Page | None:
    """The page of an answer; a list that is no HTML is a page of its links. None where it is neither. ``shape`` is how
    the addresses of articles are made where an answer has only their numbers, see `choose_shape`."""
    page = read_page(response)
    if page is None:
        charset = find_charset(response)
        page = read_answer(response.body, response.url, charset, _find_post(response), shape)
    return page


def find_charset(response: Response) -> str | None:
    """The charset that the header of an answer declares, in small letters."""
    header = (response.headers.get("Content-Type") or b"").decode("latin-1").lower()
    return header.partition("charset=")[2].strip(" \"';") or None


def describe_answer(response: Response) -> dict[str, Any]:
    """What is known of an answer besides its address and body, by the names of fields of `Fetched`."""
    media_type = (response.headers.get("Content-Type") or b"").decode("latin-1").partition(";")[0]
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "media_type": media_type.strip() or "application/octet-stream",
        "charset": find_charset(response),
        "fetched_at": response.meta.get("fetched_at", now),
        "archive": response.meta.get("archive"),
    }


def find_steps(page: Page, stage: str, family: Family) -> Iterator[Lead]:
    """The leads of a page, as a crawl takes them: an article that says nothing of reports is no channel. On a list it
    is a report, for lists under a year name nothing but the body; before it, it is news about disclosure."""
    for lead in find_leads(page, stage):
        if lead.kind == "channel" and family.is_article(lead.link.url) and not names_reports(lead.link.text):
            if stage == ANNUAL:
                yield replace(lead, kind="report")
        else:
            yield lead


def digest_list(steps: Iterable[Lead], further: Iterable[Link], first: Page | None = None, *, name: str = "") -> str:
    """A digest of what a page of a list says: what it leads to, by words and address; its further pages; of the
    ``first`` page how many pages and entries it counts, of another its ``name``. Page furniture is in none of it."""
    said = [f"{lead.kind}\t{lead.link.url}\t{lead.link.post}\t{lead.link.text}" for lead in steps]
    said += [f"further\t{link.url}\t{link.post}" for link in further]
    if first is not None:
        said += [str(count_pages(first)), *_COUNT.findall(first.html)]
    if name:
        said.append(f"name\t{name}")
    return blake2b("\n".join(said).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def choose_shape(page: Page, family: Family, known: str = "") -> str:
    """How the addresses of articles are made in the answers to the calls of a page: as the page before it said
    (``known``), else as its own scripts say; "" where neither does."""
    return known or (find_shape(page) if CALLS in family.name.split("+") else "")


def _find_post(response: Response) -> str:
    """What an answer was asked with, "" for a GET."""
    request = response.request
    return request.body.decode("utf-8", "replace") if request is not None and request.method == "POST" else ""
