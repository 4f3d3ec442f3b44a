"""Strict about what is needed, lenient about the rest.

A fault in something needed makes the event invalid. Anything else that cannot be read (a date in a new format, a text where
an object was) counts as absent: it stays in the raw body, and its path is reported with what the schema does not know.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

from receiver.aom.body import kind
from receiver.aom.drift import Known, known
from receiver.aom.faults import Fault, Invalid, path, printable
from receiver.aom.schema import PAYLOADS, Payload

MOST = 1000  # unreadable values of one body; more are not looked at singly

_EMPTY: tuple[object, ...] = ("", [], {}, False)  # how PHP writes "there is none"; not worth a report

_EXPECTED: Mapping[str, str] = {
    "model_type": "must be an object, not {kind}",
    "list_type": "must be a list, not {kind}",
    "string_type": "must be a text, not {kind}",
    "too_short": "must not be empty",
}


def validate(raw: Mapping[str, Any], event: str) -> tuple[Payload, list[str]]:
    """The payload, and the paths of optional values that could not be read. Raises Invalid with all faults at once."""
    schema = PAYLOADS[event]
    try:
        return schema.model_validate(raw), []
    except ValidationError as error:
        return _leniently(raw, event, error)


def faults(raw: Mapping[str, Any], event: str) -> Sequence[Fault]:
    """What makes the body invalid as that event."""
    try:
        validate(raw, event)
    except Invalid as invalid:
        return invalid.faults
    return ()


def _leniently(raw: Mapping[str, Any], event: str, error: ValidationError) -> tuple[Payload, list[str]]:
    rest = from_json(to_json(raw))  # a copy, to be cut to what can be read
    unreadable: list[str] = []
    while True:
        problems = _problems(error)
        if needed := [_fault(problem) for problem in problems if _is_needed(problem["loc"], known(event))]:
            raise Invalid(needed) from None
        for problem in reversed(problems):  # a list keeps its indexes if it is cut from its end
            _cut(rest, problem["loc"])
        unreadable += [f"{_general(problem['loc'])} (unreadable)" for problem in problems if problem["input"] not in _EMPTY]
        try:
            return PAYLOADS[event].model_validate(rest), unreadable
        except ValidationError as another:  # where a key of two spellings was cut, the other one counts
            error = another


def _problems(error: ValidationError) -> list[ErrorDetails]:
    if error.error_count() > MOST:
        raise Invalid([Fault("", f"has {error.error_count()} values that cannot be read")]) from None
    return error.errors(include_url=False)


def _is_needed(steps: Sequence[str | int], here: Known) -> bool:
    for step in steps:
        if isinstance(step, str):
            if step not in here.needed:
                return False
            here = here.nested.get(step, here)
    return True


def _fault(problem: ErrorDetails) -> Fault:
    where = path(problem["loc"])
    if problem["type"] == "missing":
        return Fault(where, f"is needed and missing{_misspelt(problem['loc'], problem['input'])}")
    expected = _EXPECTED.get(problem["type"])
    message = expected.format(kind=kind(problem["input"])) if expected else str(problem.get("ctx", {}).get("error", problem["msg"]))
    return Fault(where, printable(message))


def _misspelt(steps: Sequence[str | int], siblings: object) -> str:
    keys = [key[:50] for key in list(siblings)[:100]] if isinstance(siblings, dict) else []
    near = get_close_matches(str(steps[-1]), keys, n=1, cutoff=0.75)
    return f"; is it {near[0]!r}?" if near else ""


def _cut(raw: Any, steps: Sequence[str | int]) -> None:
    for step in steps[:-1]:
        raw = raw[step]
    del raw[steps[-1]]


def _general(steps: Sequence[str | int]) -> str:
    return path(["[]" if isinstance(step, int) else step for step in steps]).replace(".[]", "[]")
