"""What the catalogue is told of a run as it begins."""

from __future__ import annotations

import pytest

from crawler.extensions.catalogue import _describe_run
from crawler.portals.spider import PortalSpider

OWN, OTHER = "http://www.yunlai.gov.cn/", "http://new.yunlai.gov.cn/"


class Yunlai(PortalSpider):
    name = "yunlai"
    addresses = (OWN,)


@pytest.mark.parametrize(("given", "asked"), [({}, OWN), ({"url": OTHER}, OTHER)])
def test_a_trial_from_another_address_is_told_from_a_usual_run(given: dict[str, str], asked: str) -> None:
    facts = _describe_run(Yunlai(**given), "1")
    assert (facts.asked, facts.addresses) == ((asked,), (OWN,))


def test_a_spider_without_addresses_has_no_usual_ones() -> None:
    class Any(PortalSpider):
        name = "any"

    facts = _describe_run(Any(url=OTHER), "1")
    assert (facts.asked, facts.addresses) == ((OTHER,), None)
