"""LibreOffice as a converter: what it gives, and that nothing of a run is left, however it ends."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.extraction.documents import office
from crawler.extraction.documents.model import Table
from crawler.extraction.documents.office import MAX_MEMORY, convert, find_office, name_sockets, read_with_office
from crawler.extraction.documents.options import Options
from crawler.extraction.errors import UnreadableDocument

NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name.replace("draw", "drawing")}:1.0"'
    for name in ("office", "text", "table", "draw")
)
TEXT = f"""<?xml version="1.0" encoding="UTF-8"?><office:document {NAMESPACES} office:version="1.2"
 xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"
 office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text>
<text:p><draw:frame text:anchor-type="as-char" svg:width="3cm" svg:height="2cm">
<draw:image xlink:href="http://127.0.0.1:PORT/a.png"/></draw:frame></text:p>
<text:section text:name="s"><text:section-source xlink:href="http://127.0.0.1:PORT/b.html"/><text:p>x</text:p></text:section>
<table:table><table:table-column table:number-columns-repeated="2"/><table:table-row>
<table:table-cell><text:p>12</text:p></table:table-cell><table:table-cell><text:p>34</text:p></table:table-cell>
</table:table-row></table:table></office:text></office:body></office:document>"""


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which temporary folders are made."""
    folder = tmp_path / "room"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def install(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program under LibreOffice's name."""
    folder.mkdir()
    program = folder / "soffice"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def living(group: int) -> list[int]:
    """The processes of a group that still run."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, own = entry.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[:3]
        except (OSError, ValueError):
            continue
        if int(own) == group and state != "Z":
            found.append(int(entry.parent.name))
    return found


def wait_until_gone(group: int, folder: Path) -> None:
    for _ in range(600):
        if not living(group) and not list(folder.iterdir()):
            return
        time.sleep(0.05)
    raise AssertionError(f"left: {living(group)}, {list(folder.iterdir())}")


@pytest.fixture
def listener() -> Iterator[tuple[int, list[object]]]:
    """A port on loopback, and who connected to it."""
    callers: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, caller = server.accept()
                except OSError:
                    return
                connection.close()
                callers.append(caller)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1], callers
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def test_reads_what_it_is_given_and_fetches_nothing(room: Path, listener: tuple[int, list[object]]) -> None:
    port, callers = listener
    document = read_with_office(TEXT.replace("PORT", str(port)).encode(), ".odt")
    assert document.media_type == "application/vnd.oasis.opendocument.text"
    table = next(block for block in document.blocks if isinstance(block, Table))
    assert [cell.text for cell in table.grid[0] if cell] == ["12", "34"]
    assert callers == []
    assert list(room.iterdir()) == []


def test_what_it_cannot_open_is_said(room: Path) -> None:
    with pytest.raises(UnreadableDocument, match=r"^LibreOffice could not open it$"):
        convert(b"PK\x03\x04" + bytes(2000), "docx", "docx")
    assert list(room.iterdir()) == []


def test_runs_within_limits_and_without_ways_out(room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = """for last; do :; done
    { ulimit -v; ulimit -f; cat; echo "$HOME"; echo "$TMPDIR"; echo "$https_proxy"; ps -o pgid= -p $$; } > out/input.txt
    cat profile/user/registrymodifications.xcu >> out/input.txt"""
    install(tmp_path / "bin", script, monkeypatch)
    memory, files, home, temporary, proxy, group, *settings = convert(b"x", "doc", "txt").decode().split("\n")
    assert int(memory) * 1024 == MAX_MEMORY
    assert int(files) > 0
    assert Path(home).parent == Path(temporary).parent
    assert Path(home).parent.parent == room
    assert proxy == "http://127.0.0.1:9"
    assert int(group) != os.getpgrp()
    said = "\n".join(settings)
    for name, value in (("MacroSecurityLevel", "3"), ("DisableMacrosExecution", "true"), ("Link", "2")):
        assert f'"{name}" oor:op="fuse"><value>{value}<' in said


def test_too_slow_is_ended_with_all_its_processes(room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "told"
    install(tmp_path / "bin", f"ps -o pgid= -p $$ > {told}; sleep 300 & (trap '' TERM; sleep 300)", monkeypatch)
    with pytest.raises(UnreadableDocument, match=r"^LibreOffice gave up after 0\.5 s$"):
        convert(b"x", "doc", seconds=0.5)
    wait_until_gone(int(told.read_text(encoding="utf-8")), room)


def test_what_outlives_the_program_is_ended_too(room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "told"
    install(tmp_path / "bin", f"ps -o pgid= -p $$ > {told}; sleep 300 & exit 0", monkeypatch)
    with pytest.raises(UnreadableDocument, match="could not open it"):
        convert(b"x", "doc")
    wait_until_gone(int(told.read_text(encoding="utf-8")), room)


def test_ends_with_the_process_that_asked(room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where that process is killed and can clean up nothing."""
    told = tmp_path / "told"
    install(tmp_path / "bin", f"ps -o pgid= -p $$ > {told}.new; mv {told}.new {told}; sleep 300", monkeypatch)
    code = (
        f"import tempfile; tempfile.tempdir = {str(room)!r}\n"
        "from crawler.extraction.documents.office import convert\nconvert(b'x', 'doc', seconds=300)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=Path(office.__file__).parents[3]) as asking:
        for _ in range(600):
            if told.exists() or asking.poll() is not None:
                break
            time.sleep(0.05)
        group = int(told.read_text(encoding="utf-8"))
        assert living(group)
        asking.send_signal(signal.SIGKILL)
    wait_until_gone(group, room)


def test_its_socket_goes_with_it(room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed LibreOffice leaves its socket in the system's folder; a program that makes it there stands in for it."""
    told = tmp_path / "told"
    sockets = f'sockets=$(echo "$*" | sed "s/.*-env:UserInstallation=\\([^ ]*\\).*/\\1/"); echo "$sockets" > {told}'
    make = (
        f"{sys.executable} -c 'from crawler.extraction.documents.office import name_sockets; import sys; "
        "[path.touch() for path in name_sockets(sys.argv[1])]' $sockets"
    )
    root = Path(office.__file__).parents[3]
    install(tmp_path / "bin", f"{sockets}; PYTHONPATH={root} {make}; sleep 300", monkeypatch)
    with pytest.raises(UnreadableDocument, match="gave up after 2 s"):
        convert(b"x", "doc", seconds=2)
    profile = told.read_text(encoding="utf-8").strip()
    assert not any(path.exists() for path in name_sockets(profile))


def test_the_socket_is_where_we_look_for_it(room: Path, tmp_path: Path) -> None:
    profile = (tmp_path / "profile").as_uri()
    listen = ["--headless", "--norestore", "--nofirststartwizard", "--accept=pipe,name=none;urp"]
    program = find_office()
    assert program
    with subprocess.Popen(
        [program, f"-env:UserInstallation={profile}", *listen],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(room), "SAL_USE_VCLPLUGIN": "svp"},
    ) as running:
        sockets = name_sockets(profile)
        try:
            for _ in range(600):
                if any(path.is_socket() for path in sockets) or running.poll() is not None:
                    break
                time.sleep(0.05)
            assert any(path.is_socket() for path in sockets)
        finally:
            os.killpg(running.pid, signal.SIGKILL)
            for path in sockets:
                path.unlink(missing_ok=True)


def test_no_longer_than_its_options_say(room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "bin", "sleep 300", monkeypatch)
    with pytest.raises(UnreadableDocument, match=r"^LibreOffice gave up after 0\.3 s$"):
        read_with_office(b"x", ".odt", Options(office_seconds=0.3))
    with pytest.raises(UnreadableDocument, match=r"^LibreOffice gave up after 0\.3 s$"):
        read_with_office(b"x", ".ods", Options(office_seconds=0.3))
    with pytest.raises(ValueError, match="cannot be given 0 s"):
        Options(office_seconds=0)


def test_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_office()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(office, "_PLACES", ())
    assert find_office() is None
    with pytest.raises(UnreadableDocument, match="not installed"):
        convert(b"x", "doc")


def test_not_asked_where_that_is_chosen() -> None:
    with pytest.raises(UnreadableDocument, match="may not be asked"):
        read_with_office(b"x", "doc", Options(office=False))


def test_suffix_is_no_path() -> None:
    with pytest.raises(ValueError, match="no suffix"):
        convert(b"x", "../doc")
