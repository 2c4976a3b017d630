"""A server that crawls by itself: more patience with the portals, and a log that can be read afterwards."""

import os

from settings.base import *  # noqa: F403

# What differs from one server to the next comes from the environment, of systemd, a container or scrapyd (whose jobs
# inherit it): the code stays as it was deployed. deploy/env.example lists it. Not set, or blank: as in base.py.
DATA_DIR = os.environ.get("NIANBAO_DATA_DIR") or DATA_DIR  # noqa: F405
CATALOGUE_URL = os.environ.get("NIANBAO_CATALOGUE_URL") or CATALOGUE_URL  # noqa: F405
PORTALS_FILE = os.environ.get("NIANBAO_PORTALS_FILE") or PORTALS_FILE  # noqa: F405
# Who runs this crawler and how to reach them, as in "nianbao/0.1 (+https://example.org; data@example.org)": portals
# that mind it will then write instead of blocking.
USER_AGENT = os.environ.get("NIANBAO_USER_AGENT") or USER_AGENT  # noqa: F405

DOWNLOAD_DELAY = 1.0  # nobody waits for the result
AUTOTHROTTLE_START_DELAY = 2.0
LOG_LEVEL = "INFO"

EXTENSIONS = {**EXTENSIONS, "crawler.extensions.contact.Contact": 400}  # noqa: F405  (warns where nobody is named)
