"""Alerts by mail and to robots, with nothing but the standard library. Secrets stand in no error."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from crawler.watching.alerts import cut_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from crawler.watching.bounds import HookWay, MailWay

PATIENCE = 10.0
"""Seconds for one answer, and twice as many for one way in all: a unit that is stopped has two minutes for its end."""
_MOST_ANSWER = 65_536  # bytes that are read of an answer
# Bytes of the text that each robot takes: DingTalk 20,000 and Feishu 20 KB for the whole message, WeCom 2,048 for text.
_LIMITS = {"dingtalk": 16_000, "wecom": 2_048, "feishu": 16_000, "webhook": 1_000_000}


class AlertError(Exception):
    """An alert that could not be delivered, in one line without a secret."""


def send_mail(way: MailWay, subject: str, lines: Sequence[str], *, patience: float = PATIENCE) -> None:
    """One mail to all who are to be written to.

    Raises:
        AlertError: it was not taken, or not by all of them.
    """
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = way.sender, ", ".join(way.to), subject
    message["Date"], message["Message-ID"] = formatdate(localtime=False), make_msgid(domain=way.sender.split("@")[1])
    message["Auto-Submitted"] = "auto-generated"  # no answer from those who are on holiday
    message.set_content("\n".join(lines) + "\n", cte="base64")  # any server takes it, also one of seven bits
    secrets = (way.password, way.password and base64.b64encode(way.password.encode()).decode())
    _act(lambda: _talk_smtp(way, message, patience), f"mail: {way.host}:{way.port}", secrets, patience)


def _talk_smtp(way: MailWay, message: EmailMessage, patience: float) -> None:
    server: smtplib.SMTP
    # smtplib would ask a name server what this machine is called.
    name = socket.gethostname()
    name = name if "." in name else "[127.0.0.1]"
    if way.security == "tls":
        server = smtplib.SMTP_SSL(way.host, way.port, name, timeout=patience, context=ssl.create_default_context())
    else:
        server = smtplib.SMTP(way.host, way.port, name, timeout=patience)
    try:
        if way.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if way.user is not None and way.password is not None:
            server.login(way.user, way.password)
        refused = server.send_message(message, way.sender, way.to)
        if refused:
            raise AlertError(_list_refused(refused))
    finally:
        with suppress(smtplib.SMTPException, OSError):  # what was taken is taken, however the server says goodbye
            server.quit()
        server.close()


def _list_refused(refused: dict[str, tuple[int, bytes]]) -> str:
    return "; ".join(f"{to} was refused: {code} {_decode(why)}" for to, (code, why) in refused.items())


def send_hook(
    way: HookWay, lines: Sequence[str], data: dict[str, Any], now: float, *, patience: float = PATIENCE
) -> None:
    """One message to a robot, as text: names and titles come from strangers, and Markdown would obey them. A plain
    webhook gets ``data`` with the text. ``now`` is in seconds since 1970, for the signature.

    Raises:
        AlertError: it was not taken.
    """
    url, body = build_message(way, lines, data, now)
    secrets = (way.url, way.secret, *_list_secrets(url))
    _act(lambda: _post(way.kind, url, body, patience), f"{way.kind}: {urlsplit(way.url).hostname}", secrets, patience)


def build_message(way: HookWay, lines: Sequence[str], data: dict[str, Any], now: float) -> tuple[str, dict[str, Any]]:
    """Address and JSON of a message, as each robot wants them, signed where there is a secret."""
    text = cut_lines(lines, _LIMITS[way.kind])
    if way.kind == "feishu":
        body: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
        if way.secret is not None:
            stamp = str(int(now))
            # Feishu takes time and secret as the key, and signs nothing with it.
            body = {"timestamp": stamp, "sign": _sign(f"{stamp}\n{way.secret}", ""), **body}
        return way.url, body
    if way.kind == "webhook":
        return way.url, {**data, "text": text}
    body = {"msgtype": "text", "text": {"content": text}}
    if way.kind == "dingtalk" and way.secret is not None:
        stamp = str(int(now * 1000))
        parts = urlsplit(way.url)
        signed = urlencode({"timestamp": stamp, "sign": _sign(way.secret, f"{stamp}\n{way.secret}")})
        return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, signed))))), body
    return way.url, body


def _sign(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


class _StayHere(HTTPRedirectHandler):
    """What is posted goes nowhere else: a redirect is an error."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _post(kind: str, url: str, body: dict[str, Any], patience: float) -> None:
    request = Request(  # noqa: S310 - the operator's own address, http or https
        url,
        json.dumps(body, ensure_ascii=False).encode(),
        {"Content-Type": "application/json; charset=utf-8", "User-Agent": "nianbao"},
    )
    try:
        with build_opener(_StayHere).open(request, timeout=patience) as answer:
            said = answer.read(_MOST_ANSWER)
    except HTTPError as error:  # some robots say the reason in it
        with error:
            raise AlertError(f"HTTP {error.code} {_decode(error.read(_MOST_ANSWER))}") from None
    if kind != "webhook":
        _check_robot(said)


def _check_robot(said: bytes) -> None:
    """Robots answer 200 to whatever they refuse: their own code says it."""
    try:
        answer = json.loads(said)
    except ValueError:
        answer = None
    known = isinstance(answer, dict)
    code = answer.get("errcode", answer.get("code", answer.get("StatusCode"))) if known else None
    if code is None:
        raise AlertError(f"it answered what no robot does: {_decode(said)}")
    if code != 0:
        why = answer.get("errmsg", answer.get("msg", answer.get("StatusMessage", "")))
        raise AlertError(f"it answered {code}: {why}")


def _list_secrets(url: str) -> Iterable[str]:
    """What of an address must not be shown: all behind the host."""
    parts = urlsplit(url)
    yield urlunsplit(parts._replace(scheme="", netloc=""))
    yield parts.query
    yield parts.path
    yield from (value for _, value in parse_qsl(parts.query))
    yield parts.path.rpartition("/")[2]


def _act(act: Callable[[], None], where: str, secrets: Iterable[str | None], patience: float) -> None:
    """Does it in a thread, so that a name server or a slow answer holds up nobody: what is not done in time is given
    up."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except Exception as error:  # whatever goes wrong with an alert is one line
            failed.append(error)

    thread = threading.Thread(target=run, name="alert", daemon=True)
    thread.start()
    thread.join(2 * patience)
    if thread.is_alive():
        raise AlertError(f"{where}: not done within {2 * patience:g} s")
    if failed:
        raise AlertError(f"{where}: {blot(explain(failed[0]), secrets)}") from None


def explain(error: BaseException) -> str:
    """An error in one line."""
    if isinstance(error, URLError):
        return explain(error.reason) if isinstance(error.reason, BaseException) else str(error.reason)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _list_refused(error.recipients)
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_decode(error.smtp_error)}"
    if isinstance(error, AlertError):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def blot(text: str, secrets: Iterable[str | None]) -> str:
    """A text on one line, without the secrets: a server may repeat what it was told."""
    for secret in sorted({one for one in secrets if one and len(one) > 3}, key=len, reverse=True):
        text = text.replace(secret, "…")
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= 300 else f"{text[:300]}…"


def _decode(said: bytes | str) -> str:
    return said if isinstance(said, str) else said[:300].decode("utf-8", "replace")
