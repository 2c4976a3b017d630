"""A mail server and a robot on loopback that keep what they are given, and may be rude."""

from __future__ import annotations

import base64
import json
import socketserver
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

USER, PASSWORD = "robot@example.org", "a-secret-of-mine"


# --- mail -------------------------------------------------------------------------------------------------------------


@dataclass
class Mailbox:
    """What a mail server was given. ``context``: it speaks TLS, from the start or by STARTTLS. ``answers`` replaces the
    answer to a command; None is a silence until the server ends."""

    context: ssl.SSLContext | None = None
    from_start: bool = False
    asks: bool = True
    answers: dict[str, str | None] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    messages: list[EmailMessage] = field(default_factory=list)
    tls: bool = False
    port: int = 0
    ended: threading.Event = field(default_factory=threading.Event)


class _Smtp(socketserver.StreamRequestHandler):
    """One conversation (RFC 5321, 3207, 4954), without what this project does not use."""

    @property
    def box(self) -> Mailbox:
        box: Mailbox = self.server.box  # type: ignore[attr-defined]
        return box

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def secure(self) -> None:
        if self.box.context is None:
            raise RuntimeError("no certificate")
        self.request = self.connection = self.box.context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.box.tls = True

    def handle(self) -> None:
        try:
            if self.box.from_start:
                self.secure()
            self.say("220 mail.test ESMTP")
            while line := self.rfile.readline():
                if not self.obey(line.decode().rstrip("\r\n")):
                    return
        except (ssl.SSLError, ConnectionError):
            return
        finally:
            self.connection.close()

    def obey(self, line: str) -> bool:
        verb = line.split(" ", maxsplit=1)[0].upper()
        self.box.commands.append(verb)
        if verb in self.box.answers:
            answer = self.box.answers[verb]
            if answer is None:
                self.box.ended.wait()
                return False
            self.say(answer)
            return verb != "QUIT"
        if verb == "EHLO":
            offers = [*(["STARTTLS"] if self.box.context and not self.box.tls else [])]
            offers += ["AUTH PLAIN"] if self.box.asks else []
            lines = ["mail.test", *offers]
            for number, one in enumerate(lines, 1):
                self.say(f"250{' ' if number == len(lines) else '-'}{one}")
        elif verb == "STARTTLS":
            self.say("220 go on")
            self.secure()
        elif verb == "AUTH":
            right = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
            said = line.rsplit(" ", maxsplit=1)[-1]
            self.say("235 welcome" if said == right else f"535 who is {base64.b64decode(said).decode()!r}?")
        elif verb == "DATA":
            self.say("354 go on")
            data = b""
            while (part := self.rfile.readline()) != b".\r\n":
                data += part
            message: Any = message_from_bytes(data, policy=policy.default)
            self.box.messages.append(message)
            self.say("250 taken")
        elif verb == "QUIT":
            self.say("221 bye")
            return False
        else:  # MAIL, RCPT, RSET, NOOP
            self.say("250 well")
        return True


@contextmanager
def serve_mail(box: Mailbox) -> Iterator[Mailbox]:
    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), _Smtp) as server:
        server.box = box  # type: ignore[attr-defined]
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            box.ended.set()
            server.shutdown()
            thread.join()


def make_certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 with its key, in one file; it is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mail.pem"
    encoding = serialization.Encoding.PEM
    path.write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(encoding)
    )
    return path


# --- robots -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Posted:
    """One request of a robot's: the address asked for, and the JSON it carried."""

    path: str
    headers: dict[str, str]
    json: Any


@dataclass
class Robot:
    """``status``, ``answer`` and ``headers`` are what it answers; ``hangs``: nothing, until the server ends."""

    status: int = 200
    answer: bytes = b'{"errcode":0,"errmsg":"ok"}'
    headers: tuple[tuple[str, str], ...] = ()
    hangs: bool = False
    posted: list[Posted] = field(default_factory=list)
    port: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def serve_robot(robot: Robot) -> Iterator[Robot]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            robot.posted.append(Posted(self.path, headers, json.loads(body)))
            if robot.hangs:
                robot.ended.wait()
                return
            self.send_response(robot.status)
            for name, value in robot.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(robot.answer)))
            self.end_headers()
            self.wfile.write(robot.answer)

        do_GET = do_POST

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    robot.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield robot
    finally:
        robot.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
