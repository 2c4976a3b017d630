"""What settings say about watching, and what is wrong with them, in one line."""

from __future__ import annotations

from typing import Any

import pytest
from scrapy.settings import Settings

from crawler.watching.bounds import HookWay, MailWay, check_watching, read_bounds, read_hooks, read_mail
from crawler.watching.model import Bounds
from settings import base

MAIL = {"ALERT_MAIL_TO": "a@example.org", "ALERT_MAIL_HOST": "mail.example.org", "ALERT_MAIL_FROM": "n@example.org"}
ROBOT = "https://oapi.example.org/robot/send?access_token=abcdef"


def make_settings(**more: Any) -> Settings:
    settings = Settings({"SPIDERMON_ENABLED": True})
    settings.setmodule(base)
    settings.setdict({"SPIDERMON_ENABLED": True, **more}, priority="cmdline")
    return settings


def test_base_has_the_bounds_and_nobody_to_tell() -> None:
    settings = make_settings()
    assert read_bounds(settings) == read_bounds(Settings()) == Bounds()
    assert read_mail(settings) is None
    assert read_hooks(settings) == ()
    assert check_watching(settings) is None


def test_bounds_come_as_text_from_the_environment() -> None:
    names = ("UNREAD_MOST", "ERRORS_MOST", "CELLS_MOST", "DOUBTFUL_SHARE", "DOUBTFUL_LEAST", "SILENCE_DAYS")
    given = dict(zip((f"WATCH_{name}" for name in names), ("1", "2", "3", "0.5", "4", "200"), strict=True))
    assert read_bounds(make_settings(**given)) == Bounds(1, 2, 3, 0.5, 4, 200)
    assert read_bounds(make_settings(**dict.fromkeys(given, ""))) == Bounds()


@pytest.mark.parametrize(("security", "port"), [("tls", 465), ("starttls", 587), ("none", 25)])
def test_a_way_of_security_has_its_port(security: str, port: int) -> None:
    way = read_mail(make_settings(**MAIL, ALERT_MAIL_SECURITY=security))
    assert way == MailWay("mail.example.org", port, security, "n@example.org", ("a@example.org",))  # type: ignore[arg-type]


def test_mail_goes_to_several_and_from_whoever_logs_in() -> None:
    way = read_mail(
        make_settings(
            ALERT_MAIL_TO="值班 <a@example.org>, b@example.org",
            ALERT_MAIL_HOST=" mail.example.org ",
            ALERT_MAIL_PORT="2525",
            ALERT_MAIL_USER="n@example.org",
            ALERT_MAIL_PASSWORD="secret",
        )
    )
    assert way == MailWay(
        "mail.example.org",
        2525,
        "tls",
        "n@example.org",
        ("a@example.org", "b@example.org"),
        user="n@example.org",
        password="secret",
    )


def test_robots_have_addresses_and_secrets() -> None:
    ways = read_hooks(
        make_settings(
            ALERT_DINGTALK=ROBOT,
            ALERT_DINGTALK_SECRET="SEC1",
            ALERT_WECOM=ROBOT,
            ALERT_FEISHU=ROBOT,
            ALERT_FEISHU_SECRET="",
            ALERT_WEBHOOK="http://127.0.0.1:8000/in",
        )
    )
    assert ways == (
        HookWay("dingtalk", ROBOT, "SEC1"),
        HookWay("wecom", ROBOT),
        HookWay("feishu", ROBOT),
        HookWay("webhook", "http://127.0.0.1:8000/in"),
    )


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"WATCH_UNREAD_MOST": "many"}, "WATCH_UNREAD_MOST must be a whole number from 0, not 'many'"),
        ({"WATCH_ERRORS_MOST": -1}, "WATCH_ERRORS_MOST must be a whole number from 0, not -1"),
        ({"WATCH_CELLS_MOST": "1.5"}, "WATCH_CELLS_MOST must be a whole number from 0, not '1.5'"),
        ({"WATCH_DOUBTFUL_SHARE": "25"}, "WATCH_DOUBTFUL_SHARE must be a number from 0 to 1, not '25'"),
        ({"WATCH_DOUBTFUL_SHARE": "nan"}, "WATCH_DOUBTFUL_SHARE must be a number from 0 to 1, not 'nan'"),
        ({"WATCH_DOUBTFUL_LEAST": "x"}, "WATCH_DOUBTFUL_LEAST must be a whole number from 0, not 'x'"),
        ({"WATCH_SILENCE_DAYS": "201"}, "WATCH_SILENCE_DAYS must be a whole number from 0 to 200, not '201'"),
        ({"ALERT_MAIL_TO": "a@example.org"}, "ALERT_MAIL_FROM must be a mail address, as in data@example.org, not ''"),
        ({**MAIL, "ALERT_MAIL_HOST": ""}, "ALERT_MAIL_HOST must be the name of the mail server: ALERT_MAIL_TO is set"),
        ({**MAIL, "ALERT_MAIL_TO": "nobody"}, "ALERT_MAIL_TO must be a mail address"),
        ({**MAIL, "ALERT_MAIL_TO": "a@b\nBcc: c@d"}, "ALERT_MAIL_TO holds a control character"),
        ({**MAIL, "ALERT_MAIL_SECURITY": "ssl"}, "ALERT_MAIL_SECURITY must be tls, starttls or none, not 'ssl'"),
        ({**MAIL, "ALERT_MAIL_PORT": "99999"}, "ALERT_MAIL_PORT must be a whole number from 0 to 65535, not '99999'"),
        ({**MAIL, "ALERT_MAIL_USER": "n"}, "ALERT_MAIL_USER and ALERT_MAIL_PASSWORD: set both"),
        ({"ALERT_WECOM": "oapi.example.org/x"}, "ALERT_WECOM must be a whole address that begins with https://"),
        ({"ALERT_WECOM": "https://u:abcdef@example.org/"}, "ALERT_WECOM must be a whole address"),
        ({"ALERT_WEBHOOK": "https://[::1/abcdef"}, "ALERT_WEBHOOK must be a whole address"),
        ({"ALERT_WEBHOOK": "https://h:port/abcdef"}, "ALERT_WEBHOOK must be a whole address"),
        ({"ALERT_WEBHOOK": "https://h/abc def"}, "ALERT_WEBHOOK must be a whole address"),
        ({"ALERT_FEISHU_SECRET": "abcdef"}, "ALERT_FEISHU_SECRET is set, and ALERT_FEISHU, the address of the robot"),
    ],
)
def test_what_is_wrong_is_one_line_without_a_secret(given: dict[str, Any], says: str) -> None:
    problem = check_watching(make_settings(**given))
    assert problem is not None
    assert problem.startswith(says)
    assert "\n" not in problem
    assert "abcdef" not in problem
    assert check_watching(make_settings(**given, SPIDERMON_ENABLED=False)) is None  # nobody asks
