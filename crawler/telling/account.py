"""The account of an earlier run of a portal, from what it left under ``DATA_DIR``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = "run.json"
"""The file of an account, in the folder of its run."""


def read_last_run(folder: Path, before: str | None = None) -> dict[str, Any] | None:
    """The newest ``run.json`` of a portal's folder (a run is named by its start), or None if no run has ended.

    ``before`` leaves out the run of that name and those that began later. An account that cannot be read has the
    verdict ``unreadable`` and nothing else but its ``run``.
    """
    if not folder.is_dir():
        return None
    names = (one.name for one in folder.iterdir() if before is None or one.name < before)
    for name in sorted(names, reverse=True):
        path = folder / name / ACCOUNT
        if path.is_file():
            return _read(path, name)
    return None


def _read(path: Path, name: str) -> dict[str, Any]:
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        run = None
    return run if isinstance(run, dict) and "verdict" in run else {"run": name, "verdict": "unreadable"}


def count_reports(run: dict[str, Any]) -> int:
    """How many reports a run found, by its account: those of each body, read in this run or known."""
    if "reports" in run:
        return sum(len(body["years"]) for body in run["reports"])
    same: int = run.get("candidates", {}).get("same", 0)
    return same + sum(run.get("records", {}).values())
