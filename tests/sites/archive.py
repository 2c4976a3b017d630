"""Packs the four portals, without ``extra``, into an archive: ``python -m tests.sites.archive OUT.warc.gz``.

The archive is the project's sample: WARC 1.1 as if a crawler had fetched every page under the portals' real
addresses. Nothing in it depends on when or where it was made.
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tests.sites.build import PORTALS, build_site

FETCHED = datetime(2025, 3, 3, 2, 0, 0, tzinfo=UTC)


def pack_portals() -> bytes:
    """The archive's bytes; two calls give the same (with one and the same zlib)."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
    name = "portals.warc.gz"
    about = {"software": "nianbao tests.sites.archive", "format": "WARC File Format 1.1", "isPartOf": "sample portals"}
    fields = "".join(f"{key}: {value}\r\n" for key, value in about.items()).encode()
    # With a length warcio digests the payload where it lies; without one it leaves a temporary file open.
    writer.write_record(
        writer.create_warc_record(
            "",
            "warcinfo",
            payload=io.BytesIO(fields),
            length=len(fields),
            warc_headers_dict={
                "WARC-Record-ID": name_record(name),
                "WARC-Date": format_date(FETCHED),
                "WARC-Filename": name,
            },
            warc_content_type="application/warc-fields",
        )
    )
    moment = FETCHED
    for portal in PORTALS:
        site = build_site(portal, extra=False)
        for path, page in sorted(site.pages.items()):
            if path in site.disallowed:
                continue  # a crawler that obeys robots.txt has never seen these
            moment += timedelta(seconds=1)
            url = f"http://{site.host}{path}"
            headers = [("Date", moment.strftime("%a, %d %b %Y %H:%M:%S GMT")), ("Content-Type", page.content_type)]
            headers += [*page.headers.items(), ("Content-Length", str(len(page.body)))]
            status = f"{page.status} {HTTPStatus(page.status).phrase}"
            record = writer.create_warc_record(
                url,
                "response",
                payload=io.BytesIO(page.body),
                length=len(page.body),
                http_headers=StatusAndHeaders(status, headers, protocol="HTTP/1.1"),
                warc_headers_dict={"WARC-Record-ID": name_record(url), "WARC-Date": format_date(moment)},
            )
            writer.write_record(record)
    return out.getvalue()


def name_record(url: str) -> str:
    return f"<urn:uuid:{uuid5(NAMESPACE_URL, f'nianbao:{url}')}>"


def format_date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m tests.sites.archive OUT.warc.gz\n")
        return 2
    path = Path(arguments[0])
    data = pack_portals()
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(data)
    beside.replace(path)
    sys.stderr.write(f"{path}: {len(data)} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
