"""Word's .docx → Document, from the parts of the package (ECMA-376, ISO/IEC 29500, transitional and strict).

Tracked changes are taken as accepted. What is hidden or struck out is no text, and digits struck out are told; fields
stand with the result that was stored; the labels of automatic numbering, which are stored nowhere, are counted. Nothing
outside the package and no document inside it is followed.
"""

from __future__ import annotations

import posixpath

from lxml.etree import _Element as Element

from crawler.extraction.documents.model import Document, Picture, Place
from crawler.extraction.documents.options import Options
from crawler.extraction.documents.package import DOCX, Package, open_package
from crawler.extraction.documents.struck import tell_struck
from crawler.extraction.documents.word.edges import MAX_ROWS
from crawler.extraction.documents.word.flow import (
    MAX_NESTING,
    WordCell,
    WordItem,
    WordNote,
    WordTable,
    WordText,
    make_document,
)
from crawler.extraction.documents.word.marks import (
    LEFT_OUT,
    attribute_plain,
    choose,
    match_fields,
    members,
    read_form_field,
    read_formula,
    read_merge,
    read_symbol,
)
from crawler.extraction.documents.word.names import attribute, find_child, is_on, name_of, read_number
from crawler.extraction.documents.word.numbers import Lists
from crawler.extraction.documents.word.styles import (
    Style,
    Styles,
    complete,
    read_numbering,
    read_outline,
    read_raised,
    read_toggles,
)
from crawler.extraction.errors import UnreadableDocument

MAX_ROW_CELLS = 2_000  # the widest row of the form has 15
MAX_COLUMN = 10_000  # of a grid as claimed; columns without an edge of their own fall together later
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"BM", b"GIF8")
_SPACER = 3 * 9525  # EMU: a picture of less than three pixels shows nothing
_MARKS = {"w:tab": "\t", "w:ptab": "\t", "w:br": "\n", "w:cr": "\n", "w:noBreakHyphen": "-"}


def read_docx(data: bytes, options: Options = Options()) -> Document:  # noqa: B008
    """The paragraphs, tables and pictures of a .docx, in order.

    Places name the table (from 0: those of the flow first, then nested ones), the row of that table and the column of
    its grid. Raises UnreadableDocument for what is no such package, is damaged, or exceeds the limits.
    """
    return read_word_package(open_package(data))


def read_word_package(package: Package) -> Document:
    """The document in an opened package."""
    reader = _Reader(package)
    items = reader.read()
    return make_document(DOCX, items, [*reader.warnings, *tell_struck(reader.struck)])


class _Links:
    """The relationships of a part: id → what it leads to."""

    def __init__(self, package: Package, part: str) -> None:
        self._folder, base = posixpath.split(part)
        name = posixpath.join(self._folder, "_rels", f"{base}.rels")
        self._links: dict[str, Element] = {}
        if name in package:
            for el in package.parse(name):
                if name_of(el) == "rel:Relationship":
                    self._links.setdefault(el.get("Id") or "", el)

    def target(self, key: str) -> tuple[str, bool] | None:
        """The part or address behind an id, and whether it lies outside the package."""
        el = self._links.get(key)
        return None if el is None else self._read(el)

    def find(self, kind: str) -> str | None:
        """The first part inside the package of that kind (the end of its type)."""
        for el in self._links.values():
            if (el.get("Type") or "").endswith(f"/{kind}"):
                target, outside = self._read(el)
                if not outside:
                    return target
        return None

    def _read(self, el: Element) -> tuple[str, bool]:
        target = el.get("Target") or ""
        if (el.get("TargetMode") or "").lower() == "external":
            return target, True
        return posixpath.normpath(posixpath.join("/", self._folder, target)).lstrip("/"), False


class _Reader:
    """Walks the main part once."""

    def __init__(self, package: Package) -> None:
        self._package = package
        main = _Links(package, "").find("officeDocument")
        if main is None:
            raise UnreadableDocument("the package names no main document")
        self._root = package.parse(main)
        if name_of(self._root) != "w:document":
            raise UnreadableDocument(f"no Word document: its main part is a {name_of(self._root)[:60]}")
        self._links = _Links(package, main)
        self._styles = Styles(self._part("styles"))
        self._lists = Lists(self._part("numbering"), self._styles)
        self._pictures: dict[str, bytes | None] = {}
        self._partners = match_fields(self._root)
        self._fields: dict[Element, bool] = {}  # fields that are open → whether their result has begun
        self._notes: dict[str, dict[str, Element]] = {}
        self._noted = 0
        self._in_note = False
        self._nesting = 0
        self._in_cell = False
        self.warnings: list[tuple[str, str]] = []
        self.struck: list[str] = []  # what is struck through, a text for each paragraph that has some

    def read(self) -> list[WordItem]:
        """All items of the body."""
        body = find_child(self._root, "w:body")
        return [] if body is None else self._story(body, in_cell=False)

    def _part(self, kind: str) -> Element | None:
        name = self._links.find(kind)
        return self._package.parse(name) if name is not None and name in self._package else None

    # --- Blocks -----------------------------------------------------------------------------------------------------

    def _story(self, el: Element, *, in_cell: bool) -> list[WordItem]:
        """The items of a body, a cell, a text box or a note."""
        self._nesting += 1
        if self._nesting > 2 * MAX_NESTING:
            raise UnreadableDocument(f"more than {MAX_NESTING} tables or text boxes inside one another")
        before, self._in_cell = self._in_cell, in_cell
        items: list[WordItem] = []
        carry = self._blocks(el, items, "")
        if carry.strip():
            items.append(WordText(carry))
        self._in_cell = before
        self._nesting -= 1
        return items

    def _blocks(self, el: Element, items: list[WordItem], carry: str) -> str:
        """Adds the blocks of an element. ``carry`` is the text of paragraphs whose end was deleted: it belongs to the
        next one. Returns what is left of it."""
        for child in el:
            name = name_of(child)
            if name == "w:p":
                carry = self._paragraph(child, items, carry)
            elif name == "w:tbl":
                items.append(self._table(child))
            elif name == "w:altChunk":
                self._warn("embedded_document", "a document inside the document (altChunk) was not read")
            elif name == "mc:AlternateContent":
                carry = self._blocks(choose(child), items, carry)
            elif name and name not in LEFT_OUT:
                carry = self._blocks(child, items, carry)
        return carry

    def _paragraph(self, el: Element, items: list[WordItem], carry: str) -> str:
        properties = find_child(el, "w:pPr")
        key = attribute(find_child(properties, "w:pStyle"), "w:val")
        style = self._styles.paragraph(key)
        parts: list[str] = []
        after: list[WordItem] = []
        before = len(self.struck)
        self._inline(el, style, parts, after)
        self.struck[before:] = ["".join(self.struck[before:])] if len(self.struck) > before else []
        text = carry + "".join(parts)
        mark = find_child(properties, "w:rPr")
        if find_child(mark, "w:del") is not None or find_child(mark, "w:moveFrom") is not None:
            items += after
            return text
        if not text and is_on(find_child(mark, "w:vanish")):
            items += after
            return ""
        numbering = complete(read_numbering(properties), style.numbering)
        outline = read_outline(properties)
        outline = style.outline if outline is None else outline
        heading = outline + 1 if outline is not None and 0 <= outline < 6 else 0
        items.append(WordText(self._lists.count(numbering, key) + text, heading))
        items += after
        return ""

    # --- Runs -------------------------------------------------------------------------------------------------------

    def _inline(self, el: Element, style: Style, parts: list[str], after: list[WordItem]) -> None:
        """Adds the text of what stands in a paragraph; what hangs on it (text boxes, pictures, notes) goes behind."""
        for child in el:
            name = name_of(child)
            if name == "w:r":
                self._run(child, style, parts, after)
            elif name in {"m:oMath", "m:oMathPara"}:
                parts.append(read_formula(child))
            elif name == "mc:AlternateContent":
                self._inline(choose(child), style, parts, after)
            elif name == "w:subDoc":
                self._warn("external_document", "a part of the document that lies outside of it was not read")
            elif name and name not in LEFT_OUT:
                self._inline(child, style, parts, after)

    def _run(self, el: Element, style: Style, parts: list[str], after: list[WordItem]) -> None:
        properties = find_child(el, "w:rPr")
        own = (
            Style()
            if properties is None
            else self._styles.character(attribute(find_child(properties, "w:rStyle"), "w:val"))
        )
        hidden, *struck = (
            direct if direct is not None else bool(of_run ^ of_paragraph or default)
            for direct, of_run, of_paragraph, default in zip(
                read_toggles(properties), own.toggles, style.toggles, self._styles.defaults, strict=True
            )
        )
        if any(struck) and not hidden and all(self._fields.values()):
            self.struck.append("".join(child.text or "" for child in el if name_of(child) == "w:t"))
        raised = read_raised(properties)
        raised = own.raised or style.raised if raised is None else raised
        text: list[str] = []
        self._run_content(el, style, text, after, hidden=hidden or any(struck))
        inside = "".join(text).strip()
        if raised and self._in_cell and inside and inside[0] not in "（(［[〔【":
            parts.append(f"（{inside}）")  # digits of a note must not join those of the number before it
        else:
            parts += text

    def _run_content(self, el: Element, style: Style, parts: list[str], after: list[WordItem], *, hidden: bool) -> None:
        for child in el:
            name = name_of(child)
            if name == "w:fldChar":
                parts.append(self._turn_field(child))
            elif hidden or not all(self._fields.values()):
                continue
            elif name == "w:t":
                parts.append(child.text or "")
            elif name in _MARKS:
                parts.append(_MARKS[name])
            elif name == "w:sym":
                parts.append(read_symbol(child))
            elif name in {"w:footnoteReference", "w:endnoteReference"}:
                parts.append(self._note(name[2:-9], attribute(child, "w:id"), after))
            elif name in {"w:drawing", "w:pict", "w:object"}:
                self._graphic(child, after, spacer=False)
            elif name == "mc:AlternateContent":
                self._run_content(choose(child), style, parts, after, hidden=hidden)
            elif name == "w:ruby":
                for base in child:
                    if name_of(base) == "w:rubyBase":
                        self._inline(base, style, parts, after)

    def _turn_field(self, el: Element) -> str:
        """Opens, turns over or closes a field. Returns what a form field prints that keeps no result."""
        begin = self._partners.get(el)
        if begin is None:
            return ""
        kind = attribute(el, "w:fldCharType")
        if kind == "begin":
            printed = read_form_field(el) if all(self._fields.values()) else ""
            self._fields[el] = False
            return printed
        if begin in self._fields:
            if kind == "end":
                del self._fields[begin]
            else:
                self._fields[begin] = True
        return ""

    def _note(self, kind: str, key: str, after: list[WordItem]) -> str:
        """Puts a footnote or endnote behind the paragraph; returns the reference to it, which only a cell prints."""
        if self._in_note:
            return ""
        if kind not in self._notes:
            root = self._part(f"{kind}s")
            self._notes[kind] = {attribute(note, "w:id"): note for note in (root if root is not None else ())}
            if root is not None:
                self._partners.update(match_fields(root))
        self._noted += 1
        mark = f"（{self._noted}）"
        note = self._notes[kind].get(key)
        if note is not None:
            self._in_note = True
            fields, self._fields = self._fields, {}
            text = "".join(item.text for item in self._story(note, in_cell=False) if isinstance(item, WordText)).strip()
            self._in_note, self._fields = False, fields
            if text:
                after.append(WordNote(mark + text))
        return mark if self._in_cell else ""

    # --- Graphics ---------------------------------------------------------------------------------------------------

    def _graphic(self, el: Element, after: list[WordItem], *, spacer: bool) -> None:
        """Text boxes and pictures of a drawing. ``spacer``: it is too small to show anything."""
        for child in [el] if name_of(el) == "w:txbxContent" else el:
            name = name_of(child)
            if name in {"wp:inline", "wp:anchor"}:
                if attribute_plain(find_child(child, "wp:docPr"), "hidden") in {"1", "true", "on"}:
                    continue
                extent = find_child(child, "wp:extent")
                sides = [read_number(attribute_plain(extent, side), _SPACER, 10**9) for side in ("cx", "cy")]
                self._graphic(child, after, spacer=min(sides) < _SPACER)
            elif name == "w:txbxContent":
                fields, self._fields = self._fields, {}
                after += self._story(child, in_cell=self._in_cell)
                self._fields = fields
            elif name == "a:blip":
                if not spacer:
                    self._picture(attribute(child, "r:embed") or attribute(child, "r:link"), after)
            elif name == "v:imagedata":
                self._picture(attribute(child, "r:id") or attribute(child, "o:relid"), after)
            elif name == "v:textpath":
                after.append(WordText(child.get("string") or ""))
            elif name in {"c:chart", "cx:chart"}:
                self._warn("chart", "a chart was not read")
            elif name == "dgm:relIds":
                self._warn("diagram", "a diagram (SmartArt) was not read")
            elif name == "o:OLEObject":
                kind = (child.get("ProgID") or "")[:40]
                self._warn("embedded_object", f"an embedded object was not read ({kind})")
            elif name == "mc:AlternateContent":
                self._graphic(choose(child), after, spacer=spacer)
            elif name and "visibility:hidden" not in (child.get("style") or ""):
                self._graphic(child, after, spacer=spacer)

    def _picture(self, key: str, after: list[WordItem]) -> None:
        if not key:
            return
        target, outside = self._links.target(key) or ("", False)
        if outside:
            self._warn("external_picture", f"a picture outside of the document was not fetched: {target[:100]}")
        elif target not in self._pictures:
            self._pictures[target] = self._load(target)
        after.append(Picture(None if outside else self._pictures[target], target, Place()))

    def _load(self, name: str) -> bytes | None:
        """The bytes of a picture; None for a kind that holds no pixels (.emf, .wmf) and for a missing part."""
        if name not in self._package:
            return None
        try:
            data = self._package.read(name)
        except UnreadableDocument as error:
            self._warn("unread_picture", str(error))
            return None
        return data if data.startswith(_PICTURES) else None

    # --- Tables -----------------------------------------------------------------------------------------------------

    def _table(self, el: Element) -> WordTable:
        grid = find_child(el, "w:tblGrid")
        columns = tuple(
            read_number(attribute(child, "w:w"))
            for child in (grid if grid is not None else ())
            if name_of(child) == "w:gridCol"
        )
        rows: list[list[WordCell]] = []
        for row in members(el, "w:tr"):
            properties = find_child(row, "w:trPr")
            if find_child(properties, "w:del") is not None:
                continue
            before = read_number(attribute(find_child(properties, "w:gridBefore"), "w:val"), 0, MAX_COLUMN)
            cells = self._row(row, max(before, 0))
            hidden = is_on(find_child(properties, "w:hidden"))
            if not hidden or any(item for cell in cells for item in cell.items if item != WordText("")):
                rows.append(cells)
            if len(rows) > MAX_ROWS:
                break
        return WordTable(rows, columns=columns)

    def _row(self, row: Element, column: int) -> list[WordCell]:
        cells: list[WordCell] = []
        for count, el in enumerate(members(row, "w:tc")):
            if count > MAX_ROW_CELLS:
                raise UnreadableDocument(f"a row of more than {MAX_ROW_CELLS:,} cells")
            properties = find_child(el, "w:tcPr")
            if find_child(properties, "w:cellDel") is not None:
                continue
            span = read_number(attribute(find_child(properties, "w:gridSpan"), "w:val"), 1, MAX_COLUMN)
            left, column = column, column + max(span, 1)
            items = self._story(el, in_cell=True)
            across = find_child(properties, "w:hMerge")
            if across is not None and attribute(across, "w:val") != "restart" and cells:
                cells[-1].right = column
                cells[-1].items += items
                continue
            cells.append(WordCell(left, column, read_merge(properties), items))
        return cells

    def _warn(self, code: str, message: str) -> None:
        if (code, message) not in self.warnings:
            self.warnings.append((code, message))
