"""Files that are whole or not there: written beside their place, brought to the disk, then renamed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterable


def write_whole(path: Path, lines: Iterable[str]) -> None:
    """Write ``lines`` (each with its own newline) to ``path`` in UTF-8: all of them or, on an error, nothing.

    Parent folders are made. What stood at ``path`` stays until the new file is on the disk.
    """
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    part = name_part(path)
    try:
        with part.open("x", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)
            sync(file)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def name_part(path: Path) -> Path:
    """A free name beside ``path`` for what is not whole yet."""
    return path.with_name(f"{path.name}.{uuid4().hex[:8]}.part")


def sync(file: IO[Any]) -> None:
    """Bring what was written to the disk."""
    file.flush()
    os.fsync(file.fileno())
