"""What our commands share: help with examples, and usage errors in one line with status 2."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from scrapy.commands import ScrapyHelpFormatter
from scrapy.exceptions import UsageError

if TYPE_CHECKING:
    import argparse
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
