"""Whatever comes of AOM's samples when they are bent: no call fails, nothing is made up, nothing is
left out in silence.

A few hundred bodies with each run of the tests; AOM_FUZZ=20000 sends as many.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from html import unescape
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from connectors.base import Append
from receiver.aom import EVENTS, LABELS, Event, InvalidBody
from receiver.aom.validation.drift import MORE
from receiver.aom.validation.known_keys import keys_of, known_keys
from receiver.aom.validation.tolerance import as_meant
from receiver.mapping import RouteTable, explanation
from receiver.settings import load_settings
from tests.aom.bodies import NEW_YORK
from tests.aom.test_properties import mutants
from tests.processes import TOKEN, Running, gateway, write_config

EXAMPLES = int(os.environ.get("AOM_FUZZ", "300"))
NOW = datetime(2031, 7, 19, 11, 23, 47, tzinfo=UTC)

_words: Callable[[str], list[str]] = re.compile(r"\w+").findall
_OURS = set(
    _words(
        " ".join(
            [
                *LABELS.values(),
                *EVENTS,
                "order won lost pending refunded springfield true false",
                NOW.isoformat(),
            ]
        ).lower()
    )
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(write_config(tmp_path_factory.mktemp("fuzz"))) as running:
        yield running


@pytest.fixture(scope="module")
def http(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, trust_env=False, timeout=60) as http:
        yield http


@pytest.fixture(scope="module")
def mapping(tmp_path_factory: pytest.TempPathFactory) -> RouteTable:
    return RouteTable.compile(load_settings(write_config(tmp_path_factory.mktemp("mapping"))))


_ENTITIES = {
    "&": "&amp;",
    "e": "&#101;",
    "'": "&#8217;",
    "1": "&#49;",
    " ": "&nbsp;",
    "S": "&Scaron;",
}


def _escaped(text: str) -> str:
    return "".join(_ENTITIES.get(character, character) for character in text)


def _gapped(value: Any) -> Any:
    if isinstance(value, list):
        return {str(2 * index + 1): _gapped(item) for index, item in enumerate(value)}
    return {key: _gapped(item) for key, item in value.items()} if isinstance(value, dict) else value


def _leaves_changed(change: Callable[[str], str]) -> Callable[[Any], Any]:
    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return change(value) if "@" not in value else value
        if isinstance(value, list):
            return [walk(item) for item in value]
        return (
            {key: walk(item) for key, item in value.items()} if isinstance(value, dict) else value
        )

    return walk


def _many(value: Any) -> Any:
    return (
        {key: item * 50 if isinstance(item, list) else item for key, item in value.items()}
        if isinstance(value, dict)
        else value
    )


_SHAPES: Sequence[Callable[[Any], Any]] = (
    lambda value: value,
    _gapped,
    _many,
    _leaves_changed(_escaped),
    _leaves_changed(lambda text: f"\u200b{text}\u00a0"),
    _leaves_changed(lambda text: text * 40),
    _leaves_changed(str.upper),
)
_ENCODED: Sequence[Callable[[bytes], bytes]] = (
    lambda body: body,
    lambda body: b"\xef\xbb\xbf" + body,
    lambda body: body + b"<br>",
    lambda body: b"<b>Warning</b>: x in a.php on line 3<br />\n" + body,
    lambda body: body.decode().encode("utf-16"),
    lambda body: body.decode().encode("latin-1", "replace"),
    lambda body: body[: len(body) * 2 // 3],
    lambda body: b"[" * 300 + body,
    lambda body: body.replace(b"e", b"\\u0065"),
)
_encodings = st.sampled_from([*[_ENCODED[0]] * 8, *_ENCODED])
_names = (
    st.none()
    | st.sampled_from(EVENTS)
    | st.sampled_from(["order_placed", "Account.Created", "nothing", "%20", "x" * 300])
)


@settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
@given(value=mutants(), shape=st.sampled_from(_SHAPES), encode=_encodings, named=_names)
def test_bent_samples(
    http: httpx.Client,
    mapping: RouteTable,
    value: Any,
    shape: Callable[[Any], Any],
    encode: Callable[[bytes], bytes],
    named: str | None,
) -> None:
    """Each is answered as accepted, known or kept; what would be written of it is its own; what is
    not read is reported.
    """
    body = encode(json.dumps(shape(value), ensure_ascii=False).encode("utf-8", "surrogatepass"))
    answer = http.post(f"/in/{TOKEN}" + (f"/{named}" if named else ""), content=body)
    assert answer.status_code in (200, 202, 422), (answer.status_code, answer.text)
    assert answer.json().get("kept", True) is True
    try:
        explained = explanation.explain_body(
            body, NEW_YORK, named if named != "%20" else None, mapping, now=NOW, most=20
        )
    except InvalidBody:
        assert answer.status_code == 422
        return
    assert answer.status_code in (200, 202)
    assert not explained.faulty, [one.fault for one in explained.deliveries]
    _require_own(explained)
    _require_reported(explained.event)


def test_all_of_it_is_delivered(running: Running) -> None:
    """Nothing that was accepted dies."""
    assert running.wait_until_delivered(600)["dead"] == 0


def _require_own(explained: explanation.Explanation) -> None:
    """Every word and number of the records stands in the payload, or is one of ours."""
    leaves = list(_leaves(explained.event.raw))
    own = {word for leaf in leaves for word in _words(leaf)} | _OURS
    digits = " ".join(re.sub(r"\D", "", leaf) for leaf in leaves)
    if not explained.event.raw.get("currency"):
        own.add("usd")
    for delivery in explained.deliveries:
        for record in delivery.records:
            for name, value in record.fields.items():
                for one in value.values if isinstance(value, Append) else [value]:
                    _require_words(name, one, own, digits, leaves)


def _require_words(
    name: str, value: object, own: set[str], digits: str, leaves: Sequence[str]
) -> None:
    if isinstance(value, datetime):
        stands = value.year == NOW.year or any(str(value.year) in leaf for leaf in leaves)
        assert stands, (name, value)
        return
    if name == "currency":
        assert str(value).lower() in own or any(len(leaf) > 3 for leaf in leaves), (name, value)
        return
    for word in _words(str(value).lower()):
        number = word.strip("0")
        assert (
            word in own
            or any(word in leaf for leaf in leaves)
            or (word.isdigit() and number in digits)
        ), (name, value, word)


def _leaves(value: Any) -> Iterator[str]:
    """All texts and numbers as they may be read, in lower case."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, float):
        yield from (repr(value), repr(round(value, 4)), f"{value:f}", str(int(value)))
    elif value is not None:
        text = str(value).lower()
        yield from (
            text,
            unescape(str(value)).lower(),
            unescape(unescape(str(value))).lower(),
            unescape(text),
            "".join(_words(unescape(text))),
        )


def _require_reported(event: Event) -> None:
    """What the schema knows and the payload has is read, or told to be absent."""
    told = set(event.unreadable)
    if MORE in told:
        return
    raw = parse_of(event)
    _require_read(event.payload, raw, "", told)


def parse_of(event: Event) -> dict[str, Any]:
    return as_meant(event.raw, known_keys(event.name))


def _require_read(model: BaseModel, raw: dict[str, Any], path: str, told: set[str]) -> None:
    fields: dict[str, str] = {}
    for key, name in keys_of(type(model)):
        if key in raw:
            fields.setdefault(name, key)
    for name, key in fields.items():
        value, read, place = raw[key], getattr(model, name), f"{path}{key}"
        reported = any(
            one.startswith((f"{place} (", f"{place}[] (", f"{place}[].")) for one in told
        )
        if isinstance(read, BaseModel) and isinstance(value, dict):
            _require_read(read, value, f"{place}.", told)
        elif isinstance(read, list) and isinstance(value, list):
            assert (
                len(read) >= len([item for item in value if not _is_nothing(item)]) or reported
            ), (place, told)
            for one, item in zip(read, value, strict=False):
                if (
                    isinstance(one, BaseModel)
                    and isinstance(item, dict)
                    and len(read) == len(value)
                ):
                    _require_read(one, item, f"{place}[].", told)
        elif read in (None, "", []):
            assert reported or _is_nothing(value), (place, value, told)


def _is_nothing(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip("\u200b\u00a0\ufeff 0.\t\r\n\u202e\u2060")
    return value in (None, [], {}, False, 0)
