"""A portal whose reports are documents behind pages, in every way that editors have found.

An attachment by its ending or by its type alone, with the title, a file's name or just 附件 for a link; a document in a
viewer, an ``embed``, an ``object`` or a frame; one that only a script names; a page that has the report and the same as
an attachment, or its prose and everything as an attachment; an archive that nobody here can open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.corpus.word import write_zip
from tests.sites.builder import Link
from tests.sites.reports import Block, render_blocks, render_report, tell_truth
from tests.sites.site import Page, Site, Unreadable
from tests.sites.variants.base import HOME, Crumbs, Plan, Variant
from tests.sites.variants.plain_papers import WRITERS, write_paper

if TYPE_CHECKING:
    from tests.sites.reports import Report

KINDS = ("pdf", "docx", "doc", "xls", "ofd", "zip")
WAYS = (
    *(f"attached-{kind}" for kind in KINDS),
    *(f"typeless-{kind}" for kind in ("pdf", "docx", "ofd")),
    *("viewer", "viewer-near", "embed", "object", "frame", "script-variable", "script-viewer", "script-link", "moved"),
    *("listed-pdf", "listed-docx", "both", "both", "prose-docx", "prose-pdf", "rar"),
)
"""Each stands on every portal of the family at least once; all other reports are pages."""
# Texts of links to an attachment; {name} is the title, {kind} the suffix.
NAMED = ("{name}.{kind}", "{name}", "附件：{name}.{kind}", "附件1：{name}")
UNNAMED = ("附件", "附件1", "附件下载", "点击下载", "查看附件")
LEADS = ("附件：", "相关附件 ", "<b>附件下载</b> ", "")
OCTETS = "application/octet-stream"
FORM_PATH = "/upload/form/sqb.docx"


@dataclass(frozen=True, slots=True)
class Stored:
    """A document on the portal: its address, and the link text that names it."""

    path: str
    kind: str
    name: str


def make_documents(seed: int) -> Site:
    """One portal with every way of `WAYS`."""
    v = Variant("documents", seed, reports=(40, 90))
    random = v.random
    number = random.choice(("/info/{id}.html", "/zwgk/content_{id}.shtml", "/art/{id}.htm", "/{year}/{id}.html"))
    v.article = lambda day: number.format(id=v.take_id(), year=day[:4])
    store = random.choice(("/upload/files/{id}.{suffix}", "/{year}/attachs/{id}.{suffix}", "/P0{id}.{suffix}"))
    v.attachment = lambda day, suffix: store.format(id=v.take_id(), year=day[:4], suffix=suffix)
    annual = random.choice(("/zwgk/xxgknb/", "/gkml/nb/index.html", "/xxgk/ndbg.html"))
    v.add_furniture(annual=annual)
    _add_form(v)
    crumbs: Crumbs = (HOME, v.column, v.annual)
    chosen = choose_ways(v)
    links = [add_report(v, plan, crumbs, chosen.get((plan.body.name, plan.year), "html")) for plan in v.plans]
    pages = v.split(v.mix(links, v.add_decoys(crumbs)))
    names = [annual, *(f"{annual}{'&' if '?' in annual else '?'}page={n}" for n in range(2, len(pages) + 1))]
    for n, (path, part) in enumerate(zip(names, pages, strict=True)):
        _add_list_page(v, path, crumbs, part, [(text, names[n + d]) for text, d in _near(v, n, len(names))])
    return v.build()


def choose_ways(v: Variant) -> dict[tuple[str, int], str]:
    """One of `WAYS` for some reports, by body and year; all others are pages."""
    plans = v.random.sample(v.plans, len(v.plans))
    # Reports from before the form have no tables, so a page with their prose lacks nothing.
    plans.sort(key=lambda plan: not plan.report.tables)
    ways = sorted(WAYS, key=lambda way: not way.startswith(("prose", "both")))
    return {(plan.body.name, plan.year): way for plan, way in zip(plans, ways, strict=False)}


def _near(v: Variant, n: int, count: int) -> list[tuple[str, int]]:
    """The words of the pager on page ``n`` (from 0), with the steps they take."""
    return [(text, d) for text, d in ((v.look.pager[1], -1), (v.look.pager[2], 1)) if 0 <= n + d < count]


def _add_list_page(v: Variant, path: str, crumbs: Crumbs, part: Sequence[Link], near: list[tuple[str, str]]) -> None:
    def body() -> str:
        pager = " ".join(f'<a href="{v.href(to, path)}">{text}</a>' for text, to in near)
        return (
            f'{v.render_side(path)}\n{v.render_items(part, path)}\n<div class="{v.look.classes["pager"]}">{pager}</div>'
        )

    v.add_page(path, crumbs[-1][0], crumbs, body)
    v.need(path)


# --- reports ----------------------------------------------------------------------------------------------------


def add_report(v: Variant, plan: Plan, crumbs: Crumbs, way: str) -> Link:
    """Adds a report in one of the ways of `WAYS`, or as a page for "html"; returns what the list shows of it."""
    plain = replace(plan, delivery="html")
    if way == "html":
        return v.add_report(plain, crumbs)
    landing = v.article(plan.published)
    link = Link(plan.title, landing, plan.published)
    name, _, kind = way.partition("-")
    if name == "rar":
        stored = _store(v, plan, "rar")
        v.add_article(link, plan.body.name, crumbs, _constant(_render_attachment(v, stored, landing, plan)))
        v.unreadable.append(Unreadable(plan.report.body, plan.year, stored.path, landing, plan.report.title, "rar"))
        v.need(landing)
        return link
    if name == "listed":
        stored = _store(v, plan, kind)
        _record(v, plan, stored.path, stored.path, kind)
        return replace(link, path=stored.path)
    if name == "attached":
        stored = _store(v, plan, kind)
        content = _constant(_render_attachment(v, stored, landing, plan))
    elif name == "typeless":
        stored = _store(v, plan, kind, typeless=True)
        content = _constant(_render_attachment(v, stored, landing, plan))
    elif name in {"both", "prose"}:
        stored = _store(v, plan, kind or v.random.choice(("pdf", "docx", "doc")))
        attachment = _render_attachment(v, stored, landing, plan, named=True)
        render = render_prose if name == "prose" else lambda report: render_report(report, plan.flavour)
        content = lambda: f"{render(plan.report)}\n{attachment}"  # noqa: E731
    else:
        stored = _store(v, plan, "pdf", typeless=way in {"embed", "object"} and v.random.random() < 0.4)
        content = _constant(_SHOWN[way](v, stored, landing))
    v.add_article(link, plan.body.name, crumbs, content)
    _record(v, plan, landing if name == "both" else stored.path, landing, "html" if name == "both" else stored.kind)
    v.need(stored.path)
    return link


def render_prose(report: Report) -> str:
    """The report without its tables, each told to stand in the attachment."""
    blocks = [Block("paragraph", "（本项统计表见附件）") if block.kind == "table" else block for block in report.blocks]
    return render_blocks(blocks, report.tables, report.generation, report.style, "plain")


def _store(v: Variant, plan: Plan, kind: str, *, typeless: bool = False) -> Stored:
    """Puts the document on the portal; without a type its address and its header leave open what it is."""
    media_type = WRITERS[kind][0]
    seed = f"{v.family}/{v.seed}/{plan.report.body}/{plan.year}"
    name = f"{plan.title}.{kind}"
    headers = {}
    path = v.attachment(plan.published, kind)
    if typeless:
        path = v.random.choice(("/download.jsp?id={id}", "/module/downfile.do?fileid={id}", "/file/down/{id}")).format(
            id=v.take_id()
        )
        media_type = OCTETS
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    v.add(path, lambda: Page(write_paper(kind, plan.report, Random(seed)).data, media_type, headers=headers))
    return Stored(path, kind, name)


def _record(v: Variant, plan: Plan, path: str, landing: str, kind: str) -> None:
    v.truth.append(tell_truth(plan.report, path, landing, "text/html" if kind == "html" else WRITERS[kind][0]))
    v.need(path)
    v.need(landing)


def _constant(text: str) -> Callable[[], str]:
    return lambda: text


def _add_form(v: Variant) -> None:
    """A form for applications, which many pages attach and which is no report."""
    text = "政府信息公开申请表 申请人姓名 联系电话 所需信息的内容描述"
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    document = f'<w:document xmlns:w="{space}"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>'
    kind = WRITERS["docx"][0]
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/word/document.xml" ContentType="{kind}.main+xml"/></Types>'
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    links = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{office}" Target="word/document.xml"/></Relationships>'
    )
    data = write_zip({"[Content_Types].xml": types, "_rels/.rels": links, "word/document.xml": document})
    v.add(FORM_PATH, lambda: Page(data, kind))
    v.decoys[FORM_PATH] = "政府信息公开申请表"


# --- how a page shows a document --------------------------------------------------------------------------------


def _render_attachment(v: Variant, stored: Stored, here: str, plan: Plan, *, named: bool = False) -> str:
    """A line with a link; ``named``: the link says what it leads to."""
    random = v.random
    shape = random.choice(NAMED if named or random.random() < 0.6 else UNNAMED)
    text = shape.format(name=plan.title, kind=stored.kind)
    lead = random.choice(LEADS) if not text.startswith("附件") else ""
    lines = [f'<p>{lead}<a href="{v.href(stored.path, here)}" target="_blank">{escape(text)}</a></p>']
    if random.random() < 0.25:
        lines.append(f'<p><a href="{v.href(FORM_PATH, here)}">政府信息公开申请表.docx</a></p>')
    return "\n".join(lines)


def _show_in_viewer(v: Variant, stored: Stored, here: str) -> str:
    address = _add_viewer(v)
    shown = quote(stored.path, safe="" if v.random.random() < 0.5 else "/")
    more = v.random.choice(("", "&page=1", "#page=1"))
    return f'<iframe src="{v.href(address, here)}?file={shown}{more}" width="100%" height="800"></iframe>'


def _show_near_viewer(v: Variant, stored: Stored, here: str) -> str:
    """The document's address as seen from the viewer, which lies two folders deep."""
    address = _add_viewer(v)
    up = "../" * (address.count("/") - 1)
    return f'<iframe src="{v.href(address, here)}?file={up}{stored.path[1:]}" width="100%" height="800"></iframe>'


def _add_viewer(v: Variant) -> str:
    path = ("/pdfjs/web/viewer.html", "/static/pdf/web/viewer.html")[v.seed % 2]
    if path not in v.pages:
        v.add_html(path, lambda: "<html><head><title>PDF.js viewer</title></head><body></body></html>")
    return path


def _show_embed(v: Variant, stored: Stored, here: str) -> str:
    return f'<embed src="{v.href(stored.path, here)}" type="application/pdf" width="100%" height="900">'


def _show_object(v: Variant, stored: Stored, here: str) -> str:
    return (
        f'<object data="{v.href(stored.path, here)}" type="application/pdf" width="100%" height="900">'
        "<p>您的浏览器不能显示此文件。</p></object>"
    )


def _show_frame(v: Variant, stored: Stored, here: str) -> str:
    return f'<iframe src="{v.href(stored.path, here)}" width="100%" height="900" frameborder="0"></iframe>'


def _show_by_variable(v: Variant, stored: Stored, here: str) -> str:
    name = v.random.choice(("pdfUrl", "url", "fileSrc"))
    return (
        f'<div id="pdf"></div>\n<script>var {name} = "{stored.path}";\n'
        f'if (window.PDFObject) PDFObject.embed({name}, "#pdf");</script>'
    )


def _show_by_script(v: Variant, stored: Stored, here: str) -> str:
    viewer = _add_viewer(v)
    return (
        '<iframe id="reader" width="100%" height="900"></iframe>\n<script>'
        f"document.getElementById('reader').src='{viewer}?file='+encodeURIComponent('{stored.path}');</script>"
    )


def _show_by_link(v: Variant, stored: Stored, here: str) -> str:
    shape = v.random.choice(
        (
            "<a href=\"javascript:openFile('{path}')\">{name}</a>",
            '<a href="#" onclick="openFile(\'{path}\');return false">{name}</a>',
            '<a href="javascript:;" class="preview" data-url="{path}">点击查看</a>',
        )
    )
    script = "<script>function openFile(u){window.open(u);}</script>"
    return f"<p>{shape.format(path=stored.path, name=escape(stored.name))}</p>\n{script}"


def _move(v: Variant, stored: Stored, here: str) -> str:
    """A page that goes on to its document by itself."""
    way = v.random.choice(("window.location.href", "location.href", "window.location"))
    return f"<p>正在打开文件……</p>\n<script>{way}='{stored.path}';</script>"


_SHOWN: dict[str, Callable[[Variant, Stored, str], str]] = {
    "viewer": _show_in_viewer,
    "viewer-near": _show_near_viewer,
    "embed": _show_embed,
    "object": _show_object,
    "frame": _show_frame,
    "script-variable": _show_by_variable,
    "script-viewer": _show_by_script,
    "script-link": _show_by_link,
    "moved": _move,
}

FAMILIES = {"documents": make_documents}
