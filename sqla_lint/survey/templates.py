"""Jinja templates, read as the Python functions that Jinja makes of them.

In goes the text of a template and a way to find those that it extends, includes and imports; out comes one function
whose parameters are the names of the context, and where each of its lines stands in which template. Blocks, includes
and macros are written out in place. A template that does not parse, or that grows too large, is not read.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from sqla_lint.survey.jinja import MARK, Broken, Expressions, tokens

FUNCTION = "template"
MAX_BYTES = 500_000
_OPENING = re.compile(r"\{\{[-+]?|\{%[-+]?|\{#")
_END_OF_RAW = re.compile(r"\{%[-+]?\s*end(?:raw|verbatim)\s*[-+]?%\}")
_NAME = re.compile(r"[^\W\d]\w*")
# The output of a plain name or a constant.
_READS_NOTHING = re.compile(r"print\([^.(]*\)")
_MOST_TOKENS = 2_000
_MOST_LINES = 4_000
_DEEPEST = 50
_MOST_INCLUDED = 6
_BLOCKS = frozenset({"for", "if", "block", "macro", "call", "filter", "with", "trans", "autoescape"})
# Builtins that the translation itself calls; every other name is the context's.
_OWN = frozenset({"bool", "dict", "len", "list", "next", "print", "range", "sorted"})

# Where a line of the translation stands: the template as shown, line and column.
Origin = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Translation:
    """The Python text of a template, and for each of its lines where that stands."""

    text: str
    origins: tuple[Origin, ...]


@dataclass(slots=True)
class _Node:
    """A tag that matters: what Python says there, and what stands inside it."""

    kind: str
    code: str = ""
    offset: int = 0
    names: tuple[str, ...] = ()
    body: list[_Node] = field(default_factory=list)


class Template:
    """One template, parsed. Raises Broken."""

    def __init__(self, shown: str, text: str) -> None:
        self.shown = shown
        self._text = text
        self._modules: frozenset[str] = frozenset()
        self.nodes = self._parse()

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self._text))]

    def origin(self, offset: int) -> Origin:
        """The line and column of an offset, counting from 1."""
        line = bisect_right(self._starts, offset)
        return self.shown, line, offset - self._starts[line - 1] + 1

    def _parse(self) -> list[_Node]:
        root: list[_Node] = []
        stack: list[tuple[str, list[_Node]]] = [("", root)]
        at = 0
        while opening := _OPENING.search(self._text, at):
            sign = opening.group()[:2]
            if sign == "{#":
                at = self._text.find("#}", opening.end()) + 2
                if at < 2:
                    raise Broken("a comment has no end")
                continue
            found, at = tokens(self._text, opening.end(), "}}" if sign == "{{" else "%}")
            if len(found) > _MOST_TOKENS:
                raise Broken("a tag is too long")
            reader = Expressions(found, self._modules)
            if sign == "{{":
                stack[-1][1].append(_Node("do", f"print({reader.tuple()})", opening.start()))
            elif reader.peek().text in ("raw", "verbatim"):
                end = _END_OF_RAW.search(self._text, at)
                at = end.end() if end else len(self._text)
            else:
                self._tag(reader, stack, opening.start())
        return root

    def _tag(self, reader: Expressions, stack: list[tuple[str, list[_Node]]], offset: int) -> None:
        """Read one `{% … %}`."""
        word = reader.next().text
        if word.startswith("end"):
            # Tags of extensions are passed over with their ends.
            if word[3:] in _BLOCKS or word == "endset":
                if stack[-1][0] != word[3:]:
                    raise Broken(f"{word} at {offset} ends nothing")
                stack.pop()
            return
        if word in ("else", "elif") and stack[-1][0] in ("if", "for"):
            branch = _Node("head", f"elif {reader.tuple()}:" if word == "elif" else "else:", offset)
            owner = stack[-2][1]
            owner.append(branch)
            stack[-1] = (stack[-1][0], branch.body)
            return
        found = self._read(word, reader, offset)
        stack[-1][1].extend(found)
        if found and (word in _BLOCKS or found[-1].kind == "text"):
            inner = found[-1]
            stack.append((word, inner.body[0].body if inner.body else inner.body))
            if len(stack) > _DEEPEST:
                raise Broken("blocks nest too deeply")

    def _read(self, word: str, reader: Expressions, offset: int) -> list[_Node]:
        """The node of a tag; the last one holds what stands inside it."""
        match word:
            case "for":
                target = reader.target()
                reader.must("in")
                rows = reader.expression(ternary=False)
                kept = [_Node("head", f"if {reader.expression()}:", offset)] if reader.take("if") else []
                return [_Node("head", f"for {target} in {rows}:", offset, body=kept)]
            case "if":
                return [_Node("head", f"if {reader.tuple()}:", offset)]
            case "set":
                target = reader.target()
                if reader.take("="):
                    return [_Node("do", f"{target} = {reader.tuple()}", offset)]
                return [_Node("text", "if True:", offset)]
            case "block":
                return [_Node("block", "", offset, (reader.name(),))]
            case "macro":
                return [self._macro(reader, offset)]
            case "call":
                if reader.take("("):
                    while not reader.take(")"):
                        reader.next()
                        if reader.done:
                            raise Broken(f"the tag at {offset} has no end")
                return [_Node("do", f"print({reader.expression()})", offset), _Node("head", "if True:", offset)]
            case "with" | "trans":
                return [*self._assignments(reader, offset), _Node("head", "if True:", offset)]
            case "filter" | "autoescape":
                return [_Node("head", "if True:", offset)]
            case "do":
                return [_Node("do", f"print({reader.tuple()})", offset)]
            case "extends" | "include":
                return self._other(word, reader, offset)
            case "import":
                return self._import(reader, offset)
            case "from":
                return self._from(reader, offset)
        return []

    def _assignments(self, reader: Expressions, offset: int) -> list[_Node]:
        """`a=b, c=d` of `with` and `trans`; the latter also takes names alone, words and a string."""
        found: list[_Node] = []
        while not reader.done:
            if reader.peek().kind == "string":
                reader.next()
                continue
            target = reader.target()
            if reader.take("="):
                found.append(_Node("do", f"{target} = {reader.expression()}", offset))
            reader.take(",")
        return found

    def _macro(self, reader: Expressions, offset: int) -> _Node:
        name = reader.name()
        reader.must("(")
        given: list[str] = []
        while not reader.take(")"):
            parameter = reader.name()
            given.append(f"{parameter}={reader.expression() if reader.take('=') else 'None'}")
            if not reader.take(",") and reader.peek().text != ")":
                raise Broken(f"the parameters of the macro at {offset} have no end")
        return _Node("macro", f"({', '.join(given)}):", offset, (name,))

    def _other(self, word: str, reader: Expressions, offset: int) -> list[_Node]:
        """Another template by its constant name, or the first of several that is there."""
        if reader.peek().kind == "string":
            return [_Node(word, "", offset, (reader.constant(),))]
        names: list[str] = []
        if reader.take("["):
            while reader.peek().kind == "string":
                names.append(reader.constant())
                reader.take(",")
        return [_Node(word, "", offset, tuple(names))]

    def _import(self, reader: Expressions, offset: int) -> list[_Node]:
        if reader.peek().kind != "string":
            return []
        path = reader.constant()
        reader.must("as")
        alias = reader.next().text
        self._modules |= {alias}
        return [_Node("import", alias, offset, (path,))]

    def _from(self, reader: Expressions, offset: int) -> list[_Node]:
        if reader.peek().kind != "string":
            return []
        path = reader.constant()
        reader.must("import")
        names: list[str] = [path]
        while not reader.done and not reader.take("with"):
            name = reader.name()
            names += [name, reader.name() if reader.take("as") else name]
            reader.take(",")
        return [_Node("from", "", offset, tuple(names))]


# Gives the template of a name, as the one that mentions it finds it; None where there is none to be read.
Find = Callable[[str, Template], Template | None]
_Overrides = dict[str, tuple[Template, list[_Node]]]


def translate(template: Template, find: Find) -> Translation | None:
    """The Python function of a template, or None where it cannot be written."""
    writer = _Writer(find)
    try:
        writer.whole(template, {}, 1)
    except Broken:
        return None
    header = f"def {FUNCTION}({', '.join(sorted(writer.names - _OWN))}):"
    text = "\n".join([header, *writer.lines, " pass", ""])
    return Translation(text, (template.origin(0), *writer.origins, template.origin(0)))


class _Writer:
    """Writes nodes as lines of Python."""

    def __init__(self, find: Find) -> None:
        self.lines: list[str] = []
        self.origins: list[Origin] = []
        self.names: set[str] = set()
        self._find = find
        self._open: list[str] = []

    def whole(self, template: Template, overrides: _Overrides, depth: int) -> None:
        """A template from its beginning, with the blocks that others put into it."""
        if template.shown in self._open or len(self._open) >= _MOST_INCLUDED:
            return
        self._open.append(template.shown)
        parent = next((node for node in template.nodes if node.kind == "extends"), None)
        if parent is None:
            self._body(template, template.nodes, overrides, depth)
        else:
            kept = [node for node in template.nodes if node.kind in ("macro", "import", "from") or _sets(node)]
            self._body(template, kept, overrides, depth)
            mine = {node.names[0]: (template, node.body) for node in _blocks(template.nodes)}
            for found in self._found(parent, template):
                self.whole(found, {**mine, **overrides}, depth)
        self._open.pop()

    def _found(self, node: _Node, template: Template) -> list[Template]:
        found = (self._find(name, template) for name in node.names[:4])
        return [item for item in found if item is not None][:1]

    def _body(self, template: Template, nodes: list[_Node], overrides: _Overrides, depth: int) -> None:
        for node in nodes:
            self._node(template, node, overrides, depth)

    def _node(self, template: Template, node: _Node, overrides: _Overrides, depth: int) -> None:
        match node.kind:
            case "do":
                self._write(template, node.code, node.offset, depth)
            case "head" | "text":
                self._write(template, node.code, node.offset, depth)
                self._body(template, node.body, overrides, depth + 1)
                self._write(template, "pass", node.offset, depth + 1)
            case "block":
                where, body = overrides.get(node.names[0], (template, node.body))
                self._body(where, body, overrides, depth)
            case "macro":
                self._macro(template, node, node.names[0], depth)
            case "include":
                for found in self._found(node, template):
                    self.whole(found, {}, depth)
            case "import" | "from":
                self._imported(template, node, depth)

    def _macro(self, template: Template, node: _Node, name: str, depth: int) -> None:
        self._write(template, f"def {name}{node.code}", node.offset, depth)
        self._body(template, node.body, {}, depth + 1)
        self._write(template, "pass", node.offset, depth + 1)

    def _imported(self, template: Template, node: _Node, depth: int) -> None:
        """The macros of another template, under the names by which this one calls them."""
        for found in [self._find(node.names[0], template)]:
            if found is None:
                return
            macros = {item.names[0]: item for item in found.nodes if item.kind == "macro"}
            wanted = list(zip(node.names[1::2], node.names[2::2], strict=False))
            if node.kind == "import":
                wanted = [(name, f"{node.code}__{name}") for name in macros]
            for name, alias in wanted:
                if name in macros:
                    self._macro(found, macros[name], alias, depth)

    def _write(self, template: Template, code: str, offset: int, depth: int) -> None:
        """A line, broken before every name that is marked, so that each stands on a line of its own."""
        if _READS_NOTHING.fullmatch(code):
            return
        first, *rest = MARK.split(code)
        self.names |= {found.group() for part in rest[1::2] if (found := _NAME.match(part))}
        self.origins.append(template.origin(offset))
        self.origins += [template.origin(int(where)) for where in rest[::2]]
        self.lines.append(" " * depth + first + "".join(f"\\\n{part}" for part in rest[1::2]))
        if len(self.origins) > _MOST_LINES:
            raise Broken("the template is too large")


def _sets(node: _Node) -> bool:
    return node.kind == "do" and not node.code.startswith("print(")


def _blocks(nodes: list[_Node]) -> list[_Node]:
    """All blocks among nodes and inside them."""
    found: list[_Node] = []
    todo = list(nodes)
    while todo:
        node = todo.pop()
        todo += node.body
        if node.kind == "block":
            found.append(node)
    return found
