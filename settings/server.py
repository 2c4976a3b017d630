"""A server that crawls by itself: more patience with the portals, and a log that can be read afterwards."""

from settings.base import *  # noqa: F403

# Say here who runs this crawler and how to reach them, as in "nianbao/0.1 (+https://example.org; data@example.org)":
# portals that mind it will then write instead of blocking.
USER_AGENT = "nianbao/0.1 (crawler of government annual reports on information disclosure)"

DOWNLOAD_DELAY = 1.0  # nobody waits for the result
AUTOTHROTTLE_START_DELAY = 2.0
LOG_LEVEL = "INFO"

EXTENSIONS = {**EXTENSIONS, "crawler.extensions.contact.Contact": 400}  # noqa: F405  (warns where nobody is named)
