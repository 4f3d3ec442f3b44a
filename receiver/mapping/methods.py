"""What the methods of texts, dates and tables cost; `members` says which ones there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from receiver.mapping.budget import Budget
from receiver.mapping.filters import LONGEST_PATTERN
from receiver.mapping.text import Unusable, text

_SPLITTING = frozenset({"rsplit", "split", "splitlines"})  # each character may become a text of its own
_BACKWARDS = frozenset({"rpartition", "rsplit"})  # Python looks for these in quadratic time


def pay(budget: Budget, function: Any, arguments: Sequence[Any], named: Mapping[str, Any]) -> None:
    """Pay for a method that is about to be called. What is called and is no method raises by itself."""
    owner, name = getattr(function, "__self__", None), getattr(function, "__name__", "")
    budget.weigh(*arguments, *named.values())
    if isinstance(owner, str):
        _text(budget, owner, name, arguments)
    elif isinstance(owner, date) and name == "strftime":
        pattern(budget, *arguments, *named.values())


def replacing(budget: Budget, value: str, old: Any, new: Any, count: Any = -1) -> None:
    """For a text that may grow with each find."""
    budget.characters(len(value))
    finds = value.count(text(old))
    most = min(finds, count) if isinstance(count, int) and count >= 0 else finds
    budget.characters(len(value) + most * len(text(new)))


def pattern(budget: Budget, given: Any = None, *_: Any) -> None:
    """For a date that is written by a pattern, which may ask for far more than it is long."""
    if isinstance(given, str) and len(given) > LONGEST_PATTERN:
        raise Unusable(f"writes a date by a pattern of more than {LONGEST_PATTERN} characters")
    budget.characters(LONGEST_PATTERN if given is not None else 0)


def _text(budget: Budget, owner: str, name: str, arguments: Sequence[Any]) -> None:
    if name == "replace" and len(arguments) in (2, 3):  # any other number is a fault of its own
        replacing(budget, owner, *arguments)
        return
    given = sum(len(one) for one in arguments if isinstance(one, str))
    budget.characters(len(owner) * (1 + given // 50))
    if name in _SPLITTING:
        budget.spend(len(owner) // 2)
    if name in _BACKWARDS:
        budget.spend(len(owner) * given // 500)
