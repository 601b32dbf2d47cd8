"""The index of the rules: `python -m tests.harness.index` writes rules/README.md, `--check` only compares."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from sqla_lint.rule import FAMILIES, Rule
from tests.harness.pages import RULES, Page, pages

INDEX = RULES / "README.md"
HEAD = """# The rules

One page per rule. Every example on a page is linted and run: a comment such as `# error` or `# emits: 5` is a claim
that the tests hold it to. Rules that are off are turned on with `extend-select`: one by one, by family (`async`,
`unit-of-work`), or by severity (`advice`). A fix that is shown is for people to apply. Written by
`python -m tests.harness.index`; edit the pages, not this table.
"""


def index(found: list[Page], rules: dict[str, Rule]) -> str:
    """Return the text of the index: the pages by family, with what the rules of that code say of themselves."""
    return "\n".join(_lines(found, rules)) + "\n"


def _lines(found: list[Page], rules: dict[str, Rule]) -> Iterator[str]:
    yield HEAD.rstrip()
    for digit, family in FAMILIES.items():
        members = [page for page in found if page.code[3] == digit]
        if not members:
            continue
        yield f"\n## {family}\n"
        yield "| code | name | what it finds | severity | default | fix |"
        yield "|---|---|---|---|---|---|"
        for page in members:
            rule = rules.get(page.code)
            severity = rule.severity.value if rule else "-"
            default = ("on" if rule.default else "off") if rule else "-"
            fix = rule.fix.value if rule else "-"
            name = f"[{page.name}]({page.path.name})"
            yield f"| {page.code} | {name} | {page.sentence} | {severity} | {default} | {fix} |"
    yield from _symptoms(found)


def _symptoms(found: list[Page]) -> Iterator[str]:
    """The table that leads from what is seen to what may be behind it."""
    rules: dict[str, list[str]] = {}
    for page in found:
        for symptom in page.symptoms:
            rules.setdefault(symptom, []).append(f"[{page.name}]({page.path.name})")
    if rules:
        yield "\n## From symptom to rule\n"
        yield "What is seen, and what may be behind it. Each page shows it happen, in examples that the tests run.\n"
        yield "| what is seen | what may be behind it |"
        yield "|---|---|"
        yield from (f"| {symptom} | {', '.join(rules[symptom])} |" for symptom in sorted(rules, key=str.lower))


def main(arguments: list[str]) -> int:
    """Write the index, or with `--check` return 1 where it is stale."""
    from sqla_lint.checks import RULES as rules

    wanted = index(pages(), rules)
    if arguments == ["--check"]:
        fresh = INDEX.is_file() and INDEX.read_text(encoding="utf-8") == wanted
        print("fresh" if fresh else "rules/README.md is stale: run `python -m tests.harness.index`")
        return 0 if fresh else 1
    INDEX.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
