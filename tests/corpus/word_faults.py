"""What makes Word files hard, each as a writer of its own: merges, nesting, text boxes, tracked changes, automatic
numbers, hidden text. None changes what is printed, except where it says so on the draft."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.cases.make.draft import Block, Draft, take_snippet
from tests.cases.make.grid import Cell, Table, fill_grid
from tests.corpus.word import WHEN, Writer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random


class MergedWriter(Writer):
    """Merges in the ways that Word, WPS and converters write them.

    ``w:hMerge`` in place of ``w:gridSpan``, empty squares left out by ``w:gridBefore`` and ``w:gridAfter``, a grid
    finer than the columns, a grid that is missing, and text left in the lower squares of a merged cell.
    """

    def __init__(self, draft: Draft, rng: Random, *, sound_grid: bool = False) -> None:
        super().__init__(draft, rng)
        self.across = rng.choice(("gridSpan", "hMerge", "mixed"))
        self.after = rng.random() < 0.5
        self.stale = rng.random() < 0.4
        self.fine = rng.random() < 0.6
        self.grid_missing = not sound_grid and rng.random() < 0.25
        if rng.random() < 0.5:
            draft.labels["word:corner"] = ""

    def continued(self, cell: Cell) -> str:
        """Converters leave the text of a group again in each square it covers."""
        return self.cell_content(cell) if self.stale and cell.kind == "group" else super().continued(cell)

    def merge_down(self, cell: Cell, *, begins: bool) -> str:
        if cell.rows == 1:
            return ""
        return '<w:vMerge w:val="restart"/>' if begins else "<w:vMerge/>"

    def table(self, table: Table) -> str:
        """The table on its own grid."""
        widths = self.column_widths(table)
        parts = [self.rng.choice((1, 1, 2, 3)) if self.fine else 1 for _ in widths]  # grid columns of each column
        grid = [width // n for width, n in zip(widths, parts, strict=True) for _ in range(n)]
        rows = [self.merged_row(table, y, line, widths, parts) for y, line in enumerate(fill_grid(table))]
        return self.wrap_table([] if self.grid_missing else grid, rows)

    def merged_row(
        self, table: Table, y: int, line: Sequence[tuple[Cell, bool]], widths: list[int], parts: list[int]
    ) -> str:
        """One row: each cell by the way of merging that the document has."""
        tcs, before, after = "", 0, 0
        cells = self.row_cells(line)
        for place, (cell, x, begins) in enumerate(cells):
            squares = range(x, x + cell.columns)
            if cell.kind == "corner" and not cell.text and self.after:
                before = sum(parts[s] for s in squares)
                continue
            across = self.across if self.across != "mixed" else self.rng.choice(("gridSpan", "hMerge"))
            last = place == len(cells) - 1
            if last and cell.columns > 1 and self.after and cell.kind == "value":
                after = sum(parts[s] for s in squares[1:])
                squares = squares[:1]
            if across == "hMerge" and len(squares) > 1:
                for s in squares:
                    first = s == x
                    content = self.tc_content(cell, begins=begins) if first else self.wrap("", "cell")
                    merge = '<w:hMerge w:val="restart"/>' if first else "<w:hMerge/>"
                    tcs += self.square(widths[s], parts[s], merge + self.merge_down(cell, begins=begins), content)
            else:
                span, width = sum(parts[s] for s in squares), sum(widths[s] for s in squares)
                down = self.merge_down(cell, begins=begins)
                tcs += self.square(width, span, down, self.tc_content(cell, begins=begins))
        skipped = (f'<w:gridBefore w:val="{before}"/>' if before else "") + (
            f'<w:gridAfter w:val="{after}"/>' if after else ""
        )
        return f"<w:tr><w:trPr>{skipped}<w:cantSplit/></w:trPr>{tcs}</w:tr>"

    def tc_content(self, cell: Cell, *, begins: bool) -> str:
        return self.cell_content(cell) if begins else self.continued(cell)

    @staticmethod
    def square(width: int, span: int, merges: str, content: str) -> str:
        """One w:tc over ``span`` grid columns."""
        wide = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
        return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{wide}{merges}</w:tcPr>{content}</w:tc>'


class CutWriter(Writer):
    """Parts of a split table: a group that goes on says so in its first square, which shows nothing.

    Not under a repeated header, where that square would go on from the header's corner.
    """

    def table(self, table: Table) -> str:
        """As ever, but a group without words goes on from a row that is not there."""
        made = super().table(table)
        if table.header:
            return made
        first, end, rest = made.partition("</w:tr>")
        for cell in table.rows[0]:
            if cell.kind == "group" and not cell.text:
                first = first.replace('<w:vMerge w:val="restart"/>', "<w:vMerge/>", 1)
        return first + end + rest


class NestedWriter(Writer):
    """Tables inside cells: the whole report in a layout table, each table in one, or numbers in boxes of their own."""

    def __init__(self, draft: Draft, rng: Random) -> None:
        super().__init__(draft, rng)
        self.way = rng.choice(("whole", "each", "both"))
        self.boxes = rng.choice((0.0, 0.15, 1.0))

    def lay_out(self, content: str) -> str:
        """A layout table with the content in its last row; a cell ends with a paragraph, as Word demands."""
        rows = [
            f'<w:tr><w:tc><w:tcPr><w:tcW w:w="9000" w:type="dxa"/></w:tcPr>{inner}</w:tc></w:tr>'
            for inner in (self.wrap(""), content + self.wrap(""))[self.rng.randrange(2) :]
        ]
        return (
            '<w:tbl><w:tblPr><w:tblW w:w="9000" w:type="dxa"/></w:tblPr><w:tblGrid><w:gridCol w:w="9000"/></w:tblGrid>'
            f"{''.join(rows)}</w:tbl>{self.wrap('')}"
        )

    def table(self, table: Table) -> str:
        """The table, within a cell of its own in some documents."""
        inner = super().table(table)
        return self.lay_out(inner) if self.way in ("each", "both") else inner

    def cell_content(self, cell: Cell) -> str:
        """A number in a table of one cell, in some."""
        if cell.kind != "value" or self.rng.random() >= self.boxes:
            return super().cell_content(cell)
        return (
            '<w:tbl><w:tblPr><w:tblW w:w="400" w:type="dxa"/></w:tblPr><w:tblGrid><w:gridCol w:w="400"/></w:tblGrid>'
            f'<w:tr><w:tc><w:tcPr><w:tcW w:w="400" w:type="dxa"/></w:tcPr>{super().cell_content(cell)}</w:tc></w:tr>'
            f"</w:tbl>{self.wrap('', 'cell')}"
        )

    def body(self, blocks: Sequence[Block]) -> str:
        """The report, all of it in one cell in some documents, the title above or within."""
        if self.way == "each":
            return super().body(blocks)
        title = blocks[:1] if self.rng.random() < 0.5 else []
        return super().body(title) + self.lay_out(super().body(blocks[len(title) :]))


class TextboxWriter(Writer):
    """Title, notes or a whole table in text boxes, written twice: for Word of today and for older ones."""

    def __init__(self, draft: Draft, rng: Random) -> None:
        super().__init__(draft, rng)
        self.boxed = rng.choice(({"title"}, {"note"}, {"table"}, {"title", "table"}, {"title", "note", "table"}))
        self.boxed_table = rng.choice(("applications", "review_litigation", "proactive"))
        self.way = rng.choice(("both", "both", "vml"))

    def box(self, content: str, height: int) -> str:
        """A text box 450 pt wide, in the way of this document."""
        number = self.take_id()
        inner = f"<w:txbxContent>{content}</w:txbxContent>"
        size = f'cx="{450 * 12700}" cy="{height * 12700}"'
        fallback = (
            f'<w:pict><v:shape id="_x0000_s{number}" style="position:absolute;width:450pt;height:{height}pt;z-index:1">'
            f"<v:textbox>{inner}</v:textbox></v:shape></w:pict>"
        )
        if self.way == "vml":
            return f"<w:r>{fallback}</w:r>"
        return (
            '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing>'
            '<wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0" relativeHeight="2" behindDoc="0"'
            ' locked="0" layoutInCell="1" allowOverlap="1"><wp:simplePos x="0" y="0"/>'
            '<wp:positionH relativeFrom="column"><wp:posOffset>0</wp:posOffset></wp:positionH>'
            '<wp:positionV relativeFrom="paragraph"><wp:posOffset>0</wp:posOffset></wp:positionV>'
            f'<wp:extent {size}/><wp:effectExtent l="0" t="0" r="0" b="0"/><wp:wrapTopAndBottom/>'
            f'<wp:docPr id="{number}" name="文本框 {number}"/><wp:cNvGraphicFramePr/><a:graphic>'
            '<a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp>'
            f'<wps:cNvSpPr txBox="1"/><wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm>'
            f'<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></wps:spPr><wps:txbx>{inner}</wps:txbx><wps:bodyPr/>'
            "</wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice>"
            f"<mc:Fallback>{fallback}</mc:Fallback></mc:AlternateContent></w:r>"
        )

    def block(self, block: Block) -> str:
        """The block, in a box if it is one of those."""
        if block.kind == "title" and "title" in self.boxed:
            return self.wrap(self.box(super().block(block), 60), "title")
        if block.kind == "paragraph" and block.section in (2, 4, 6) and "note" in self.boxed:
            return self.wrap(self.box(super().block(block), 80), "cell")
        if block.table is not None and "table" in self.boxed and block.table.name == self.boxed_table:
            height = {"applications": 640, "proactive": 300, "review_litigation": 160}[self.boxed_table]
            return self.wrap(self.box(super().block(block), height), "cell")
        return super().block(block)


DELETED = (
    "初稿此处写作公开信息{n}条，经核对后删去。",
    "待业务科室补充{n}件。",
    "去年同期为{n}件，增幅较大。",
)


class TrackedWriter(Writer):
    """Changes that were tracked and never accepted: words, numbers, rows, a paragraph moved, properties changed."""

    def __init__(self, draft: Draft, rng: Random) -> None:
        super().__init__(draft, rng)
        self.share = rng.choice((0.1, 0.3, 0.8))  # of the numbers
        self.rows = rng.random() < 0.6
        draft.chrome += ["经核对后删去", "待业务科室补充", "去年同期为"]

    def changed(self, kind: str, content: str) -> str:
        """A w:ins, w:del, w:moveFrom or w:moveTo around runs."""
        return f'<w:{kind} w:id="{self.take_id()}" {WHEN}>{content}</w:{kind}>' if content else ""

    def deleted(self, text: str, kind: str = "paragraph") -> str:
        return self.changed("del", self.run(text, kind, tag="w:delText"))

    def runs(self, text: str, kind: str = "paragraph") -> str:
        """Prose: some of it inserted, with deleted words beside it."""
        if kind != "paragraph" or len(text) < 12 or self.rng.random() < 0.3:
            return super().runs(text, kind)
        start = self.rng.randrange(0, len(text) // 2)
        end = self.rng.randrange(start + 3, len(text))
        gone = self.rng.choice(DELETED).format(n=self.rng.randint(10, 9999))
        return (
            super().runs(text[:start], kind)
            + self.deleted(gone)
            + self.changed("ins", super().runs(text[start:end], kind))
            + super().runs(text[end:], kind)
        )

    def paragraph(self, block: Block) -> str:
        """Some paragraphs were two: the mark between them is deleted."""
        if block.kind != "paragraph" or len(block.text) < 30 or self.rng.random() > 0.25:
            return super().paragraph(block)
        at = self.rng.randrange(10, len(block.text) - 10)
        mark = f'<w:rPr><w:del w:id="{self.take_id()}" {WHEN}/></w:rPr>'
        first = self.wrap(super().runs(block.text[:at]), "paragraph", mark)
        return first + self.wrap(super().runs(block.text[at:]), "paragraph")

    def cell_text(self, cell: Cell) -> str:
        """A number that another number was before, wholly or in its last digits."""
        text = cell.text
        if cell.kind != "value" or self.rng.random() >= self.share:
            return super().cell_text(cell)
        old = str(self.rng.randint(1, 9999))
        kept = text[: len(text) // 2] if text.isdigit() and self.rng.random() < 0.4 else ""
        pair = [self.deleted(old, "cell"), self.changed("ins", self.run(text[len(kept) :], "cell"))]
        if self.rng.random() < 0.3:
            pair.reverse()
        return self.run(kept, "cell") + "".join(pair)

    def tc(self, cell: Cell, width: int, *, begins: bool) -> str:
        """Cell properties keep what they were before: another span."""
        made = super().tc(cell, width, begins=begins)
        if self.rng.random() < 0.15:
            old = '<w:tcPr><w:tcW w:w="600" w:type="dxa"/><w:gridSpan w:val="2"/><w:vMerge w:val="restart"/></w:tcPr>'
            change = f'<w:tcPrChange w:id="{self.take_id()}" {WHEN}>{old}</w:tcPrChange>'
            made = made.replace("</w:tcPr>", change + "</w:tcPr>", 1)
        return made

    def row(self, table: Table, y: int, cells: str) -> str:
        """Some rows are inserted; before some stands a deleted one with other numbers."""
        if not self.rows or y < table.header or table.name == "review_litigation" or self.rng.random() < 0.8:
            return super().row(table, y, cells)
        if self.rng.random() < 0.5:
            mark = f'<w:trPr><w:ins w:id="{self.take_id()}" {WHEN}/></w:trPr>'
            return f"<w:tr>{mark}{cells}</w:tr>"
        return self.deleted_row(table, y) + super().row(table, y, cells)

    def deleted_row(self, table: Table, y: int) -> str:
        """The row before it was written anew, whole, with other numbers; nothing where it begins a merge."""
        widths = self.column_widths(table)
        tcs = ""
        for cell, x, begins in self.row_cells(fill_grid(table)[y]):
            if begins and cell.rows > 1:
                return ""
            text = str(self.rng.randint(1, 999)) if cell.kind == "value" else cell.text
            content = self.wrap(self.deleted(text, "cell"), "cell") if begins else self.continued(cell)
            span = f'<w:gridSpan w:val="{cell.columns}"/>' if cell.columns > 1 else ""
            span += "<w:vMerge/>" if cell.rows > 1 else ""
            width = sum(widths[x : x + cell.columns])
            tcs += f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}</w:tcPr>{content}</w:tc>'
        return f'<w:tr><w:trPr><w:del w:id="{self.take_id()}" {WHEN}/></w:trPr>{tcs}</w:tr>'

    def body(self, blocks: Sequence[Block]) -> str:
        """One paragraph of section one was moved there from section five; one was deleted whole."""
        first = [i for i, b in enumerate(blocks) if b.kind == "paragraph" and b.section == 1]
        fifth = next(i for i, b in enumerate(blocks) if b.kind == "heading" and b.section == 5)
        moved = self.rng.choice(first[1:])
        text = blocks[moved].text
        self.draft.section(5).lacks.append(take_snippet(text))
        out = ""
        for i, block in enumerate(blocks):
            if i == moved:
                runs = self.changed("moveTo", self.run(text))
                out += self.wrap(self.between("moveTo", runs))
            else:
                out += self.block(block)
            if i == fifth:
                runs = self.changed("moveFrom", self.run(text))
                mark = f'<w:rPr><w:moveFrom w:id="{self.take_id()}" {WHEN}/></w:rPr>'
                out += self.wrap(self.between("moveFrom", runs), "paragraph", mark)
                mark = f'<w:rPr><w:del w:id="{self.take_id()}" {WHEN}/></w:rPr>'
                out += self.wrap(self.deleted(DELETED[0].format(n=381)), "paragraph", mark)
        return out

    def between(self, kind: str, runs: str) -> str:
        """Runs between the marks of a moved range."""
        number = self.take_id()
        return f'<w:{kind}RangeStart w:id="{number}" {WHEN} w:name="move1"/>{runs}<w:{kind}RangeEnd w:id="{number}"/>'


LEVELS = (
    ("chineseCountingThousand", "%1、"),
    ("chineseCountingThousand", "（%2）"),
    ("decimal", "%3."),
)
MARK = re.compile(r"^(?:([一二三四五六七八九十])、|（([一二三四五六七八九十])）|([1-9])\.)")


class NumberedWriter(Writer):
    """Headings and labels whose 一、, （一） and 1. Word counts itself: they are printed and in no text."""

    def __init__(self, draft: Draft, rng: Random) -> None:
        super().__init__(draft, rng)
        self.styled = rng.random() < 0.4  # headings by a style that brings the number
        self.labelled = rng.random() < 0.8  # labels too, not only headings
        self.formats = rng.choice((LEVELS, (("japaneseCounting", "%1、"), ("japaneseCounting", "（%2）"), LEVELS[2])))
        self.joined = rng.random() < 0.5  # headings and paragraphs are levels of one list
        self.lists: dict[str, int] = {}
        self.starts: list[tuple[int, int]] = []
        self.number("headings", 0)

    def number(self, scope: str, level: int, start: int = 1) -> int:
        """The w:numId of the list of a scope (one count goes on within it)."""
        if scope not in self.lists:
            self.lists[scope] = len(self.lists) + 1
            self.starts.append((level, start))
        return self.lists[scope]

    def numbered(self, text: str, scopes: tuple[str, str, str]) -> tuple[str, str]:
        """(the text without its mark, w:numPr) or the text as it is."""
        found = MARK.match(text)
        if found is None:
            return text, ""
        level = next(i for i, group in enumerate(found.groups()) if group)
        mark = found.group(level + 1)
        start = int(mark) if level == 2 else "一二三四五六七八九十".index(mark) + 1
        count = self.number(scopes[level], level, start)
        return (
            text[found.end() :],
            f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{count}"/></w:numPr>',
        )

    def paragraph(self, block: Block) -> str:
        """A heading or paragraph, its mark left to Word."""
        if block.kind not in ("heading", "paragraph"):
            return super().paragraph(block)
        scope = "headings" if self.joined else f"section {block.section}"
        text, number = self.numbered(block.text, ("headings", scope, scope))
        if number and block.kind == "heading" and self.styled:
            return f'<w:p><w:pPr><w:pStyle w:val="numbered"/></w:pPr>{self.runs(text, "heading")}</w:p>'
        return f"<w:p><w:pPr>{self.with_style(block.kind, number)}</w:pPr>{self.runs(text, block.kind)}</w:p>"

    def with_style(self, kind: str, number: str) -> str:
        """The paragraph's properties with w:numPr at the place the schema gives it: after the style."""
        own = self.paragraph_properties(kind)
        style, end, rest = own.partition("/>") if own.startswith("<w:pStyle") else ("", "", own)
        return style + end + number + rest

    def cell_content(self, cell: Cell) -> str:
        """A label, its mark left to Word; the lines of each group are counted anew."""
        if not self.labelled or cell.kind not in ("label", "group"):
            return super().cell_content(cell)
        group = cell.name.split(".")[0]
        text, number = self.numbered(cell.text, ("rows", "results", f"group {group}"))
        return f"<w:p><w:pPr>{number}</w:pPr>{self.runs(text, 'cell')}</w:p>"

    def write(self, blocks: Sequence[Block]) -> bytes:
        """The file; the lists are known when the text is written."""
        body = self.body(blocks)
        abstract, numbers = "", ""
        levels = "".join(
            f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{fmt}"/><w:suff w:val="nothing"/>'
            f'<w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="0" w:firstLine="0"/></w:pPr>'
            "</w:lvl>"
            for n, (fmt, text) in enumerate(self.formats)
        )
        for number in self.lists.values():
            kind = '<w:multiLevelType w:val="multilevel"/>'
            abstract += f'<w:abstractNum w:abstractNumId="{number}">{kind}{levels}</w:abstractNum>'
            level, start = self.starts[number - 1]
            override = ""
            if start != 1:
                override = f'<w:lvlOverride w:ilvl="{level}"><w:startOverride w:val="{start}"/></w:lvlOverride>'
            link = f'<w:abstractNumId w:val="{number}"/>'
            numbers += f'<w:num w:numId="{number}">{link}{override}</w:num>'
        self.numbering = abstract + numbers
        return self.write_package(body)


class HiddenWriter(Writer):
    """Text that is not printed beside text that is, and elements that Word puts around text."""

    def __init__(self, draft: Draft, rng: Random, *, fields: bool = True) -> None:
        super().__init__(draft, rng)
        self.fields = fields  # without: for LibreOffice, which works fields out anew and loses text in controls
        self.share = rng.choice((0.15, 0.4, 1.0))
        ways = ["vanish", "footnote", "smart tag", "link", *(["field", "nested field", "control", "comment"] * fields)]
        if not draft.expect()["failed_checks"]:  # the cause of a failure must not hang on these
            ways += ["struck", "raised"]
        self.ways = rng.sample(ways, rng.randint(3, min(7, len(ways))))
        draft.chrome += ["模板请勿删除", "MERGEFORMAT", "HYPERLINK"]

    def field(self, instruction: str, result: str, kind: str) -> str:
        """A complex field: its instruction is not printed."""
        marks = {part: f'<w:r><w:fldChar w:fldCharType="{part}"/></w:r>' for part in ("begin", "separate", "end")}
        return (
            f'{marks["begin"]}<w:r><w:instrText xml:space="preserve">{instruction}</w:instrText></w:r>'
            f"{marks['separate']}{self.run(result, kind)}{marks['end']}"
        )

    def cell_text(self, cell: Cell) -> str:
        """A number in one of the document's ways, a label with soft hyphens in some."""
        text = cell.text
        if cell.kind != "value":
            if len(text) > 6 and self.rng.random() < 0.1:
                middle = len(text) // 2
                return self.run(text[:middle], "cell") + "<w:r><w:softHyphen/></w:r>" + self.run(text[middle:], "cell")
            return super().cell_text(cell)
        if text.startswith("-") and text[1:].isdigit() and self.rng.random() < 0.5:
            return "<w:r><w:noBreakHyphen/></w:r>" + self.run(text[1:], "cell")
        if not text or self.rng.random() >= self.share:
            return super().cell_text(cell)
        return self.wrap_number(cell, self.rng.choice(self.ways))

    def wrap_number(self, cell: Cell, way: str) -> str:
        """The number as ``way`` has it."""
        text = cell.text
        inner = self.run(text, "cell")
        other = str(self.rng.randint(1, 9999))
        if way == "vanish":
            hidden = self.run(other, "cell", "<w:vanish/>")
            return hidden + inner if self.rng.random() < 0.5 else inner + hidden
        if way == "struck":
            self.may_be_null(cell)
            return self.run(other, "cell", self.rng.choice(("<w:strike/>", "<w:dstrike/>"))) + inner
        if way == "field":
            return self.field(" =SUM(B5:G5) \\* MERGEFORMAT ", text, "cell")
        if way == "nested field":
            begin, end = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>', '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
            code = '<w:r><w:instrText xml:space="preserve"> = </w:instrText></w:r>'
            separate = '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
            return begin + code + self.field(" DOCVARIABLE n1 ", other, "cell") + separate + inner + end
        if way == "footnote":
            self.footnotes.append(f"含网络申请{self.rng.randint(1, 9)}件。")
            mark = '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
            return inner + f'<w:r>{mark}<w:footnoteReference w:id="{len(self.footnotes)}"/></w:r>'
        if way == "smart tag":
            attributes = f'<w:attr w:name="SourceValue" w:val="{other}"/><w:attr w:name="UnitName" w:val="件"/>'
            return (
                '<w:smartTag w:uri="urn:schemas-microsoft-com:office:smarttags" w:element="chmetcnv">'
                f"<w:smartTagPr>{attributes}</w:smartTagPr>{inner}</w:smartTag>"
            )
        if way == "control":
            return (
                f'<w:sdt><w:sdtPr><w:alias w:val="数量{other}"/><w:id w:val="{self.take_id()}"/><w:text/></w:sdtPr>'
                f"<w:sdtContent>{inner}</w:sdtContent></w:sdt>"
            )
        if way == "link":
            return f'<w:hyperlink w:anchor="_Toc{other}">{inner}</w:hyperlink>'
        if way == "comment":
            self.comments.append(f"原数为{other}，请核。")
            number = len(self.comments) - 1
            return (
                f'<w:commentRangeStart w:id="{number}"/>{inner}<w:commentRangeEnd w:id="{number}"/>'
                f'<w:r><w:commentReference w:id="{number}"/></w:r>'
            )
        if way == "raised":
            self.may_be_null(cell)
            return inner + self.run("①", "cell", '<w:vertAlign w:val="superscript"/>')
        raise ValueError(way)

    def may_be_null(self, cell: Cell) -> None:
        """A careful reader may leave this one alone: two things are printed in the cell."""
        row, column = cell.place or ("", "")
        for table, rows in self.draft.values.items():  # no row's key stands in two tables
            value = rows.get(row, {}).get(column)
            if value is not None:
                self.draft.expected[table, row, column] = [value, None]
        self.draft.also.add("partial")
        self.draft.tolerated.add("reading")

    def tc(self, cell: Cell, width: int, *, begins: bool) -> str:
        """Some cells stand in a content control of their own."""
        made = super().tc(cell, width, begins=begins)
        if self.fields and self.rng.random() < 0.05:
            return (
                f'<w:sdt><w:sdtPr><w:id w:val="{self.take_id()}"/></w:sdtPr><w:sdtContent>{made}</w:sdtContent></w:sdt>'
            )
        return made

    def row(self, table: Table, y: int, cells: str) -> str:
        """Some rows stand in a content control, some have a hidden one after them."""
        made = super().row(table, y, cells)
        if self.fields and self.rng.random() < 0.06:
            return (
                f'<w:sdt><w:sdtPr><w:id w:val="{self.take_id()}"/></w:sdtPr><w:sdtContent>{made}</w:sdtContent></w:sdt>'
            )
        return made

    def runs(self, text: str, kind: str = "paragraph") -> str:
        """Prose with hidden words, fields and links around some of it."""
        if kind != "paragraph" or len(text) < 20:
            return super().runs(text, kind)
        at = self.rng.randrange(4, len(text) - 6)
        middle = text[at : at + 4]
        ways = ["vanish", "field", "link", "soft hyphen", "tag", "bookmark", *(["simple field"] * self.fields)]
        way = self.rng.choice(ways)
        inner = {
            "vanish": self.run("模板请勿删除，共3件", kind, "<w:vanish/>") + self.run(middle, kind),
            "field": self.field(' HYPERLINK "http://www.gov.cn/2023/118.html" ', middle, kind),
            "simple field": f'<w:fldSimple w:instr=" REF p12 \\h  \\* MERGEFORMAT ">{self.run(middle, kind)}'
            "</w:fldSimple>",
            "link": f'<w:hyperlink w:anchor="p7">{self.run(middle, kind)}</w:hyperlink>',
            "soft hyphen": self.run(middle[:2], kind) + "<w:r><w:softHyphen/></w:r>" + self.run(middle[2:], kind),
            "tag": f'<w:smartTag w:uri="urn:x" w:element="date">{self.run(middle, kind)}</w:smartTag>',
            "bookmark": f'<w:bookmarkStart w:id="{self.take_id()}" w:name="p7"/>{self.run(middle, kind)}'
            f'<w:bookmarkEnd w:id="{self.ids}"/>',
        }[way]
        return super().runs(text[:at], kind) + inner + super().runs(text[at + 4 :], kind)

    def block(self, block: Block) -> str:
        """Some tables and paragraphs stand in a content control."""
        made = super().block(block)
        if self.fields and block.kind != "raw" and self.rng.random() < 0.12:
            return (
                f'<w:sdt><w:sdtPr><w:id w:val="{self.take_id()}"/></w:sdtPr><w:sdtContent>{made}</w:sdtContent></w:sdt>'
            )
        return made
