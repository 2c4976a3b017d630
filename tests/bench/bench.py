"""Measures the reader and the crawl: ``make bench``, or ``python -m tests.bench.bench``.

1. Documents per second that the kernel reads, from bytes to record, in one process: all hard cases and the reports of
   the sample portals, HTML and text apart. Median of five runs.
2. A page of 120 KB pasted from Word, beside what lxml alone takes to parse it and to collect the text of all cells.
3. Pages per second of a crawl over loopback, beside a bare Scrapy spider on the same portal with the same pace. Both
   are processes of their own and take turns; from the first request to the end of the process, median of three.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import lxml.etree

from crawler.extraction.errors import ReadingError
from crawler.extraction.read import read
from crawler.extraction.record.model import Source
from tests.bench.bare import PACE
from tests.bench.server import FastServer, serve_fast
from tests.bench.site import build_site
from tests.cases.make.draft import make_draft
from tests.cases.make.pages import WORD_GRID, Look, render_page, word_cell, word_p
from tests.display import display_width, format_rows
from tests.sites import build as portals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
