"""Runs a module and notes the most memory that its process held: ``python -m tests.bench.memory OUT MODULE ARGUMENT…``.

What the system tells a parent about a child that has ended counts the parent's own size too (Linux keeps it over
fork and exec), so the process looks at itself before it ends.
"""

from __future__ import annotations

import re
import resource
import runpy
import sys
from pathlib import Path


def peak_memory() -> int:
    """The most memory that this process held, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text(encoding="ascii"))
        if found:
            return int(found.group(1)) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, others KiB


if __name__ == "__main__":
    out, module = Path(sys.argv[1]), sys.argv[2]
    del sys.argv[1:3]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        out.write_text(str(peak_memory()), encoding="ascii")
