"""The documents behind a page, however it shows them."""

from __future__ import annotations

import pytest

from crawler.listing.documents import find_documents, find_viewed
from crawler.listing.page import parse_page

HERE = "http://www.qingxi.gov.cn/2024/01-20/71.html"
TITLE = "清溪区人民政府2023年政府信息公开工作年度报告"
PAPER = "http://www.qingxi.gov.cn/upload/nb.pdf"


def find(html: str, named: str = TITLE, url: str = HERE) -> list[str]:
    page = parse_page(f"<html><body><h1>{TITLE}</h1>{html}</body></html>".encode(), url)
    return [link.url for link in find_documents(page, named)]


@pytest.mark.parametrize(
    "html",
    [
        '<a href="/upload/nb.pdf">附件</a>',
        '<iframe src="/upload/nb.pdf"></iframe>',
        '<embed src="/upload/nb.pdf" type="application/pdf">',
        '<object data="/upload/nb.pdf" type="application/pdf"></object>',
        '<iframe src="/pdfjs/web/viewer.html?file=/upload/nb.pdf"></iframe>',
        '<iframe src="/pdfjs/web/viewer.html?file=%2Fupload%2Fnb.pdf&amp;page=1"></iframe>',
        '<a href="/js/viewer.html?file=/upload/nb.pdf">全文</a>',
        '<div id="p"></div><script>PDFObject.embed("/upload/nb.pdf", "#p");</script>',
        "<script>var pdfh5 = new Pdfh5('#p', {pdfurl: '../../upload/nb.pdf'});</script>",
        """<span onclick="window.open('/upload/nb.pdf')">下载</span>""",
        """<a href="javascript:show('/upload/nb.pdf')">查看全文</a>""",
        '<div class="pdf" data-url="/upload/nb.pdf"></div>',
    ],
)
def test_a_paper_is_found(html: str) -> None:
    assert find(html) == [PAPER]


def test_a_link_without_an_ending_is_one_by_what_it_says() -> None:
    links = (
        '<a href="/download.jsp?id=7">附件：清溪区人民政府2023年政府信息公开工作年度报告.docx</a>'
        '<a href="/download.jsp?id=8">附件1</a><a href="/about.jsp">附件</a><a href="/download.jsp?id=9">客户端</a>'
    )
    assert find(links) == ["http://www.qingxi.gov.cn/download.jsp?id=7", "http://www.qingxi.gov.cn/download.jsp?id=8"]


def test_a_viewer_is_a_page_of_the_paper_it_shows() -> None:
    assert find("", url="http://www.qingxi.gov.cn/pdfjs/web/viewer.html?file=/upload/nb.pdf") == [PAPER]


@pytest.mark.parametrize(
    "url", ["http://a.gov.cn/viewer.html?file=list.html", "http://a.gov.cn/a.html", "http://a.gov.cn/?name=a.pdf"]
)
def test_what_views_no_paper(url: str) -> None:
    assert find_viewed(url) is None


def test_a_viewer_may_name_a_paper_without_an_ending() -> None:
    viewer = "http://a.gov.cn/office/view.html?file=/download.jsp%3Fid%3D7%26type%3Da"
    assert find_viewed(viewer) == "http://a.gov.cn/download.jsp?id=7&type=a"


def test_links_of_other_reports_and_pages_are_none() -> None:
    assert (
        find('<a href="/2024/01-21/72.html">清溪区财政局2023年政府信息公开工作年度报告</a><a href="/">首页</a>') == []
    )


def test_rar_is_a_document_too() -> None:
    assert find('<a href="/upload/nb.rar">附件</a>') == ["http://www.qingxi.gov.cn/upload/nb.rar"]
