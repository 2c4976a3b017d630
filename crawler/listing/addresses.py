"""Links as pages print them → addresses that can be asked for."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_NOT_PAGES = re.compile(r"(?:javascript|mailto|tel|data|about|blob|sms|weixin|file|ftp|thunder):", re.I)
_PLAIN = re.compile(r"/(?!/)[A-Za-z0-9_./~-]*")  # a whole path of letters that need no encoding
_BLANKS = re.compile(r"[\t\r\n\f\u200b\ufeff]+")


def join(base: str, href: str) -> str | None:
    """The absolute address of a link, without its fragment; None for what is no page (javascript:, mailto:, #top).

    By RFC 3986, section 5, with two kindnesses of browsers: backslashes are slashes, line breaks are dropped. Empty
    steps of a path stay (``/html/1//2/list.html`` on older sites), which `urllib.parse.urljoin` loses. What is not
    ASCII, and blanks, are percent-encoded as UTF-8.

    >>> join("http://a.gov.cn/html/1//2/list.html", "list_2.html")
    'http://a.gov.cn/html/1//2/list_2.html'
    >>> join("http://a.gov.cn/", "年报/2021 (1).html")
    'http://a.gov.cn/%E5%B9%B4%E6%8A%A5/2021%20(1).html'
    """
    if _PLAIN.fullmatch(href) and "/." not in href:
        return _origin(base) + href  # as most links are printed, and as they go over the wire
    folder = base[: base.partition("?")[0].rfind("/") + 1]
    if href.lstrip()[:1] in {"", "?", "#"} or folder.endswith("//"):
        return _join(base, href)
    return _join_quick(folder, href)  # pages of one folder share most of their links


@lru_cache(maxsize=64)
def _origin(base: str) -> str:
    parts = urlsplit(base)
    return f"{parts.scheme}://{parts.netloc}"


def _join(base: str, href: str) -> str | None:
    href = _BLANKS.sub("", href).strip().replace("\\", "/")
    href = href.partition("#")[0]
    if not href or _NOT_PAGES.match(href):
        return None
    try:
        here = urlsplit(base)
        if _SCHEME.match(href):
            there = urlsplit(href)
            if there.scheme.lower() not in {"http", "https"} or not there.hostname:
                return None
            return _unsplit(there.scheme.lower(), there.netloc, there.path, there.query)
        if href.startswith("//"):
            there = urlsplit(f"{here.scheme}:{href}")
            if not there.hostname:
                return None
            return _unsplit(here.scheme, there.netloc, there.path, there.query)
        path, mark, query = href.partition("?")
        if not path:
            path = here.path
        elif not path.startswith("/"):
            path = here.path.rpartition("/")[0] + "/" + path
        return _unsplit(here.scheme, here.netloc, path, query if mark else "")
    except ValueError:  # an address that is none: http://[broken
        return None


_join_quick = lru_cache(maxsize=4096)(_join)


def _unsplit(scheme: str, netloc: str, path: str, query: str) -> str:
    """The address as it goes over the wire, so that one page has one address however a link is printed."""
    path = quote(_flatten(path) or "/", safe="%/:@!$&'()*+,;=~")
    return urlunsplit((scheme, netloc, path, quote(query, safe="%/?:@!$&()*+,;=~"), ""))


def _flatten(path: str) -> str:
    """Takes out the steps ``.`` and ``..`` of a path and nothing else."""
    if "/." not in path:
        return path
    steps: list[str] = []
    parts = path.split("/")
    for part in parts:
        if part == "..":
            if len(steps) > 1:
                steps.pop()
        elif part != ".":
            steps.append(part)
    if parts[-1] in {".", ".."}:
        steps.append("")
    return "/".join(steps)


def host(url: str) -> str:
    """Host and port of an address in lower case, as `www.nanyang.gov.cn` or `127.0.0.1:8000`."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def is_same_site(portal: str, other: str) -> bool:
    """Whether a host belongs to a portal: itself, its ``www.`` and ``m.`` twins, or a sub-domain of its bodies.

    Both are hosts with port. An address in numbers has neither twins nor sub-domains.
    """
    if portal == other:
        return True
    name, _, port = portal.partition(":")
    other_name, _, other_port = other.partition(":")
    if port != other_port or re.fullmatch(r"[\d.]+|\[.*", name):
        return False
    base = re.sub(r"^(?:www|m)\.", "", name)
    return base.count(".") >= 2 and (other_name == base or other_name.endswith("." + base))


def is_government(url: str) -> bool:
    """Whether an address lies on a public ``gov.cn`` host."""
    name = (urlsplit(url).hostname or "").lower()
    return name == "gov.cn" or name.endswith(".gov.cn")
