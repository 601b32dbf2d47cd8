"""The source of one function, parsed: only its own lines reach libcst."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sqla_lint.flow.places import Slice
from sqla_lint.source import read_text
from sqla_lint.survey.facts import Facts, FunctionFact
from sqla_lint.survey.templates import Origin

if TYPE_CHECKING:
    import libcst as cst


_KEPT = 160
_KEPT_FILES = 32


class Unsliceable(Exception):
    """The lines of a function could not be parsed on their own."""


def trust_parser() -> None:
    """Have libcst check no node of what it parses itself, a fifth of its time. For a process of our own only.

    Its classes are abstract ones, of which `isinstance` asks whether anything is registered with them: nothing is.
    """
    import libcst as cst

    cst.CSTNode.__post_init__ = lambda self: None  # type: ignore[method-assign]
    todo: list[type] = [cst.CSTNode]
    while todo:
        kind = todo.pop()
        kind.__class__ = _Plain
        todo += kind.__subclasses__()


class _Plain(ABCMeta):
    __instancecheck__ = type.__instancecheck__


class Slices:
    """Cuts functions out of files, or out of the texts given instead of them; keeps what was used last."""

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self._texts = dict(texts or {})
        self._origins: dict[str, tuple[Origin, ...]] = {}
        self._lines: dict[str, list[str]] = {}
        self._cut: dict[str, tuple[Slice, cst.FunctionDef]] = {}

    def give(self, texts: Mapping[str, str], origins: Mapping[str, tuple[Origin, ...]]) -> None:
        """Take texts that were made of files, and where each of their lines stands there."""
        self._texts |= texts
        self._origins |= origins

    def lines(self, path: str) -> list[str]:
        """The lines of a file, as Python counts them."""
        if path not in self._lines:
            if len(self._lines) >= _KEPT_FILES:
                self._lines.pop(next(iter(self._lines)))
            text = self._texts.get(path)
            if text is None:
                text = read_text(Path(path))
            self._lines[path] = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return self._lines[path]

    def function(self, facts: Facts, fact: FunctionFact) -> tuple[Slice, cst.FunctionDef]:
        """The slice of a function and its node. Columns stay as they are: the lines are not dedented."""
        key = f"{facts.module}:{fact.qualname}"
        if key not in self._cut:
            if len(self._cut) >= _KEPT:
                self._cut.pop(next(iter(self._cut)))
            self._cut[key] = self._function(facts, fact)
        return self._cut[key]

    def _function(self, facts: Facts, fact: FunctionFact) -> tuple[Slice, cst.FunctionDef]:
        import libcst as cst

        lines = self.lines(facts.path)[fact.line - 1 : fact.end_line]
        indented = bool(lines) and lines[0][:1] in (" ", "\t")
        text = "\n".join(["if _:", *lines, ""] if indented else [*lines, ""])
        module = self._parse(text)
        body = module.body[0]
        if indented:
            assert isinstance(body, cst.If)
            body = body.body.body[0]  # type: ignore[assignment]
        if not isinstance(body, cst.FunctionDef):
            raise Unsliceable(f"{facts.path}:{fact.line}")
        offset = fact.line - (2 if indented else 1)
        return Slice(facts.path, module, offset, len(lines), self._origins.get(facts.path, ())), body

    def module(self, facts: Facts) -> Slice:
        """The whole file."""
        lines = self.lines(facts.path)
        return Slice(facts.path, self._parse("\n".join(lines)), 0, len(lines))

    def _parse(self, text: str) -> cst.Module:
        import libcst as cst

        try:
            return cst.parse_module(text)
        except Exception as error:  # libcst raises several kinds, its own bugs among them
            raise Unsliceable(str(error)) from error
