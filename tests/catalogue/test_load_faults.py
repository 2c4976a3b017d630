"""Second runs over portals that lost something: what is gone is told once, and nothing is asked for ever after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.catalogue.test_load import BODIES, Entry, build_portal, let_pass, name_page, visit
from tests.crawl.shire import HTML, write_links
from tests.web.server import Reply, serve

if TYPE_CHECKING:
    from pathlib import Path

NOTHING = Reply(b"nothing here", 404)


def test_a_list_lost_its_last_page_and_a_report_what_it_led_to(tmp_path: Path) -> None:
    entries = [Entry(body, 2024) for body in BODIES[:5]]
    page, behind, gone = entries[0], Entry("审计局", 2010), entries[3]
    related = write_links([(behind.path, behind.title)]).encode()
    leading = Reply(page.reply().body.replace(b"</body>", related + b"</body>"), headers=HTML)
    pages = [name_page(number) for number in range(1, 6)]
    with serve({**build_portal(entries, 1), page.path: leading, behind.path: behind.reply()}) as server:
        first = visit(tmp_path, server)
        assert len(first.read()) == len(entries) + 1, first.ran.done.stderr
        server.routes |= {page.path: page.reply(), behind.path: NOTHING}
        let_pass(tmp_path, 100)
        second = visit(tmp_path, server)
        assert (second.ran.done.status, second.ran.of("vanished")) == (0, [behind.year]), second.ran.done.stderr
        left = [one for one in entries if one is not gone]
        server.routes |= {**build_portal(left, 1), pages[4]: NOTHING, gone.path: NOTHING}
        third = visit(tmp_path, server)
    assert (third.ran.done.status, third.ran.of("vanished")) == (0, [gone.year]), third.ran.done.stderr
    assert len(third.ran.of("same")) == len(left)
    assert set(pages) <= set(third.paths)
    assert not {gone.path, behind.path} & set(third.paths)
