"""A server that crawls by itself: more patience with the portals, and a log that can be read afterwards."""

import os

from settings.base import *  # noqa: F403

# What differs from one server to the next comes from the environment, of systemd, a container or scrapyd (whose jobs
# inherit it): the code stays as it was deployed. deploy/env.example lists it. Not set, or blank: as in base.py.
DATA_DIR = os.environ.get("NIANBAO_DATA_DIR") or DATA_DIR  # noqa: F405
CATALOGUE_URL = os.environ.get("NIANBAO_CATALOGUE_URL") or CATALOGUE_URL  # noqa: F405
FEED_TEMPDIR = DATA_DIR  # what is on its way to a store waits there, and not in a /tmp that may be memory
ARCHIVE_STORE = os.environ.get("NIANBAO_ARCHIVE_STORE") or ARCHIVE_STORE  # noqa: F405
if os.environ.get("NIANBAO_FEED_STORE"):
    feed = f"{os.environ['NIANBAO_FEED_STORE'].rstrip('/')}/%(portal)s/%(run)s/reports.jsonl"
    FEEDS = {feed: {"format": "jsonlines", "overwrite": True}}
PORTALS_FILE = os.environ.get("NIANBAO_PORTALS_FILE") or PORTALS_FILE  # noqa: F405
# Who runs this crawler and how to reach them, as in "nianbao/0.1 (+https://example.org; data@example.org)": portals
# that mind it will then write instead of blocking.
USER_AGENT = os.environ.get("NIANBAO_USER_AGENT") or USER_AGENT  # noqa: F405

DOWNLOAD_DELAY = 1.0  # nobody waits for the result
AUTOTHROTTLE_START_DELAY = 2.0
LOG_LEVEL = "INFO"

EXTENSIONS = {
    **EXTENSIONS,  # noqa: F405
    "crawler.extensions.contact.Contact": 400,  # warns where nobody is named
    "crawler.watching.textfile.Textfile": 600,  # figures for node_exporter
}

# Nobody reads the verdict when it is written: monitors do, and send what asks for a look (docs/operations.md).
SPIDERMON_ENABLED = True
PROMETHEUS_FILE = os.environ.get("NIANBAO_PROMETHEUS_FILE") or PROMETHEUS_FILE  # noqa: F405
WATCH_UNREAD_MOST = os.environ.get("NIANBAO_WATCH_UNREAD_MOST") or WATCH_UNREAD_MOST  # noqa: F405
WATCH_ERRORS_MOST = os.environ.get("NIANBAO_WATCH_ERRORS_MOST") or WATCH_ERRORS_MOST  # noqa: F405
WATCH_CELLS_MOST = os.environ.get("NIANBAO_WATCH_CELLS_MOST") or WATCH_CELLS_MOST  # noqa: F405
WATCH_DOUBTFUL_SHARE = os.environ.get("NIANBAO_WATCH_DOUBTFUL_SHARE") or WATCH_DOUBTFUL_SHARE  # noqa: F405
WATCH_DOUBTFUL_LEAST = os.environ.get("NIANBAO_WATCH_DOUBTFUL_LEAST") or WATCH_DOUBTFUL_LEAST  # noqa: F405
WATCH_SILENCE_DAYS = os.environ.get("NIANBAO_WATCH_SILENCE_DAYS") or WATCH_SILENCE_DAYS  # noqa: F405
WATCH_STALLED_DAYS = os.environ.get("NIANBAO_WATCH_STALLED_DAYS") or WATCH_STALLED_DAYS  # noqa: F405
ALERT_MAIL_TO = os.environ.get("NIANBAO_ALERT_MAIL_TO") or ALERT_MAIL_TO  # noqa: F405
ALERT_MAIL_FROM = os.environ.get("NIANBAO_ALERT_MAIL_FROM") or ALERT_MAIL_FROM  # noqa: F405
ALERT_MAIL_HOST = os.environ.get("NIANBAO_ALERT_MAIL_HOST") or ALERT_MAIL_HOST  # noqa: F405
ALERT_MAIL_PORT = os.environ.get("NIANBAO_ALERT_MAIL_PORT") or ALERT_MAIL_PORT  # noqa: F405
ALERT_MAIL_SECURITY = os.environ.get("NIANBAO_ALERT_MAIL_SECURITY") or ALERT_MAIL_SECURITY  # noqa: F405
ALERT_MAIL_USER = os.environ.get("NIANBAO_ALERT_MAIL_USER") or ALERT_MAIL_USER  # noqa: F405
ALERT_MAIL_PASSWORD = os.environ.get("NIANBAO_ALERT_MAIL_PASSWORD") or ALERT_MAIL_PASSWORD  # noqa: F405
ALERT_DINGTALK = os.environ.get("NIANBAO_ALERT_DINGTALK") or ALERT_DINGTALK  # noqa: F405
ALERT_DINGTALK_SECRET = os.environ.get("NIANBAO_ALERT_DINGTALK_SECRET") or ALERT_DINGTALK_SECRET  # noqa: F405
ALERT_WECOM = os.environ.get("NIANBAO_ALERT_WECOM") or ALERT_WECOM  # noqa: F405
ALERT_FEISHU = os.environ.get("NIANBAO_ALERT_FEISHU") or ALERT_FEISHU  # noqa: F405
ALERT_FEISHU_SECRET = os.environ.get("NIANBAO_ALERT_FEISHU_SECRET") or ALERT_FEISHU_SECRET  # noqa: F405
ALERT_WEBHOOK = os.environ.get("NIANBAO_ALERT_WEBHOOK") or ALERT_WEBHOOK  # noqa: F405
