"""Arguments of a filter that it does not take: too many, too few, of another name, or a currency
that is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from inspect import Parameter, Signature, signature

from jinja2 import nodes

from receiver.aom.values.currency import currency_codes
from receiver.mapping.language.filters import FILTERS

_PASSED = frozenset({"scope", "context", "environment", "env", "eval_ctx"})
"""What a filter is given before the value, and nobody writes."""

USE_A_CODE = "use a code of ISO 4217, like USD or EUR"

PLUS_TAKES = ("weeks", "days", "hours", "minutes")


def wrong_arguments(node: nodes.Filter) -> tuple[str, str] | None:
    """What is wrong, and what would be right; None where they fit, or the filter is unknown."""
    if node.name not in FILTERS or node.dyn_args is not None or node.dyn_kwargs is not None:
        return None
    taken = taken_by(node.name)
    named: dict[str, None] = {str(keyword.key): None for keyword in node.kwargs}
    if node.name == "plus" and not (named and named.keys() <= set(PLUS_TAKES)):
        wrong = next((name for name in named if name not in PLUS_TAKES), "")
        message = f"| plus takes no {wrong!r}" if wrong else "| plus is not told how much later"
        return message, f"name {_list_names(PLUS_TAKES)}: plus(days=30)"
    try:
        taken.bind(*[None] * len(node.args), **named)
    except TypeError as error:
        names = [name for name, one in taken.parameters.items() if one.kind != _MORE]
        return f"| {node.name} is given what it does not take: {error}", _remedy(names)
    return _wrong_currency(node) if node.name == "money" else None


def _wrong_currency(node: nodes.Filter) -> tuple[str, str] | None:
    given = [*node.args, *(keyword.value for keyword in node.kwargs)]
    for one in given:
        if isinstance(one, nodes.Const) and one.value not in {None, *currency_codes()}:
            code = str(one.value).upper()
            remedy = f"did you mean {code!r}?" if code in currency_codes() else USE_A_CODE
            return f"| money is given {one.value!r}, which is no currency", remedy
    return None


@cache
def taken_by(name: str) -> Signature:
    """What may stand in a filter's brackets."""
    parameters = list(signature(FILTERS[name]).parameters.values())
    while parameters and parameters[0].name in _PASSED:
        parameters.pop(0)
    return Signature(parameters[1:])  # the first is the value


_MORE = Parameter.VAR_KEYWORD


def _remedy(names: Sequence[str]) -> str:
    return (
        f"in its brackets it takes {_list_names(names)}"
        if names
        else "it takes nothing in brackets"
    )


def _list_names(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]
