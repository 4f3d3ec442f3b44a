"""Whatever stands in a configuration, the answer is a fault with its place, never a traceback."""

from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import ConnectorSettings
from receiver.config_errors import ConfigError, read_model
from receiver.mapping import MappingFault, RouteSettings, RouteTable
from tests.mapping.sample_routes import context

WORDS = st.sampled_from(
    [
        *(
            "{{",
            "}}",
            "{%",
            "%}",
            "if",
            "else",
            "for",
            "in",
            "set",
            "not",
            "is",
            "defined",
            "and",
            "or",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
        ),
        *(
            "|",
            "~",
            "+",
            "-",
            "*",
            "**",
            "/",
            "%",
            ".",
            ",",
            ":",
            "==",
            "<",
            "order",
            "person",
            "raw",
            "x",
            "items",
            "email",
            "total",
        ),
        *(
            "map",
            "join",
            "first",
            "default",
            "date",
            "money",
            "slug",
            "sum",
            "attribute='name'",
            "'text'",
            "5",
            "1.5",
            "none",
            "true",
            "=",
        ),
        *("endif", "endfor", "loop", "line_items", "__class__", "upper", "sort", "int", "0"),
    ]
)

EXPRESSIONS = st.lists(WORDS, max_size=12).map(" ".join) | st.lists(WORDS, max_size=8).map(
    lambda words: "{{ " + " ".join(words) + " }}"
)

NAMES = context("order.placed")


def compiled(**upsert: Any) -> RouteTable:
    """A mapping of one upsert. Raises ConfigError."""
    route, faults = read_model(
        RouteSettings,
        {"events": ["order.*"], "connector": "box", "upsert": [{"object": "contact", **upsert}]},
        (),
    )
    if route is None or faults:
        raise ConfigError(faults)
    box = ConnectorSettings(type="sandbox")
    return RouteTable.compile(
        SimpleNamespace(
            sources={"springfield": SimpleNamespace(identity="aom_id")},
            connectors={"box": box},
            routes=[route],
            snippets={},
        )
    )


@settings(max_examples=400, deadline=None)
@given(EXPRESSIONS, EXPRESSIONS, EXPRESSIONS)
def test_any_expression_is_right_or_a_fault(key: str, field: str, fallback: str) -> None:
    """Beforehand a ConfigError, at work a MappingFault, and nothing else."""
    with suppress(ConfigError, MappingFault):
        mapping = compiled(
            key=key or "x",
            fields={
                "x": {"value": field, "default": fallback},
                "y": {"value": field, "append": True},
            },
        )
        mapping.needs("box")
        mapping.render("box", "springfield", "order.placed", NAMES)


@settings(max_examples=200, deadline=None)
@given(EXPRESSIONS, EXPRESSIONS)
def test_any_condition_is_right_or_a_fault(each: str, when: str) -> None:
    """The same of what decides."""
    with suppress(ConfigError, MappingFault):
        mapping = compiled(each=f"x in {each}", when=when, fields={"x": "{{ x }}"})
        mapping.render("box", "springfield", "order.placed", NAMES)
