"""The listing kernel: addresses, pages, next pages, families, and what a link leads to."""

from __future__ import annotations

import pytest

from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.report.form import load_form
from crawler.listing.addresses import host, is_government, is_same_site, join
from crawler.listing.documents import find_documents
from crawler.listing.families import recognise
from crawler.listing.page import Link, Page, parse_page
from crawler.listing.pieces import LEAST_LABELS, TABLES
from crawler.listing.plain import count_pages
from crawler.listing.weigh import ANNUAL, DISCLOSURE, ENTRY, find_body, find_leads, stage_of, weigh

HOST = "http://www.a.gov.cn"


def page_of(html: str, url: str = f"{HOST}/zfxxgk/nb/index.html") -> Page:
    return parse_page(f"<html><head><title>页</title></head><body>{html}</body></html>".encode(), url)


@pytest.mark.parametrize(
    ("base", "href", "url"),
    [
        (f"{HOST}/html/1//2/list.html", "list_2.html", f"{HOST}/html/1//2/list_2.html"),
        (f"{HOST}/a/b.html", "/c.html", f"{HOST}/c.html"),
        (f"{HOST}/a/b.html", "../c.html", f"{HOST}/c.html"),
        (f"{HOST}/a/b/", "./", f"{HOST}/a/b/"),
        (f"{HOST}/a/b.html", "../../../c/./d.html?x=1#top", f"{HOST}/c/d.html?x=1"),
        (f"{HOST}/a/b.html", "?page=2", f"{HOST}/a/b.html?page=2"),
        (f"{HOST}/a/", "//m.a.gov.cn/x", "http://m.a.gov.cn/x"),
        (f"{HOST}/a/", "\\files\\年报 2019.pdf", f"{HOST}/files/%E5%B9%B4%E6%8A%A5%202019.pdf"),
        (f"{HOST}/a/", " HTTP://B.gov.cn\n/x ", "http://B.gov.cn/x"),
        (f"{HOST}/a/", "https://b.gov.cn", "https://b.gov.cn/"),
    ],
)
def test_links_become_addresses(base: str, href: str, url: str) -> None:
    assert join(base, href) == url


@pytest.mark.parametrize(
    "href", ["", "#top", "javascript:void(0)", "mailto:a@b.cn", "tel:12345", "http://", "ftp://a/b", "//", "http://[x/"]
)
def test_what_is_no_page(href: str) -> None:
    assert join(f"{HOST}/a/", href) is None


def test_hosts() -> None:
    assert host("http://user@WWW.A.gov.cn:80/x") == "www.a.gov.cn:80"
    assert is_same_site("www.nanyang.gov.cn", "tj.nanyang.gov.cn")
    assert is_same_site("www.nanyang.gov.cn", "m.nanyang.gov.cn")
    assert is_same_site("m.nanyang.gov.cn", "nanyang.gov.cn")
    assert not is_same_site("www.nanyang.gov.cn", "www.wolong.gov.cn")
    assert not is_same_site("127.0.0.1:8000", "127.0.0.1:8001")
    assert not is_same_site("www.gov.cn", "www.henan.gov.cn")
    assert not is_same_site("www.a.gov.cn", "www.a.gov.cn:81")
    assert is_government("http://oss.henan.gov.cn/x.pdf")
    assert not is_government("http://gov.cn.example.com/x.pdf")


def test_a_page_tells_its_links_its_title_and_its_trail() -> None:
    page = page_of(
        '<h1>政府信息公开年报</h1><div>您当前所在位置：<a href="/">首页</a> &gt; 政府信息公开年报</div>'
        '<h3>二〇二〇</h3><a href="a.html" title="青松县人民政府2020年政府信息公开工作年度报告">青松县人民政府…</a>'
        '<a href="b.html"><img alt="年报"></a><a href="c.html"></a><a>没有地址</a><script>"<a href=d>x</a>"</script>'
    )
    assert page.title == "政府信息公开年报"
    assert "政府信息公开年报" in page.trail
    texts = {link.url.rpartition("/")[2]: link for link in page.links}
    assert texts["a.html"].text == "青松县人民政府2020年政府信息公开工作年度报告"
    assert texts["a.html"].above == "二〇二〇"
    assert texts["b.html"].text == "年报"
    assert not page.holds_report


def test_base_and_article_title() -> None:
    html = '<html><head><base href="/x/"><meta name="ArticleTitle" content="2021年年报"></head><a href="a">甲</a>'
    page = parse_page(html.encode("gb18030"), f"{HOST}/", "gb2312")
    assert page.title == "2021年年报"
    assert page.links[0].url == f"{HOST}/x/a"


def test_no_page() -> None:
    assert parse_page(b"", HOST).links == ()
    with pytest.raises(UnreadableDocument):
        parse_page(b"\x00\x01\xfe\x81" * 600, HOST)


def test_a_page_that_holds_a_report() -> None:
    assert page_of("<p>一、总体情况</p><p>二、主动公开</p><div>三、依申请<br>四、复议</div>").holds_report
    cells = "".join(f"<td>{n}</td>" for n in range(7))
    assert page_of(f"<p>一、总体情况</p><table><tr>{cells}</tr></table>").holds_report
    assert not page_of(f"<table><tr>{cells}</tr></table>").holds_report


@pytest.mark.parametrize(
    "text",
    [
        "下一页",
        "下页",
        "后一页",
        ">",
        "»",
        "下一页 >",
        "Next",
        "[下一页]",
        "下一页〉",
        "》下一頁",
        "往后",
        "→",
        "Next Page ▸",
    ],
)
def test_next_pages_in_any_wording(text: str) -> None:
    page = page_of(f'<a href="index_2.html">{text}</a><a href="/other/">下一条</a>')
    assert [link.url for link in recognise(page).next_pages(page)] == [f"{HOST}/zfxxgk/nb/index_2.html"]


def test_pages_in_a_menu_of_choice() -> None:
    options = "".join(f'<option value="/list.jsp?page={n}">第 {n} 页 / 共 3 页</option>' for n in (1, 2, 3))
    page = page_of(f'<select onchange="location.href=this.value">{options}</select>')
    assert [link.url.rpartition("=")[2] for link in recognise(page).next_pages(page)] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("<p>共6页</p>", 6),
        ("<p>共 <b>12</b> 页，当前第 1 页</p>", 12),
        ("<span>1/6</span>", 6),
        ("<em> 第1/6页 </em>", 6),
        ("<em>第1页/共6页</em>", 6),
        ("<p>共有6个页面</p>", 0),
        ("<p>2024/1/31</p><p>3/4的单位</p>", 0),
    ],
)
def test_how_many_pages_a_list_says_it_has(text: str, count: int) -> None:
    assert count_pages(page_of(text)) == count


def test_numbered_pages() -> None:
    page = page_of(
        '<a href="index.html">1</a><a href="index_2.html">2</a><a href="index_3.html">[3]</a><a href="/9">9</a>'
    )
    assert [link.text for link in recognise(page).next_pages(page)] == ["2", "[3]"]


def test_a_next_link_to_itself_or_elsewhere_leads_nowhere() -> None:
    page = page_of('<a href="index.html">下一页</a><a href="http://b.gov.cn/2.html">下一页</a>')
    assert recognise(page).next_pages(page) == ()


def test_families_are_told_apart_by_their_pages() -> None:
    henan = page_of('<a href="/2024/01-20/1.html">甲</a><a href="/2023/01-20/2.html">乙</a>')
    luoyang = page_of(
        '<a href="/html/1//2/151/164/59946.html">甲</a><a href="list_4.html">尾页</a>', f"{HOST}/html/1//2/list.html"
    )
    assert recognise(henan).name == "henan"
    assert recognise(henan).is_article(f"{HOST}/2024/01-20/1.html")
    assert recognise(luoyang).name == "luoyang"
    pages = [link.url for link in recognise(luoyang).next_pages(luoyang)]
    assert pages == [f"{HOST}/html/1//2/list_{n}.html" for n in (2, 3, 4)]
    assert recognise(page_of("")).name == "plain"
    assert recognise(page_of("")).is_article(HOST) is None


@pytest.mark.parametrize(
    ("text", "stage", "kind"),
    [
        ("青松县人民政府2021年政府信息公开工作年度报告", ENTRY, "report"),
        ("2021年度报告", ANNUAL, "report"),
        ("2021年度报告", ENTRY, None),
        ("关于印发2021年政府信息公开工作年度报告格式的通知", ANNUAL, "decoy"),
        ("图解：青松县2021年政府信息公开工作年度报告", ENTRY, "decoy"),
        ("2021年法治政府建设年度报告", ANNUAL, "decoy"),
        ("2021年法治政府建设年度报告", ENTRY, None),
        ("政府信息公开年报", ENTRY, "channel"),
        ("政府信息公开", ENTRY, "channel"),
        ("政府信息公开指南", DISCLOSURE, None),
        ("政府信息公开目录", DISCLOSURE, None),
        ("部门（乡镇）信息公开目录", DISCLOSURE, "channel"),
        ("地方部门平台链接", DISCLOSURE, "channel"),
        ("青松县教育局", DISCLOSURE, "channel"),
        ("青松县教育局", ENTRY, None),
        ("2019年", ANNUAL, "channel"),
        ("部门动态", DISCLOSURE, None),
        ("青松县召开重点项目建设推进会", ANNUAL, None),
        ("青松县举办政府信息公开年报编制培训（图）", ANNUAL, "decoy"),
        ("要闻", ENTRY, None),
        ("", ENTRY, None),
    ],
)
def test_what_a_link_leads_to(text: str, stage: str, kind: str | None) -> None:
    lead = weigh(Link(f"{HOST}/x.html", text), stage)
    assert (lead.kind if lead else None) == kind


def test_files() -> None:
    assert weigh(Link(f"{HOST}/x.pdf", "2021年年报"), ANNUAL)
    assert weigh(Link(f"{HOST}/x.pdf", "表格下载"), ANNUAL) is None
    page = page_of('<a href="x.pdf">附件</a><a href="y.html">青松县2021年政府信息公开年报</a><a href="z.html">别的</a>')
    names = [link.url.rpartition("/")[2] for link in find_documents(page, "青松县2021年政府信息公开年度报告")]
    assert names == ["x.pdf", "y.html"]


def test_stages() -> None:
    annual = page_of("<h1>政府信息公开年报</h1>")
    assert stage_of(annual, ENTRY) == ANNUAL
    assert stage_of(page_of("<h1>法治政府建设年度报告</h1>"), DISCLOSURE) == DISCLOSURE
    assert stage_of(page_of("<h1>政府信息公开</h1>"), ENTRY) == DISCLOSURE
    assert stage_of(page_of("<h1>首页</h1>"), ENTRY) == ENTRY


def test_each_address_is_one_lead() -> None:
    page = page_of(
        '<a href="a.html">政府信息公开年报</a><a href="a.html">青松县2021年政府信息公开工作年度报告</a>'
        '<a href="index.html">政府信息公开年报</a>'
    )
    assert [(lead.kind, lead.link.text) for lead in find_leads(page, ANNUAL)] == [
        ("report", "青松县2021年政府信息公开工作年度报告")
    ]


def test_the_labels_that_tell_tables_are_the_forms() -> None:
    """What a crawl fetches must not wait for the report to be read, so these few are kept apart from the form."""
    tables = load_form().tables.values()
    printed = [{label.text for line in (*t.rows, *t.columns) for label in line.labels} for t in tables]
    for table in tables:
        printed[table.section - 2] |= {column.group.text for column in table.columns if column.group}
    assert [table.section for table in tables] == [2, 3, 4]
    for own, all_of_table in zip(TABLES, printed, strict=True):
        others = set().union(*(labels for labels in printed if labels is not all_of_table))
        assert len(own) > LEAST_LABELS
        assert own <= all_of_table - others


def test_a_subdistrict_office_is_a_body_and_no_service() -> None:
    link = Link("http://a.gov.cn/jd/", "清溪区石桥街道办事处")
    lead = weigh(link, ANNUAL)
    assert lead is not None
    assert lead.kind == "channel"
    assert weigh(Link("http://a.gov.cn/bs/", "办事服务大厅"), ANNUAL) is None


@pytest.mark.parametrize(
    ("trail", "title", "body"),
    [
        ("首页 > 政府信息公开 > 信息公开年报 > 清溪区统计局", "信息公开年报", "清溪区统计局"),
        ("首页 > 清溪区石桥镇人民政府 > 政府信息公开年报", "年报", "清溪区石桥镇人民政府"),
        ("首页 > 政府信息公开 > 政府信息公开年报", "政府信息公开年报", None),
        ("首页 > 信息公开年报 > 乡镇街道办", "年报", None),
        ("首页 > 信息公开年报 > 各街道办事处", "年报", None),
        ("首页 > 清溪区人民政府门户网站", "年报", None),
        ("首页 > 信息公开年报 > 清溪区住房和城乡建设局", "年报", "清溪区住房和城乡建设局"),
        ("首页 > 信息公开年报 > 清溪区发展和改革委员会", "年报", "清溪区发展和改革委员会"),
        ("首页 > 信息公开年报 > 财政局和统计局", "年报", None),
        ("首页 > 信息公开年报 > 石桥镇、柳林乡", "年报", None),
        ("", "清溪区财政局_清溪区人民政府门户网站", "清溪区财政局"),
    ],
)
def test_the_body_of_a_list(trail: str, title: str, body: str | None) -> None:
    assert find_body(Page("http://a.gov.cn/", title, trail, (), 0, 0, "")) == body


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        *(
            (text, True)
            for text in ("县政府", "区人民政府", "乡镇", "市直部门", "乡镇（街道）", "各县（市、区）", "县直属单位")
        ),
        *((text, False) for text in ("本站", "部门动态", "部门预算", "乡镇之窗", "办事指南", "省直管县")),
    ],
)
def test_short_names_of_bodies(text: str, leads: bool) -> None:
    lead = weigh(Link("http://a.gov.cn/x/", text), ANNUAL)
    assert (lead is not None) == leads


def test_a_file_called_by_its_body_on_a_list_of_reports() -> None:
    link = Link("http://a.gov.cn/upload/1.docx", "泠汀乡")
    lead = weigh(link, ANNUAL)
    assert lead is not None
    assert lead.kind == "report"
    assert weigh(link, DISCLOSURE) is None
    assert weigh(Link(link.url, "申请表"), ANNUAL) is None
