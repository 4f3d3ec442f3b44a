"""How far a value is, of a field that only goes forward: `forward = [...]` and `newest = true`; and
of one that tells a profile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from connectors.base import Value
from receiver.mapping.language.compiler import Evaluate
from receiver.mapping.language.scope import ExpressionScope
from receiver.mapping.language.value_text import UnusableValue, describe_kind, value_text

_FIRST = datetime.min.replace(tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_STAGE, _DATE = 6, 20  # digits

Rank = Callable[[ExpressionScope, Value], str | None]
"""A text that sorts as the values follow each other; None where that cannot be said."""


def by_stage(stages: Sequence[str]) -> Rank:
    """The place of the value in the list. Raises UnusableValue for one that is not there."""
    places = {stage.casefold(): f"{place:0{_STAGE}}" for place, stage in enumerate(stages)}

    def rank(_scope: ExpressionScope, value: Value) -> str:
        place = places.get(value_text(value).casefold())
        if place is None:
            raise UnusableValue(
                "gives a value that is none of its `forward`; add that stage where it belongs"
            )
        return place

    return rank


def by_own_date(_scope: ExpressionScope, value: Value) -> str:
    """The value is a date itself."""
    return moment(value)


def by_writing(_scope: ExpressionScope, _value: Value) -> str:
    """What is written later counts, whichever event it is for: a profile tells all that is known by
    then, so that an event handed in late, after newer ones, is not left out of it.
    """
    return "0"


def by_date(expression: Evaluate) -> Rank:
    """By the date that an expression gives; an event without one goes by when it came."""

    def rank(scope: ExpressionScope, _value: Value) -> str | None:
        found = expression(scope)
        return None if found is None or found == "" else moment(found)

    return rank


def moment(value: object) -> str:
    """Of two dates the later sorts last, also beside a time with another offset; a date alone is
    its first moment in UTC.
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise UnusableValue("`newest` takes a date, or a text like 2026-05-01") from None
    if not isinstance(value, date):
        raise UnusableValue(f"`newest` takes a date, not {describe_kind(value)}")
    at = value if isinstance(value, datetime) else datetime.combine(value, time())
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return f"{(at - _FIRST) // _MICROSECOND:0{_DATE}}"


def date_of_rank(rank: str) -> datetime | None:
    """The date that a field goes by, in UTC; None where it goes by something else."""
    return _FIRST + int(rank) * _MICROSECOND if len(rank) == _DATE else None


def stage_of_rank(rank: str) -> int | None:
    """The place of its stage, the first being 1; None where a field goes by something else."""
    return int(rank) + 1 if len(rank) == _STAGE else None
