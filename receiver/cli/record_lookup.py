"""What the CRMs hold of the records that an event would write: what the gateway remembers of them,
and what the CRM says now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any

from connectors.base import ConnectorError, Reads, Record
from receiver.cli.admin_client import AdminClient, in_path
from receiver.cli.temporary_connector import temporary_connector
from receiver.mapping.explanation import Explanation
from receiver.settings import Settings

MOST = 50
"""Records that are looked up; an announcement can have thousands."""

LONGEST_KEY = 1200
"""Characters; no longer one is remembered."""

ConnectorRef = tuple[str, str, str]
"""(connector, object, key)"""


@dataclass
class RecordLookup:
    """What is known of records, by connector, object and key.

    `remembered`: what /api/connectors/NAME/held/OBJECT answers. `in_crm`: the CRM's id and values,
    None where it has no such record. `notes`: why a CRM was not asked, by connector.
    """

    remembered: dict[ConnectorRef, dict[str, Any]] = field(default_factory=dict)
    in_crm: dict[ConnectorRef, dict[str, Any] | None] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def plain(self, ref: ConnectorRef) -> dict[str, Any]:
        """What belongs beside a record in JSON."""
        answer: dict[str, Any] = {}
        if ref in self.remembered:
            one = self.remembered[ref]
            answer["held"] = {name: one[name] for name in ("id", "url", "fields", "links")}
        if ref in self.in_crm:
            answer["in_crm"] = self.in_crm[ref]
        return answer


def planned_records(explained: Explanation) -> dict[ConnectorRef, Record]:
    """The first records that would be written, each once."""
    found: dict[ConnectorRef, Record] = {}
    for delivery in explained.deliveries:
        for one in delivery.planned:
            if len(found) < MOST and len(one.record.key) <= LONGEST_KEY:
                found.setdefault((delivery.connector, *one.record.ref), one.record)
    return found


async def add_remembered(
    lookup: RecordLookup, asked: AdminClient, records: dict[ConnectorRef, Record]
) -> None:
    """Ask the gateway what it remembers."""
    for ref in records:
        connector, object, key = ref
        path = f"/api/connectors/{in_path(connector)}/held/{in_path(object)}"
        lookup.remembered[ref] = await asked.get(path, key=key)


def add_from_crm(
    lookup: RecordLookup, settings: Settings, records: dict[ConnectorRef, Record]
) -> None:
    """Ask the CRMs; one that cannot be read, or does not answer, is noted."""
    asyncio.run(_add_from_crm(lookup, settings, records))


async def _add_from_crm(
    lookup: RecordLookup, settings: Settings, records: dict[ConnectorRef, Record]
) -> None:
    for name in dict.fromkeys(connector for connector, *_ in records):
        of_connector = [record for ref, record in records.items() if ref[0] == name]
        try:
            await _look_up_records(lookup, settings, name, of_connector)
        except ConnectorError as error:
            lookup.notes[name] = f"could not be asked: {error}"


async def _look_up_records(
    lookup: RecordLookup, settings: Settings, name: str, records: Sequence[Record]
) -> None:
    async with temporary_connector(settings, name) as connector:
        if not isinstance(connector, Reads):
            lookup.notes[name] = "cannot tell what its records hold; look in the CRM itself"
            return
        for (object, _), group in groupby(sorted(records, key=_kind), key=_kind):
            alike = list(group)
            fields = sorted({name for record in alike for name in record.fields})
            most = connector.limits.records
            for part in (alike[at : at + most] for at in range(0, len(alike), most)):
                answers = await connector.read(object, part, fields)
                for record, found in zip(part, answers, strict=True):
                    lookup.in_crm[(name, *record.ref)] = None if found is None else asdict(found)


def _kind(record: Record) -> tuple[str, str]:
    return record.object, record.key_field or ""
