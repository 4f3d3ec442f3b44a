"""Holds a body against its event's schema: strict about what is needed, lenient about the rest.

A fault in something needed makes the event invalid; where it is one person's of several, that one
is left out, and told. Anything else that cannot be read (a date in a new format, a text where an
object was) counts as absent: it stays in the raw body, and its path is reported with what the
schema does not know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from receiver.aom.payload_schema import PAYLOADS, Payload
from receiver.aom.validation.drift import survey_drift
from receiver.aom.validation.errors import BodyError, InvalidBody, format_path, printable_text
from receiver.aom.validation.json_body import json_kind
from receiver.aom.validation.known_keys import MOST_OBJECTS, KnownKeys, known_keys
from receiver.aom.validation.tolerance import as_meant

MOST = 1000  # unreadable values of one body; more are not looked at singly
MOST_COSTLY = 1000  # addresses of one body that are dear to check

# how PHP writes "there is none"; not worth a report
_EMPTY: tuple[object, ...] = ("", [], {}, False)

_EXPECTED: Mapping[str, str] = {
    "model_type": "must be an object, not {kind}",
    "list_type": "must be a list, not {kind}",
    "string_type": "must be a text, not {kind}",
    "too_short": "must not be empty",
}


@dataclass(frozen=True, slots=True)
class ValidatedBody:
    """`unreadable`: the paths of what counts as absent.

    `left_out`: the people who lack what is needed, each with place and reason.
    """

    payload: Payload
    unknown: list[str]
    unreadable: list[str]
    left_out: list[BodyError]


def validate_body(raw: Mapping[str, Any], event: str) -> ValidatedBody:
    """Read all of a body, as it was meant. Raises InvalidBody with all faults at once."""
    here = known_keys(event)
    rest = as_meant(raw, here)  # a copy, to be cut to what can be read
    found = survey_drift(rest, event)
    if found.costly > MOST_COSTLY:
        raise InvalidBody(
            [
                BodyError(
                    "",
                    f"has {found.costly} addresses of an unusual form; more than "
                    f"{MOST_COSTLY} are not looked at",
                )
            ]
        )
    if found.too_long:
        message = f"has more than {MOST_OBJECTS:,} entries"
        raise InvalidBody([BodyError(where, message) for where in found.too_long])
    _require_not_too_many(found.lacking)  # to list what each lacks would take long
    unreadable: list[str] = []
    left_out: list[BodyError] = []
    while True:  # where a key of two spellings was cut, the other one counts
        try:
            return ValidatedBody(
                PAYLOADS[event].model_validate(rest), found.unknown, unreadable, left_out
            )
        except ValidationError as error:
            problems = _problems(error)
        alone = _left_out(problems, here, rest)
        lacking = [problem for of_one in alone.values() for problem in of_one]
        left_out += map(_fault, lacking)
        unreadable += [f"{_general(problem['loc'])} (left out)" for problem in lacking]
        optional = [problem for problem in problems if problem["loc"][:2] not in alone]
        unreadable += [
            f"{_general(problem['loc'])} (unreadable)"
            for problem in optional
            if problem["input"] not in _EMPTY
        ]
        for steps in (
            *(problem["loc"] for problem in reversed(optional)),
            *sorted(alone, reverse=True),
        ):
            _cut(rest, steps)  # a list keeps its indexes if it is cut from its end


def find_errors(raw: Mapping[str, Any], event: str) -> Sequence[BodyError]:
    """What makes the body invalid as that event."""
    try:
        validate_body(raw, event)
    except InvalidBody as invalid:
        return invalid.faults
    return ()


def _left_out(
    problems: Sequence[ErrorDetails], here: KnownKeys, rest: Mapping[str, Any]
) -> dict[tuple[str | int, ...], list[ErrorDetails]]:
    """Where people stand who lack something needed, with what that is.

    Raises InvalidBody where it is not theirs alone, or all lack it.
    """
    needed = [problem for problem in problems if _is_needed(problem["loc"], here)]
    alone: dict[tuple[str | int, ...], list[ErrorDetails]] = {}
    for problem in needed:
        alone.setdefault(problem["loc"][:2], []).append(problem)
    theirs = all(len(where) == 2 and isinstance(where[1], int) for where in alone)  # noqa: PLR2004 - a list and an index
    if not theirs or any(
        len(rest[str(of)]) == sum(key == of for key, *_ in alone)
        for of in {key for key, *_ in alone}
    ):
        raise InvalidBody([_fault(problem) for problem in needed]) from None
    return alone


def _problems(error: ValidationError) -> list[ErrorDetails]:
    _require_not_too_many(error.error_count())
    return error.errors(include_url=False)


def _require_not_too_many(unreadable: int) -> None:
    if unreadable > MOST:
        raise InvalidBody([BodyError("", f"has {unreadable} values that cannot be read")]) from None


def _is_needed(steps: Sequence[str | int], here: KnownKeys) -> bool:
    for step in steps:
        if isinstance(step, str):
            if step not in here.needed:
                return False
            here = here.nested.get(step, here)
    return True


def _fault(problem: ErrorDetails) -> BodyError:
    where = format_path(problem["loc"])
    if problem["type"] == "missing":
        return BodyError(
            where, f"is needed and missing{_misspelt(problem['loc'], problem['input'])}"
        )
    expected = _EXPECTED.get(problem["type"])
    message = (
        expected.format(kind=json_kind(problem["input"]))
        if expected
        else str(problem.get("ctx", {}).get("error", problem["msg"]))
    )
    return BodyError(where, printable_text(message))


def _misspelt(steps: Sequence[str | int], siblings: object) -> str:
    keys = [key[:50] for key in list(siblings)[:100]] if isinstance(siblings, dict) else []
    near = get_close_matches(str(steps[-1]), keys, n=1, cutoff=0.75)
    return f"; is it {near[0]!r}?" if near else ""


def _cut(raw: Any, steps: Sequence[str | int]) -> None:
    for step in steps[:-1]:
        raw = raw[step]
    del raw[steps[-1]]


def _general(steps: Sequence[str | int]) -> str:
    return format_path(["[]" if isinstance(step, int) else step for step in steps]).replace(
        ".[]", "[]"
    )
