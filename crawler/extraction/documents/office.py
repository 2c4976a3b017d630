"""LibreOffice as a converter, where it is installed: for what our own readers refuse, and as a second opinion.

It is a large program that reads what strangers wrote, so each run has a process group, a profile, a home and a
temporary folder of its own, which go with it, and limits of time, memory and output. Macros are not run, links are not
updated, and the way to the network leads nowhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from crawler.extraction.documents.model import Document
from crawler.extraction.documents.options import OFFICE_SECONDS, Options
from crawler.extraction.errors import UnreadableDocument

MAX_MEMORY = 2 * 1024**3  # bytes of address space, of which a part is only mapped; 0.6 GB do for a report
MAX_OUTPUT = 256 * 1024**2
_PLACES = (
    "/usr/lib/libreoffice/program/soffice",
    "/usr/lib64/libreoffice/program/soffice",
    "/opt/libreoffice/program/soffice",
    "/snap/bin/libreoffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
)
_SHEETS = frozenset({"ods", "et", "xls"})
_EXCEL_XML = b"urn:schemas-microsoft-com:office:spreadsheet"
_MEDIA_TYPES = {
    "doc": "application/msword",
    "wps": "application/msword",
    "xls": "application/vnd.ms-excel",
    "et": "application/vnd.ms-excel",
    "rtf": "application/rtf",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "xml": "application/xml",
}
_FILTERS = {"docx": "docx:MS Word 2007 XML", "doc": "doc:MS Word 97", "xlsx": "xlsx:Calc MS Excel 2007 XML"}
_NOWHERE = "http://127.0.0.1:9"
# Limits first. Then a watch on standard input: it ends when the process that asked is gone, however it died; then the
# folder, the sockets and the whole process group go too. Then LibreOffice in place of the shell.
_WRAPPER = """
ulimit -v "$1" && ulimit -f "$2" || exit 1
folder=$3; socket=$4; other=$5; shift 5
exec 3<&0
( cat <&3 >/dev/null 2>&1; rm -rf -- "$folder" "$socket" "$other"; kill -KILL 0 ) &
exec 3<&-
exec "$@" </dev/null
"""
_SETTINGS = (
    ("/org.openoffice.Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("/org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("/org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("/org.openoffice.Office.Writer/Content/Update", "Link", "2"),
    ("/org.openoffice.Office.Calc/Content/Update", "Link", "2"),
    ("/org.openoffice.Inet/Settings", "ooInetProxyType", "2"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyPort", "9"),
    ("/org.openoffice.Inet/Settings", "ooInetNoProxy", ""),
)


def find_office() -> str | None:
    """The path of LibreOffice's program, or None where it is not installed."""
    named = shutil.which("soffice") or shutil.which("libreoffice")
    return named or next((place for place in _PLACES if os.access(place, os.X_OK)), None)


def read_with_office(data: bytes, suffix: str, options: Options = Options()) -> Document:  # noqa: B008  (frozen)
    """The document as LibreOffice reads it: converted to .docx (a sheet to .xlsx), which our own reader then reads.

    ``suffix`` ("doc") tells LibreOffice what it gets. Raises UnreadableDocument where it is not installed, may not be
    asked, or cannot open the file, and for what our own reader raises it for.
    """
    if not options.office:
        raise UnreadableDocument("only LibreOffice could read it, and it may not be asked")
    suffix = suffix.lstrip(".").lower()
    if suffix in _SHEETS or (suffix == "xml" and _EXCEL_XML in data[:4096]):
        from crawler.extraction.documents.sheet import read_xlsx  # noqa: PLC0415  (only where it is needed)

        document = read_xlsx(convert(data, suffix, "xlsx", options.office_seconds), options)
    else:
        from crawler.extraction.documents.docx import read_docx  # noqa: PLC0415  (only where it is needed)

        document = read_docx(convert(data, suffix, seconds=options.office_seconds), options)
    return replace(document, media_type=_MEDIA_TYPES.get(suffix, document.media_type))


def convert(data: bytes, suffix: str, to: str = "docx", seconds: float = OFFICE_SECONDS) -> bytes:
    """The bytes of a document converted by LibreOffice from one format to another, both named by their suffix.

    Raises UnreadableDocument where LibreOffice is not installed, cannot open the document, or has not ended after
    ``seconds``. Nothing is left of the run, neither processes nor files.
    """
    program = find_office()
    if program is None:
        raise UnreadableDocument("LibreOffice, which could read it, is not installed")
    suffix = suffix.lstrip(".").lower()
    if not re.fullmatch("[a-z0-9]{1,5}", suffix) or not re.fullmatch("[a-z0-9]{1,5}", to):
        raise ValueError(f"no suffix of a file: {suffix!r}, {to!r}")
    with tempfile.TemporaryDirectory(prefix="nianbao-office-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        source = folder / f"input.{suffix}"
        source.write_bytes(data)
        _write_profile(folder / "profile")
        for room in ("home", "tmp", "out"):
            (folder / room).mkdir()
        _run(program, folder, source, to, seconds)
        made = folder / "out" / f"input.{to}"
        if not made.is_file() or made.stat().st_size == 0:
            raise UnreadableDocument("LibreOffice could not open it")
        return made.read_bytes()


def _run(program: str, folder: Path, source: Path, to: str, seconds: float) -> None:
    profile = (folder / "profile").as_uri()
    sockets = name_sockets(profile)
    command = ["/bin/sh", "-c", _WRAPPER, "sh", str(MAX_MEMORY // 1024), str(MAX_OUTPUT // 512), str(folder)]
    command += [*map(str, sockets), program, f"-env:UserInstallation={profile}"]
    command += "--headless --invisible --norestore --nolockcheck --nodefault --nologo --nofirststartwizard".split()
    command += ["--convert-to", _FILTERS.get(to, to), "--outdir", str(folder / "out"), str(source)]
    with subprocess.Popen(  # noqa: S603  (names and limits are ours; what is converted comes as a file)
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=_environment(folder),
        start_new_session=True,
    ) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise UnreadableDocument(f"LibreOffice gave up after {seconds:g} s") from None
        finally:
            # The group outlives its first process (the watch, helpers), and the group's id is not given again before.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            for socket in sockets:
                with contextlib.suppress(OSError):
                    socket.unlink()


def name_sockets(profile: str) -> tuple[Path, Path]:
    """Where LibreOffice may put the socket by which a second start finds the first. It heeds no TMPDIR for it (sal's
    `pipe.cxx`; the name as in desktop's `officeipcthread.cxx`), and leaves it behind when it is killed."""
    digest = hashlib.md5(profile.encode("utf-16-le"), usedforsecurity=False).digest()
    name = f"OSL_PIPE_{os.getuid()}_SingleOfficeIPC_{''.join(f'{byte:x}' for byte in digest)}"
    return Path("/tmp", name), Path("/var/tmp", name)  # noqa: S108  (not ours to choose)


def _environment(folder: Path) -> dict[str, str]:
    proxies = dict.fromkeys(
        ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"), _NOWHERE
    )
    return proxies | {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "LC_ALL": "C.UTF-8",
        "SAL_USE_VCLPLUGIN": "svp",  # draws into memory, needs no display
    }


def _write_profile(profile: Path) -> None:
    """A fresh profile that holds our settings."""
    items = "".join(
        f'<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>\n'
        for path, name, value in _SETTINGS
    )
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        f"{items}</oor:items>\n",
        encoding="utf-8",
    )
