"""What the scripts of a page say, read without running them: literals, variables, and the arguments of calls.

A value that only a run would give (a function's argument, a clock) is a *gap*: a string that holds the name of what is
missing between two marks. Who asks fills it or lets it be.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from types import MappingProxyType

MAX_SCRIPTS = 2_000_000  # characters of all scripts of a page; what is more is a library
MAX_SPAN = 30_000  # of one value: the options of a list have some hundred
MAX_DEPTH = 30
MAX_VARIABLES = 500
MAX_FUNCTIONS = 40  # of a script
MAX_ARGUMENTS = 500  # characters of the arguments of a call
MAX_READ = 200_000  # characters read one by one on one page, for its variables and for its calls

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]


class Stringified(dict[str, Value]):
    """What a script hands to ``JSON.stringify``: it goes over the wire as JSON and not as a form."""


@dataclass(frozen=True, slots=True)
class Scripts:
    """The scripts of a page, and the variables and fields (``#id``) that they know."""

    texts: tuple[str, ...]
    known: Mapping[str, Value]


GAP = re.compile("\x00([^\x00]*)\x00")

_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)(?:</script\s*>|$)", re.I | re.S)
_FOREIGN = re.compile(r"""\btype\s*=\s*["']?\s*(?:text/(?:xml|html|template|x-)|application/(?:xml|json|ld))""", re.I)
_COMMENT = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|/\*.*?(?:\*/|$)|(?<![:\\])//[^\n]*|<!--[^\n]*""",
    re.S,
)
_INPUT = re.compile(r"<(?:input|select|textarea)\b[^>]*>", re.I)
_ATTRIBUTE = re.compile(r"""\b(id|value)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.I)
_VARIABLE = re.compile(r"(?:\b(?:var|let|const)\s|(?<=[,;{}\n])|^)\s*([A-Za-z_$][\w$]*)\s*=(?![=>])")
_DATA = re.compile(
    r"\bdata\s*(?:\(\s*\)|:\s*function\s*\(\s*\)|:\s*\(\s*\)\s*=>)\s*\{\s*return\s*(?=\{)|\bdata\s*:\s*(?=\{)"
)
_NAME = re.compile(r"[A-Za-z_$][\w$]*(?:\s*\??\.\s*[A-Za-z_$][\w$]*)*")
_TAIL = re.compile(r"\s*\??\.\s*([A-Za-z_$][\w$]*)")
_KEY = re.compile(r"[\w$]+")
_NUMBER = re.compile(r"-?(?:0x[\da-f]{1,8}\b|\d{1,15}(?:\.\d{1,15})?)", re.I)
_BLANK = re.compile(r"\s+")
_THIS = re.compile(r"^(?:this|_this|that|self|_self|vm|me|window)\.")
_PASSED_ON = re.compile(
    r"(?:encodeURIComponent|encodeURI|escape|String|parseInt|parseFloat|Number|(?:\$|jQuery)\.(?:trim|param)"
    r"|qs\.stringify|URLSearchParams)$",
    re.I,
)
_ELEMENT = re.compile(r"(?:\$|jQuery|document\.(?:getElementById|querySelector))$")
_DEFINED = re.compile(r"\bfunction\s+$")
_FUNCTION = re.compile(
    r"\bfunction\s+([A-Za-z_$][\w$]*)\s*\(([^()]{1,200})\)\s*\{"
    r"|([A-Za-z_$][\w$]*)\s*[:=]\s*(?:async\s+)?"
    r"(?:function\s*[\w$]*\s*\(([^()]{1,200})\)\s*\{|\(?([\w$\s,=]{1,200})\)?\s*=>\s*(\{?))"
)
_HARMLESS = frozenset({"val", "value", "trim", "toString", "toFixed"})
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "", "f": "", "v": "", "0": "", "\n": ""}
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def gap(name: str) -> str:
    """A value that is not known, by the name that a script gives it."""
    return f"\x00{name}\x00"


def is_known(value: Value) -> bool:
    """Whether a value has no gap in its text; those within objects are not looked for."""
    return not (isinstance(value, str) and "\x00" in value)


def fill(text: str, give: Callable[[str], str | None]) -> str | None:
    """A text with its gaps filled by name; None where one stays."""
    parts = []
    at = 0
    for found in GAP.finditer(text):
        given = give(found.group(1))
        if given is None:
            return None
        parts += [text[at : found.start()], given]
        at = found.end()
    return "".join([*parts, text[at:]])


@lru_cache(maxsize=2)
def lower_scripts(page: str) -> str:
    """What stands in a page's scripts, in small letters: a look for a word that stops short of reading them."""
    if "<script" not in lower(page):
        return ""
    return "\n".join(script.group(2) for script in _SCRIPT.finditer(page)).lower()


@lru_cache(maxsize=2)
def lower(page: str) -> str:
    """A page with its Latin letters small: to look for a word in it costs next to nothing. By way of bytes, for
    `str.lower` asks Unicode for every Chinese character."""
    return page.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


@lru_cache(maxsize=4)  # a page is looked at by several families, one after the other
def read_scripts(page: str) -> Scripts:
    """The scripts of a page and what they know."""
    texts = find_scripts(page)
    return Scripts(texts, MappingProxyType(find_variables(texts, find_fields(page))))


def find_scripts(page: str) -> tuple[str, ...]:
    """The scripts that stand in a page, without comments. Data in them (``type="text/xml"``) is none."""
    found, left = [], MAX_SCRIPTS
    for script in _SCRIPT.finditer(page):
        text = script.group(2)
        if not text.strip() or _FOREIGN.search(script.group(1)):
            continue
        left -= len(text)
        if left < 0:
            break
        found.append(_COMMENT.sub(lambda part: part.group(1) or " ", text.replace("\x00", "")))
    return tuple(found)


def find_fields(page: str) -> dict[str, str]:
    """The values of a page's fields by their ``id``, which scripts fetch by ``$("#id").val()``."""
    fields: dict[str, str] = {}
    for tag in _INPUT.finditer(page):
        said = {one[0].lower(): html.unescape(one[1] or one[2] or one[3]) for one in _ATTRIBUTE.findall(tag.group())}
        if said.get("id"):
            fields.setdefault(said["id"], said.get("value", ""))
    return fields


def find_variables(scripts: tuple[str, ...], fields: Mapping[str, str]) -> dict[str, Value]:
    """The variables that scripts give a known value, the first one each; the fields as ``#id``."""
    known: dict[str, Value] = {f"#{name}": value for name, value in fields.items()}
    left = MAX_READ
    for script in scripts:
        for found in (*_VARIABLE.finditer(script), *_DATA.finditer(script)):
            if len(known) >= MAX_VARIABLES or left < 0:
                return known
            if script.startswith(("function", " function"), found.end()):
                continue
            value, end = read_value(script, found.end(), known)
            left -= end - found.end()
            named = {found.group(1): value} if found.re is _VARIABLE else value if isinstance(value, dict) else {}
            for name, one in named.items():
                if is_known(one):
                    known.setdefault(name, one)
    return known


def find_arguments(script: str, known: Mapping[str, Value]) -> list[tuple[int, int, dict[str, Value]]]:
    """Where the bodies of the functions of a script begin and end that the script itself calls with known values, and
    these by the names of the parameters: for ``function load(page) {…} load(0);`` page is 0."""
    found: list[tuple[int, int, dict[str, Value]]] = []
    for function in islice(_FUNCTION.finditer(script), MAX_FUNCTIONS):
        name = function[1] or function[3]
        names = [one.partition("=")[0].strip() for one in (function[2] or function[4] or function[5]).split(",")]
        for call in islice(re.finditer(rf"(?<![\w$]){re.escape(name)}\s*\(", script), MAX_FUNCTIONS):
            if function.start() <= call.start() < function.end():
                continue
            values = _Reader(script[call.end() : call.end() + MAX_ARGUMENTS], known).read_items(")", 0)
            given = {one: value for one, value in zip(names, values, strict=False) if one and _is_plain(value)}
            if given:
                end = script.find(";", function.end()) if function[6] == "" else _find_end(script, function.end())
                found.append((function.end(), end if end >= 0 else len(script), given))
                break
    return found


def _is_plain(value: Value) -> bool:
    return isinstance(value, str | int | float) and is_known(value)


def _find_end(script: str, start: int) -> int:
    """Where the block ends whose bracket stands before ``start``."""
    depth = 1
    for bracket in islice(re.finditer(r"[{}]", script[start : start + MAX_SPAN]), MAX_SPAN):
        depth += 1 if bracket.group() == "{" else -1
        if not depth:
            return start + bracket.start()
    return start + MAX_SPAN


def find_calls(scripts: Scripts, name: re.Pattern[str]) -> Iterator[tuple[re.Match[str], list[Value], str]]:
    """The calls of what ``name`` matches up to and with the opening bracket: the match, the arguments, and the script
    that follows. Definitions are none."""
    left = MAX_READ
    for script in scripts.texts:
        bodies: list[tuple[int, int, dict[str, Value]]] | None = None
        for found in name.finditer(script):
            if left < 0:
                return
            if not _DEFINED.search(script, max(0, found.start() - 20), found.start()):
                bodies = find_arguments(script, scripts.known) if bodies is None else bodies
                given = [values for start, end, values in bodies if start <= found.start() < end]
                known = {**scripts.known, **{key: value for values in given for key, value in values.items()}}
                reader = _Reader(script[found.end() : found.end() + MAX_SPAN], known if given else scripts.known)
                values = reader.read_items(")", 0)
                left -= reader.at
                end = found.end() + reader.at
                yield found, values, script[end : end + 600]


def read_value(text: str, start: int, known: Mapping[str, Value], span: int = MAX_SPAN) -> tuple[Value, int]:
    """The value of the expression that begins at ``start``, and where it ends."""
    reader = _Reader(text[start : start + span], known)
    value = reader.read(0)
    return value, start + reader.at


class _Reader:
    """Reads one expression of JavaScript as far as it is literal."""

    def __init__(self, text: str, known: Mapping[str, Value]) -> None:
        self.text, self.known, self.at = text, known, 0

    def read(self, depth: int) -> Value:
        """One expression: terms, added up. What is worked out in any other way is a gap by its first name."""
        value = self._term(depth)
        while True:
            self._blank()
            sign = self.text[self.at : self.at + 2]
            if sign[:1] == "+" and sign not in {"++", "+="}:
                self.at += 1
                value = _add(value, self._term(depth))
            elif sign in {"||", "??"}:
                self.at += 2
                other = self._term(depth)
                value = value if is_known(value) and value not in ("", 0, None) else other
            elif not sign or sign[0] in ",;:)]}\"'`_$" or sign[0].isalnum():
                return value
            else:
                self._skip()
                return value if not is_known(value) else gap("")

    def read_items(self, end: str, depth: int) -> list[Value]:
        """The values up to a closing bracket, which is passed."""
        items: list[Value] = []
        while True:
            self._blank()
            if self._char() in {"", end}:
                self.at += 1
                return items
            before = self.at
            items.append(self.read(depth + 1))
            self._blank()
            if self._char() != end:
                self.at = max(self.at, before) + 1  # a comma, or what cannot be read

    def _term(self, depth: int) -> Value:
        self._blank()
        char = self._char()
        if depth > MAX_DEPTH or not char:
            self._skip()
            return gap("")
        if char in "\"'":
            return self._follow(self._string(char))
        if char == "`":
            return self._template(depth)
        if number := _NUMBER.match(self.text, self.at):
            self.at = number.end()
            said = number.group()
            return float(said) if "." in said else int(said, 16 if "x" in said.lower() else 10)
        if char == "{":
            return self._object(depth)
        if char in "[(":
            self.at += 1
            items = self.read_items(_PAIRS[char], depth)
            return items if char == "[" else self._follow(items[-1] if items else gap(""))
        if found := _NAME.match(self.text, self.at):
            return self._named(re.sub(r"[\s?]+", "", found.group()), found.end(), depth)
        self._skip()
        return gap("")

    def _named(self, name: str, end: int, depth: int) -> Value:
        """What stands behind a name: a constant, a variable, a call that hands its argument on, or a gap."""
        if name in {"function", "async", "class", "typeof", "void"}:
            self._skip()
            return gap("function")
        self.at = end
        if name in {"true", "false", "null", "undefined"}:
            return {"true": True, "false": False}.get(name)
        if name in {"new", "await", "return"}:
            return self._term(depth + 1)
        self._blank()
        if self._char() == "(":
            self.at += 1
            return self._follow(self._call(name, self.read_items(")", depth)))
        return self._follow(self._look_up(_THIS.sub("", name)))

    def _call(self, name: str, given: list[Value]) -> Value:
        first = given[0] if given else ""
        if name == "JSON.stringify" and isinstance(first, dict):
            return Stringified(first)
        if name in {"Object.assign", "$.extend", "jQuery.extend"}:
            return {key: one for part in given if isinstance(part, dict) for key, one in part.items()}
        if given and _PASSED_ON.match(name):
            return first
        if isinstance(first, str) and _ELEMENT.match(name):
            name = first.lstrip("#")
            return self.known.get(f"#{name}", gap(name))
        return gap(name.rpartition(".")[2])

    def _look_up(self, name: str) -> Value:
        """A variable, or a field of one that is an object; a gap by the last name."""
        first, *rest = name.split(".")
        value = self.known.get(first, gap(first))
        for step in rest:
            value = value.get(step, gap(step)) if isinstance(value, dict) else gap(step)
        return value

    def _follow(self, value: Value) -> Value:
        """What hangs behind a term: ``.val()`` and ``.trim()`` leave it, an index or another call makes a gap."""
        while True:
            if tail := _TAIL.match(self.text, self.at):
                self.at = tail.end()
                if self._char() == "(":
                    self.at += 1
                    self.read_items(")", MAX_DEPTH - 2)
                value = value if tail.group(1) in _HARMLESS else gap(tail.group(1))
                continue
            self._blank()
            if self.text.startswith("=>", self.at):
                self.at += 2
                self._skip()
                return gap("function")
            if self._char() != "[" or not isinstance(value, str):
                return value
            self.at += 1
            self.read_items("]", MAX_DEPTH - 2)
            value = gap("")

    def _object(self, depth: int) -> Value:
        self.at += 1
        fields: dict[str, Value] = {}
        while True:
            self._blank()
            if self._char() in {"", "}"}:
                self.at += 1
                return fields
            before = self.at
            key = self._read_key(fields, depth)
            self._blank()
            follows = self._char()
            if key and follows == ":":
                self.at += 1
                fields[key] = self.read(depth + 1)
            elif key and follows in {",", "}"}:
                fields[key] = self._look_up(key)
            if self._char() not in {",", "}"}:
                self._skip()
            if self._char() != "}":
                self.at = max(self.at, before) + 1

    def _read_key(self, fields: dict[str, Value], depth: int) -> str:
        """The name of a field; "" for what has none. The fields of another object (``...other``) are taken over."""
        char = self._char()
        if char in "\"'":
            return self._string(char)
        if self.text.startswith("...", self.at):
            self.at += 3
            spread = self._term(depth + 1)
            fields |= spread if isinstance(spread, dict) else {}
        elif found := _KEY.match(self.text, self.at):
            self.at = found.end()
            return found.group()
        return ""

    def _string(self, quote: str) -> str:
        self.at += 1
        parts: list[str] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            self.at += 1
            if char == quote:
                break
            parts.append(self._escape() if char == "\\" else char)
        return "".join(parts).replace("\x00", "")

    def _escape(self) -> str:
        char = self._char()
        self.at += 1
        width = {"u": 4, "x": 2}.get(char, 0)
        code = self.text[self.at : self.at + width]
        if width and re.fullmatch(r"[\da-fA-F]+", code):
            self.at += width
            return chr(int(code, 16))
        return _ESCAPES.get(char, char)

    def _template(self, depth: int) -> Value:
        self.at += 1
        parts: list[str] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            self.at += 1
            if char == "`":
                break
            if char == "\\":
                char = self._escape()
            elif char == "$" and self._char() == "{":
                self.at += 1
                given = self.read_items("}", depth)
                char = _as_text(given[0]) if given else ""
            parts.append(char)
        return self._follow("".join(parts))

    def _skip(self) -> None:
        """Passes over the rest of an expression, with all brackets and strings in it."""
        waiting: list[str] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in "\"'`":
                self._string(char)
                continue
            if not waiting and char in ",;)]}":
                return
            if char in _PAIRS:
                waiting.append(_PAIRS[char])
            elif waiting and char == waiting[-1]:
                waiting.pop()
            self.at += 1

    def _blank(self) -> None:
        if found := _BLANK.match(self.text, self.at):
            self.at = found.end()

    def _char(self) -> str:
        return self.text[self.at : self.at + 1]


def _as_text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, list | dict) else str(value)


def _add(one: Value, other: Value) -> Value:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one + other
    return one if isinstance(one, dict | list) else _as_text(one) + _as_text(other)
