"""Templates: what Jinja would run, as Python; and what is hostile costs little and is not read."""

from __future__ import annotations

import ast
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from sqla_lint.project.templates import Templates
from sqla_lint.survey.jinja import Broken
from sqla_lint.survey.templates import Template, translate


def python(text: str, others: Mapping[str, str] | None = None) -> str:
    """Return the Python of a template, without its header, its `pass` lines and the breaks that keep places."""
    known = {name: Template(name, body) for name, body in (others or {}).items()}
    made = translate(Template("page.html", text), lambda name, _: known.get(name))
    assert made is not None
    ast.parse(made.text)
    lines = made.text.replace("\\\n", "").split("\n")[1:]
    return "\n".join(line[1:] for line in lines if line.strip() not in ("", "pass"))


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        ("{{ order.customer.name }}", "print(order.customer.name)"),
        ("{{ plain }} {{ 'text' }} {# {{ order.lines }} #}", ""),
        ("{{ order['customer'].name }}", "print(order.customer.name)"),
        ("{{ orders[0].lines }}", "print(orders[0].lines)"),
        ("{{ order.lines|length }}", "print(len(order.lines))"),
        ("{{ o.lines|map(attribute='product.code')|list }}", "print(list([row.product.code for row in o.lines]))"),
        ("{{ rows|sort(attribute='a.b') }}", "print(sorted(rows, key=lambda row: row.a.b))"),
        ("{{ rows|selectattr('a')|first }}", "print(next(list([row for row in rows if row.a])))"),
        ("{{ rows|groupby('a') }}", "print([(row.a, [row]) for row in rows])"),
        ("{{ rows|sum(attribute='a') }}", "print(len([row.a for row in rows]))"),
        ("{{ order.a|strange(1, key=2)|upper }}", "print(print(print(order.a, 1, key=2)))"),
        ("{{ order.a is defined and not order.b }}", "print((bool(order.a) and (not order.b)))"),
        ("{{ order.a if order.b else order.c }}", "print((order.a if order.b else order.c))"),
        ("{{ 'x' ~ order.a + 1 }}", "print((('x' + order.a) + 1))"),
        ("{{ order.a == 1 or order.b not in (1, 2) }}", "print(((order.a == 1) or (order.b not in (1, 2,))))"),
        ("{{ f(order.a, *args, class='x', **more) }}", "print(f(order.a, *args, class_='x', **more))"),
        ("{{ {'a': {'b': order.a}} }}", "print({'a': {'b': order.a}})"),
        ("{{ '}}' ~ order.a }}", "print(('}}' + order.a))"),
        ("{%- for o in orders -%}{{ o.a }}{%- endfor -%}", "for o in orders:\n print(o.a)"),
        ("{% for o in orders if o.a %}{{ o.b }}{% endfor %}", "for o in orders:\n if o.a:\n  print(o.b)"),
        ("{% for k, v in d.items() recursive %}{% endfor %}", "for k, v in d.items():"),
        ("{% if a.b %}{{ a.c }}{% elif a.d %}{{ a.e }}{% else %}{{ a.f }}{% endif %}",
         "if a.b:\n print(a.c)\nelif a.d:\n print(a.e)\nelse:\n print(a.f)"),
        ("{% set rows = order.lines %}", "rows = order.lines"),
        ("{% set text %}{{ order.a }}{% endset %}", "if True:\n print(order.a)"),
        ("{% with a = order.b %}{{ a.c }}{% endwith %}", "a = order.b\nif True:\n print(a.c)"),
        ("{% trans name=order.a %}Hello {{ name.b }}{% endtrans %}", "name = order.a\nif True:\n print(name.b)"),
        ("{% raw %}{{ order.a }}{% endraw %}{{ order.b }}", "print(order.b)"),
        ("{% macro m(a, b=1) %}{{ a.c }}{% endmacro %}{{ m(o) }}", "def m(a=None, b=1):\n print(a.c)\nprint(m(o))"),
        ("{% call(x) m(o.a) %}{{ x.b }}{% endcall %}", "print(m(o.a))\nif True:\n print(x.b)"),
        ("{% cache 5 %}{{ order.a }}{% endcache %}", "print(order.a)"),
    ],
)  # fmt: skip
def test_reads_what_jinja_reads(template: str, wanted: str) -> None:
    """Each tag becomes the Python that reads the same."""
    assert python(template) == wanted


def test_blocks_are_filled_by_the_template_that_extends() -> None:
    """What a template puts into a block replaces what stands there."""
    base = "{{ site.a }}{% block main %}{{ site.b }}{% endblock %}"
    assert python("{% extends 'base' %}{% block main %}{{ order.a }}{% endblock %}", {"base": base}) == (
        "print(site.a)\nprint(order.a)"
    )
    assert python("{% extends 'nowhere' %}{% block main %}{{ order.a }}{% endblock %}") == ""


def test_includes_and_macros_are_written_out() -> None:
    """Other templates stand where they are used."""
    others = {"row": "{{ order.a }}", "macros": "{% macro m(a) %}{{ a.b }}{% endmacro %}"}
    assert python("{% include 'row' %}", others) == "print(order.a)"
    assert python("{% include ['none', 'row'] ignore missing %}", others) == "print(order.a)"
    assert python("{% from 'macros' import m as n with context %}{{ n(o) }}", others) == (
        "def n(a=None):\n print(a.b)\nprint(n(o))"
    )
    assert python("{% import 'macros' as x %}{{ x.m(o) }}", others) == (
        "def x__m(a=None):\n print(a.b)\nprint(x__m(o))"
    )


def test_each_name_has_its_place() -> None:
    """The origins are those of the names."""
    made = translate(Template("t.html", "<b>\n {{ a.b + c.d }}"), lambda name, template: None)
    assert made is not None
    places = dict(zip(made.text.split("\n"), made.origins, strict=False))
    assert places["a.b + \\"] == ("t.html", 2, 5)
    assert places["c.d))"] == ("t.html", 2, 11)


@pytest.mark.parametrize(
    "text",
    [
        "{% for o in orders %}{{ o.a }}{% endif %}",
        "{{ order.",
        "{{ a b }",
        "{# never closed",
        "{% for in %}",
        "{{ " + "(" * 5_000 + " }}",
        "{{ " + "a.b," * 5_000 + " }}",
        "{% if a %}" * 5_000,
        "{{ '" + "\\" * 20_001 + " }}",
    ],
)
def test_a_broken_template_is_not_read(text: str) -> None:
    """It says so at once."""
    before = time.perf_counter()
    with pytest.raises(Broken):
        Template("t.html", text)
    assert time.perf_counter() - before < 2


def test_templates_that_include_each_other_end() -> None:
    """A circle is cut, and what multiplies is given up."""
    known = {name: Template(name, f"{{% include '{other}' %}}" * 9 + "{{ a.b }}") for name, other in ("xy", "yx")}
    made = translate(known["x"], lambda name, _: known.get(name))
    assert made is not None
    wide = {str(n): Template(str(n), f"{{% include '{n + 1}' %}}" * 60 + "{{ a.b }}") for n in range(6)}
    assert translate(wide["0"], lambda name, _: wide.get(name)) is None


def test_a_template_is_found_by_its_name(tmp_path: Path) -> None:
    """The whole name decides, then the folder of templates, then nearness."""
    paths = ["app/templates/list.html", "app/templates/orders/list.html", "app/blog/templates/list.html",
             "app/news/templates/news.html", "app/old/templates/news.html", "app/shop/templates/cart.html"]  # fmt: skip
    templates = Templates(paths)
    assert templates.path("list.html", "app/views.py") == "app/templates/list.html"
    assert templates.path("list.html", "app/blog/views.py") == "app/blog/templates/list.html"
    assert templates.path("orders/list.html", "app/views.py") == "app/templates/orders/list.html"
    assert templates.path("shop/cart.html", "app/views.py") == "app/shop/templates/cart.html"
    assert templates.path("news.html", "app/views.py") == ""  # either might be meant
    assert templates.path("", "app/views.py") == templates.path("nowhere.html", "app/views.py") == ""


def test_what_is_no_text_is_not_read(tmp_path: Path) -> None:
    """Bytes, folders and what is not there."""
    (tmp_path / "a.html").write_bytes(b"\xff\xfe{{ a.b }}")
    (tmp_path / "b.html").mkdir()
    templates = Templates(str(tmp_path / name) for name in ("a.html", "b.html", "c.html"))
    assert [templates.function(name, "x.py") for name in ("a.html", "b.html", "c.html")] == ["", "", ""]
