"""Lines of pages put together to paragraphs, without what is printed on every page."""

from __future__ import annotations

import pytest

from crawler.extraction.documents.model import Paragraph
from crawler.extraction.documents.pages.model import Glyph, Page
from tests.extraction.pages.build import HEIGHT, WIDTH, make_page, measure, read, set_table, texts_of, write

LEFT, RIGHT = 90.0, 510.0  # of the text: thirty-five characters of 12 points
STEP = 20.0  # from line to line
FULL = "这一段文字只为排版而写没有实际内容读者不必深究它的意思只看断行与缩进之处是不是对的就好了"[:35]
FIRST = FULL[:33]  # a first line, two characters shorter for its indent


def lines(*rows: tuple[str, float], top: float = 100.0, size: float = 12.0) -> list[Glyph]:
    """Lines of prose: text and indent."""
    return [g for n, (text, indent) in enumerate(rows) for g in write(text, LEFT + indent, top + STEP * n, size)]


def first(text: str = FIRST) -> tuple[str, float]:
    return text, 24.0


def body(text: str = FULL) -> tuple[str, float]:
    return text, 0.0


def paragraphs(*rows: tuple[str, float]) -> list[str]:
    return texts_of(read(make_page(lines(*rows))))


def centre(text: str, top: float, size: float) -> list[Glyph]:
    return write(text, (WIDTH - measure(text, size)) / 2, top, size)


def test_broken_lines_are_joined_and_an_indent_begins_anew() -> None:
    assert paragraphs(first(), body(), body("回应。"), first(), body("事项。")) == [
        FIRST + FULL + "回应。",
        FIRST + "事项。",
    ]


def test_an_indent_behind_a_full_line_begins_anew() -> None:
    assert paragraphs(first(), body(), first(), body("完。")) == [FIRST + FULL, FIRST + "完。"]


def test_a_short_line_ends_a_paragraph() -> None:
    """As in papers without indents."""
    assert paragraphs(body(), body("到此为止。"), body(), body("又止。")) == [FULL + "到此为止。", FULL + "又止。"]


def test_words_and_numbers_broken_by_a_line_keep_a_blank() -> None:
    broken = FULL[:31] + " Open"
    assert paragraphs(body(broken), body("Data" + FULL[:20]))[0] == broken[:31] + " Open Data" + FULL[:20]


def test_headings_stand_alone() -> None:
    rows = [first("一、总体情况"), first(), body(), body("完。"), first("（一）主动公开"), first(), body("完。")]
    assert paragraphs(*rows) == ["一、总体情况", FIRST + FULL + "完。", "（一）主动公开", FIRST + "完。"]


def test_a_heading_without_an_indent_begins_anew_behind_a_full_line() -> None:
    assert paragraphs(body(), body("一、总体情况"), body(), body("完。")) == [FULL, "一、总体情况", FULL + "完。"]


def test_a_number_at_the_head_of_a_line_may_be_in_a_sentence() -> None:
    """1. behind a full line that ends no sentence is part of it."""
    assert paragraphs(body(), body("1.2亿元的投资"), first()) == [FULL + "1.2亿元的投资", FIRST]
    ended = FULL[:34] + "："
    assert paragraphs(body(ended), body("1.主动公开"), first()) == [ended, "1.主动公开", FIRST]


def test_another_size_begins_anew() -> None:
    glyphs = write("关于政府信息公开", LEFT, 60, 18) + lines(first(), body("完。"))
    assert texts_of(read(make_page(glyphs))) == ["关于政府信息公开", FIRST + "完。"]


def test_a_wide_gap_begins_anew() -> None:
    glyphs = lines(body(), body(), body()) + lines(body(), body("完。"), top=100 + 3 * STEP + 20)
    assert texts_of(read(make_page(glyphs))) == [FULL * 3, FULL + "完。"]


def test_a_title_broken_in_a_bracket_is_one() -> None:
    glyphs = centre("卧龙区人民政府办公室（大数据", 60, 18) + centre("管理局）2023年度报告", 86, 18)
    assert texts_of(read(make_page(glyphs, lines(first(), body("完。")))))[0] == (
        "卧龙区人民政府办公室（大数据管理局）2023年度报告"
    )


def test_a_paragraph_goes_on_over_the_page() -> None:
    one = make_page(lines(first(), body(), top=700))
    two = make_page(lines(body(), body("完。"), first("又一段")), number=2)
    document = read(one, two)
    assert texts_of(document) == [FIRST + FULL + FULL + "完。", "又一段"]
    block = document.blocks[0]
    assert isinstance(block, Paragraph)
    assert (block.place.page, block.place.bbox) == (1, (90.0, 700.0, 510.0, 732.0))


def test_a_paragraph_that_ends_with_the_page_ends() -> None:
    one = make_page(lines(first(), body("到此为止。"), top=700))
    two = make_page(lines(first(), body("完。")), number=2)
    assert texts_of(read(one, two)) == [FIRST + "到此为止。", FIRST + "完。"]


def headed(number: int, *more: str, page_number: str = "- {} -", top: float = 800.0) -> Page:
    """A page with a running head, prose and its number."""
    glyphs = centre("卧龙区人民政府年度报告", 40, 9) + centre(page_number.format(number), top, 9)
    glyphs += [g for n, text in enumerate(more) for g in write(text, LEFT, 60 + 14 * n, 9)]
    return make_page(glyphs, lines(body(), body(), body(), top=150), number=number)


@pytest.mark.parametrize("page_number", ["- {} -", "— {} —", "{}", "第 {} 页", "第{}页 共9页", "{} / 9", "·{}·"])
def test_running_heads_and_page_numbers_are_gone(page_number: str) -> None:
    assert texts_of(read(headed(1, page_number=page_number), headed(2, page_number=page_number))) == [FULL * 6]


def test_a_running_head_may_move_a_little() -> None:
    one, two = headed(1), headed(2)
    moved = [g._replace(top=g.top + 2.5, bottom=g.bottom + 2.5) if g.top < 60 else g for g in two.glyphs]
    assert texts_of(read(one, make_page(moved, number=2))) == [FULL * 6]


def test_what_stands_in_the_margin_of_one_page_stays() -> None:
    """A title at the very top, a signature at the very bottom."""
    glyphs = write("卧龙区人民政府办公室", LEFT, 50) + write("2024年1月12日", LEFT, 790)
    assert texts_of(read(make_page(glyphs, lines(body(), body("完。"), top=200)))) == [
        "卧龙区人民政府办公室",
        FULL + "完。",
        "2024年1月12日",
    ]


def test_digits_alone_at_the_top_of_a_page_are_no_page_number_where_it_has_one() -> None:
    """They may be the rest of a number that the page before cut off."""
    one, two = headed(1), headed(2)
    for digits, texts in (("5", ["5", FULL * 3]), ("2", ["2", FULL * 3])):
        cut = make_page(two.glyphs, write(digits, 300, 62), number=2)
        assert texts_of(read(one, cut))[-2:] == texts
    alone = make_page(lines(body(), body("完。"), top=150), centre("1", 790, 9))
    assert texts_of(read(alone)) == [FULL + "完。"]


def test_numbers_between_lines_of_prose_stay() -> None:
    assert "12" in "".join(paragraphs(body(), body("12"), body(), body("完。")))


def test_the_foot_of_a_page_that_a_table_reaches() -> None:
    """Between a table and the edge of the page stands only the page number, however high the table ends."""
    table = set_table([["规章", "1"], ["文件", "2"]], (90, 200, 300), 100)
    page = make_page(table, centre("- 3 -", 200, 9))
    assert texts_of(read(page)) == []


def test_addresses_that_a_browser_prints_are_gone() -> None:
    glyphs = write("http://www.wolong.gov.cn/a.html", LEFT, 820, 8) + write("2024/1/12 14:03", LEFT, 20, 8)
    assert texts_of(read(make_page(glyphs, lines(body(), body("完。"))))) == [FULL + "完。"]


def test_the_oldest_date_of_publication_is_taken() -> None:
    document = read(make_page(lines(body("发布时间：2024-01-30"), first(), body("完。"))))
    assert document.published == "2024-01-30"
    assert read(make_page(lines(first(), body("完。")))).published is None


def test_an_empty_page_says_nothing() -> None:
    assert read(make_page()).blocks == ()
    assert read(make_page(write(" ", 50, 100), height=HEIGHT)).blocks == ()


def test_a_number_broken_by_a_line_is_one() -> None:
    """Text of ideographs may be broken anywhere, within a year too."""
    assert paragraphs(body(FULL[:31] + "20"), body("22年" + FULL[:20]))[0] == FULL[:31] + "2022年" + FULL[:20]
