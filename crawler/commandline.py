"""What our commands share: help with examples, and errors in one line with status 2."""

from __future__ import annotations

import argparse
import sys

from scrapy.commands import ScrapyHelpFormatter


class HelpFormatter(ScrapyHelpFormatter):
    """Keeps the line breaks of the examples."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:
            return "".join(indent + line for line in text.splitlines(keepends=True))
        return super()._fill_text(text, width, indent)


def add_examples(parser: argparse.ArgumentParser, *examples: str) -> None:
    """Shows examples at the end of ``--help``."""
    parser.formatter_class = HelpFormatter
    parser.epilog = "Examples:\n" + "\n".join(f"  {example}" for example in examples)


def find_unknown_option(args: list[str]) -> str | None:
    """An argument that looks like an option. Scrapy's parser leaves unknown options among the arguments."""
    return next((arg for arg in args if arg.startswith("-") and arg != "-"), None)


def fail(command: str, problem: str) -> int:
    """Prints a usage error in one line and gives its exit status, 2."""
    sys.stderr.write(f"scrapy {command}: {problem}\n")
    return 2
