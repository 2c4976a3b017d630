"""``scrapy extract``: reads documents that are already at hand and prints one record each."""

from __future__ import annotations

import argparse
import glob
import json
import os
import re
import signal
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand

from crawler.commandline import Progress, StrictUsage, end_by_signal, read_jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from crawler.extraction.record.model import Record
    from crawler.workers.model import Job, Reading

    Check = Callable[[Record], Sequence[str]]

ENGINES = ("both", "pdfminer", "pdfium")
PICTURES = frozenset({"picture", "unread_page"})  # the warnings that say what a record without a table may lack


class Command(StrictUsage, ScrapyCommand):
    requires_project = True
    examples = (
        "scrapy extract report.pdf",
        "scrapy extract reports/ > records.jsonl",
        "scrapy extract 'reports/**/*.docx' --jobs 4 > records.jsonl",
    )
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] FILE|FOLDER|GLOB..."

    def short_desc(self) -> str:
        return "Read annual reports from files and print their records"

    def long_desc(self) -> str:
        return (
            "Reads each file (of a folder: all that are not hidden, and those of its folders) and prints its record as "
            "one JSON line on standard output, in the order of the files. What cannot be read is named on standard "
            "error with the reason; the status is then 1, after all others are done."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        group = parser.add_argument_group("Reading")
        group.add_argument("--jobs", type=read_jobs, metavar="N", help="readers side by side (default: one a core)")
        group.add_argument(
            "--pdf-engine",
            choices=ENGINES,
            help="read a PDF with two decoders, which must agree, or faster with one (default: PDF_ENGINE)",
        )
        group.add_argument("--no-ocr", action="store_true", help="do not read characters from pictures")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if not args:
            self.refuse("name at least one file, as in scrapy extract report.html")
        signal.signal(signal.SIGTERM, end_by_signal)  # so that readers and their files go first
        try:
            self._extract(args, opts)
        except KeyboardInterrupt:
            self.exitcode = 130
        except BrokenPipeError:  # `| head`: nobody reads on
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self.exitcode = 1

    def _extract(self, args: list[str], opts: argparse.Namespace) -> None:
        from crawler.extraction.documents.options import Options  # noqa: PLC0415  (--help needs no pool)
        from crawler.extraction.record.model import Source  # noqa: PLC0415
        from crawler.workers.choices import count_readers, read_limits, read_options  # noqa: PLC0415
        from crawler.workers.model import MAX_BYTES, Job  # noqa: PLC0415
        from crawler.workers.pool import ReaderPool  # noqa: PLC0415

        if self.settings is None:
            raise RuntimeError("scrapy.cmdline makes the settings")
        try:
            if opts.pdf_engine:
                self.settings.set("PDF_ENGINE", opts.pdf_engine, priority="cmdline")
            options: Options = read_options(self.settings, ocr=not opts.no_ocr)
            limits, readers = read_limits(self.settings), opts.jobs or count_readers(self.settings)
        except ValueError as error:
            self.refuse(str(error))

        def prepare(name: str) -> Job:
            path = Path(name)
            check_file(path, MAX_BYTES)
            uri = path.resolve().as_uri()
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            return Job(Source(uri, uri, now), path=str(path.absolute()), options=options, check=not alone)

        names = [name for arg in args for name in find_files(arg)]
        # To check a record takes as long as to read one, so readers do it. A single record is checked here: what that
        # needs is loaded while the reader starts, which takes a sixth of the time off.
        alone = len(names) == 1
        progress = Progress(len(names))
        with ReaderPool(min(readers, max(1, len(names))), limits) as pool:
            done = pool.map_in_order(names, prepare)
            check = load_check() if alone else None
            for name, future in done:
                problem = self._print(future, progress, check)
                progress.count(failed=problem is not None)
                if problem:
                    progress.clear()
                    sys.stderr.write(f"{say_name(name)}: {problem}\n")
                    self.exitcode = 1
                progress.show()
        progress.clear()

    def _print(self, future: Future[Reading], progress: Progress, check: Check | None) -> str | None:
        """Prints the record of a file; the reason, in one line, if there is none or it holds no table."""
        from crawler.extraction.errors import ReadingError  # noqa: PLC0415
        from crawler.workers.model import ReaderFailed  # noqa: PLC0415

        try:
            reading = future.result()
        except ReadingError as error:
            return str(error)
        except ReaderFailed as error:
            return f"the reader failed: {error}"
        except OSError as error:
            return error.strerror or str(error)
        faults = check(reading.record) if check else reading.faults
        if faults:
            return f"its record breaks the schema: {faults[0]}"
        progress.clear()
        sys.stdout.write(json.dumps(reading.record, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        if reading.record["confidence"] == "failed":
            why = next((f"; {w['message']}" for w in reading.record["warnings"] if w["code"] in PICTURES), "")
            return f"no statutory table could be read in this report of {reading.record['year']}{why}"
        return None


def load_check() -> Check:
    """What finds the faults of a record, ready for use."""
    from crawler.extraction.record.schema import find_faults  # noqa: PLC0415

    find_faults({})
    return find_faults


def find_files(arg: str) -> Iterator[str]:
    """The files that an argument names, in natural order (2.html before 10.html).

    A folder stands for all files in it and in its folders, a pattern for what it matches; hidden ones are left out. An
    argument that names nothing is given back as it is, so that it can be said.
    """
    if glob.has_magic(arg) and not os.path.lexists(arg):
        found = glob.glob(arg, recursive=True)  # noqa: PTH207  (pathlib's does not leave out hidden files)
        names = {name for one in found for name in (walk_folder(one) if Path(one).is_dir() else (one,))}
    elif Path(arg).is_dir():
        names = set(walk_folder(arg))
    else:
        names = {arg}
    yield from sorted(names, key=natural_key) or [arg]


def walk_folder(folder: str) -> Iterator[str]:
    """The files of a folder and of its folders but the hidden ones. Links are followed to files, not to folders. A
    folder that cannot be listed is given itself."""
    problems: list[OSError] = []
    for path, folders, files in os.walk(folder, onerror=problems.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (os.path.join(path, name) for name in files if not name.startswith("."))  # noqa: PTH118
    yield from (str(problem.filename) for problem in problems)


def natural_key(name: str) -> list[list[tuple[int, int, str]]]:
    """Sorts the parts of a path with their numbers as numbers."""
    return [
        [(0, int(piece), piece) if piece.isdecimal() else (1, 0, piece) for piece in re.split(r"(\d+)", part) if piece]
        for part in Path(name).parts
    ]


def check_file(path: Path, limit: int) -> None:
    """Raises OSError with the reason for what must not be opened: only what is no regular file could block."""
    try:
        about = path.stat()
    except FileNotFoundError:
        if glob.has_magic(str(path)) and not path.is_symlink():
            raise OSError(0, "no file matches") from None
        raise
    if stat.S_ISDIR(about.st_mode):
        next(os.scandir(path), None)  # raises the reason why it cannot be listed
        raise OSError(0, "the folder holds no file")
    if not stat.S_ISREG(about.st_mode):
        raise OSError(0, "is no regular file")
    if about.st_size > limit:
        raise OSError(0, f"{about.st_size:,} bytes; the limit is {limit:,}")


def say_name(name: str) -> str:
    """A file's name on one line, whatever it holds."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in name)
