"""Rich Text Format → Document, by a reader of the format itself (Microsoft's specification 1.9.1).

Hidden, deleted and struck-out text is none; fields stand with their stored result, automatic numbers with the text that
is stored for them; headers, footers and comments are no part of the flow.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable

from crawler.extraction.documents.model import Document, Picture, Place
from crawler.extraction.documents.options import Options
from crawler.extraction.documents.rich.tables import (
    END_OF_NOTE,
    LOWERED,
    NOTE,
    RAISED,
    RowDefinition,
    Story,
    Tally,
)
from crawler.extraction.documents.rich.text import SYMBOLS, Font, codec_of, decode_run, is_double, pick_codec
from crawler.extraction.documents.rich.words import (
    CHARACTERS,
    DESTINATIONS,
    FONTS,
    MAX_NUMBER,
    PICTURE,
    QUIET,
    ROW,
    SIGNS,
    SKIP,
    STORIES,
    STYLES,
    TEXT,
    Drawing,
    State,
)
from crawler.extraction.documents.struck import tell_struck
from crawler.extraction.documents.word.flow import MAX_NESTING, WordNote, WordText, make_document
from crawler.extraction.errors import UnreadableDocument

MEDIA_TYPE = "application/rtf"
MAX_BYTES = 64 * 1024 * 1024  # pictures stand in hexadecimal digits
MAX_TOKENS = 1_500_000  # a report has some 100,000
MAX_GROUPS = 200  # inside one another; writers need some 20
MAX_FONTS = 10_000
_LONGEST_STRUCK = 200  # characters that are told as one
_SPACER = 45  # twips: a picture of less than three pixels shows nothing

_TOKEN = re.compile(
    rb"\\(?:([a-zA-Z]{1,40})(-?\d{1,12})? ?|'([0-9a-fA-F]{2})|([^a-zA-Z]))|([{}])|([^\\{}\r\n]+)|[\r\n]+", re.S
)
_BRACE = re.compile(rb"\\(?:bin(\d{1,12}) ?|.)|[{}]", re.S)
_NOT_HEX = re.compile(rb"[^0-9a-fA-F]+")
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


def read_rtf(data: bytes, options: Options = Options()) -> Document:  # noqa: B008
    """The paragraphs, tables and pictures of an .rtf, in order.

    Places name the table (from 0: those of the flow first, then nested ones), the row of that table and the column of
    its grid. Raises UnreadableDocument for what is no .rtf or exceeds the limits. A file that ends too early is read
    as far as it goes, with the warning ``truncated``.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableDocument(f"RTF of {len(data):,} bytes; the limit is {MAX_BYTES:,}")
    start = data[:64].find(b"{\\rtf")
    if start < 0 or data[:start].strip(b"\xef\xbb\xbf \t\r\n\x00"):
        raise UnreadableDocument("no RTF: it does not begin with {\\rtf")
    reader = _Reader()
    reader.read(data, start)
    return make_document(MEDIA_TYPE, reader.story.finish(), [*reader.warnings, *tell_struck(reader.struck)])


def _find_end(data: bytes, position: int) -> int:
    """Where the brace stands that closes the group which is open at ``position``; the end of the file if none does."""
    depth = 0
    while (found := _BRACE.search(data, position)) is not None:
        position = found.end()
        if found.group(1) is not None:
            position += int(found.group(1))
        elif found.group() == b"{":
            depth += 1
        elif found.group() == b"}":
            if depth == 0:
                return found.start()
            depth -= 1
    return len(data)


class _Reader:
    """Reads a file token by token. A control word that has a method ``_do_<word>`` is done by it."""

    def __init__(self) -> None:
        self._tally = Tally()
        self.story = Story(self._tally)
        self.warnings: list[tuple[str, str]] = []
        self.struck: list[str] = []
        self._striking = False  # whether what was printed last is struck through
        self._state = State(self.story)
        self._groups: list[State] = []
        self._raw = bytearray()
        self._star = False
        self._skip = 0  # characters that stand in for one given as \u
        self._lead = False  # whether the last of them was the first byte of two
        self._high = 0  # the first half of a surrogate pair
        self._codec = "cp1252"
        self._default_font = -1
        self._fonts: dict[int, Font] = {}
        self._font = Font()
        self._outlines: dict[int, int] = {}
        self._style_name: list[str] = []
        self._pictures = 0
        self._noted = 0
        self._words: dict[bytes, Callable[[int | None], None]] = {
            name[4:].encode(): getattr(self, name) for name in dir(self) if name.startswith("_do_")
        }

    # --- Tokens -----------------------------------------------------------------------------------------------------

    def read(self, data: bytes, start: int) -> None:
        match = _TOKEN.match
        position, tokens, size = start, 0, len(data)
        while position < size:
            found = match(data, position)
            if found is None:  # a backslash at the very end
                break
            position = found.end()
            tokens += 1
            if tokens > MAX_TOKENS:
                raise UnreadableDocument(f"RTF of more than {MAX_TOKENS:,} words")
            kind = found.lastindex
            if kind == 6:
                self._take_text(found.group(6))
            elif kind == 3:
                self._take_byte(int(found.group(3), 16))
            elif kind in {1, 2}:
                word, number = found.group(1), found.group(2)
                value = None if number is None else max(min(int(number), MAX_NUMBER), -MAX_NUMBER)
                if word == b"bin" and value is not None and value > 0:
                    self._take_binary(data[position : position + value])
                    position += value
                else:
                    self._take_word(word, value)
                    if self._state.destination == SKIP:
                        position = _find_end(data, position)
            elif kind == 5:
                if found.group(5) == b"{":
                    self._open()
                elif not self._close():
                    return
            elif kind == 4:
                self._take_sign(found.group(4))
        self._flush()
        self.warnings.append(("truncated", f"the file ends inside of {len(self._groups)} groups"))

    def _open(self) -> None:
        self._flush()
        self._skip = 0
        self._lead = False
        if len(self._groups) >= MAX_GROUPS:
            raise UnreadableDocument(f"more than {MAX_GROUPS} groups inside one another")
        self._groups.append(self._state)
        self._state = self._state.copy()

    def _close(self) -> bool:
        """Ends a group. Returns False where it is the whole document."""
        self._flush()
        self._skip = 0
        self._lead = self._star = False
        ended, self._state = self._state, self._groups.pop()
        if ended.drawing is not None and ended.drawing is not self._state.drawing:
            self._end_picture(ended.drawing)
        if ended.story is not self._state.story:
            self._end_story(ended.story)
        if ended.destination == FONTS:
            self._keep_font()
        elif ended.destination == STYLES:
            self._keep_style(ended)
        return bool(self._groups)

    def _take_text(self, text: bytes) -> None:
        self._star = False
        if self._skip:
            dropped = min(self._skip, len(text))
            text, self._skip = text[dropped:], self._skip - dropped
        self._lead = False
        drawing = self._state.drawing
        if self._state.destination == PICTURE and drawing is not None:
            drawing.digits.append(text)
        else:
            self._raw += text

    def _take_byte(self, value: int) -> None:
        self._star = False
        if self._skip or self._lead:
            # Some writers count one for a stand-in of two bytes.
            double = self._state.unicode_skip == 1 and is_double(pick_codec(self._current_font(), self._codec))
            self._lead = double and not self._lead and value >= 0x81
            self._skip = max(self._skip - 1, 0)
            return
        self._raw.append(value)

    def _take_binary(self, data: bytes) -> None:
        self._flush()
        if self._state.destination == PICTURE and self._state.drawing is not None:
            self._state.drawing.raw = data

    def _take_sign(self, sign: bytes) -> None:
        if sign == b"*":
            self._star = True
            return
        self._star = self._lead = False
        if self._skip:
            self._skip -= 1
        elif sign in b"\\{}":
            self._raw += sign
        elif sign in b"\r\n":
            self._take_word(b"par", None)
        elif sign in SIGNS:
            self._flush()
            self._print(SIGNS[sign])

    def _take_word(self, word: bytes, value: int | None) -> None:
        self._flush()
        star, self._star = self._star, False
        self._lead = False
        if self._skip and word not in {b"u", b"uc"}:
            self._skip -= 1
            return
        name = word.decode("ascii")
        destination = DESTINATIONS.get(name)
        if destination is not None:
            if len(self._groups) > 1:  # the document itself is no such destination
                self._enter(name, destination)
        elif name in CHARACTERS:
            self._print(CHARACTERS[name])
        else:
            do = self._words.get(word)
            if do is not None:
                do(value)
            elif star and len(self._groups) > 1:
                self._state.destination = SKIP

    def _enter(self, name: str, destination: int) -> None:
        """A destination begins."""
        state = self._state
        if destination == PICTURE:
            state.drawing = Drawing() if state.destination in {TEXT, QUIET} else None
            destination = PICTURE if state.drawing is not None else SKIP
        elif name in STORIES:
            state.story = Story(self._tally, self._noted if name == "footnote" else None)
            state.hidden = state.deleted = state.struck = state.raised = state.in_table = False
            state.depth = 0
            if len({id(s.story) for s in self._groups}) > MAX_NESTING:
                raise UnreadableDocument(f"more than {MAX_NESTING} text boxes inside one another")
        elif name == "object":
            self._warn("embedded_object", "an embedded object was not read")
        elif name in {"listtext", "pntext"}:
            state.in_list = True
        state.destination = destination

    # --- Text -------------------------------------------------------------------------------------------------------

    def _current_font(self) -> Font | None:
        return self._fonts.get(self._state.font if self._state.font >= 0 else self._default_font)

    def _flush(self) -> None:
        """Decodes the bytes that have come together in one font."""
        if not self._raw:
            return
        raw = bytes(self._raw)
        self._raw.clear()
        destination = self._state.destination
        if destination == TEXT:
            font = self._current_font()
            if self._state.in_list and font is not None and font.charset == SYMBOLS:
                return  # a bullet
            self._print(decode_run(raw, font, self._codec))
        elif destination == FONTS:
            name, end, _ = raw.decode("latin-1").partition(";")
            self._font.name += name
            if end:
                self._keep_font()
        elif destination == STYLES:
            self._style_name.append(raw.decode("latin-1"))

    def _print(self, text: str) -> None:
        state = self._state
        if state.destination != TEXT or state.hidden or state.deleted or not text:
            return
        self._high = 0
        if state.struck:
            if self._striking and len(self.struck[-1]) < _LONGEST_STRUCK:
                self.struck[-1] += text
            else:
                self.struck.append(text)
            self._striking = True
            return
        self._striking = False
        state.story.text.append(f"{RAISED}{text}{LOWERED}" if state.raised and text.strip() else text)

    def _do_u(self, value: int | None) -> None:
        if value is None:
            return
        self._skip = self._state.unicode_skip
        code = value & 0xFFFF
        if 0xD800 <= code < 0xDC00:
            self._high = code
        elif 0xDC00 <= code < 0xE000:
            high, self._high = self._high, 0
            self._print(chr(0x10000 + ((high - 0xD800) << 10) + code - 0xDC00) if high else "\ufffd")
        else:
            self._print(chr(code) if code >= 32 else "")

    def _do_uc(self, value: int | None) -> None:
        self._state.unicode_skip = min(max(value or 0, 0), 100)

    def _do_ud(self, _: int | None) -> None:
        if self._state.destination == QUIET:
            self._state.destination = TEXT  # inside of \upr: the text in Unicode

    def _do_f(self, value: int | None) -> None:
        if self._state.destination == FONTS:
            if len(self._fonts) < MAX_FONTS:
                self._font = self._fonts[value or 0] = Font()
        else:
            self._state.font = value or 0

    def _do_fcharset(self, value: int | None) -> None:
        if self._state.destination == FONTS:
            self._font.charset = value or 0

    def _do_cpg(self, value: int | None) -> None:
        if self._state.destination == FONTS:
            self._font.page = value or 0

    def _keep_font(self) -> None:
        self._font = Font()  # what comes without a number belongs to none

    def _do_deff(self, value: int | None) -> None:
        self._default_font = value or 0

    def _do_ansicpg(self, value: int | None) -> None:
        self._codec = codec_of(value or 1252)

    def _do_mac(self, _: int | None) -> None:
        self._codec = "mac_roman"

    def _do_pc(self, _: int | None) -> None:
        self._codec = "cp437"

    def _do_pca(self, _: int | None) -> None:
        self._codec = "cp850"

    def _do_plain(self, _: int | None) -> None:
        state = self._state
        state.hidden = state.deleted = state.struck = state.raised = False
        state.font = -1

    def _do_v(self, value: int | None) -> None:
        self._state.hidden = value != 0

    def _do_deleted(self, value: int | None) -> None:
        self._state.deleted = value != 0

    _do_mvf = _do_deleted  # moved away, as a tracked change

    def _do_strike(self, value: int | None) -> None:
        self._state.struck = value != 0

    _do_striked = _do_strike

    def _do_super(self, value: int | None) -> None:
        self._state.raised = value != 0

    _do_sub = _do_super

    def _do_nosupersub(self, _: int | None) -> None:
        self._state.raised = False

    def _do_chftn(self, _: int | None) -> None:
        state = self._state
        if state.story is self.story and state.destination == TEXT and not (state.hidden or state.deleted):
            self._noted += 1
            state.story.text.append(f"{NOTE}{self._noted}{END_OF_NOTE}")

    # --- Paragraphs -------------------------------------------------------------------------------------------------

    def _depth(self) -> int:
        """How many tables the paragraph lies in. What stands in an open row lies in it, marked or not."""
        state = self._state
        return max(state.depth, 1) if state.in_table or state.story.in_row else state.depth

    def _heading(self) -> int:
        state = self._state
        outline = state.outline if state.outline >= 0 else self._outlines.get(state.style, 9)
        return outline + 1 if outline < 6 else 0

    def _do_par(self, _: int | None) -> None:
        if self._state.destination == TEXT and not self._state.deleted:
            self._striking = False
            self._state.story.end_paragraph(self._depth(), self._heading())

    _do_sect = _do_par

    def _do_pard(self, _: int | None) -> None:
        state = self._state
        state.in_table = False
        state.depth = 0
        state.outline = state.style = -1

    def _do_intbl(self, value: int | None) -> None:
        self._state.in_table = value != 0

    def _do_itap(self, value: int | None) -> None:
        self._state.depth = max(value or 0, 0)

    def _do_outlinelevel(self, value: int | None) -> None:
        self._state.outline = max(value or 0, 0)

    def _do_s(self, value: int | None) -> None:
        self._state.style = value or 0

    def _keep_style(self, ended: State) -> None:
        name = "".join(self._style_name).strip(" ;").lower()
        self._style_name.clear()
        if ended.outline < 0 and name[:8] == "heading " and name[8:].isdigit():
            ended.outline = int(name[8:][:2]) - 1
        if ended.style >= 0 and ended.outline >= 0 and len(self._outlines) < MAX_FONTS:
            self._outlines.setdefault(ended.style, ended.outline)

    # --- Tables -----------------------------------------------------------------------------------------------------

    def _row(self) -> RowDefinition:
        story = self._state.story
        return story.nested_row if self._state.destination == ROW else story.row

    def _do_trowd(self, _: int | None) -> None:
        story = self._state.story
        if self._state.destination == ROW:
            story.nested_row = RowDefinition()
        elif self._state.destination == TEXT:
            story.row = RowDefinition()
            story.in_row = True

    def _do_trleft(self, value: int | None) -> None:
        self._row().left = value or 0

    def _do_clvmgf(self, _: int | None) -> None:
        self._row().next.merge = "first"

    def _do_clvmrg(self, _: int | None) -> None:
        self._row().next.merge = "next"

    def _do_clmrg(self, _: int | None) -> None:
        self._row().next.joins = True

    def _do_cldel(self, _: int | None) -> None:
        self._row().next.deleted = True

    def _do_cellx(self, value: int | None) -> None:
        self._row().close_cell(value or 0)

    def _do_cell(self, _: int | None) -> None:
        if self._state.destination == TEXT:
            self._state.story.in_row = True
            self._striking = False
            self._state.story.end_cell(1, self._heading())

    def _do_row(self, _: int | None) -> None:
        if self._state.destination == TEXT:
            story = self._state.story
            story.end_row(1, story.row)
            story.in_row = False

    def _do_nestcell(self, _: int | None) -> None:
        if self._state.destination == TEXT:
            self._striking = False
            self._state.story.end_cell(max(self._state.depth, 2), self._heading())

    def _do_nestrow(self, _: int | None) -> None:
        if self._state.destination in {TEXT, ROW}:
            self._state.story.end_row(max(self._state.depth, 2), self._state.story.nested_row)

    # --- What hangs on a paragraph ----------------------------------------------------------------------------------

    def _end_story(self, story: Story) -> None:
        items = story.finish()
        state = self._state
        if state.destination == SKIP or state.hidden or state.deleted:
            return
        outer = state.story
        if story.note is None:
            outer.after += items
            return
        text = "".join(item.text for item in items if isinstance(item, WordText)).strip()
        if text:
            outer.after.append(WordNote(f"（{story.note}）{text}"))

    def _end_picture(self, drawing: Drawing) -> None:
        state = self._state
        if drawing.side < _SPACER or state.hidden or state.deleted:
            return
        self._pictures += 1
        data: bytes | None = None
        if drawing.known:
            digits = _NOT_HEX.sub(b"", b"".join(drawing.digits))
            data = drawing.raw or binascii.unhexlify(digits[: len(digits) // 2 * 2])
            data = data if data.startswith(_PICTURES) else None
        state.story.after.append(Picture(data, f"picture{self._pictures}", Place()))

    def _do_pngblip(self, _: int | None) -> None:
        if self._state.drawing is not None:
            self._state.drawing.known = True

    _do_jpegblip = _do_pngblip

    def _do_picwgoal(self, value: int | None) -> None:
        if self._state.drawing is not None and value:
            self._state.drawing.side = min(self._state.drawing.side, abs(value))

    _do_pichgoal = _do_picwgoal

    def _do_mmath(self, _: int | None) -> None:
        if len(self._groups) > 1:
            self._state.destination = SKIP
        self._warn("formula", "a formula was not read")

    def _warn(self, code: str, message: str) -> None:
        if (code, message) not in self.warnings:
            self.warnings.append((code, message))
