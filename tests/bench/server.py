"""Serves a portal on loopback as fast as one thread can, so that what is measured is the crawler.

`tests.sites.server` keeps full books and takes a thread for each connection; here every answer is ready as bytes and
leaves in one piece.
"""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sites.site import Page, Site


class FastServer:
    """A running copy of a portal on 127.0.0.1. ``begun`` is when the first request came (monotonic seconds, None
    before), ``answered`` how many came, ``missing`` how many of them for a path that the portal does not have."""

    def __init__(self, site: Site) -> None:
        self._answers = {path.encode(): _make_answer(page) for path, page in site.pages.items()}
        self.port = 0
        self.reset()

    def reset(self) -> None:
        """Begins to count anew."""
        self.begun: float | None = None
        self.answered = 0
        self.missing = 0

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """All requests of one connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.begun = self.begun or time.monotonic()
                self.answered += 1
                path = head.split(b" ", 2)[1]
                self.missing += path not in self._answers
                writer.write(self._answers.get(path, _MISSING))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the crawl is over
        finally:
            writer.close()


def _make_answer(page: Page) -> bytes:
    lines = [f"HTTP/1.1 {page.status} {HTTPStatus(page.status).phrase}", f"Content-Type: {page.content_type}"]
    lines += [f"{name}: {value}" for name, value in page.headers.items()]
    lines.append(f"Content-Length: {len(page.body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + page.body


_MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def serve_fast(site: Site) -> Iterator[FastServer]:
    """Serves ``site`` on a free port until the block ends."""
    server = FastServer(site)
    loop = asyncio.new_event_loop()
    listening = loop.run_until_complete(asyncio.start_server(server.answer, "127.0.0.1", 0))
    server.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        listening.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
            loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        loop.close()
