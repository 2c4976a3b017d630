"""Ways to a report that are no plain links: pages that send on, frames, menus of choice, words no rule knows, and the
same report at several addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.crawl.crawling import run_side_by_side
from tests.crawl.shire import (
    HTML,
    LIST,
    REPORTS,
    SITE,
    build_plain_shire,
    build_shire,
    report_reply,
    write_links,
    write_page,
)
from tests.crawl.test_faults import Fault, crawl_routes
from tests.web.server import Asked, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.web.server import Route

FIRST, SECOND, THIRD, FOURTH = REPORTS[:4]
TEXT = next(t for t in SITE.truth if t.path.endswith(".txt") and t.tables)


def page(title: str, *content: str, trail: str = "") -> Reply:
    return Reply(write_page(title, *content, trail=trail).encode(), headers=HTML)


def sent_on() -> dict[str, Route]:
    """The entry, the column and a report each send their reader on by a script."""
    plain = build_plain_shire(2)
    return {
        **plain,
        "/": page("门户网站", "<script>window.location.href='/main/'</script>"),
        "/main/": page("门户网站", write_links([("/go/", "政府信息公开年报"), ("/news/", "新闻中心")])),
        "/go/": page("", f"<script>location.replace('{LIST}')</script>"),
        FIRST.path: page("", "<script>top.location='/r/1.html';</script>"),
        "/r/1.html": report_reply(FIRST),
    }


def circle() -> dict[str, Route]:
    """Pages that send on to one another."""
    there, back = "<script>location.href='/b.html'</script>", "<script>location.href='/'</script>"
    return {**build_plain_shire(1), "/": page("门户网站", there), "/b.html": page("门户网站", back)}


def framed() -> dict[str, Route]:
    """The column shows its list in a frame."""
    plain = build_plain_shire(2)
    frame = '<iframe src="/frame/list.html"></iframe>'
    return {
        **plain,
        LIST: page("政府信息公开年报", frame, trail="首页 > 政府信息公开年报"),
        "/frame/list.html": plain[LIST],
    }


def chosen() -> dict[str, Route]:
    """Further pages of the list hang on a menu of choice."""
    options = "".join(f'<option value="/list_{n}.html">第{n}页</option>' for n in (1, 2, 3))
    menu = f"<select onchange='location.href=this.value'>{options}</select>"
    pages = {}
    for n, report in enumerate((FIRST, SECOND, THIRD), 1):
        listed = write_links([(report.path, report.title)])
        pages[f"/list_{n}.html"] = page("政府信息公开年报", listed, menu, trail="首页 > 政府信息公开年报")
        pages[report.path] = report_reply(report)
    return {**build_shire([], pages), LIST: pages["/list_1.html"]}


def unnamed() -> dict[str, Route]:
    """No link on the way says what it leads to, but for its address."""
    plain = build_plain_shire(2)
    entry = write_links([("/news/", "新闻中心"), ("/xxgk/", "专题一"), ("/a/", "专题二"), ("/b/", "专题三")])
    return {
        **plain,
        "/": page("门户网站", entry),
        "/xxgk/": page("专题一", write_links([("/xxgk/nb/", "点此进入")])),
        "/xxgk/nb/": plain[LIST],
    }


def twins() -> dict[str, Route]:
    """One report under several addresses."""
    paths = [FIRST.path, f"{FIRST.path}?from=timeline", f"{FIRST.path};jsessionid=0A1B", f"{FIRST.path}#2"]
    return build_shire([(path, FIRST.title) for path in paths], {FIRST.path: report_reply(FIRST)})


def copies() -> dict[str, Route]:
    """Reports that stand on a page and are attached to it: the page of one is cut, a third copy is lost."""
    whole = report_reply(TEXT_PAGE := FIRST).body
    cut = write_page(TEXT.title, "<p>一、总体情况</p><p>二、主动公开</p><p>三、申请</p><p>四、复议</p>")
    attached = write_links([("/a/nb.txt", TEXT.title + ".txt"), ("/a/lost.docx", TEXT.title + ".docx")])
    again = write_links([("/a/first.txt", TEXT_PAGE.title + ".txt")])
    return build_shire(
        [("/r/cut.html", TEXT.title), ("/r/whole.html", FIRST.title)],
        {
            "/r/cut.html": Reply(cut.replace("</body>", f"{attached}</body>").encode(), headers=HTML),
            "/a/nb.txt": Reply(SITE.pages[TEXT.path].body, headers=(("Content-Type", "text/plain"),)),
            "/r/whole.html": Reply(whole.replace(b"</body>", again.encode() + b"</body>"), headers=HTML),
            "/a/first.txt": Reply("这里什么都没有。".encode(), headers=(("Content-Type", "text/plain"),)),
        },
    )


def unreachable() -> dict[str, Route]:
    """A list that says it has more pages, and shows no way to them; and a search, which robots.txt forbids."""
    plain = build_plain_shire(2)
    listed = write_links([(report.path, report.title) for report in (FIRST, SECOND)])
    return {**plain, LIST: page("政府信息公开年报", listed, "<p>第1页 共3页</p>", trail="首页 > 政府信息公开年报")}


def searched() -> dict[str, Route]:
    """A list with a link to a search, which robots.txt keeps crawlers from."""
    plain = build_plain_shire(1)
    listed = write_links([(FIRST.path, FIRST.title), ("/search/nb.jsp", "政府信息公开年报检索")])
    robots = Reply(b"User-agent: *\nDisallow: /search/\n", headers=(("Content-Type", "text/plain"),))
    return {**plain, "/robots.txt": robots, LIST: page("政府信息公开年报", listed, trail="首页 > 政府信息公开年报")}


def only_searched() -> dict[str, Route]:
    """A column whose only way to its list is a search, which robots.txt keeps crawlers from."""
    robots = Reply(b"User-agent: *\nDisallow: /search/\n", headers=(("Content-Type", "text/plain"),))
    return {
        "/robots.txt": robots,
        "/": page("门户网站", write_links([("/gk/", "政府信息公开"), ("/news/", "新闻中心")])),
        "/gk/": page("政府信息公开", write_links([("/search/nb.jsp", "政府信息公开年报查询"), ("/zn/", "公开指南")])),
    }


def by_year() -> dict[str, Route]:
    """Years that are called like the report of a year, and lead to lists of it where links name nothing but bodies."""
    plain = build_plain_shire(0)
    years = write_links([(f"/nb/{year}/", f"{year}年年报") for year in (2023, 2022)])
    routes: dict[str, Route] = {**plain, LIST: page("政府信息公开年报", years, trail="首页 > 政府信息公开年报")}
    for year, reports in ((2023, (FIRST, SECOND)), (2022, (THIRD, FOURTH))):
        links = write_links(list(zip((one.path for one in reports), ("县政府", "泠汀乡"), strict=True)))
        routes[f"/nb/{year}/"] = page(f"{year}年年报", links, trail=f"首页 > 政府信息公开年报 > {year}年年报")
        routes |= {one.path: report_reply(one) for one in reports}
    return routes


def in_pieces() -> dict[str, Route]:
    """A list whose pages a script asks for, and gets as pieces of HTML; behind the last there is nothing."""
    pages = (FIRST, SECOND, THIRD)

    def answer(asked: Asked) -> Reply:
        number = int(asked.path.rpartition("=")[2])
        rows = (
            write_links([(one.path, one.title) for one in pages[number - 1 : number]]) if number <= len(pages) else ""
        )
        kind = "text/plain; charset=utf-8" if number % 2 == 0 else "text/html; charset=utf-8"
        return Reply(rows.encode(), headers=(("Content-Type", kind),))

    script = "<script>function go(n) { $.get('/nb/rows.do?cid=7&pageNo=' + n, show); } go(1);</script>"
    return {
        **build_plain_shire(0),
        LIST: page("政府信息公开年报", '<ul id="rows"></ul>', script, trail="首页 > 政府信息公开年报"),
        "/nb/rows.do": answer,
        **{report.path: report_reply(report) for report in pages},
    }


PORTALS = {
    "in pieces": in_pieces(),
    "by year": by_year(),
    "unreachable": unreachable(),
    "searched": searched(),
    "only searched": only_searched(),
    "sent on": sent_on(),
    "circle": circle(),
    "framed": framed(),
    "chosen": chosen(),
    "unnamed": unnamed(),
    "twins": twins(),
    "copies": copies(),
}


@pytest.fixture(scope="module")
def crawls(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Fault]:
    def job(name: str, routes: dict[str, Any]) -> Callable[[], Fault]:
        folder = tmp_path_factory.mktemp(name.replace(" ", "-"))
        return lambda: crawl_routes(folder, routes)

    return run_side_by_side({name: job(name, routes) for name, routes in PORTALS.items()})


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("in pieces", {FIRST.path, SECOND.path, THIRD.path}),
        ("by year", {FIRST.path, SECOND.path, THIRD.path, FOURTH.path}),
        ("sent on", {"/r/1.html", SECOND.path}),
        ("framed", {FIRST.path, SECOND.path}),
        ("chosen", {FIRST.path, SECOND.path, THIRD.path}),
        ("unnamed", {FIRST.path, SECOND.path}),
        ("twins", {FIRST.path}),
        ("copies", {"/a/nb.txt", "/r/whole.html"}),
    ],
)
def test_all_reports_are_found(crawls: Mapping[str, Fault], name: str, found: set[str]) -> None:
    crawl = crawls[name]
    assert crawl.read == found, crawl.crawl.stderr
    assert crawl.crawl.verdict == "complete"
    assert len(crawl.paths) == len(set(crawl.paths))


def test_pages_that_send_on_in_a_circle_end(crawls: Mapping[str, Fault]) -> None:
    crawl = crawls["circle"]
    assert crawl.paths.count("/b.html") == 1
    assert crawl.read == set()
    assert crawl.crawl.verdict in {"partial", "nothing_found", "failed"}


def test_pages_that_a_list_speaks_of_and_nobody_finds_make_it_partial(crawls: Mapping[str, Fault]) -> None:
    crawl = crawls["unreachable"]
    assert crawl.read == {FIRST.path, SECOND.path}
    assert crawl.crawl.verdict == "partial"
    reason = "the list says that it has 3 pages; no way to the others was found"
    assert f"not all could be seen: {crawl.base[:-1]}{LIST}: {reason}" in crawl.crawl.run["why"]


def test_a_search_that_is_forbidden_hides_no_list(crawls: Mapping[str, Fault]) -> None:
    crawl = crawls["searched"]
    assert "/search/nb.jsp" not in crawl.paths
    assert (crawl.read, crawl.crawl.verdict) == ({FIRST.path}, "complete")
    assert [why.partition(":")[0] for why in crawl.crawl.run["why"]] == ["a search page is not for crawlers"]


def test_a_search_that_is_forbidden_may_be_the_only_list(crawls: Mapping[str, Fault]) -> None:
    crawl = crawls["only searched"]
    search = f"{crawl.base}search/nb.jsp"
    assert "/search/nb.jsp" not in crawl.paths
    assert crawl.crawl.verdict == "partial"
    (why,) = crawl.crawl.run["why"]
    assert why.startswith(f"not all could be seen: {search}: a search, and no other list was seen: ")
    assert [one["url"] for one in crawl.crawl.run["unseen"]] == [search]


def test_nothing_is_guessed_where_the_way_is_shown(crawls: Mapping[str, Fault]) -> None:
    assert "/a/" in crawls["unnamed"].paths or "/xxgk/" in crawls["unnamed"].paths
    assert "/news/" not in crawls["framed"].paths


def test_the_best_reading_of_a_report_wins_and_names_the_others(crawls: Mapping[str, Fault]) -> None:
    crawl = crawls["copies"]
    records = {record["source"]["url"].removeprefix(crawl.base[:-1]): record for record in crawl.crawl.records}
    best = records["/a/nb.txt"]
    assert best["tables"] == TEXT.tables
    assert best["source"]["landing_url"] == f"{crawl.base}r/cut.html"
    copies = [w["message"] for w in best["warnings"] if w["code"] == "other_copy"]
    assert len(copies) == 2
    assert f"{crawl.base}r/cut.html" in copies[0]
    assert "HTTP 404" in copies[1]
    whole = records["/r/whole.html"]
    assert whole["tables"] == FIRST.tables
    assert ["could not be read" in w["message"] for w in whole["warnings"] if w["code"] == "other_copy"] == [True]
    assert crawl.outcomes["/a/first.txt"][0] == "part"
