"""What is a new version of a report, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.catalogue.versions import Decision, LastVersion, decide, digest_documents
from crawler.extraction.record.schema import find_faults
from tests.catalogue.records import DAY, make_record

LATER = "2026-03-01T03:15:00Z"


def after(first: dict[str, Any], record: dict[str, Any], *, digest: str | None = None) -> Decision:
    """The decision on ``record`` where ``first`` is the current version."""
    last = LastVersion(first["version"]["n"], first, digest or digest_documents(first), first["version"]["last_seen"])
    return decide(record, last)


def test_the_first_version() -> None:
    record = make_record()
    decision = decide(record, None)
    assert (decision.kind, decision.record) == ("first", record)
    assert find_faults(decision.record) == []


def test_what_the_report_says_changed() -> None:
    first = make_record()
    for other in (
        make_record(received=4, document="b", fetched_at=LATER),
        make_record(text="本年度情况有更正。", document="b", fetched_at=LATER),
        make_record(tables={}, document="b", fetched_at=LATER),
    ):
        decision = after(first, other)
        assert decision.kind == "document"
        assert decision.record["version"] == {
            "n": 2,
            "reason": "document",
            "content_sha256": other["version"]["content_sha256"],
            "supersedes": {
                "sha256": first["source"]["sha256"],
                "content_sha256": first["version"]["content_sha256"],
            },
            "first_seen": LATER,
            "last_seen": LATER,
        }
        assert find_faults(decision.record) == []
        assert other["version"]["n"] == 1  # what was given is as it was


def test_page_furniture_is_no_version() -> None:
    first = make_record(document="seen 17 times")
    decision = after(first, make_record(document="seen 18 times", fetched_at=LATER))
    assert decision.kind == "same"
    version = decision.record["version"]
    assert (version["n"], version["first_seen"], version["last_seen"]) == (1, DAY, LATER)
    assert decision.record["source"] == first["source"]  # the version as it was found
    assert decision.digest != digest_documents(first)  # and what was seen last


def test_the_same_document_read_anew() -> None:
    first = make_record()
    value = after(first, make_record(received=30, fetched_at=LATER))
    assert (value.kind, value.record["version"]["n"], value.record["version"]["reason"]) == ("reading", 2, "reading")
    blank = after(first, make_record(received=None, fetched_at=LATER))
    assert blank.kind == "reading"
    text = after(first, make_record(text="本年度 情况。", fetched_at=LATER))
    assert text.kind == "same"  # no value differs
    assert text.record["sections"] == first["sections"]


def test_the_same_document_is_what_was_seen_last() -> None:
    """The page's furniture changed since the version; then a newer parser reads it."""
    first = make_record(document="seen 17 times")
    newer = make_record(document="seen 18 times", received=30, fetched_at=LATER)
    assert after(first, newer, digest=digest_documents(newer)).kind == "reading"
    assert after(first, newer).kind == "document"


def test_parts_are_documents_too() -> None:
    first = make_record(parts=("sheet",))
    assert after(first, make_record(parts=("sheet",), received=4)).kind == "reading"
    assert after(first, make_record(parts=("other sheet",), received=4)).kind == "document"
    assert digest_documents(first) != digest_documents(make_record())


@pytest.mark.parametrize("lost", ["unread_part", "pictures_left_out"])
def test_what_could_not_be_had_this_time_takes_nothing_back(lost: str) -> None:
    first = make_record(parts=("sheet",))
    without = make_record(tables={}, warnings=(lost,), confidence="partial", fetched_at=LATER)
    decision = after(first, without)
    assert (decision.kind, decision.record["tables"]) == ("same", first["tables"])
    assert decision.digest == digest_documents(first)
    # It was not there before either, or the report says something else, or nothing says that something is missing.
    assert after(make_record(parts=("sheet",), warnings=(lost,)), without).kind == "document"
    changed = make_record(tables={}, warnings=(lost,), text="本年度情况有更正。", fetched_at=LATER)
    assert after(first, changed).kind == "document"
    assert after(first, make_record(received=4, warnings=(lost,), fetched_at=LATER)).kind == "document"
    assert after(first, make_record(tables={}, fetched_at=LATER)).kind == "document"


def test_a_clock_that_jumped_back_moves_nothing_back() -> None:
    first = make_record(fetched_at=LATER)
    assert after(first, make_record(fetched_at=DAY)).record["version"]["last_seen"] == LATER
    changed = after(first, make_record(received=4, document="b", fetched_at=DAY)).record["version"]
    assert changed["first_seen"] <= changed["last_seen"] == LATER
