"""Expressions of Jinja templates, written as Python: in go the tokens of one tag, out comes text that reads the same.

Only what is read of which value is kept. Each name is preceded by a mark that says where in the template it stands.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from typing import NamedTuple

from sqla_lint.knowledge.rendering import parameter

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<end>[-+]?%\}|-?\}\})
    | (?P<name>[^\W\d]\w*)
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<sign>\*\*|//|==|!=|<=|>=|[-+*/%~<>=|.:,()\[\]{}])""",
    re.VERBOSE | re.DOTALL,
)
_COMPARISONS = ("==", "!=", "<", ">", "<=", ">=", "in")
_ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "//", "**", "~"})
_SAME = frozenset({"list", "reverse", "select", "reject", "shuffle"})
_ONE = frozenset({"first", "last", "random"})
_DEEPEST = 40

MARK = re.compile("\x01(\\d+)\x02")


class Broken(Exception):
    """A template that is not read: it does not parse, or it nests too deeply."""


class Token(NamedTuple):
    """A token of a tag: "name", "number", "string" or "sign", its text, and where it starts."""

    kind: str
    text: str
    offset: int


def tokens(text: str, start: int, closing: str) -> tuple[list[Token], int]:
    """The tokens of the tag whose inside begins at `start`, and where what follows the tag begins."""
    found: list[Token] = []
    depth, at = 0, start
    while match := _TOKEN.match(text, at):
        kind, value = match.lastgroup or "", match.group()
        if kind == "end" and (depth and value.endswith("}}") or not value.endswith(closing)):
            kind, value = "sign", value[0]
        if kind == "end":
            return found, match.end()
        depth += (value in "([{") - (value in ")]}") if kind == "sign" else 0
        if kind != "space":
            found.append(Token(kind, value, at))
        at += len(value)
    raise Broken(f"the tag at {start} has no end")


class Expressions:
    """Reads the expressions in the tokens of one tag; `modules` are the names that stand for imported templates."""

    def __init__(self, found: Sequence[Token], modules: frozenset[str] = frozenset()) -> None:
        self._tokens = found
        self._modules = modules
        self._at = 0
        self._depth = 0

    @property
    def done(self) -> bool:
        """Whether every token has been read."""
        return self._at >= len(self._tokens)

    def peek(self) -> Token:
        """The next token; an empty one at the end."""
        return self._tokens[self._at] if not self.done else Token("", "", 0)

    def next(self) -> Token:
        """Take the next token."""
        token = self.peek()
        self._at += 1
        return token

    def take(self, *texts: str) -> bool:
        """Take the next tokens if they are these signs or words."""
        ahead = self._tokens[self._at : self._at + len(texts)]
        if len(ahead) < len(texts) or any(
            token.kind == "string" or token.text != text for token, text in zip(ahead, texts, strict=True)
        ):
            return False
        self._at += len(texts)
        return True

    def must(self, text: str) -> None:
        """Take the next token, which is this sign or word. Raises Broken."""
        if not self.take(text):
            raise Broken(f"{text} is expected at {self.peek().offset}")

    def name(self) -> str:
        """Take a name. Raises Broken."""
        token = self.next()
        if token.kind != "name":
            raise Broken(f"a name is expected at {token.offset}")
        return parameter(token.text)

    def constant(self) -> str:
        """Take a string. Raises Broken."""
        token = self.next()
        if token.kind != "string":
            raise Broken(f"a string is expected at {token.offset}")
        return token.text[1:-1]

    def target(self) -> str:
        """Take the target of a `for` or a `set`: names with commas between them, or `namespace.name`."""
        names = [self._target_name()]
        while self.take(","):
            names.append(self._target_name())
        return ", ".join(names)

    def _target_name(self) -> str:
        if self.take("("):
            inner = self.target()
            self.must(")")
            return f"({inner},)"
        found = self.name()
        return f"{found}.{self.name()}" if self.take(".") else found

    def tuple(self) -> str:
        """Take an expression, or several with commas between them."""
        items = [self.expression()]
        while self.take(",") and not self.done:
            items.append(self.expression())
        return items[0] if len(items) == 1 else f"({', '.join(items)})"

    def expression(self, ternary: bool = True) -> str:
        """Take an expression. Raises Broken."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Broken("an expression nests too deeply")
        found = self._or()
        while ternary and self.take("if"):
            test = self._or()
            otherwise = self.expression() if self.take("else") else "None"
            found = f"({found} if {test} else {otherwise})"
        self._depth -= 1
        return found

    def _or(self) -> str:
        found = self._and()
        while self.take("or"):
            found = f"({found} or {self._and()})"
        return found

    def _and(self) -> str:
        found = self._not()
        while self.take("and"):
            found = f"({found} and {self._not()})"
        return found

    def _not(self) -> str:
        negated = 0
        while self.take("not"):
            negated += 1
        found = self._compared()
        return f"(not {found})" if negated else found

    def _compared(self) -> str:
        found = self._computed()
        while True:
            sign = next((sign for sign in _COMPARISONS if self.take(sign)), "not in" if self.take("not", "in") else "")
            if not sign:
                return found
            found = f"({found} {sign} {self._computed()})"

    def _computed(self) -> str:
        found = self._operand()
        while self.peek().kind == "sign" and self.peek().text in _ARITHMETIC:
            sign = self.next().text
            found = f"({found} {'+' if sign == '~' else sign} {self._operand()})"
        return found

    def _operand(self) -> str:
        signs = 0
        while self.take("-") or self.take("+"):
            signs += 1
        found = self._filtered(self._primary())
        return f"(-{found})" if signs else found

    def _primary(self) -> str:
        token = self.next()
        match token.kind, token.text:
            case "name", name if name in self._modules and self.take("."):
                return f"\x01{token.offset}\x02{name}__{self.name()}"
            case "name", "true" | "false" | "none" | "True" | "False" | "None" as name:
                return name.capitalize()
            case "name", name:
                return f"\x01{token.offset}\x02{parameter(name)}"
            case "number", _:
                return str(float(token.text)) if "." in token.text else str(int(token.text[:18]))
            case "string", text:
                while self.peek().kind == "string":
                    text += self.next().text
                return repr(text[1:-1])
            case "sign", "(":
                return self._items(")", "({},)") if not self.take(")") else "()"
            case "sign", "[":
                return self._items("]", "[{}]") if not self.take("]") else "[]"
            case "sign", "{":
                return self._pairs()
        raise Broken(f"an expression is expected at {token.offset}")

    def _items(self, closing: str, several: str) -> str:
        items = [self.expression()]
        single = closing == ")"
        while self.take(","):
            single = False
            if self.peek().text == closing:
                break
            items.append(self.expression())
        self.must(closing)
        return f"({items[0]})" if single else several.format(", ".join(items))

    def _pairs(self) -> str:
        pairs: list[str] = []
        while not self.take("}"):
            key = self.expression()
            self.must(":")
            pairs.append(f"{key}: {self.expression()}")
            if self.peek().text != "}":
                self.must(",")
        return "{" + ", ".join(pairs) + "}"

    def _filtered(self, found: str) -> str:
        """What follows a value: attributes, items, calls, filters and tests."""
        while True:
            token = self.peek()
            if self.take("."):
                part = self.next()
                found += f"[{part.text}]" if part.kind == "number" else f".{_attribute(part)}"
            elif self.take("["):
                found += self._subscript()
            elif self.take("("):
                found += f"({', '.join(self._arguments())})"
            elif self.take("|"):
                name = self._dotted()
                given = self._arguments() if self.take("(") else []
                found = _filter(name, found, given, token.offset)
            elif self.take("is"):
                self.take("not")
                self._dotted()
                found = f"bool({found})"
                if self.take("("):
                    self._arguments()
                elif self.peek().kind in ("name", "number", "string") and self.peek().text not in _WORDS:
                    self._primary()
            else:
                return found

    def _dotted(self) -> str:
        name = self.name()
        while self.take("."):
            name = self.name()
        return name.rstrip("_")

    def _subscript(self) -> str:
        parts = [""]
        while not self.take("]"):
            if self.take(":"):
                parts.append("")
            elif parts[-1]:
                self.must(",")
            else:
                parts[-1] = self.expression()
        text = ":".join(parts)
        if text.startswith(("'", '"')) and text[1:-1].isidentifier():
            return f".{parameter(text[1:-1])}"
        return f"[{text or 0}]"

    def _arguments(self) -> list[str]:
        """The arguments of a call, up to its closing bracket."""
        found: list[str] = []
        while not self.take(")"):
            stars = "**" if self.take("**") else "*" if self.take("*") else ""
            ahead = self._tokens[self._at : self._at + 2]
            if len(ahead) == 2 and ahead[0].kind == "name" and ahead[1].text == "=" and not stars:
                stars = f"{self.name()}="
                self.must("=")
            found.append(stars + self.expression())
            if self.peek().text != ")":
                self.must(",")
        return sorted(found, key=_is_keyword)


_WORDS = frozenset({"and", "or", "not", "if", "else", "in", "is", "recursive"})


def _is_keyword(argument: str) -> bool:
    return argument.startswith("**") or argument.partition("=")[0].isidentifier() and "=" in argument


def _attribute(token: Token) -> str:
    if token.kind != "name":
        raise Broken(f"a name is expected at {token.offset}")
    return f"{token.text}_" if keyword.iskeyword(token.text) else token.text


def _path(text: str | None) -> str:
    """`.customer.name` of the quoted attribute that a filter is given; empty where it is none."""
    names = text[1:-1].split(".") if text and text[:1] in "'\"" else []
    return "".join(f".{name}" for name in names) if all(name.isidentifier() for name in names) else ""


def _filter(name: str, subject: str, given: list[str], offset: int) -> str:
    """What a filter gives, as Python."""
    named = dict(item.split("=", 1) for item in given if _is_keyword(item) and not item.startswith("**"))
    plain = [item for item in given if not _is_keyword(item)]
    path = _path(named.get("attribute"))
    row = f"\x01{offset}\x02row"
    match name:
        case "map" if path:
            return f"[{row}{path} for row in {subject}]"
        case "selectattr" | "rejectattr" if plain and _path(plain[0]):
            return f"[row for row in {subject} if {row}{_path(plain[0])}]"
        case "groupby" if path or plain and _path(plain[0]):
            return f"[({row}{path or _path(plain[0])}, [row]) for row in {subject}]"
        case "sort" | "unique":
            return f"sorted({subject}, key=lambda row: {row}{path})" if path else f"list({subject})"
        case "min" | "max":
            return f"next(sorted({subject}, key=lambda row: {row}{path}))" if path else f"next(list({subject}))"
        case "sum" | "join":
            return f"len([{row}{path} for row in {subject}])" if path else f"len(list({subject}))"
        case "length" | "count":
            return f"len({subject})"
        case "batch" | "slice":
            return f"[list({subject})]"
        case "default" | "d":
            return f"({subject} or {plain[0]})" if plain else subject
        case "attr" if plain and _path(plain[0]):
            return f"{subject}{_path(plain[0])}"
        case "items" | "dictsort":
            return f"{subject}.items()"
    if name in _SAME:
        return f"list({subject})"
    return f"next(list({subject}))" if name in _ONE else f"print({', '.join([subject, *given])})"
