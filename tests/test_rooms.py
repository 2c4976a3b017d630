"""Data flows one way: request → response → document → report → checks → record → feed. No import runs upstream."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
HOUSES = ("crawler", "pipelines", "settings", "spiders")
KERNEL = "crawler.extraction"

# Each room and what it may import of ours, besides itself. A longer name goes before a shorter one.
ROOMS: dict[str, tuple[str, ...]] = {
    # The kernel: plain data in, plain data out.
    f"{KERNEL}.errors": (),
    f"{KERNEL}.text": (f"{KERNEL}.errors",),
    f"{KERNEL}.garbage": (),
    f"{KERNEL}.documents": (f"{KERNEL}.text", f"{KERNEL}.errors", f"{KERNEL}.garbage"),
    f"{KERNEL}.report": (f"{KERNEL}.documents.model", f"{KERNEL}.text", f"{KERNEL}.errors"),
    f"{KERNEL}.checks": (f"{KERNEL}.report.model", f"{KERNEL}.report.form"),
    f"{KERNEL}.record": (f"{KERNEL}.checks", f"{KERNEL}.report", f"{KERNEL}.text", f"{KERNEL}.errors"),
    f"{KERNEL}.read": (KERNEL,),  # the front door, the only file that sees every step
    KERNEL: (),
    "crawler.listing": (f"{KERNEL}.text", f"{KERNEL}.errors"),
    # What the rooms around the kernel share.
    "crawler.items": (),
    "crawler.files": (),
    "crawler.runs": (),
    "crawler.commandline": (),
    # How a run is told: what it ends with, its account, tables on a terminal.
    "crawler.telling": (f"{KERNEL}.text",),
    # Reading in processes of their own. The parent's side is light: a fresh reader imports the kernel's front door.
    "crawler.workers": (KERNEL, "crawler.files"),
    # What is known across runs. No Scrapy in it.
    "crawler.catalogue": (
        *(f"{KERNEL}.record", f"{KERNEL}.report.form", f"{KERNEL}.checks"),
        *("crawler.listing.identity", "crawler.files"),
    ),
    # The crawl.
    "crawler.web": ("crawler.items", "crawler.runs"),
    "crawler.portals": ("crawler.listing", "crawler.items", f"{KERNEL}.text", f"{KERNEL}.errors"),
    "spiders": ("crawler.portals", "crawler.listing.addresses"),
    # The feed. Scrapy loads pipelines, extensions and commands by their names, and nothing imports commands.
    "pipelines": (KERNEL, "crawler.catalogue", "crawler.workers", "crawler.items", "crawler.runs", "crawler.files"),
    "crawler.extensions": (
        *(KERNEL, "crawler.catalogue", "crawler.portals", "crawler.items", "crawler.runs", "crawler.files"),
        "crawler.telling",
    ),
    # Watching reads what the crawl left: its stats, and the catalogue.
    "crawler.watching": (
        *(f"{KERNEL}.record", "crawler.telling", "crawler.catalogue", "crawler.files", "crawler.runs"),
    ),
    "crawler.commands": (
        *(KERNEL, "crawler.extensions", "crawler.web", "crawler.portals", "crawler.items", "crawler.runs"),
        *("crawler.files", "crawler.workers", "crawler.commandline", "crawler.catalogue", "crawler.watching"),
        *("crawler.reparse", "crawler.fleet", "crawler.telling"),
    ),
    # The archives read again. Of the crawl it has how answers are read from them.
    "crawler.reparse": (KERNEL, "crawler.catalogue", "crawler.workers", "crawler.web.warc", "crawler.portals.pages"),
    # Crawls side by side, as processes: what is seen of one from outside, and the account that it leaves.
    "crawler.fleet": ("crawler.catalogue", "crawler.telling", "crawler.listing.addresses"),
    "settings": (),
    "crawler": (),
}


def find_modules() -> dict[str, Path]:
    """Our modules by their dotted names."""
    paths = (path for house in HOUSES for path in (ROOT / house).rglob("*.py"))
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


MODULES = find_modules()


def is_in(module: str, room: str) -> bool:
    return module == room or module.startswith(room + ".")


def find_room(module: str) -> str:
    """The room of a module: the longest name that holds it."""
    return max((room for room in ROOMS if is_in(module, room)), key=len)


def find_imports(module: str, source: str) -> Iterator[str]:
    """The modules of ours, and of the tests, that ``source`` imports, wherever in the file."""
    package = module if module in MODULES and MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [node.module])])
            # `from crawler.listing import plain` names a module, `from crawler.runs import run_dir` none.
            found = [name if (name := f"{base}.{alias.name}") in MODULES else base for alias in node.names]
        else:
            continue
        yield from (name for name in found if name.partition(".")[0] in {*HOUSES, "tests"})


def find_breaches(module: str, source: str) -> list[str]:
    """The imports of ``source`` that run upstream, one line each; ``source`` stands in ``module``."""
    room = find_room(module)
    allowed = (*ROOMS[room], *([room] if room != "crawler" else []))
    return [
        f"{module} ({room}) imports {name}"
        for name in find_imports(module, source)
        if not any(is_in(name, one) for one in allowed)
    ]


@pytest.mark.parametrize("module", sorted(MODULES))
def test_no_import_runs_upstream(module: str) -> None:
    assert find_breaches(module, MODULES[module].read_text(encoding="utf-8")) == []


def test_every_room_is_there_and_every_module_has_one() -> None:
    assert [room for room in ROOMS if not any(is_in(module, room) for module in MODULES)] == []
    assert [module for module in MODULES if find_room(module) == "crawler"] == ["crawler"]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        (f"{KERNEL}.text.clean", f"from {KERNEL}.report.form import load_form"),
        (f"{KERNEL}.text.clean", f"def f():\n    import {KERNEL}.documents.model"),
        (f"{KERNEL}.documents.html", f"from {KERNEL}.report import form"),
        (f"{KERNEL}.report.read", f"from {KERNEL}.documents.html import read_html"),
        (f"{KERNEL}.report.read", f"from {KERNEL} import read"),
        (f"{KERNEL}.checks.identities", f"from {KERNEL}.report.read import read_report"),
        (f"{KERNEL}.record.build", "from crawler.items import Fetched"),
        (f"{KERNEL}.text.clean", "from ..report import form"),
        (f"{KERNEL}.read", "import crawler.runs"),
        ("crawler.listing.plain", f"from {KERNEL}.report.form import load_form"),
        ("crawler.listing.plain", "from crawler.portals.ledger import Ledger"),
        ("crawler.items", f"from {KERNEL}.record.model import Record"),
        ("crawler.web.archive", "from crawler.extensions.feedstorage import WholeFileFeedStorage"),
        ("crawler.web.archive", "from crawler.portals.spider import PortalSpider"),
        ("crawler.portals.spider", f"from {KERNEL}.read import read"),
        ("crawler.portals.spider", "from crawler.web.refusals import Refused"),
        ("crawler.extensions.verdict", "from crawler.commands.crawl import Command"),
        ("spiders.wolong", f"from {KERNEL}.text.titles import read_title"),
        ("spiders.wolong", "from spiders.nanyang import NanyangSpider\nimport crawler.items"),
        ("pipelines.extract", "from crawler.extensions.verdict import Verdict"),
        ("pipelines.extract", "if TYPE_CHECKING:\n    from spiders.wolong import WolongSpider"),
        ("settings.local", "from crawler.runs import RunAddon"),
        ("crawler.commands.crawl", "from tests.crawl.crawling import run_crawl"),
        ("crawler.files", "import settings.base"),
        ("crawler.workers.pool", "from crawler.items import Fetched"),
        ("crawler.catalogue.store", "from crawler.runs import data_dir"),
        (f"{KERNEL}.read", "from crawler.workers.model import Job"),
    ],
)
def test_an_import_upstream_is_found(module: str, source: str) -> None:
    """The test above can fail."""
    assert len(find_breaches(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        (f"{KERNEL}.read", f"from {KERNEL}.checks.identities import run_checks"),
        (f"{KERNEL}.report.read", f"from {KERNEL}.documents.model import Document\nimport re, json"),
        (f"{KERNEL}.text.titles", "from .clean import clean_text"),
        ("settings.local", "from settings.base import *"),
        ("spiders.wolong", "from crawler.portals.spider import PortalSpider\nfrom scrapy import Request"),
        ("pipelines.extract", "from crawler.workers.pool import ReaderPool"),
    ],
)
def test_an_import_downstream_is_none(module: str, source: str) -> None:
    assert find_breaches(module, source) == []


def test_package_files_are_empty() -> None:
    """A front file could make a circle."""
    assert [name for name, path in MODULES.items() if path.name == "__init__.py" and path.read_bytes()] == []


def test_kernel_and_catalogue_run_without_scrapy() -> None:
    """All of it, in an interpreter of its own; itemadapter imports Scrapy where it is there."""
    rooms = (KERNEL, "crawler.listing", "crawler.catalogue")
    kernel = [name for name in MODULES if any(is_in(name, room) for room in rooms)]
    code = f"""
import importlib, sys
for name in {kernel!r}:
    importlib.import_module(name)
print(sorted({{name.partition(".")[0] for name in sys.modules}} & {{"scrapy", "twisted", "itemadapter", "pytest"}}))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")
