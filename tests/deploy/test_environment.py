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
    "NIANBAO_PORTALS_FILE": "/etc/nianbao/portals.csv",
    "NIANBAO_USER_AGENT": "nianbao/0.1 (+https://example.org; data@example.org)",
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
    assert set(re.findall(r"NIANBAO_[A-Z_]+", text)) == offered == set(GIVEN)
