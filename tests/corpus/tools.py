"""The real programs that make documents: Chromium, LibreOffice, pdftoppm. Each starts on first use only."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
CONVERT_SECONDS = 600
RASTERISE_SECONDS = 120
CONVERT_BATCH = 40  # files of one run; more in one run make LibreOffice slow


class ToolError(RuntimeError):
    """A program is missing, failed, or did not write what it was asked for."""


def find_program(name: str) -> str:
    """The path of a program; raises ToolError if it is not installed."""
    path = shutil.which(name)
    if path is None:
        raise ToolError(f"{name} is not installed")
    return path


class Tools:
    """A context: one Chromium and one throw-away LibreOffice profile, both gone at its end.

    Not for use by several threads.
    """

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._playwright: Any = None
        self._browser: Any = None

    def __enter__(self) -> Tools:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the browser and remove the temporary files."""
        if self._browser is not None:
            self._browser.close()
            self._browser = None
        if self._playwright is not None:
            self._playwright.stop()
            self._playwright = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _home(self) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="corpus-", ignore_cleanup_errors=True)
        return Path(self._folder.name)

    def _open_browser(self) -> Any:
        if self._browser is None:
            from playwright.sync_api import sync_playwright  # noqa: PLC0415  (slow to import; not every maker prints)

            self._playwright = sync_playwright().start()
            self._browser = self._playwright.chromium.launch(
                executable_path=find_program("chromium"), args=list(CHROMIUM_FLAGS)
            )
        return self._browser

    def print_pdf(self, html: str, **options: Any) -> bytes:
        """What Chromium prints of a page without scripts; ``options`` are those of playwright's ``page.pdf``."""
        page = self._open_browser().new_page(java_script_enabled=False)
        try:
            page.set_content(html)
            return bytes(page.pdf(**options))
        finally:
            page.close()

    def screenshot(self, html: str, width: int = 900, scale: float = 1.0) -> bytes:
        """PNG of the whole page at ``width`` CSS pixels, ``scale`` device pixels each."""
        page = self._open_browser().new_page(
            java_script_enabled=False, viewport={"width": width, "height": 800}, device_scale_factor=scale
        )
        try:
            page.set_content(html)
            return bytes(page.screenshot(full_page=True))
        finally:
            page.close()

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
        program = find_program("soffice")
        home = self._home()
        with tempfile.TemporaryDirectory(dir=home) as place:
            inputs, out = Path(place, "in"), Path(place, "out")
            inputs.mkdir()
            out.mkdir()
            paths = []
            for number, (name, data) in enumerate(files):
                path = inputs / f"{number:04d}{Path(name).suffix}"
                path.write_bytes(data)
                paths.append(path)
            command = [program, f"-env:UserInstallation={(home / 'office').as_uri()}", "--headless", "--norestore"]
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
