"""A user agent that names nobody is a warning, once, at the start."""

from __future__ import annotations

import logging

import pytest
from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.settings import Settings

from crawler.extensions.contact import Contact, names_contact
from settings import base


@pytest.mark.parametrize(
    "agent",
    [
        "nianbao/0.1 (+https://example.org; data@example.org)",
        "nianbao/0.1 (+http://crawler.example.org/about)",
        "nianbao (office.data+crawl@mail.example.gov.cn)",
    ],
)
def test_a_contact_is_seen(agent: str) -> None:
    assert names_contact(agent)


@pytest.mark.parametrize("agent", [base.USER_AGENT, "", "nianbao/0.1", "nianbao @ home", "nianbao (see http://)"])
def test_no_contact_is_seen(agent: str) -> None:
    assert not names_contact(agent)


def start(agent: str, caplog: pytest.LogCaptureFixture, **more: object) -> list[str]:
    """The warnings of a crawl that opens its spider."""
    crawler = Crawler(Spider, Settings({"USER_AGENT": agent, **more}))
    extension = Contact.from_crawler(crawler)
    with caplog.at_level(logging.WARNING):
        crawler.signals.send_catch_log(signals.spider_opened, spider=Spider("shire"))
    assert extension.crawler is crawler
    return [record.getMessage() for record in caplog.records]


def test_a_crawl_without_contact_warns_once(caplog: pytest.LogCaptureFixture) -> None:
    (line,) = start("nianbao/0.1", caplog)
    assert line.startswith("contact: USER_AGENT names nobody to write to: nianbao/0.1 ")
    assert "settings/server.py" in line


def test_a_crawl_with_contact_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    assert start("nianbao/0.1 (data@example.org)", caplog) == []


def test_a_replay_asks_nobody(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(NotConfigured):
        start("nianbao/0.1", caplog, REPLAY="a.warc.gz")
