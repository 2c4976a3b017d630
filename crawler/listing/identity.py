"""Several addresses, one page: what of an address does not change what it shows."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

_TWIN = re.compile(r"^(?:www|m|wap|3g)\.(?=[^.]+\.[^.]+\.)")  # a name of two parts alone is a whole site
_SESSION_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#;]*", re.I)
_HOME = re.compile(r"/(?:index|default)\.(?:s?html?|jsp|aspx?|php)$", re.I)
# What portals, WeChat and counters hang on to an address: where a reader came from, who it is, when it asked.
_TRACES = re.compile(
    r"(?:utm_\w+|from|isappinstalled|share\w*|spm|scene|clicktime|enterid|nsukey|wx\w+|weixin\w*|wechat\w*|hm\w{2,4}|"
    r"jsessionid|phpsessid|aspsessionid\w*|sessionid|session|sid|token|_|t|ts|timestamp|rnd|rand|random|nocache|cachebust)",
    re.I,
)
_MOMENT = re.compile(r"[\d.]+|[0-9a-f-]{8,}", re.I)
_MOMENTS = frozenset("_ t ts timestamp rnd rand random nocache cachebust".split())


@lru_cache(maxsize=8192)
def identify(url: str, post: str = "") -> str:
    """The name of the page behind an address that is asked with the form ``post``: two addresses with one name are one
    page.

    The scheme, the twins ``www.`` and ``m.`` of a host, anchors, sessions, traces of where a reader came from, and the
    name of a folder's home page make no difference.

    >>> identify("https://m.a.gov.cn/nb/index.html?from=singlemessage#top") == identify("http://www.a.gov.cn/nb/")
    True
    """
    parts = urlsplit(url)
    host = _TWIN.sub("", parts.netloc.rpartition("@")[2].lower()).removesuffix(":80").removesuffix(":443")
    path = _SESSION_PATH.sub("", parts.path)
    path = _HOME.sub("/", path) or "/"
    query = "&".join(one for one in parts.query.split("&") if one and not _is_trace(one))
    return f"{host}{path}?{query}" + (f" {post}" if post else "")


def _is_trace(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    if not _TRACES.fullmatch(name):
        return False
    # A short name may mean something else elsewhere (t=3: the third type), so its value must look like a moment.
    return name.lower() not in _MOMENTS or (len(value) >= 8 and bool(_MOMENT.fullmatch(value))) or not value
