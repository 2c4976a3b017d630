"""``scrapy extract`` on files of every kind: a record each, or one clear line, and never a stop."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import docx
import pytest

from tests.crawl.crawling import PATIENCE, ROOT, Finished, run_forked, run_scrapy
from tests.sites.builder import EMPTY_PDF

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.long

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
    "random.bin": (random.Random(1).randbytes(200_000), ""),
    "report.pdf": (EMPTY_PDF, ""),
    "picture.png": (b"\x89PNG\r\n\x1a\n" + bytes(500), ""),
    "word.docx": (b"PK\x03\x04" + bytes(500), ""),
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
    return run_forked(["extract", *(str(folder / name) for name in names)], network="none", memory=MEMORY)


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


# --- folders, patterns, readers ---

REPORTS = {"2.html": 2020, "10.html": 2021, "1.html": 2019, "deep/5.html": 2022, "deep/deeper/7.html": 2023}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports of different years in a folder and its folders, and what is left out or named."""
    tree = tmp_path_factory.mktemp("tree")
    page = (CASES / READABLE["report.html"]).read_text(encoding="utf-8")
    for name, year in REPORTS.items():
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text(page.replace("2023年", f"{year}年"), encoding="utf-8")
    (tree / ".hidden.html").write_text(page, encoding="utf-8")
    (tree / ".git").mkdir()
    (tree / ".git" / "config").write_text("hidden", encoding="utf-8")
    (tree / "note.xyz").write_bytes(bytes(range(256)) * 4)
    (tree / "empty").mkdir()
    os.mkfifo(tree / "pipe.pdf")
    return tree


def read_names(finished: Finished, tree: Path) -> list[str]:
    """The files of the records, in their order, as paths in ``tree``."""
    urls = [json.loads(line)["source"]["url"] for line in finished.stdout.splitlines()]
    return [unquote(url.removeprefix(tree.as_uri() + "/")) for url in urls]


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_a_folder_is_all_its_files_in_natural_order(tree: Path, jobs: str) -> None:
    finished = run_forked(["extract", "--jobs", jobs, str(tree)], network="none")
    assert finished.status == 1
    assert read_names(finished, tree) == ["1.html", "2.html", "10.html", "deep/5.html", "deep/deeper/7.html"]
    assert [Path(line.partition(": ")[0]).name for line in finished.lines] == ["note.xyz", "pipe.pdf"]
    assert finished.lines[1].endswith("pipe.pdf: is no regular file")


def test_a_pattern_in_quotes_is_expanded(tree: Path) -> None:
    patterns = {
        "*.html": ["1.html", "2.html", "10.html"],
        "**/*.html": ["1.html", "2.html", "10.html", "deep/5.html", "deep/deeper/7.html"],
        "d*p": ["deep/5.html", "deep/deeper/7.html"],
    }
    finished = run_forked(["extract", *(str(tree / pattern) for pattern in patterns)], network="none")
    assert (finished.status, finished.stderr) == (0, "")
    assert read_names(finished, tree) == [name for names in patterns.values() for name in names]


def test_what_names_nothing_is_said(tree: Path) -> None:
    finished = run_forked(["extract", str(tree / "*.docx"), str(tree / "empty"), str(tree / "2.html")], network="none")
    assert finished.lines == [f"{tree}/*.docx: no file matches", f"{tree}/empty: the folder holds no file"]
    assert (finished.status, read_names(finished, tree)) == (1, ["2.html"])


def test_names_stand_on_one_line_and_are_no_patterns_if_they_exist(tmp_path: Path) -> None:
    page = CASES / READABLE["report.html"]
    shutil.copy(page, tmp_path / "[1].html")
    (tmp_path / "two\nlines.html").write_bytes(b"")
    finished = run_forked(["extract", str(tmp_path / "[1].html"), str(tmp_path)], network="none")
    assert read_names(finished, tmp_path) == ["[1].html", "[1].html"]
    assert finished.lines == [f"{tmp_path}/two\\nlines.html: the file is empty"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--jobs", "0", "x.html"], "--jobs: a whole number from 1, not '0'"),
        (["--jobs", "many", "x.html"], "--jobs: a whole number from 1, not 'many'"),
        (["--pdf-engine", "word", "x.html"], "--pdf-engine"),
        (["-s", "PDF_ENGINE=word", "x.html"], "PDF_ENGINE: PDF engine 'word'"),
        (["-s", "READER_TIMEOUT=soon", "x.html"], "READER_TIMEOUT must be a number"),
        ([], "name at least one file"),
    ],
)
def test_options_that_make_no_sense_are_one_line(arguments: list[str], said: str) -> None:
    finished = run_forked(["extract", *arguments], network="none")
    assert (finished.status, finished.stdout, len(finished.lines)) == (2, "", 1)
    assert said in finished.stderr


def test_a_reader_may_use_one_engine_and_no_characters_of_pictures(folder: Path) -> None:
    options = ["--pdf-engine", "pdfium", "--no-ocr"]
    finished = run_forked(["extract", *options, str(folder / "report.html")], network="none")
    assert (finished.status, finished.stderr, finished.stdout.count("\n")) == (0, "", 1)


def test_the_settings_limit_every_reader(folder: Path) -> None:
    """A limit that no reader can keep, to see that it is in force."""
    arguments = ["extract", "-s", "READER_TIMEOUT=0.000001", str(folder / "report.html"), str(folder / "old.html")]
    finished = run_forked(arguments, network="none")
    reason = "the reader ran longer than 1e-06 s and was stopped"
    assert finished.lines == [f"{folder}/report.html: {reason}", f"{folder}/old.html: {reason}"]
    assert (finished.status, finished.stdout) == (1, "")


def test_progress_is_shown_on_a_terminal_alone(tree: Path) -> None:
    """Standard error is a terminal, standard output is not."""
    ours, theirs = os.openpty()
    arguments = [str(tree / "*.html"), str(tree / "note.xyz")]
    with subprocess.Popen(
        [sys.executable, "-m", "scrapy", "extract", *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs
    ) as process:
        os.close(theirs)
        stdout, _ = process.communicate(timeout=PATIENCE)
    shown = b""
    with suppress(OSError), os.fdopen(ours, "rb", buffering=0) as terminal:
        while part := terminal.read(4096):
            shown += part
    assert len(stdout.splitlines()) == 3
    assert b"\r" not in stdout
    text = shown.decode()
    assert re.search(r"\d of 4 · 0 failed · [\d.]+/s", text)
    assert f"{tree}/note.xyz: " in text
    assert "failed" not in text.rpartition("\r")[2]  # the line is gone when the command ends


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_at_once_with_all_its_readers(tmp_path: Path, number: signal.Signals, status: int) -> None:
    many = [str(CASES / case) for case in READABLE.values()] * 2000
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "scrapy", "extract", "--jobs", "2", *many],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(temporary)},
        start_new_session=True,
        # A suite that runs in the background of a shell hands on that interrupts are ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  (no thread runs here)
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"{")
        assert find_processes(temporary) != []
        process.send_signal(number)
        process.stdout.read()
        assert process.stderr.read() == b""
        assert process.wait(PATIENCE) == status
    assert find_processes(temporary) == []
    assert list(temporary.iterdir()) == []


def find_processes(temporary: Path) -> list[int]:
    """The processes whose TMPDIR is ``temporary`` or in it."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"TMPDIR={temporary}".encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


# --- bad input: each must end by itself, with one line, and leave nothing ---

SUFFIXES = ("pdf", "docx", "doc", "wps", "rtf", "xls", "xlsx", "ofd", "zip", "png", "jpg", "tif", "html", "txt")


def make_word(path: Path) -> bytes:
    """A .docx of a report, for its bytes."""
    document = docx.Document()
    document.add_paragraph("夏尔县人民政府2021年政府信息公开工作年度报告")
    document.add_table(rows=40, cols=10)
    document.save(str(path))
    data = path.read_bytes()
    path.unlink()
    return data


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bad = tmp_path_factory.mktemp("bad")
    noise = random.Random(7)
    for suffix in SUFFIXES:
        (bad / f"empty.{suffix}").write_bytes(b"")
        (bad / f"random.{suffix}").write_bytes(noise.randbytes(20_000))
    whole = {"docx": make_word(bad / "whole.docx"), "pdf": EMPTY_PDF}
    for suffix, data in whole.items():
        for part in (10, 50, 95):
            (bad / f"truncated-{part}.{suffix}").write_bytes(data[: len(data) * part // 100])
    with (bad / "sparse.pdf").open("wb") as file:
        file.truncate(500_000_000)
    os.mkfifo(bad / "fifo.docx")
    (bad / "folder.pdf").mkdir()
    (bad / "loop.html").symlink_to(bad / "loop.html")
    return bad


def test_bad_input_is_one_line_each_and_leaves_nothing(bad: Path, tmp_path: Path) -> None:
    names = [*sorted(bad.iterdir()), bad / "missing.pdf", Path("/dev/zero")]
    finished = run_forked(
        ["extract", "--no-ocr", *map(str, names)], network="none", memory=MEMORY, env={"TMPDIR": str(tmp_path)}
    )
    assert (finished.status, finished.stdout) == (1, "")
    said = dict(line.split(": ", 1) for line in finished.lines)
    assert list(said) == [str(name) for name in names]
    assert all(0 < len(reason) < 300 for reason in said.values())
    assert not any(word in reason for reason in said.values() for word in ("Traceback", "the reader failed", "died"))
    for suffix in SUFFIXES:
        assert said[f"{bad}/empty.{suffix}"] == "the file is empty"
    assert said[f"{bad}/sparse.pdf"] == "500,000,000 bytes; the limit is 67,108,864"
    assert said[f"{bad}/fifo.docx"] == said["/dev/zero"] == "is no regular file"
    assert said[f"{bad}/folder.pdf"] == "the folder holds no file"
    assert "symbolic links" in said[f"{bad}/loop.html"]
    assert find_processes(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


# --- size ---

TITLE = "<title>卧龙区人民政府2021年政府信息公开工作年度报告</title>".encode()


def test_huge_files_end_within_bounded_memory(tmp_path: Path) -> None:
    huge = {
        "50 MB of nested tags.html": b"<html><body>" + b"<div>" * 10_000_000,
        "20 MB of nested tags.html": b"<html>" + TITLE + b"<body>" + b"<div>" * 4_000_000,
        "10 MB of nested tables.html": b"<html>" + TITLE + b"<body>" + b"<table><tr><td>" * 700_000,
        "10 MB of closed tables.html": b"<table><tr><td>" * 320_000 + TITLE + b"</td></tr></table>" * 320_000,
        "20 MB of rows.html": b"<html>" + TITLE + b"<table>" + b"<tr><td>1</td><td>2</td></tr>" * 700_000,
        "50 MB of a line.txt": "一".encode() * 17_000_000,
        "65 MB of anything": bytes(65 * 1024 * 1024),
    }
    for name, data in huge.items():
        (tmp_path / name).write_bytes(data)
    shutil.copy(CASES / READABLE["report.html"], tmp_path / "report.html")
    names = [*huge, "report.html"]
    finished = run_forked(["extract", *(str(tmp_path / name) for name in names)], network="none", memory=MEMORY)
    for name in huge:
        (tmp_path / name).unlink()
    assert finished.status == 1
    assert len(finished.stdout.splitlines()) == 1
    assert [Path(line.partition(": ")[0]).name for line in finished.lines] == list(huge)
    assert all(len(line) < 400 and "MemoryError" not in line for line in finished.lines)
