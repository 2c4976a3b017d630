"""The book of cases: a case is a name, why it is hard, where it comes from, and how its bytes are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.cases.make.draft import Draft, dump_expected, make_draft

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cases.make.truth import Body

Build = "Callable[[Draft, int], bytes]"
Fail = "Callable[[int, int], bytes]"


@dataclass(frozen=True, slots=True)
class Case:
    """One folder: its name, the bytes of its input, what is expected of a reader, and a note on its origin."""

    name: str
    suffix: str
    data: bytes
    expected: dict[str, Any]
    origin: str

    def files(self) -> dict[str, bytes]:
        """File name → content of the case's folder."""
        return {
            f"input.{self.suffix}": self.data,
            "expected.json": dump_expected(self.expected).encode(),
            "origin.md": self.origin.encode(),
        }


BOOK: list[Callable[[], list[Case]]] = []


def write_origin(hard: str, source: str, command: str = "python -m tests.cases.make") -> str:
    """The note beside a case."""
    return f"Hard: {hard}\nSource: {source}\nMade by: `{command}`\n"


def report(
    name: str,
    years: tuple[int, ...],
    hard: str,
    source: str,
    *,
    size: str | tuple[str, ...] = "dense",
    blank: bool = False,
    form: tuple[str, ...] | None = None,
    rows: tuple[tuple[str, ...], ...] | None = None,
    body: Body | None = None,
) -> Callable[[Callable[[Draft, int], bytes]], Callable[[Draft, int], bytes]]:
    """Enters a case for each year: the decorated function gets the draft and the number of the year, gives bytes.

    The name begins with the kind of input: ``html-`` or ``txt-``.
    """
    suffix = name.partition("-")[0]

    def enter(build: Callable[[Draft, int], bytes]) -> Callable[[Draft, int], bytes]:
        def make() -> list[Case]:
            cases = []
            for n, year in enumerate(years):
                full = f"{name}-{year}"
                draft = make_draft(
                    full,
                    year,
                    form=form[n] if form else None,
                    size=size if isinstance(size, str) else size[n],
                    blank=blank,
                    body=body,
                    rows=rows[n] if rows else None,
                )
                data = build(draft, n)
                origin = write_origin(hard, source)
                cases.append(Case(full, suffix, data, draft.expect(), origin))
            return cases

        BOOK.append(make)
        return build

    return enter


def failure(
    name: str, error: str | list[str], count: int, hard: str, source: str, *, reason: str = ""
) -> Callable[[Callable[[int], bytes]], Callable[[int], bytes]]:
    """Enters cases that are no report or cannot be read: the function gets the number of the document."""
    suffix = name.partition("-")[0]

    def enter(build: Callable[[int], bytes]) -> Callable[[int], bytes]:
        def make() -> list[Case]:
            expected = {"error": error, "reason_contains": reason}
            return [
                Case(f"{name}-{n + 1}", suffix, build(n), expected, write_origin(hard, source)) for n in range(count)
            ]

        BOOK.append(make)
        return build

    return enter


def make_cases() -> list[Case]:
    """All cases of the book, by name; raises if two share a name."""
    cases = sorted((case for make in BOOK for case in make()), key=lambda case: case.name)
    names = [case.name for case in cases]
    if len(set(names)) != len(names):
        raise ValueError(f"two cases of one name: {sorted({n for n in names if names.count(n) > 1})}")
    return cases
