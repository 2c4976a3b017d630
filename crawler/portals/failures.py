"""Why an address could not be had, in the words of the ledger."""

from __future__ import annotations

import re

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

GONE = frozenset({404, 410})  # a dead link: nothing stands there
_FAILURE = re.compile(r"\[?<twisted\.python\.failure\.Failure [\w.]+: (.*?)>\]?")  # as Twisted prints reasons


def is_gone(failure: Failure) -> bool:
    """Whether the portal says that nothing stands at the address."""
    return bool(failure.check(HttpError)) and failure.value.response.status in GONE  # type: ignore[attr-defined]


def find_asked(request: Request) -> str:
    """The address that a request began with, before it was redirected."""
    first: str = request.meta.get("redirect_urls", [request.url])[0]
    return first


def tell_outcome(failure: Failure) -> str:
    """What becomes of an address that could not be had, in the words of the ledger."""
    ignored = failure.check(IgnoreRequest) and not failure.check(HttpError)
    return getattr(failure.value, "outcome", "forbidden") if ignored else "failed"


def tell_reason(failure: Failure) -> str:
    """The reason of a failure in one line, without the address that it begins with: who prints it has named that."""
    if failure.check(HttpError):
        return f"HTTP {failure.value.response.status}"  # type: ignore[attr-defined]
    request: Request = failure.request  # type: ignore[attr-defined]
    text = _FAILURE.sub(r"\1", " ".join(str(failure.value).split()))
    if request.url == find_asked(request):
        text = text.removeprefix(f"{request.url}: ")
    return text[:300] or type(failure.value).__name__
