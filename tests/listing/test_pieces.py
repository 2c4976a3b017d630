"""Which page of a report lacks its tables, and what on it may hold them."""

from __future__ import annotations

import json

import pytest

from crawler.listing.page import parse_page
from crawler.listing.pieces import find_pieces
from tests.cases.make.__main__ import HOME


def test_a_page_lacks_what_a_reader_would_not_find() -> None:
    """Over all cases of HTML: as many tables as there are, and pictures only where they show tables."""
    told: dict[str, tuple[int, int]] = {}
    for path in sorted(HOME.glob("html-*/expected.json")):
        expected = json.loads(path.read_text(encoding="utf-8"))
        if "error" not in expected and expected["generation"] != "free":
            page = parse_page((path.parent / "input.html").read_bytes(), "http://www.shire.gov.cn/1.html")
            found = find_pieces(page, page.title)
            told[path.parent.name] = (found.printed - len(expected["tables"]), len(found.parts))
    assert len(told) > 80
    assert {name: what for name, what in told.items() if what != (0, 0)} == {
        "html-picture-tables-2023": (0, 3),
        "html-picture-tables-2024": (0, 3),
    }


@pytest.mark.parametrize(
    ("markup", "names"),
    [
        ('<img src="a.png">', ["a.png"]),
        ('<img src="a.png"><img src="a.png">', ["a.png"]),
        ('<img src="/load.gif" data-src="b.jpg">', ["b.jpg"]),
        ('<img src="load.gif" zoomfile="c.jpg">', ["c.jpg"]),
        ('<a href="large.jpg"><img src="small.jpg"></a>', ["large.jpg"]),
        ('<a href="/more/"><img src="small.jpg"></a>', []),
        ('<img src="a.png" width="600" height="400"><img src="b.png" width="100%">', ["a.png", "b.png"]),
        ('<img src="a.png" width="24"><img src="b.png" style="height:20px"><img src="qrcode.png">', []),
        ('<div style="display: none"><img src="a.png"></div><nav><img src="b.png"></nav>', []),
        ("<img><img src=''><img src='javascript:x'><img src='data:image/png;base64,AA'>", []),
        ('<a href="a.xlsx">数据</a>', ["a.xlsx"]),
        ('<img src="b.png"><a href="a.pdf">附件1：情况表.pdf</a>', ["a.pdf", "b.png"]),
        ('<a href="a.doc">2023年政府信息公开情况统计表</a>', ["a.doc"]),
        ('<a href="a.doc">2019年政府信息公开情况统计表</a>', []),
        ('<a href="a.doc">政府信息公开申请表</a><a href="b.pdf">政府信息公开指南</a>', []),
        ('<a href="a.html">附件：情况表</a>', []),
    ],
)
def test_what_may_be_a_piece_of_a_report(markup: str, names: list[str]) -> None:
    chapters = [f"<p>{mark}、本章</p><p>说明。</p>" for mark in "一二三"]
    before = '<div><img src="/top.jpg"></div>'
    text = f"<html><body>{before}<div>{chapters[0]}{markup}{''.join(chapters[1:])}</div></body></html>"
    title = "夏尔县2023年政府信息公开工作年度报告"
    found = find_pieces(parse_page(text.encode(), "http://www.shire.gov.cn/1.html"), title)
    assert [link.url.removeprefix("http://www.shire.gov.cn/") for link in found.parts] == names
    assert (found.printed, found.wholes) == (0, ())


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("夏尔县2023年政府信息公开工作年度报告.pdf", True),
        ("附件：夏尔县人民政府2023年政府信息公开工作年度报告", True),
        ("政府信息公开工作年度报告", True),
        ("夏尔县2022年政府信息公开工作年度报告", False),
        ("魔多省夏尔县2023年政府信息公开工作年度报告", True),
        ("夏尔县财政局2023年政府信息公开工作年度报告", False),
        ("2023年政府信息公开工作年度报告统计表", False),
    ],
)
def test_which_attachment_is_the_same_report(name: str, whole: bool) -> None:
    text = f"<html><body><p>一、甲</p><p>二、乙</p><p>三、丙</p><a href='/a.pdf'>{name}</a></body></html>"
    title = "夏尔县人民政府2023年政府信息公开工作年度报告"
    found = find_pieces(parse_page(text.encode(), "http://www.shire.gov.cn/1.html"), title)
    assert bool(found.wholes) is whole
