"""What the mapping language takes from Jinja, which it uses closer than Jinja promises to keep."""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from jinja2 import nodes
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.runtime import StrictUndefined, Undefined
from jinja2.sandbox import SandboxedEnvironment
from jinja2.tests import TESTS as JINJA_TESTS

from receiver.mapping.language.compiler import _COMPILERS
from receiver.mapping.language.environment import ENVIRONMENT, AbsentValue

PROJECT = Path(__file__).parents[3] / "pyproject.toml"

EXPRESSIONS = {
    "Add": ("left", "right"),
    "And": ("left", "right"),
    "Call": ("node", "args", "kwargs", "dyn_args", "dyn_kwargs"),
    "Compare": ("expr", "ops"),
    "Concat": ("nodes",),
    "CondExpr": ("test", "expr1", "expr2"),
    "Const": ("value",),
    "Dict": ("items",),
    "Div": ("left", "right"),
    "Filter": ("node", "name", "args", "kwargs", "dyn_args", "dyn_kwargs"),
    "FloorDiv": ("left", "right"),
    "Getattr": ("node", "attr", "ctx"),
    "Getitem": ("node", "arg", "ctx"),
    "List": ("items",),
    "Mod": ("left", "right"),
    "Mul": ("left", "right"),
    "Name": ("name", "ctx"),
    "Neg": ("node",),
    "Not": ("node",),
    "Or": ("left", "right"),
    "Pos": ("node",),
    "Pow": ("left", "right"),
    "Slice": ("start", "stop", "step"),
    "Sub": ("left", "right"),
    "TemplateData": ("data",),
    "Test": ("node", "name", "args", "kwargs", "dyn_args", "dyn_kwargs"),
    "Tuple": ("items", "ctx"),
}
"""Each part of an expression with its fields, of Jinja 3.1."""

EXTENSIONS_ONLY = {
    "ContextReference",
    "DerivedContextReference",
    "EnvironmentAttribute",
    "ExtensionAttribute",
    "ImportedName",
    "InternalName",
    "MarkSafe",
    "MarkSafeIfAutoescape",
    "NSRef",
}
"""What no text of an operator is parsed to: extensions make them, or `{% set %}`, which is not
offered.
"""


def _concrete(kind: type[nodes.Node]) -> Iterator[type[nodes.Node]]:
    for child in kind.__subclasses__():
        if child.__module__ == "jinja2.nodes":
            yield from _concrete(child)
            if not child.abstract and not child.__subclasses__():
                yield child


def test_the_upper_bound_holds() -> None:
    """What these tests are of: where Jinja's next version comes, run them before the bound is
    moved.
    """
    dependencies = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["dependencies"]
    assert [line for line in dependencies if re.fullmatch(r"jinja2>=3\.1\.\d+,<3\.2", line)]
    assert version("jinja2").startswith("3.1.")


def test_every_part_of_an_expression_is_known() -> None:
    """A part that Jinja adds would be refused, one whose fields change would be misread."""
    found = {
        kind.__name__: kind.fields
        for kind in _concrete(nodes.Expr)
        if kind.__name__ not in EXTENSIONS_ONLY
    }
    assert found == EXPRESSIONS
    assert {kind.__name__ for kind in _COMPILERS} == EXPRESSIONS.keys()


def test_texts_are_parsed_to_output_alone() -> None:
    """`lone` and the compiler look into it: texts and expressions, in order."""
    tree = ENVIRONMENT.parse("a {{ b }} c")
    (output,) = tree.body
    assert isinstance(output, nodes.Output)
    assert [type(node) for node in output.nodes] == [
        nodes.TemplateData,
        nodes.Name,
        nodes.TemplateData,
    ]


def test_absent_values_speak_through_jinjas_private_parts() -> None:
    """Their words are made of attributes with an underscore, at the one place that Jinja asks."""
    assert "_undefined_message" in inspect.getsource(Undefined._fail_with_undefined_error)  # noqa: SLF001
    assert set(Undefined.__slots__) >= {"_undefined_hint", "_undefined_name"}
    assert issubclass(AbsentValue, StrictUndefined)
    assert "there is no 'x' in this payload" in AbsentValue(name="x")._undefined_message  # noqa: SLF001


def test_operators_and_calls_pass_through_the_sandbox() -> None:
    """These are the methods that are overridden; Jinja gives them the same arguments."""
    call = [
        name.rpartition("__")[2] for name in inspect.signature(SandboxedEnvironment.call).parameters
    ]
    assert call == ["self", "context", "obj", "args", "kwargs"]
    assert list(inspect.signature(SandboxedEnvironment.call_binop).parameters)[1:] == [
        "context",
        "operator",
        "left",
        "right",
    ]
    assert list(inspect.signature(SandboxedEnvironment.is_safe_attribute).parameters)[1:] == [
        "obj",
        "attr",
        "value",
    ]


def test_no_filter_or_test_has_come_unseen() -> None:
    """Each is offered because somebody looked at what it may cost, or left out on purpose."""
    assert len(JINJA_FILTERS) == 54
    assert len(JINJA_TESTS) == 39
