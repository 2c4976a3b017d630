"""A portal that is an application: every address gives the same empty page, and a script renders menu, way and list.

Articles and documents are plain pages of the server, as on portals that write their articles out as files. The menu's
links are real once they are rendered. The list goes on, by the seed, by a button that adds more entries, by numbers
with listeners, or by a button without a word.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.sites.builder import Link, paragraphs_html
from tests.sites.prose import load_groups
from tests.sites.site import Asked, Page, Site
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

WAYS = ("more", "numbers", "next")
NEWS = 1200
NEWS_PER_PAGE = 20
FORBIDDEN = "/console/"


def make_script_menu(seed: int) -> Site:
    """One portal; ``seed`` modulo three chooses how its lists go on."""
    v = Variant("script_menu", seed, reports=(30, 80), charset="utf-8")
    random = v.random
    v.article = lambda day: f"/article/{day.replace('-', '')}/{v.take_id()}.html"
    v.forbid(FORBIDDEN)
    v.add_html(FORBIDDEN, lambda: "<html><head><title>管理</title></head><body>登录</body></html>")
    key = random.randint(11, 240)
    api = f"/{random.choice(('prod-api', 'v2', 'gw'))}/{random.getrandbits(32):08x}/"
    shape = random.choice(("/{name}", "/web/{name}", "/page/{name}/"))
    address = {name: shape.format(name=name) for name in ("news", "open", "guide", "annual")}
    v.column, v.annual = (v.look.disclosure, address["open"]), (v.look.annual, address["annual"])
    v.menu = [HOME, ("新闻中心", address["news"]), v.column]
    crumbs: Crumbs = (HOME, v.column, v.annual)
    annual = v.mix(v.add_reports(v.plans, crumbs), v.add_decoys(crumbs))
    lists = {"annual": v.split(annual), "news": _add_news(v, address["news"])}
    lists["home"] = [lists["news"][0][:12]]
    menu = {
        "/": {"name": "首页", "list": "home", "go": [["新闻中心", address["news"]], list(v.column)]},
        address["news"]: {"name": "新闻中心", "list": "news", "go": [list(HOME)]},
        address["open"]: {
            "name": v.column[0],
            "list": "",
            "go": [["政府信息公开指南", address["guide"]], list(v.annual), ["系统管理", FORBIDDEN]],
        },
        address["guide"]: {"name": "政府信息公开指南", "list": "", "go": [list(v.column)]},
        address["annual"]: {"name": v.annual[0], "list": "annual", "go": [list(v.column)]},
    }
    v.add(f"{api}m", lambda: write_answer({"all": v.menu, "at": menu}, key))
    for name, parts in lists.items():
        for n, part in enumerate(parts, 1):
            v.add(f"{api}{name}/{n}", lambda part=part, parts=parts: write_answer(_pack(part, len(parts)), key))
    script = f"/assets/app.{random.getrandbits(32):08x}.js"
    media = add_media(v)
    code = write_application(v, api, key, media)
    v.add(script, lambda: Page(code.encode(), "application/javascript"))
    shell = write_shell(v, script)
    for path in menu:
        v.add(path, lambda: Page(shell.encode(), "text/html"))
    v.answer(lambda asked: _answer_route(asked, shape, shell))
    for path in ("/", address["open"], address["annual"], script, f"{api}m"):
        v.need(path)
    for n in range(1, len(lists["annual"]) + 1):
        v.need(f"{api}annual/{n}")
    return v.build()


def _answer_route(asked: Asked, shape: str, shell: str) -> Page | None:
    """The empty page for every other route: such servers have no page that is not found."""
    folder = shape.partition("{")[0]
    path = asked.path.partition("?")[0]
    is_route = path.startswith(folder) and "." not in path and path.count("/") <= shape.count("/")
    return Page(shell.encode(), "text/html") if asked.method != "POST" and is_route else None


def _add_news(v: Variant, folder: str) -> list[list[Link]]:
    groups, links = load_groups("news"), []
    crumbs: Crumbs = (HOME, ("新闻中心", folder))
    for n in range(NEWS):
        group = groups[v.random.randrange(len(groups))]
        day = f"{2025 - n // 96}-{12 - n // 8 % 12:02d}-{1 + n % 28:02d}"
        link = Link(group.name.format(area=v.place.name), v.article(day), day)
        v.news[link.path] = link.title
        v.add_article(link, f"{v.place.name}融媒体中心", crumbs, lambda group=group: paragraphs_html(group.paragraphs))
        links.append(link)
    return [links[at : at + NEWS_PER_PAGE] for at in range(0, NEWS, NEWS_PER_PAGE)]


def _pack(part: Sequence[Link], total: int) -> dict[str, object]:
    return {"t": total, "d": [[link.path, link.title, link.day] for link in part]}


def write_shell(v: Variant, script: str) -> str:
    """The page that every address gives: no word of a list, no link."""
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{v.place.name}人民政府门户网站</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="stylesheet" href="{CSS_PATH}">'
        f'</head><body><noscript>请启用浏览器的脚本功能。</noscript><div id="app"></div>'
        f'<script src="{script}"></script></body></html>'
    )


def write_application(v: Variant, api: str, key: int, media: str) -> str:
    """The script: menu and list of the address that the page was asked by."""
    read, ask, item, draw, more = choose_names(v.random, 5)
    way = WAYS[v.seed % len(WAYS)]
    tag = v.random.choice(("li", "div", "p"))
    entry = f"'<{tag}><a href=\"'+r[0]+'\" target=_blank>'+r[1]+'</a> <i>'+r[2]+'</i></{tag}>'"
    pagers = {
        "more": (
            "p.innerHTML=n<o.t?'<button class=\"more\">加载更多</button>':'';"
            f"var b=p.querySelector('button');if(b)b.addEventListener('click',function(){{{more}(s,n+1)}});"
        ),
        "numbers": (
            "p.innerHTML='';for(var i=1;i<=o.t;i++){var e=document.createElement('li');e.className='number';"
            f"e.textContent=i;e.dataset.n=i;e.addEventListener('click',function(){{{more}(s,+this.dataset.n)}});"
            "if(i===n)e.className+=' active';p.appendChild(e)}"
        ),
        "next": (
            "p.innerHTML='<button class=\"btn-prev\" aria-label=\"上一页\"'+(n>1?'':' disabled')+'></button><b>'+n+"
            "'</b><button class=\"btn-next\" aria-label=\"下一页\"'+(n<o.t?'':' disabled')+'></button>';"
            f"p.firstChild.addEventListener('click',function(){{{more}(s,n-1)}});"
            f"p.lastChild.addEventListener('click',function(){{{more}(s,n+1)}});"
        ),
    }
    put = "l.innerHTML+=h" if way == "more" else "l.innerHTML=h"
    return f"""(function(){{
{write_reader(read, key)}
function {ask}(u){{return fetch({read}({write_codes(api, key)})+u).then(function(a){{return a.text()}})
.then(function(t){{return JSON.parse({read}(t))}})}}
function {item}(r){{return {entry}}}
function {more}(s,n){{{ask}(s+'/'+n).then(function(o){{var h=o.d.map({item}).join(''),l=document.getElementById('list'),
p=document.getElementById('pager');{put};{pagers[way]}}})}}
function {draw}(m){{var h=m.at[location.pathname]||m.at['/'],a=document.getElementById('app'),
k=function(g){{return '<li><a href="'+g[1]+'">'+g[0]+'</a></li>'}};
document.title=h.name+'-'+{json.dumps(v.place.name, ensure_ascii=False)};
a.innerHTML={json.dumps(media, ensure_ascii=False)}+'<ul class="nav">'+m.all.map(k).join('')+'</ul>'+
'<div class="crumb">当前位置：<a href="/">首页</a> &gt; '+h.name+'</div><h2>'+h.name+'</h2>'+
'<ul class="side">'+h.go.map(k).join('')+'</ul><div id="list"></div><div id="pager"></div>';
if(h.list){more}(h.list,1)}}
{ask}('m').then({draw});
}})();
"""


FAMILIES = {"script_menu": make_script_menu}
