"""What a reader process does with a job, here in this process."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.extraction.errors import NotAReport, UnreadableDocument
from crawler.extraction.record.model import Source
from crawler.workers import reading
from crawler.workers.model import Job
from crawler.workers.reading import load_body, read_job
from tests.test_rooms import ROOT

CASE = ROOT / "tests" / "cases" / "html-article-2023" / "input.html"
SOURCE = Source("file:///report.html", "file:///report.html", "2026-01-01T00:00:00Z")


def never() -> None:
    raise RuntimeError("no picture was to be read")


def test_a_file_and_its_bytes_are_read_alike() -> None:
    by_path = read_job(Job(SOURCE, path=str(CASE)), never)
    by_body = read_job(Job(SOURCE, body=CASE.read_bytes(), check=True), never)
    assert by_path == by_body
    assert (by_path.record["year"], by_path.faults) == (2023, ())


def test_faults_come_with_the_record_if_asked_for() -> None:
    source = Source("", "file:///report.html", "yesterday")
    assert read_job(Job(source, path=str(CASE)), never).faults == ()
    assert any("fetched_at" in fault for fault in read_job(Job(source, path=str(CASE), check=True), never).faults)


def test_the_kernels_reasons_go_through() -> None:
    with pytest.raises(NotAReport):
        read_job(Job(SOURCE, body=b"<html><p>news</p></html>"), never)
    with pytest.raises(UnreadableDocument, match="the file is empty"):
        read_job(Job(SOURCE), never)


def test_a_file_that_changed_since_it_was_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path, said in ((tmp_path, "Is a directory"), (tmp_path / "gone", "No such file or directory")):
        with pytest.raises(UnreadableDocument, match=said):
            load_body(Job(SOURCE, path=str(path)))
    monkeypatch.setattr(reading, "MAX_BYTES", 100)
    with pytest.raises(UnreadableDocument, match="more than 100 bytes"):
        load_body(Job(SOURCE, path=str(CASE)))
