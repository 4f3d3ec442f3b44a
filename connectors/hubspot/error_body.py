"""HubSpot's words for a failure, read into one shape.

Nothing in an error body can be relied on to be there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.http import read_json
from connectors.hubspot.json_answers import items_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NOT_JSON = "NOT_JSON"
NOT_UNIQUE = "NOT_UNIQUE"
UNKNOWN_OBJECT = "UNKNOWN_OBJECT"

TEXTS = (
    (re.compile(r"non-unique \S+ property (\S+)"), NOT_UNIQUE),
    (re.compile(r"infer object type"), UNKNOWN_OBJECT),
    (re.compile(r'[Pp]roperty "?(\w+)"? does not exist'), "PROPERTY_DOESNT_EXIST"),
)
"""Failures that HubSpot tells apart by its text alone: pattern (with the property's name), and the
word used for it here.
"""

# by its e-mail: no other clash is worded so
EXISTING_ID = re.compile(r"[Cc]ontact already exists\W+[Ee]xisting ID: (\d+)")
SCOPE_KEYS = ("requiredGranularScopes", "requiredScopes", "missingScopes")
ONE_SCOPE = re.compile(r"[a-z][\w.-]*")
SCOPE = re.compile(r"[a-z][\w-]*(?:\.[\w-]+)+")
LONGEST = 500  # an unknown option is answered with all known ones


@dataclass(frozen=True, slots=True)
class HubSpotError:
    """One failure, of a call or of a record in it."""

    status: int  # of the call
    # category, sub-category, codes, policy, and the words above: what the table of errors looks at
    words: frozenset[str]
    code: str  # the most telling of them
    message: str
    field: str | None = None
    scopes: tuple[str, ...] = ()  # that the token lacks
    traces: frozenset[str] = frozenset()  # trace ids of the records that it speaks of
    # everything else that its context names, e.g. the ids of a pair
    ids: frozenset[str] = frozenset()
    existing_id: str | None = None  # of the contact that has the e-mail


def read_error(data: Any, status: int) -> HubSpotError:
    """Read the body of a failed call, or one item of a batch's `errors`."""
    if not isinstance(data, dict):
        return HubSpotError(
            status,
            frozenset({NOT_JSON}),
            f"HTTP_{status}",
            f"HubSpot answered {status} without JSON",
        )
    details = list(_details(data))
    message = "; ".join(
        dict.fromkeys(d["message"] for d in details if text_of(d, "message"))
    ) or text_of(data, "message")
    matched = _match_texts(f"{message} {data.get('message')}")
    codes = [code for d in details for code in (text_of(d, "code"), text_of(d, "error")) if code]
    names = [text_of(data, key) for key in ("subCategory", "category", "policyName", "errorType")]
    words = [*codes, *(word for word, _ in matched), *(name for name in names if name)]
    context = _context(data, details)
    traces = frozenset(context.pop("objectWriteTraceId", ()))
    return HubSpotError(
        status=status,
        words=frozenset(words),
        code=words[0] if words else f"HTTP_{status}",
        message=(message or f"HubSpot answered {status}")[:LONGEST],
        field=next(
            iter((*_fields(details, context), *(name for _, name in matched if name))), None
        ),
        scopes=_scopes(context),
        traces=traces,
        ids=frozenset(value for values in context.values() for value in values),
        existing_id=_existing_id(data),
    )


def _details(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Go through the items of `errors`; or, seen on validation errors, the JSON list that ends the
    message.
    """
    found = items_of(data, "errors")
    for item in (data, *found):
        _, bracket, rest = text_of(item, "message").partition("[{")
        listed = read_json((bracket + rest).encode()) if bracket else None
        if isinstance(listed, list):
            yield from (inner for inner in listed if isinstance(inner, dict))
            return
    yield from found


def _match_texts(message: str) -> list[tuple[str, str | None]]:
    matches = ((pattern.search(message), word) for pattern, word in TEXTS)
    return [(word, match.group(1) if match.groups() else None) for match, word in matches if match]


def _context(data: Mapping[str, Any], details: list[dict[str, Any]]) -> dict[str, list[str]]:
    merged: dict[str, list[str]] = {}
    for item in (data, *details):
        context = item.get("context")
        for key, value in context.items() if isinstance(context, dict) else ():
            merged.setdefault(key, []).extend(
                str(one) for one in (value if isinstance(value, list) else [value])
            )
    return merged


def _fields(details: list[dict[str, Any]], context: Mapping[str, list[str]]) -> Iterator[str]:
    yield from context.get("propertyName", ())
    yield from (name for d in details for name in (text_of(d, "name"), text_of(d, "in")) if name)


def _scopes(context: Mapping[str, list[str]]) -> tuple[str, ...]:
    texts = (one for key in SCOPE_KEYS for one in context.get(key, ()))
    found = (
        scope
        for one in texts
        for scope in ([one] if ONE_SCOPE.fullmatch(one) else SCOPE.findall(one))
    )
    return tuple(dict.fromkeys(found))


def _existing_id(data: Mapping[str, Any]) -> str | None:
    match = EXISTING_ID.search(text_of(data, "message"))
    return match.group(1) if match else None
