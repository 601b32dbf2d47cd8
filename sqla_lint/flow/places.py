"""Places in source: a libcst node of a slice, whose line and column are found only when something is shown."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import PurePath
from typing import TYPE_CHECKING

from sqla_lint.diagnostic import Span

if TYPE_CHECKING:
    import libcst as cst
    from libcst.metadata import CodeRange


_FIELDS: dict[type, tuple[str, ...]] = {}
# Fields of nodes that hold punctuation or white space.
_LAYOUT = frozenset(
    {"lpar", "rpar", "lbracket", "rbracket", "lbrace", "rbrace", "comma", "colon", "semicolon", "dot", "equal",
     "first_colon", "second_colon", "header", "footer", "leading_lines", "lines_after_decorators"}
)  # fmt: skip


def below(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The nodes right below a node, but for punctuation and white space: `children`, at a tenth of its cost."""
    names = _FIELDS.get(type(node))
    if names is None:
        every = (item.name for item in fields(node) if item.name not in _LAYOUT)
        names = _FIELDS[type(node)] = tuple(name for name in every if not name.startswith("whitespace"))
    found: list[cst.CSTNode] = []
    for name in names:
        held = getattr(node, name)
        if held is None or type(held) is str:
            continue
        for item in held if type(held) is list or type(held) is tuple else (held,):
            if hasattr(item, "visit"):
                found.append(item)
    return found


def nodes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all below it, but for punctuation and white space."""
    todo = [node]
    while todo:
        node = todo.pop()
        yield node
        todo += reversed(below(node))


class Numbers:
    """Numbers for the nodes of one walk, in the order they are met: what knows a node by its number can be kept.

    Equal walks give equal numbers, whichever process walks; those of different functions differ.
    """

    __slots__ = ("_first", "_known")

    def __init__(self, function: str) -> None:
        self._first = 1 + (zlib.crc32(function.encode()) << 24)
        self._known: dict[cst.CSTNode, int] = {}

    def of(self, node: cst.CSTNode) -> int:
        """The number of a node, never 0."""
        return self._known.setdefault(node, self._first + len(self._known))


class Reads:
    """Where the code of a slice reads names, in the order of its nodes; found in one pass over them.

    places: for each name the numbers of the nodes that read it. shared: names that a nested function declares
    `nonlocal`. opaque: something may read any name.
    """

    __slots__ = ("_numbers", "opaque", "places", "shared")

    def __init__(self, every: Sequence[cst.CSTNode]) -> None:
        import libcst as cst

        self.places: dict[str, list[int]] = {}
        self.shared: set[str] = set()
        self.opaque = False
        self._numbers: dict[cst.CSTNode, int] = {}
        written = set[cst.CSTNode]()
        for number, found in enumerate(every):
            self._numbers[found] = number
            match found:
                case cst.AssignTarget(target=cst.Name() as target) | cst.AnnAssign(target=cst.Name() as target):
                    written.add(target)
                case cst.Attribute(attr=inner):
                    written.add(inner)
                case cst.Arg(keyword=cst.Name() as keyword):
                    written.add(keyword)
                case cst.Nonlocal(names=names):
                    self.shared |= {item.name.value for item in names}
                case cst.Name(value=value) if found not in written:
                    self.opaque |= value in ("locals", "vars", "exec", "eval")
                    self.places.setdefault(value, []).append(number)

    def after(self, name: str, node: cst.CSTNode) -> bool:
        """Whether a name is read after all of a node."""
        found = self.places.get(name)
        return found is not None and found[-1] > max(self._numbers[item] for item in nodes(node))


class Slice:
    """The parsed lines of one function. `offset` is added to the line numbers that libcst counts.

    origins: of a function made of a template, where each of its lines stands there.
    """

    __slots__ = ("_nodes", "_parents", "_positions", "_reads", "_texts", "lines", "module", "offset", "origins", "path")

    def __init__(
        self, path: str, module: cst.Module, offset: int, lines: int, origins: Sequence[tuple[str, int, int]] = ()
    ) -> None:
        self.lines = lines
        self.origins = origins
        self.path = path
        self.module = module
        self.offset = offset
        self._texts: dict[cst.CSTNode, str] = {}
        self._positions: Mapping[cst.CSTNode, CodeRange] | None = None
        self._reads: Reads | None = None
        self._nodes: list[cst.CSTNode] | None = None
        self._parents: dict[cst.CSTNode, cst.CSTNode] | None = None

    @property
    def nodes(self) -> list[cst.CSTNode]:
        """All its nodes, found once: many ask what a function does elsewhere."""
        if self._nodes is None:
            self._nodes = list(nodes(self.module))
        return self._nodes

    @property
    def parents(self) -> dict[cst.CSTNode, cst.CSTNode]:
        """The node around each."""
        if self._parents is None:
            self._parents = {child: parent for parent in self.nodes for child in below(parent)}
        return self._parents

    def around(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around a node, from the innermost out."""
        parents = self.parents
        while (parent := parents.get(node)) is not None:
            yield parent
            node = parent

    @property
    def reads(self) -> Reads:
        """Where its code reads names."""
        if self._reads is None:
            self._reads = Reads(self.nodes)
        return self._reads

    def span(self, node: cst.CSTNode) -> Span:
        """The span of a node of this slice; the positions come from one code-generation pass, made once."""
        if self._positions is None:
            from libcst.metadata import MetadataWrapper, PositionProvider

            wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
            self._positions = wrapper.resolve(PositionProvider)
        found = self._positions[node]
        if self.origins:
            path, line, column = self.origins[found.start.line - 1]
            return Span(path, line, column, line, column + len(self.text(node)))
        return Span(
            self.path,
            found.start.line + self.offset,
            found.start.column + 1,
            found.end.line + self.offset,
            found.end.column + 1,
        )

    def text(self, node: cst.CSTNode) -> str:
        """The source of a node on one line, white space folded."""
        known = self._texts.get(node)
        if known is None:
            code = _plain(node) or self.module.code_for_node(node).replace("\\\n", "")
            known = self._texts[node] = " ".join(code.split())
        return known


def _plain(node: cst.CSTNode) -> str:
    """The code of names, attributes and comparisons, which most texts are of, without asking libcst.

    Empty where it is anything else, or where there is more than a blank between its parts.
    """
    import libcst as cst

    if getattr(node, "lpar", None):
        return ""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        spaces = (node.dot.whitespace_before, node.dot.whitespace_after) if isinstance(node.dot, cst.Dot) else ()
        base = _plain(node.value) if not any(getattr(item, "value", " ") for item in spaces) else ""
        return f"{base}.{node.attr.value}" if base else ""
    if isinstance(node, cst.Integer | cst.SimpleString):
        return node.value if len(node.value.split()) == 1 else ""
    if not isinstance(node, cst.Comparison):
        return ""
    parts = [_plain(node.left)]
    for item in node.comparisons:
        parts += (_sign(item.operator), _plain(item.comparator))
    return " ".join(parts) if all(parts) else ""


_SIGNS = {
    "Equal": "==", "LessThan": "<", "GreaterThan": ">", "LessThanEqual": "<=", "GreaterThanEqual": ">=", "Is": "is",
    "In": "in", "NotEqual": "!=", "IsNot": "is not", "NotIn": "not in",
}  # fmt: skip


def _sign(operator: cst.BaseCompOp) -> str:
    """An operator with blanks around it, without them; empty where it stands otherwise, or is spelled so."""
    spaces = (getattr(operator, f"whitespace_{where}", None) for where in ("before", "between", "after"))
    blank = all(item is None or getattr(item, "value", "") == " " for item in spaces)
    return _SIGNS[type(operator).__name__] if blank and getattr(operator, "value", "!=") == "!=" else ""


class Place:
    """A node in a slice, or a span already known. outside: what is there, where that is no function's code."""

    __slots__ = ("_known", "node", "outside", "slice")

    def __init__(
        self, slice_: Slice | None, node: cst.CSTNode | None, known: Span | None = None, outside: str = ""
    ) -> None:
        self.outside = outside or (PurePath(slice_.origins[0][0]).name if slice_ and slice_.origins else "")
        self.slice = slice_
        self.node = node
        self._known = known

    @property
    def span(self) -> Span:
        """The lines and columns."""
        if self._known is None:
            assert self.slice is not None and self.node is not None
            self._known = self.slice.span(self.node)
        return self._known

    @property
    def text(self) -> str:
        """The source at this place, one line, or an empty string where only the span is known."""
        return self.slice.text(self.node) if self.slice is not None and self.node is not None else ""
