"""The invented portals: the same from the same seed, true to their books, and findable by who reads their family."""

from __future__ import annotations

import re
import urllib.request
from functools import cache
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest

from tests.sites.figures import find_broken_identities
from tests.sites.server import serve
from tests.sites.site import Asked
from tests.sites.variants.make import FAMILIES, make_site
from tests.sites.variants.truth import is_forbidden, judge, read_key_cells

pytestmark = pytest.mark.long

OWN = ("hanweb", "henan", "jsoncall", "luoyang_old", "trs", "visualsite")
SEEDS = (1, 2, 3)
_HREF = re.compile(r"""(?:href|src)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")


@cache
def build(family, seed=3):
    """A portal, built once for all tests."""
    return FAMILIES[family](seed)


def ask(site, path, form=""):
    """The portal's answer, as its server gives it."""
    page = None if form else site.pages.get(path)
    if page is None:
        page = site.answer(Asked("POST" if form else "GET", path, {}, form.encode()))
    return page


def read(page):
    """An answer's text."""
    try:
        return page.body.decode("utf-8")
    except UnicodeDecodeError:
        return page.body.decode("gb18030")


def find_links(text, here):
    """The addresses on a page, from the root."""
    found = [unescape(next(part for part in match if part)) for match in _HREF.findall(text) if any(match)]
    links = set()
    for href in found:
        parts = urlsplit(urljoin(f"http://portal.test{here}", href))
        if parts.netloc == "portal.test":
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            links |= {path, parts.path}
    return links


@pytest.mark.parametrize("family", OWN)  # test_variants_more has the others
def test_a_seed_gives_one_portal(family):
    site, again = build(family), FAMILIES[family](3)
    assert site.truth == again.truth
    assert site.requests == again.requests
    assert list(site.pages) == list(again.pages)
    for path in [truth.path for truth in site.truth[:20]] + [
        path for path, form in site.requests if path in site.pages
    ]:
        assert site.pages[path] == again.pages[path]


@pytest.mark.parametrize("family", OWN)
def test_the_books_agree_with_the_pages(family):
    site = build(family)
    assert site.host.endswith(".test")
    assert 30 <= len(site.truth) + len(site.truth_unreadable) <= 300
    assert len({(truth.body, truth.year) for truth in site.truth}) == len(site.truth)
    assert len(site.news) > 500
    assert site.decoys
    assert site.disallowed
    told = {truth.path for truth in site.truth}
    assert not told & (set(site.decoys) | site.news | site.disallowed)
    for n, truth in enumerate(site.truth):
        assert not is_forbidden(site, truth.path)
        assert truth.generation == "free" or len(read_key_cells(truth)) >= 3
        assert not find_broken_identities(truth.tables)
        assert {truth.path, truth.landing_path} <= site.pages.keys()
        if n % 6 and truth.media_type == "text/html":
            continue  # a page takes its time to be written
        assert ask(site, truth.landing_path).status == ask(site, truth.path).status == 200
        sent = ask(site, truth.path).content_type.partition(";")[0]
        assert sent in {truth.media_type, "application/octet-stream"}  # some servers know no type
    assert len(site.requests) == site.needed >= len(told)
    assert ("/robots.txt", "") in site.requests
    assert all(is_forbidden(site, path) for path in site.disallowed)
    assert not any(is_forbidden(site, path) for path, _ in site.requests)


@pytest.mark.parametrize("family", OWN)
def test_portals_of_a_family_differ(family):
    made = [build(family, seed) for seed in SEEDS]
    assert len({site.host for site in made}) == len(made)
    assert len({len(site.truth) for site in made}) > 1
    assert len({site.pages["/"].body[:400] for site in made}) == len(made)
    assert len({truth.path for site in made for truth in site.truth}) > sum(len(site.truth) for site in made) - 5


def test_a_portal_has_a_name():
    assert make_site("trs-3").truth == build("trs").truth
    with pytest.raises(KeyError):
        make_site("nobody-3")


def test_traps_have_no_end():
    site = build("trs")
    text = read(ask(site, "/"))
    calendar = next(link for link in find_links(text, "/") if "?month=" in link)
    seen = {calendar}
    for _ in range(40):
        links = find_links(read(ask(site, calendar)), calendar)
        calendar = max(link for link in links if "?month=" in link and "day=" not in link)
        assert calendar not in seen
        seen.add(calendar)


def test_one_page_has_several_addresses():
    site = build("henan")
    path = next(truth.path for truth in site.truth if truth.media_type == "text/html")
    assert ask(site, f"{path}?from=list") == ask(site, path)
    assert ask(site, "/index.html;jsessionid=AB12") == ask(site, "/")
    assert ask(site, f"{path}?id=7") is None


def test_a_portal_is_served_with_its_calls():
    for family in ("hanweb", "jsoncall"):
        for seed in SEEDS:
            site = build(family, seed)
            call = next((request for request in sorted(site.requests) if request[1]), None)
            if call is None:
                continue
            path, form = call
            with serve(site, address="127.0.0.3") as server:
                assert server.base_url.startswith("http://127.0.0.3:")
                with urllib.request.urlopen(server.url(path), data=form.encode(), timeout=5) as answer:
                    assert answer.read() == ask(site, path, form).body
            assert [(entry.method, entry.path) for entry in server.log] == [("POST", path)]
            break
        else:
            pytest.fail(f"no portal of {family} asks by POST")


def make_record(truth, base):
    """The record of a report that was read without a fault."""
    return {
        "title": truth.title,
        "year": truth.year,
        "generation": truth.generation,
        "agency": {"name": truth.body},
        "source": {"url": f"{base}{truth.path}", "landing_url": f"{base}{truth.landing_path}"},
        "tables": truth.tables,
    }


def test_a_crawl_is_judged():
    site = build("trs")
    base = "http://127.0.0.3:8080"
    records = [make_record(truth, base) for truth in site.truth]
    assert judge(site, records, ()).good
    dated = next(n for n, truth in enumerate(site.truth) if truth.tables)
    tables = {**records[dated]["tables"], "review_litigation": {}}
    spoilt = [*records[:dated], {**records[dated], "tables": tables}, *records[dated + 2 :]]
    stray = make_record(site.truth[0], base)
    stray["source"] = {"url": f"{base}/no", "landing_url": f"{base}/no"}
    judged = judge(site, [*spoilt, stray], ())
    assert not judged.good
    assert judged.missing == (site.truth[dated + 1],)
    assert len(judged.false) == 1
    assert {what.partition(".")[0] for _, what, _, _ in judged.wrong} == {"review_litigation"}
    assert judged.allowed == int(1.5 * site.needed) + 30
    assert "1 false" in judged.tell()
