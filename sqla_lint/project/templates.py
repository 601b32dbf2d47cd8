"""The templates that the project's functions render: found by name, each read as a function of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePath

from sqla_lint.knowledge.rendering import is_template, renders
from sqla_lint.source import Unreadable, parse, read_bytes
from sqla_lint.survey.expressions import Literal
from sqla_lint.survey.facts import Facts, FunctionFact
from sqla_lint.survey.jinja import Broken
from sqla_lint.survey.reader import survey
from sqla_lint.survey.templates import FUNCTION, MAX_BYTES, Origin, Template, Translation, translate


def read_template(path: str) -> str:
    """The text of a template. Raises Unreadable."""
    try:
        return read_bytes(Path(path), MAX_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("it is not UTF-8") from error


class Templates:
    """The templates below the project's folders, by their paths as shown; each is read once something renders it."""

    def __init__(self, paths: Iterable[str] = (), read: Callable[[str], str] = read_template) -> None:
        self._read = read
        self._by_file: dict[str, list[str]] = {}
        self._parsed: dict[str, Template | None] = {}
        self._translated: dict[str, Translation] = {}
        for path in paths:
            self._by_file.setdefault(PurePath(path).name, []).append(path)

    def render(self, files: Iterable[Facts]) -> list[Facts]:
        """Read the templates that functions of these files name; the facts of each, as a module of its own."""
        found: dict[str, Facts] = {}
        for facts in files:
            for function in facts.functions.values():
                for name in self.named(facts, function):
                    path = self.path(name, facts.path)
                    if path and path not in found and (made := self._facts(path)) is not None:
                        found[path] = made
        return list(found.values())

    def named(self, facts: Facts, function: FunctionFact) -> Iterator[str]:
        """The names of templates that a function mentions, those in the body of its class included."""
        yield from function.sketch.templates
        owner = facts.classes.get(function.owner)
        if owner is None or not any(renders(chain.rpartition(".")[2]) for chain in function.sketch.calls):
            return
        read = {chain.rpartition(".")[2] for chain in function.sketch.reads}
        for name in sorted(read & owner.attributes.keys()):
            match owner.attributes[name].value:
                case Literal(value=str(text)) if is_template(text):
                    yield text

    def function(self, name: str, near: str) -> str:
        """The function that rendering `name` in the file `near` runs; empty where there is none."""
        path = self.path(name, near)
        return f"<{path}>:{FUNCTION}" if path in self._translated else ""

    @property
    def texts(self) -> dict[str, str]:
        """The translations of what was read, by path."""
        return {path: made.text for path, made in self._translated.items()}

    @property
    def origins(self) -> Mapping[str, tuple[Origin, ...]]:
        """Where the lines of the translations stand, by path."""
        return {path: made.origins for path, made in self._translated.items()}

    def path(self, name: str, near: str) -> str:
        """The path of the template called `name`: of several the one nearest to `near`, then the highest."""
        wanted = tuple(part for part in name.split("/") if part not in (".", ""))
        candidates = self._by_file.get(wanted[-1], []) if wanted else []
        found = [path for path in candidates if _ends(PurePath(path).parts, ("templates", *wanted))]
        found = found or [path for path in candidates if _ends(PurePath(path).parts, wanted)]
        # Loaders may leave out the folder that every package keeps its templates in.
        found = found or [path for path in candidates if _ends(_without_folder(path), wanted)]
        ranked = sorted((-_common(path, near), path.count("/"), path) for path in found)
        if len(ranked) > 1 and ranked[0][:2] == ranked[1][:2]:
            return ""
        return ranked[0][2] if ranked else ""

    def _facts(self, path: str) -> Facts | None:
        template = self._template(path)
        made = translate(template, self._other) if template is not None else None
        if made is None:
            return None
        try:
            tree = parse(made.text)
        except Unreadable:
            return None
        self._translated[path] = made
        return survey(tree, path, [f"<{path}>"])._replace(guesses=False)

    def _other(self, name: str, template: Template) -> Template | None:
        path = self.path(name, template.shown)
        return self._template(path) if path else None

    def _template(self, path: str) -> Template | None:
        if path not in self._parsed:
            try:
                self._parsed[path] = Template(path, self._read(path))
            except (Broken, Unreadable):
                self._parsed[path] = None
        return self._parsed[path]


def _ends(parts: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return parts[-len(wanted) :] == wanted


def _without_folder(path: str) -> tuple[str, ...]:
    return tuple(part for part in PurePath(path).parts if part != "templates")


def _common(left: str, right: str) -> int:
    """How many leading folders two paths share."""
    count = 0
    for one, other in zip(PurePath(left).parts, PurePath(right).parts, strict=False):
        if one != other:
            break
        count += 1
    return count
