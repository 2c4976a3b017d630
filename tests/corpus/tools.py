"""The real programs that make documents: Chromium, LibreOffice, pdftoppm. The first two start on first use, once."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from crawler.extraction.documents.office import name_sockets

T = TypeVar("T")

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_SECONDS = 120
CONVERT_SECONDS = 600
RASTERISE_SECONDS = 120
CONVERT_BATCH = 40  # files of one run; more in one run make LibreOffice slow
PAGE_PRINTS = 100  # prints of one page of Chromium, whose memory grows
# LibreOffice in place of the shell, and a watch on standard input: it ends when this process does, however it dies, and
# takes the whole group along.
OFFICE_WRAPPER = 'exec 3<&0; ( cat <&3 >/dev/null; kill -KILL 0 ) & exec 3<&- "$@" </dev/null'


class ToolError(RuntimeError):
    """A program is missing, failed, or did not write what it was asked for."""


def find_program(name: str) -> str:
    """The path of a program; raises ToolError if it is not installed."""
    path = shutil.which(name)
    if path is None:
        raise ToolError(f"{name} is not installed")
    return path


class Tools:
    """A context: one Chromium, and one LibreOffice with a throw-away profile, both gone at its end.

    Not for use by several threads.
    """

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        # Playwright leaves an event loop running in the thread that drives it, where no other could then run.
        self._thread: ThreadPoolExecutor | None = None
        self._playwright: Any = None
        self._browser: Any = None
        self._page: Any = None
        self._prints = 0
        self._office: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Tools:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End both programs and remove the temporary files."""
        if self._thread is not None:
            self._thread.submit(self._close_browser).result()
            self._thread.shutdown()
            self._thread = None
        if self._office is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._office.pid, signal.SIGKILL)
            with self._office:  # waits, and closes its standard input
                self._office = None
            for socket in name_sockets(self._profile()):
                socket.unlink(missing_ok=True)
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _home(self) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="corpus-", ignore_cleanup_errors=True)
        return Path(self._folder.name)

    def _drive(self, task: Callable[[], T]) -> T:
        """What ``task`` gives, done in the thread of the browser."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1)
        return self._thread.submit(task).result()

    def _open_browser(self) -> Any:
        if self._browser is None:
            from playwright.sync_api import sync_playwright  # noqa: PLC0415  (slow to import; not every maker prints)

            self._playwright = sync_playwright().start()
            self._browser = self._playwright.chromium.launch(
                executable_path=find_program("chromium"), args=list(CHROMIUM_FLAGS)
            )
        return self._browser

    def _close_browser(self) -> None:
        if self._browser is not None:
            self._browser.close()
            self._browser = self._page = None
        if self._playwright is not None:
            self._playwright.stop()
            self._playwright = None

    def print_pdf(self, html: str, **options: Any) -> bytes:
        """What Chromium prints of a page without scripts; ``options`` are those of playwright's ``page.pdf``."""

        def task() -> bytes:
            # One page for many prints: a new one has its process to start and its fonts to load, which takes longer.
            if self._page is None or self._prints % PAGE_PRINTS == 0:
                if self._page is not None:
                    self._page.close()
                self._page = self._open_browser().new_page(java_script_enabled=False)
            self._prints += 1
            self._page.set_content(html)
            return bytes(self._page.pdf(**options))

        return self._drive(task)

    def screenshot(self, html: str, width: int = 900, scale: float = 1.0) -> bytes:
        """PNG of the whole page at ``width`` CSS pixels, ``scale`` device pixels each."""

        def task() -> bytes:
            page = self._open_browser().new_page(
                java_script_enabled=False, viewport={"width": width, "height": 800}, device_scale_factor=scale
            )
            try:
                page.set_content(html)
                return bytes(page.screenshot(full_page=True))
            finally:
                page.close()

        return self._drive(task)

    def convert(self, files: Sequence[tuple[str, bytes]], to: str) -> list[bytes]:
        """What LibreOffice makes of each (name, bytes), in the same order, all in one run.

        ``to`` is what --convert-to takes: "pdf", "docx", "rtf", "xls", "doc:MS Word 97". Names need a suffix that
        tells the kind and may be equal. Raises ToolError if a file could not be converted.
        """
        made: list[bytes] = []
        for start in range(0, len(files), CONVERT_BATCH):
            made += self._convert_batch(files[start : start + CONVERT_BATCH], to)
        return made

    def _convert_batch(self, files: Sequence[tuple[str, bytes]], to: str) -> list[bytes]:
        command = self._open_office()
        with tempfile.TemporaryDirectory(dir=self._home()) as place:
            inputs, out = Path(place, "in"), Path(place, "out")
            inputs.mkdir()
            out.mkdir()
            paths = []
            for number, (name, data) in enumerate(files):
                path = inputs / f"{number:04d}{Path(name).suffix}"
                path.write_bytes(data)
                paths.append(path)
            # HTML would otherwise open in the web writer, which knows neither pages nor the Word filters.
            if all(path.suffix in (".html", ".htm") for path in paths):
                command.append("--infilter=HTML (StarWriter)")
            command += ["--convert-to", to, "--outdir", str(out), *map(str, paths)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=CONVERT_SECONDS, check=False)
            suffix = to.partition(":")[0]
            results = [out / f"{path.stem}.{suffix}" for path in paths]
            missing = [name for (name, _), path in zip(files, results, strict=True) if not path.is_file()]
            if missing:
                raise ToolError(f"soffice made no {suffix} of {missing}: {(done.stderr or done.stdout)[-300:]}")
            return [path.read_bytes() for path in results]

    def _profile(self) -> str:
        """The address of LibreOffice's profile."""
        return (self._home() / "office").as_uri()

    def _open_office(self) -> list[str]:
        """The command that reaches the one LibreOffice. It stays as long as a document is open in it, and a further
        start with its profile only hands over what is to be done: a tenth of the time that it takes to start.
        """
        command = [find_program("soffice"), f"-env:UserInstallation={self._profile()}", "--headless", "--norestore"]
        if self._office is not None and self._office.poll() is None:
            return command
        document = self._home() / "open.txt"
        document.write_bytes(b"")
        lock = document.with_name(f".~lock.{document.name}#")
        lock.unlink(missing_ok=True)
        self._office = subprocess.Popen(
            ["/bin/sh", "-c", OFFICE_WRAPPER, "sh", *command, str(document)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        end = time.monotonic() + START_SECONDS
        while not lock.exists():
            if self._office.poll() is not None or time.monotonic() > end:
                raise ToolError(f"soffice opened no document (status {self._office.returncode})")
            time.sleep(0.02)
        return command

    def rasterise(self, pdf: bytes, dpi: int, kind: str = "png") -> list[bytes]:
        """A picture of each page by pdftoppm; ``kind`` is png, jpeg or tiff."""
        with tempfile.TemporaryDirectory(dir=self._home()) as place:
            path = Path(place, "in.pdf")
            path.write_bytes(pdf)
            command = [find_program("pdftoppm"), f"-{kind}", "-r", str(dpi), str(path), str(Path(place, "page"))]
            done = subprocess.run(command, capture_output=True, text=True, timeout=RASTERISE_SECONDS, check=False)
            pages = sorted(Path(place).glob("page-*"))  # pdftoppm pads the numbers
            if done.returncode or not pages:
                raise ToolError(f"pdftoppm: {done.stderr.strip()[-300:] or 'no page'}")
            return [page.read_bytes() for page in pages]
