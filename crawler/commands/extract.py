"""``scrapy extract``: reads documents that are already at hand and prints one record each."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand

from crawler.commandline import StrictUsage

if TYPE_CHECKING:
    import argparse

MAX_BYTES = 64 * 1024 * 1024  # as DOWNLOAD_MAXSIZE: what a crawl would not fetch is not read from disk either


class Command(StrictUsage, ScrapyCommand):
    requires_project = True
    examples = ("scrapy extract report.html", "scrapy extract reports/*.txt > records.jsonl")
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] FILE..."

    def short_desc(self) -> str:
        return "Read annual reports from files and print their records"

    def long_desc(self) -> str:
        return (
            "Reads each file and prints its record as one JSON line on standard output. What cannot be read is named "
            "on standard error with the reason; the status is then 1, after all others are done."
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if not args:
            self.refuse("name at least one file, as in scrapy extract report.html")
        for name in args:
            problem = _extract(Path(name))
            if problem:
                sys.stderr.write(f"{name}: {problem}\n")
                self.exitcode = 1


def _extract(path: Path) -> str | None:
    """Prints the record of a file; the reason, in one line, if there is none or it holds no table."""
    from crawler.extraction.errors import ReadingError  # noqa: PLC0415  (--help needs no reader)
    from crawler.extraction.read import read  # noqa: PLC0415
    from crawler.extraction.record.model import Source  # noqa: PLC0415
    from crawler.extraction.record.schema import find_faults  # noqa: PLC0415

    try:
        if path.is_dir():
            return "is a folder; name its files, as in folder/*.html"
        size = path.stat().st_size
        if size > MAX_BYTES:
            return f"{size:,} bytes; the limit is {MAX_BYTES:,}"
        data = path.read_bytes()
        uri = path.resolve().as_uri()
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        record = read(data, Source(uri, uri, now))
    except OSError as error:
        return error.strerror or str(error)
    except ReadingError as error:
        return str(error)
    except Exception as error:
        return f"the reader failed: {type(error).__name__}: {' '.join(str(error).split())[:200]}"
    faults = find_faults(record)
    if faults:
        return f"its record breaks the schema: {faults[0]}"
    sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    if record["confidence"] == "failed":
        return f"no statutory table could be read in this report of {record['year']}"
    return None
