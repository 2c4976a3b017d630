"""What is read anew from the archive, on SQLite and on PostgreSQL: found, held, entered, delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, text

from crawler.catalogue.database import MIGRATIONS, connect, find_url
from crawler.catalogue.errors import PortalBusyError
from crawler.catalogue.model import SCHEMA, SCHEMA_TABLE
from crawler.catalogue.reread import (
    PortalFacts,
    check_readings,
    find_portals,
    hold_portal,
    judge,
    list_versions,
    load_versions,
    renew_checks,
    store_readings,
)
from crawler.catalogue.store import Catalogue, key_body, open_catalogue
from crawler.catalogue.versions import digest_documents
from tests.catalogue.records import make_record
from tests.catalogue.runs import crawl, open_run
from tests.test_rooms import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.extraction.record.model import Record

BODY = "411399-云来县人民政府"


def find(catalogue: Catalogue) -> PortalFacts:
    (portal,) = find_portals(catalogue)
    return portal


def place(record: dict[str, Any], offset: int, file: str = "yunlai/archive/1.warc.gz") -> dict[str, Any]:
    """The record as if its document stood there; each has a document of its own."""
    archive = {"file": file, "offset": offset}
    digest = f"{offset:064x}"
    return {**record, "source": {**record["source"], "archive": archive, "sha256": digest}}


def load(catalogue: Catalogue, *years: int) -> dict[int, tuple[int, Record]]:
    """Year → id of the current version, and its record."""
    portal = find(catalogue)
    span = (years[0], years[-1]) if years else None
    kept = load_versions(catalogue, portal, list_versions(catalogue, portal, span))
    return {one.record["year"]: (one.version_id, one.record) for one in kept}


def test_versions_come_as_their_documents_stand_in_the_archives(catalogue: Catalogue) -> None:
    unarchived = make_record(2020, document="x")
    unarchived["source"]["archive"] = None
    records = [
        place(make_record(2021), 900),
        place(make_record(2022), 40),
        place(make_record(2023), 7, "yunlai/archive/2.warc.gz"),
        unarchived,
    ]
    crawl(catalogue, *records, name="1")
    crawl(catalogue, place(make_record(2021, received=9), 8, "yunlai/archive/2.warc.gz"), name="2", verdict="partial")
    assert find(catalogue).name == "yunlai"
    assert list(load(catalogue)) == [2020, 2022, 2023, 2021]
    assert [record["version"]["n"] for _, record in load(catalogue).values()] == [1, 1, 1, 2]
    assert list(load(catalogue, 2021, 2022)) == [2022, 2021]
    (kept,) = load_versions(catalogue, find(catalogue), list_versions(catalogue, find(catalogue), (2022, 2022)))
    assert kept.places == {f"{40:064x}": {"file": "yunlai/archive/1.warc.gz", "offset": 40}}


def test_how_a_report_was_found_is_kept(catalogue: Catalogue) -> None:
    records = [make_record(2023), make_record(2024)]
    with open_run(catalogue) as run:
        for record in records:
            run.note_found(record["source"]["url"], "2023年年报\0", "云来县财政局")
            run.weigh(record)
            run.keep(record["report_id"])
    with open_run(catalogue, "2") as run:
        again = make_record(2024, document="furniture")
        run.note_found(again["source"]["url"], "年报", None)
        run.weigh(again)
        run.see(again["report_id"])
    portal = find(catalogue)
    kept = load_versions(catalogue, portal, list_versions(catalogue, portal, None))
    assert {one.record["year"]: (one.link, one.listed) for one in kept} == {
        2023: ("2023年年报\ufffd", "云来县财政局"),
        2024: ("年报", None),
    }


def test_a_reading_is_a_version_that_the_next_feed_holds_once(catalogue: Catalogue) -> None:
    crawl(catalogue, make_record(2023, carried_out=2), make_record(2024, carried_in=5), name="1")
    (before,) = catalogue.describe()
    assert {check["rule"] for check in before["checks"]} == {"applications.year_to_year"}
    version, old = load(catalogue)[2024]
    decision = judge(make_record(2024, carried_in=2), old)
    assert (decision.kind, decision.record["version"]["n"]) == ("reading", 2)
    assert decision.record["version"]["last_seen"] == old["version"]["last_seen"]
    portal = find(catalogue)
    ((was, now),) = check_readings(
        catalogue, portal, [key_body(old)], {decision.record["report_id"]: decision.record}.get
    )
    assert [{check.status for check in checks} for checks in (was, now)] == [{"pass", "fail"}, {"pass"}]
    with hold_portal(catalogue, "yunlai"):
        assert store_readings(catalogue, portal, iter([(version, decision.record)])) == 1
        renew_checks(catalogue, portal)
    (row,) = catalogue.describe()
    assert (row["waiting"], row["checks"], row["last"]) == (1, [], before["last"])
    with pytest.raises(ValueError, match="version 1 is not the current one"):
        store_readings(catalogue, portal, [(version, decision.record)])
    unchanged = make_record(2024, carried_in=2)
    second = crawl(catalogue, make_record(2023, carried_out=2), unchanged, name="2")
    assert [(record["year"], record["version"]["reason"]) for record in second.feed] == [(2024, "reading")]
    (changed,) = second.of("changed")
    assert [(cell["column"], cell["old"], cell["new"]) for cell in changed["cells"]] == [
        ("natural_person", 5, 2),
        ("total", 5, 2),
    ]
    assert {tuple(check["reports"]) for check in second.of("check")} == {(f"{BODY}-2023", f"{BODY}-2024")}
    assert crawl(catalogue, make_record(2023, carried_out=2), unchanged, name="3").feed == []


def test_what_a_newer_parser_finds_within_a_document_is_no_other_document(catalogue: Catalogue) -> None:
    inside = {**make_record(document="member")["source"], "member": "table.xlsx"}
    inside.pop("parts")
    old, new = make_record(2024), make_record(2024, received=9)
    new["source"]["parts"] = [inside]
    crawl(catalogue, old, name="1")
    with open_run(catalogue, "2") as run:
        assert run.weigh(new).kind == "reading"
    version, record = load(catalogue)[2024]
    store_readings(catalogue, find(catalogue), [(version, judge(new, record).record)])
    assert digest_documents(new) == digest_documents(old)
    with open_run(catalogue, "3") as run:
        assert run.weigh(new).kind == "same"


def test_only_one_at_a_time_holds_a_portal(catalogue: Catalogue) -> None:
    crawl(catalogue, make_record(), name="1")
    with hold_portal(catalogue, "yunlai"):
        with pytest.raises(
            PortalBusyError, match=r"^yunlai is being read anew already: by scrapy reparse --write \(.+:\d+\)$"
        ):
            open_run(catalogue, "2").__enter__()
        with pytest.raises(PortalBusyError, match="is being read anew already"), hold_portal(catalogue, "yunlai"):
            pass
    with open_run(catalogue, "2"), pytest.raises(PortalBusyError, match="crawled already: run 2 "):
        hold_portal(catalogue, "yunlai").__enter__()


def test_a_catalogue_of_before_is_brought_up_to_date(url: str, tmp_path: Path) -> None:
    engine = connect(find_url(url, tmp_path))
    config = Config()
    config.set_main_option("script_location", str(ROOT.joinpath(*MIGRATIONS.split("."))))
    with engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text("INSERT INTO portals (name) VALUES ('yunlai')"))
    with engine.connect() as connection:
        assert "link" not in {column["name"] for column in inspect(connection).get_columns("reports")}
    engine.dispose()
    catalogue = open_catalogue(url, tmp_path)
    with catalogue.read() as session:
        assert list(session.scalars(SCHEMA_TABLE.select())) == [SCHEMA]
    crawl(catalogue, make_record(), name="1")
    assert [portal.name for portal in find_portals(catalogue)] == ["yunlai"]
    catalogue.close()
