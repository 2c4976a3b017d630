"""A server that crawls by itself: more patience with the portals, and a log that can be read afterwards."""

from settings.base import *  # noqa: F403

DOWNLOAD_DELAY = 1.0  # nobody waits for the result
AUTOTHROTTLE_START_DELAY = 2.0
LOG_LEVEL = "INFO"
