"""How templates are named and rendered: by Flask, Starlette, Pyramid and Jinja itself."""

from __future__ import annotations

import builtins
import keyword

# Files that are templates wherever they lie, and those that are below a folder of templates.
SUFFIXES = (".jinja", ".jinja2", ".j2")
SUFFIXES_IN_FOLDER = (".htm", ".html", ".md", ".tex", ".txt", ".xhtml", ".xml")
_LONGEST = 200
_KEPT = frozenset({"range", "dict"})

# Gives a template by its name, whose `render` then renders it.
GETTERS = frozenset({"get_template", "select_template", "get_or_select_template"})
METHODS = frozenset({"generate", "generate_async", "render", "render_async", "stream"})


def is_template(text: str) -> bool:
    """Whether a string may be the name of a template."""
    return text.endswith((*SUFFIXES, *SUFFIXES_IN_FOLDER)) and len(text) < _LONGEST and " " not in text


def renders(name: str) -> bool:
    """Whether a function of that name may render the template that it is given."""
    lowered = name.lower()
    return "render" in lowered or "template" in lowered


def parameter(name: str) -> str:
    """The Python name of a name of a template: never a keyword, never a builtin that its translation uses."""
    return f"{name}_" if name not in _KEPT and (keyword.iskeyword(name) or hasattr(builtins, name)) else name
