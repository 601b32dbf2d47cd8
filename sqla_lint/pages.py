"""The rule pages: in goes the name of a rule, out comes the text of its page.

An installed package carries the pages as data; in a checkout they stand in the folder `rules` beside the package.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent
_FOLDERS = (_HERE / "_pages", _HERE.parent / "rules")


def page(rule_name: str) -> str:
    """Return the page of a rule; a LookupError when there is none."""
    if rule_name.replace("-", "").isalnum():  # a name, not a path
        for folder in _FOLDERS:
            file = folder / f"{rule_name}.md"
            if file.is_file():
                return file.read_text(encoding="utf-8")
    raise LookupError(f"there is no page about {rule_name}")
