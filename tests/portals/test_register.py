"""The register: every line is checked, and a wrong one is one line that names its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crawler.extraction.report.agency import load_divisions
from crawler.listing.addresses import host, is_government
from crawler.portals.register import (
    CHECKED,
    COLUMNS,
    UNCHECKED,
    Portal,
    RegisterError,
    check_divisions,
    load_register,
    read_register,
)

FICTIONAL = Path(__file__).with_name("portals.csv")
HEADER = ",".join(COLUMNS)
GOOD = "yunlai,云来县人民政府,county,411303,http://www.yunlai.test/,fictional,"
DIVISIONS = {code: (division.name, division.level) for code, division in load_divisions().items()}


def read(*lines: str) -> dict[str, Portal]:
    return read_register("\n".join([HEADER, *lines, ""]), "some.csv")


# --- the register that is shipped


def test_every_line_of_the_register_is_a_portal() -> None:
    portals = load_register()
    assert list(check_divisions(portals, DIVISIONS)) == []
    for number, portal in enumerate(portals.values(), 2):
        assert re.fullmatch("[一-鿿（）()]+", portal.body), portal.place
        assert all(is_government(address) for address in portal.addresses), portal.place
        assert portal.place == f"portals.csv, line {number}"


@pytest.mark.parametrize("portal", load_register().values(), ids=lambda portal: portal.name)
def test_notes_say_first_whether_the_portal_was_seen_and_then_what(portal: Portal) -> None:
    first = CHECKED if portal.is_checked else UNCHECKED
    assert portal.notes.startswith(first)
    assert portal.notes.removeprefix(first).strip()


def test_what_was_seen_is_said_as_it_is_known() -> None:
    """The portals of the sample archive: of one no page was ever seen."""
    portals = load_register()
    assert [portals[name].is_checked for name in ("wolong", "nanyang", "xixia", "jianxi")] == [True, True, True, False]


@pytest.mark.parametrize(
    ("notes", "checked"),
    [
        ("checked: its column", True),
        ("unchecked: by the pattern of its sisters", False),
        ("", False),
        ("nothing of its own seen", False),
        ("Henan platform; checked: its column", False),
    ],
)
def test_checked_is_what_its_notes_begin_with(notes: str, checked: bool) -> None:
    portal = read(f"yunlai,云来县人民政府,county,,http://www.yunlai.test/,{notes},")["yunlai"]
    assert portal.is_checked is checked


def test_no_two_lines_share_a_body_or_a_host() -> None:
    """A crawl goes wherever the host of its address is; two of one host would each crawl both."""
    portals = load_register().values()
    assert len({portal.body for portal in portals}) == len(portals)
    hosts = [{host(address).removeprefix("www.") for address in portal.addresses} for portal in portals]
    assert len(set().union(*hosts)) == sum(map(len, hosts))


# --- reading


def test_further_register_stands_behind_the_shipped_one() -> None:
    portals = load_register(str(FICTIONAL))
    assert list(portals) == [*load_register(), "yunlai", "qingxi-new", "shiqiao"]
    assert portals["qingxi-new"] == Portal(
        name="qingxi-new",
        body="青溪市人民政府",
        level="prefecture",
        code=None,
        addresses=("http://www.qingxi.test/", "http://www.qingxi.test/zfxxgk/"),
        notes="unchecked: fictional",
        hosts=("files.qingxi.test", "oss.qingxi.test:8080"),
        place=f"{FICTIONAL}, line 3",
    )


def test_blank_lines_a_byte_order_mark_and_quotes_are_fine() -> None:
    text = f'\ufeff{HEADER}\r\n\r\nyunlai,云来县人民政府,county,,http://www.yunlai.test,"a, b",\r\n'
    portal = read_register(text, "some.csv")["yunlai"]
    assert (portal.notes, portal.addresses, portal.place) == ("a, b", ("http://www.yunlai.test/",), "some.csv, line 3")


WRONG = {
    "6 columns instead of 7": "yunlai,云来县人民政府,county,,http://www.yunlai.test/,",
    "'Yunlai' is no name": GOOD.replace("yunlai,", "Yunlai,"),
    "'云来' is no name": GOOD.replace("yunlai,", "云来,"),
    "'../yunlai' is no name": GOOD.replace("yunlai,", "../yunlai,"),
    "portal means something else": GOOD.replace("yunlai,", "portal,"),
    "the body is missing": GOOD.replace("云来县人民政府", " "),
    "'town' is no level": GOOD.replace("county", "town"),
    "'41130' is no code": GOOD.replace("411303", "41130"),
    "'41130x' is no code": GOOD.replace("411303", "41130x"),
    "the address is missing": GOOD.replace("http://www.yunlai.test/", ""),
    "www.yunlai.test": GOOD.replace("http://www.yunlai.test/", "www.yunlai.test"),
    "ftp://www.yunlai.test/": GOOD.replace("http:", "ftp:"),
    "http://www.yunlai.test:port/": GOOD.replace(".test/", ".test:port/"),
    "'http://a.test' is no host": GOOD + "http://a.test",
    "'a..test' is no host": GOOD + "a..test",
}


@pytest.mark.parametrize("named", WRONG)
def test_a_wrong_line_is_named(named: str) -> None:
    with pytest.raises(RegisterError) as error:
        read(GOOD.replace("yunlai", "another"), WRONG[named])
    assert named in str(error.value)
    assert str(error.value).startswith("some.csv, line 3: ")
    assert "\n" not in str(error.value)


def test_a_wrong_header_is_named() -> None:
    with pytest.raises(RegisterError, match=r"some\.csv, line 1: the header must be name,body,level"):
        read_register("name,body\nyunlai,云来县人民政府\n", "some.csv")


def test_a_broken_quote_is_named() -> None:
    with pytest.raises(RegisterError, match=r"some\.csv, line 2: "):
        read_register(f'{HEADER}\nyunlai,"云来县"人民政府,county,,http://www.yunlai.test/,,\n', "some.csv")


@pytest.mark.parametrize(
    ("second", "named"),
    [
        (GOOD, "line 3: yunlai stands in some.csv, line 2 too"),
        (GOOD.replace("yunlai,", "other,"), "line 3: http://www.yunlai.test/ is yunlai's too (some.csv, line 2)"),
    ],
)
def test_two_lines_for_one_portal_are_refused(second: str, named: str) -> None:
    with pytest.raises(RegisterError) as error:
        read(GOOD, second)
    assert named in str(error.value)


def test_a_further_register_cannot_say_otherwise_of_a_portal(tmp_path: Path) -> None:
    path = tmp_path / "more.csv"
    path.write_text(f"{HEADER}\n{GOOD.replace('yunlai,', 'wolong,')}\n", encoding="utf-8")
    with pytest.raises(RegisterError, match=r"wolong stands in portals\.csv, line 2 too"):
        load_register(str(path))


def test_a_register_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match=r"PORTALS_FILE: .*nowhere\.csv: No such file"):
        load_register(str(tmp_path / "nowhere.csv"))
    (tmp_path / "gbk.csv").write_bytes(f"{HEADER}\n{GOOD}\n".encode("gb18030"))
    with pytest.raises(RegisterError, match=r"gbk\.csv: no UTF-8"):
        load_register(str(tmp_path / "gbk.csv"))


@pytest.mark.parametrize(
    ("code", "level", "body", "named"),
    [
        ("999999", "county", "卧龙区人民政府", "no division has the code 999999"),
        ("411303", "county", "西峡县人民政府", "411303 is 卧龙区, not 西峡县人民政府"),
        ("411303", "prefecture", "卧龙区人民政府", "卧龙区 is a county, not a prefecture"),
        ("411303", "township", "卧龙区石桥镇人民政府", None),
        ("411303", "county", "卧龙区人民政府", None),
        ("", "county", "云来县人民政府", None),
    ],
)
def test_codes_are_checked_against_the_divisions(code: str, level: str, body: str, named: str | None) -> None:
    portals = read(f"yunlai,{body},{level},{code},http://www.yunlai.test/,,")
    problems = list(check_divisions(portals, DIVISIONS))
    assert problems == ([f"some.csv, line 2: yunlai: {named}"] if named else [])
