"""Serves a test portal on loopback, over real sockets, and keeps a log of who asked for what."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.sites.site import Asked, Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

    from tests.sites.site import Site


@dataclass(frozen=True, slots=True)
class Logged:
    """One request: ``started`` and ``ended`` in seconds of the monotonic clock."""

    method: str
    path: str
    status: int
    user_agent: str
    started: float
    ended: float


class _Listener(ThreadingHTTPServer):
    """Says nothing of a client that is gone: a crawl may be killed at any moment."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class SiteServer:
    """A running copy of a portal.

    ``log`` has the requests in the order in which they ended, ``unknown`` the paths the portal does not have
    (answered 404), ``in_flight_peak`` the most requests that were under way at once.
    """

    def __init__(self, site: Site, delay: float, address: str = "127.0.0.1") -> None:
        self.site = site
        self.log: list[Logged] = []
        self.unknown: list[str] = []
        self.in_flight_peak = 0
        self._delay = delay
        self._in_flight = 0
        self._lock = threading.Lock()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            server_version = "nginx"
            sys_version = ""

            def do_GET(self) -> None:
                owner._answer(self)

            do_HEAD = do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
                pass

        self._http = _Listener((address, 0), Handler)
        self._http.daemon_threads = True
        # A crawl's connection pool keeps its sockets open; closing must not wait for them.
        self._http.block_on_close = False
        self.port: int = self._http.server_address[1]
        self.base_url = f"http://{address}:{self.port}/"

    def url(self, path: str) -> str:
        """The address of ``path`` (which begins with a slash) on this server."""
        return self.base_url + path[1:]

    def paths(self) -> list[str]:
        """The paths asked for, without robots.txt, in the order in which they were answered."""
        with self._lock:
            return [entry.path for entry in self.log if entry.path != "/robots.txt"]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        started = time.monotonic()
        with self._lock:
            self._in_flight += 1
            self.in_flight_peak = max(self.in_flight_peak, self._in_flight)
        status = 0
        try:
            if self._delay:
                time.sleep(self._delay)
            page = self.site.pages.get(handler.path) if handler.command != "POST" else None
            if page is None and self.site.answer is not None:
                size = int(handler.headers.get("Content-Length") or 0)
                body = handler.rfile.read(size) if size else b""
                page = self.site.answer(Asked(handler.command, handler.path, dict(handler.headers.items()), body))
            if page is None:
                with self._lock:
                    self.unknown.append(handler.path)
                page = Page(b"<html><body><h1>404 Not Found</h1></body></html>", "text/html", 404)
            status = 304 if page.status == 200 and is_unchanged(page, handler.headers) else page.status
            # Logged before the last byte leaves: whoever has the answer finds it in the log.
            with self._lock:
                self._in_flight -= 1
                agent = handler.headers.get("User-Agent", "")
                self.log.append(Logged(handler.command, handler.path, status, agent, started, time.monotonic()))
            self._send(handler, page, status)
        except (BrokenPipeError, ConnectionResetError):
            handler.close_connection = True  # the crawl was stopped; nothing of ours is wrong

    @staticmethod
    def _send(handler: BaseHTTPRequestHandler, page: Page, status: int) -> None:
        handler.send_response(status)
        for name, value in page.headers.items():
            handler.send_header(name, value)
        if status != 304:
            handler.send_header("Content-Type", page.content_type)
            handler.send_header("Content-Length", str(len(page.body)))
        handler.end_headers()
        if status != 304 and handler.command != "HEAD":
            handler.wfile.write(page.body)

    def start(self) -> None:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()


def is_unchanged(page: Page, asked: Message) -> bool:
    """Whether the request's headers ``asked`` allow a 304: If-None-Match goes before If-Modified-Since (RFC 9110)."""
    tags = asked.get("If-None-Match")
    if tags is not None:
        etag = page.headers.get("ETag")
        return etag is not None and (tags.strip() == "*" or etag in {tag.strip() for tag in tags.split(",")})
    since, modified = asked.get("If-Modified-Since"), page.headers.get("Last-Modified")
    if since is None or modified is None:
        return False
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except ValueError:
        return False


@contextmanager
def serve(site: Site, delay: float = 0.0, address: str = "127.0.0.1") -> Iterator[SiteServer]:
    """Serves ``site`` on a free port of ``address`` (in 127.0.0.0/8); each answer waits ``delay`` seconds.

    To let a portal refuse or mislead, serve ``dataclasses.replace(site, pages={**site.pages, path: Page(...)})``.
    """
    server = SiteServer(site, delay, address)
    server.start()
    try:
        yield server
    finally:
        server.stop()
