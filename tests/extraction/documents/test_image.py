"""Pictures: what bytes are let in, what becomes of colours, and what is read from the cells of a table."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from crawler.extraction.documents.image import Clock, decode_pictures, make_grey, ocr_available, ocr_page, read_image
from crawler.extraction.documents.model import Document, Paragraph, Table
from crawler.extraction.documents.ocr.cells import Pitch, Shapes, settle_marks
from crawler.extraction.documents.ocr.engine import LABELS, Number, load_engine
from crawler.extraction.documents.options import Options
from crawler.extraction.documents.sniff import read_document
from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.report.form import load_form

pytestmark = pytest.mark.long

XS = (40, 200, 300, 400, 500)
YS = (60, 96, 132, 168)
FIGURES = (("Fees", "1204", "-37", "0"), ("Items", "111", "", "9352.094"), ("Sum", "/", "60", "-"))


def draw_table(figures: tuple[tuple[str, ...], ...] = FIGURES, line: int = 150) -> Image.Image:
    image = Image.new("RGB", (560, 220), "white")
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(18)
    pen.text((40, 20), "Report on the disclosure of information 2023", fill="black", font=font)
    for y in YS:
        pen.line((XS[0], y, XS[-1], y), fill=(line, line, line))
    for x in XS:
        pen.line((x, YS[0], x, YS[-1]), fill=(line, line, line))
    for (top, bottom), row in zip(pairwise(YS), figures, strict=True):
        for (left, right), said in zip(pairwise(XS), row, strict=True):
            pen.text(((left + right) / 2, (top + bottom) / 2), said, fill="black", font=font, anchor="mm")
    return image


def encode(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.fixture(scope="module", autouse=True)
def own_engine() -> None:
    """The engine is made here, whichever test of this process was the first to need it."""
    load_engine.cache_clear()


@cache
def read_drawn() -> Document:
    return read_image(encode(draw_table()))


def find_table(document: Document) -> Table:
    (table,) = (block for block in document.blocks if isinstance(block, Table))
    return table


def texts(table: Table) -> list[list[str]]:
    return [["" if cell is None else cell.text for cell in row] for row in table.grid]


# --- Reading -------------------------------------------------------------------------------------------------------
def test_cells_stand_where_they_are_drawn() -> None:
    document = read_drawn()
    assert document.media_type == "image/png"
    table = find_table(document)
    assert texts(table) == [list(row) for row in FIGURES]
    for (top, bottom), row in zip(pairwise(YS), table.grid, strict=True):
        for (left, right), cell in zip(pairwise(XS), row, strict=True):
            assert cell is not None
            assert cell.doubt is None
            assert cell.place.page == 1
            x0, y0, x1, y1 = cell.place.bbox or (0.0, 0.0, 0.0, 0.0)
            assert left - 3 <= x0 < x1 <= right + 3
            assert top - 3 <= y0 < y1 <= bottom + 3


def test_each_number_carries_its_score() -> None:
    cells = [cell for row in find_table(read_drawn()).grid for cell in row if cell is not None and cell.text.isdigit()]
    assert len(cells) == 4
    assert all(cell.place.score is not None and 0.8 <= cell.place.score <= 1 for cell in cells)


def test_the_labels_of_the_form_are_known_to_the_reader() -> None:
    form = load_form()
    printed = "".join(
        label.text for table in form.tables.values() for part in (*table.rows, *table.columns) for label in part.labels
    )
    assert {character for character in printed if "一" <= character <= "鿿"} <= set(LABELS)


@pytest.mark.parametrize(
    ("chances", "free", "label"),
    [
        ({"甲": 0.6, "申": 0.35}, "甲", "申"),
        ({"甲": 0.98, "申": 0.01}, "甲", "甲"),
        ({"未": 0.5, "末": 0.45}, "未", "未"),
    ],
)
def test_a_label_is_rather_read_than_what_looks_like_it(chances: dict[str, float], free: str, label: str) -> None:
    engine = load_engine()
    said = np.zeros((3, len(engine._characters)), np.float32)
    said[:, 0] = 1.0
    for character, chance in chances.items():
        said[1, engine._characters.index(character)] = chance
    said[1, 0] = 1.0 - sum(chances.values())
    look = engine._decode(said)
    assert (look.text, look.label.text) == (free, label)
    assert look.score <= look.label.score <= 1


def test_what_there_is_no_time_for_is_left() -> None:
    seconds = iter([0.0, 1.0, 4.0, 4.0, 5.0, 12.0, 12.0])
    clock = Clock(14.0, lambda: next(seconds))
    assert clock.allows_more()
    clock.begin_one()
    assert clock.allows_more()
    clock.begin_one()
    assert not clock.allows_more()


def test_text_outside_the_table_is_read() -> None:
    (title,) = (block for block in read_drawn().blocks if isinstance(block, Paragraph))
    assert title.text == "Report on the disclosure of information 2023"


def test_a_turned_picture_keeps_its_own_places() -> None:
    turned = draw_table().rotate(1.2, Image.Resampling.BICUBIC, fillcolor="white")
    table = find_table(read_image(encode(turned)))
    assert texts(table) == [list(row) for row in FIGURES]
    cell = table.grid[0][3]
    assert cell is not None
    x0, top, x1, bottom = cell.place.bbox or (0.0, 0.0, 0.0, 0.0)
    assert x0 <= 446 <= x1
    assert top <= 74 <= bottom  # the right side went up by 4 of 170 pixels


def test_a_picture_that_stands_on_its_head_or_side() -> None:
    for quarter in (Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_90):
        table = find_table(read_image(encode(draw_table().transpose(quarter))))
        assert texts(table) == [list(row) for row in FIGURES]


def test_ink_that_says_nothing_is_no_blank() -> None:
    image = draw_table()
    pen = ImageDraw.Draw(image)
    for x in range(222, 278, 4):
        pen.line((x, 102, x + 9, 124), fill="black")
    cell = find_table(read_image(encode(image))).grid[1][1]
    assert cell is not None
    assert cell.doubt


def draw_sealed(*, star: int, line: int) -> Image.Image:
    """The table with a figure in red, under a seal."""
    image = draw_table(line=line)
    pen = ImageDraw.Draw(image)
    pen.rectangle((310, 140, 390, 160), fill="white")
    pen.text((350, 150), "60", fill=(220, 30, 30), font=ImageFont.load_default(18), anchor="mm")
    seal = Image.new("RGB", image.size, "white")
    ImageDraw.Draw(seal).ellipse((180, 30, 330, 180), outline=(230, 60, 60), width=5)
    ImageDraw.Draw(seal).regular_polygon((255, 105, star), 5, fill=(230, 60, 60))
    return Image.fromarray(np.minimum(np.asarray(image), np.asarray(seal)))


@pytest.mark.parametrize(("kind", "star"), [("PNG", 26), ("JPEG", 40), ("PDF", 26)])
def test_a_seal_hides_nothing_and_red_figures_stay(kind: str, star: int) -> None:
    """In a poor JPEG too, which blurs colours, and on a page of a PDF."""
    line, options = {"PNG": (150, {}), "JPEG": (40, {"quality": 55}), "PDF": (40, {"resolution": 100.0})}[kind]
    data = encode(draw_sealed(star=star, line=line), kind, **options)
    assert texts(find_table(read_document(data))) == [list(row) for row in FIGURES]


def test_a_seal_over_most_of_a_small_picture_is_bleached() -> None:
    grey = make_grey(draw_sealed(star=26, line=40).crop((150, 0, 400, 220)))
    assert grey[103:108, 30:37].min() > 200  # the ring


def test_pale_ruling_that_a_seal_covers_goes_on() -> None:
    """Its ink lies over the lines, and under the figures."""
    image = draw_table(line=170)
    blank = draw_table((("",) * 4,) * 3, line=170)
    text = np.asarray(image) != np.asarray(blank)
    ImageDraw.Draw(blank).ellipse((180, 30, 330, 180), outline=(230, 60, 60), width=6)
    sealed = Image.fromarray(np.where(text, np.asarray(image), np.asarray(blank)))
    table = find_table(read_document(encode(sealed)))
    assert texts(table) == [list(row) for row in FIGURES]


def test_a_red_frame_is_no_seal() -> None:
    """What is red in it stays."""
    image = draw_table()
    pen = ImageDraw.Draw(image)
    pen.rectangle((310, 140, 390, 160), fill="white")
    pen.text((350, 150), "60", fill=(220, 30, 30), font=ImageFont.load_default(18), anchor="mm")
    square = Image.new("RGB", (560, 400), "white")
    square.paste(image, (0, 90))
    ImageDraw.Draw(square).rectangle((2, 2, 557, 397), outline=(220, 30, 30), width=3)
    ImageDraw.Draw(square).text((280, 50), "2023", fill=(220, 30, 30), font=ImageFont.load_default(60), anchor="mm")
    grey = make_grey(square)
    assert grey[20:80, 200:360].min() < 120
    found = [texts(block) for block in read_image(encode(square)).blocks if isinstance(block, Table)]
    assert [list(row) for row in FIGURES] in found


def test_numbers_with_commas_are_looked_at_as_numbers() -> None:
    """Counted and read twice as others are, though their commas hang below them."""
    figures = (("Fees", "1,204", "42,724.9624", "1,111,111"), ("Items", "9,424.0797", "12", "30,700"))
    grid = find_table(read_image(encode(draw_table((*figures, ("Sum", "2", "3", "4")))))).grid
    assert texts(Table(grid, grid[0][0].place))[:2] == [list(row) for row in figures]  # type: ignore[union-attr]
    assert [cell.doubt for row in grid for cell in row if cell is not None and cell.doubt] == []


@pytest.mark.parametrize(
    ("one", "other", "settled"),
    [
        ("9,424.0797", "9.424.0797", "9,424.0797"),
        ("42.724.9624", "42,724,9624", "42,724.9624"),
        ("943,3", "943.3", "943.3"),
        ("1,606", "1.606", None),  # either is a number
        ("1,606", "1,605", None),
        ("1606", "1606", "1606"),
    ],
)
def test_commas_and_points_are_told_by_what_makes_a_number(one: str, other: str, settled: str | None) -> None:
    found, again = settle_marks(Number(one, 0.9), Number(other, 0.95))
    assert again is not None
    assert (found.text if found.text == again.text else None) == settled


def test_digits_that_stand_apart_are_counted_whatever_their_width() -> None:
    """Wide ones among others of the page, and too pale to be ink at every level."""
    image = draw_table((("Fees", "1204", "", "37"), ("Items", "111", "", "352"), ("Sum", "208", "", "64")))
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(18)
    for said, (top, bottom) in zip(("430", "25", "681"), pairwise(YS), strict=True):
        for n, digit in enumerate(said):
            pen.text((330 + 18 * n, (top + bottom) / 2), digit, fill=(125, 125, 125), font=font, anchor="mm")
    grid = find_table(read_image(encode(image))).grid
    assert [(row[2].text, row[2].doubt) for row in grid if row[2]] == [("430", None), ("25", None), ("681", None)]


def test_no_shape_may_be_two_digits() -> None:
    pitch, wide = Pitch(0.85, 0.6, 0.42), ((1.45, 1.4),)
    assert Shapes(frozenset({0, 3}), 3.5, apart=wide).fits("232", pitch)
    assert not Shapes(frozenset({0, 3}), 3.5).fits("232", pitch)  # the third may be two that touch
    assert not Shapes(frozenset({3, 4}), 3.5, apart=wide).fits("232", pitch)
    assert not Shapes(frozenset({0, 3}), 3.5, apart=wide).fits("23", pitch)
    assert not Shapes(frozenset({0, 3}), 3.5, apart=((0.75, 1.5),)).fits(
        "232", pitch
    )  # one more may have stood between


def test_digits_with_a_comma_between_are_farther_from_one_another() -> None:
    pitch = Pitch(0.7, 0.6, 0.42)
    four = Shapes(frozenset({0, 4}), 5.9, apart=((2.4, 1.4, 1.45),))
    assert four.fits("3,848", pitch)
    assert not four.fits("38,48", pitch)
    assert not four.fits("3848", pitch)


def test_two_digits_far_apart_may_be_the_first_and_last_of_three() -> None:
    """Unless others of the page are set as wide."""
    two = Shapes(frozenset({0, 2}), 2.2, apart=((1.5,),))
    assert not two.fits("35", Pitch(0.75, 0.6, 0.42))
    assert not two.fits("-35", Pitch(0.55, 0.6, 0.42))
    assert two.fits("35", Pitch(0.75, 0.6, 0.42, (1.45,)))
    assert not two.fits("35", Pitch(0.75, 0.6, 0.42, (1.1,)))


@pytest.mark.parametrize(("lean", "ink"), [(0.32, 0), (0.32, 130), (0.5, 100), (1.0, 170)])
def test_a_thin_stroke_that_leans_is_no_1(lean: float, ink: int) -> None:
    """Small type in a poor JPEG, strokes a pixel wide: to the network they are a 1."""
    fine = 4
    image = Image.new("L", (224 * fine, 104 * fine), 255)
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(12 * fine)
    for y in range(8, 98, 22):
        pen.line((8 * fine, y * fine, 216 * fine, y * fine), fill=120, width=fine)
    for x in range(8, 217, 52):
        pen.line((x * fine, 8 * fine, x * fine, 96 * fine), fill=120, width=fine)
    for y in range(19, 98, 22):
        for x, said in zip((34, 86, 190), ("12", "1", "406"), strict=True):
            pen.text((x * fine, y * fine), said, fill=0, font=font, anchor="mm")
        ends = (138 + 6 * lean, y - 6, 138 - 6 * lean, y + 6)
        pen.line(tuple(fine * end for end in ends), fill=ink, width=3)
    small = image.resize((224, 104), Image.Resampling.BOX)
    grid = find_table(read_image(encode(small, "JPEG", quality=80))).grid
    assert [[cell.text for cell in row if cell and cell.column != 2] for row in grid] == [["12", "1", "406"]] * 4
    assert [cell.text for row in grid if (cell := row[2]) and not cell.doubt and cell.text != "/"] == []


def test_pages_of_a_tiff() -> None:
    first, second = draw_table(), draw_table((("a", "1", "2", "3"), ("b", "4", "5", "6"), ("c", "7", "8", "9")))
    document = read_image(encode(first, "TIFF", save_all=True, append_images=[second]))
    cells = [c for block in document.blocks if isinstance(block, Table) for row in block.grid for c in row if c]
    assert {cell.place.page for cell in cells} == {1, 2}
    assert [cell.text for cell in cells if cell.place.page == 2][1:4] == ["1", "2", "3"]


@pytest.mark.no_cover
def test_a_page_is_given_in_the_units_asked_for() -> None:
    grey = make_grey(draw_table())
    page = ocr_page(grey, 7, 0.5)
    assert (page.number, page.width, page.height) == (7, 280.0, 110.0)
    assert sorted({rule.top for rule in page.rules if rule.top == rule.bottom}) == pytest.approx(
        [y / 2 for y in YS], abs=0.6
    )
    assert {"1204", "9352.094", "-37"} <= {glyph.text for glyph in page.glyphs}
    assert all(glyph.score is not None for glyph in page.glyphs)


def test_blank_paper_is_a_document_without_blocks() -> None:
    assert read_image(encode(Image.new("L", (400, 300), 255))).blocks == ()
    assert read_image(encode(Image.new("L", (3, 3), 0))).blocks == ()


# --- What is let in ------------------------------------------------------------------------------------------------
def png_of(width: int, height: int) -> bytes:
    """The header of a PNG that claims a size, with next to no data."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no picture"),
        (b"\x89PNG\r\n\x1a\n", "no picture"),
        (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8, "picture"),
        (encode(draw_table())[:900], "broken picture"),
        (encode(draw_table(), "TIFF")[:-2000], "picture"),
        (encode(draw_table(), "JPEG")[:700], "broken picture"),
        (png_of(30_000, 30_000), "pixels"),
        (png_of(8_000, 8_000), "8000 × 8000 pixels"),
        (png_of(500, 500), "broken picture"),
        (b"GIF89a" + b"\xff" * 300, "picture"),
    ],
)
def test_what_is_broken_is_said_in_one_line(data: bytes, why: str) -> None:
    with pytest.raises(UnreadableDocument, match=why) as caught:
        read_image(data)
    assert "\n" not in str(caught.value)


def test_a_broken_later_page_costs_only_what_follows() -> None:
    data = bytearray(encode(draw_table(), "TIFF", save_all=True, append_images=[draw_table()], compression="tiff_lzw"))
    data[-2500:-400] = b"\xff" * 2100
    document = read_image(bytes(data))
    assert texts(find_table(document)) == [list(row) for row in FIGURES]
    assert [code for code, _ in document.warnings] == ["pages_left_out"]


def test_ocr_may_be_switched_off() -> None:
    with pytest.raises(UnreadableDocument, match="switched off"):
        read_image(encode(draw_table()), Options(ocr=False))


def test_without_the_extra_one_line_says_what_is_needed() -> None:
    assert ocr_available()
    script = """if True:
        import sys
        sys.modules["rapidocr"] = None
        from crawler.extraction.documents.image import read_image
        from crawler.extraction.errors import UnreadableDocument
        try:
            read_image(b"")
        except UnreadableDocument as error:
            print(error)
        print([name for name in ("numpy", "cv2", "PIL", "onnxruntime") if name in sys.modules])
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["a picture; reading it needs the extra: pip install -e '.[ocr]'", "[]"]


# --- Colours and depths ----------------------------------------------------------------------------------------------
def test_every_mode_becomes_dark_ink_on_white() -> None:
    plain = Image.new("L", (60, 40), 255)
    plain.paste(0, (10, 10, 30, 30))
    clear = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), (10, 10, 30, 30))
    deep = Image.fromarray(np.asarray(plain).astype(np.uint16) * 257)
    palette = clear.quantize(4)
    for image in (plain, plain.convert("1"), plain.convert("RGB"), plain.convert("CMYK"), clear, deep, palette):
        grey = make_grey(image)
        assert grey.dtype == np.uint8
        assert grey[20, 20] < 10
        assert grey[5, 5] > 245


def test_the_orientation_of_a_photograph_is_followed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter clockwise
    data = encode(draw_table().transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif, quality=95)
    ((kind, grey),) = decode_pictures(data)
    assert kind == "JPEG"
    assert grey.shape == (220, 560)
    assert abs(grey.astype(int) - np.asarray(draw_table().convert("L"))).mean() < 3


def test_a_webp_is_told_from_its_bytes_and_read() -> None:
    document = read_document(encode(draw_table(), "WEBP", lossless=True))
    assert document.media_type == "image/webp"
    assert texts(find_table(document)) == [list(row) for row in FIGURES]


def test_an_animation_is_one_picture() -> None:
    data = encode(draw_table(), "GIF", save_all=True, append_images=[Image.new("RGB", (560, 220), "red")])
    assert len(list(decode_pictures(data))) == 1
