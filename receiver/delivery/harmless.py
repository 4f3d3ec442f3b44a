"""What may be said in the open of a CRM's words: the log, `/readyz`, the console and alarms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

_SHORTEST = 3  # characters; shorter values stand in any text


def harmless(words: str, sent: Iterable[Mapping[str, Any]]) -> str:
    """The words without the values of these records, as `lanes` keeps them, in whatever case, plain or as JSON or a URL has them.

    Only whole words are cut out, and no names of fields: what a remedy names stays to be read.
    """
    values, names = set(), set()
    for record in sent:
        names |= {name.casefold() for name in record["fields"]}
        values |= {form for value in _values(record) for form in _forms(value) if len(form) >= _SHORTEST}
    if not values:
        return words
    longest_first = sorted(values, key=len, reverse=True)  # one may be a part of another
    found = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
    return found.sub(lambda match: match[0] if match[0].casefold() in names else "…", words)


def _values(record: Mapping[str, Any]) -> Iterator[str]:
    yield record["key"]
    for value in record["fields"].values():
        yield from map(str, value) if isinstance(value, list) else [str(value)]


def _forms(value: str) -> Iterator[str]:
    yield value
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield quote(value, safe="", errors="replace")
    yield quote(value, safe="@", errors="replace")
