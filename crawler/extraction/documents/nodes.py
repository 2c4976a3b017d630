"""A parsed page as light nodes: what lxml has parsed, taken over in one pass.

An element of lxml is a proxy that is made anew whenever it is met, and each look at it goes through C. The readers of a
page look at every element many times, so they get plain objects, with an empty string where lxml has None.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from lxml.etree import _Element as Element

from crawler.extraction.errors import UnreadableDocument

_SILENT = frozenset({"script", "style"})


class Node:
    """An element: the text before its first child, its children, the text behind its end (``tail``).

    A `Layout` sets ``index`` to ``end``, the node and all below it in the order of the page, and ``first`` to ``last``,
    their texts. They hold until something is cut.
    """

    index: int
    end: int
    first: int
    last: int
    __slots__ = ("attributes", "children", "end", "first", "index", "last", "parent", "tag", "tail", "text")

    def __init__(self, tag: str, attributes: dict[str, str], text: str = "", tail: str = "") -> None:
        self.tag = tag
        self.attributes = attributes
        self.text = text
        self.tail = tail
        self.parent: Node | None = None
        self.children: list[Node] = []

    def ancestors(self) -> Iterator[Node]:
        """The nodes around this one, the nearest first."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def cut(self, dropped: Iterable[Node]) -> None:
        """Takes children out and leaves the text behind them where it is."""
        out = set(dropped)
        kept: list[Node] = []
        text: list[str] = [self.text]
        for child in self.children:
            if child in out:
                text.append(child.tail)
                continue
            self._set_text_before(kept, text)
            kept.append(child)
            text = [child.tail]
        self._set_text_before(kept, text)
        self.children = kept

    def _set_text_before(self, kept: list[Node], text: list[str]) -> None:
        if len(text) > 1 and kept:
            kept[-1].tail = "".join(text)
        elif len(text) > 1:
            self.text = "".join(text)


def _end(node: Node, nodes: Sequence[Node], pieces: list[str]) -> None:
    """Notes where a node ends in a layout that has come to its end."""
    node.end, node.last = len(nodes), len(pieces)
    if node.tail:
        pieces.append(node.tail)


class Layout:
    """The nodes of a part of a page in its order, and all text below them, without what scripts and styles hold.

    What is below any one of them is a stretch of both, and need not be gathered again.
    """

    def __init__(self, root: Node) -> None:
        nodes: list[Node] = []
        pieces: list[str] = []

        def add(node: Node) -> None:
            node.index, node.first = len(nodes), len(pieces)
            nodes.append(node)
            if node.text and node.tag not in _SILENT:
                pieces.append(node.text)
            for child in node.children:
                add(child)
                if child.tail:
                    pieces.append(child.tail)
            node.end, node.last = len(nodes), len(pieces)

        add(root)
        self._set(nodes, pieces)

    def _set(self, nodes: list[Node], pieces: list[str]) -> None:
        self.nodes, self.pieces, self.text = nodes, pieces, "".join(pieces)
        self._ends = list(accumulate(map(len, pieces), initial=0))

    @classmethod
    def of_page(cls, root: Element, limit: int) -> Layout:
        """The layout of a parsed page (without comments and processing instructions), its elements taken over as nodes.

        Raises UnreadableDocument if there are more than ``limit``.
        """
        nodes: list[Node] = []
        pieces: list[str] = []
        around: list[Node] = []  # the open elements, from the root inwards
        above: list[Element] = []
        for el in root.iter():
            outer = el.getparent()
            while above and above[-1] is not outer:
                above.pop()
                _end(around.pop(), nodes, pieces)
            node = Node(str(el.tag), dict(el.items()), el.text or "", el.tail or "")
            if around:
                node.parent = around[-1]
                around[-1].children.append(node)
            node.index, node.first = len(nodes), len(pieces)
            nodes.append(node)
            if node.text and node.tag not in _SILENT:
                pieces.append(node.text)
            above.append(el)
            around.append(node)
            if len(nodes) > limit:
                raise UnreadableDocument(f"more than {limit:,} elements")
        while around:
            _end(around.pop(), nodes, pieces)
        page = cls.__new__(cls)
        page._set(nodes, pieces)
        return page

    def nodes_of(self, node: Node) -> list[Node]:
        """A node and all below it."""
        return self.nodes[node.index : node.end]

    def text_of(self, node: Node) -> str:
        """The text below a node."""
        return self.text[self._ends[node.first] : self._ends[node.last]]

    def length_of(self, node: Node) -> int:
        """How many characters are below a node."""
        return self._ends[node.last] - self._ends[node.first]

    def first_text_of(self, node: Node) -> str:
        """The first piece of text below a node that is not blank, or nothing."""
        return next((piece for piece in self.pieces[node.first : node.last] if not piece.isspace()), "")

    def holds(self, node: Node, places: Sequence[int]) -> bool:
        """Whether one of some places in the text, given in order, is below a node."""
        at = bisect_left(places, self._ends[node.first])
        return at < len(places) and places[at] < self._ends[node.last]
