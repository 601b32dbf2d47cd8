"""Alembic's revisions as their facts tell of them: what one does on the way up, and not on the way down."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from sqla_lint.diagnostic import Span
from sqla_lint.flow.operations import LeftBehind
from sqla_lint.flow.places import Place
from sqla_lint.knowledge.migrations import OP, SCHEMA
from sqla_lint.project.mentions import last_names
from sqla_lint.project.project import Project
from sqla_lint.survey.facts import Facts


def left_behind(project: Project, targets: Collection[str]) -> Iterator[LeftBehind]:
    """Yield the `downgrade` functions that do nothing beside an `upgrade` that changes tables."""
    for facts in project.files:
        down, up = facts.functions.get("downgrade"), facts.functions.get("upgrade")
        if facts.path not in targets or down is None or up is None or not _is_revision(facts):
            continue
        lines = project.slices.lines(facts.path)[down.line - 1 : down.end_line]
        if down.sketch.calls or not _does_nothing(lines):
            continue
        operations = tuple(sorted(last_names(up.sketch.calls) & SCHEMA))
        if operations:
            column = len(lines[0]) - len(lines[0].lstrip()) + 1
            span = Span(facts.path, down.line, column, down.line, len(lines[0]) + 1)
            yield LeftBehind(Place(None, None, span), None, operations)


def _is_revision(facts: Facts) -> bool:
    """Whether Alembic runs the file: it names its place among the others."""
    return "down_revision" in facts.variables and any(target.startswith(OP) for target in facts.imports.values())


def _does_nothing(lines: list[str]) -> bool:
    """Whether a function of the module's has an empty body: one that raises says that there is no way back."""
    (function,) = ast.parse("\n".join(lines)).body
    return isinstance(function, ast.FunctionDef) and all(map(_is_empty, function.body))


def _is_empty(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.Return(value=None):
            return True
    return False
