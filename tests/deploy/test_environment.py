"""What `settings.server` takes from the environment, and that `deploy/env.example` offers it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from tests.deploy.test_files import ROOT, read_environment

GIVEN = {
    "NIANBAO_DATA_DIR": "/srv/data",
    "NIANBAO_CATALOGUE_URL": "postgresql+psycopg://nianbao@db/nianbao",
    "NIANBAO_ARCHIVE_STORE": "s3://nianbao/archives",
    "NIANBAO_PORTALS_FILE": "/etc/nianbao/portals.csv",
    "NIANBAO_USER_AGENT": "nianbao/0.1 (+https://example.org; data@example.org)",
    "NIANBAO_PROMETHEUS_FILE": "/srv/nianbao.prom",
    "NIANBAO_WATCH_UNREAD_MOST": "1",
    "NIANBAO_WATCH_ERRORS_MOST": "2",
    "NIANBAO_WATCH_CELLS_MOST": "3",
    "NIANBAO_WATCH_DOUBTFUL_SHARE": "0",
    "NIANBAO_WATCH_DOUBTFUL_LEAST": "4",
    "NIANBAO_WATCH_SILENCE_DAYS": "20",
    "NIANBAO_WATCH_STALLED_DAYS": "30",
    "NIANBAO_ALERT_MAIL_TO": "a@example.org, b@example.org",
    "NIANBAO_ALERT_MAIL_FROM": "n@example.org",
    "NIANBAO_ALERT_MAIL_HOST": "smtp.example.org",
    "NIANBAO_ALERT_MAIL_PORT": "587",
    "NIANBAO_ALERT_MAIL_SECURITY": "starttls",
    "NIANBAO_ALERT_MAIL_USER": "n",
    "NIANBAO_ALERT_MAIL_PASSWORD": "p",
    "NIANBAO_ALERT_DINGTALK": "https://example.org/1",
    "NIANBAO_ALERT_DINGTALK_SECRET": "s1",
    "NIANBAO_ALERT_WECOM": "https://example.org/2",
    "NIANBAO_ALERT_FEISHU": "https://example.org/3",
    "NIANBAO_ALERT_FEISHU_SECRET": "s2",
    "NIANBAO_ALERT_WEBHOOK": "https://example.org/4",
}
CODE = f"""
import json, settings.base, settings.server
print(json.dumps([[getattr(module, name.removeprefix("NIANBAO_")) for name in {list(GIVEN)}]
    for module in (settings.base, settings.server)]))
"""


def load(environment: dict[str, str]) -> list[list[str | None]]:
    """The settings of `GIVEN`, in its order, of base and of server."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("NIANBAO_")}
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, env={**own, **environment}, capture_output=True, check=True
    )
    loaded: list[list[str | None]] = json.loads(done.stdout)
    return loaded


def test_a_server_is_told_by_its_environment() -> None:
    assert load(GIVEN)[1] == list(GIVEN.values())


@pytest.mark.parametrize("environment", [{}, dict.fromkeys(GIVEN, "")], ids=["not set", "blank"])
def test_without_one_a_server_is_as_base_has_it(environment: dict[str, str]) -> None:
    base, server = load(environment)
    assert server == base


def test_the_example_offers_all_that_is_taken() -> None:
    text = (ROOT / "settings" / "server.py").read_text(encoding="utf-8")
    offered = {name for name in read_environment() if name.startswith("NIANBAO_")}
    assert set(re.findall(r"NIANBAO_[A-Z_]+", text)) == offered == {*GIVEN, "NIANBAO_FEED_STORE"}


def test_a_store_takes_the_feeds() -> None:
    code = "import settings.server as server; print(*server.FEEDS)"
    given = {**os.environ, "NIANBAO_FEED_STORE": "s3://nianbao/feeds/"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=given, capture_output=True, check=True)
    assert done.stdout.decode().split() == ["s3://nianbao/feeds/%(portal)s/%(run)s/reports.jsonl"]
