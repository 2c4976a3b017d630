"""Settings shared by every place of work. `local`, `server` and `demo` stand on this file and stay thin.

Each number has its reason beside it. Components are named by their dotted names, so that this file imports nothing.
"""

# --- Who we are -------------------------------------------------------------------------------------------------
BOT_NAME = "nianbao"
# Names the project and where to complain. A server adds its operator: see settings/server.py.
USER_AGENT = "nianbao/0.1 (crawler of government annual reports on information disclosure)"
ROBOTSTXT_USER_AGENT = "nianbao"

SPIDER_MODULES = ["spiders"]
NEWSPIDER_MODULE = "spiders"
# A spider for each line of crawler/portals/portals.csv too, and of a file like it that PORTALS_FILE names.
SPIDER_LOADER_CLASS = "crawler.portals.loader.RegisterSpiderLoader"
PORTALS_FILE = None
COMMANDS_MODULE = "crawler.commands"

ADDONS = {
    "crawler.runs.RunAddon": 100,
    "crawler.web.replay.ReplayAddon": 200,  # does nothing without REPLAY
    "crawler.web.browser.BrowserAddon": 300,  # starts no browser before a page needs one
}
# An archive (WARC) to crawl offline instead of the network: -s REPLAY=archive.warc.gz
REPLAY = None

# --- Manners ----------------------------------------------------------------------------------------------------
ROBOTSTXT_OBEY = True
# One request at a time. One portal is one host, so a wider crawl would gain nothing; and after a stop no queued
# request leaves any more (with 16, nine still left).
CONCURRENT_REQUESTS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
# The least pause between two requests, in seconds (0 would switch the limit per host off in Scrapy 2.19).
DOWNLOAD_DELAY = 0.5
# The pause follows the server: as long as its answers take, up to a minute.
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 0.5
AUTOTHROTTLE_MAX_DELAY = 60.0
AUTOTHROTTLE_TARGET_CONCURRENCY = 1.0
COOKIES_ENABLED = False  # nothing here needs a session, and session ids make endless addresses
DOWNLOAD_TIMEOUT = 60  # county servers are slow, yet an answer that takes a minute is none
DOWNLOAD_MAXSIZE = 64 * 1024 * 1024  # scans of long reports reach 40 MB; more is no report
DOWNLOAD_WARNSIZE = 0
RETRY_TIMES = 2
# 429 and 403 are refusals and never repeated here (crawler/web/refusals.py); these may pass by themselves.
RETRY_HTTP_CODES = [500, 502, 503, 504, 522, 524, 408]
REDIRECT_MAX_TIMES = 8
# Nor do two crawls with one DATA_DIR ask one host at once: documents of many portals may lie on it. Without HOST_TURNS
# only those that other crawls have asked before are waited for (scrapy doctor, which leaves no file behind).
DOWNLOAD_HANDLERS = dict.fromkeys(("http", "https"), "crawler.web.turns.TurnDownloadHandler")
HOST_TURNS = True
# After a 429 a host is left alone for at least this long, and for as long as its Retry-After asks, in seconds; one that
# asks for more than ten minutes is asked again in the next run.
REFUSAL_PAUSE = 5.0
REFUSAL_PAUSE_MAX = 600.0
# How many pages one crawl may ask of one portal; reaching it makes the verdict `partial`.
PORTAL_PAGE_LIMIT = 5000

# --- Guards -----------------------------------------------------------------------------------------------------
# Loopback and private addresses are refused: a page on the web must not lead a crawler into its own network.
ALLOW_PRIVATE_ADDRESSES = False
TWISTED_DNS_RESOLVER = "crawler.web.addresses.PublicResolver"
# Behind a proxy the address actually connected to cannot be known.
HTTPPROXY_ENABLED = False
# Both are doors into the process and on by default.
REMOTE_CONTROL_ENABLED = False
TELNETCONSOLE_ENABLED = False

# Two of Scrapy's own that every item of every page would pass: the crawl counts its steps itself, and an address that
# is too long would be dropped without a word to its ledger.
SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
}
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,  # no portal has given us a password
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "crawler.web.addresses.ScopeMiddleware": 50,
    "crawler.web.addresses.AddressMiddleware": 60,
    "crawler.web.manners.CrawlDelayMiddleware": 110,  # behind robots.txt (100), whose answer it reads
    "crawler.web.refusals.RefusalMiddleware": 585,  # behind HttpCompression (590), before MetaRefresh (580)
    "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware": None,
    "crawler.web.archive.ArchiveMiddleware": 900,
    # Before the archive (850) they would count what it answers as if the portal had sent it.
    "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
    "crawler.web.archive.WireStats": 940,
}

# --- Archive ----------------------------------------------------------------------------------------------------
HTTPCACHE_ENABLED = True
HTTPCACHE_STORAGE = "crawler.web.archive.WarcStorage"
HTTPCACHE_POLICY = "crawler.web.archive.ArchivePolicy"
# Where archives are copied to when a crawl is over, besides this disk: s3://bucket/folder, or any other scheme of
# FEED_STORAGES that leaves this machine. The extra `s3`; the keys as AWS_… in the environment, for settings are logged.
ARCHIVE_STORE = None

# --- Reading and feed -------------------------------------------------------------------------------------------
DATA_DIR = "data"
# What is known across runs: None is the file catalogue.sqlite under DATA_DIR. Crawls on several machines share one by
# "postgresql+psycopg://user:password@host/database".
CATALOGUE_URL = None
# What is known is not asked for in every run: a report that its list still calls the same, the further pages of a list
# whose first and last page did not change. What nobody has looked at for so many days is asked for all the same: 85
# make it every third of monthly runs, one for each of the two dates by which reports are due (31 January, 31 March).
# 0: everything in every run, as -a full=1 does for one.
CATALOGUE_SWEEP_DAYS = 85
# Between two sweeps a run also looks again at reports that nothing speaks for, the newest of each body four times as
# often as others: at as many as fit, with all lists, into a third of the requests and a tenth of the bytes that
# asking for everything would take. Where a server can say that a page did not change (304), bytes are next to none.
CATALOGUE_RECHECK_REQUESTS = 0.33
CATALOGUE_RECHECK_BYTES = 0.1
# Bodies that wait for a reader, in bytes: beyond it downloads pause. The default of 5 MB would stop all of them behind
# some twenty PDFs; 64 MB is one document of DOWNLOAD_MAXSIZE, or an hour of ordinary ones.
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 64 * 1024 * 1024
# What one response yields goes through this many tasks, which Scrapy makes anew for each response: the default of 100
# costs a third of the time of a page, and a page yields one document.
CONCURRENT_ITEMS = 4
# Documents are read in processes of their own, for they come from strangers (crawler/workers/pool.py). 0: one reader
# for each core.
READER_WORKERS = 0
# What one document may take of its reader: seconds, and MB of memory. Characters in pictures take some 4 s and 0.6 GB
# a page. A document without any takes less than a second, and is given up after 18 s or at 1,000 MB at the latest.
READER_TIMEOUT = 180
READER_MEMORY_MB = 2048
# Two independent decoders read every PDF ("both"), and where they differ a cell is doubtful. "pdfminer" and "pdfium"
# are one of them alone: faster, for reading millions again.
PDF_ENGINE = "both"
ITEM_PIPELINES = {
    "pipelines.extract.ExtractPipeline": 100,
    "pipelines.duplicates.DuplicatesPipeline": 200,
    "pipelines.versions.VersionsPipeline": 250,  # what is the same goes no further
    "pipelines.validate.ValidatePipeline": 300,
}
FEEDS = {"%(data_dir)s/%(portal)s/%(run)s/reports.jsonl": {"format": "jsonlines", "overwrite": True}}
FEED_URI_PARAMS = "crawler.runs.feed_uri_params"
FEED_EXPORT_ENCODING = "utf-8"
FEED_STORE_EMPTY = False  # an empty file would replace a good one
FEED_STORAGES = {
    "": "crawler.extensions.feedstorage.WholeFileFeedStorage",
    "file": "crawler.extensions.feedstorage.WholeFileFeedStorage",
}

EXTENSIONS = {
    "crawler.extensions.jobdir.CleanJobs": -100,  # before Scrapy's own (0), which make and open a JOBDIR
    "crawler.extensions.candidates.Candidates": 100,
    "crawler.extensions.verdict.Verdict": 200,
    "crawler.extensions.progress.Progress": 300,
    "crawler.extensions.garbage.Garbage": 350,
    "crawler.extensions.archivestore.ArchiveStore": 380,  # does nothing but where ARCHIVE_STORE is set
    "crawler.extensions.catalogue.Cataloguing": 400,  # behind the verdict, which it enters; does nothing with REPLAY
    "crawler.watching.door.Watching": 500,  # behind the catalogue, which it asks; does nothing but where it is on
}

# --- Watching ---------------------------------------------------------------------------------------------------
# Spidermon (the extra `watch`) when a crawl is over: docs/logs.md, 'Alerts'. On in settings/server.py; a person at a
# terminal has the verdict before their eyes.
SPIDERMON_ENABLED = False
SPIDERMON_ENGINE_STOP_MONITORS = ("crawler.watching.monitors.CrawlSuite",)
SPIDERMON_SPIDER_OPEN_MONITORS = ("crawler.watching.monitors.StartSuite",)  # whether the run before was killed
# The most candidates unread, errors in the log, and cells missing of reports that changed, which are no alert. None of
# them is usual, and each may be a number that downstream will miss.
WATCH_UNREAD_MOST = 0
WATCH_ERRORS_MOST = 0
WATCH_CELLS_MOST = 0
# The largest share of records `partial` or `failed`: scans and misprints make some of them anywhere, a new form or a
# broken reader makes most. Of fewer records than WATCH_DOUBTFUL_LEAST a share says nothing.
WATCH_DOUBTFUL_SHARE = 0.25
WATCH_DOUBTFUL_LEAST = 3
# How many days after it was due a report may be missing, of a body that published the year before: many date a report
# on the last day and put it up in the week after, and the Spring Festival takes another.
WATCH_SILENCE_DAYS = 15
# How many days `crawlall` lets pass in which no run of a portal came to its end: a month, and half of one to try again.
WATCH_STALLED_DAYS = 45
# Where alerts go besides DATA_DIR/alerts.jsonl; on a server all of it comes from the environment (settings/server.py).
ALERT_MAIL_TO = None  # addresses, with commas between
ALERT_MAIL_FROM = None  # None: ALERT_MAIL_USER
ALERT_MAIL_HOST = None
ALERT_MAIL_PORT = None  # None: that of ALERT_MAIL_SECURITY, 465, 587 or 25
ALERT_MAIL_SECURITY = "tls"  # or "starttls", or "none", which sends the password for all to read
ALERT_MAIL_USER = None
ALERT_MAIL_PASSWORD = None
ALERT_DINGTALK = None  # the address of a robot, which is a secret; so is what it signs messages with
ALERT_DINGTALK_SECRET = None
ALERT_WECOM = None
ALERT_FEISHU = None
ALERT_FEISHU_SECRET = None
ALERT_WEBHOOK = None  # gets JSON: docs/operations.md
# The figures of `scrapy status` for node_exporter, written at the end of a crawl on a server. Blank: not at all.
PROMETHEUS_FILE = "%(data_dir)s/metrics/nianbao.prom"

# Scrapy would parse the source of a callback again for every page, to warn of a mistake that tests would find.
WARN_ON_GENERATOR_RETURN_VALUE = False

# --- Log --------------------------------------------------------------------------------------------------------
LOG_LEVEL = "INFO"
LOG_FORMATTER = "crawler.extensions.logformat.QuietLogFormatter"
