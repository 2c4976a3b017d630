"""Text as ordinary ideographs: radicals, widths, and the blanks that only the layout put there.

PDF text often comes in radicals: the font maps a glyph to U+2F00 where the text says U+4E00. NFKC is no cure: it
gives traditional forms for some (U+2F3E becomes 戶, not 户) and says nothing about the CJK Radicals Supplement. So
there is one table of our own, after the Unicode character names and UAX #38's radical index, simplified throughout.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Pairs of radical and twin, code point by code point. Left out: U+2E80, 2E87, 2E91, 2EAA, 2EB4, 2EB5 and 2ED5, which
# are parts of characters without an ordinary character of their own.
_TWINS = (
    "⺁厂⺂乛⺃乚⺄乙⺅亻⺆冂⺈刀⺉刂⺊卜⺋㔾⺌小⺍小⺎兀⺏尣⺐尢⺒巳"
    "⺓幺⺔彑⺕彐⺖忄⺗㣺⺘扌⺙攵⺛旡⺜日⺝月⺞歺⺟母⺠民⺡氵⺢氺⺣灬"
    "⺤爫⺥爫⺦丬⺧牛⺨犭⺩王⺫目⺬示⺭礻⺮竹⺯纟⺰纟⺱罓⺲罒⺳㓁⺶羊"
    "⺷羊⺸羊⺹耂⺺肀⺻聿⺼肉⺽臼⺾艹⺿艹⻀艹⻁虎⻂衤⻃覀⻄西⻅见⻆角"
    "⻇角⻈讠⻉贝⻊足⻋车⻌辶⻍辶⻎辶⻏邑⻐钅⻑长⻒长⻓长⻔门⻖阝⻗雨"
    "⻘青⻙韦⻚页⻛风⻜飞⻝食⻞食⻟饣⻠饣⻡首⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤"
    "⻨麦⻩黄⻪黾⻫齐⻬齐⻭齿⻮齿⻯龙⻰龙⻱龟⻲龟⻳龟⼀一⼁丨⼂丶⼃丿"
    "⼄乙⼅亅⼆二⼇亠⼈人⼉儿⼊入⼋八⼌冂⼍冖⼎冫⼏几⼐凵⼑刀⼒力⼓勹"
    "⼔匕⼕匚⼖匸⼗十⼘卜⼙卩⼚厂⼛厶⼜又⼝口⼞囗⼟土⼠士⼡夂⼢夊⼣夕"
    "⼤大⼥女⼦子⼧宀⼨寸⼩小⼪尢⼫尸⼬屮⼭山⼮巛⼯工⼰己⼱巾⼲干⼳幺"
    "⼴广⼵廴⼶廾⼷弋⼸弓⼹彐⼺彡⼻彳⼼心⼽戈⼾户⼿手⽀支⽁攴⽂文⽃斗"
    "⽄斤⽅方⽆无⽇日⽈曰⽉月⽊木⽋欠⽌止⽍歹⽎殳⽏毋⽐比⽑毛⽒氏⽓气"
    "⽔水⽕火⽖爪⽗父⽘爻⽙爿⽚片⽛牙⽜牛⽝犬⽞玄⽟玉⽠瓜⽡瓦⽢甘⽣生"
    "⽤用⽥田⽦疋⽧疒⽨癶⽩白⽪皮⽫皿⽬目⽭矛⽮矢⽯石⽰示⽱禸⽲禾⽳穴"
    "⽴立⽵竹⽶米⽷糸⽸缶⽹网⽺羊⽻羽⽼老⽽而⽾耒⽿耳⾀聿⾁肉⾂臣⾃自"
    "⾄至⾅臼⾆舌⾇舛⾈舟⾉艮⾊色⾋艸⾌虍⾍虫⾎血⾏行⾐衣⾑襾⾒见⾓角"
    "⾔言⾕谷⾖豆⾗豕⾘豸⾙贝⾚赤⾛走⾜足⾝身⾞车⾟辛⾠辰⾡辵⾢邑⾣酉"
    "⾤釆⾥里⾦金⾧长⾨门⾩阜⾪隶⾫隹⾬雨⾭青⾮非⾯面⾰革⾱韦⾲韭⾳音"
    "⾴页⾵风⾶飞⾷食⾸首⾹香⾺马⾻骨⾼高⾽髟⾾斗⾿鬯⿀鬲⿁鬼⿂鱼⿃鸟"
    "⿄卤⿅鹿⿆麦⿇麻⿈黄⿉黍⿊黑⿋黹⿌黾⿍鼎⿎鼓⿏鼠⿐鼻⿑齐⿒齿⿓龙"
    "⿔龟⿕龠"
)

# Full-width forms of digits, Latin letters and the marks that belong to numbers. Chinese punctuation stays.
_WIDTHS = {0xFF10 + n: 0x30 + n for n in range(10)}
_WIDTHS |= {0xFF21 + n: 0x41 + n for n in range(26)}
_WIDTHS |= {0xFF41 + n: 0x61 + n for n in range(26)}
_WIDTHS |= {0xFF0E: 0x2E, 0xFF05: 0x25, 0xFF0B: 0x2B, 0xFF0D: 0x2D, 0xFF0F: 0x2F}
# Marks without width: soft hyphen, zero-width blanks and joiners, word joiner, byte order mark, direction marks.
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF]
)
_BLANKS = " \t\n\x0b\x0c\r\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
RADICALS: dict[int, str] = {ord(_TWINS[i]): _TWINS[i + 1] for i in range(0, len(_TWINS), 2)}
"""Code point of a radical → its ordinary simplified twin."""

_CHARACTERS: dict[int, str | int | None] = {**RADICALS, **_WIDTHS, **_INVISIBLE}
_FOREIGN = re.compile(
    "[⺀-⿟０-９Ａ-Ｚａ-ｚ．％＋－／\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\uf900-\ufaff]"
)
_COMPATIBLE = re.compile("[\uf900-\ufaff]")
HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff〇々"
# Ideographs and the punctuation set with them: between two of these a blank never carries meaning.
_CHINESE = f"{HAN}\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65“”‘’—…·"
# The blank first: the search then runs from blank to blank.
_LAYOUT_BLANK = re.compile(f" (?<=[{_CHINESE}] )(?=[{_CHINESE}])")
_UNUSUAL_BLANK = re.compile(f"[{_BLANKS.replace(' ', '', 1)}]")
_RUN_OF_BLANKS = re.compile(f"[{_BLANKS}]+")
_MARKS = str.maketrans("()[]【】〔〕:;,?!<>｛｝{}\"'", "（）（）（）（）：；，？！《》（）（）”’")
_IN_MARKS = re.compile("[][()【】〔〕:;,?!<>｛｝{}\"']")
_SHORT = 64  # characters
_NOT_IN_KEY = re.compile("[\\s“”‘’”’\"'「」『』、，。；：.．·…_＿*＊—-]+")


def clean_characters(text: str) -> str:
    """Character for character: radicals and compatibility ideographs to ordinary ones, widths, no invisible marks."""
    if text.isascii() or not _FOREIGN.search(text):
        return text
    text = text.translate(_CHARACTERS)
    return _COMPATIBLE.sub(lambda found: unicodedata.normalize("NFKC", found.group()), text)


def clean_text(text: str) -> str:
    """One paragraph, cleaned: characters as in `clean_characters`, every run of blanks and line breaks one blank, and
    none at all between Chinese characters.

    >>> clean_text("卧⻰区⼈⺠政府 ２０２３ 年")
    '卧龙区人民政府 2023 年'
    >>> clean_text("宛政办明\\n电")
    '宛政办明电'
    """
    return _clean_short(text) if len(text) <= _SHORT else _clean(text)


def _clean(text: str) -> str:
    text = clean_characters(text).strip()
    if _UNUSUAL_BLANK.search(text) or "  " in text:
        text = _RUN_OF_BLANKS.sub(" ", text)
    return _LAYOUT_BLANK.sub("", text) if " " in text else text


# The cells and headings of all reports are much the same, and each is met several times.
_clean_short = lru_cache(maxsize=8192)(_clean)


def label_key(text: str) -> str:
    """The form in which labels are compared: cleaned, without blanks, quotes and light punctuation, brackets alike.

    >>> label_key("3.危及“三安全一稳定”") == label_key("３．危及 三安全一稳定")
    True
    """
    return _key_of_short(text) if len(text) <= _SHORT else _key(text)


def _key(text: str) -> str:
    text = _NOT_IN_KEY.sub("", clean_characters(text))
    if _IN_MARKS.search(text):
        text = text.translate(_MARKS)
    return text.replace("其它", "其他")


_key_of_short = lru_cache(maxsize=8192)(_key)


def display_width(text: str) -> int:
    """Columns that the text takes in a fixed-width layout: two for an East Asian wide character, one for others."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
