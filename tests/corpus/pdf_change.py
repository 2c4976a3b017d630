"""What is done to a printed PDF afterwards: turned pages, other maps of characters, hidden text, forms, encryption."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pikepdf
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name, Operator, Pdf, Stream

from tests.cases.make.plain import put_radicals

Codes = dict[int, str]


def open_pdf(data: bytes) -> Pdf:
    """The document for changing."""
    return Pdf.open(io.BytesIO(data))


def save_pdf(pdf: Pdf, **options: Any) -> bytes:
    """Its bytes; equal input gives equal output."""
    out = io.BytesIO()
    pdf.save(out, deterministic_id="encryption" not in options, **options)
    return out.getvalue()


def add_content(pdf: Pdf, page: pikepdf.Page, before: str = "", after: str = "") -> None:
    """Operators put around all that the page draws."""
    page.contents_add(Stream(pdf, f"q {before}\n".encode()), prepend=True)
    page.contents_add(Stream(pdf, f"\nQ {after}\n".encode()))


def find_box(page: pikepdf.Page) -> tuple[float, float, float, float]:
    """The page's MediaBox."""
    x0, y0, x1, y1 = (float(n) for n in page.mediabox)
    return x0, y0, x1, y1


# --- Turned and moved pages -------------------------------------------------------------------------------------
def turn_page(pdf: Pdf, page: pikepdf.Page, turn: int, *, rotate: bool) -> None:
    """The page's content turned counter-clockwise by ``turn`` (90, 180, 270).

    With ``rotate`` the page says /Rotate so that it is shown upright; without it stays turned on its paper.
    """
    x0, y0, x1, y1 = find_box(page)
    width, height = x1 - x0, y1 - y0
    matrix = {
        90: (0, 1, -1, 0, height + y0, -x0),
        180: (-1, 0, 0, -1, width + x0, height + y0),
        270: (0, -1, 1, 0, -y0, width + x0),
    }[turn]
    add_content(pdf, page, " ".join(f"{n:g}" for n in matrix) + " cm")
    box = Array([0, 0, width, height] if turn == 180 else [0, 0, height, width])
    page.MediaBox = box
    for name in ("/CropBox", "/TrimBox", "/BleedBox", "/ArtBox", "/Annots"):
        if name in page:
            del page[name]
    if rotate:
        page.Rotate = turn


def move_origin(pdf: Pdf, page: pikepdf.Page, dx: float, dy: float, *, crop: bool) -> None:
    """The same page with its MediaBox elsewhere; with ``crop`` the paper is larger than what the CropBox shows."""
    x0, y0, x1, y1 = find_box(page)
    add_content(pdf, page, f"1 0 0 1 {dx:g} {dy:g} cm")
    box = [x0 + dx, y0 + dy, x1 + dx, y1 + dy]
    page.MediaBox = Array([box[0] - 40, box[1] - 30, box[2] + 20, box[3] + 50] if crop else box)
    if crop:
        page.CropBox = Array(box)
    elif "/CropBox" in page:
        del page["/CropBox"]
    if "/Annots" in page:
        del page["/Annots"]


def set_two_up(data: bytes, gap: float = 0.0) -> bytes:
    """Two pages side by side on each sheet."""
    source = open_pdf(data)
    pdf = Pdf.new()
    pages = list(source.pages)
    for start in range(0, len(pages), 2):
        pair = pages[start : start + 2]
        x0, y0, x1, y1 = find_box(pair[0])
        width, height = x1 - x0, y1 - y0
        pdf.add_blank_page(page_size=(2 * width + gap, height))
        sheet = pdf.pages[-1]
        sheet.Resources = Dictionary(XObject=Dictionary())
        operators = []
        for place, page in enumerate(pair):
            form = pdf.copy_foreign(page.as_form_xobject())
            sheet.Resources.XObject[f"/P{place}"] = form
            operators.append(f"q 1 0 0 1 {place * (width + gap):g} 0 cm /P{place} Do Q")
        sheet.Contents = Stream(pdf, "\n".join(operators).encode())
    return save_pdf(pdf)


# --- Maps from codes to characters ------------------------------------------------------------------------------
def each_font(pdf: Pdf) -> Iterator[Dictionary]:
    """Every font of the document that text can name."""
    for item in pdf.objects:
        if isinstance(item, Dictionary) and item.get("/Type") == "/Font" and "/DescendantFonts" not in item:
            if str(item.get("/Subtype", "")).startswith("/CIDFont"):
                continue
            yield item
        elif isinstance(item, Dictionary) and item.get("/Type") == "/Font":
            yield item


def read_map(stream: Stream) -> tuple[Codes, int]:
    """Codes and their text by a ToUnicode stream, and the bytes of a code."""
    text = stream.read_bytes().decode("latin-1")
    codes: Codes = {}
    size = 2

    def spell(digits: str) -> str:
        return bytes.fromhex(digits).decode("utf-16-be")

    for block in re.findall(r"beginbfchar(.*?)endbfchar", text, re.DOTALL):
        for code, target in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            size = len(code) // 2
            codes[int(code, 16)] = spell(target)
    pattern = r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*(?:<([0-9A-Fa-f]+)>|\[(.*?)\])"
    for block in re.findall(r"beginbfrange(.*?)endbfrange", text, re.DOTALL):
        for first, last, target, targets in re.findall(pattern, block, re.DOTALL):
            size = len(first) // 2
            start, stop = int(first, 16), int(last, 16)
            listed = re.findall(r"<([0-9A-Fa-f]+)>", targets)
            for place, code in enumerate(range(start, stop + 1)):
                if target:
                    base = spell(target)
                    codes[code] = base[:-1] + chr(ord(base[-1]) + place)
                elif place < len(listed):
                    codes[code] = spell(listed[place])
    return codes, size


def write_map(codes: Codes, size: int) -> bytes:
    """A ToUnicode stream."""
    lines = []
    pairs = [f"<{code:0{size * 2}X}> <{text.encode('utf-16-be').hex().upper()}>" for code, text in codes.items()]
    for start in range(0, len(pairs), 100):
        part = pairs[start : start + 100]
        lines += [f"{len(part)} beginbfchar", *part, "endbfchar"]
    return "\n".join(
        (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
            f"1 begincodespacerange <{'00' * size}> <{'FF' * size}> endcodespacerange",
            *lines,
            "endcmap CMapName currentdict /CMap defineresource pop end end",
        )
    ).encode()


def map_to_radicals(data: bytes) -> bytes:
    """The text layer says ⼀ ⼈ ⺠ where the page shows 一 人 民."""
    pdf = open_pdf(data)
    for font in each_font(pdf):
        if "/ToUnicode" in font:
            codes, size = read_map(font.ToUnicode)
            changed = {code: put_radicals(text) for code, text in codes.items()}
            font.ToUnicode = Stream(pdf, write_map(changed, size))
    drop_actual_text(pdf)
    return save_pdf(pdf)


def drop_actual_text(pdf: Pdf) -> None:
    """No marked content that spells its characters; no structure tree."""

    def change(instructions: list[Any], _: Any) -> list[Any]:
        kept, open_marks = [], []
        for operands, operator in instructions:
            name = str(operator)
            if name in ("BDC", "BMC"):
                drop = len(operands) > 1 and isinstance(operands[1], Dictionary) and "/ActualText" in operands[1]
                open_marks.append(drop)
                if drop:
                    continue
            if name == "EMC" and open_marks and open_marks.pop():
                continue
            kept.append((operands, operator))
        return kept

    change_streams(pdf, change)
    if "/StructTreeRoot" in pdf.Root:
        del pdf.Root["/StructTreeRoot"]


def change_streams(pdf: Pdf, change: Callable[[list[Any], Any], list[Any]]) -> None:
    """Every content stream passed through ``change`` (instructions, resources): pages and their forms."""
    done: set[tuple[int, int]] = set()

    def visit(resources: Any) -> None:
        for item in (resources or {}).get("/XObject", {}).values():
            if item.get("/Subtype") == "/Form" and item.objgen not in done:
                done.add(item.objgen)
                own = item.get("/Resources", resources)
                new = change(list(pikepdf.parse_content_stream(item)), own)
                item.write(pikepdf.unparse_content_stream(new))
                visit(own)

    for page in pdf.pages:
        resources = page.get("/Resources") or Dictionary()
        new = change(list(pikepdf.parse_content_stream(page)), resources)
        page.Contents = Stream(pdf, pikepdf.unparse_content_stream(new))
        visit(resources)


def embedded_file(font: Dictionary) -> Stream | None:
    """The TrueType file of a composite font."""
    if "/DescendantFonts" not in font:
        return None
    descriptor = font.DescendantFonts[0].get("/FontDescriptor", {})
    return descriptor.get("/FontFile2")


def drop_unicode(data: bytes) -> bytes:
    """No ToUnicode where the embedded TrueType file maps every glyph that is used by its own cmap table."""
    pdf = open_pdf(data)
    dropped = 0
    for font in each_font(pdf):
        file = embedded_file(font)
        if file is None or "/ToUnicode" not in font:
            continue
        codes, _ = read_map(font.ToUnicode)
        tables = TTFont(io.BytesIO(file.read_bytes()))
        names = tables.getGlyphOrder()
        known = {name: chr(point) for point, name in (tables.getBestCmap() or {}).items()}
        if all(code < len(names) and names[code] in known for code in codes):
            del font["/ToUnicode"]
            dropped += 1
    if not dropped:
        raise ValueError("no font whose cmap tells its characters")
    drop_actual_text(pdf)
    return save_pdf(pdf)


def drop_every_map(data: bytes) -> bytes:
    """No ToUnicode, no ActualText, no cmap table, no glyph names: nothing tells which characters the glyphs are."""
    pdf = open_pdf(data)
    done: set[tuple[int, int]] = set()
    for font in each_font(pdf):
        if "/ToUnicode" in font:
            del font["/ToUnicode"]
        file = embedded_file(font)
        if file is None or file.objgen in done:
            continue
        done.add(file.objgen)
        tables = TTFont(io.BytesIO(file.read_bytes()))
        tables["post"].formatType = 3.0
        for tag in ("cmap", "GSUB", "GPOS", "GDEF", "name"):
            if tag in tables:
                del tables[tag]
        out = io.BytesIO()
        tables.save(out)
        file.write(out.getvalue())
        file.Length1 = len(out.getvalue())
    drop_actual_text(pdf)
    return save_pdf(pdf)


def read_widths(font: Dictionary) -> tuple[dict[int, float], float]:
    """Widths of a CID font and its default."""
    widths: dict[int, float] = {}
    items = list(font.get("/W", []))
    while items:
        first, second = int(items[0]), items[1]
        if isinstance(second, Array):
            widths.update({first + i: float(w) for i, w in enumerate(second)})
            items = items[2:]
        else:
            widths.update(dict.fromkeys(range(first, int(second) + 1), float(items[2])))
            items = items[3:]
    return widths, float(font.get("/DW", 1000))


class NoFontError(ValueError):
    """No font of the document can be changed as asked."""


def use_predefined_map(data: bytes, name: str, *, embedded: bool) -> bytes:
    """Codes by a predefined CMap ("UniGB-UCS2-H", "UniGB-UTF16-H", "GBK-EUC-H") over Adobe-GB1, without ToUnicode.

    ``embedded``: the font's file stays, with a CIDToGIDMap; else the viewer has to bring one.
    """
    # The CIDs of Adobe-GB1 are Adobe's own data, which pdfminer.six ships.
    from pdfminer.cmapdb import CMapDB  # noqa: PLC0415

    encoding = "gbk" if name.startswith("GBK") else "utf-16-be"
    table = CMapDB.get_cmap(name)
    pdf = open_pdf(data)
    recoded: dict[tuple[int, int], dict[int, bytes]] = {}
    for font in each_font(pdf):
        if embedded_file(font) is None or "/ToUnicode" not in font:
            continue
        codes, _ = read_map(font.ToUnicode)
        try:
            new = {code: text.encode(encoding) for code, text in codes.items() if len(text) == 1}
        except UnicodeEncodeError:
            continue
        cids = {code: next(iter(table.decode(text)), 0) for code, text in new.items()}
        if len(new) < len(codes) or not all(cids.values()):
            continue
        recoded[font.objgen] = new
        inner = font.DescendantFonts[0]
        widths, default = read_widths(inner)
        inner.W = Array([item for c, cid in cids.items() for item in (cid, Array([widths.get(c, default)]))])
        inner.CIDSystemInfo = Dictionary(Registry=b"Adobe", Ordering=b"GB1", Supplement=5)
        font.Encoding = Name(f"/{name}")
        del font["/ToUnicode"]
        if embedded:
            glyphs = bytearray(2 * (max(cids.values()) + 1))
            for code, cid in cids.items():
                glyphs[2 * cid : 2 * cid + 2] = code.to_bytes(2, "big")
            inner.CIDToGIDMap = Stream(pdf, bytes(glyphs))
        else:
            for key in ("/FontFile2", "/CIDSet"):
                if key in inner.FontDescriptor:
                    del inner.FontDescriptor[key]
            if "/CIDToGIDMap" in inner:
                del inner["/CIDToGIDMap"]
    if not recoded:
        raise NoFontError("no font to recode")

    def change(instructions: list[Any], resources: Any) -> list[Any]:
        fonts = (resources or {}).get("/Font", {})
        current: dict[int, bytes] | None = None
        kept = []
        for given, operator in instructions:
            op, operands = str(operator), given
            if op == "Tf":
                font = fonts.get(str(operands[0]))
                current = recoded.get(font.objgen) if font is not None else None
            elif current is not None and op in ("Tj", "'"):
                operands = [pikepdf.String(recode(bytes(operands[0]), current))]
            elif current is not None and op == "TJ":
                line = [
                    pikepdf.String(recode(bytes(part), current)) if isinstance(part, pikepdf.String) else part
                    for part in operands[0]
                ]
                operands = [Array(line)]
            kept.append((operands, operator))
        return kept

    def recode(text: bytes, codes: dict[int, bytes]) -> bytes:
        return b"".join(codes[int.from_bytes(text[i : i + 2], "big")] for i in range(0, len(text), 2))

    change_streams(pdf, change)
    return save_pdf(pdf)


# --- What is in the file and not to be seen ---------------------------------------------------------------------
def name_font(pdf: Pdf, page: pikepdf.Page) -> str:
    """Helvetica among the page's resources."""
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
    resources = Dictionary(page.get("/Resources") or Dictionary())  # a copy: Chromium's pages may share theirs
    fonts = Dictionary(resources.get("/Font", Dictionary()))
    fonts["/FHidden"] = pdf.make_indirect(font)
    resources["/Font"] = fonts
    page.Resources = resources
    return "/FHidden"


def scatter_digits(data: bytes, rng: Random, way: str) -> bytes:
    """Numbers that nobody sees, all over each page.

    ``way``: "invisible" (rendering mode 3), "white", "tiny" (a fifth of a point), "outside" (beyond the paper),
    "clipped" (outside the clip) or "clip only" (rendering mode 7).
    """
    pdf = open_pdf(data)
    for page in pdf.pages:
        font = name_font(pdf, page)
        x0, y0, x1, y1 = find_box(page)
        parts = []
        for _ in range(30):
            x, y = rng.uniform(x0 + 20, x1 - 60), rng.uniform(y0 + 20, y1 - 20)
            size = 0.2 if way == "tiny" else 10
            if way == "outside":
                x, y = rng.choice(((x0 - 90, y), (x1 + 30, y), (x, y0 - 40), (x, y1 + 25)))
            start = {
                "invisible": "3 Tr",
                "clip only": "7 Tr",
                "white": "1 1 1 rg",
                "clipped": "",
                "tiny": "0 g",
                "outside": "0 g",
            }[way]
            clip = f"{x0:g} {y0:g} 3 3 re W n " if way == "clipped" else ""
            number = rng.randint(1, 9999)
            parts.append(f"q {clip}BT {font} {size:g} Tf {start} 1 0 0 1 {x:.1f} {y:.1f} Tm ({number}) Tj 0 Tr ET Q")
        add_content(pdf, page, after="\n".join(parts))
        if way == "white":  # under everything, so that it hides nothing that is drawn
            contents = list(page.Contents)
            page.Contents = Array([contents[-1], *contents[:-1]])
            page.contents_coalesce()
            swap_closing(pdf, page)
    return save_pdf(pdf)


def swap_closing(pdf: Pdf, page: pikepdf.Page) -> None:
    """The hidden part stood last and began with the Q that closes the page's own content: put it back."""
    text = page.Contents.read_bytes().lstrip()
    if not text.startswith(b"Q"):
        raise ValueError("expected the closing operator first")
    page.Contents = Stream(pdf, text[1:] + b"\nQ\n")


def lay_over(data: bytes, other: bytes, *, dx: float = 0.0, dy: float = 0.0) -> bytes:
    """Page by page the text of ``other``, invisible (rendering mode 3), over ``data``: no line, no picture."""
    pdf, layer = open_pdf(data), open_pdf(other)
    paint = {"f", "F", "f*", "B", "B*", "b", "b*", "S", "s"}

    def change(instructions: list[Any], _: Any) -> list[Any]:
        kept = []
        for operands, operator in instructions:
            name = str(operator)
            if name in paint:
                kept.append(([], Operator("n")))
            elif name in ("sh", "Tr"):
                continue
            else:
                kept.append((operands, operator))
                if name == "BT":
                    kept.append(([3], Operator("Tr")))
        return kept

    change_streams(layer, change)
    for page, over in zip(pdf.pages, layer.pages, strict=False):
        form = pdf.copy_foreign(over.as_form_xobject())
        resources = Dictionary(page.get("/Resources") or Dictionary())
        objects = Dictionary(resources.get("/XObject", Dictionary()))
        objects["/Layer"] = form
        resources["/XObject"] = objects
        page.Resources = resources
        add_content(pdf, page, after=f"q 1 0 0 1 {dx:g} {dy:g} cm /Layer Do Q")
    return save_pdf(pdf)


# --- Forms and encryption ---------------------------------------------------------------------------------------
def wrap_in_forms(data: bytes, rng: Random) -> bytes:
    """Each page's content inside one, two or three nested forms, some of them scaled and moved."""
    pdf = open_pdf(data)
    for page in pdf.pages:
        for _ in range(rng.randint(1, 3)):
            x0, y0, x1, y1 = find_box(page)
            form = page.as_form_xobject()
            form.write(form.read_bytes())  # until then it is read from the page, which is about to change
            scale, dx, dy = rng.choice(((1, 0, 0), (1, 30, -20), (2, 0, 0), (0.5, 11, 7)))
            form.Matrix = Array([scale, 0, 0, scale, dx, dy])
            form.BBox = Array([x0, y0, x1, y1])
            page.Resources = Dictionary(XObject=Dictionary())
            page.Resources.XObject["/Fx0"] = pdf.make_indirect(form)
            back = f"{1 / scale:g} 0 0 {1 / scale:g} {-dx / scale:g} {-dy / scale:g} cm"
            page.Contents = Stream(pdf, f"q {back} /Fx0 Do Q".encode())
    return save_pdf(pdf)


def stamp_as_form(data: bytes, stamp: bytes, place: tuple[int, float, float]) -> bytes:
    """The first page of ``stamp`` as a form on a page: ``place`` is page number from 0, x and y in points."""
    pdf, source = open_pdf(data), open_pdf(stamp)
    number, x, y = place
    page = pdf.pages[number]
    form = pdf.copy_foreign(source.pages[0].as_form_xobject())
    resources = Dictionary(page.get("/Resources") or Dictionary())
    objects = Dictionary(resources.get("/XObject", Dictionary()))
    objects["/Stamp"] = form
    resources["/XObject"] = objects
    page.Resources = resources
    add_content(pdf, page, after=f"q 1 0 0 1 {x:g} {y:g} cm /Stamp Do Q")
    return save_pdf(pdf)


def encrypt(data: bytes, way: str) -> bytes:
    """Encrypted with an empty user password: "RC4-40", "RC4-128", "AES-128" or "AES-256"."""
    options: dict[str, dict[str, Any]] = {
        "RC4-40": {"R": 2, "aes": False, "metadata": True},
        "RC4-128": {"R": 3, "aes": False, "metadata": True},
        "AES-128": {"R": 4, "aes": True, "metadata": False},
        "AES-256": {"R": 6, "aes": True, "metadata": True},
    }
    settings = options[way]
    if way.startswith("RC4"):
        del settings["metadata"]
        settings["metadata"] = False
    encryption = pikepdf.Encryption(owner="owner", user="", **settings)
    return save_pdf(open_pdf(data), encryption=encryption)
