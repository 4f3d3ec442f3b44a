"""Whatever is sent, it is read or refused, and what comes of it can be stored and shown."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from receiver.aom import EVENTS, Event, InvalidBody, read_event
from tests.aom.bodies import NEW_YORK, SAMPLED, sampled

RECEIVED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

named = st.none() | st.sampled_from(EVENTS) | st.text(max_size=20)

_STRANGE: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    10**400,
    1e308,
    -1e-308,
    "",
    " ",
    "\0",
    "\ufeff",
    "\u202e",
    "NaN",
    [],
    {},
    [[]],
    [{}],
]
_TELLING: list[Any] = [
    "ada@example.edu",
    "Aug 11, 2020 04:58 PM",
    "COMPLETED",
    "USD",
    "110.00",
    {"email": "ada@example.edu"},
]
leaves = (
    st.sampled_from(_STRANGE + _TELLING)
    | st.text()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def mutants(draw: st.DrawFn) -> Any:
    """A sample of AOM with some of its places replaced, removed, renamed or doubled."""
    body = sampled(draw(st.sampled_from(sorted(SAMPLED))))
    for _ in range(draw(st.integers(1, 4))):
        holder, key = draw(st.sampled_from(list(_places(body))))
        _mutate(draw, holder, key)
        if not body:
            break
    return body


@given(st.binary(), named)
def test_any_bytes_are_refused_or_read(body: bytes, name: str | None) -> None:
    """Nothing but Invalid is raised, and its faults can be stored."""
    _check(body, name)


@given(values, named)
def test_any_json_is_refused_or_read(value: Any, name: str | None) -> None:
    """The same for JSON of any shape."""
    _check(json.dumps(value).encode(), name)


@settings(max_examples=600)
@given(mutants(), named)
def test_any_mutant_of_a_sample_is_refused_or_read(body: Any, name: str | None) -> None:
    """The same for what is nearly an event; what is read has a normal form, a context for everyone,
    and storable texts.
    """
    _check(json.dumps(body).encode(), name)


@given(st.binary(max_size=20), st.integers(0, 2000), st.sampled_from(sorted(SAMPLED)))
def test_a_sample_with_broken_bytes_is_refused_or_read(noise: bytes, at: int, event: str) -> None:
    """The same for what a bad line makes of a sample."""
    body = json.dumps(sampled(event)).encode()
    _check(body[:at] + noise + body[at:], None)


def _check(body: bytes, name: str | None) -> None:
    try:
        outcome: Event | InvalidBody = read_event(body, NEW_YORK, name)
    except InvalidBody as invalid:
        outcome = invalid
    if isinstance(outcome, Event):
        _check_event(outcome)
    else:
        _check_invalid(outcome)


def _check_invalid(invalid: InvalidBody) -> None:
    assert invalid.faults
    assert all(
        fault.path.isprintable() and fault.message.isprintable() and fault.message
        for fault in invalid.faults
    )
    assert invalid.event in (None, *EVENTS)


def _check_event(event: Event) -> None:
    assert event.name in EVENTS
    assert event.how in ("url", "status", "shape", "hint")
    assert event.disagreement is None or event.disagreement.isprintable()
    assert all(path.isprintable() for path in (*event.unknown, *event.unreadable))
    contexts = [event.context(person.key, id="e1", received_at=RECEIVED) for person in event.people]
    shown = json.dumps([event.normal(), event.raw], allow_nan=False, ensure_ascii=False)
    assert b"\\u0000" not in shown.encode().replace(b"\\\\", b"")
    assert all(context["event"].occurred_at.astimezone(UTC) for context in contexts)
    assert len({person.key for person in event.people}) == len(event.people)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def _mutate(draw: st.DrawFn, holder: Any, key: Any) -> None:
    match draw(st.sampled_from(["replace", "remove", "rename", "repeat"])):
        case "replace":
            holder[key] = deepcopy(draw(values))
        case "remove":
            del holder[key]
        case "rename" if isinstance(holder, dict):
            holder[draw(st.text(max_size=10))] = holder.pop(key)
        case "repeat" if isinstance(holder, list):
            holder.append(deepcopy(holder[key]))
