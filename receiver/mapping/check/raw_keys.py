"""Keys of `raw` that are nearly those which AOM sends: a slip that a guard would hide."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from receiver.aom import read_sample
from receiver.aom.validation.known_keys import KnownKeys, known_keys

_NEAR: Final = (
    0.75  # of difflib's measure: `custmer` is near `customer`, `coupon` not near `couponId`
)
_INDEX: Final = re.compile(r"\[\d+\]")
_METHODS: Final = frozenset({"get", "items", "keys", "values"})


StoredKeys = Mapping[str, Collection[str]]
"""Event → the paths of keys that a gateway has met and no schema knows, `[]` for any index."""


def find_slip(
    event: str, path: str, stored: StoredKeys = MappingProxyType({})
) -> tuple[str, str] | None:
    """What is probably wrong with a path such as `raw.custmer.email`, and what would be right.

    AOM may send keys that nobody knows, so that only one near a known or `stored` one is told.
    """
    owner, _, name = _INDEX.sub("[]", path).removeprefix("raw.").rpartition(".")
    met = (one.rpartition(".") for one in stored.get(event, ()))
    known = raw_keys(event).get(owner, frozenset()) | {key for at, _, key in met if at == owner}
    if name in known or name in _METHODS:
        return None
    near = get_close_matches(name, known, n=1, cutoff=_NEAR)
    if not near:
        return None
    return f"AOM is not known to send {path!r} with {event}", f"did you mean {near[0]!r}?"


@cache
def raw_keys(event: str) -> Mapping[str, frozenset[str]]:
    """Path → the keys there, by the schema and AOM's sample; `[]` for any index of a list."""
    found: dict[str, set[str]] = {}
    for path, keys in (*_of_schema(known_keys(event)), *_of_sample(event)):
        found.setdefault(path, set()).update(keys)
    return {path: frozenset(keys) for path, keys in found.items()}


def _of_schema(known: KnownKeys) -> Iterator[tuple[str, frozenset[str]]]:
    yield known.path.removesuffix("."), known.keys
    for inner in known.nested.values():
        yield from _of_schema(inner)


def _of_sample(event: str) -> Iterator[tuple[str, frozenset[str]]]:
    yield from _objects(json.loads(read_sample(event) or b"{}"), "")


def _objects(value: Any, path: str) -> Iterator[tuple[str, frozenset[str]]]:
    if isinstance(value, list):
        for one in value:
            yield from _objects(one, f"{path}[]")
    elif isinstance(value, dict):
        yield path, frozenset(value)
        for key, one in value.items():
            yield from _objects(one, f"{path}.{key}" if path else key)
