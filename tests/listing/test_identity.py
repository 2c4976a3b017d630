"""Which addresses are one page."""

from __future__ import annotations

import pytest

from crawler.listing.identity import identify

PAGE = "http://www.qingxi.gov.cn/zfxxgk/nb/"


@pytest.mark.parametrize(
    "other",
    [
        "https://www.qingxi.gov.cn/zfxxgk/nb/",
        "http://m.qingxi.gov.cn/zfxxgk/nb/",
        "http://qingxi.gov.cn:80/zfxxgk/nb/",
        "http://WWW.qingxi.gov.cn/zfxxgk/nb/#list",
        "http://www.qingxi.gov.cn/zfxxgk/nb/index.html",
        "http://www.qingxi.gov.cn/zfxxgk/nb/;jsessionid=0A1B2C",
        "http://www.qingxi.gov.cn/zfxxgk/nb/?from=singlemessage&isappinstalled=0",
        "http://www.qingxi.gov.cn/zfxxgk/nb/?utm_source=wx&_=1700000000000",
    ],
)
def test_one_page(other: str) -> None:
    assert identify(other) == identify(PAGE)


@pytest.mark.parametrize(
    "other",
    [
        "http://czj.qingxi.gov.cn/zfxxgk/nb/",
        "http://www.qingxi.gov.cn/zfxxgk/nb/index_1.html",
        "http://www.qingxi.gov.cn/zfxxgk/nb/?page=2",
        "http://www.qingxi.gov.cn/zfxxgk/nb/?t=3",  # a type, no moment
        "http://www.qingxi.gov.cn:8080/zfxxgk/nb/",
        "http://www.qingxi.gov.cn/ZFXXGK/nb/",
    ],
)
def test_other_pages(other: str) -> None:
    assert identify(other) != identify(PAGE)


def test_twins_of_a_name_of_two_parts_are_names_of_their_own() -> None:
    assert identify("http://m.gov.cn/") != identify("http://gov.cn/")


def test_a_form_is_part_of_what_is_asked() -> None:
    assert len({identify(PAGE), identify(PAGE, "page=1"), identify(PAGE, "page=2")}) == 3
