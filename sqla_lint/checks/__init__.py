"""Stage 4: one module per rule, named as the rule is. A module here with a `rule` is all the registration there is."""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from pkgutil import iter_modules

from sqla_lint.flow.asked import Asked
from sqla_lint.knowledge.versions import Versions
from sqla_lint.rule import Check, Rule


def _rules() -> dict[str, Rule]:
    found = [import_module(f"{__name__}.{module.name}").rule for module in iter_modules(__path__)]
    return {rule.code: rule for rule in sorted(found, key=lambda rule: rule.code)}


RULES: dict[str, Rule] = _rules()

CHECKS: dict[type, tuple[Check, ...]] = {
    event: tuple(rule.checks[event] for rule in RULES.values() if event in rule.checks)
    for event in {event for rule in RULES.values() for event in rule.checks}
}

CALLS: dict[tuple[str, str], tuple[Check, ...]] = {
    call: tuple(rule.calls[call] for rule in RULES.values() if call in rule.calls)
    for call in {call for rule in RULES.values() for call in rule.calls}
}


def asked_by(codes: Collection[str], versions: Versions) -> Asked:
    """What the rules of these codes that speak on these generations ask flow for besides what it tells anyway."""
    rules = [rule for code, rule in RULES.items() if code in codes and _speaks(rule, versions)]
    events = frozenset(event.__name__ for rule in rules for event in rule.checks)
    calls = frozenset(call for rule in rules for call in rule.calls)
    beside = {call: [rule.beside[call] for rule in rules if call in rule.beside] for call in calls}
    between = {call: frozenset().union(*names) for call, names in beside.items() if all(names)}
    return Asked(calls, events, between, frozenset(item for rule in rules for item in rule.operations.items()))


def silent(versions: Versions) -> frozenset[str]:
    """The codes of the rules that do not speak where a project may run on these generations."""
    return frozenset(code for code, rule in RULES.items() if not _speaks(rule, versions))


def _speaks(rule: Rule, versions: Versions) -> bool:
    return not rule.since_generation or versions.told and versions.since(rule.since_generation)
