"""What one event costs between the store and the connector: read, put in normal form, rendered,
folded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from timeit import repeat
from zoneinfo import ZoneInfo

from receiver.aom import Event, SourceContext, read_event, read_sample
from receiver.mapping import RouteTable, fold_records
from receiver.settings import load_settings

CONFIG = """
[sources.springfield]
tokens = ["springfield-token-0123456789"]

[connectors.box]
type = "sandbox"
mapping = "standard"
"""
SITE = SourceContext("springfield", ZoneInfo("America/New_York"), "USD")
NUMBER, ROUNDS = 500, 10


def rendering() -> Iterator[tuple[str, str]]:
    """An order by the sandbox's shipped mapping; the best of several rounds, since others share the
    machine.
    """
    body, name = read_sample("order.placed") or b"", "order.placed"
    event = read_event(body, SITE, name)
    context, table = context_of(event), route_table()
    records = table.render("box", "springfield", name, context)
    yield "reading an order", _microseconds(lambda: read_event(body, SITE, name))
    yield (
        "the same, and its normal form",
        _microseconds(lambda: context_of(read_event(body, SITE, name))),
    )
    yield (
        "rendering its contact and deal",
        _microseconds(lambda: table.render("box", "springfield", name, context)),
    )
    yield "folding them", _microseconds(lambda: fold_records([records]))


def route_table() -> RouteTable:
    with TemporaryDirectory(prefix="aom-gateway-bench-") as directory:
        config = Path(directory) / "config.toml"
        config.write_text(CONFIG, encoding="utf-8")
        return RouteTable.compile(load_settings(config, {}))


def context_of(event: Event) -> dict[str, object]:
    return event.context(
        event.keys[0], id="0" * 32, received_at=datetime(2026, 5, 1, 12, tzinfo=UTC)
    )


def _microseconds(work: Callable[[], object]) -> str:
    return (
        f"{min(repeat(work, timer=process_time, number=NUMBER, repeat=ROUNDS)) / NUMBER * 1e6:.1f} "
        "µs"
    )


if __name__ == "__main__":
    for what, figure in rendering():
        print(f"{what}: {figure}")  # noqa: T201
