"""The cases that are no report, and bytes that nobody can read."""

from __future__ import annotations

from html import escape
from random import Random

from tests.cases.make.book import failure
from tests.cases.make.draft import Block, Draft, make_draft
from tests.cases.make.pages import Look, encode_page, make_page, render_flow
from tests.cases.make.plain import by_lines, by_tabs, write_lines, write_text

LISTS = "the channel holds what is no report beside the reports"


def page(title: str, paragraphs: tuple[str, ...], seed: str, shell: str = "platform", extra: str = "") -> bytes:
    """A page of a portal that is something else: title, paragraphs, further markup."""
    draft = make_draft(seed, 2023)
    draft.title = title
    flow = render_flow([Block("paragraph", text) for text in paragraphs], Look()) + extra
    return encode_page(make_page(draft, flow, shell=shell), "utf-8")


def blank_form(year: str, body: str) -> Draft:
    """The form itself with nothing filled in."""
    draft = make_draft(f"blank {year} {body}", 2023)
    draft.title = f"{body}{year}年政府信息公开工作年度报告"
    for rows in draft.values.values():
        for columns in rows.values():
            for column in columns:
                columns[column] = None
    for section in draft.sections:
        section.after = []
        section.paragraphs = [] if section.table else [f"（简述本机关{year}年度×××工作情况，不超过×××字）"]
    return draft


NEWS = (
    (
        "我县召开政府信息公开工作推进会",
        (
            "3月18日上午，全县政府信息公开工作推进会在县政务服务中心召开，各乡镇和县直部门联络员共86人参加。",
            "会议通报了2022年政府信息公开工作年度报告的发布情况，38家单位按时发布，2家单位逾期。",
            "会议要求，总体情况要写实，主动公开情况要有数据支撑，存在的主要问题不能照抄上年。",
        ),
    ),
    (
        "望川区2023年政府信息公开工作年度报告全部发布",
        (
            "截至1月31日，望川区42个部门和街道的2023年政府信息公开工作年度报告已全部上网发布，群众可以在门户网站年报专栏查看。",
            "据了解，全区各单位去年共受理公开申请317件，同比增长一成。",
        ),
    ),
)
LAW = (
    (
        "青松县2022年法治政府建设年度报告",
        (
            "一、2022年法治政府建设的主要举措和成效",
            "严格落实重大行政决策程序，全年审查合同、协议112件，出具法律意见书74份，政府信息公开渠道进一步畅通。",
            "二、存在的不足和原因",
            "基层执法力量不足，个别案卷制作不规范。",
            "三、党政主要负责人履行推进法治建设第一责任人职责情况",
            "主要负责同志定期听取汇报，把法治建设纳入年度考核。",
            "四、2023年主要安排",
            "继续推进行政复议体制改革，加强行政诉讼应诉工作。",
        ),
    ),
    (
        "松河市民政局2023年度法治政府建设工作年度报告",
        (
            "一、总体情况",
            "全年办理行政许可61件、行政处罚4件，行政执法案卷评查合格率达到百分之百。",
            "二、主要做法",
            "完善集体讨论制度，聘请法律顾问，邀请群众代表评议。",
            "三、存在的主要问题及改进情况",
            "专业法治人才偏少，下一步将加大培训力度。",
        ),
    ),
)
NOTICES = (
    (
        "关于做好2023年政府信息公开工作年度报告编制发布工作的通知",
        (
            "各乡镇人民政府、街道办事处，县直各单位：",
            "为做好年度报告编制工作，现就有关事项通知如下。",
            "一、编制主体。县直各单位和各乡镇、街道均应编制本机关年度报告。",
            "二、内容要求。报告应当包括总体情况、主动公开政府信息情况、收到和处理政府信息公开申请情况、"
            "政府信息公开行政复议、行政诉讼情况、存在的主要问题及改进情况、其他需要报告的事项六个部分。",
            "三、时限要求。2024年1月31日前在门户网站发布，并报县政务公开办备案。",
        ),
    ),
    (
        "关于政府信息公开工作年度报告有关格式的通知",
        (
            "各区、县人民政府办公室，市直各单位：",
            "根据条例规定，现将修订后的年度报告格式印发给你们，从2021年度报告起使用。",
            "填报时应当注意：同一申请涉及多种情形的，只按一种计；表格中没有发生的事项填写“0”。",
            "附件：政府信息公开工作年度报告格式",
        ),
    ),
)
READINGS = (
    (
        "一图读懂《白石县2023年政府信息公开工作年度报告》",
        (
            "2023年，白石县信息公开工作有哪些亮点？一起来看！",
            "亮点一：主动公开信息4386条；亮点二：办结申请75件，按时办结率百分之百；亮点三：开展培训6期。",
            "（图片来源：县政务公开办）",
        ),
    ),
    (
        "《云岭县2022年政府信息公开工作年度报告》解读",
        (
            "一、编制背景。按照条例规定，行政机关应当每年公布上一年度的工作报告。",
            "二、主要内容。报告全文分为总体情况、主动公开政府信息情况等六个部分，全面展示一年来的工作成果。",
            "三、数据说明。2022年共收到申请51件，较上年减少9件。",
        ),
    ),
)


@failure("html-news", "not_a_report", 2, "news that speaks of annual reports in their own words", LISTS)
def _(n: int) -> bytes:
    return page(*NEWS[n], f"news {n}")


@failure("html-law-report", "not_a_report", 2, "another kind of 年度报告: 法治政府建设, with headings alike", LISTS)
def _(n: int) -> bytes:
    return page(*LAW[n], f"law {n}", ("platform", "article")[n])


@failure(
    "html-notice",
    "not_a_report",
    2,
    "the notice on the reports or on their form; the second has the blank form below",
    LISTS,
)
def _(n: int) -> bytes:
    extra = ""
    if n:
        extra = render_flow(blank_form("××××", "（单位名称）").blocks(), Look(), title=True)
    return page(*NOTICES[n], f"notice {n}", extra=extra)


@failure("html-reading", "not_a_report", 2, "an interpretation of a report (图解, 解读)", LISTS)
def _(n: int) -> bytes:
    extra = '<p align="center"><img src="/tu/1.jpg"></p>' if n == 0 else ""
    return page(*READINGS[n], f"reading {n}", extra=extra)


@failure("html-template", "not_a_report", 2, "the empty form: no body, no year, ×× in the prose and blank cells", LISTS)
def _(n: int) -> bytes:
    draft = blank_form(("××××", "20__")[n], ("××县人民政府", "__________（单位）")[n])
    return encode_page(make_page(draft, render_flow(draft.blocks(), Look())), "utf-8")


@failure(
    "html-list",
    "not_a_report",
    2,
    "a list of annual reports: their titles, dates and a pager",
    "the channel 政府信息公开年报",
)
def _(n: int) -> bytes:
    rng = Random(f"list {n}")
    bodies = ["青松县人民政府", "青松县水利局", "青松县教育局", "石门岭镇人民政府", "青松县财政局", "青松县审计局"]
    titles = [f"{body}{year}年政府信息公开工作年度报告" for year in (2023, 2022, 2019) for body in bodies]
    if n == 0:
        items = "".join(
            f'<li><a href="/2024/01-{rng.randint(10, 28)}/{rng.randint(9000, 99999)}.html">{t}</a>'
            "<span>2024-01-22</span></li>"
            for t in titles
        )
        flow = f"<ul>{items}</ul><div>首页 上一页 <a>1</a> <a>2</a> 下一页 尾页 共 2 页</div>"
    else:
        rows = "".join(
            f'<tr><td>{i}</td><td><a href="/{i}.html">{escape(t)}</a></td><td>2023-01-1{i % 10}</td></tr>'
            for i, t in enumerate(titles, 1)
        )
        flow = f"<table><tr><td>序号</td><td>标题</td><td>发布日期</td></tr>{rows}</table>"
    draft = make_draft(f"list {n}", 2023)
    draft.title = ("政府信息公开年报", "青松县政府信息公开工作年度报告")[n]
    draft.published = None
    return encode_page(make_page(draft, flow, shell=("platform", "layout")[n]), "utf-8")


@failure("html-announcement", "not_a_report", 2, "an announcement that the report is out, with a link to it", LISTS)
def _(n: int) -> bytes:
    year = (2022, 2023)[n]
    return page(
        (f"关于发布{year}年政府信息公开工作年度报告的公告", f"赤岩县{year}年政府信息公开年报发布公告")[n],
        (f"《赤岩县人民政府{year}年政府信息公开工作年度报告》已经审定，现予公布，请点击附件下载，欢迎监督。",),
        f"announcement {n}",
        extra=f'<p>附件：<a href="/files/{year}.pdf">下载</a></p>',
    )


@failure(
    "html-not-text",
    "unreadable",
    2,
    "declares an unknown character set over bytes that are no text",
    "broken uploads",
    reason="",
)
def _(n: int) -> bytes:
    rng = Random(f"not text {n}")
    head = b"<html><head><meta charset='x-none-0'></head><body>" if n == 0 else b"<html>\x00\x01\x02"
    return head + bytes(rng.randrange(256) for _ in range(6000))


@failure(
    "html-empty",
    ["unreadable", "not_a_report"],
    2,
    "no byte at all; a page without a word",
    "servers that answer 200 with nothing",
)
def _(n: int) -> bytes:
    return (b"", b"<html><head><title></title></head><body>\n&nbsp;\n<script>load('nb')</script></body></html>")[n]


@failure(
    "txt-empty",
    ["unreadable", "not_a_report"],
    2,
    "no byte at all; nothing but blanks and line ends",
    "failed conversions",
)
def _(n: int) -> bytes:
    return (b"", b"\xef\xbb\xbf\r\n \t\r\n\xe3\x80\x80\r\n\x0c")[n]


@failure(
    "txt-not-text",
    ["unreadable", "not_a_report"],
    2,
    "a picture's and an archive's bytes under the name of a text",
    "wrong endings of attachments",
)
def _(n: int) -> bytes:
    rng = Random(f"bytes {n}")
    head = (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"\x1f\x8b\x08\x00\x00\x00\x00\x00")[n]
    return head + bytes(rng.randrange(256) for _ in range(4000))


@failure("txt-news", "not_a_report", 2, "news and an interpretation as text", LISTS)
def _(n: int) -> bytes:
    title, paragraphs = (NEWS[0], READINGS[1])[n]
    return write_text([title, "", *paragraphs])


@failure("txt-law-report", "not_a_report", 2, "法治政府建设年度报告 as text, with headings alike", LISTS)
def _(n: int) -> bytes:
    title, paragraphs = LAW[n]
    return write_text([title, "发布时间:2023-03-30来源:", "", *paragraphs])


@failure("txt-template", "not_a_report", 2, "the empty form as text; the notice with the form below it", LISTS)
def _(n: int) -> bytes:
    draft = blank_form("××××", ("××市××局", "（单位名称）")[n])
    lines = write_lines(draft.blocks(), (by_tabs(), by_lines())[n], loose=True)
    title, paragraphs = NOTICES[1]
    return write_text(lines if n == 0 else [title, *paragraphs, *lines])
