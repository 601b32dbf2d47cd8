"""A guard before libcst, which some deep but valid Python hangs (44 bytes of nested patterns) or crashes.

In go a file's tree and text, out comes the first place that nests too deep, or nothing. Files are mostly harmless,
so statements are only looked into when they are long enough to hold trouble.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

MAX_LEVELS = 100  # expressions within expressions
MAX_LINKS = 300  # calls, attributes, operators, `elif`s after one another
MAX_PATTERN_LEVELS = 8  # the parser's time doubles with each
MAX_MAPPING_LEVELS = 5  # and nearly quadruples with each of these

# One level costs as much as three links, so that one number bounds both and every mixture.
_LEVEL, _LINK = MAX_LINKS // MAX_LEVELS, 1
_CASE = re.compile(r"^[ \t\f]*case\b", re.MULTILINE)
_SKIPPED = re.compile(
    r"'''(?:[^\\']|\\.|'(?!''))*+'''"
    r'|"""(?:[^\\"]|\\.|"(?!""))*+"""'
    r"|'(?:[^\\'\n]|\\.)*+'"
    r'|"(?:[^\\"\n]|\\.)*+"'
    r"|\#[^\n]*+"
    r"|[()\[\]{}:\n]|\bif\b",
    re.DOTALL,
)
# The characters that can open a level or add a link; counting a few too many only costs time.
_STEPS = b".([{,+-*/%@&|^<>~=:"
_NOT_STEPS = bytes(set(range(256)) - set(_STEPS + b"\n"))
_WORDS = ("not", "else", "and", " or", ")or")
_WORD_STEP = re.compile(r"\b(?:not|if|and|or)\b")


class TooDeep(NamedTuple):
    """Where a file nests too deep, and what does."""

    line: int
    reason: str


def too_deep(tree: ast.Module, text: str) -> TooDeep | None:
    """Return the first reason not to hand the file to libcst, if any."""
    for statement, links in _suspects(tree, _steps_before(text)):
        if links > MAX_LINKS:
            return TooDeep(statement.lineno, f"it has more than {MAX_LINKS} `elif` branches in a row")
        if max(map(_cost, _own_parts(statement)), default=0) > MAX_LEVELS * _LEVEL:
            reason = f"it nests deeper than {MAX_LEVELS} levels, or chains more than {MAX_LINKS} links"
            return TooDeep(statement.lineno, reason)
    return _deep_pattern(tree, text)


def _suspects(tree: ast.Module, before: list[int]) -> Iterator[tuple[ast.stmt, int]]:
    """Yield the statements that could nest deep by themselves, with the number of `elif`s that lead to each.

    Each level of nesting takes one step at least: few steps prove a statement harmless with all that it holds.
    """
    todo: list[tuple[list[ast.stmt], int]] = [(tree.body, 0)]
    while todo:
        body, links = todo.pop()
        for statement in body:
            first = statement.lineno
            for decorator in getattr(statement, "decorator_list", ()):
                first = min(first, decorator.lineno)
            if before[statement.end_lineno or first] - before[first - 1] < MAX_LEVELS:
                continue
            blocks = list(_blocks(statement, links))
            last = blocks[0][0][0].lineno if len(blocks) == 1 else statement.end_lineno or first
            if links > MAX_LINKS or before[last] - before[first - 1] >= MAX_LEVELS:
                yield statement, links
            todo += blocks


# The fields that hold statements, or holders of statements, by the class of the compound statement.
_WITH_BODY: dict[type[ast.stmt], tuple[str, ...]] = {
    ast.FunctionDef: ("body",),
    ast.AsyncFunctionDef: ("body",),
    ast.ClassDef: ("body",),
    ast.With: ("body",),
    ast.AsyncWith: ("body",),
    ast.For: ("body", "orelse"),
    ast.AsyncFor: ("body", "orelse"),
    ast.If: ("body", "orelse"),
    ast.While: ("body", "orelse"),
    ast.Try: ("body", "handlers", "orelse", "finalbody"),
    ast.TryStar: ("body", "handlers", "orelse", "finalbody"),
    ast.Match: ("cases",),
}


def _blocks(statement: ast.stmt, links: int = 0) -> Iterator[tuple[list[ast.stmt], int]]:
    """Yield the lists of statements directly under a compound statement, each with its number of `elif`s."""
    for field in _WITH_BODY.get(type(statement), ()):
        block = getattr(statement, field)
        if field in ("handlers", "cases"):
            yield from ((holder.body, 0) for holder in block)
        elif block:
            chained = field == "orelse" and isinstance(statement, ast.If) and isinstance(block[0], ast.If)
            yield block, links + 1 if chained else 0


def _steps_before(text: str) -> list[int]:
    """Return, for every line, how many steps stand in the lines before it."""
    if sum(text.count(word) for word in _WORDS) >= MAX_LEVELS:
        text = _WORD_STEP.sub("|", text)
    kept = text.encode("utf-8", "replace").translate(None, _NOT_STEPS)
    return list(accumulate(map(len, kept.split(b"\n")), initial=0))


def _own_parts(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield what stands directly under a statement and is no statement itself."""
    for node in ast.iter_child_nodes(statement):
        match node:
            case ast.ExceptHandler():
                yield from filter(None, [node.type])
            case ast.match_case():
                yield from filter(None, [node.pattern, node.guard])
            case ast.stmt():
                pass
            case _:
                yield node


def _cost(part: ast.AST) -> int:
    """Return the cost of the deepest way down an expression."""
    deepest = 0
    todo = [(part, 0)]
    while todo:
        node, cost = todo.pop()
        if cost > deepest:
            deepest = cost
            if cost > MAX_LEVELS * _LEVEL:
                break
        match node:
            case ast.Attribute() | ast.Subscript() | ast.Await() | ast.Starred():
                chained: ast.AST | None = node.value
            case ast.Call():
                chained = node.func
                if isinstance(node.func, ast.Attribute):
                    cost -= _LINK  # `.name()` is one link, not two
            case ast.BinOp():
                chained = node.left
            case ast.BoolOp():
                cost += len(node.values) * _LINK
                chained = None
            case ast.JoinedStr():
                # libcst nests adjacent strings, not the values in one; there are at most as many as lines, by custom.
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                cost += min(len(node.values), lines) * _LINK
                chained = None
            case ast.alias():
                cost += node.name.count(".") * _LINK
                deepest = max(deepest, cost)
                chained = None
            case _:
                chained = None
        if chained is not None:
            todo.append((chained, cost + _LINK))
        todo += ((child, cost + _LEVEL) for child in ast.iter_child_nodes(node) if child is not chained)
    return deepest


def _deep_pattern(tree: ast.Module, text: str) -> TooDeep | None:
    """Return the first `case` whose brackets nest deeper than libcst's parser stands; parentheses count too."""
    if "case" not in text:
        return None
    suspects = [found for found in _CASE.finditer(text) if _pattern_too_deep(text, found.end())]
    if not suspects:
        return None
    patterns = set(_lines_of_matches(tree))
    for found in suspects:
        line = text.count("\n", 0, found.start()) + 1
        if line in patterns:
            return TooDeep(
                line,
                f"it nests patterns deeper than {MAX_PATTERN_LEVELS} levels ({MAX_MAPPING_LEVELS} for mappings)",
            )
    return None


def _lines_of_matches(tree: ast.Module) -> Iterator[int]:
    """Yield the lines that `match` statements take; elsewhere `case` is a name like any other."""
    todo = [tree.body]
    while todo:
        for statement in todo.pop():
            if isinstance(statement, ast.Match):
                yield from range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
            todo += (block for block, _ in _blocks(statement))


def _pattern_too_deep(text: str, start: int) -> bool:
    """Tell whether brackets nest too deep for a pattern, up to the colon, newline or `if` outside of them."""
    brackets = mappings = 0
    for found in _SKIPPED.finditer(text, start):
        match found[0]:
            case "(" | "[":
                brackets += 1
            case "{":
                brackets += 1
                mappings += 1
            case ")" | "]":
                brackets -= 1
            case "}":
                brackets -= 1
                mappings -= 1
            case ":" | "\n" | "if" if brackets <= 0:
                return False
        if brackets > MAX_PATTERN_LEVELS or mappings > MAX_MAPPING_LEVELS:
            return True
    return False
