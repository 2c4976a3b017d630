"""Whose report it is, where its title does not say."""

from __future__ import annotations

import pytest

from crawler.extraction.read import read
from crawler.extraction.record.model import Source
from crawler.extraction.text.titles import read_title
from tests.sites.build import build_site

NOW = "2026-01-01T00:00:00Z"
TRUTH = next(t for t in build_site("wolong", extra=False).truth if t.path.endswith(".html"))


def name(page: str, *, link: str = "2023年度政府信息公开年报", listed: str | None = None) -> str | None:
    body = build_site("wolong", extra=False).pages[TRUTH.path].body.decode()
    start, end = body.index("<table"), body.rindex("</table>") + len("</table>")
    chapters = "".join(
        f"<p>{number}、{text}</p>" for number, text in zip("一二", ("总体情况", "主动公开政府信息情况"), strict=True)
    )
    html = f"<html><body>{page}{chapters}{body[start:end]}</body></html>"
    source = Source("http://a/", "http://a/", NOW, titles=(link,), listed=listed)
    return read(html.encode(), source)["agency"]["name"]


@pytest.mark.parametrize(
    ("page", "listed", "body"),
    [
        ("<title>2023年度政府信息公开年报-清溪区人民政府门户网站</title>", "清溪区统计局", "清溪区统计局"),
        ("<h1>2023年度政府信息公开年报</h1>", "清溪区统计局", "清溪区统计局"),
        ("<h1>清溪区财政局2023年度政府信息公开年报</h1>", "清溪区统计局", "清溪区财政局"),
        ("<h1>2023年度政府信息公开年报</h1>", None, None),
        ("<h1>2023年度政府信息公开年报</h1>", "清溪区人民政府门户网站", None),
    ],
)
def test_a_body_is_named_by_the_text_then_by_its_list(page: str, listed: str | None, body: str | None) -> None:
    assert name(page, listed=listed) == body


def test_a_heading_is_no_part_of_a_title() -> None:
    over = "<p>清溪区统计局</p><p>一、总体情况</p>"
    assert name(f"{over}<h1>2023年度政府信息公开年报</h1>", listed="清溪区统计局") == "清溪区统计局"
    assert name("<p>一、总体情况</p><h1>2023年度政府信息公开年报</h1>", listed="清溪区统计局") == "清溪区统计局"


def test_a_name_from_the_list_alone_is_said() -> None:
    page = build_site("wolong", extra=False).pages[TRUTH.path].body.decode()
    start, end = page.index("<table"), page.rindex("</table>") + len("</table>")
    html = f"<html><body><h1>2023年度政府信息公开年报</h1><p>一、总体情况</p>{page[start:end]}</body></html>"
    record = read(html.encode(), Source("http://a/", "http://a/", NOW, listed="清溪区统计局"))
    assert [w["code"] for w in record["warnings"] if w["code"].startswith("body")] == ["body_from_list"]


def test_what_a_page_attaches_is_not_its_title() -> None:
    heading = "<h1>2018年政府信息公开年度报告</h1><p>清溪区财政局</p>"
    chapters = "".join(
        f"<p>{n}、{what}</p><p>说明。</p>" for n, what in zip("一二三", ("概述", "主动公开", "问题"), strict=True)
    )
    attached = "<p>附件：附件：2018年政府信息公开年度报告</p>"
    page = f"<html><body>{heading}{chapters}<p>2019年1月8日</p>{attached}</body></html>"
    record = read(page.encode(), Source("http://a/", "http://a/", NOW, listed="清溪区财政局"))
    assert (record["title"], record["agency"]["name"]) == ("2018年政府信息公开年度报告", "清溪区财政局")


@pytest.mark.parametrize("place", ["above", "below"])
def test_what_a_page_leads_on_to_is_not_its_title(place: str) -> None:
    heading = "<h1>2018年政府信息公开工作年度报告</h1><p>清溪区财政局</p>"
    chapters = "".join(
        f"<p>{n}、{what}</p><p>说明。</p>" for n, what in zip("一二三", ("概述", "主动公开", "问题"), strict=True)
    )
    around = "".join(
        f"<p>{label}：<a href=/{n}.html>{year}年政府信息公开工作年度报告</a></p>"
        for n, (label, year) in enumerate((("上一篇", 2021), ("下一条", 2016), ("相关链接", 2015)))
    )
    text = f"{around}{heading}{chapters}" if place == "above" else f"{heading}{chapters}{around}"
    record = read(f"<html><body>{text}</body></html>".encode(), Source("http://a/", "http://a/", NOW))
    assert (record["year"], record["agency"]["name"]) == (2018, "清溪区财政局")


@pytest.mark.parametrize("label", ["上一篇：", "附件：", "附件1：", "附件：附件：", "附件 2 、"])
def test_a_label_of_an_attachment_is_no_part_of_a_name(label: str) -> None:
    assert read_title(f"{label}2018年政府信息公开年度报告").body is None
    assert read_title(f"{label}清溪区财政局2018年政府信息公开年度报告").body == "清溪区财政局"
