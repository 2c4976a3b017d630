"""Pages for the tests of families, and what is asked of them."""

from __future__ import annotations

from crawler.listing.answers import read_answer
from crawler.listing.families import recognise
from crawler.listing.page import Link, Page, parse_page

HOST = "http://www.a.gov.cn"


def page_of(body: str, path: str = "/zwgk/xxgknb/") -> Page:
    return parse_page(
        f"<html><head><title>年报</title></head><body>{body}</body></html>".encode(), HOST + path, "utf-8"
    )


def answer_of(text: str, path: str, post: str = "") -> Page:
    page = read_answer(text.encode(), HOST + path, "utf-8", post)
    assert page is not None
    return page


def further(page: Page) -> list[str]:
    """The further pages of a list as its family finds them, each as ``path`` or ``path < form``."""
    return [show(link) for link in recognise(page).next_pages(page)]


def show(link: Link) -> str:
    path = link.url.removeprefix(HOST)
    return f"{path} < {link.post}" if link.post else path
