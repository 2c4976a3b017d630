"""How pages are read for links: addresses, texts, next pages, and what a list page holds. Without a crawl."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse
from scrapy.settings import Settings

from crawler.extraction.errors import UnreadableDocument
from crawler.listing.addresses import host, is_government, is_same_site, join
from crawler.listing.documents import find_documents, is_file
from crawler.listing.families import recognise
from crawler.listing.page import MAX_LINKS, Page, parse_page
from crawler.listing.plain import contents, next_pages
from crawler.listing.weigh import ANNUAL, DISCLOSURE, ENTRY, find_leads, stage_of
from crawler.portals.spider import PortalSpider
from tests.crawl.shire import write_links, write_page
from tests.sites.build import build_site

if TYPE_CHECKING:
    from typing import Any

HERE = "http://www.shire.gov.cn/zfxxgk/nb/index.html"
REPORT = "夏尔县人民政府2023年政府信息公开工作年度报告"


def read(html: str, url: str = HERE) -> Page:
    return parse_page(html.encode(), url, "utf-8")


def texts_by_path(page: Page) -> dict[str, str]:
    return {link.url.removeprefix("http://www.shire.gov.cn"): link.text for link in page.links}


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("a.html", "http://www.shire.gov.cn/zfxxgk/nb/a.html"),
        ("./a.html", "http://www.shire.gov.cn/zfxxgk/nb/a.html"),
        ("../a.html", "http://www.shire.gov.cn/zfxxgk/a.html"),
        ("../../../../a.html", "http://www.shire.gov.cn/a.html"),
        ("..", "http://www.shire.gov.cn/zfxxgk/"),
        ("/a.html", "http://www.shire.gov.cn/a.html"),
        ("//m.shire.gov.cn/a.html", "http://m.shire.gov.cn/a.html"),
        ("HTTPS://www.shire.gov.cn", "https://www.shire.gov.cn/"),
        ("?page=2", "http://www.shire.gov.cn/zfxxgk/nb/index.html?page=2"),
        ("a.html?x=1&y=年报", "http://www.shire.gov.cn/zfxxgk/nb/a.html?x=1&y=%E5%B9%B4%E6%8A%A5"),
        ("a.html#top", "http://www.shire.gov.cn/zfxxgk/nb/a.html"),
        ("  a.html \n", "http://www.shire.gov.cn/zfxxgk/nb/a.html"),
        ("a\n.html", "http://www.shire.gov.cn/zfxxgk/nb/a.html"),
        ("a b.html", "http://www.shire.gov.cn/zfxxgk/nb/a%20b.html"),
        ("a%20b.html", "http://www.shire.gov.cn/zfxxgk/nb/a%20b.html"),
        ("..\\x\\a.html", "http://www.shire.gov.cn/zfxxgk/x/a.html"),
        ("年报.html", "http://www.shire.gov.cn/zfxxgk/nb/%E5%B9%B4%E6%8A%A5.html"),
        ("/html/1//2/a.html", "http://www.shire.gov.cn/html/1//2/a.html"),
        ("", None),
        ("#", None),
        ("#top", None),
        ("javascript:void(0)", None),
        (" JavaScript:open('/a.html')", None),
        ("mailto:a@b.cn", None),
        ("tel:0377", None),
        ("ftp://www.shire.gov.cn/a.html", None),
        ("file:///etc/hosts", None),
        ("data:text/html,x", None),
        ("http://", None),
        ("//", None),
        ("http://[broken/a.html", None),
    ],
)
def test_links_become_addresses(href: str, url: str | None) -> None:
    assert join(HERE, href) == url


def test_an_address_stays_as_scrapy_asks_for_it() -> None:
    for href in ("a b.html", "年报/(1)'~[2]{3}|\"<>^`.html?x=[年]'|\"&y=%41%zz"):
        url = join(HERE, href)
        assert url is not None
        assert Request(url).url == url


def test_empty_steps_below_the_page_stay() -> None:
    assert join("http://a.gov.cn/html/1//2/151/list.html", "552/9.html") == "http://a.gov.cn/html/1//2/151/552/9.html"
    assert join("http://a.gov.cn/html/1//2/151/list.html", "../9.html") == "http://a.gov.cn/html/1//2/9.html"


@pytest.mark.parametrize(
    ("portal", "other", "same"),
    [
        ("www.shire.gov.cn", "www.shire.gov.cn", True),
        ("www.shire.gov.cn", "shire.gov.cn", True),
        ("www.shire.gov.cn", "m.shire.gov.cn", True),
        ("www.shire.gov.cn", "lyj.shire.gov.cn", True),
        ("m.shire.gov.cn", "www.shire.gov.cn", True),
        ("www.shire.gov.cn", "www.notshire.gov.cn", False),
        ("www.shire.gov.cn", "www.gov.cn", False),
        ("www.gov.cn", "www.shire.gov.cn", False),
        ("www.shire.gov.cn", "www.shire.gov.cn:8080", False),
        ("www.shire.gov.cn:8080", "m.shire.gov.cn:8080", True),
        ("127.0.0.1:80", "127.0.0.1:81", False),
        ("10.0.0.1", "1.10.0.0.1", False),
    ],
)
def test_what_belongs_to_a_portal(portal: str, other: str, same: bool) -> None:
    assert is_same_site(portal, other) is same


def test_government_hosts_and_ports() -> None:
    assert is_government("http://oss.henan.gov.cn/x.pdf")
    assert not is_government("http://gov.cn.example.com/x.pdf")
    assert not is_government("http://notgov.cn/")
    assert host("http://user@WWW.Shire.gov.cn:8080/x") == "www.shire.gov.cn:8080"


# --- pages ------------------------------------------------------------------------------------------------------------


def test_a_cut_text_is_made_whole_by_its_title() -> None:
    """A text that is cut and ends in an ellipsis may be as long as the whole."""
    whole = "关于印发政府信息公开工作年度报告格式的通知"
    page = read(
        write_page(
            "年报",
            f'<a href="/1" title="{whole}">{whole[:20]}…</a><a href="/2" title="{whole}">{whole[:6]}...</a>'
            f'<a href="/3" title="查看">{REPORT}</a><a href="/4"><img alt="{REPORT}"></a>'
            f'<a href="/5" title="{REPORT}"></a>',
        )
    )
    assert texts_by_path(page) == {"/1": whole, "/2": whole, "/3": REPORT, "/4": REPORT, "/5": REPORT}


@pytest.mark.parametrize("names", [("ColumnName", "ArticleTitle"), ("ArticleTitle", "ColumnName")])
def test_an_article_is_called_by_its_own_title(names: tuple[str, str]) -> None:
    contents_ = {"ColumnName": "政府信息公开年报", "ArticleTitle": REPORT}
    metas = "".join(f'<meta name="{name}" content="{contents_[name]}">' for name in names)
    assert read(f"<html><head>{metas}<title>x</title></head></html>").title == REPORT


def test_base_frames_and_maps_are_links_too() -> None:
    page = read(
        '<html><head><base href="/doc/"></head><a href="a.html">甲</a><iframe src="b.html" title="乙"></iframe>'
        '<iframe src="c.html"></iframe><map><area href="d.html" alt="丁"></map></html>'
    )
    assert texts_by_path(page) == {"/doc/a.html": "甲", "/doc/b.html": "乙", "/doc/c.html": "", "/doc/d.html": "丁"}


def test_pages_that_are_none() -> None:
    assert parse_page(b"", HERE).links == ()
    assert parse_page(b"<html></html>", HERE).title == ""
    with pytest.raises(UnreadableDocument):
        parse_page(bytes((n * n * 31 + n // 7) % 256 for n in range(50_000)), HERE)


def test_a_page_of_links_without_end_is_bounded() -> None:
    html = "".join(f'<a href="list_{n}.html">{n % 400 + 1}</a>' for n in range(MAX_LINKS + 500))
    page = read(html)
    assert len(page.links) == MAX_LINKS
    assert next_pages(page)


# --- next pages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["下一页", "下页", "[下一页]", "后一页", "下一页 >", ">", "»", "Next", "next page"])
def test_next_in_many_words(text: str) -> None:
    page = read(write_page("年报", write_links([("index_2.html", text), ("/zfxxgk/", "上一页"), (HERE, "下一页")])))
    assert [link.url for link in next_pages(page)] == ["http://www.shire.gov.cn/zfxxgk/nb/index_2.html"]


def test_numbered_pages_are_those_that_differ_in_a_number() -> None:
    links = [
        ("index_2.html", "2"),
        ("index_3.html", "第3页"),
        ("/2024/5.html", "12"),
        ("http://other.cn/index_4.html", "4"),
    ]
    page = read(write_page("年报", write_links(links)))
    assert [link.url.rpartition("/")[2] for link in next_pages(page)] == ["index_2.html", "index_3.html"]


def test_older_luoyang_sites_name_only_the_last_page() -> None:
    article = "/html/1//2/151/164/175/552/554/59946.html"
    links = [(article, REPORT), ("list_2.html", "下页"), ("list_4.html", "尾页")]
    page = read(write_page("年报", write_links(links)), "http://www.shire.gov.cn/html/1//2/151/list_1.html")
    family = recognise(page)
    assert family.name == "luoyang"
    assert family.is_article(page.links[0].url)
    assert [link.url.rpartition("/")[2] for link in family.next_pages(page)] == [
        "list_2.html",
        "list_3.html",
        "list_4.html",
    ]


def test_the_same_contents_under_another_number() -> None:
    def turn(number: int, shown: list[str]) -> Page:
        pager = [(f"?page={n}", str(n)) for n in range(max(1, number - 2), number + 3)]
        links = [*((href, REPORT) for href in shown), *pager, (f"?page={number + 1}", "下一页")]
        return read(write_page("年报", write_links(links)), f"{HERE}?page={number}")

    def tell(page: Page) -> bytes:
        return contents(page, next_pages(page))

    assert tell(turn(8, ["/a.html", "/b.html"])) == tell(turn(9, ["/a.html", "/b.html"])) != b""
    assert tell(turn(8, ["/a.html", "/b.html"])) != tell(turn(9, ["/a.html"]))
    assert tell(turn(8, [])) == b""


# --- the way over a portal --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("portal", ["wolong", "nanyang", "xixia", "jianxi"])
def test_every_report_is_a_lead_on_the_way(portal: str) -> None:
    """By listing alone, from the entry: every report the portal links is found, no news page is even looked at."""
    site = build_site(portal, extra=True)
    base = f"http://{site.host}"
    queue, seen, found, decoys = [(base + site.start[0], ENTRY)], set(), set(), set()
    while queue:
        url, stage = queue.pop()
        if url in seen or not url.startswith(base) or url.removeprefix(base) not in site.pages:
            continue
        seen.add(url)
        page = parse_page(site.pages[url.removeprefix(base)].body, url)
        stage = stage_of(page, stage)
        family = recognise(page)
        for lead in find_leads(page, stage):
            if lead.kind == "report":
                found.add(lead.link.url.removeprefix(base))
            elif lead.kind == "decoy":
                decoys.add(lead.link.url.removeprefix(base))
            elif lead.stage == ANNUAL or not family.is_article(lead.link.url):
                queue.append((lead.link.url, lead.stage))
        if stage in {ANNUAL, DISCLOSURE}:
            queue += [(link.url, stage) for link in family.next_pages(page)]
    wanted = {truth.landing_path for truth in (*site.truth, *site.truth_unreadable)}
    assert found == wanted
    assert decoys <= site.decoys.keys()
    assert not {url.removeprefix(base) for url in seen} & site.news
    assert len(seen) < len(site.pages) / 2


def test_documents_of_a_landing_page() -> None:
    links = [
        ("/upload/1.pdf", "附件"),
        ("/x.html", REPORT),
        ("/y.html", "夏尔县人民政府2022年政府信息公开工作年度报告"),
    ]
    page = read(write_page(REPORT, write_links(links)))
    assert [link.url.rpartition("/")[2] for link in find_documents(page, REPORT)] == ["1.pdf", "x.html"]
    assert [is_file(link.url) for link in page.links] == [True, False, False]


# --- the spider -------------------------------------------------------------------------------------------------------


class ShireSpider(PortalSpider):
    name = "shire"
    addresses = (HERE,)


@pytest.fixture
def spider() -> PortalSpider:
    settings = {"PORTAL_PAGE_LIMIT": 100, "LOG_ENABLED": False, "TWISTED_REACTOR_ENABLED": False}
    crawler = Crawler(ShireSpider, Settings({**settings, "TELNETCONSOLE_ENABLED": False, "EXTENSIONS_BASE": {}}))
    crawler._apply_settings()
    return ShireSpider.from_crawler(crawler)


def follow_list(spider: PortalSpider, links: list[tuple[str, str]]) -> dict[str, Any]:
    """What the spider asks for after a list with these links: kind of request by address."""
    html = write_page("政府信息公开年报", write_links(links), trail="首页 > 政府信息公开年报")
    request = Request(HERE, meta={"first": True})
    response = HtmlResponse(HERE, body=html.encode(), headers={"Content-Type": "text/html"}, request=request)
    return {asked.url: asked.meta["kind"] for asked in spider.parse_channel(response, ENTRY, 0)}


def test_a_list_may_link_documents_on_other_government_hosts(spider: PortalSpider) -> None:
    links = [
        ("http://oss.henan.gov.cn/1.pdf", REPORT),
        ("http://www.henan.gov.cn/2.html", "河南省人民政府2023年政府信息公开工作年度报告"),
        ("http://files.example.com/3.pdf", "夏尔县财政局2023年政府信息公开工作年度报告"),
        ("/4.html", "夏尔县林业局2023年政府信息公开工作年度报告"),
    ]
    asked = follow_list(spider, links)
    assert asked == {"http://oss.henan.gov.cn/1.pdf": "document", "http://www.shire.gov.cn/4.html": "page"}
    outcomes = {url: (row.outcome, row.reason) for url, row in spider.ledger.candidates.items()}
    assert outcomes["http://www.henan.gov.cn/2.html"] == ("refused", "outside the portal: www.henan.gov.cn")
    assert outcomes["http://files.example.com/3.pdf"] == ("refused", "outside the portal: files.example.com")
