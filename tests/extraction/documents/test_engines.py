"""The two PDF engines against each other and against what was drawn."""

from __future__ import annotations

import io
import zlib
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from crawler.extraction.documents.engines import pdfium, pdfminer
from crawler.extraction.documents.pages.model import UNKNOWN, Glyph, Page
from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.text.clean import clean_characters
from tests.cases.make.draft import make_draft
from tests.cases.make.pages import Look, render_flow

if TYPE_CHECKING:
    from tests.corpus.tools import Tools

pytestmark = pytest.mark.long

ENGINES = [pdfminer, pdfium]
BOTH = pytest.mark.parametrize("engine", ENGINES, ids=["pdfminer", "pdfium"])


# --- PDFs by hand -----------------------------------------------------------------------------------------------
def song(text: str) -> bytes:
    """A string for the font /S (codes of UCS-2)."""
    return b"<" + text.encode("utf-16-be").hex().encode() + b">"


def collection_font(encoding: str) -> Dictionary:
    """A Chinese font that is not embedded; readers know its characters from Adobe's collection."""
    return Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name("/STSong-Light"),
        Encoding=Name(f"/{encoding}"),
        DescendantFonts=Array(
            [
                Dictionary(
                    Type=Name.Font,
                    Subtype=Name.CIDFontType0,
                    BaseFont=Name("/STSong-Light"),
                    CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"GB1", Supplement=2),
                    DW=1000,
                    FontDescriptor=Dictionary(
                        Type=Name.FontDescriptor,
                        FontName=Name("/STSong-Light"),
                        Flags=4,
                        FontBBox=Array([-25, -254, 1000, 880]),
                        Ascent=880,
                        Descent=-120,
                        ItalicAngle=0,
                        CapHeight=880,
                        StemV=93,
                    ),
                )
            ]
        ),
    )


def make_pdf(content: bytes, box: tuple[float, ...] = (0, 0, 300, 400), **more: Any) -> pikepdf.Pdf:
    """One page. /S is a Chinese font, /V the same set upright, /H Helvetica, /G0 /G1 fully and half transparent."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(100, 100))
    page.MediaBox = Array(list(box))
    helvetica = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
    fonts = Dictionary(S=collection_font("UniGB-UCS2-H"), V=collection_font("UniGB-UCS2-V"), H=helvetica)
    states = Dictionary(G0=Dictionary(ca=0, CA=0), G1=Dictionary(ca=0.5, CA=0.5))
    page.Resources = Dictionary(Font=fonts, ExtGState=states, XObject=Dictionary())
    page.Contents = pdf.make_stream(content)
    for key, value in more.items():
        page[f"/{key}"] = value
    return pdf


def save(pdf: pikepdf.Pdf, **options: Any) -> bytes:
    out = io.BytesIO()
    pdf.save(out, **options)
    return out.getvalue()


def add_form(pdf: pikepdf.Pdf, name: str, content: bytes, **keys: Any) -> pikepdf.Object:
    """A form on the page's resources, using them itself."""
    resources = pdf.pages[0].Resources
    form = pdf.make_stream(
        content, Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 300, 400]), Resources=resources, **keys
    )
    resources.XObject[f"/{name}"] = form
    return form


def show(text: str, x: float, y: float, size: float = 12) -> bytes:
    return b"BT /S %g Tf %g %g Td %b Tj ET\n" % (size, x, y, song(text))


# --- What was read ----------------------------------------------------------------------------------------------
def read(engine: Any, data: bytes) -> list[Page]:
    return list(engine.read_pages(data))


def text_of(page: Page, *, hidden: bool = False) -> str:
    return "".join(clean_characters(glyph.text) for glyph in page.glyphs if glyph.visible is not hidden)


def centre(glyph: Glyph) -> tuple[float, float]:
    return (glyph.x0 + glyph.x1) / 2, (glyph.top + glyph.bottom) / 2


def compare(data: bytes, reach: float = 0.3) -> tuple[list[Page], list[Page]]:
    """Both engines' pages; fails where a glyph or a line of one is not in the other."""
    one, two = read(pdfminer, data), read(pdfium, data)
    assert [(p.number, round(p.width), round(p.height)) for p in one] == [
        (p.number, round(p.width), round(p.height)) for p in two
    ]
    for left, right in zip(one, two, strict=True):
        for mine, other in ((left, right), (right, left)):
            unmatched: dict[str, list[Glyph]] = defaultdict(list)
            for glyph in other.glyphs:
                unmatched[clean_characters(glyph.text)].append(glyph)
            for glyph in mine.glyphs:
                alike = unmatched[clean_characters(glyph.text)]
                x, y = centre(glyph)
                em = reach * min(glyph.bottom - glyph.top, glyph.x1 - glyph.x0 + 8)
                found = next(
                    (
                        candidate
                        for candidate in alike
                        if abs(centre(candidate)[0] - x) <= em
                        and abs(centre(candidate)[1] - y) <= em
                        and candidate.visible == glyph.visible
                        and candidate.direction == glyph.direction
                    ),
                    None,
                )
                assert found is not None, (glyph, [g for g in other.glyphs if g.text == glyph.text][:5])
                alike.remove(found)
            assert not any(unmatched.values())
            near = defaultdict(list)  # the other's rules by where they begin, two points to either side
            for rule in other.rules:
                for x in range(round(rule.x0) - 2, round(rule.x0) + 3):
                    near[x].append(rule)
            for rule in mine.rules:
                assert any(max(abs(a - b) for a, b in zip(rule, r, strict=True)) <= 1 for r in near[round(rule.x0)]), (
                    rule
                )
            for image in mine.images:
                assert any(max(abs(a - b) for a, b in zip(image, i, strict=True)) <= 1 for i in other.images), image
    return one, two


# --- Prints by real producers -----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def prints(tools: Tools) -> dict[str, bytes]:
    """Reports printed by Chromium in three Chinese fonts, and a page of its oddities."""
    style = "<meta charset=utf-8><style>body{font-family:'%s'} table{border-collapse:collapse} td{border:1px solid}"
    pages = {}
    for family in ("Noto Sans CJK SC", "AR PL UMing CN", "WenQuanYi Zen Hei"):
        draft = make_draft(f"engines {family}", 2023)
        pages[family] = f"{style % family}</style><h1>{draft.title}</h1>{render_flow(draft.blocks(), Look())}"
    pages["odd"] = (
        f"{style % 'Noto Sans CJK SC'} .v{{writing-mode:vertical-rl}} .t{{transform:rotate(-90deg);width:60px}}</style>"
        "<table><tr><td rowspan=2><div class=v>三、本年度办理结果</div><td>长度 12<td style='border:1px dotted'>点"
        "<tr><td style='border:3px dashed red'>虚<td><div class=t>转动</div></table>"
        "<table border=1 style='border-collapse:separate'><tr><td>凸<td>凹</table>"
        "<p style='opacity:.3'>水印</p><p>office ﬁn ⼈⺠ 2023 - 3 -</p><hr>"
    )
    return {name: tools.print_pdf(html, format="A4") for name, html in pages.items()}


@pytest.mark.parametrize(
    "family",
    [
        "Noto Sans CJK SC",
        *(pytest.param(f, marks=pytest.mark.no_cover) for f in ("AR PL UMing CN", "WenQuanYi Zen Hei")),
    ],
)
def test_prints_of_a_browser(prints: dict[str, bytes], family: str) -> None:
    draft = make_draft(f"engines {family}", 2023)
    one, _ = compare(prints[family])
    text = "".join(text_of(page) for page in one)
    assert text.startswith("".join(draft.title.split()))
    for block in draft.blocks():
        if block.kind == "paragraph":
            assert "".join(block.text.split())[:20] in text
    assert UNKNOWN not in text
    assert sum(len(page.rules) for page in one) > 200


def test_oddities_of_a_browser(prints: dict[str, bytes]) -> None:
    pages, _ = compare(prints["odd"])
    text = text_of(pages[0])
    assert "三、本年度办理结果" in text
    assert "长度12" in text
    assert "水印" in text
    assert "officefin人民2023-3-" in text
    turned = [glyph for glyph in pages[0].glyphs if glyph.text in "转动"]
    assert [glyph.direction for glyph in turned] == [270, 270]
    assert turned[0].top > turned[1].top


@pytest.fixture(scope="module")
def upright(prints: dict[str, bytes]) -> tuple[bytes, Page]:
    """The first page of a report, and how it is read."""
    with pikepdf.open(io.BytesIO(prints["WenQuanYi Zen Hei"])) as pdf:
        del pdf.pages[1:]
        data = save(pdf)
    return data, compare(data)[0][0]


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_a_turned_page_is_read_as_shown(upright: tuple[bytes, Page], rotate: int) -> None:
    data, straight = upright
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.pages[0].Rotate = rotate
        pdf.pages[0].CropBox = Array([2, 10, 590, 840])
        pages, _ = compare(save(pdf))
    assert (pages[0].width, pages[0].height) == ((588, 830) if rotate % 180 == 0 else (830, 588))
    assert {glyph.direction for glyph in pages[0].glyphs} == {rotate}
    assert text_of(pages[0])[:60] == text_of(straight)[:60]
    x, y = centre(pages[0].glyphs[0])
    u, v = centre(straight.glyphs[0])
    u, v = u - 2, v - (842.88 - 840)
    shown = {0: (u, v), 90: (830 - v, u), 180: (588 - u, 830 - v), 270: (v, 588 - u)}[rotate]
    assert (x, y) == pytest.approx(shown, abs=1)


# --- Text -------------------------------------------------------------------------------------------------------
def test_text_of_all_kinds_stands_where_it_is_drawn() -> None:
    content = (
        show("区政府", 50, 300)
        + b"BT /H 10 Tf 100 Tz 2 Tc 5 Tw 50 280 Td (a b\\(1\\)\\061(2)\\\nx) Tj T* 12 TL (c) ' 1 1 (d e) \" ET\n"
        + b"BT /H 10 Tf 50 200 Td [(17) -2000 (5) 300 <30>] TJ 0 -20 TD (n) Tj T* (m) Tj 5 Ts (s) Tj ET\n"
        + b"q 2 0 0 2 0 0 cm BT /H 5 Tf 1 0 0 1 100 50 Tm 50 Tz (wide) Tj ET Q\n"
        + b"0 Ts 0 Tc 0 Tw BT /V 12 Tf 200 300 Td %b Tj ET\n" % song("三本年")
        + b"BT /S 12 Tf 0 1 -1 0 250 100 Tm %b Tj ET\n" % song("转动12")
        + b"BT /H 12 Tf 0 -1 1 0 270 300 Tm (Wi1) Tj ET\n"
        + b"BT /H -10 Tf -1 0 0 -1 50 100 Tm (neg) Tj ET\n"
        + b"% a comment (with\nBI /W 1 /H 1 /BPC 8 /CS /G ID \x00 EI\n0 g --5 0 m 1 w\n"
        + show("末", 50, 50)
    )
    (page,), _ = compare(save(make_pdf(content)))
    assert text_of(page) == "区政府ab(1)1(2)xcde1750nmswide三本年转动12Wi1neg末"
    first = page.glyphs[0]
    assert (first.x0, first.x1) == pytest.approx((50, 62))
    assert (first.top, first.bottom) == pytest.approx((400 - 300 - 0.88 * 12, 400 - 300 + 0.12 * 12))
    upright = [glyph for glyph in page.glyphs if glyph.text in "三本年"]
    assert [glyph.direction for glyph in upright] == [90] * 3
    assert [round(glyph.top) for glyph in upright] == [100, 112, 124]
    assert [glyph.direction for glyph in page.glyphs if glyph.text in "Wi"][-2:] == [90, 90]


def test_forms_are_read_with_their_matrices() -> None:
    pdf = make_pdf(show("外", 10, 10) + b"q 1 0 0 1 50 60 cm /A Do Q\n" + show("后", 10, 30))
    add_form(pdf, "B", show("里", 0, 0) + b"0 0 m 40 0 l S\n", Matrix=Array([0, 1, -1, 0, 100, 0]))
    add_form(pdf, "A", show("中", 0, 0) + b"/B Do\n", Matrix=Array([2, 0, 0, 2, 0, 0]))
    (page,), _ = compare(save(pdf))
    assert text_of(page) == "外中里后"
    inner = page.glyphs[2]
    assert inner.direction == 270
    assert inner.x1 - inner.x0 == pytest.approx(24)
    (rule,) = page.rules
    assert tuple(rule) == pytest.approx((250, 400 - 60 - 80, 250, 400 - 60))


def test_text_that_is_not_seen() -> None:
    content = (
        b"q 3 Tr " + show("无", 10, 300) + b"Q q /G0 gs " + show("透", 10, 280) + b"Q q /G1 gs " + show("半", 10, 260)
        + b"Q q 1 g " + show("白", 10, 240) + b"0.2 g 10 200 100 20 re f 1 g " + show("底", 20, 204)
        + b"Q q 0 0 5 5 re W n " + show("剪", 100, 100) + b"Q " + show("外", 400, 100) + show("见", 10, 20)
    )  # fmt: skip
    (page,), _ = compare(save(make_pdf(content)))
    assert text_of(page) == "半底见"
    assert text_of(page, hidden=True) == "无透白"


def test_text_of_which_the_clip_shows_less_than_half_is_not_read() -> None:
    """A browser draws the line that a page cuts on both pages, and shows nothing but its edge on the first."""
    content = (
        b"q 0 108 400 200 re W n " + show("缝", 50, 100) + b"Q q 0 102 400 200 re W n " + show("半", 80, 100) + b"Q "
    )
    content += b"q 55 50 400 200 re W n " + show("侧", 50, 80) + b"Q"  # beside it, for a number has many characters
    (page,), _ = compare(save(make_pdf(content)))
    assert text_of(page) == "半侧"


def test_text_printed_twice_is_read_once() -> None:
    content = show("粗体", 50, 300) + show("粗体", 50.3, 300) + show("粗", 50, 280)
    (page,), _ = compare(save(make_pdf(content)))
    assert text_of(page) == "粗体粗"


def test_text_that_nobody_sees_takes_none_of_what_is_printed_over_it() -> None:
    """The same character in white, at the same place before it. (In text of one font pdfium drops the second by itself;
    then the two decoders differ, and the cell is doubtful.)"""
    data = save(make_pdf(b"1 1 1 rg\n" + show("62", 50, 300) + b"0 g\n" + show("2", 62, 300)))
    (page,) = read(pdfminer, data)
    assert text_of(page) == "2"


def test_marked_content_tells_its_text() -> None:
    content = (
        b"/Span <</ActualText <FEFF957F>>> BDC "
        + show("⻓", 50, 300)
        + b"EMC /P <</MCID 0>> BDC "
        + show("度", 62, 300)
    )
    (page,), _ = compare(save(make_pdf(content + b"EMC")))
    assert [glyph.text for glyph in page.glyphs] == ["长", "度"]


def test_marked_content_in_a_form_tells_its_text_where_it_stands() -> None:
    """Two pages put on a sheet as forms: the second stands aside."""
    told = b"/Span <</ActualText <FEFF957F>>> BDC " + show("⻓", 40, 300) + b"EMC " + show("末", 40, 280)
    pdf = make_pdf(b"q 1 0 0 1 120 0 cm /A Do Q\n")
    add_form(pdf, "A", told)
    (page,), _ = compare(save(pdf))
    assert [(glyph.text, round(glyph.x0)) for glyph in page.glyphs] == [("长", 160), ("末", 160)]


@BOTH
def test_a_blank_that_is_written_is_known(engine: Any) -> None:
    """In the same text, in a text of its own, and where nothing but space parts two texts."""
    content = (
        show("甲 乙", 50, 300)
        + show("丙", 50, 280) + b"BT /H 12 Tf 62 280 Td ( ) Tj ET\n" + show("丁", 65.4, 280)
        + show("戊", 50, 260) + show("己", 66, 260)
        + show("庚", 50, 240) + b"BT /H 12 Tf 62 240 Td ( ) Tj ET\n" + show("辛", 90, 240)
    )  # fmt: skip
    (page,) = read(engine, save(make_pdf(content)))
    assert [glyph.text for glyph in page.glyphs if glyph.spaced] == ["乙", "丁"]


@BOTH
def test_the_ink_of_a_character(engine: Any) -> None:
    (page,) = read(engine, save(make_pdf(show("黑", 50, 300) + b"0.87 0 0 rg " + show("红", 50, 280))))
    black, red = (glyph.ink for glyph in page.glyphs)
    assert black == pytest.approx(0, abs=0.01)
    assert 0.15 < red < 0.4


def test_a_layer_that_is_off_is_left_out() -> None:
    pdf = make_pdf(b"/OC /L BDC " + show("藏", 50, 300) + b"0 0 100 0.5 re f EMC " + show("露", 50, 280))
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name="layer"))
    pdf.pages[0].Resources.Properties = Dictionary(L=layer)
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))
    (page,) = read(pdfminer, save(pdf))
    assert text_of(page) == "露"
    assert not page.rules


def strip_maps(data: bytes, *, cut_files: bool) -> bytes:
    """The PDF without ToUnicode, and with or without the Unicode tables of its fonts."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for item in pdf.objects:
            if isinstance(item, Dictionary) and "/ToUnicode" in item:
                del item["/ToUnicode"]
            if cut_files and isinstance(item, Dictionary) and "/FontFile2" in item:
                item.FontFile2 = pdf.make_stream(item.FontFile2.read_bytes().replace(b"cmap", b"cmaq"))
        return save(pdf)


@BOTH
def test_characters_that_no_font_tells_are_unknown(prints: dict[str, bytes], engine: Any) -> None:
    data = strip_maps(prints["WenQuanYi Zen Hei"], cut_files=True)
    pages = read(engine, data)
    whole = read(engine, prints["WenQuanYi Zen Hei"])
    assert sum(len(page.glyphs) for page in pages) == pytest.approx(sum(len(page.glyphs) for page in whole), abs=60)
    text = "".join(glyph.text for page in pages for glyph in page.glyphs)
    assert "cid" not in text
    assert text.count(UNKNOWN) > 0.9 * len(text)


def set_codes(font_file: bytes, codes: bytes, **entries: Any) -> bytes:
    """A page with codes of a simple symbolic TrueType font, as office programs make them of part of a font."""
    pdf = make_pdf(b"BT /F0 20 Tf 20 200 Td <" + codes.hex().encode() + b"> Tj ET")
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name("/ABCDEF+Part"),
        Flags=4,
        FontBBox=[0, -200, 1000, 900],
        ItalicAngle=0,
        Ascent=900,
        Descent=-200,
        CapHeight=700,
        StemV=80,
        FontFile2=pdf.make_stream(font_file),
    )
    font = Dictionary(
        Type=Name.Font,
        Subtype=Name.TrueType,
        BaseFont=Name("/ABCDEF+Part"),
        FirstChar=0,
        LastChar=60,
        Widths=[500] * 61,
        FontDescriptor=pdf.make_indirect(descriptor),
        **entries,
    )
    pdf.pages[0].Resources.Font = Dictionary(F0=pdf.make_indirect(font))
    return save(pdf)


@BOTH
@pytest.mark.parametrize("cut", [True, False], ids=["no cmap", "glyphs counted from 0"])
def test_codes_that_only_look_like_ascii_are_unknown(prints: dict[str, bytes], engine: Any, cut: bool) -> None:
    """ISO 32000-1, 9.10.2: nothing tells what they are. Taken for ASCII, they would be numbers that are not printed."""
    with pikepdf.open(io.BytesIO(prints["WenQuanYi Zen Hei"])) as pdf:
        files = [o.FontFile2 for o in pdf.objects if isinstance(o, Dictionary) and "/FontFile2" in o]
        data = files[0].read_bytes()
    plain = data.replace(b"cmap", b"cmaq") if cut else replace_cmap(data)
    (page,) = read(engine, set_codes(plain, b"\x31\x32\x21"))
    assert {glyph.text for glyph in page.glyphs} == {UNKNOWN}
    (page,) = read(engine, set_codes(plain, b"\x31\x32\x21", Encoding=Name.WinAnsiEncoding))
    assert text_of(page) == "12!"


@BOTH
@pytest.mark.parametrize("kind", ["Type3", "TrueType", "Type1"])
@pytest.mark.parametrize(("names", "text"), [(("/g1", "/g2"), UNKNOWN * 2), (("/five", "/six"), "56")])
def test_names_that_tell_no_character_leave_it_unknown(
    engine: Any, kind: str, names: tuple[str, ...], text: str
) -> None:
    """What the encoding beneath has at their codes (here 1 and 2) is another character."""
    pdf = make_pdf(b"BT /F0 20 Tf 20 200 Td <3132> Tj ET")
    font = Dictionary(
        Type=Name.Font,
        Subtype=Name(f"/{kind}"),
        Encoding=Dictionary(Type=Name.Encoding, Differences=[0x31, *(Name(name) for name in names)]),
        FirstChar=0x31,
        LastChar=0x32,
        Widths=[500, 500],
    )
    if kind == "Type3":
        font.FontBBox, font.FontMatrix, font.Resources = [0, 0, 1000, 1000], [0.001, 0, 0, 0.001, 0, 0], Dictionary()
        font.CharProcs = Dictionary({name: pdf.make_stream(b"500 0 0 0 500 700 d1 0 0 400 700 re f") for name in names})
    else:
        font.BaseFont = Name("/ABCDEF+Part")
        font.FontDescriptor = Dictionary(
            Type=Name.FontDescriptor, FontName=Name("/ABCDEF+Part"), Flags=4, FontBBox=[0, -200, 1000, 900],
            ItalicAngle=0, Ascent=900, Descent=-200, CapHeight=700, StemV=80,
        )  # fmt: skip
    pdf.pages[0].Resources.Font = Dictionary(F0=pdf.make_indirect(font))
    (page,) = read(engine, save(pdf))
    known = text if kind != "Type3" or engine is pdfminer else UNKNOWN * 2  # pdfium knows no names in such fonts
    assert "".join(glyph.text for glyph in page.glyphs) == known


def replace_cmap(data: bytes) -> bytes:
    """A font whose cmap maps codes by a table of the Macintosh alone, which names no characters."""
    count = int.from_bytes(data[4:6])
    out = bytearray(data)
    for n in range(count):
        at = 12 + 16 * n
        if data[at : at + 4] == b"cmap":
            place = len(out)
            table = bytes([0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 12]) + bytes([0, 0, 1, 6, 0, 0]) + bytes(range(256))
            out[at + 8 : at + 16] = place.to_bytes(4) + len(table).to_bytes(4)
            out += table
    return bytes(out)


# --- Rules ------------------------------------------------------------------------------------------------------
DRAWN = [
    (b"1 w 10 100 m 110 100 l S", [(10, 300, 110, 300)]),
    (b"1 w 10 100 m 110 100.4 l S", [(10, 299.8, 110, 299.8)]),
    (b"1 w 10 100 m 110 150 l S", []),
    (b"1 w 10 100 m 50 100 l 50 200 l S", [(10, 300, 50, 300), (50, 200, 50, 300)]),
    (b"1 w 10 10 100 50 re S", [(10, 390, 110, 390), (10, 340, 110, 340), (10, 340, 10, 390), (110, 340, 110, 390)]),
    (b"[3 3] 0 d 1 w 10 100 m 110 100 l S", [(10, 300, 110, 300)]),
    (b"10 100 100 0.5 re f", [(10, 299.75, 110, 299.75)]),
    (b"10 100 m 110 100 l 109 101 l 11 101 l f", [(10, 299.5, 110, 299.5)]),
    (b"10 100 100 50 re f", []),
    (b"1 g 10 100 100 0.5 re f 1 1 1 RG 10 50 m 100 50 l S", []),
    (b"/G0 gs 10 100 100 0.5 re f 10 50 m 100 50 l S", []),
    (b"q 0 0 50 200 re W n 10 100 100 0.5 re f 60 10 100 0.5 re f Q", [(10, 299.75, 50, 299.75)]),
    (b"10 500 100 0.5 re f", []),
    (b"10 100 100 50 re 11 101 98 48 re f*",
     [(10.5, 299.5, 109.5, 299.5), (10.5, 250.5, 109.5, 250.5),
      (10.5, 250.5, 10.5, 299.5), (109.5, 250.5, 109.5, 299.5)]),
    (b" ".join(b"%d 100 1 1 re f" % x for x in range(10, 60, 2)), [(10, 299.5, 59, 299.5)]),
    (b"10 100 1 1 re f", []),
    (b"10 100 m 20 130 40 130 50 100 c S", []),
    (b"q 100 0 0 0.5 10 100 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x00 EI Q", [(10, 299.75, 110, 299.75)]),
]  # fmt: skip


@BOTH
@pytest.mark.parametrize(("content", "expected"), DRAWN, ids=[content[:40].decode("latin-1") for content, _ in DRAWN])
def test_what_is_ruling(engine: Any, content: bytes, expected: list[tuple[float, ...]]) -> None:
    (page,) = read(engine, save(make_pdf(content)))
    found = sorted(tuple(round(value, 1) for value in rule) for rule in page.rules)
    assert len(found) == len(expected), found
    for rule, wanted in zip(found, sorted(expected), strict=True):
        assert rule == pytest.approx(wanted, abs=0.3)


@BOTH
def test_images_have_their_box(engine: Any) -> None:
    content = b"q 100 0 0 50 10 20 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x00 EI Q " + show("后", 10, 10)
    (page,) = read(engine, save(make_pdf(content)))
    (image,) = page.images
    assert tuple(image) == pytest.approx((10, 330, 110, 380))
    assert text_of(page) == "后"


# --- Documents --------------------------------------------------------------------------------------------------
def test_an_empty_password_opens(upright: tuple[bytes, Page]) -> None:
    open_to_all, page = upright
    for revision in (3, 4, 6):
        with pikepdf.open(io.BytesIO(open_to_all)) as pdf:
            data = save(
                pdf, encryption=pikepdf.Encryption(owner="o", user="", R=revision, aes=revision > 3, metadata=False)
            )
        pages, _ = compare(data)
        assert text_of(pages[0]) == text_of(page)


@BOTH
def test_a_password_is_said(engine: Any) -> None:
    data = save(make_pdf(show("密", 50, 50)), encryption=pikepdf.Encryption(owner="o", user="u"))
    with pytest.raises(UnreadableDocument, match="password"):
        read(engine, data)


def test_object_streams_and_updates() -> None:
    pdf = make_pdf(show("流", 50, 50))
    data = save(pdf, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    (page,), _ = compare(data)
    assert text_of(page) == "流"


def loop(*objects: bytes) -> bytes:
    """A PDF of these objects, numbered from 1, the first of them the catalog."""
    out = b"%PDF-1.7\n"
    places = []
    for number, item in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    count = len(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n%b" % (count, table)
    return out + b"trailer\n<</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, start)


CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
TREE = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"


def stream(data: bytes, keys: bytes = b"") -> bytes:
    return b"<</Length %d %b>>stream\n%b\nendstream" % (len(data), keys, data)


HOSTILE = {
    "empty": b"",
    "no PDF": b"hello, world" * 50,
    "only a head": b"%PDF-1.7\n",
    "tree in a circle": loop(CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"),
    "a reference to itself": loop(CATALOG, b"2 0 R"),
    "references in a circle": loop(CATALOG, b"3 0 R", b"2 0 R"),
    "a million pages": loop(CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 1000000>>", b"<</Type/Page/Parent 2 0 R>>"),
    "a page without end": loop(CATALOG, TREE, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 10000000 10000000]>>"),
}


@BOTH
@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_read_is_said(engine: Any, name: str) -> None:
    with pytest.raises(UnreadableDocument) as raised:
        read(engine, HOSTILE[name])
    assert "\n" not in str(raised.value)


def pages_of(engine: Any, data: bytes) -> list[Page] | None:
    """The pages, or None where the document is refused; anything else fails the test."""
    try:
        return read(engine, data)
    except UnreadableDocument:
        return None


@BOTH
def test_forms_that_draw_themselves_end(engine: Any) -> None:
    pdf = make_pdf(b"/A Do")
    form = add_form(pdf, "A", show("己", 10, 10) + b"/A Do /A Do")
    assert form is not None
    pages = pages_of(engine, save(pdf))
    assert pages is None or len(pages[0].glyphs) < 100


@BOTH
def test_streams_unpack_within_bounds(engine: Any) -> None:
    pdf = make_pdf(b"")
    pdf.pages[0].Contents = pikepdf.Stream(pdf, zlib.compress(b"q Q " * (20 << 20), 9), Filter=Name.FlateDecode)
    with pytest.raises(UnreadableDocument, match="MB"):
        read(engine, save(pdf))


@BOTH
def test_one_stream_many_times_is_bounded(engine: Any) -> None:
    pdf = make_pdf(b"")
    part = pdf.make_indirect(pikepdf.Stream(pdf, zlib.compress(b"q Q " * (1 << 20), 9), Filter=Name.FlateDecode))
    pdf.pages[0].Contents = Array([part] * 5000)
    with pytest.raises(UnreadableDocument, match="MB"):
        read(engine, save(pdf))


@pytest.mark.parametrize(
    "engine", [pytest.param(pdfminer, marks=pytest.mark.no_cover), pdfium], ids=["pdfminer", "pdfium"]
)
def test_a_bomb_of_forms_is_refused(engine: Any) -> None:
    pdf = make_pdf(b"/F0 Do")
    for level in range(20):
        add_form(pdf, f"F{level}", b"/F%d Do " % (level + 1) * 20)
    with pytest.raises(UnreadableDocument, match="MB"):
        read(engine, save(pdf))


@BOTH
def test_damage_costs_no_more_than_the_document(prints: dict[str, bytes], engine: Any) -> None:
    data = prints["WenQuanYi Zen Hei"]
    for cut in (100, len(data) // 3, len(data) // 2, len(data) - 700, len(data) - 20):
        pages_of(engine, data[:cut])
    for step in range(40):
        broken = bytearray(data)
        for place in range(step * 17, len(broken), 997 + 13 * step):
            broken[place] = (broken[place] + 1 + step) & 0xFF
        pages_of(engine, bytes(broken))


@pytest.mark.no_cover
@BOTH
def test_a_file_without_its_table_is_read(prints: dict[str, bytes], engine: Any) -> None:
    data = prints["WenQuanYi Zen Hei"]
    broken = data[: data.rindex(b"startxref")] + b"startxref\n5\n%%EOF\n"
    assert text_of(read(engine, broken)[0]) == text_of(read(engine, data)[0])


def test_pages_are_drawn_in_colours() -> None:
    data = save(make_pdf(b"1 0 0 rg 0 0 150 400 re f"))
    picture = pdfium.render_page(data, 1, 72)
    assert picture.shape == (400, 300, 3)
    assert (picture[200, 20].tolist(), picture[200, 280].tolist()) == ([255, 0, 0], [255, 255, 255])
    assert pdfium.page_count(data) == 1
    assert pdfium.render_page(save(make_pdf(b"", (0, 0, 14000, 14000))), 1, 300).size <= 3 * 40_000_000
    with pytest.raises(UnreadableDocument):
        pdfium.render_page(data, 2, 72)
