"""Mail and robots over real sockets: what is sent, what goes wrong, and that no secret is told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from crawler.watching.alerts import write_subject, write_text
from crawler.watching.bounds import HookWay, MailWay
from crawler.watching.sending import AlertError, blot, build_message, send_hook, send_mail
from tests.watching.facts import make_alerts
from tests.watching.servers import PASSWORD, USER, Mailbox, Robot, make_certificate, serve_mail, serve_robot

ALERTS = make_alerts(2)
LINES, SUBJECT = write_text(ALERTS, "partial"), write_subject(ALERTS, "partial")
NOW = 1_776_654_900.25
TOKEN, SECRET = "token-of-this-robot", "SECret-of-this-robot"
WAY = MailWay("127.0.0.1", 0, "none", "nianbao@example.org", ("one@example.org", "two@example.org"))


def mail(box: Mailbox, **more: Any) -> None:
    send_mail(replace(WAY, port=box.port, **more), SUBJECT, LINES, patience=5)


# --- mail -------------------------------------------------------------------------------------------------------------


def test_a_mail_says_all_alerts() -> None:
    with serve_mail(Mailbox()) as box:
        mail(box)
    (message,) = box.messages
    assert message["Subject"] == SUBJECT
    assert (message["From"], message["To"]) == (WAY.sender, "one@example.org, two@example.org")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@example.org>")
    assert message.get_content().splitlines() == LINES
    assert message["Content-Transfer-Encoding"] == "base64"
    assert box.commands.count("RCPT") == 2
    assert "AUTH" not in box.commands
    assert box.commands[-1] == "QUIT"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def make_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_mail_goes_by_tls_with_a_password(security: str, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serve_mail(Mailbox(make_context(certificate), from_start=security == "tls")) as box:
        mail(box, security=security, user=USER, password=PASSWORD)
    assert box.tls
    assert ("STARTTLS" in box.commands) == (security == "starttls")
    assert box.commands.index("AUTH") < box.commands.index("MAIL")
    assert len(box.messages) == 1


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_server_that_nobody_vouches_for_gets_neither_mail_nor_password(security: str, certificate: Path) -> None:
    box = Mailbox(make_context(certificate), from_start=security == "tls")
    with serve_mail(box), pytest.raises(AlertError, match="certificate verify failed") as caught:
        mail(box, security=security, user=USER, password=PASSWORD)
    assert str(caught.value).startswith(f"mail: 127.0.0.1:{box.port}: SSLCertVerificationError")
    assert box.messages == []
    assert "AUTH" not in box.commands


@pytest.mark.parametrize(
    ("box", "more", "says"),
    [
        (Mailbox(asks=False), {"user": USER, "password": PASSWORD}, "SMTP AUTH extension not supported by server"),
        (Mailbox(), {"user": USER, "password": "not-" + PASSWORD}, "535 who is"),
        (Mailbox(), {"security": "starttls"}, "STARTTLS extension not supported by server"),
        (Mailbox(answers={"MAIL": "550 5.7.1 who are you?"}), {}, "550 5.7.1 who are you?"),
        (Mailbox(answers={"RCPT": "550 nobody here"}), {}, "one@example.org was refused: 550 nobody here"),
        (Mailbox(answers={"DATA": "451 later"}), {}, "451 later"),
        (Mailbox(answers={"EHLO": "421 closed", "HELO": "421 closed"}), {}, "421 closed"),
    ],
)
def test_what_goes_wrong_with_a_mail_is_one_line(box: Mailbox, more: dict[str, Any], says: str) -> None:
    with serve_mail(box), pytest.raises(AlertError) as caught:
        mail(box, **more)
    line = str(caught.value)
    assert line.startswith(f"mail: 127.0.0.1:{box.port}: ")
    assert says in line
    assert "\n" not in line
    assert PASSWORD not in line
    assert base64.b64encode(PASSWORD.encode()).decode() not in line


def test_a_goodbye_that_fails_takes_nothing_back() -> None:
    with serve_mail(Mailbox(answers={"QUIT": "500 what?"})) as box:
        mail(box)
    assert len(box.messages) == 1


def test_a_mail_server_that_hangs_is_given_up() -> None:
    with (
        serve_mail(Mailbox(answers={"MAIL": None})) as box,
        pytest.raises(AlertError, match=r"timed out|not done within"),
    ):
        send_mail(replace(WAY, port=box.port), SUBJECT, LINES, patience=0.05)


# --- robots -----------------------------------------------------------------------------------------------------------


def sign(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def send(robot: Robot, kind: str, path: str, *, secret: str | None = None, patience: float = 5) -> None:
    send_hook(HookWay(kind, robot.url(path), secret), LINES, {"portal": "yunlai"}, NOW, patience=patience)


TEXT = "\n".join(LINES)


def test_dingtalk_gets_text_and_a_signed_address() -> None:
    with serve_robot(Robot()) as robot:
        send(robot, "dingtalk", f"/robot/send?access_token={TOKEN}", secret=SECRET)
        send(robot, "dingtalk", f"/robot/send?access_token={TOKEN}")
    signed, plain = robot.posted
    assert signed.json == plain.json == {"msgtype": "text", "text": {"content": TEXT}}
    assert signed.headers["content-type"] == "application/json; charset=utf-8"
    stamp = "1776654900250"
    assert dict(parse_qsl(urlsplit(signed.path).query, strict_parsing=True)) == {
        "access_token": TOKEN,
        "timestamp": stamp,
        "sign": sign(SECRET, f"{stamp}\n{SECRET}"),
    }
    assert plain.path == f"/robot/send?access_token={TOKEN}"


def test_a_signature_is_the_one_that_dingtalk_documents() -> None:
    """Held against what openssl makes of the same: ``printf '1577262236757\\nthis is secret' | openssl dgst -sha256
    -hmac 'this is secret' -binary | base64``."""
    url, _ = build_message(HookWay("dingtalk", "https://h/?a=1", "this is secret"), ["x"], {}, 1577262236.757)
    assert parse_qsl(urlsplit(url).query)[2] == ("sign", "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM=")


def test_wecom_gets_text_within_its_limit() -> None:
    many = [f"{n} 云来县某某局没有报告" * 3 for n in range(60)]
    with serve_robot(Robot()) as robot:
        send_hook(HookWay("wecom", robot.url(f"/send?key={TOKEN}")), many, {}, NOW, patience=5)
    (posted,) = robot.posted
    assert posted.path == f"/send?key={TOKEN}"
    assert posted.json["msgtype"] == "text"
    assert len(posted.json["text"]["content"].encode()) <= 2048
    assert posted.json["text"]["content"].endswith(" more: alerts.jsonl")


def test_feishu_gets_text_signed_within() -> None:
    with serve_robot(Robot(answer=b'{"code":0,"msg":"success","data":{}}')) as robot:
        send(robot, "feishu", f"/open-apis/bot/v2/hook/{TOKEN}", secret=SECRET)
        send(robot, "feishu", f"/open-apis/bot/v2/hook/{TOKEN}")
    signed, plain = robot.posted
    assert plain.json == {"msg_type": "text", "content": {"text": TEXT}}
    stamp = "1776654900"
    assert signed.json == {"timestamp": stamp, "sign": sign(f"{stamp}\n{SECRET}", ""), **plain.json}


def test_a_webhook_gets_data() -> None:
    with serve_robot(Robot(status=204, answer=b"")) as robot:
        send(robot, "webhook", "/in")
    (posted,) = robot.posted
    assert posted.json == {"portal": "yunlai", "text": TEXT}


@pytest.mark.parametrize(
    ("kind", "robot", "says"),
    [
        ("dingtalk", Robot(answer=b'{"errcode":310000,"errmsg":"keywords not in content"}'), "it answered 310000: key"),
        ("wecom", Robot(answer='{"errcode":93000,"errmsg":"不认得"}'.encode()), "it answered 93000: 不认得"),
        ("feishu", Robot(answer=b'{"code":19021,"msg":"sign match fail"}'), "it answered 19021: sign match fail"),
        ("feishu", Robot(400, b'{"code":9499,"msg":"Bad Request"}'), 'HTTP 400 {"code":9499,"msg":"Bad Request"}'),
        ("wecom", Robot(answer=b"<html>a wall</html>"), "it answered what no robot does: <html>a wall</html>"),
        ("wecom", Robot(answer=b"[]"), "it answered what no robot does: []"),
        ("wecom", Robot(answer=b"{}"), "it answered what no robot does: {}"),
        ("webhook", Robot(502, b"a\nwall\x1b[2J"), "HTTP 502 a wall [2J"),
        ("webhook", Robot(302, b"", (("Location", "/elsewhere"),)), "HTTP 302"),
        ("webhook", Robot(307, b"", (("Location", "/elsewhere"),)), "HTTP 307"),
        (
            "dingtalk",
            Robot(answer=f'{{"errcode":1,"errmsg":"no {TOKEN} and no {SECRET}"}}'.encode()),
            "it answered 1: no … and no …",
        ),
    ],
)
def test_what_goes_wrong_with_a_robot_is_one_line_without_its_secrets(kind: str, robot: Robot, says: str) -> None:
    with serve_robot(robot), pytest.raises(AlertError) as caught:
        send(robot, kind, f"/{TOKEN}?access_token={TOKEN}", secret=SECRET)
    line = str(caught.value)
    assert line.startswith(f"{kind}: 127.0.0.1: ")
    assert says in line
    assert "\n" not in line
    assert TOKEN not in line
    assert SECRET not in line
    assert len(robot.posted) == 1  # and nothing was posted elsewhere


def test_a_robot_that_hangs_is_given_up() -> None:
    with serve_robot(Robot(hangs=True)) as robot, pytest.raises(AlertError, match=r"timed out|not done within"):
        send(robot, "wecom", f"/{TOKEN}", patience=0.05)


def test_a_robot_that_is_not_there_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(AlertError, match=r"dingtalk: 127\.0\.0\.1: ConnectionRefusedError: .*") as caught:
        send_hook(HookWay("dingtalk", f"http://127.0.0.1:{port}/{TOKEN}", None), LINES, {}, NOW, patience=5)
    assert TOKEN not in str(caught.value)


def test_ways_do_not_show_their_secrets() -> None:
    shown = repr((HookWay("wecom", f"https://h/{TOKEN}", SECRET), replace(WAY, user=USER, password=PASSWORD)))
    assert TOKEN not in shown
    assert SECRET not in shown
    assert PASSWORD not in shown


def test_a_blotted_text_is_short_and_on_one_line() -> None:
    assert blot("a\r\n\tb\x00c ab-secret", ["ab-secret", "secret", None, "a"]) == "a b c …"
    assert len(blot("x" * 1000, [])) == 301
