"""Families: how they are found, and what a page of several, or of none, has."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from crawler.listing.families import FAMILIES, PLAIN, read_family, recognise
from crawler.listing.page import Page
from tests.listing.families.pages import HOST, further, page_of

HERE = Path(__file__).parent
LISTING = HERE.parents[1] / "crawler" / "listing"


def test_families_are_found_by_their_modules() -> None:
    modules = {path.stem: path.read_text(encoding="utf-8") for path in LISTING.glob("*.py")}
    found = sorted(name for name, text in modules.items() if re.search("^def recognises", text, re.M))
    assert len(found) >= 7
    assert [family.name for family in FAMILIES] == [*found, "plain"]


@pytest.mark.parametrize("name", [family.name for family in FAMILIES if family is not PLAIN])
def test_every_family_has_tests_and_says_what_it_is(name: str) -> None:
    assert (HERE / "families" / f"test_{name}.py").is_file()
    assert (LISTING / f"{name}.py").read_text(encoding="utf-8").startswith('"""')
    assert f"\n| `{name}` |" in (HERE.parents[1] / "docs" / "families.md").read_text(encoding="utf-8")


def test_a_module_is_a_family_by_one_function() -> None:
    module = ModuleType("x")
    assert read_family("x", module) is None
    module.recognises = lambda page: True  # type: ignore[attr-defined]
    family = read_family("x", module)
    assert family is not None
    page = page_of("")
    assert family.recognises(page)
    assert (family.is_article(HOST), family.next_pages(page), family.records(page)) == (None, (), ())


def test_the_worked_example_of_the_documentation() -> None:
    text = (HERE.parents[1] / "docs" / "families.md").read_text(encoding="utf-8")
    source = next(block for block in re.findall(r"```python\n(.*?)```", text, re.S) if "def recognises" in block)
    module = ModuleType("folders")
    exec(compile(source, "folders.py", "exec"), module.__dict__)
    family = read_family("folders", module)
    assert family is not None
    first = page_of('<div class="turn" data-pages="3" data-at="1"></div>', "/nb/")
    later = page_of('<div class="turn" data-pages="3" data-at="2"></div>', "/nb/p2/")
    assert family.recognises(first)
    assert [link.url for link in family.next_pages(first)] == [f"{HOST}/nb/p2/", f"{HOST}/nb/p3/"]
    assert not family.recognises(page_of("<p>data-pages 是页数。</p>"))
    assert [link.url for link in family.next_pages(later)] == [f"{HOST}/nb/p3/"]


def test_a_page_of_none_is_plain() -> None:
    page = page_of('<a href="2.html">下一页</a>')
    assert recognise(page) is PLAIN
    assert further(page) == ["/zwgk/xxgknb/2.html"]
    assert recognise(page).is_article(HOST) is None


def test_a_page_of_several_has_what_each_finds() -> None:
    articles = '<a href="/2024/01-20/1.html">甲</a><a href="/2023/01-20/2.html">乙</a><a href="3.html">下一页</a>'
    page = page_of(articles + '<script>createPageHTML(2, 0, "index", "html"); $.get("/api/list?page=1")</script>')
    family = recognise(page)
    assert family.name == "calls+henan+trs"
    assert further(page) == ["/zwgk/xxgknb/3.html", "/api/list?page=1", "/zwgk/xxgknb/index_1.html"]
    assert family.is_article(f"{HOST}/2024/01-20/1.html") is True
    assert family.is_article(f"{HOST}/zwgk/") is False
    assert family.records(page) == ()


def test_no_page_leads_to_itself() -> None:
    page = page_of('<script>$.get("/zwgk/xxgknb/list.json?page=1")</script>', "/zwgk/xxgknb/list.json?page=1")
    assert further(page) == []


def test_families_read_any_page() -> None:
    for html in ("", "<", "\x00", "<script>", "{", "[]", "<datastore", "createPageHTML(", "<a href=" * 50):
        page = Page(f"{HOST}/x", "", "", (), 0, 0, html)
        family = recognise(page)
        assert family.next_pages(page) == ()
        assert family.records(page) == ()
