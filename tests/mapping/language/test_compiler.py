"""What a compiled expression gives is what Jinja would give in the same sandbox."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2 import nodes
from jinja2.runtime import Undefined
from jinja2.visitor import NodeTransformer

from receiver.mapping.language.environment import ENVIRONMENT, parse_expression
from receiver.mapping.language.expression import compile_expression
from receiver.mapping.language.limits import EventLimits
from receiver.mapping.language.scope import ExpressionScope
from tests.mapping.sample_routes import context

BODY = {
    "id": 7,
    "status": "COMPLETED",
    "total": "19.99",
    "customer": {"email": "Ann@X.test", "first_name": "Ann", "last_name": None},
    "line_items": [
        {"id": 1, "name": "Algèbre", "total": "9.99", "quantity": 2},
        {"id": 2, "name": "", "total": None},
    ],
    "coupons": [],
    "n": None,
    "zero": 0,
    "half": 0.5,
    "words": ["b", "a", "", None, "a"],
    "numbers": [3, 1, 2],
    "lists": [[1], [], [2, 3]],
    "table": {"a b": {"c": 1}, "items": "mine"},
    "html": "<p>a &amp; b</p> <br>",
}
NAMES = context("order.placed", json.dumps(BODY).encode())

LEAVES = st.sampled_from(
    [
        *(
            "person",
            "person.first_name",
            "person.last_name",
            "person.absent",
            "absent",
            "absent.inside",
            "order.total",
            "order.status",
        ),
        *(
            "order.line_items",
            "order.date_created",
            "order.transaction_ref",
            "order.coupons",
            "customer.billing_address.city",
        ),
        *(
            "event.name",
            "event.received_at",
            "source.name",
            "raw",
            "raw.n",
            "raw.n.inside",
            "raw.zero",
            "raw.half",
            "raw.words",
        ),
        *(
            "raw.numbers",
            "raw.lists",
            "raw.table",
            "raw.table['a b'].c",
            "raw.table.items",
            "raw.table.keys()",
            "raw.html",
            "raw.absent",
        ),
        *(
            "raw['status']",
            "raw[order.status]",
            "raw.words[1]",
            "raw.words[9]",
            "raw.words[-1]",
            "person['email']",
            "'text'",
            "''",
            "5",
        ),
        *("1.5", "true", "'%s'", "'items'", "'2026-05-01'", "[]", "()", "{}"),
    ]
)

FILTERS = [
    *(
        "default('x')",
        "d",
        "upper",
        "lower",
        "title",
        "capitalize",
        "trim",
        "trim('a')",
        "truncate(5, true)",
        "striptags",
        "string",
    ),
    *(
        "replace('a', 'b')",
        "replace('', 'b')",
        "replace('a', 'bb', 1)",
        "length",
        "count",
        "first",
        "last",
        "list",
        "sort",
        "unique",
    ),
    *(
        "sort(reverse=true)",
        "reverse",
        "max",
        "min",
        "sum",
        "sum(attribute='total')",
        "join",
        "join(', ')",
        "join(', ', 'name')",
    ),
    *(
        "join(attribute='name')",
        "map('upper')",
        "map(attribute='name')",
        "map(attribute='nmae', default=1)",
        "map('default', 'y')",
    ),
    *(
        "select",
        "select('string')",
        "select('in', ['a', 1])",
        "reject('none')",
        "selectattr('name')",
        "rejectattr('total', 'none')",
    ),
    *(
        "selectattr('total', 'gt', 5)",
        "int",
        "float",
        "abs",
        "round(1)",
        "money",
        "money('JPY')",
        "date",
        "date('%d.%m.')",
        "slug",
    ),
]
TESTS = [
    *(
        "defined",
        "undefined",
        "none",
        "not none",
        "string",
        "number",
        "odd",
        "divisibleby(2)",
        "in ['a', 5]",
        "eq 5",
        "lower",
        "upper",
    ),
    *("mapping", "sequence", "iterable", "true", "filter", "sameas none"),
]
SLICED = st.sampled_from(
    [
        "raw.words",
        "raw.html",
        "raw.n",
        "raw.absent",
        "raw.table",
        "order.line_items",
        "(raw.words | map('upper'))",
    ]
)
METHODS = [
    "upper()",
    "split('e')",
    "split('@')[1]",
    "startswith('C')",
    "strip()",
    "replace('a', 'b')",
    "get('id')",
    "get('x', 1)",
    "year",
]
OPERATORS = [
    *(
        "+",
        "-",
        "*",
        "/",
        "//",
        "%",
        "~",
        "==",
        "!=",
        "<",
        ">=",
        "in",
        "not in",
        "and",
        "or",
        "< 5 <",
        "== 5 ==",
    )
]


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions of expressions."""
    return st.one_of(
        st.builds("({} | {})".format, inner, st.sampled_from(FILTERS)),
        st.builds("({} is {})".format, inner, st.sampled_from(TESTS)),
        st.builds("({}).{}".format, inner, st.sampled_from(METHODS)),
        st.builds("({} {} {})".format, inner, st.sampled_from(OPERATORS), inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("({} if {})".format, inner, inner),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("({})[{}:2]".format, SLICED, st.sampled_from(["", "1", "-1"])),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("({{'k': {}, 'j': {}}}).k".format, inner, inner),
        st.builds("(({}, {}) | join('-'))".format, inner, inner),
        st.builds("(not {})".format, inner),
        st.builds("(-{})".format, inner),
        st.builds("({} | default({}))".format, inner, inner),
    )


EXPRESSIONS = st.recursive(LEAVES, larger, max_leaves=6)


class AsJoin(NodeTransformer):
    """Turns `a ~ b` into a join, the one thing that ours means otherwise: Jinja's writes "None" for
    nothing.
    """

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802 - Jinja's name for it
        self.generic_visit(node)
        return nodes.Filter(nodes.List(node.nodes, lineno=1), "join", [], [], None, None, lineno=1)


def scope() -> ExpressionScope:
    return ExpressionScope(ENVIRONMENT, NAMES, EventLimits())


def by_jinja(source: str) -> Any:
    """The value of an expression, evaluated by the code that Jinja makes of it."""
    tree = AsJoin().visit(parse_expression("{{ " + source + " }}"))
    assign = nodes.Assign(nodes.Name("result", "store", lineno=1), tree.body[0].nodes[0], lineno=1)
    seen = scope()
    for _ in ENVIRONMENT.from_string(nodes.Template([assign], lineno=1)).root_render_func(seen):
        pass
    return seen.vars["result"]


def outcome(evaluate: Any) -> Any:
    """The value in a form that can be compared, or that there is none; which of two errors is met
    first may differ.
    """
    try:
        return comparable(evaluate())
    except Exception:  # noqa: BLE001 - any is an outcome
        return "an error"


def comparable(value: Any) -> Any:
    if isinstance(value, Undefined):
        return type(value)
    if isinstance(value, Iterator):
        return "items", comparable(list(value))
    if isinstance(value, list | tuple):
        return type(value), [comparable(item) for item in value]
    return type(value), str(value) if callable(value) else value


@settings(max_examples=1_500, deadline=None)
@given(EXPRESSIONS)
@example("raw.words | map('upper') | list")
@example("raw.lists | map('sum') | list")
@example("1 < 2 < 3 > 5")
@example("'a' if false")
@example("order.line_items | map(attribute='name') | join(', ')")
def test_an_expression_gives_what_jinja_gives(source: str) -> None:
    """The same value of the same type, or an error."""
    assert outcome(lambda: compile_expression("{{ " + source + " }}")(scope())) == outcome(
        lambda: by_jinja(source)
    )


@settings(max_examples=300, deadline=None)
@given(st.lists(EXPRESSIONS, min_size=1, max_size=3))
def test_a_text_with_expressions_gives_what_jinja_renders(sources: list[str]) -> None:
    """The texts around them included, without outer blanks."""
    template = " a ".join("{{ " + source + " }}" for source in sources) + " b "
    tree = AsJoin().visit(parse_expression(template))
    rendered = outcome(
        lambda: "".join(ENVIRONMENT.from_string(tree).root_render_func(scope())).strip()
    )
    assert outcome(lambda: compile_expression(template)(scope())) == rendered
