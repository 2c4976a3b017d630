"""Scrapy's own command line in a process that dies at the first use of the network.

``python -m tests.crawl.offline crawl wolong …``. The hook ends the process at once, with status `NETWORK_USED`: an
exception could be caught and forgotten on its way up.
"""

from __future__ import annotations

import os
import sys
from typing import Any

NETWORK_USED = 99
# Not socket.bind: urllib3 binds to ::1 when it is imported, to learn whether there is IPv6.
_EVENTS = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg"})


def forbid_network() -> None:
    """Arms the hook; there is no way back."""

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _EVENTS:
            os.write(2, f"network used: {event} {arguments[1:]}\n".encode())
            os._exit(NETWORK_USED)

    sys.addaudithook(refuse)


if __name__ == "__main__":
    forbid_network()
    from scrapy.cmdline import execute

    execute(["scrapy", *sys.argv[1:]])
