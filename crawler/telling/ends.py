"""How a crawl ends, as its command and others are told."""

from __future__ import annotations

EXIT_STATUS = {"complete": 0, "failed": 1, "partial": 3, "blocked": 4, "nothing_found": 5}
"""Exit status of a crawl by its verdict; 2 is a usage error."""
BUSY = "already_running"
"""The finish reason of a run whose portal another run holds."""
BUSY_END = "; this run ends and leaves nothing"
"""What the log says of it behind who holds the portal; `crawler.fleet.results` looks for it."""
