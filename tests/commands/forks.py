"""Runs many command lines of ``scrapy``, each in a fork of a process that has loaded everything once.

``python -m tests.commands.forks``: a JSON list of argument lists on standard input, a JSON list of
``[status, stdout, stderr]`` on standard output. What a fork does is what ``scrapy ARGUMENTS`` does, without the second
that a fresh interpreter takes to load it. No fork may use the network.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile

from scrapy.cmdline import _get_commands_dict, execute
from scrapy.spiderloader import SpiderLoader
from scrapy.utils.project import get_project_settings

from tests.crawl.guarded import guard


def run(arguments: list[str]) -> tuple[int, str, str]:
    """Status, standard output and standard error of one command line."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            status = 70
            try:
                execute(["scrapy", *arguments])
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else int(end.code is not None)
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    return status, texts[0], texts[1]


if __name__ == "__main__":
    guard("none")
    settings = get_project_settings()
    _get_commands_dict(settings, inproject=True)
    SpiderLoader.from_settings(settings)
    json.dump([run(arguments) for arguments in json.load(sys.stdin)], sys.stdout)
