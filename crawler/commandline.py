"""What our commands share: help with examples, and usage errors in one line with status 2."""

from __future__ import annotations

import argparse
import logging
import re
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from scrapy.commands import ScrapyHelpFormatter
from scrapy.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings, Settings


class HelpFormatter(ScrapyHelpFormatter):
    """Keeps the line breaks of the examples."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:
            return "".join(indent + line for line in text.splitlines(keepends=True))
        return super()._fill_text(text, width, indent)


class StrictUsage:
    """Mixin of a command, before Scrapy's class: whatever is wrong with its options is one line and status 2.

    Scrapy's parser prints its usage over an error, and leaves unknown options among the arguments. ``examples`` stand
    at the end of ``--help``. Each of ``checks`` says what is wrong with the settings, in one line, or None; they are
    asked before anything is made of the settings.
    """

    examples: tuple[str, ...] = ()
    checks: tuple[Callable[[BaseSettings], str | None], ...] = ()
    settings: Settings | None

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)  # type: ignore[misc]
        parser.formatter_class = HelpFormatter
        parser.epilog = "Examples:\n" + "\n".join(f"  {example}" for example in self.examples)
        parser.error = self.refuse  # type: ignore[method-assign]

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        if opts.loglevel and opts.loglevel not in logging.getLevelNamesMapping():
            self.refuse(f"no such log level: {opts.loglevel}")
        try:
            super().process_options(args, opts)  # type: ignore[misc]
            if opts.logfile:
                Path(opts.logfile).open("a").close()
        except UsageError as error:
            self.refuse(str(error))
        except OSError as error:  # --logfile or --pidfile
            self.refuse(str(error))
        unknown = next((arg for arg in args if arg.startswith("-") and arg != "-"), None)
        if unknown:
            self.refuse(f"unknown option {unknown}; see scrapy {self.name} --help")
        for check in self.checks:
            if self.settings is not None and (problem := check(self.settings)) is not None:
                self.refuse(problem)

    @property
    def name(self) -> str:
        """What the command is called: the name of its module."""
        return type(self).__module__.rpartition(".")[2]

    def refuse(self, problem: str) -> NoReturn:
        """Ends the process with a usage error."""
        sys.stderr.write(f"scrapy {self.name}: {' '.join(problem.split())}\n")
        sys.exit(2)


def find_finish_reason(crawler: Crawler) -> str | None:
    """Why a crawl ended, or None if it never began: then Scrapy has logged what was in its way."""
    with suppress(RuntimeError):  # it has no stats before it begins
        if crawler.stats is not None:
            return str(crawler.stats.get_value("finish_reason"))
    return None


class Progress:
    """One line on a terminal that says how far a command is; nothing where standard error is no terminal."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.failed = total, 0, 0
        self.active = total > 1 and sys.stderr.isatty()
        self.begun = time.monotonic()
        self.shown, self.width = 0.0, 0

    def count(self, *, failed: bool) -> None:
        self.done += 1
        self.failed += failed

    def show(self) -> None:
        """Writes the line anew, ten times a second at most."""
        now = time.monotonic()
        if not self.active or (self.width and now - self.shown < 0.1):
            return
        self.clear()
        rate = self.done / max(now - self.begun, 0.001)
        line = f"{self.done} of {self.total} · {self.failed} failed · {rate:.1f}/s"
        sys.stderr.write(line)
        sys.stderr.flush()
        self.shown, self.width = now, len(line)

    def clear(self) -> None:
        if self.width:
            sys.stderr.write("\r" + " " * self.width + "\r")
            sys.stderr.flush()
            self.width = 0


def read_jobs(text: str) -> int:
    """The value of ``--jobs``."""
    if not re.fullmatch(r"[1-9]\d{0,3}", text):
        raise argparse.ArgumentTypeError(f"a whole number from 1, not {text!r}")
    return int(text)


def end_by_signal(number: int, _: Any) -> NoReturn:
    """Ends the command as Ctrl-C would, so that what it began is put away."""
    sys.exit(128 + number)
