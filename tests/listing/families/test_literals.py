"""Literals of scripts, read without running them."""

from __future__ import annotations

import pytest

from crawler.listing.literals import (
    Stringified,
    Value,
    fill,
    find_fields,
    find_scripts,
    find_variables,
    gap,
    is_known,
    read_scripts,
    read_value,
)


def read(text: str, **known: Value) -> Value:
    return read_value(text, 0, known)[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'a' + \"b\" + 1", "ab1"),
        ("`a${x}b${'c'}`", "a5bc"),
        (r"'\u9752\x41\n\/'", "青A\n/"),
        ("-3", -3),
        ("1 + 2", 3),
        ("1.5", 1.5),
        (
            "{a: 1, 'b-c': [x, {d: true}], e() { return 2 }, f: null, x}",
            {"a": 1, "b-c": [5, {"d": True}], "f": None, "x": 5},
        ),
        ("{...o, b: 2}", {"k": 1, "b": 2}),
        ("o.k", 1),
        ("this.o.k", 1),
        ("Object.assign({}, o, {z: 0})", {"k": 1, "z": 0}),
        ("encodeURIComponent(x)", 5),
        ("y || 'else'", "else"),
        ("x || 'else'", 5),
        ("(x)", 5),
        ("JSON.stringify({a: 1})", Stringified(a=1)),
        ("new URLSearchParams({a: 1})", {"a": 1}),
        ("' a '.trim()", " a "),
        ("y", gap("y")),
        ("'a' + y.z", "a" + gap("z")),
        ("f(1, 2)", gap("f")),
        ("x - 1", gap("")),
        ("y - 1", gap("y")),
        ("a ? 1 : 2", gap("a")),
        ("function () { return [1, '}'] }", gap("function")),
        ("(a, b) => { return 1 }", gap("function")),
        ("list[0]", gap("")),
        ("", gap("")),
    ],
)
def test_values(text: str, value: Value) -> None:
    assert read(text, x=5, o={"k": 1}) == value


def test_gaps_are_filled_by_name() -> None:
    assert fill("a" + gap("page") + "b" + gap("page"), {"page": "1"}.get) == "a1b1"
    assert fill("a" + gap("other"), {"page": "1"}.get) is None
    assert not is_known(gap("page"))
    assert is_known("page")


def test_scripts_and_fields_and_variables_of_a_page() -> None:
    page = """<script type="text/xml">var no = 1</script><script src="a.js"></script>
    <script>var a = 'x'; /* var b = 1 */ let c = a + '/y', d = 4 // var e = 5
    const u = "http://a/" ; a = 'later'; f == 2; o = {k: 1};</script>
    <script>new Vue({ data() { return { g: 7, h: z } } })</script><input id=i value="&lt;9"><select id="s"></select>"""
    scripts = find_scripts(page)
    assert len(scripts) == 2
    fields = find_fields(page)
    assert fields == {"i": "<9", "s": ""}
    known = find_variables(scripts, fields)
    assert read_scripts(page).known == known
    wanted = {"a": "x", "c": "x/y", "d": 4, "u": "http://a/", "o": {"k": 1}, "g": 7, "#i": "<9", "#s": ""}
    assert known == wanted
    assert read("$('#i').val()", **known) == "<9"
    assert read("document.getElementById('i').value", **known) == "<9"


@pytest.mark.no_cover
def test_hostile_scripts_end() -> None:
    for text in ("(" * 50_000, "{a:" * 50_000, "[" * 50_000, "'" + "\\" * 50_000, "`${" * 20_000, "a.b(" * 20_000):
        read(text)
    find_variables(("var a = (" * 30_000,), {})
