"""What the CRMs hold of ours, as far as the gateway remembers what it wrote."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.base import Addressable
from receiver.admin.views import WrittenRecordView
from receiver.gateway import Gateway
from receiver.inbox import RecordState


async def find_written_records(
    gateway: Gateway, connector: str, refs: Sequence[tuple[str, str]]
) -> tuple[WrittenRecordView, ...]:
    """One for each (object, key), in the same order; those that were never written have no id."""
    known = await gateway.inbox.find_record_states(connector, set(refs))
    return tuple(_present(gateway, connector, ref, known.get(ref)) for ref in refs)


def _present(
    gateway: Gateway, connector: str, ref: tuple[str, str], state: RecordState | None
) -> WrittenRecordView:
    if state is None:
        return WrittenRecordView(*ref, id=None, url=None, fields={}, links=())
    opened = gateway.connectors.get(connector)
    url = opened.record_url(ref[0], state.id) if isinstance(opened, Addressable) else None
    fields = {name: stamp.event_id for name, stamp in sorted(state.stamps.items())}
    return WrittenRecordView(
        *ref, id=state.id, url=url, fields=fields, links=tuple(sorted(state.links))
    )
