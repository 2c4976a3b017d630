"""A small HTTP server on loopback for the tests of the web room: plain answers, and all the rude ones."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. ``wait``: hold it back until `WebServer.release`; ``drop``: close the connection instead."""

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html; charset=utf-8"),)
    etag: str | None = None
    modified: str | None = None
    chunked: bool = False
    gzipped: bool = False
    wait: bool = False
    drop: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the server saw it; field names are lower case."""

    method: str
    path: str
    headers: dict[str, str] = field(hash=False)


Route = Reply | list[Reply] | Callable[[Asked], Reply]


class _Counted:
    """What an answer is written to; counts its bytes before they leave."""

    def __init__(self, wfile: BinaryIO, owner: WebServer) -> None:
        self._wfile, self._owner = wfile, owner

    def write(self, data: bytes) -> int:
        with self._owner._lock:
            self._owner.sent += len(data)
        return self._wfile.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wfile, name)


class WebServer:
    """``routes`` maps a path to its answer, to the answers of one request after the other (the last one stays),
    or to a function. ``log`` has the requests in order, ``in_flight_peak`` the most that were under way at once,
    ``sent`` counts the bytes of all answers."""

    def __init__(self, routes: dict[str, Route]) -> None:
        self.routes = routes
        self.log: list[Asked] = []
        self.in_flight_peak = 0
        self.sent = 0
        self._in_flight = 0
        self._lock = threading.Lock()
        self._asked = threading.Condition(self._lock)
        self._released = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body are two writes: each answer would wait for 40 ms

            def do_GET(self) -> None:
                owner._answer(self)

            do_HEAD = do_POST = do_GET

            def setup(self) -> None:
                super().setup()
                self.wfile = _Counted(self.wfile, owner)  # type: ignore[assignment]

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.block_on_close = False  # a crawl's connection pool keeps its sockets open
        self.port: int = self._http.server_address[1]

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        """The paths asked for, robots.txt left out."""
        with self._lock:
            return [asked.path for asked in self.log if asked.path != "/robots.txt"]

    def wait_for(self, path: str) -> None:
        """Until ``path`` was asked for."""
        with self._asked:
            if not self._asked.wait_for(lambda: any(asked.path == path for asked in self.log), timeout=30):
                raise TimeoutError(f"{path} was not asked for")

    def release(self) -> None:
        self._released.set()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        handler.rfile.read(length)
        asked = Asked(handler.command, handler.path, {name.lower(): value for name, value in handler.headers.items()})
        with self._asked:
            self.log.append(asked)
            self._in_flight += 1
            self.in_flight_peak = max(self.in_flight_peak, self._in_flight)
            reply = self._choose(asked)
            self._asked.notify_all()
        try:
            if reply.wait:
                self._released.wait(timeout=30)
        finally:
            # Before the answer leaves: whoever has it may ask again before this thread comes to its next line.
            with self._lock:
                self._in_flight -= 1
        self._send(handler, asked, reply)

    def _choose(self, asked: Asked) -> Reply:
        route = self.routes.get(asked.path.split("?", 1)[0], Reply(b"nothing here", 404))
        if callable(route):
            return route(asked)
        if isinstance(route, list):
            return route.pop(0) if len(route) > 1 else route[0]
        return route

    def _send(self, handler: BaseHTTPRequestHandler, asked: Asked, reply: Reply) -> None:
        if reply.drop:
            handler.close_connection = True
            handler.connection.close()
            return
        body = gzip.compress(reply.body, mtime=0) if reply.gzipped else reply.body
        status = reply.status
        if status == 200 and (
            (reply.etag is not None and asked.headers.get("if-none-match") == reply.etag)
            or (reply.modified is not None and asked.headers.get("if-modified-since") == reply.modified)
        ):
            status, body = 304, b""
        handler.send_response_only(status)
        handler.send_header("Date", handler.date_time_string())
        for name, value in reply.headers:
            handler.send_header(name, value)
        if reply.etag is not None:
            handler.send_header("ETag", reply.etag)
        if reply.modified is not None:
            handler.send_header("Last-Modified", reply.modified)
        if status == 304:
            handler.end_headers()
            return
        if reply.gzipped:
            handler.send_header("Content-Encoding", "gzip")
        if reply.chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        else:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if handler.command == "HEAD":
            return
        if reply.chunked:
            middle = len(body) // 2
            pieces = [piece for piece in (body[:middle], body[middle:]) if piece]
            body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        handler.wfile.write(body)


@contextmanager
def serve(routes: dict[str, Route]) -> Iterator[WebServer]:
    """A running server; it is gone at the end of the block."""
    server = WebServer(routes)
    thread = threading.Thread(target=server._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.release()
        server._http.shutdown()
        server._http.server_close()
        thread.join()
