"""Scrapy's own command line in a process that dies at the first use of a network that it may not use.

``python -m tests.crawl.guarded none crawl wolong …`` allows no connection at all, ``loopback`` those to 127.0.0.0/8.
The hook ends the process at once, with status `NETWORK_USED`: an exception could be caught and forgotten on its way up.
"""

from __future__ import annotations

import os
import sys
from typing import Any

NETWORK_USED = 99
# Not socket.bind: urllib3 binds to ::1 when it is imported, to learn whether there is IPv6.
_EVENTS = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg"})


def guard(allowed: str) -> None:
    """Arms the hook; there is no way back. ``allowed`` is "none" or "loopback"."""

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _EVENTS:
            return
        where = arguments[1] if event == "socket.connect" else arguments[0]
        where = where[0] if isinstance(where, tuple) else where
        if allowed != "loopback" or not str(where).startswith("127."):
            os.write(2, f"network used: {event} {where}\n".encode())
            os._exit(NETWORK_USED)

    sys.addaudithook(refuse)


if __name__ == "__main__":
    guard(sys.argv[1])
    from scrapy.cmdline import execute

    execute(["scrapy", *sys.argv[2:]])
