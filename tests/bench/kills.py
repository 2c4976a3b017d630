"""Crawls killed at random moments: ``python -m tests.bench.kills --seed N --kills 30``, and part of ``make soak``.

Each of some invented portals of several families is crawled once in peace; then into another folder, where the crawl is
killed as by ``kill -9`` a few times, at moments that the seed chooses, and runs to its end after that. Every other
portal is crawled with a JOBDIR, which each crawl finds as the kill before left it. Then

- every version that the crawl in peace found is in a feed, or it is *lost*;
- the catalogue has each report once and in one version, for nothing has changed: another is a *duplicate*;
- every archive can be read up to a record that the kill cut, and what each record names as its place is there with its
  digest, or the archive is *unreadable*;
- nothing that a crawl started runs on, or it is *left behind*.

A version may be in two feeds: one was whole when the crawl was killed before the catalogue could say so.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from sqlalchemy import select

from crawler.catalogue.model import Portal, Report, Version
from crawler.catalogue.store import open_catalogue
from crawler.web.warc import ArchiveError, read_message
from tests.crawl.crawling import PATIENCE, QUICK, ROOT, read_lines
from tests.sites.names import RESOLVER, SETTING, write_names
from tests.sites.server import serve
from tests.sites.variants.changing import CHANGING, ChangingPortal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sites.server import SiteServer
    from tests.sites.site import Site

ADDRESS = "127.0.0.6"
EACH = 5  # kills of one portal
SETTLED = 10.0  # seconds after which nothing of a killed crawl may run


@dataclass(slots=True)
class Tally:
    """What came of kills: the lists must be empty. ``begun`` counts the kills after the first request, ``again`` the
    versions that are in two feeds, ``aside`` the JOBDIRs set aside."""

    kills: int = 0
    begun: int = 0
    reports: int = 0
    again: int = 0
    aside: int = 0
    lost: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not (self.lost or self.duplicates or self.unreadable or self.left or self.failed)

    def add(self, other: Tally) -> None:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))

    def tell(self) -> str:
        """One line of figures, and one for each finding."""
        found = {name: getattr(self, name) for name in ("lost", "duplicates", "unreadable", "left", "failed")}
        head = (
            f"{self.kills} kills ({self.begun} behind a request), {self.reports} reports: {len(self.lost)} lost, "
            f"{len(self.duplicates)} duplicates in the catalogue, {len(self.unreadable)} unreadable archives, "
            f"{len(self.left)} processes left behind, {len(self.failed)} crawls failed; {self.again} delivered twice, "
            f"{self.aside} JOBDIRs set aside"
        )
        return "\n".join([head, *(f"  {name}: {text}" for name, texts in found.items() for text in texts[:10])])


def start_crawl(site: Site, server: SiteServer, folder: Path, *, job: bool) -> subprocess.Popen[bytes]:
    """A crawl in a session of its own, with its log in the folder."""
    twin = f"m.{site.host.removeprefix('www.')}"
    settings = {
        **QUICK,
        "DATA_DIR": str(folder / "data"),
        "ALLOW_PRIVATE_ADDRESSES": "1",
        "TWISTED_DNS_RESOLVER": RESOLVER,
        SETTING: write_names(dict.fromkeys((site.host, twin), ADDRESS)),
        **({"JOBDIR": str(folder / "job")} if job else {}),
    }
    url = f"http://{site.host}:{server.port}{site.start[0]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.crawl.guarded", "loopback", "crawl", "portal", "-a", f"url={url}"),
                *(f"-s{name}={value}" for name, value in settings.items()),
            ],
            cwd=ROOT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def end_crawl(process: subprocess.Popen[bytes], after: float | None) -> Iterator[str]:
    """Waits for the end of a crawl, or kills it after so many seconds; what of it runs on after that, as text."""
    try:
        process.wait(PATIENCE if after is None else after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    patience = time.monotonic() + SETTLED
    while left := find_session(process.pid):
        if time.monotonic() > patience:
            yield f"{len(left)} processes of a crawl run on: {', '.join(map(str, left))}"
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return
        time.sleep(0.05)


def find_session(session: int) -> list[int]:
    """The processes of a session that still run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, _, own = path.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[:4]
            if int(own) == session and state != "Z":
                found.append(int(path.parent.name))
    return found


def kill_portal(name: str, seed: int, kills: int, folder: Path, *, job: bool) -> Tally:
    """Crawls one portal in peace, and under so many kills."""
    random, tally = Random(f"kills {seed} {name}"), Tally()
    site = ChangingPortal(name, seed, 1).build(0)
    with serve(site, address=ADDRESS) as server:
        peace = folder / "peace"
        begun = time.monotonic()
        process = start_crawl(site, server, peace, job=False)
        tally.left += end_crawl(process, None)
        took = time.monotonic() - begun
        if process.returncode:
            tally.failed.append(f"{name}: in peace, status {process.returncode}: {_tell_end(peace)}")
            return tally
        trouble = folder / "trouble"
        for _ in range(3 * kills):  # a crawl may be over before it is killed
            if tally.kills == kills:
                break
            begun, asked = time.monotonic(), len(server.log)
            process = start_crawl(site, server, trouble, job=job)
            tally.left += end_crawl(process, took * random.uniform(0.25, 1.0))
            if process.returncode == -signal.SIGKILL:
                tally.kills += 1
                tally.begun += len(server.log) > asked
            else:
                took = time.monotonic() - begun  # what is known is not asked for again
        process = start_crawl(site, server, trouble, job=job)
        tally.left += end_crawl(process, None)
        if process.returncode:
            tally.failed.append(f"{name}: after {tally.kills} kills, status {process.returncode}: {_tell_end(trouble)}")
            return tally
    tally.aside += len(list(trouble.glob("job.broken-*")))
    judge(name, peace / "data", trouble / "data", tally)
    return tally


def _tell_end(folder: Path) -> str:
    return " | ".join((folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()[-3:])


def judge(name: str, peace: Path, trouble: Path, tally: Tally) -> None:
    """Holds what kills left against what a crawl in peace left."""

    def read_feeds(data: Path) -> Counter[tuple[str, str]]:
        rows = (row for path in data.glob("*/*/reports.jsonl") for row in read_lines(path))
        return Counter((row["report_id"], row["version"]["content_sha256"]) for row in rows)

    expected, fed = read_feeds(peace), read_feeds(trouble)
    tally.reports += len(expected)
    tally.lost += [f"{name}: {report}" for report, _ in sorted(expected.keys() - fed.keys())]
    tally.failed += [f"{name}: only under kills: {report}" for report, _ in sorted(fed.keys() - expected.keys())]
    tally.again += sum(count - 1 for count in fed.values())
    catalogue = open_catalogue(None, trouble)
    with catalogue.read() as session:
        chosen = (
            select(Report.report_id, Version.n, Version.record, Version.delivered_id, Report.vanished)
            .join_from(Version, Report)
            .join(Portal, Portal.id == Report.portal_id)
        )
        stored = session.execute(chosen).all()
    catalogue.close()
    reports = Counter((record["agency"]["name"], record["year"]) for _, _, record, _, _ in stored)
    tally.duplicates += [f"{name}: {one}: {count} versions" for one, count in reports.items() if count > 1]
    tally.lost += [f"{name}: {report}: waits for a feed" for report, _, _, delivered, _ in stored if delivered is None]
    tally.lost += [f"{name}: {report}: told vanished" for report, _, _, _, vanished in stored if vanished is not None]
    known = {(report, record["version"]["content_sha256"]) for report, _, record, _, _ in stored}
    tally.lost += [f"{name}: {report}: not in the catalogue" for report, _ in sorted(fed.keys() - known)]
    for path in trouble.glob("*/archive/*.warc.gz"):
        if (fault := find_fault(path)) is not None:
            tally.unreadable.append(f"{name}: {path.name}: {fault}")
    for report, _, record, _, _ in stored:
        for source in (record["source"], *record["source"]["parts"]):
            try:
                message = read_message(trouble / source["archive"]["file"], source["archive"]["offset"])
            except ArchiveError as error:
                tally.unreadable.append(f"{name}: {report}: {source['archive']}: {error}")
                continue
            if hashlib.sha256(message.body).hexdigest() != source["sha256"]:
                tally.unreadable.append(f"{name}: {report}: {source['archive']}: another document")


def find_fault(path: Path) -> str | None:
    """What is wrong with an archive, read member by member without the project's own code; a cut end is not."""
    data = path.read_bytes()
    at = 0
    while at < len(data):
        member = zlib.decompressobj(31)
        try:
            text = member.decompress(data[at:])
        except zlib.error as error:
            return f"byte {at} of {len(data)}: {error}"
        if not member.eof:
            return None
        if not text.startswith(b"WARC/1."):
            return f"byte {at}: no record: {text[:20]!r}"
        at = len(data) - len(member.unused_data)
    return None


def soak_kills(seed: int, count: int) -> bool:
    """``count`` kills over portals in turn, told on standard output; whether nothing was lost."""
    random, total, number = Random(f"kills {seed}"), Tally(), 0
    families = random.sample(CHANGING, len(CHANGING))
    while total.kills < count and not total.failed:
        name = f"{families[number % len(families)]}-{random.randrange(1, 10_000)}"
        job = number % 2 == 1
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            tally = kill_portal(name, seed, min(EACH, count - total.kills), Path(folder), job=job)
        sys.stdout.write(f"{name}{' with JOBDIR' if job else ''}: {tally.tell()}\n")
        sys.stdout.flush()
        total.add(tally)
        number += 1
        if not tally.kills:
            break  # it is over too soon to be killed, or does not begin
    sys.stdout.write(f"{number} portals: {total.tell().splitlines()[0]}\n")
    return total.good


def main(arguments: list[str]) -> int:
    """The exit status: 1 if anything was lost, is there twice, or cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.kills", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seed", type=int, default=1, help="chooses the portals and the moments")
    parser.add_argument("--kills", type=int, default=30, help="how many crawls are killed")
    options = parser.parse_args(arguments)
    return 0 if soak_kills(options.seed, options.kills) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
