"""Pagers in HTML: words, numbers, and what stands around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.sites.variants.look import Look

NOWHERE = "javascript:void(0)"


def anchor(look: Look, label: str, href: str) -> str:
    """A link of the pager; ``href`` is written as it is."""
    return f"<a href={look.quote}{href}{look.quote}>{label}</a>"


def render_words(look: Look, names: Sequence[str], at: int) -> str:
    """首页 上一页 下一页 尾页 in the look's words, without numbers; ``names`` are addresses as written."""
    last = len(names) - 1

    def step(label: str, to: int) -> str:
        if 0 <= to <= last and to != at:
            return anchor(look, label, names[to])
        return f"<span>{label}</span>" if look.cut else anchor(look, label, NOWHERE)

    words = look.pager
    inside = " ".join((step(words[0], 0), step(words[1], at - 1), step(words[2], at + 1), step(words[3], last)))
    return f'<div class="{look.classes["pager"]}">{inside} 第{at + 1}页/共{last + 1}页</div>'


def render_numbers(look: Look, names: Sequence[str], at: int, window: int = 2) -> str:
    """Numbers around the page shown, the last one, and the word for the next."""
    last = len(names) - 1
    shown = sorted({0, last, *range(max(0, at - window), min(last, at + window) + 1)})
    parts = [f"<span>{n + 1}</span>" if n == at else anchor(look, str(n + 1), names[n]) for n in shown]
    if at < last:
        parts.append(anchor(look, look.pager[2], names[at + 1]))
    return f'<div class="{look.classes["pager"]}">{" ".join(parts)} 共{last + 1}页</div>'
