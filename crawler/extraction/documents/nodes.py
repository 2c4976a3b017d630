"""A parsed page as light nodes, made while lxml's parser meets the elements of the page.

An element of lxml is a proxy that is made anew whenever it is met, and each look at it goes through C. The readers of a
page look at every element many times, so they get plain objects, and no tree of lxml is built at all.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate

from crawler.extraction.errors import UnreadableDocument

SILENT = frozenset({"script", "style"})  # what they hold is no text


class Node:
    """An element: the text before its first child, its children, the text behind its end (``tail``).

    A `Layout` sets ``index`` to ``end``, the node and all below it in the order of the page, and ``first`` to ``last``,
    their texts. They hold until something is cut.
    """

    end: int
    last: int
    __slots__ = ("attributes", "children", "end", "first", "index", "last", "parent", "tag", "tail", "text")

    def __init__(self, tag: str, attributes: dict[str, str], parent: Node | None, index: int, first: int) -> None:
        self.tag = tag
        self.attributes = attributes
        self.text = self.tail = ""
        self.parent = parent
        self.children: list[Node] = []
        self.index = index
        self.first = first

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


class Layout:
    """The nodes of a part of a page in its order, and all text below them, without what scripts and styles hold.

    What is below any one of them is a stretch of both, and need not be gathered again.
    """

    def __init__(self, root: Node) -> None:
        nodes: list[Node] = []
        pieces: list[str] = []
        _lay_out(root, nodes, pieces)
        self._set(nodes, pieces)

    def _set(self, nodes: list[Node], pieces: list[str]) -> None:
        self.nodes, self.pieces, self.text = nodes, pieces, "".join(pieces)
        self._ends = list(accumulate(map(len, pieces), initial=0))

    @classmethod
    def of_parsed(cls, nodes: list[Node], pieces: list[str]) -> Layout:
        """The layout of nodes that have their places already."""
        page = cls.__new__(cls)
        page._set(nodes, pieces)
        return page

    def let_go(self) -> None:
        """Ends the use of the nodes: without their parents no circle keeps them, and they go with their last user."""
        for node in self.nodes:
            node.parent = None

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


def _lay_out(node: Node, nodes: list[Node], pieces: list[str]) -> None:
    node.index, node.first = len(nodes), len(pieces)
    nodes.append(node)
    if node.text and node.tag not in SILENT:
        pieces.append(node.text)
    for child in node.children:
        if child.children:
            _lay_out(child, nodes, pieces)
        else:  # not worth a call
            child.index, child.first = len(nodes), len(pieces)
            nodes.append(child)
            if child.text and child.tag not in SILENT:
                pieces.append(child.text)
            child.end, child.last = len(nodes), len(pieces)
        if child.tail:
            pieces.append(child.tail)
    node.end, node.last = len(nodes), len(pieces)


class TooDeep(Exception):  # noqa: N818  (no error: what was met before stays)
    """A page is nested deeper than any page is."""


class NodeBuilder:
    """The target of an HTML parser of lxml: makes the nodes of a page and their layout as the parser meets them.

    Raises, through the parser, UnreadableDocument for more than ``max_elements`` and TooDeep below ``max_depth``.
    """

    data: Callable[[str], None]
    __slots__ = ("_around", "_closed", "_max_depth", "_max_elements", "_nodes", "_pieces", "_waiting", "data")

    def __init__(self, max_elements: int, max_depth: int) -> None:
        self._max_elements, self._max_depth = max_elements, max_depth
        self._nodes: list[Node] = []
        self._pieces: list[str] = []
        self._around: list[Node] = []  # the open elements, from the root inwards
        self._closed: Node | None = None  # the element that ended last, if none began since
        self._waiting: list[str] = []  # the parser hands over a text in one piece or several
        self.data = self._waiting.append

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._waiting:
            self._put_text()
        nodes, around = self._nodes, self._around
        index = len(nodes)
        parent = around[-1] if around else None
        # What the parser gives for an element without attributes cannot be changed.
        node = Node(tag, attributes or {}, parent, index, len(self._pieces))
        if parent is not None:
            parent.children.append(node)
        nodes.append(node)
        around.append(node)
        self._closed = None
        if index >= self._max_elements:
            raise UnreadableDocument(f"more than {self._max_elements:,} elements")
        if len(around) > self._max_depth:
            raise TooDeep(f"more than {self._max_depth} elements around one another")

    def end(self, _tag: str) -> None:
        if self._waiting:
            self._put_text()
        node = self._closed = self._around.pop()
        node.end, node.last = len(self._nodes), len(self._pieces)

    def close(self) -> Layout | None:
        """The page; None if it has no element. Where the parser gave up, what is still open ends here."""
        while self._around:
            self.end("")
        return Layout.of_parsed(self._nodes, self._pieces) if self._nodes else None

    def let_go(self) -> None:
        """Keeps nothing of the page: lxml holds a parser, and with it its target, in a circle."""
        self._nodes, self._pieces, self._closed = [], [], None

    def _put_text(self) -> None:
        text = "".join(self._waiting)
        self._waiting.clear()
        if not self._around:
            return  # around the page
        node = self._closed
        if node is not None:
            node.tail = text
        else:
            node = self._around[-1]
            node.text = text
            if node.tag in SILENT:
                return
        self._pieces.append(text)
