"""Documents from archives that are whole, and from such as are not."""

from __future__ import annotations

import gzip
import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from crawler.reparse.documents import Damaged, Missing, load_document
from tests.reparse.archived import HTML, Archive

if TYPE_CHECKING:
    from pathlib import Path

PAGES = {path: f"<html><body>年报 {path} {'x' * 3000}</body></html>".encode() for path in ("/1.html", "/2.html", "/3")}


@pytest.fixture
def places(tmp_path: Path) -> dict[str, dict[str, Any]]:
    """Where the pages stand: the second as it came packed, and the third with another charset."""
    archive = Archive(tmp_path)
    packed = {**HTML, "Content-Encoding": "gzip"}
    sources = {
        "/1.html": archive.put("/1.html", PAGES["/1.html"]),
        "/2.html": archive.put("/2.html", gzip.compress(PAGES["/2.html"]), packed),
        "/3": archive.put("/3", PAGES["/3"], {"Content-Type": "text/html;charset=GBK"}),
    }
    archive.close()
    return {path: source.archive or {} for path, source in sources.items()}


def load(data_dir: Path, path: str, *places: dict[str, Any] | None) -> tuple[bytes, str | None]:
    digest = hashlib.sha256(PAGES[path]).hexdigest()
    answer = load_document(data_dir, f"http://www.wolong.gov.cn{path}", digest, places)
    return answer.body, answer.charset


def spoil(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(bytes(data))


def test_documents_are_as_they_were_read(tmp_path: Path, places: dict[str, dict[str, Any]]) -> None:
    assert [load(tmp_path, path, place) for path, place in places.items()] == [
        (PAGES["/1.html"], "utf-8"),
        (PAGES["/2.html"], "utf-8"),
        (PAGES["/3"], "gbk"),
    ]


def test_an_archive_that_is_cut_gives_back_what_is_whole(tmp_path: Path, places: dict[str, dict[str, Any]]) -> None:
    path = tmp_path / places["/3"]["file"]
    path.write_bytes(path.read_bytes()[: places["/3"]["offset"] + 40])
    assert load(tmp_path, "/2.html", places["/2.html"])[0] == PAGES["/2.html"]
    with pytest.raises(Damaged, match=rf"^the archive {path} is damaged at byte {places['/3']['offset']}$"):
        load(tmp_path, "/3", places["/3"])
    size = places["/3"]["offset"]
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(Damaged, match=rf"is cut: it ends at byte {size}, before byte {size}$"):
        load(tmp_path, "/3", places["/3"])


def test_flipped_bits_are_found_wherever_they_are(tmp_path: Path, places: dict[str, dict[str, Any]]) -> None:
    path = tmp_path / places["/1.html"]["file"]
    whole, begin, end = path.read_bytes(), places["/1.html"]["offset"], places["/2.html"]["offset"]
    found = []
    for at in range(begin, end, 29):
        spoil(path, at)
        with suppress(Damaged):  # and nothing else is raised
            found.append(load(tmp_path, "/1.html", places["/1.html"])[0])
        path.write_bytes(whole)
    assert set(found) == {PAGES["/1.html"]}  # flipped in what gzip does not need, or in the record of the request
    assert len(found) < (end - begin) / 29 / 2
    place = {**places["/1.html"], "offset": places["/3"]["offset"]}
    with pytest.raises(Damaged, match="it holds other bytes than were read once"):
        load(tmp_path, "/1.html", place)


def test_another_place_serves_as_well(tmp_path: Path, places: dict[str, dict[str, Any]]) -> None:
    gone = {"file": "wolong/archive/gone.warc.gz", "offset": 0}
    assert load(tmp_path, "/1.html", gone, None, places["/1.html"])[0] == PAGES["/1.html"]
    with pytest.raises(Missing, match=r"the archive .*/gone\.warc\.gz is not there: No such file or directory"):
        load(tmp_path, "/1.html", gone, places["/3"])
    with pytest.raises(Missing, match="it was never archived"):
        load(tmp_path, "/1.html", None)
