"""Pages that send their reader on."""

from __future__ import annotations

import pytest

from crawler.listing.moves import find_move
from crawler.listing.page import parse_page

HERE = "http://www.qingxi.gov.cn/"


def find(html: str) -> str | None:
    return find_move(parse_page(f"<html><head>{html}</head><body></body></html>".encode(), HERE))


@pytest.mark.parametrize(
    "script",
    [
        'location.href="/zfxxgk/"',
        "window.location.href = '/zfxxgk/';",
        'location="/zfxxgk/";',
        "top.location = '/zfxxgk/'",
        'window.location.replace("/zfxxgk/");',
        'var a = 1; self.location.assign("zfxxgk/") // on',
        'if (true) { location.href = "/zfxxgk/"; }',
    ],
)
def test_a_script_that_moves_at_once(script: str) -> None:
    assert find(f"<script>{script}</script>") == "http://www.qingxi.gov.cn/zfxxgk/"


@pytest.mark.parametrize(
    "script",
    [
        "function go() { location.href = '/zfxxgk/'; }",
        "document.onclick = function () { location.href = '/zfxxgk/' }",
        "if (location.href == '/zfxxgk/') { }",
        "location.href = base + '/zfxxgk/';",
        "location.href = '#top';",
        "location.href = 'javascript:void(0)';",
        "location.href = '/';",
        "var where = 'location.href';",
    ],
)
def test_a_script_that_stays(script: str) -> None:
    assert find(f"<script>{script}</script>") is None


def test_a_page_with_something_to_read_stays() -> None:
    links = "".join(f'<a href="/{n}.html">第{n}条</a>' for n in range(20))
    assert find(f'{links}<script>location.href="/zfxxgk/"</script>') is None
