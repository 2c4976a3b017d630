"""What can be wrong with a document. Each message is one line that a person can act on."""

from __future__ import annotations


class ReadingError(Exception):
    """Base of all that `read` raises; its text is the reason, without the name of the file."""


class UnreadableDocument(ReadingError):  # noqa: N818  (named for what it says, as in NotAReport)
    """The bytes are no document that can be read: empty, an unknown kind, too large, broken beyond use."""


class TooLarge(UnreadableDocument):
    """A document beyond the limits of a decoder: another would not do better. Raised by the PDF engines."""


class UnknownVersion(UnreadableDocument):
    """A version of a format that our own reader does not know; LibreOffice may. Raised by readers of Word files."""


class NotAReport(ReadingError):  # noqa: N818
    """The document was read, and it is no annual report on information disclosure."""
