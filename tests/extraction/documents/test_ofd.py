"""OFD: pages through the writer of the corpus and back, the ways of the standard, whole reports, bad files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

import numpy as np
import pytest

from crawler.extraction.documents.model import Paragraph, Picture, Table
from crawler.extraction.documents.ofd import read_ofd, read_ofd_pages
from crawler.extraction.documents.pages.model import UNKNOWN, Glyph, Image, Page, Rule
from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.report.read import read_report
from tests.cases.make.draft import Draft, make_draft
from tests.cases.make.grid import Table as Grid
from tests.cases.make.grid import fill_grid
from tests.corpus.ofd import write_ofd

WIDTH, HEIGHT, MARGIN = 595.0, 842.0, 50.0
SIZE, SMALL = 12.0, 6.5


class Sheet:
    """Sets type on pages as a word processor does: lines of prose, ruled tables with text wrapped in their cells."""

    def __init__(self) -> None:
        self.pages: list[Page] = []
        self.y = HEIGHT

    def room(self, height: float) -> Page:
        if self.y + height > HEIGHT - MARGIN:
            self.pages.append(Page(len(self.pages) + 1, WIDTH, HEIGHT))
            self.y = MARGIN
        return self.pages[-1]

    def line(self, text: str, *, indent: float = 0.0) -> None:
        page = self.room(SIZE * 1.5)
        put(page, text, MARGIN + indent, self.y, SIZE)
        self.y += SIZE * 1.5

    def paragraph(self, text: str) -> None:
        count = int((WIDTH - 2 * MARGIN) / SIZE)
        first, rest = text[: count - 2], text[count - 2 :]
        self.line(first, indent=2 * SIZE)
        for i in range(0, len(rest), count):
            self.line(rest[i : i + count])

    def table(self, table: Grid) -> None:
        grid = fill_grid(table)
        columns = len(grid[0])
        step = (WIDTH - 2 * MARGIN) / columns
        heights = [SMALL * 1.3 + 4] * len(grid)
        boxes = []
        for y, line in enumerate(grid):
            for x, (cell, starts) in enumerate(line):
                if starts:
                    lines = wrap(cell.text, step * cell.columns - 4)
                    boxes.append((y, x, cell, lines))
                    need = len(lines) * SMALL * 1.2 + 4
                    have = sum(heights[y : y + cell.rows])
                    if need > have:
                        heights[y + cell.rows - 1] += need - have
        page = self.room(sum(heights))
        tops = [self.y + sum(heights[:i]) for i in range(len(heights) + 1)]
        for y, x, cell, lines in boxes:
            left, right = MARGIN + x * step, MARGIN + (x + cell.columns) * step
            top, bottom = tops[y], tops[y + cell.rows]
            page.rules.extend([Rule(left, top, right, top), Rule(left, bottom, right, bottom)])
            page.rules.extend([Rule(left, top, left, bottom), Rule(right, top, right, bottom)])
            start = (top + bottom) / 2 - len(lines) * SMALL * 0.6
            for i, text in enumerate(lines):
                put(page, text, left + 2, start + i * SMALL * 1.2, SMALL)
        self.y = tops[-1] + SIZE


def put(page: Page, text: str, x: float, top: float, size: float) -> None:
    for character in text:
        step = size / 2 if character.isascii() else size
        page.glyphs.append(Glyph(character, x, top, x + step, top + size))
        x += step


def wrap(text: str, width: float) -> list[str]:
    lines, room = [""], width
    for character in text:
        step = SMALL / 2 if character.isascii() else SMALL
        if step > room and lines[-1]:
            lines.append("")
            room = width
        lines[-1] += character
        room -= step
    return lines


def typeset(draft: Draft) -> list[Page]:
    sheet = Sheet()
    for block in draft.blocks():
        if block.table is not None:
            sheet.table(block.table)
        elif block.kind == "paragraph":
            sheet.paragraph(block.text)
        else:
            sheet.line(block.text)
    return sheet.pages


def near(a: Page, b: Page) -> bool:
    """Whether two pages show the same, in any order, to a tenth of a point (glyphs: where they begin)."""

    def sort(items: Iterable[tuple[object, tuple[float, ...]]]) -> list[tuple[object, tuple[float, ...]]]:
        return sorted(items, key=lambda item: (str(item[0]), [round(v + 0.2) for v in item[1]]))

    shown = [
        (
            sort(((g.text, g.direction, g.visible), (g.x0, g.top, g.bottom)) for g in page.glyphs),
            sort(("rule", tuple(rule)) for rule in page.rules),
            sort(("image", tuple(image)) for image in page.images),
            [("page", (page.number, page.width, page.height))],
        )
        for page in (a, b)
    ]
    return all(
        len(first) == len(second)
        and all(k == m and np.allclose(u, v, atol=0.1) for (k, u), (m, v) in zip(first, second, strict=True))
        for first, second in zip(*shown, strict=True)
    )


@pytest.mark.parametrize("seed", range(6))
def test_pages_come_back_as_they_were_written(seed: int) -> None:
    pages = []
    for number in (1, 2):
        page = Page(number, WIDTH, HEIGHT)
        put(page, "页眉：公开年报", MARGIN, 20, 9)
        put(page, f"第{number}页 abc 12.5", 100, 100, 10.5)
        page.glyphs.extend([Glyph(c, 300, 200 + 12 * i, 312, 212 + 12 * i, 90) for i, c in enumerate("本年办理")])
        page.glyphs.extend([Glyph(c, 340, 200 + 6 * i, 352, 206 + 6 * i, 90) for i, c in enumerate("2024")])
        page.glyphs.extend([Glyph(c, 360, 294 - 6 * i, 372, 300 - 6 * i, 270) for i, c in enumerate("1999")])
        page.glyphs.extend([Glyph(c, 294 - 6 * i, 400, 300 - 6 * i, 412, 180) for i, c in enumerate("777")])
        page.glyphs.extend([Glyph(c, 400 + 8 * i, 500, 408 + 8 * i, 508, 0, False) for i, c in enumerate("暗")])
        page.glyphs.append(Glyph(UNKNOWN, 450, 500, 460, 510))
        page.rules.extend([Rule(50, 600, 300, 600), Rule(50, 600, 50, 640.5), Rule(50, 30, 500, 30)])
        page.images.append(Image(100, 700, 200, 760))
        page.glyphs[:] = [g for g in page.glyphs if not g.text.isspace()]
        pages.append(page)
    got = list(read_ofd_pages(write_ofd(pages, seed)))
    assert len(got) == 2
    for page, back in zip(pages, got, strict=True):
        assert near(page, back), (sorted(page.glyphs), sorted(back.glyphs), page.rules, back.rules)


def test_the_writer_is_steady_and_takes_both_ways() -> None:
    page = Page(1, WIDTH, HEIGHT)
    put(page, "政府信息公开", 50, 50, 12)
    page.rules.append(Rule(50, 100, 300, 100))
    files = [write_ofd([page], seed) for seed in range(8)]
    assert files[0] == write_ofd([page], 0)
    texts = [b"".join(zipfile.ZipFile(io.BytesIO(f)).read(n) for n in names(f) if n.endswith(".xml")) for f in files]
    assert {b"g 5" in text for text in texts} == {True, False}
    assert {b'Fill="true"' in text for text in texts} == {True, False}


def names(data: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(data)).namelist()


@pytest.mark.no_cover
@pytest.mark.parametrize(("seed", "year"), [(1, 2019), (2, 2023)])
def test_a_whole_report(seed: int, year: int) -> None:
    draft = make_draft(f"ofd-{seed}", year)
    document = read_ofd(write_ofd(typeset(draft), seed))
    assert document.media_type == "application/ofd"
    report = read_report(document)
    for table, rows in draft.values.items():
        for row, columns in rows.items():
            for column, value in columns.items():
                assert report.tables[table][row][column].value == value, (table, row, column)
    value = report.tables["applications"]["received"]["total"]
    assert value.place.page
    assert value.place.bbox is not None
    assert report.title == draft.title
    texts = {s.number: s.text for s in report.sections}
    for section in draft.expect_sections():
        for part in section["text_contains"]:
            assert part in texts[section["number"]]


# --- The standard, one thing at a time --------------------------------------------------------------------------
OFD_XML = "<OFD xmlns='http://www.ofdspec.org/2016'><DocBody><DocRoot>/Doc_0/Document.xml</DocRoot></DocBody></OFD>"
DOCUMENT = (
    "<Document xmlns='http://www.ofdspec.org/2016'><CommonData><PageArea><PhysicalBox>0 0 210 297</PhysicalBox>"
    "</PageArea>{common}</CommonData><Pages>{pages}</Pages></Document>"
)
PAGE = (
    "<Page xmlns='http://www.ofdspec.org/2016'>{area}{use}<Content><Layer Type='Body' ID='1'>{body}</Layer></Content>"
    "</Page>"
)


def pack(parts: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return out.getvalue()


def one_page(body: str, *, common: str = "", area: str = "", use: str = "", **parts: str | bytes) -> bytes:
    more = {name.replace("__", "/").replace("_xml", ".xml").replace("_png", ".png"): c for name, c in parts.items()}
    return pack(
        {
            "OFD.xml": OFD_XML,
            "Doc_0/Document.xml": DOCUMENT.format(common=common, pages="<Page ID='1' BaseLoc='P.xml'/>"),
            "Doc_0/P.xml": PAGE.format(body=body, area=area, use=use),
            **{f"Doc_0/{name}": content for name, content in more.items()},
        }
    )


def text(code: str, attributes: str = "", inner: str = "") -> str:
    return f"<TextObject ID='9' Boundary='10 20 50 10' Size='4' {attributes}>{inner}{code}</TextObject>"


def read_one(data: bytes) -> Page:
    (page,) = read_ofd_pages(data)
    return page


def test_offsets_and_the_box_of_a_glyph() -> None:
    page = read_one(one_page(text("<TextCode X='1' Y='5' DeltaX='5 g 2 4 3'>甲乙丙丁9</TextCode>")))
    point = 72 / 25.4
    assert [round(g.x0 / point, 3) for g in page.glyphs] == [11, 16, 20, 24, 27]
    first = page.glyphs[0]
    assert (round(first.top / point, 3), round(first.bottom / point, 3)) == (21.48, 25.48)
    assert round((first.x1 - first.x0) / point, 3) == 5
    assert round((page.glyphs[-1].x1 - page.glyphs[-1].x0) / point, 3) == 2
    assert (round(page.width), round(page.height)) == (595, 842)


def test_a_step_of_one_blank_is_a_blank_of_the_text_and_a_wider_one_the_way_to_the_next_cell() -> None:
    page = read_one(one_page(text("<TextCode X='1' Y='5' DeltaX='4 6 7 4'>自然人总计</TextCode>")))
    assert [glyph.text for glyph in page.glyphs if glyph.spaced] == ["人"]


@pytest.mark.parametrize(
    ("attributes", "inner", "visible"),
    [
        ("", "", True),
        ("Visible='false'", "", False),
        ("Alpha='0'", "", False),
        ("", "<FillColor Value='0 0 0' Alpha='0'/>", False),
        ("Fill='false'", "", False),
        ("Fill='false' Stroke='true'", "", True),
        ("", "<FillColor Value='255 255 255'/>", False),
        ("", "<CGTransform CodePosition='0' CodeCount='1' GlyphCount='1'><Glyphs>77</Glyphs></CGTransform>", True),
    ],
)
def test_what_is_seen(attributes: str, inner: str, *, visible: bool) -> None:
    (glyph,) = read_one(one_page(text("<TextCode X='0' Y='4'>三</TextCode>", attributes, inner))).glyphs
    assert (glyph.text, glyph.visible) == ("三", visible)


def test_text_turned_by_its_matrix_and_text_off_the_page() -> None:
    turned = text("<TextCode X='0' Y='0' DeltaX='4'>甲乙</TextCode>", "CTM='0 1 -1 0 0 0'")
    outside = "<TextObject ID='3' Boundary='300 20 50 10' Size='4'><TextCode X='0' Y='4'>外</TextCode></TextObject>"
    page = read_one(one_page(turned + outside))
    assert [(g.text, g.direction, g.visible) for g in page.glyphs] == [
        ("甲", 90, True),
        ("乙", 90, True),
        ("外", 0, False),
    ]
    assert page.glyphs[1].top > page.glyphs[0].top


def test_private_characters_are_unknown() -> None:
    (glyph,) = read_one(one_page(text("<TextCode X='0' Y='4'>\ue123</TextCode>"))).glyphs
    assert glyph.text == UNKNOWN


def path(data: str, attributes: str = "", inner: str = "", box: str = "10 10 100 100") -> str:
    data = f"<AbbreviatedData>{data}</AbbreviatedData>"
    return f"<PathObject ID='7' Boundary='{box}' {attributes}>{inner}{data}</PathObject>"


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        (path("M 0 0 L 50 0"), 1),
        (path("S 0 0 M 0 0 L 50 0 L 50 40 L 0 40 C"), 4),
        (path("M 0 0 L 50 40"), 0),
        (path("M 0 0 Q 10 10 20 0 L 50 0"), 1),
        (path("M 0 0 A 5 5 0 0 1 10 0 B 1 1 2 2 30 0"), 0),
        (path("M 0 0 L 50 0", "Visible='false'"), 0),
        (path("M 0 0 L 50 0", "Stroke='false'"), 0),
        (path("M 0 0 L 50 0 L 50 0.2 L 0 0.2 C", "Stroke='false' Fill='true'"), 1),
        (path("M 0 0 L 50 0 L 50 9 L 0 9 C", "Stroke='false' Fill='true'"), 0),
        (path("M 0 0 L 50 0", "", "<StrokeColor Value='255 255 255'/>"), 0),
        (path("M 0 0 L 50 0", "LineWidth='9'"), 0),
        (path("M 0 0 L 50 0", "LineWidth='9' CTM='0.05 0 0 0.05 0 0'"), 1),
    ],
)
def test_lines(body: str, rules: int) -> None:
    assert len(read_one(one_page(body)).rules) == rules


def test_templates_resources_and_composite_objects() -> None:
    res = (
        "<Res xmlns='http://www.ofdspec.org/2016' BaseLoc='Res'>"
        "<DrawParams><DrawParam ID='4' LineWidth='9'/></DrawParams>"
        "<CompositeGraphicUnits><CompositeGraphicUnit ID='6' Width='50' Height='20'><Content>"
        "<TextObject ID='8' Boundary='1 2 9 9' Size='4'><TextCode X='0' Y='4'>合</TextCode></TextObject>"
        "</Content></CompositeGraphicUnit></CompositeGraphicUnits></Res>"
    )
    body = (
        text("<TextCode X='0' Y='4'>正</TextCode>")
        + "<PageBlock ID='11'><CompositeObject ID='12' Boundary='100 100 50 20' CTM='2 0 0 2 0 0' ResourceID='6'/>"
        + "</PageBlock>"
        + path("M 0 0 L 50 0", "DrawParam='4'")
    )
    common = (
        "<PublicRes>R.xml</PublicRes><TemplatePage ID='2' BaseLoc='T/C.xml'/>"
        "<TemplatePage ID='3' BaseLoc='F.xml' ZOrder='Foreground'/>"
    )
    template = PAGE.format(area="", use="", body=text("<TextCode X='0' Y='4'>底</TextCode>").replace("10 20", "1 2"))
    front = PAGE.format(area="", use="", body=text("<TextCode X='0' Y='4'>面</TextCode>").replace("10 20", "1 90"))
    page = read_one(
        one_page(
            body, common=common, use="<Template TemplateID='3'/><Template TemplateID='2'/>",
            R_xml=res, T__C_xml=template, F_xml=front,
        )
    )  # fmt: skip
    assert [g.text for g in page.glyphs] == ["底", "正", "合", "面"]
    point = 72 / 25.4
    composite = page.glyphs[2]
    assert (round(composite.x0 / point, 2), round(composite.bottom / point, 2)) == (102, 112.96)
    assert page.rules == []


def test_all_documents_of_a_file_in_order() -> None:
    parts: dict[str, str | bytes] = {"OFD.xml": OFD_XML.replace("</OFD>", "") + (
        "<DocBody><DocRoot>Doc_1/Document.xml</DocRoot></DocBody></OFD>"
    )}  # fmt: skip
    for i, word in enumerate("甲乙"):
        parts[f"Doc_{i}/Document.xml"] = DOCUMENT.format(common="", pages="<Page ID='1' BaseLoc='P.xml'/>")
        body = text(f"<TextCode X='0' Y='4'>{word}</TextCode>")
        parts[f"Doc_{i}/P.xml"] = PAGE.format(area="", use="", body=body)
    pages = list(read_ofd_pages(pack(parts)))
    assert [(page.number, page.glyphs[0].text) for page in pages] == [(1, "甲"), (2, "乙")]


def test_a_scanned_page_is_a_picture() -> None:
    media = (
        "<Res xmlns='http://www.ofdspec.org/2016' BaseLoc='Res'><MultiMedias><MultiMedia ID='5' Type='Image'>"
        "<MediaFile>scan.png</MediaFile></MultiMedia></MultiMedias></Res>"
    )
    data = one_page(
        "<ImageObject ID='4' Boundary='0 0 210 297' CTM='210 0 0 297 0 0' ResourceID='5'/>",
        common="<DocumentRes>D.xml</DocumentRes>", D_xml=media, Res__scan_png=b"\x89PNG",
    )  # fmt: skip
    document = read_ofd(data)
    (block,) = document.blocks
    assert isinstance(block, Picture)
    assert (block.data, block.name, block.place.page) == (b"\x89PNG", "Doc_0/Res/scan.png", 1)
    assert document.pictures == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        pack({"a.txt": "no"}),
        pack({"OFD.xml": OFD_XML}),
        pack({"OFD.xml": "<OFD/>"}),
        one_page(text("<TextCode X='a' Y='4'>三</TextCode>")),
        one_page(text("<TextCode X='0' Y='4' DeltaX='g 3'>三三</TextCode>")),
        one_page(text("<TextCode X='nan' Y='4'>三</TextCode>")),
        one_page(path("L 1 1")),
        one_page(path("M 1")),
        one_page(path("M 0 0 Z")),
        one_page("", area="<Area><PhysicalBox>0 0 1e6 297</PhysicalBox></Area>"),
        one_page("", area="<Area><PhysicalBox>0 0 0 0</PhysicalBox></Area>"),
        one_page("<CompositeObject ID='1' Boundary='0 0 1 1' ResourceID='6'/>"),
        one_page("", use="<Template TemplateID='3'/>"),
        one_page(text("<TextCode X='0' Y='4'>三</TextCode>"))[:-60],
        one_page("<PageBlock ID='1'>" * 40 + "</PageBlock>" * 40),
    ],
)
def test_bad_files_are_refused_with_a_line(data: bytes) -> None:
    with pytest.raises(UnreadableDocument) as error:
        list(read_ofd_pages(data))
    assert "\n" not in str(error.value)


def test_objects_that_hold_themselves_end() -> None:
    res = (
        "<Res xmlns='http://www.ofdspec.org/2016'><CompositeGraphicUnits><CompositeGraphicUnit ID='6'><Content>"
        + "<CompositeObject ID='8' Boundary='1 2 9 9' ResourceID='6'/>" * 8
        + "</Content></CompositeGraphicUnit></CompositeGraphicUnits></Res>"
    )
    body = "<CompositeObject ID='1' Boundary='0 0 1 1' ResourceID='6'/>"
    with pytest.raises(UnreadableDocument, match="deep"):
        read_one(one_page(body, common="<PublicRes>R.xml</PublicRes>", R_xml=res))


def test_offsets_cannot_ask_for_more_than_the_text() -> None:
    page = read_one(one_page(text("<TextCode X='0' Y='4' DeltaX='g 999999999 4'>三五</TextCode>")))
    assert len(page.glyphs) == 2


@pytest.mark.no_cover
def test_prose_and_tables_are_blocks() -> None:
    draft = make_draft("ofd-blocks", 2022)
    blocks = read_ofd(write_ofd(typeset(draft))).blocks
    assert sum(isinstance(block, Table) for block in blocks) == 3
    assert any(isinstance(block, Paragraph) and block.text == "一、总体情况" for block in blocks)
