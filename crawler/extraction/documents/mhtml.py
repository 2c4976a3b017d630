"""A web page saved as one file (MHTML, RFC 2557), as Word writes under the name .doc: its HTML part → Document."""

from __future__ import annotations

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from crawler.extraction.documents.html import read_html
from crawler.extraction.documents.model import Document
from crawler.extraction.documents.options import Options
from crawler.extraction.errors import UnreadableDocument

MAX_BYTES = 64 * 1024 * 1024
MAX_PARTS = 500


def read_mhtml(data: bytes, options: Options = Options()) -> Document:  # noqa: B008  (one signature for all)
    """The first HTML part of the file, read as a page.

    Raises UnreadableDocument where there is none.
    """
    if len(data) > MAX_BYTES or data.count(b"\n--") > MAX_PARTS * 4:
        raise UnreadableDocument("a web archive that is too large")
    message = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(data.lstrip(b"\xef\xbb\xbf \t\r\n"))
    for count, part in enumerate(message.walk()):
        if count > MAX_PARTS:
            break
        if part.get_content_type() == "text/html":
            body = part.get_payload(decode=True)
            if isinstance(body, bytes):
                return read_html(body, part.get_content_charset())
    raise UnreadableDocument("a web archive without an HTML part")
