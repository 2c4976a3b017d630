"""The four test portals by name."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tests.sites import jianxi, nanyang, wolong, xixia

if TYPE_CHECKING:
    from tests.sites.site import Site

PORTALS = {"wolong": wolong.build, "nanyang": nanyang.build, "xixia": xixia.build, "jianxi": jianxi.build}


@cache
def build_site(portal: str, extra: bool = True) -> Site:
    """The portal ``wolong``, ``nanyang``, ``xixia`` or ``jianxi``; the same call gives the same pages.

    Without ``extra`` its only reports are the real ones (five on all four portals), nothing is missing and nothing
    unreadable, so that a crawl can end ``complete``. With it there are some twelve, and what the portal cannot deliver.
    Raises KeyError for another name.
    """
    return PORTALS[portal](extra)
