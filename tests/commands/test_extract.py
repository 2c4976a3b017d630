"""``scrapy extract`` on files of every kind: a record each, or one clear line, and never a stop."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.crawl.crawling import ROOT, Finished, run_scrapy
from tests.sites.builder import EMPTY_PDF

if TYPE_CHECKING:
    from collections.abc import Mapping

CASES = ROOT / "tests" / "cases"
MEMORY = 1536 * 1024 * 1024  # bytes of address space
READABLE = {
    "report.html": "html-article-2023/input.html",
    "report.txt": "txt-tabs-2023/input.txt",
    "old.html": "html-gb18030-declared-gb2312-2020/input.html",
    "named like nothing": "html-article-2019/input.html",
    "misnamed.pdf": "txt-lines-2019/input.txt",
}
# name → (what is in it, what the line must say)
OF_CASES = {
    "news.html": ("html-news-1/input.html", ""),
    "news.txt": ("txt-news-1/input.txt", ""),
    "notice.html": ("html-notice-1/input.html", ""),
    "announcement.html": ("html-announcement-1/input.html", ""),
    "law.html": ("html-law-report-1/input.html", ""),
    "law.txt": ("txt-law-report-1/input.txt", ""),
    "template.html": ("html-template-1/input.html", ""),
    "empty-tags.html": ("html-empty-1/input.html", ""),
}
MADE: dict[str, tuple[bytes, str]] = {
    "empty.html": (b"", "the file is empty"),
    "blank.txt": (b" \r\n\t\n", "the file is empty"),
    "random.bin": (bytes((n * n * 31 + n // 7) % 256 for n in range(200_000)), ""),
    "report.pdf": (EMPTY_PDF, "application/pdf"),
    "picture.png": (b"\x89PNG\r\n\x1a\n" + bytes(500), "image/png"),
    "word.docx": (b"PK\x03\x04" + bytes(500), "application/zip"),
    "broken.html": (b"<html><table><tr><td><div></table></p><<<b a=' <td>&#xZZ;<!-- <tr", ""),
    "ebcdic.txt": ("The annual report on information disclosure".encode("cp500") * 50, ""),
    "declared.html": (b'<html><meta charset="x-no-such"><body>\xff\xfe\x80\x81' * 40, ""),
}
NO_TABLES = "html-no-tables-2022/input.html"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for name, case in READABLE.items():
        shutil.copy(CASES / case, folder / name)
    for name, (case, _) in OF_CASES.items():
        shutil.copy(CASES / case, folder / name)
    for name, (data, _) in MADE.items():
        (folder / name).write_bytes(data)
    shutil.copy(CASES / NO_TABLES, folder / "no-tables.html")
    (folder / "a folder").mkdir()
    (folder / "unreadable.html").symlink_to(folder / "nowhere.html")
    return folder


@pytest.fixture(scope="module")
def done(folder: Path) -> Finished:
    """One call with all of them, the good ones between and after the bad."""
    names = [
        *OF_CASES,
        *READABLE,
        *MADE,
        "a folder",
        "missing.html",
        "unreadable.html",
        "no-tables.html",
        "report.html",
    ]
    return run_scrapy(["extract", *(str(folder / name) for name in names)], network="none", memory=MEMORY)


@pytest.fixture(scope="module")
def reasons(done: Finished, folder: Path) -> Mapping[str, str]:
    """The reason on standard error by name; an error if a line is anything else."""
    found = {}
    for line in done.lines:
        path, _, reason = line.removeprefix(f"{folder}/").partition(": ")
        assert line.startswith(f"{folder}/"), line
        assert reason, line
        assert path not in found, f"two lines for {path}"
        found[path] = reason
    return found


def test_every_readable_file_gives_one_record(done: Finished, folder: Path) -> None:
    records = [json.loads(line) for line in done.stdout.splitlines()]
    wanted = [*READABLE, "no-tables.html", "report.html"]
    assert [record["source"]["url"] for record in records] == [(folder / name).as_uri() for name in wanted]
    for record, name in zip(records, wanted, strict=True):
        case = READABLE.get(name, NO_TABLES)
        expected = json.loads((CASES / case).with_name("expected.json").read_text(encoding="utf-8"))
        assert (record["year"], record["portal"]) == (expected["year"], "local")
        assert record["source"]["landing_url"] == record["source"]["url"]
        assert record["source"]["archive"] is None
        if expected["confidence"] == "verified":
            assert record["tables"] == expected["tables"]


def test_every_other_file_is_named_with_its_reason(done: Finished, reasons: Mapping[str, str]) -> None:
    assert done.status == 1
    bad = {*OF_CASES, *MADE, "a folder", "missing.html", "unreadable.html", "no-tables.html"}
    assert reasons.keys() == bad
    for name, (_, said) in {**OF_CASES, **MADE}.items():
        assert said in reasons[name]
        assert len(reasons[name]) < 300
    assert "folder" in reasons["a folder"]
    assert reasons["missing.html"] == reasons["unreadable.html"] == "No such file or directory"
    assert "no statutory table" in reasons["no-tables.html"]


def test_report_without_tables_is_a_record_and_a_line(done: Finished) -> None:
    record = json.loads(done.stdout.splitlines()[-2])
    assert record["confidence"] == "failed"
    assert record["tables"] == {}


def test_no_body_reaches_the_log(done: Finished) -> None:
    """The longest run of text that a line may repeat is a title."""
    texts = [(CASES / case).read_bytes().decode("utf-8", errors="ignore") for case, _ in OF_CASES.values()]
    for line in done.lines:
        for run in re.findall("[一-鿿，。；：、]{45,}", line):
            assert not any(run in text for text in texts), run


def test_good_files_alone_end_with_status_0(folder: Path) -> None:
    finished = run_scrapy(["extract", os.path.relpath(folder / "report.html", ROOT)], network="none")
    assert (finished.status, finished.stderr, finished.stdout.count("\n")) == (0, "", 1)


# --- size: each must end by itself, and within MEMORY ---

TITLE = "<title>卧龙区人民政府2021年政府信息公开工作年度报告</title>".encode()
HUGE = {
    "50 MB of nested tags.html": b"<html><body>" + b"<div>" * 10_000_000,
    "20 MB of nested tags.html": b"<html>" + TITLE + b"<body>" + b"<div>" * 4_000_000,
    "10 MB of nested tables.html": b"<html>" + TITLE + b"<body>" + b"<table><tr><td>" * 700_000,
    "10 MB of closed tables.html": b"<table><tr><td>" * 320_000 + TITLE + b"</td></tr></table>" * 320_000,
    "20 MB of rows.html": b"<html>" + TITLE + b"<table>" + b"<tr><td>1</td><td>2</td></tr>" * 700_000,
    "50 MB of a line.txt": "一".encode() * 17_000_000,
    "65 MB of anything": bytes(65 * 1024 * 1024),
}


def test_huge_files_end_within_bounded_memory(tmp_path: Path) -> None:
    for name, data in HUGE.items():
        (tmp_path / name).write_bytes(data)
    shutil.copy(CASES / READABLE["report.html"], tmp_path / "report.html")
    names = [*HUGE, "report.html"]
    finished = run_scrapy(["extract", *(str(tmp_path / name) for name in names)], network="none", memory=MEMORY)
    for name in HUGE:
        (tmp_path / name).unlink()
    assert finished.status == 1
    assert len(finished.stdout.splitlines()) == 1
    assert [Path(line.partition(": ")[0]).name for line in finished.lines] == list(HUGE)
    assert all(len(line) < 400 and "MemoryError" not in line for line in finished.lines)
