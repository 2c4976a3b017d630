"""A table as a stream of labels and numbers, in whatever lines the converter broke them: labels are put together again,
and the numbers behind a label, or between its parts, are its own."""

from __future__ import annotations

from crawler.extraction.report.form import FormTable, Label, make_label
from crawler.extraction.report.headers import MAX_PIECES, is_heading, tells
from crawler.extraction.report.labels import RowMatch, match_column, match_group, match_row
from crawler.extraction.report.pieces import LineTable, Piece, Row, read_head


def read_pieces(form: FormTable, pieces: list[Piece], *, one_a_line: bool) -> LineTable:
    """The rows of a table from its pieces in reading order. ``one_a_line``: each line is one cell."""
    stream = _Stream(LineTable(form, pieces, one_a_line))
    stream.read()
    return stream.table


class _Stream:
    """One table while it is read; the last row is open until something closes it."""

    def __init__(self, table: LineTable) -> None:
        self.form = table.form
        self.table = table
        self.head: list[Piece] = []
        self.rest = ""  # what is still to come of a label that the layout broke
        self.group: Label | None = None

    def read(self) -> None:
        i = 0
        while i < len(self.table.pieces):
            i = self._step(i)
        if self.table.header is None:
            self._take_header()

    def _step(self, i: int) -> int:
        piece = self.table.pieces[i]
        row = self.table.rows[-1] if self.table.rows and self.table.rows[-1].ends_with is None else None
        if piece.is_value:
            if row is not None:
                row.values.append(piece)
            else:
                self.table.loose.append(piece)
            return i + 1
        if self.form.key == "review_litigation" and row is None:  # it stands sideways: all its labels head columns
            self.head.append(piece)
            return i + 1
        if self._completes(piece.text):
            return i + 1
        count, match = self._find_row(i, exact=True)
        if match is not None and not self._is_group_only(i, count, match):
            return self._open_row(i, count, match)
        texts = [text for n in range(1, MAX_PIECES + 1) if (text := self._join(i, n)) is not None]
        for count, joined in enumerate(texts, 1):
            group = match_group(self.form, joined)
            if group is not None and make_label(joined).text == group.text:
                self._close_row(piece)
                self.group = group
                return i + count
        for count, joined in enumerate(texts, 1):
            if match_column(self.form, joined) is not None or is_heading(self.form.key, joined):
                if row is None or self._heads_again(joined):
                    self._close_row(piece)
                    self.head.extend(self.table.pieces[i : i + count])
                return i + count
        if self._begins(piece):
            return i + 1
        around = self._find_around(i)
        if around is not None:
            count, values, tail, match = around
            self._open_row(i, count, match)
            self.table.rows[-1].values.extend(self.table.pieces[i + count : i + count + values])
            self.table.rows[-1].last = self.table.pieces[i + count + values + tail - 1]
            return i + count + values + tail
        count, match = self._find_row(i, exact=False)
        if match is not None:
            return self._open_row(i, count, match)
        if self._is_part(piece.text):
            return i + 1
        if row is not None and self._lacks(row) and len(piece.text) <= 8 and self._is_in_cell(i):
            row.values.append(piece)  # something is printed in a cell that is no number
            return i + 1
        if self.table.rows or self.table.header:
            self._close_row(piece)
            self.table.unknown.append(piece.text)
        else:
            self.head.append(piece)
        return i + 1

    def _is_in_cell(self, i: int) -> bool:
        """Whether a text stands where a number should: alone on its line, or on a line with numbers."""
        piece = self.table.pieces[i]
        return self.table.one_a_line or any(
            p.is_value and p.line == piece.line for p in self.table.pieces[max(i - 8, 0) : i + 8]
        )

    def _join(self, i: int, count: int) -> str | None:
        pieces = self.table.pieces[i : i + count]
        if len(pieces) < count or any(p.is_value for p in pieces):
            return None
        return "".join(p.text for p in pieces)

    def _find_row(self, i: int, *, exact: bool) -> tuple[int, RowMatch | None]:
        for count in range(1, MAX_PIECES + 1):
            text = self._join(i, count)
            if text is None:
                break
            match = self._match(text)
            if match is not None and match.exact == exact:
                return count, match
        return 0, None

    def _match(self, text: str) -> RowMatch | None:
        if not self.table.rows and not self.head and self.form.key != "proactive":
            return None
        if self.form.key == "applications" and not self._header_is_whole() and make_label(text).text == "总计":
            return None
        return match_row(self.form, text, self.group) or match_row(self.form, text, None)

    def _header_is_whole(self) -> bool:
        """Whether the columns have been printed already, so that 总计 is the label of a row."""
        return bool(self.table.rows)

    def _is_group_only(self, i: int, count: int, match: RowMatch) -> bool:
        """Whether a label that names a row and a group (（六）其他处理) stands here for the group."""
        label = match.row.labels[0]
        if not any(group.text == label.text for group in self.form.groups()):
            return False
        behind = self.table.pieces[i + count : i + count + 1]
        if not behind or behind[0].is_value:
            return False
        group = next(g for g in self.form.groups() if g.text == label.text)
        for pieces in range(1, MAX_PIECES + 1):
            text = self._join(i + count, pieces)
            found = match_row(self.form, text, group) if text else None
            if found is not None and found.row.group is not None and found.row.group.text == group.text:
                return True
        start = make_label(behind[0].text)  # the first line of the group may be broken, its numbers between
        return any(
            row.labels[0].text.startswith(start.text) and start.level == row.labels[0].level
            for row in self.form.rows
            if row.group is not None and row.group.text == group.text
        )

    def _find_around(self, i: int) -> tuple[int, int, int, RowMatch] | None:
        """A label broken in two with the numbers of its row between: pieces, numbers, pieces, and the row."""
        for count in range(1, MAX_PIECES + 1):
            head = self._join(i, count)
            if head is None:
                return None
            at = i + count
            values = 0
            while at + values < len(self.table.pieces) and (
                self.table.pieces[at + values].is_value
                or (
                    len(self.table.pieces[at + values].text) <= 8
                    and self._is_in_cell(at + values)
                    and self._match_none(at + values)
                )
            ):
                values += 1
            if not any(p.is_value for p in self.table.pieces[at : at + values]):
                continue
            for tail in range(1, MAX_PIECES + 1):
                rest = self._join(at + values, tail)
                if rest is None:
                    break
                match = self._match(head + rest)
                if match is not None and match.exact:
                    return count, values, tail, match
        return None

    def _begins(self, piece: Piece) -> bool:
        """Takes the first part of a broken group label (（三）不予); the rest may come lines later (公开)."""
        label = make_label(piece.text)
        known = [*self.form.groups(), *self.form.headings]
        for own in known:
            if not (own.marked and (own.level, own.number) == (label.level, label.number)):
                continue
            if label.text and own.text.startswith(label.text) and not self._starts_row(piece.text):
                self._close_row(piece)
                self.group = own if own in self.form.groups() else None
                self.rest = own.text[len(label.text) :]
                return True
        return False

    def _starts_row(self, text: str) -> bool:
        label = make_label(text)
        own = [row.labels[0] for row in self.form.rows]
        return any((o.level, o.number) == (label.level, label.number) and o.text == label.text for o in own)

    def _completes(self, text: str) -> bool:
        """Takes a further part of a label that was begun."""
        key = make_label(text).text
        if not self.rest or not key or not self.rest.startswith(key):
            return False
        self.rest = self.rest[len(key) :]
        return True

    def _match_none(self, i: int) -> bool:
        """Whether a piece is no label and no part of one."""
        text = self.table.pieces[i].text
        return not self._is_part(text) and self._match(text) is None and not make_label(text).marked

    def _is_part(self, text: str) -> bool:
        """Whether a piece is part of a label that the layout broke apart (公开 of （三）不予 / 公开)."""
        key = make_label(text).text
        labels = [*(g.text for g in self.form.groups()), *(h.text for h in self.form.headings)]
        return len(key) >= 2 and any(key in label for label in labels)

    def _heads_again(self, text: str) -> bool:
        """Whether a label of a column opens a new header behind rows (table II has one for each article)."""
        return self.form.key == "proactive" or tells(text) == self.form.key

    def _open_row(self, i: int, count: int, match: RowMatch) -> int:
        piece = self.table.pieces[i]
        self._close_row(piece)
        self._take_header()
        if match.row.group is None:
            self.group = None
        label = "".join(p.text for p in self.table.pieces[i : i + count])
        self.table.rows.append(
            Row(label, match, piece.place, [], self.table.header, None, self.table.pieces[i + count - 1])
        )
        return i + count

    def _close_row(self, behind: Piece | None) -> None:
        if self.table.rows and self.table.rows[-1].ends_with is None and behind is not None:
            self.table.rows[-1].ends_with = behind

    def _take_header(self) -> None:
        """Makes the labels gathered since the last row the header of the next ones."""
        if self.head:
            header = read_head(self.form, self.head)
            if header is not None:
                self.table.header = header
            self.head = []

    def _lacks(self, row: Row) -> bool:
        return row.header is not None and len(row.values) < len(row.header.leaves)
