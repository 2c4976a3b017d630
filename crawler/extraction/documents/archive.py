"""Zip archives whose members are documents → one Document with a part for each. Nothing is written to disk.

What a member is, its bytes say; its name only orders it. An archive within the archive is opened, one within that is
not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from crawler.extraction.documents.model import Block, Cell, Document, Paragraph, Part, Place, Table
from crawler.extraction.documents.options import Options
from crawler.extraction.documents.package import ZIP, Package, kind_of_package, open_package
from crawler.extraction.errors import UnreadableDocument

MAX_MEMBERS = 50  # documents; a report comes in a handful
MAX_BYTES = 64 * 1024 * 1024  # of all documents together, inflated

_DEFAULTS = Options()
# What systems and editors leave behind, and what a saved page needs to look nice.
_LITTER = re.compile(
    r"(?:^|/)(?:__MACOSX/.*|\.[^/]*|~\$[^/]*|thumbs\.db|desktop\.ini|[^/]*\.(?:lnk|url|tmp|css|js|woff2?|ttf))$", re.I
)
_NUMBER = re.compile(r"(\d+)")
_CHINESE = {c: n for n, c in enumerate("一二三四五六七八九十", 1)}


@dataclass(frozen=True, slots=True)
class _Read:
    """A member that was read: its name, its bytes and its document."""

    name: str
    data: bytes
    document: Document


def read_zip(data: bytes, read_member: Callable[[bytes], Document], options: Options = _DEFAULTS) -> Document:
    """The documents in a zip archive as one, those with prose before those of tables alone, else by their names.

    ``read_member`` reads the bytes of a member and raises UnreadableDocument for what it cannot; that costs the member
    only, and a warning. Raises UnreadableDocument where no member can be read, with the reason for each, and for
    archives beyond the limits above.
    """
    package = open_package(data)
    warnings: list[tuple[str, str]] = []
    read: list[_Read] = []
    budget = [MAX_MEMBERS, MAX_BYTES]
    for name, content in _find_members(package, budget, warnings, nested=False):
        try:
            read.append(_Read(name, content, read_member(content)))
        except UnreadableDocument as error:
            warnings.append(("unread_member", f"{name}: {error}"))
    if not read:
        reasons = "; ".join(message[:120] for _, message in warnings[:5]) or "it holds no document"
        more = f"; and {len(warnings) - 5} more" if len(warnings) > 5 else ""
        raise UnreadableDocument(f"no member of the archive can be read: {reasons}{more}")
    read.sort(key=lambda member: not any(isinstance(block, Paragraph) for block in member.document.blocks))
    return _join(read, warnings)


def _find_members(
    package: Package, budget: list[int], warnings: list[tuple[str, str]], *, nested: bool
) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the members that may be documents. ``budget``: how many, and how many bytes, are left."""
    names = sorted((name for name in package.names if not _LITTER.search(name) and package.size(name)), key=_order)
    if len(names) > budget[0]:
        raise UnreadableDocument(f"an archive of {len(names):,} documents; the limit is {MAX_MEMBERS}")
    if sum(package.size(name) for name in names) > budget[1]:
        raise UnreadableDocument(f"an archive of more than {MAX_BYTES:,} bytes, inflated")
    for name in names:
        budget[0] -= 1
        budget[1] -= package.size(name)
        try:
            content = package.read(name)
            inner = open_package(content) if content.startswith(b"PK") else None
            if inner is None or kind_of_package(inner) != ZIP:
                yield name, content
                continue
        except UnreadableDocument as error:
            warnings.append(("unread_member", f"{name}: {error}"))
            continue
        if nested:
            warnings.append(("unread_member", f"{name}: an archive in an archive in the archive"))
            continue
        budget[0] += 1
        for inner_name, inner_content in _find_members(inner, budget, warnings, nested=True):
            yield f"{name}!{inner_name}", inner_content


def _order(name: str) -> list[tuple[int, int, str]]:
    """A key that puts 附件2 before 附件10, and 表二 behind 表一."""
    key = []
    for part in _NUMBER.split(name.lower()):
        if part.isdecimal():
            key.append((0, int(part[:18]), ""))
            continue
        key += [(0, _CHINESE[c], "") if c in _CHINESE else (1, ord(c), "") for c in part]
    return [*key, (0, 0, name)]


def _join(read: list[_Read], warnings: list[tuple[str, str]]) -> Document:
    blocks: list[Block] = []
    parts: list[Part] = []
    told: list[tuple[str, str]] = []
    remarks: list[tuple[str, str]] = []
    for member in read:
        document = member.document
        parts.append(Part(member.name, document.media_type, member.data))
        base = len(parts)
        parts += [replace(part, member=f"{member.name}!{part.member}") for part in document.parts]
        blocks += [_renumber(block, base) for block in document.blocks]
        told += [(code, f"{member.name}: {message}") for code, message in document.warnings]
        remarks += [(code, f"{member.name}: {message}") for code, message in document.remarks]
    documents = [member.document for member in read]
    return Document(
        ZIP,
        tuple(blocks),
        next((document.titles for document in documents if document.titles), ()),
        next((document.published for document in documents if document.published), None),
        pictures=sum(document.pictures for document in documents),
        warnings=(*warnings, *told),
        parts=tuple(parts),
        remarks=tuple(remarks),
    )


def _renumber(block: Block, base: int) -> Block:
    """A block with the part that it comes from: ``base`` for the member itself, the numbers after it for its parts."""

    def move(place: Place) -> Place:
        return place._replace(part=base + (place.part or 0))

    if not isinstance(block, Table):
        return replace(block, place=move(block.place))
    moved: dict[int, Cell] = {}
    for row in block.grid:
        for cell in row:
            if cell is not None and id(cell) not in moved:
                moved[id(cell)] = cell._replace(place=move(cell.place))
    grid = tuple(tuple(moved[id(cell)] if cell is not None else None for cell in row) for row in block.grid)
    return replace(block, grid=grid, place=move(block.place))
