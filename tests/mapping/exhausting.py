"""Renders the expressions on standard input, a JSON list, where memory is short; tells what came of
each as a line of JSON.

An expression that names `item` is evaluated for each of a thousand items.

Run as `python -m tests.mapping.exhausting`: what would freeze or exhaust the gateway harms this
process alone.
"""

import json
import resource
import sys
import time

from receiver.config_errors import ConfigError
from receiver.mapping import MappingFault
from tests.mapping.sample_routes import context
from tests.mapping.test_hostile import compiled

MEMORY = 200 * 1024 * 1024

BODY = {
    "id": 5,
    "status": "COMPLETED",
    "customer": {"email": "a@x.test"},
    "line_items": [],
    "total": "999999999999999",
    "list": list(range(10_000)),
    "lists": [list(range(1_000)) for _ in range(100)],
    "words": [f"w{number}" for number in range(10_000)],
    "rows": [{"a": {"b": number}} for number in range(10_000)],
    "table": {f"k{number}": number for number in range(10_000)},
    "text": "ab " * 100_000,
    "same": "a" * 300_000,
    "wide": "\U0001f600" * 100_000,
    "ligature": "\ufdfa" * 100_000,  # one character that decomposes into eighteen
    "format": "%1000000000d",
    "longs": [f"{'x' * 50_000}{number}" for number in range(20)],
    "thousand": list(range(1_000)),
    "tags": "<b>" * 100_000,
    "brackets": "([{<-" * 50_000,
    "number": 10**4_000,
    "deep": json.loads("[" * 90 + "]" * 90),
}


def outcome(expression: str, names: dict[str, object]) -> tuple[str, str]:
    """`refused` by the check, a `fault` of the event, or `written`; and the words to it."""
    try:
        each = {"each": "item in raw.thousand"} if "item" in expression else {}
        mapping = compiled(key="x", fields={"x": expression}, **each)
    except ConfigError as error:
        return "refused", str(error)
    try:
        record, *_ = mapping.render("box", "springfield", "order.placed", names)
    except MappingFault as fault:
        return "fault", str(fault)
    return "written", str(record.fields.get("x"))[:50]


def main() -> None:
    """One line per expression, with the seconds of computing that it took."""
    names = context("order.placed", json.dumps(BODY).encode())
    outcome("{{ order.id }}", names)
    with open("/proc/self/statm") as pages:  # noqa: PTH123
        used = int(pages.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    for expression in json.load(sys.stdin):
        began = time.process_time()
        sys.stdout.write(
            json.dumps([*outcome(expression, names), time.process_time() - began]) + "\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
