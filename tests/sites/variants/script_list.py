"""A portal whose list of annual reports exists only after its script ran; all else is plain HTML.

The channel's page has an empty box. A script in it puts an address together, asks for it, deciphers the answer and
writes the entries; further pages come by elements with ``onclick``, no link leads to them. By the seed: buttons for
previous and next, or numbers; the address counts pages plainly or by a code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sites.site import Site
from tests.sites.variants.base import HOME, Crumbs, Variant
from tests.sites.variants.script_parts import (
    CSS_PATH,
    add_media,
    choose_names,
    write_answer,
    write_codes,
    write_reader,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.sites.builder import Link

WAYS = ("buttons", "numbers")
BUTTONS = (
    (
        '<button type="button" onclick="{go}(-1)">上一页</button>',
        '<button type="button" onclick="{go}(1)">下一页</button>',
    ),
    ('<span class="prev" onclick="{go}(-1)">前页</span>', '<span class="next" onclick="{go}(1)">后页</span>'),
    (
        '<a href="javascript:void(0)" onclick="{go}(-1)">&lt; 上一页</a>',
        '<a href="javascript:void(0)" onclick="{go}(1)">下一页 &gt;</a>',
    ),
)
NUMBERS = (
    '<a href="javascript:;" onclick="{go}({n})">{n}</a>',
    '<li onclick="{go}({n})">{n}</li>',
    '<button onclick="{go}({n})">{n}</button>',
)


def make_script_list(seed: int) -> Site:
    """One portal; ``seed`` modulo two chooses the pager."""
    v = Variant("script_list", seed, reports=(30, 90), charset="utf-8")
    random = v.random
    shape = random.choice(("/c/{day}/{id}.shtml", "/content_{id}.html", "/zwgk/detail/{id}.html"))
    v.article = lambda day: shape.format(day=day, id=v.take_id())
    annual = random.choice(("/zwgk/xxgknb/index.html", "/open/annual/", "/gkxx/nb.html"))
    v.add_furniture(annual=annual)
    crumbs: Crumbs = (HOME, v.column, v.annual)
    links = v.mix(v.add_reports(v.plans, crumbs), v.add_decoys(crumbs))
    parts = v.split(links)
    key = random.randint(11, 240)
    folder = f"/{random.choice(('api', 'interface', 'gateway'))}/{random.getrandbits(40):010x}/"
    names = [f"{folder}{_code(seed, n)}" for n in range(1, len(parts) + 1)]
    for name, part in zip(names, parts, strict=True):
        v.add(name, lambda part=part: write_answer(_pack(part, len(parts)), key))
        v.need(name)
    media = add_media(v)
    style = f'<link rel="stylesheet" href="{CSS_PATH}">'
    box = f"box{random.randint(10, 99)}"
    script = write_script(v, folder, key, box, len(parts))
    v.add_page(annual, v.annual[0], crumbs, f"{v.render_side(annual)}\n{media}\n{script}", head=style)
    v.need(annual)
    return v.build()


def _pack(part: Sequence[Link], total: int) -> dict[str, object]:
    return {"t": total, "d": [[link.path, link.title, link.day] for link in part]}


def _code(seed: int, n: int) -> str:
    """How the address of page ``n`` is written: as a number, or by a code that the script works out."""
    return str(n) if seed % 4 < 2 else _to_base36((n * 7919 + seed) % 46_656)


def _to_base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    while number:
        number, rest = divmod(number, 36)
        text = digits[rest] + text
    return text or "0"


def write_script(v: Variant, folder: str, key: int, box: str, total: int) -> str:
    """The box, its pager, and the script that fills both."""
    random = v.random
    read, go, draw, state, build = choose_names(random, 5)
    by_number = WAYS[v.seed % len(WAYS)] == "numbers"
    if by_number:
        shape = random.choice(NUMBERS)
        pager = " ".join(shape.format(go=go, n=n) for n in range(1, total + 1))
    else:
        before, after = (text.format(go=go) for text in random.choice(BUTTONS))
        pager = f'{before} <em id="{box}n"></em> {after}'
    cut = random.randint(2, len(folder) - 2)
    step = f"{state}=d" if by_number else f"{state}+=d"
    back = "" if by_number else f"if({state}+d<1||{state}+d>{total})return;"
    number = f"{state}" if v.seed % 4 < 2 else f"(({state}*7919+{v.seed})%46656).toString(36)"
    item = random.choice(
        (
            "'<li><a href=\"'+r[0]+'\">'+r[1]+'</a><span>'+r[2]+'</span></li>'",
            "'<li><span>'+r[2]+'</span><a target=_blank title=\"'+r[1]+'\" href=\"'+r[0]+'\">'+r[1]+'</a></li>'",
        )
    )
    start = random.choice(
        (f"window.onload=function(){{{draw}()}};", f"{draw}();", f"setTimeout({draw},{random.randint(20, 120)});")
    )
    count = f"var e=document.getElementById('{box}n');if(e)e.textContent={state}+' / '+o.t;"
    return f"""<ul id="{box}"></ul>
<div class="{v.look.classes["pager"]}">{pager}</div>
<script>
{write_reader(read, key)}
var {state}=1;
function {build}(){{return {read}({write_codes(folder[:cut], key)})+{read}({write_codes(folder[cut:], key)})+{number}}}
function {draw}(){{fetch({build}()).then(function(a){{return a.text()}}).then(function(t){{
var o=JSON.parse({read}(t));document.getElementById('{box}').innerHTML=o.d.map(function(r){{return {item}}}).join('');
{count}}})}}
function {go}(d){{{back}{step};{draw}()}}
{start}
</script>"""


FAMILIES = {"script_list": make_script_list}
