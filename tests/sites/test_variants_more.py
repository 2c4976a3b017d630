"""Portals of no known platform, made from seeds: they are whole, they can be walked, and two of them need a browser."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from functools import cache
from html import unescape
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest

from crawler.extraction.read import read
from crawler.extraction.record.model import Source
from crawler.listing.addresses import join
from tests.corpus.tools import CHROMIUM_FLAGS, find_program
from tests.judge import NOW
from tests.sites.forms import FormStyle
from tests.sites.names import read_names, write_names, write_rules
from tests.sites.reports import compose_report
from tests.sites.server import serve
from tests.sites.site import Asked
from tests.sites.variants import plain_documents, plain_moves, plain_pages, script_list, script_menu, tree_lists
from tests.sites.variants.plain_papers import WRITERS, write_paper
from tests.sites.variants.script_parts import media_paths

if TYPE_CHECKING:
    from tests.sites.site import Page, Site

pytestmark = pytest.mark.long

STATIC = (plain_pages, tree_lists, plain_documents, plain_moves)
FAMILIES = {name: make for module in (*STATIC, script_list, script_menu) for name, make in module.FAMILIES.items()}
# As many seeds as a family has ways to differ by its seed.
CASES = [
    *(("plain", seed) for seed in range(len(plain_pages.WAYS))),
    *(("tree", seed) for seed in range(len(tree_lists.WAYS))),
    *(("documents", seed) for seed in range(2)),
    *(("moves", seed) for seed in range(len(plain_moves.MOVES))),
    *(("script_list", seed) for seed in (0, 3)),
    *(("script_menu", seed) for seed in range(len(script_menu.WAYS))),
]
SCRIPTED = [case for case in CASES if case[0].startswith("script")]
PLAIN = [case for case in CASES if case not in SCRIPTED and case[1] == 0]  # crawls tell of the others
ADDRESS = re.compile(
    r"""(?:href|src|data|value|data-url)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))|url=['"]?([^"'>]+)""", re.IGNORECASE
)
IN_QUOTES = re.compile(r"""["'](/[^"'\s<>]*)["']""")


@cache
def build(name: str, seed: int) -> Site:
    """The portal; no test changes one."""
    return FAMILIES[name](seed)


EACH = {"ids": lambda case: f"{case[0]}-{case[1]}"}


# --- each is whole ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, **EACH)
def test_site_has_what_a_crawl_is_measured_by(case: tuple[str, int]) -> None:
    site = build(*case)
    assert site.portal == f"{case[0]}-{case[1]}"
    assert 25 <= len(site.truth) <= 300
    keys = [(truth.body, truth.year) for truth in site.truth]
    assert len(set(keys)) == len(keys)
    for truth in site.truth:
        assert truth.generation == "free" or sum(1 for _ in truth.cells()) >= 3
        assert ask(site, truth.path).status == ask(site, truth.landing_path).status == 200
    assert len(site.truth) < site.needed <= 3 * len(site.truth) + 20
    assert len(site.decoys) >= 6
    assert len(site.pages) > 8 * len(site.truth)
    robots = site.pages["/robots.txt"].body.decode()
    assert site.disallowed
    for path in site.disallowed:
        assert any(path.startswith(line.removeprefix("Disallow: ")) for line in robots.splitlines()[1:])
        assert path not in {truth.path for truth in site.truth}


@pytest.mark.parametrize("name", FAMILIES)
def test_a_seed_decides_all(name: str) -> None:
    one, again, other = build(name, 0), FAMILIES[name](0), build(name, 1)
    landing = [truth.landing_path for truth in one.truth[:12]]
    paths = ["/", "/index.html", *landing, *(truth.path for truth in one.truth if truth.path not in landing)][:30]
    for path in paths:
        assert ask(one, path) == ask(again, path), path
    assert (one.truth, one.needed, one.decoys) == (again.truth, again.needed, again.decoys)
    assert one.host != other.host
    assert {truth.path for truth in one.truth}.isdisjoint(truth.path for truth in other.truth)
    assert ask(one, "/index.html") != ask(other, "/index.html")


# --- each can be walked -----------------------------------------------------------------------------------------


def ask(site: Site, path: str, host: str = "") -> Page:
    """What the portal's server answers; raises KeyError for what is not there."""
    page = site.pages.get(path)
    if page is None and site.answer is not None:
        page = site.answer(Asked("GET", path, {"Host": host} if host else {}))
    if page is None:
        raise KeyError(path)
    return page


def walk(site: Site) -> set[str]:
    """Every path that anything on the portal names, as it goes without scripts; news and what is forbidden left out."""
    base = f"http://{site.host}"
    seen: set[str] = set()
    waiting = list(site.start)
    while waiting:
        path = waiting.pop()
        if path in seen or path in site.news or path in site.disallowed:
            continue
        try:
            page = ask(site, path)
        except KeyError:
            continue
        seen.add(path)
        named = [page.headers["Location"]] if "Location" in page.headers else []
        if page.content_type.startswith("text/html"):
            text = page.body.decode("gb18030" if b"charset=gb2312" in page.body else "utf-8")
            named += [unescape(next(filter(None, groups), "")) for groups in ADDRESS.findall(text)]
            named += IN_QUOTES.findall(text)
        for address in named:
            for one in (address, unquote(address.rpartition("file=")[2].partition("&")[0])):
                url = join(base + path, one)
                if url is not None and urlsplit(url).netloc == site.host and "month=" not in url:
                    waiting.append(url.removeprefix(base))
    return seen


@pytest.mark.parametrize("case", PLAIN, **EACH)
def test_every_report_is_linked(case: tuple[str, int]) -> None:
    site = build(*case)
    reached = {re.sub(r"[;?](?:jsessionid|from|utm|spm|isapp).*", "", path) for path in walk(site)}
    wanted = {path for truth in site.truth for path in (truth.path, truth.landing_path)}
    assert wanted <= {path if path in wanted else path.partition("?")[0] for path in reached} | reached


@pytest.mark.parametrize("case", [SCRIPTED[0], SCRIPTED[-1]], **EACH)
def test_no_report_is_named_without_scripts(case: tuple[str, int]) -> None:
    site = build(*case)
    assert not walk(site) & {truth.landing_path for truth in site.truth}


# --- names ------------------------------------------------------------------------------------------------------


def test_names_are_written_and_read() -> None:
    names = {"www.lan1.gov.test": "127.0.0.3", "m.lan1.gov.test": "127.0.0.3"}
    assert read_names(write_names(names)) == names
    assert read_names("") == {}
    rules = write_rules(names)
    assert "MAP www.lan1.gov.test 127.0.0.3" in rules
    assert "MAP * ~NOTFOUND" in rules


@pytest.mark.parametrize("text", ["www.gov.cn=127.0.0.3", "a.test=10.0.0.1", "a.test", "a.test=", "-.test/=127.0.0.1"])
def test_names_of_others_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_names(text)


# --- documents and moves ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind for kind in WRITERS if kind != "rar"])
def test_paper_says_what_the_report_says(kind: str) -> None:
    report = compose_report("澜柏县人民政府", 2022, "2023-01-19", FormStyle())
    for seed in range(2):
        paper = write_paper(kind, report, Random(seed))
        assert paper == write_paper(kind, report, Random(seed))
        record = read(paper.data, Source(f"http://a.test/x.{kind}", "http://a.test/", NOW))
        assert (record["tables"], record["title"]) == (report.tables, report.title)
        assert record["confidence"] == "verified"


@pytest.mark.parametrize("seed", range(2))
def test_documents_stand_behind_pages_in_every_way(seed: int) -> None:
    site = build("documents", seed)
    documents = [truth for truth in site.truth if truth.media_type != "text/html"]
    listed = [truth for truth in documents if truth.path == truth.landing_path]
    assert len(listed) == 2
    assert {WRITERS[kind][0] for kind in plain_documents.KINDS} <= {truth.media_type for truth in documents}
    pages = {truth.landing_path: ask(site, truth.landing_path).body for truth in documents if truth not in listed}
    for sign in (b"<embed", b"<object", b"viewer.html?file=", b"getElementById('reader')"):
        assert any(sign in body for body in pages.values()), sign
    assert any(ask(site, truth.path).content_type == plain_documents.OCTETS for truth in documents)
    (lost,) = (one for one in site.truth_unreadable if one.reason == "rar")
    assert ask(site, lost.path).body.startswith(b"Rar!\x1a\x07")


@pytest.mark.parametrize("seed", range(len(plain_moves.MOVES)))
def test_one_page_has_many_addresses(seed: int) -> None:
    site = build("moves", seed)
    host = f"{site.host}:8080"
    listed = next(path for path in walk(site) if path.startswith("/col/"))
    shown = ask(site, listed, host).body.decode("utf-8", errors="replace")
    twin = host.replace("www.", "m.")
    assert f'href="http://{twin}/"' in shown
    links = [unescape(a or b) for a, b in re.findall(r"""<a href=(?:"([^"]+)"|'([^']+)')""", shown)]
    decorated = [link for link in links if re.search(r"jsessionid|isappinstalled|utm_|from=|#\w", link) or twin in link]
    assert len(decorated) > 5
    dead = {lost.path for lost in site.truth_unreadable}
    for link in decorated:
        path = link.removeprefix(f"http://{twin}").partition("#")[0]
        clean = re.sub(r";jsessionid=\w+|\?.*", "", path)
        assert ask(site, path, twin).status < 400 or clean in dead
        if clean in site.pages and clean != "/":
            assert ask(site, path, twin) == site.pages[clean]


def test_all_moves_stand_on_a_portal() -> None:
    for seed in range(len(plain_moves.MOVES)):
        with serve(build("moves", seed)) as server:
            opener = urllib.request.build_opener(NoRedirect)
            bodies = []
            for path in ("/", *(path for path in build("moves", seed).pages if path.startswith("/old/"))):
                try:
                    with opener.open(server.url(path), timeout=10) as answer:
                        bodies.append(answer.read())
                except urllib.error.HTTPError as error:
                    with error:
                        bodies.append(b"location: " + str(error.headers["Location"]).encode())
        assert len(bodies) == 1 + plain_moves.MOVED
        assert all(b"location" in body or b"http-equiv" in body for body in bodies)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves redirects to the caller."""

    def redirect_request(self, *_: Any) -> None:
        return None


# --- what needs a browser ---------------------------------------------------------------------------------------


def test_pictures_are_asked_for_by_a_browser_that_is_left_alone() -> None:
    """So that a crawl which asks for none has kept them away."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - slow to import

    site = build("script_menu", 0)
    flags = [*CHROMIUM_FLAGS, f"--host-resolver-rules={write_rules({site.host: '127.0.0.1'})}"]
    with serve(site) as server, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_program("chromium"), args=flags)
        page = chromium.new_page()
        page.goto(f"http://{site.host}:{server.port}/", wait_until="load")
        page.wait_for_selector("#list a")
        page.wait_for_load_state("networkidle")
        chromium.close()
        assert len(set(server.paths()) & media_paths(site)) >= 4
