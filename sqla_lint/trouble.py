"""What the linter has to say about itself: files it could not analyse, and its own failures."""

from __future__ import annotations

from sqla_lint.diagnostic import Diagnostic, Fix, Severity, Span
from sqla_lint.rule import Rule
from sqla_lint.text import escape

NOT_ANALYSED = Rule(
    name="file-not-analysed",
    code="ORM900",
    since="0.1",
    message="not analysed: {reason}",
    severity=Severity.ERROR,
)
INTERNAL_ERROR = Rule(
    name="internal-error",
    code="ORM901",
    since="0.1",
    message="internal error in {where}: {error}",
    severity=Severity.ERROR,
)
OWN_RULES = {rule.code: rule for rule in (NOT_ANALYSED, INTERNAL_ERROR)}

_FIXES = {
    NOT_ANALYSED.code: "make the file readable Python, or exclude it",
    INTERNAL_ERROR.code: "please report this, with the file and the output under SQLA_LINT_TRACEBACK=1",
}
EXPLANATIONS = {
    NOT_ANALYSED.code: """# file-not-analysed

The file could not be read, decoded or parsed, or it nests so deep that analysing it could hang. Nothing is known
about it, so nothing was checked in it, and the exit code is 2. The other files were checked.

## Fix

Make the file readable Python. Where it is broken on purpose, name it in `exclude`, or say
`per-file-ignores = { "path/of/it.py" = ["ORM900"] }`.
""",
    INTERNAL_ERROR.code: """# internal-error

The linter itself failed on this file or function. What it says about the rest stands, and the exit code is 2.

## Fix

Please report it, with the file and the output under `SQLA_LINT_TRACEBACK=1`.
""",
}


def is_trouble(diagnostic: Diagnostic) -> bool:
    """Tell whether a diagnostic is about the linter and not about the code."""
    return diagnostic.code in OWN_RULES


def not_analysed(shown: str, reason: str, line: int = 1, column: int = 1) -> Diagnostic:
    """Return the diagnostic for a file that could not be analysed."""
    return _at(NOT_ANALYSED, NOT_ANALYSED.message.format(reason=reason), shown, line, column)


def internal_error(shown: str, where: str, error: BaseException, line: int = 1, column: int = 1) -> Diagnostic:
    """Return the diagnostic for a failure of the linter; `where` names the rule or the stage."""
    words = escape(f"{type(error).__name__}: {error}")[:300].rstrip(": ")
    return _at(INTERNAL_ERROR, INTERNAL_ERROR.message.format(where=where, error=words), shown, line, column)


def lost_to(shown: str, where: str, how: str, line: int = 1, *, stalled: bool) -> Diagnostic:
    """Return the diagnostic for what cost a worker: `how` says whether it took too long or ended the process."""
    if stalled:
        return not_analysed(shown, f"{where} {how}", line)
    return _at(INTERNAL_ERROR, INTERNAL_ERROR.message.format(where=where, error=how), shown, line, 1)


def _at(rule: Rule, message: str, shown: str, line: int, column: int) -> Diagnostic:
    """Return a diagnostic of an own rule at one character."""
    span = Span(shown, line, column, line, column + 1)
    return Diagnostic(span, rule.code, rule.name, message, rule.severity, Fix(_FIXES[rule.code]))
