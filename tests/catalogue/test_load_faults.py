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
        # No page leads to it any more, and it is there: its own address says so, and no list is paged again for it.
        server.routes |= {page.path: page.reply()}
        let_pass(tmp_path, 100)
        second = visit(tmp_path, server)
        assert (second.ran.done.status, second.ran.of("vanished")) == (0, []), second.ran.done.stderr
        assert [second.paths.count(path) for path in (behind.path, *pages)] == [1] * 6
        # Its own address says that it is gone; another one went with the last page of the list.
        left = [one for one in entries if one is not gone]
        server.routes |= {**build_portal(left, 1), pages[4]: NOTHING, gone.path: NOTHING, behind.path: NOTHING}
        let_pass(tmp_path, 100)
        third = visit(tmp_path, server)
    assert (third.ran.done.status, third.ran.of("vanished")) == (0, [behind.year, gone.year]), third.ran.done.stderr
    assert len(third.ran.of("same")) == len(left)
    assert [third.paths.count(path) for path in (gone.path, behind.path)] == [0, 1]
