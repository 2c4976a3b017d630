"""The words of RTF that the reader knows, and what holds inside a group (RTF 1.9.1)."""

from __future__ import annotations

from crawler.extraction.documents.rich.tables import Story

MAX_NUMBER = 10_000_000

# What a destination is. TEXT: part of the flow. QUIET: not itself, but what lies in it may be. SKIP: nothing in it is.
TEXT, QUIET, SKIP, FONTS, STYLES, PICTURE, ROW = range(7)
DESTINATIONS = {
    **dict.fromkeys(["shppict", "listtext", "pntext", "fldrslt", "result", "shptxt", "dptxbxtext", "footnote"], TEXT),
    **dict.fromkeys(["shp", "shpinst", "shpgrp", "sp", "sv", "do", "object", "upr"], QUIET),
    **dict.fromkeys(["fonttbl"], FONTS),
    **dict.fromkeys(["stylesheet"], STYLES),
    **dict.fromkeys(["pict"], PICTURE),
    **dict.fromkeys(["nesttableprops"], ROW),
    **dict.fromkeys(
        """colortbl info header headerl headerr headerf footer footerl footerr footerf fldinst nonshppict shprslt
        nonesttables annotation atnid atnauthor xe rxe tc tcn private ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn
        template txe comment title subject author keywords doccomm operator bkmkstart bkmkend sn filetbl revtbl
        listtable listoverridetable objdata objclass objname objalias objsect datafield formfield mmathPict
        background ffname""".split(),
        SKIP,
    ),
}
STORIES = frozenset({"shptxt", "dptxbxtext", "footnote"})
CHARACTERS = {
    "tab": "\t",
    "line": "\n",
    "page": "\n",
    "column": "\n",
    "emdash": "—",
    "endash": "–",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "bullet": "•",
    "emspace": "\u2003",
    "enspace": "\u2002",
    "qmspace": "\u2005",
    "zwj": "\u200d",
    "zwnj": "\u200c",
}
SIGNS = {b"~": "\xa0", b"_": "-", b"\t": "\t"}


class Drawing:
    """A picture as it is read: the kind of its bytes, its digits or bytes, its smaller side in twips."""

    __slots__ = ("digits", "known", "raw", "side")

    def __init__(self) -> None:
        self.known = False
        self.digits: list[bytes] = []
        self.raw = b""
        self.side = MAX_NUMBER


class State:
    """What holds inside a group, and is as before behind its end."""

    __slots__ = (
        "deleted",
        "depth",
        "destination",
        "drawing",
        "font",
        "hidden",
        "in_list",
        "in_table",
        "outline",
        "raised",
        "story",
        "struck",
        "style",
        "unicode_skip",
    )

    def __init__(self, story: Story) -> None:
        self.story = story
        self.destination = TEXT
        self.drawing: Drawing | None = None
        self.unicode_skip = 1
        self.font = -1
        self.hidden = self.deleted = self.struck = self.raised = self.in_list = False
        self.in_table = False
        self.depth = 0
        self.outline = -1
        self.style = -1

    def copy(self) -> State:
        new = State.__new__(State)  # line by line: a loop over the names takes twice the time
        new.deleted = self.deleted
        new.depth = self.depth
        new.destination = self.destination
        new.drawing = self.drawing
        new.font = self.font
        new.hidden = self.hidden
        new.in_list = self.in_list
        new.in_table = self.in_table
        new.outline = self.outline
        new.raised = self.raised
        new.story = self.story
        new.struck = self.struck
        new.style = self.style
        new.unicode_skip = self.unicode_skip
        return new
