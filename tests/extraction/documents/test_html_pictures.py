"""The pictures of a page: where they stand, what they are called, and which are none."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from crawler.extraction.documents.html import PICTURE, read_html
from crawler.extraction.documents.images import find_image
from crawler.extraction.documents.model import Block, Paragraph, Picture, Table
from crawler.extraction.read import read
from crawler.extraction.record.model import Source
from tests.cases.make.draft import make_draft
from tests.cases.make.pages import Look, p, plain_cell, render_page


def make_png(width: int, height: int, *, noise: bool) -> bytes:
    image = Image.effect_noise((width, height), 60) if noise else Image.new("L", (width, height))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


PNG = make_png(120, 60, noise=True)
DOT = make_png(1, 1, noise=False)


def as_uri(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def read_blocks(body: str) -> tuple[Block, ...]:
    return read_html(f"<html><body><div>{body}</div></body></html>".encode()).blocks


def name_blocks(body: str) -> list[str]:
    """Paragraphs by their text, tables by "table", pictures by their name in angle brackets."""
    names = []
    for block in read_blocks(body):
        is_text = isinstance(block, Paragraph)
        names.append(block.text if is_text else f"<{block.name}>" if isinstance(block, Picture) else "table")
    return names


@pytest.mark.parametrize(
    ("body", "blocks"),
    [
        ("<p>一</p><img src='a.png'><p>二</p>", ["一", "<a.png>", "二"]),
        ("<p>一<img src='a.png'>二</p>", ["一二", "<a.png>"]),
        ("<p>\n<img src='a.png'>一</p>", ["<a.png>", "一"]),
        ("<p>一<br><img src='a.png'><br>二</p>", ["一", "<a.png>", "二"]),
        ("<table><tr><td>1<td>2<img src='a.png'><tr><td>3<td><img src='b.png'></table><p>三</p>",
         ["table", "<a.png>", "<b.png>", "三"]),
        ("<p>一</p><table><tr><td><img src='a.png'></td></tr></table>", ["一", "table", "<a.png>"]),
    ],
)  # fmt: skip
def test_pictures_stand_in_the_flow(body: str, blocks: list[str]) -> None:
    assert name_blocks(body) == blocks


def test_an_embedded_picture_has_its_bytes_and_its_path_for_a_name() -> None:
    text = as_uri(PNG)
    for uri in (
        text,
        text.replace("base64,", "base64,\n "),
        text.replace("+", "%2B").rstrip("="),
        text.upper()[:5] + text[5:],
    ):
        picture = next(b for b in read_blocks(f"<p>一</p><p><img src='{uri}'></p>") if isinstance(b, Picture))
        assert picture.data == PNG
        assert picture.name == picture.place.xpath == "/html/body[1]/div[1]/p[2]/img[1]"


def test_a_cell_that_shows_a_picture_still_says_so() -> None:
    table, picture = read_blocks(f"<table><tr><td>1<td><img src='{as_uri(PNG)}'></table>")
    assert isinstance(table, Table)
    assert [cell.text for cell in table.grid[0] if cell] == ["1", PICTURE]
    assert isinstance(picture, Picture)
    assert picture.data == PNG
    assert picture.place.xpath == "/html/body[1]/div[1]/table[1]/tr[1]/td[2]/img[1]"


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({"src": " /a.png "}, "/a.png"),
        ({"src": "a.png", "data-src": "b.png"}, "a.png"),
        ({"data-src": "b.png"}, "b.png"),
        ({"src": "", "data-original": "b.png"}, "b.png"),
        ({"src": "#", "original-src": "b.png"}, "b.png"),
        ({"src": "about:blank", "_src": "b.png"}, "b.png"),
        ({"src": as_uri(DOT), "data-src": "b.png", "_src": "c.png"}, "b.png"),
        ({"src": as_uri(DOT), "data-src": as_uri(DOT), "_src": "c.png"}, "c.png"),
        ({"srcset": "s.png 1x, t.png 2x", "data-src": "b.png"}, "s.png"),
        ({"srcset": f"{as_uri(DOT)} 1x", "data-srcset": ", s.png, t.png 2x"}, "s.png"),
        ({"src": "a.png", "width": "100%", "height": "auto"}, "a.png"),
        ({"src": "a.png", "width": "600px", "height": "20.5"}, "a.png"),
    ],
)
def test_the_address_of_a_picture(attributes: dict[str, str], name: str) -> None:
    picture = find_image(attributes, "/html/img[1]")
    assert picture is not None
    assert (picture.name, picture.data) == (name, None)


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"src": " "},
        {"src": "a.png", "width": "1", "height": "900"},
        {"src": "a.png", "width": "900", "height": "2"},
        {"src": "a.png", "width": "16", "height": "16"},
        {"src": as_uri(DOT)},
        {"src": as_uri(PNG[:1400])},
        {"src": "data:text/html;base64," + "A" * 4000},
        {"src": "data:image/png;base64," + "*" * 4000},
        {"src": "javascript:show()"},
    ],
)
def test_no_picture(attributes: dict[str, str]) -> None:
    assert find_image(attributes, "/html/img[1]") is None


def test_all_pictures_are_counted_whatever_they_show() -> None:
    document = read_html(f"<p>一<img src='{as_uri(DOT)}'><img width=1 src=a.gif><img src=b.png>".encode())
    assert document.pictures == 3
    assert sum(isinstance(block, Picture) for block in document.blocks) == 1


def test_the_report_is_the_same_with_pictures_between() -> None:
    draft = make_draft("pictures", 2023, size="dense")
    page = render_page(draft, Look(p, plain_cell), "article").decode()
    source = Source("file:///a.html", "file:///a.html", "2026-01-01T00:00:00Z")
    picture = f"<p><img src='{as_uri(PNG)}'></p>"
    plain, among = (
        read(text.encode(), source)
        for text in (page, page.replace("<table", f"{picture}<table").replace("</h", "<img src=a.png></h"))
    )
    for key in ("title", "year", "agency", "sections", "tables", "checks", "warnings", "confidence"):
        assert plain[key] == among[key], key


def test_what_the_parser_leaves_out_is_said() -> None:
    whole, cut = (read_html(("<p>一</p>" + "<div>" * depth + "<p>二").encode()) for depth in (50, 400))
    assert whole.warnings == ()
    assert [code for code, _ in cut.warnings] == ["page_cut"]
