"""Writes Word files (.docx) part by part: paragraphs, runs, tables with their merges, and the package around them.

The parts are written as XML so that a maker can set every element that Word and WPS leave in their files.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from tests.cases.make.grid import Cell, Table, fill_grid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from tests.cases.make.draft import Block, Draft

SPACES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
}
NAMESPACES = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in SPACES.items()) + ' mc:Ignorable="w14"'
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
RELATIONSHIP = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml."
WHEN = 'w:author="lihong" w:date="2024-01-09T09:30:00Z"'

# Widths of the logical columns in twentieths of a point; together 8900 on a page of A4.
WIDTHS = {
    "proactive": [3200, 1900, 1900, 1900],
    "applications": [620, 900, 2900, *[640] * 7],
    "review_litigation": [593] * 15,
}
FONTS = ("宋体", "仿宋_GB2312", "仿宋", "方正仿宋_GBK", "等线")
PACKAGE_TYPES = """<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>
<Default Extension="jpeg" ContentType="image/jpeg"/>
<Override PartName="/docProps/core.xml"
 ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>"""
CORE = """<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title></dc:title><dc:creator>Administrator</dc:creator>
</cp:coreProperties>"""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to embed: its bytes, "png" or "jpeg", and its size on paper in points."""

    data: bytes
    kind: str
    width: float
    height: float


class Writer:
    """Writes one report as a .docx. What is special about a document goes into a subclass.

    Use: ``Writer(draft, rng).write(blocks)``. Everything random comes from ``rng``.
    """

    def __init__(self, draft: Draft, rng: Random) -> None:
        self.draft = draft
        self.rng = rng
        self.font = rng.choice(FONTS)
        self.by_style = rng.random() < 0.5  # headings marked by a style, or only bold
        self.split = rng.choice((0.0, 0.3, 0.7))  # how often text is split over runs
        self.header = rng.random() < 0.4
        self.numbering = ""  # content of word/numbering.xml
        self.footnotes: list[str] = []
        self.comments: list[str] = []
        self.pictures: list[Picture] = []
        self.ids = 100

    # --- Text -------------------------------------------------------------------------------------------------
    def take_id(self) -> int:
        """A number that no other element has."""
        self.ids += 1
        return self.ids

    def run_properties(self, kind: str) -> str:
        """What a run of this kind of block looks like."""
        size = {"title": 44, "heading": 32, "cell": 18, "line": 28}.get(kind, 28)
        bold = "<w:b/>" if kind in ("title", "heading") and not self.by_style else ""
        return (
            f'<w:rFonts w:ascii="{self.font}" w:eastAsia="{self.font}" w:hAnsi="{self.font}" w:hint="eastAsia"/>'
            f'{bold}<w:sz w:val="{size}"/>'
        )

    def run(self, text: str, kind: str = "paragraph", extra: str = "", tag: str = "w:t") -> str:
        """One run; ``tag`` is w:delText within a deletion. Nothing for no text."""
        if not text:
            return ""
        return (
            f"<w:r><w:rPr>{self.run_properties(kind)}{extra}</w:rPr>"
            f'<{tag} xml:space="preserve">{escape(text)}</{tag}></w:r>'
        )

    def split_text(self, text: str) -> list[str]:
        """The text in pieces, as an editor's history leaves it in runs."""
        if len(text) < 2 or self.rng.random() >= self.split:
            return [text]
        cuts = sorted(self.rng.sample(range(1, len(text)), min(len(text) - 1, self.rng.randint(1, 3))))
        return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    def runs(self, text: str, kind: str = "paragraph") -> str:
        """The text as one run or several, with the marks of the spelling checker between."""
        between = '<w:proofErr w:type="spellStart"/>' if self.rng.random() < 0.3 else ""
        return between.join(self.run(piece, kind) for piece in self.split_text(text))

    def paragraph_properties(self, kind: str) -> str:
        """Alignment, indent and style of a paragraph of this kind."""
        if kind == "title":
            style = '<w:pStyle w:val="a3"/>' if self.by_style else ""
            return f'{style}<w:jc w:val="center"/>'
        if kind == "heading":
            return '<w:pStyle w:val="1"/>' if self.by_style else '<w:ind w:firstLineChars="200" w:firstLine="560"/>'
        if kind in ("cell", "mark"):
            return '<w:jc w:val="center"/>'
        if kind == "line":
            return '<w:jc w:val="right"/>'
        return '<w:ind w:firstLineChars="200" w:firstLine="560"/>'

    def wrap(self, content: str, kind: str = "paragraph", extra: str = "") -> str:
        """A paragraph around finished runs."""
        return f"<w:p><w:pPr>{self.paragraph_properties(kind)}{extra}</w:pPr>{content}</w:p>"

    def title(self, text: str) -> str:
        """The title, in some documents on two lines."""
        if self.rng.random() < 0.3:
            middle = text.find("年", len(text) // 3) + 1 or len(text) // 2
            if text[middle - 5 : middle - 1].isdigit() and middle < len(text):
                return self.runs(text[:middle], "title") + "<w:r><w:br/></w:r>" + self.runs(text[middle:], "title")
        return self.runs(text, "title")

    def paragraph(self, block: Block) -> str:
        """A block of text as a paragraph."""
        content = self.title(block.text) if block.kind == "title" else self.runs(block.text, block.kind)
        return self.wrap(content, block.kind)

    # --- Tables -----------------------------------------------------------------------------------------------
    def cell_text(self, cell: Cell) -> str:
        """The runs of a cell."""
        return self.runs(cell.text, "cell")

    def cell_content(self, cell: Cell) -> str:
        """The paragraphs of a cell."""
        return self.wrap(self.cell_text(cell), "cell")

    def column_widths(self, table: Table) -> list[int]:
        """The widths of the table's logical columns."""
        count = sum(cell.columns for cell in table.rows[0])
        return (WIDTHS[table.name] + [700] * count)[:count]

    def tc(self, cell: Cell, width: int, *, begins: bool) -> str:
        """One w:tc: ``begins`` is False for a row that a cell from above goes on in."""
        properties = f'<w:tcW w:w="{width}" w:type="dxa"/>'
        if cell.columns > 1:
            properties += f'<w:gridSpan w:val="{cell.columns}"/>'
        if cell.rows > 1:
            properties += '<w:vMerge w:val="restart"/>' if begins else self.rng.choice(CONTINUES)
        content = self.cell_content(cell) if begins else self.continued(cell)
        return f'<w:tc><w:tcPr>{properties}<w:vAlign w:val="center"/></w:tcPr>{content}</w:tc>'

    def continued(self, cell: Cell) -> str:
        """What stands in the lower squares of a merged cell: an empty paragraph."""
        return self.wrap("", "cell")

    def row_cells(self, line: Sequence[tuple[Cell, bool]]) -> list[tuple[Cell, int, bool]]:
        """(cell, first column, begins here) for each w:tc of a row, from a line of the full grid."""
        return [(cell, x, begins) for x, (cell, begins) in enumerate(line) if x == 0 or line[x - 1][0] is not cell]

    def row(self, table: Table, y: int, cells: str) -> str:
        """One w:tr."""
        header = "<w:tblHeader/>" if y < table.header and self.rng.random() < 0.5 else ""
        return f"<w:tr><w:trPr><w:cantSplit/>{header}</w:trPr>{cells}</w:tr>"

    def table_properties(self) -> str:
        """Borders and width."""
        sides = "".join(
            f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="auto"/>'
            for side in ("top", "left", "bottom", "right", "insideH", "insideV")
        )
        return f'<w:tblPr><w:tblW w:w="0" w:type="auto"/><w:jc w:val="center"/><w:tblBorders>{sides}</w:tblBorders>\
<w:tblLayout w:type="fixed"/></w:tblPr>'

    def table(self, table: Table) -> str:
        """One w:tbl."""
        widths = self.column_widths(table)
        rows = []
        for y, line in enumerate(fill_grid(table)):
            cells = "".join(
                self.tc(cell, sum(widths[x : x + cell.columns]), begins=begins)
                for cell, x, begins in self.row_cells(line)
            )
            rows.append(self.row(table, y, cells))
        return self.wrap_table(widths, rows)

    def wrap_table(self, widths: list[int], rows: list[str]) -> str:
        """A w:tbl around finished rows."""
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        return f"<w:tbl>{self.table_properties()}<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"

    # --- The whole --------------------------------------------------------------------------------------------
    def picture(self, picture: Picture) -> str:
        """A paragraph with an embedded picture."""
        self.pictures.append(picture)
        number = len(self.pictures)
        size = f'cx="{round(picture.width * 12700)}" cy="{round(picture.height * 12700)}"'
        return self.wrap(
            f'<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent {size}/>'
            f'<wp:docPr id="{self.take_id()}" name="图片 {number}"/><a:graphic>'
            f'<a:graphicData uri="{SPACES["pic"]}"><pic:pic><pic:nvPicPr><pic:cNvPr id="{number}" name="图片"/>'
            f'<pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="rIdPicture{number}"/><a:stretch><a:fillRect/>'
            f'</a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm>'
            f'<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>'
            f"</wp:inline></w:drawing></w:r>",
            "cell",
        )

    def block(self, block: Block) -> str:
        """A block of the flow; kind "raw" is finished XML."""
        if block.kind == "raw":
            return block.text
        if block.table is not None:
            # Two tables without a paragraph between them would become one in Word.
            return self.table(block.table) + self.wrap("")
        return self.paragraph(block)

    def body(self, blocks: Sequence[Block]) -> str:
        """What stands in w:body before the section's properties."""
        return "".join(self.block(block) for block in blocks)

    def footer(self) -> str:
        """The page number between dashes, as a field."""
        return self.wrap(
            '<w:r><w:t xml:space="preserve">- </w:t></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
            '<w:r><w:instrText xml:space="preserve"> PAGE \\* MERGEFORMAT </w:instrText></w:r>'
            '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>3</w:t></w:r>'
            '<w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t xml:space="preserve"> -</w:t></w:r>',
            "mark",
        )

    def write(self, blocks: Sequence[Block]) -> bytes:
        """The file."""
        return self.write_package(self.body(blocks))

    def write_package(self, body: str) -> bytes:
        """The file around the finished content of w:body."""
        edge = '<w:footerReference w:type="default" r:id="rIdFooter"/>'
        parts = {"styles": ("styles", write_styles(self.font)), "footer1": ("footer", tag("w:ftr", self.footer()))}
        if self.header:
            edge += '<w:headerReference w:type="default" r:id="rIdHeader"/>'
            parts["header1"] = ("header", tag("w:hdr", self.wrap(self.run(self.draft.title, "cell"), "mark")))
        if self.numbering:
            parts["numbering"] = ("numbering", tag("w:numbering", self.numbering))
        if self.footnotes:
            marks = (
                '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
                '<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p>'
                "</w:footnote>"
            )
            notes = "".join(
                f'<w:footnote w:id="{number}"><w:p><w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
                f"<w:footnoteRef/></w:r>{self.run(text, 'cell')}</w:p></w:footnote>"
                for number, text in enumerate(self.footnotes, 1)
            )
            parts["footnotes"] = ("footnotes", tag("w:footnotes", marks + notes))
        if self.comments:
            notes = "".join(
                f'<w:comment w:id="{number}" {WHEN}><w:p>{self.run(text, "cell")}</w:p></w:comment>'
                for number, text in enumerate(self.comments)
            )
            parts["comments"] = ("comments", tag("w:comments", notes))
        section = (
            f'<w:sectPr>{edge}<w:pgSz w:w="11906" w:h="16838"/>'
            '<w:pgMar w:top="1440" w:right="1503" w:bottom="1440" w:left="1503" w:header="851" w:footer="992"'
            ' w:gutter="0"/></w:sectPr>'
        )
        document = tag("w:document", f"<w:body>{body}{section}</w:body>")
        return pack(document, parts, self.pictures)


CONTINUES = ("<w:vMerge/>", '<w:vMerge w:val="continue"/>')


def tag(name: str, content: str) -> str:
    """A whole XML part with all namespaces at its root."""
    return f"{HEAD}<{name} {NAMESPACES}>{content}</{name}>"


def write_styles(font: str) -> str:
    """word/styles.xml: the body's font, a title, three headings and a style of numbered headings."""
    headings = "".join(
        f'<w:style w:type="paragraph" w:styleId="{n}"><w:name w:val="heading {n}"/><w:basedOn w:val="a"/>'
        f'<w:pPr><w:keepNext/><w:outlineLvl w:val="{n - 1}"/></w:pPr><w:rPr><w:b/></w:rPr></w:style>'
        for n in (1, 2, 3)
    )
    return tag(
        "w:styles",
        f'<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="{font}" w:eastAsia="{font}" w:hAnsi="{font}"/>'
        '<w:sz w:val="21"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault></w:docDefaults>'
        '<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="a3"><w:name w:val="Title"/><w:basedOn w:val="a"/>'
        '<w:pPr><w:jc w:val="center"/></w:pPr><w:rPr><w:b/></w:rPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="numbered"><w:name w:val="编号标题"/><w:basedOn w:val="a"/>'
        '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr><w:outlineLvl w:val="0"/></w:pPr></w:style>'
        f"{headings}",
    )


def pack(document: str, parts: dict[str, tuple[str, str]], pictures: Sequence[Picture]) -> bytes:
    """The zip: ``parts`` are name → (type of relationship, XML), all under word/."""
    overrides = f'<Override PartName="/word/document.xml" ContentType="{TYPE}document.main+xml"/>'
    links = ""
    for name, (kind, _) in parts.items():
        overrides += f'<Override PartName="/word/{name}.xml" ContentType="{TYPE}{kind}+xml"/>'
        links += f'<Relationship Id="rId{kind.capitalize()}" Type="{RELATIONSHIP}{kind}" Target="{name}.xml"/>'
    for number, picture in enumerate(pictures, 1):
        target = f"media/image{number}.{picture.kind}"
        links += f'<Relationship Id="rIdPicture{number}" Type="{RELATIONSHIP}image" Target="{target}"/>'
    package = "http://schemas.openxmlformats.org/package/2006/"
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{package}content-types">{PACKAGE_TYPES}{overrides}</Types>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{package}relationships">'
        f'<Relationship Id="rId1" Type="{RELATIONSHIP}officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="rId2" Type="{package}relationships/metadata/core-properties"'
        ' Target="docProps/core.xml"/></Relationships>',
        "docProps/core.xml": HEAD + CORE,
        "word/document.xml": document,
        "word/_rels/document.xml.rels": f'{HEAD}<Relationships xmlns="{package}relationships">{links}</Relationships>',
        **{f"word/{name}.xml": text for name, (_, text) in parts.items()},
        **{f"word/media/image{n}.{picture.kind}": picture.data for n, picture in enumerate(pictures, 1)},
    }
    return write_zip(files)


def write_zip(files: dict[str, str | bytes]) -> bytes:
    """A zip with fixed times, so that the same content gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name, (2024, 1, 18, 10, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
    return out.getvalue()


STRICT = (
    (
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    ),
    (
        "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing",
    ),
    ("http://schemas.openxmlformats.org/drawingml/2006/main", "http://purl.oclc.org/ooxml/drawingml/main"),
    ("http://schemas.openxmlformats.org/drawingml/2006/picture", "http://purl.oclc.org/ooxml/drawingml/picture"),
    (
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "http://purl.oclc.org/ooxml/officeDocument/relationships",
    ),
)


def make_strict(docx: bytes) -> bytes:
    """The same file in the strict form of ISO 29500: other namespaces, conformance said at the root."""
    files: dict[str, str | bytes] = {}
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            if name.endswith((".xml", ".rels")):
                text = content.decode()
                for old, new in STRICT:
                    text = text.replace(old, new)
                files[name] = text.replace("<w:document ", '<w:document w:conformance="strict" ')
            else:
                files[name] = content
    return write_zip(files)
