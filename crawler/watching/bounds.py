"""What settings say about watching: bounds, and the ways an alert goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import getaddresses
from typing import TYPE_CHECKING, Literal, cast, get_args
from urllib.parse import urlsplit

from crawler.watching.model import Bounds

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

Security = Literal["tls", "starttls", "none"]
PORTS: dict[str, int] = {"tls": 465, "starttls": 587, "none": 25}
HOOKS: dict[str, tuple[str, str | None]] = {
    "dingtalk": ("ALERT_DINGTALK", "ALERT_DINGTALK_SECRET"),
    "wecom": ("ALERT_WECOM", None),
    "feishu": ("ALERT_FEISHU", "ALERT_FEISHU_SECRET"),
    "webhook": ("ALERT_WEBHOOK", None),
}
"""The robots and a plain webhook, with the settings of their address and of the secret that signs messages."""
LONGEST = 200
"""Most days of ``WATCH_SILENCE_DAYS``: from 31 March, on 1 January of the year after, there are 276."""


@dataclass(frozen=True, slots=True)
class MailWay:
    """A mail server and those who are written to. What must not be in a log is not in the ``repr``."""

    host: str
    port: int
    security: Security
    sender: str
    to: tuple[str, ...]
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HookWay:
    """An address that takes alerts by POST; it is a secret itself, for whoever knows it may write there."""

    kind: str
    url: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)


def check_watching(settings: BaseSettings) -> str | None:
    """What is wrong with the settings of watching, in one line, or None. Nothing is where none of it is on."""
    if not settings.getbool("SPIDERMON_ENABLED"):
        return None
    try:
        read_bounds(settings)
        read_mail(settings)
        read_hooks(settings)
    except ValueError as error:
        return str(error)
    return None


def read_bounds(settings: BaseSettings) -> Bounds:
    """The settings ``WATCH_…``. Raises ValueError, as all here, with the setting's name and what it must be."""
    plain = Bounds()
    return Bounds(
        unread=_read_count(settings, "WATCH_UNREAD_MOST", plain.unread),
        errors=_read_count(settings, "WATCH_ERRORS_MOST", plain.errors),
        cells=_read_count(settings, "WATCH_CELLS_MOST", plain.cells),
        share=_read_share(settings, "WATCH_DOUBTFUL_SHARE", plain.share),
        least=_read_count(settings, "WATCH_DOUBTFUL_LEAST", plain.least),
        days=_read_count(settings, "WATCH_SILENCE_DAYS", plain.days, LONGEST),
        stalled=_read_count(settings, "WATCH_STALLED_DAYS", plain.stalled),
    )


def read_mail(settings: BaseSettings) -> MailWay | None:
    """The settings ``ALERT_MAIL_…``; None where nobody is to be written to."""
    to = _read_text(settings, "ALERT_MAIL_TO")
    if to is None:
        return None
    security = _read_text(settings, "ALERT_MAIL_SECURITY") or "tls"
    if security not in get_args(Security):
        raise ValueError(f"ALERT_MAIL_SECURITY must be tls, starttls or none, not {security!r}")
    port = _read_count(settings, "ALERT_MAIL_PORT", PORTS[security], 65535) or PORTS[security]
    user, password = _read_text(settings, "ALERT_MAIL_USER"), _read_text(settings, "ALERT_MAIL_PASSWORD")
    if (user is None) != (password is None):
        raise ValueError("ALERT_MAIL_USER and ALERT_MAIL_PASSWORD: set both, or none where the server asks for none")
    sender = _read_addresses("ALERT_MAIL_FROM", _read_text(settings, "ALERT_MAIL_FROM") or user or "")
    return MailWay(
        host=_need(_read_text(settings, "ALERT_MAIL_HOST"), "ALERT_MAIL_HOST", "the name of the mail server"),
        port=port,
        security=cast("Security", security),
        sender=sender[0],
        to=_read_addresses("ALERT_MAIL_TO", to),
        user=user,
        password=password,
    )


def read_hooks(settings: BaseSettings) -> tuple[HookWay, ...]:
    """The settings ``ALERT_DINGTALK``, ``ALERT_WECOM``, ``ALERT_FEISHU`` and ``ALERT_WEBHOOK``, and their secrets."""
    ways = []
    for kind, (name, signing) in HOOKS.items():
        url = _read_text(settings, name)
        secret = _read_text(settings, signing) if signing else None
        if url is None:
            if secret is not None:
                raise ValueError(f"{signing} is set, and {name}, the address of the robot, is not")
            continue
        if not _is_address(url):
            raise ValueError(f"{name} must be a whole address that begins with https:// (what is set is not shown)")
        ways.append(HookWay(kind, url, secret))
    return tuple(ways)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = url.isascii() and " " not in url and "@" not in parts.netloc
    return plain and parts.scheme in {"https", "http"} and bool(parts.hostname) and port != 0


def _read_text(settings: BaseSettings, name: str) -> str | None:
    """A setting without blanks around it; None where it is not set, or blank."""
    value = settings.get(name)
    text = "" if value is None else str(value).strip()
    if not text.isprintable():
        raise ValueError(f"{name} holds a control character")
    return text or None


def _read_addresses(name: str, text: str) -> tuple[str, ...]:
    found = tuple(address for _, address in getaddresses([text]) if address)
    if not found or any(one.count("@") != 1 or one[0] == "@" or one[-1] == "@" or " " in one for one in found):
        raise ValueError(f"{name} must be a mail address, as in data@example.org, not {text!r}")
    return found


def _read_count(settings: BaseSettings, name: str, default: int, most: int | None = None) -> int:
    value = settings.get(name, default)
    value = default if value in {None, ""} else value
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = -1
    if number < 0 or (most is not None and number > most):
        raise ValueError(f"{name} must be a whole number from 0{f' to {most}' if most else ''}, not {value!r}")
    return number


def _read_share(settings: BaseSettings, name: str, default: float) -> float:
    value = settings.get(name, default)
    value = default if value in {None, ""} else value
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number <= 1:
        raise ValueError(f"{name} must be a number from 0 to 1, not {value!r}")
    return number


def _need(value: str | None, name: str, what: str) -> str:
    if value is None:
        raise ValueError(f"{name} must be {what}: ALERT_MAIL_TO is set")
    return value
