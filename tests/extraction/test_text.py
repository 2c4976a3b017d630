"""The shelf of text: characters, numbering, dates, titles, encodings, prose."""

from __future__ import annotations

import unicodedata

import pytest

from crawler.extraction.errors import UnreadableDocument
from crawler.extraction.text.clean import RADICALS, clean_characters, clean_text, display_width, label_key
from crawler.extraction.text.dates import find_date, find_marks, find_published
from crawler.extraction.text.encoding import decode
from crawler.extraction.text.numbering import Mark, chinese_number, read_mark
from crawler.extraction.text.prose import is_furniture, is_noise, join_lines, wrap_width
from crawler.extraction.text.titles import find_year, may_be_report, read_title

WITHOUT_TWIN = {0x2E80, 0x2E87, 0x2E91, 0x2EAA, 0x2EB4, 0x2EB5, 0x2ED5}


def test_every_radical_has_its_twin() -> None:
    blocks = [c for c in (*range(0x2E80, 0x2F00), *range(0x2F00, 0x2FE0)) if unicodedata.name(chr(c), "")]
    assert set(blocks) - set(RADICALS) == WITHOUT_TWIN
    for code, twin in RADICALS.items():
        assert len(twin) == 1, hex(code)
        assert ord(twin) not in RADICALS, hex(code)
        assert unicodedata.category(twin) == "Lo", hex(code)


def test_kangxi_radicals_are_their_compatibility_twins_simplified() -> None:
    simplified = dict(
        zip(
            "戶見貝車長門韋頁風飛馬魚鳥鹵麥黃黽齊齒龍龜鬥靑",
            "户见贝车长门韦页风飞马鱼鸟卤麦黄黾齐齿龙龟斗青",
            strict=True,
        )
    )
    for code in range(0x2F00, 0x2FD6):
        plain = unicodedata.normalize("NFKC", chr(code))
        assert RADICALS[code] == simplified.get(plain, plain), hex(code)


@pytest.mark.parametrize(
    ("printed", "twin"),
    [("⼾", "户"), ("⺠", "民"), ("⻰", "龙"), ("⻔", "门"), ("⻓", "长"), ("⻋", "车"), ("⻅", "见"), ("⻚", "页"),
     ("⻛", "风"), ("⻢", "马"), ("⻬", "齐"), ("⻥", "鱼"), ("⻩", "黄"), ("⼀", "一"), ("⽹", "网"), ("⻝", "食")],
)  # fmt: skip
def test_radicals_of_real_reports(printed: str, twin: str) -> None:
    assert clean_characters(printed) == twin


@pytest.mark.parametrize(
    ("printed", "cleaned"),
    [
        ("卧⻰区⼈⺠政府", "卧龙区人民政府"),
        ("２０２３年ＡＢｃ", "2023年ABc"),
        ("政府 信息\n公开", "政府信息公开"),
        ("共 3 件", "共 3 件"),
        ("a  b\nc", "a b c"),
        ("（一） 予以公开", "（一）予以公开"),
        ("信\u200b息\u00ad公\ufeff开", "信息公开"),
        ("\u3000\u3000正文\xa0 12", "正文 12"),
        ("\uf900中\ufa0e；：", "豈中\ufa0e；："),
        ("共\t3\r\n件 ，\u2003共 a", "共 3 件，共 a"),
        ("中 文 " * 40, "中文" * 40),
        ("", ""),
    ],
)
def test_clean_text(printed: str, cleaned: str) -> None:
    assert clean_text(printed) == cleaned


def test_labels_are_compared_without_blanks_and_marks() -> None:
    assert label_key("3.危及“三安全一稳定”") == label_key("３．危 及三安全一稳定")
    assert label_key("(一)予以公开") == label_key("（一） 予以公开")


def test_display_width() -> None:
    assert display_width("年报2023") == 8


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("一、总体情况", Mark(1, 1, "总体情况")),
        ("十二、附则", Mark(1, 12, "附则")),
        ("第三部分 收到", Mark(1, 3, "收到")),
        ("（三）不予公开", Mark(2, 3, "不予公开")),
        ("(七) 总计", Mark(2, 7, "总计")),
        ("2.重复申请", Mark(3, 2, "重复申请")),
        ("11、平台", Mark(3, 11, "平台")),
        ("（1）其他", Mark(4, 1, "其他")),
        ("2.5万元", None),
        ("2019年", None),
        ("一是加强领导", None),
    ],
)
def test_number_marks(text: str, mark: Mark | None) -> None:
    assert read_mark(text) == mark


def test_chinese_numbers() -> None:
    assert [chinese_number(t) for t in ("一", "十", "十五", "二十", "二十一", "九十九")] == [1, 10, 15, 20, 21, 99]
    for text in ("", "百", "一二"):
        with pytest.raises(ValueError, match="no Chinese numeral"):
            chinese_number(text)


def test_dates() -> None:
    assert find_date("2020-1-22 8:00") == "2020-01-22"
    assert find_date("2020年13月1日，2021年3月5日") == "2021-03-05"
    assert find_date("没有日期") is None
    assert find_published("来源：办公室　时间：2026-01-08") == (1, "2026-01-08")
    assert find_published("发布时间:2020-01-22来源: 分享:") == (0, "2020-01-22")
    assert find_published("更新时间：2024-05-01 发 布 时 间 ：2023-01-18") == (0, "2023-01-18")
    assert find_published("成文日期：2023年1月10日") == (2, "2023-01-10")
    for line in ("自2019年1月1日起", "当前时间：2026年11月1日", "统计时间：2022年1月1日至2022年12月31日"):
        assert find_published(line) is None


@pytest.mark.parametrize(
    ("printed", "kind", "year", "body"),
    [
        ("卧龙区人民政府2019年政府信息公开工作年度报告", "report", 2019, "卧龙区人民政府"),
        ("2019年卧龙区政府信息公开年报", "report", 2019, "卧龙区"),
        ("政府信息公开年报（2019年度）", "report", 2019, None),
        ("南阳市人民政府办公室关于2019年度政府信息公开工作的报告", "report", 2019, "南阳市人民政府办公室"),
        ("卧龙区人民政府信息公开年报2020", "report", 2020, "卧龙区人民政府"),
        ("二〇一八年西峡县政府信息公开工作年度报告", "report", 2018, "西峡县"),
        ("青松县审计局2021年政府信息公开工作年度报告", "report", 2021, "青松县审计局"),
        ("关于做好2023年政府信息公开工作年度报告编制工作的通知", "notice", 2023, "做好"),
        ("2021年政府信息公开年报解读", "interpretation", 2021, None),
        ("2021年法治政府建设年度报告", "other_report", 2021, None),
        ("2022年度报告", "bare", 2022, None),
        ("西峡县召开2021年政府信息公开年度报告编制培训会", "news", 2021, "西峡县召开"),
        ("××县人民政府20××年政府信息公开工作年度报告", "report", None, None),
        ("洛阳市涧西区2020年度政府网站工作年度报表", "other", 2020, None),
        ("通知公告", "other", None, None),
        ("【更正】云来县教育局2023年政府信息公开工作年度报告", "report", 2023, "云来县教育局"),
        ("云来县教育局2023年政府信息公开工作年度报告（重新发布）", "report", 2023, "云来县教育局"),
        ("云来县2023年政府信息公开工作年度报告发布", "news", 2023, "云来县"),
    ],
)
def test_titles(printed: str, kind: str, year: int | None, body: str | None) -> None:
    title = read_title(printed)
    assert (title.kind, title.year, title.body) == (kind, year, body)


def test_what_names_no_year() -> None:
    assert find_year("第12期") is None


@pytest.mark.parametrize("name", ["utf-8", "gb18030", "utf-16", "utf-8-sig", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("declared", [None, "utf-8", "gb2312", "iso-8859-1", "x-none"])
def test_the_bytes_outweigh_what_is_declared(name: str, declared: str | None) -> None:
    text = "<html><body>卧龙区人民政府2023年政府信息公开工作年度报告，镕㛃</body></html>"
    assert decode(text.encode(name), declared)[0] == text


def test_a_page_with_a_few_broken_bytes_is_still_read() -> None:
    data = ("政府信息公开工作" * 200).encode() + b"\xe5\xff"
    assert decode(data)[0].startswith("政府信息公开")


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(UnreadableDocument, match="no known encoding"):
        decode(bytes(range(128, 256)) * 40 + b"\x01\x02" * 400)


def test_noise_and_furniture() -> None:
    for line in (
        "- 3 -",
        "第 2 页 共 5 页",
        "http://www.a.gov.cn/x.html 1/5",
        "2020/3/10 打印",
        "上一页 1 2 下一页",
        "3/7",
    ):
        assert is_noise(line), line
    assert not is_noise("2020年3月10日，我局")
    assert is_furniture("相关阅读：")
    assert is_furniture("扫一扫在手机打开当前页")
    assert not is_furniture("其他需要报告的事项")


def test_broken_lines_become_paragraphs_again() -> None:
    lines = [
        "    二○一九年，我区认真落实公开条例，围绕群众关心的事项，主动公开各类信息，回应社",
        "会关切，全年发布信息六千条。",
        "    （一）加强领导。成立领导小组，明确分管负责人，制定工作方案，压实各单位公开责任，",
        "形成合力。",
    ]
    width = wrap_width(lines)
    assert width is not None
    joined = join_lines([(line, line) for line in lines], width)
    assert len(joined) == 2
    assert "回应社会关切" in joined[0]


def test_whole_paragraphs_are_left_alone() -> None:
    lines = ["一段完整的话，说完了就用句号结束，后面不再有别的内容，长度刚好超过四十列。", "另一段也是完整的话。"]
    assert wrap_width(lines) is None
    assert join_lines([(line, line) for line in lines], None) == lines
    assert wrap_width([]) is None


@pytest.mark.parametrize("line", ["发布时间：2020-01-22", "发文 日 期 [ 2 0 20年1月22日", "更新时间 2020/1/22 08:00"])
def test_a_date_of_publication_stands_at_a_mark(line: str) -> None:
    assert find_published(line)
    assert len(find_marks(f"首页 {line} 来源 {line}")) == 2


def test_marks_are_dates_behind_their_name_alone() -> None:
    text = "办公时间：9:00 日期 时间 2020 期间2020-01-02"
    assert find_marks(text) == [text.index("时间 2020")]


@pytest.mark.parametrize(
    ("text", "may_be"),
    [("2023年政府信息公开工作年度报告", True), ("政务公开年报", True), ("政府信息公开指南", False), ("年报", False)],
)
def test_a_quick_look_at_titles(text: str, may_be: bool) -> None:
    assert may_be_report(text) is may_be
    assert may_be or read_title(text).kind != "report"
