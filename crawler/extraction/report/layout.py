"""Text that keeps the columns of a page (pdftotext -layout): each column of labels is a text of its own, and a line of
numbers belongs to the label on whose lines it stands."""

from __future__ import annotations

from itertools import pairwise

from crawler.extraction.documents.model import Place
from crawler.extraction.report.form import FormTable, make_label
from crawler.extraction.report.labels import RowMatch, match_group, match_row
from crawler.extraction.report.pieces import LineTable, Piece, Row, find_zones, read_head


def read_layout(form: FormTable, pieces: list[Piece]) -> LineTable | None:
    """Reads a table whose lines keep the columns of a page, labels broken within their own column; None if these lines
    do not.

    Each column of labels is a text of its own; a line of numbers belongs to the label on whose lines it stands.
    """
    lines: dict[int, list[Piece]] = {}
    for piece in pieces:
        lines.setdefault(piece.line, []).append(piece)
    numbers = {line: [p for p in ps if p.is_value] for line, ps in lines.items()}
    counts = [len(ps) for ps in numbers.values() if len(ps) >= 3]
    width = max(set(counts), key=lambda n: (counts.count(n), n), default=0)
    full = [ps for ps in numbers.values() if len(ps) == width]
    if width < 3 or len(full) < 3:
        return None
    if find_zones(full) is None:
        return None
    left_edge = min(ps[0].start for ps in full) - 2
    first = min(line for line, ps in numbers.items() if len(ps) >= 2)
    labels = _columns_of_labels(form, [p for p in pieces if not p.is_value and p.end <= left_edge + 2])
    if len(labels) < 6:
        return None
    start = min(top for _, top, _, _ in labels)
    header = read_head(form, [p for p in pieces if not p.is_value and p.line < max(start, first) and p.end > left_edge])
    if header is None:
        return None
    table = LineTable(form, pieces, one_a_line=False, header=header)
    rows = [Row(text, match, place, [], header) for text, match, _, _, place in _rows_of(form, labels)]
    spans = [(top, bottom) for _, _, top, bottom, _ in _rows_of(form, labels)]
    known = {row.place for row in rows}
    strange = [found for found in labels if found[3] not in known and not _is_label(form, found[0])]
    for line, found in numbers.items():
        if not found or line < start:
            continue
        values = [p for p in lines[line] if p.is_value or p.start > left_edge]  # a cell may hold no number
        inside = [n for n, (top, bottom) in enumerate(spans) if top <= line <= bottom]
        owner = next((text for text, top, bottom, _ in strange if top <= line <= bottom), None)
        if owner is not None and not inside:  # the line of a row that the form does not have
            table.unknown.append(owner)
            table.loose.extend(values)
            continue
        near = inside or [n for n, (top, bottom) in enumerate(spans) if min(abs(top - line), abs(bottom - line)) <= 1]
        free = [n for n in near if not rows[n].values]
        if len(free) == 1:
            rows[free[0]].values = values
        else:
            table.loose.extend(values)
    table.rows = rows
    return table


def _columns_of_labels(form: FormTable, pieces: list[Piece]) -> list[tuple[str, int, int, Place]]:
    """The labels left of the numbers, each with its first and last line, read column by column."""
    starts = sorted({p.start for p in pieces})
    edges = [starts[0]] if starts else []
    for before, start in pairwise(starts):
        if start - before > 4:  # centred labels of one column begin up to four places apart
            edges.append(start)
    labels: list[tuple[str, int, int, Place]] = []
    for n, edge in enumerate(edges):
        end = edges[n + 1] if n + 1 < len(edges) else 10_000
        whole = False
        own: list[tuple[str, int, int, Place]] = []
        for piece in (p for p in pieces if edge <= p.start < end):
            marked = make_label(piece.text).marked
            if own and not marked and not whole:
                text, top, _, place = own[-1]
                own[-1] = (text + piece.text, top, piece.line, place)
            else:
                own.append((piece.text, piece.line, piece.line, piece.place))
            whole = _is_label(form, own[-1][0])
        labels += own
    return sorted(labels, key=lambda found: found[1])


def _is_label(form: FormTable, text: str) -> bool:
    """Whether a text is a whole label of a row, a group or a heading of the form."""
    match, group, key = match_row(form, text), match_group(form, text), make_label(text).text
    if (match is not None and match.exact) or (group is not None and group.text == key):
        return True
    return any(own.text == key for own in form.headings)


def _rows_of(form: FormTable, labels: list[tuple[str, int, int, Place]]) -> list[tuple[str, RowMatch, int, int, Place]]:
    """The labels that name rows; what names a group settles which 其他 is meant."""
    rows: list[tuple[str, RowMatch, int, int, Place]] = []
    for text, top, bottom, place in labels:
        group = match_group(form, text)
        near = min(
            (g for g in labels if match_group(form, g[0]) and g[1] <= bottom + 2),
            key=lambda g: abs(g[2] - top),
            default=None,
        )
        match = match_row(form, text, match_group(form, near[0]) if near else None)
        match = match or match_row(form, text)
        if match is None:
            continue
        inner = group is not None and any(
            m.row.group is not None and m.row.group.text == group.text
            for t, *_ in labels
            if (m := match_row(form, t)) is not None
        )
        if not inner:
            rows.append((text, match, top, bottom, place))
    return rows
