"""The rules of a record, as a case has them: what of it is written only where the CRM's is empty,
never goes back, or grows.

They bear the names that a mapping gives them. One event alone does not show them: they decide what
becomes of the next one, or of what the CRM holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors.base import Append, Record
from receiver.cases.case_settings import ExpectSettings
from receiver.mapping import overwrite_of, ranks_of
from receiver.mapping.routes.rank import date_of_rank, stage_of_rank

Rule = str | int | datetime | None


@dataclass(frozen=True, slots=True)
class RecordRules:
    """`overwrite`, `newest` and `forward` by field, where there is such a rule.

    `newest` has the date that decides, `forward` the place of the stage in its list, the first
    being 1. `grow` names fields; None where none could.
    """

    mode: str = "upsert"
    overwrite: Mapping[str, Rule] = field(default_factory=dict)
    newest: Mapping[str, Rule] = field(default_factory=dict)
    forward: Mapping[str, Rule] = field(default_factory=dict)
    grow: tuple[str, ...] | None = None

    @classmethod
    def of(cls, record: Record) -> RecordRules:
        """Those of a record that a mapping gives."""
        mode, overwrite = _mode_of(record), overwrite_of(record)
        dates = {name: date_of_rank(rank) for name, rank in ranks_of(record).items()}
        stages = {name: stage_of_rank(rank) for name, rank in ranks_of(record).items()}
        return cls(
            mode=mode,
            overwrite={} if mode == "create" else overwrite,
            newest={name: date for name, date in dates.items() if date is not None},
            forward={name: stage for name, stage in stages.items() if stage is not None},
            grow=_growing(record),
        )

    def tables(self) -> dict[str, Mapping[str, Rule]]:
        """Those that are said of fields, by the rule."""
        return {"overwrite": self.overwrite, "newest": self.newest, "forward": self.forward}

    def differences(self, expected: ExpectSettings) -> Iterator[tuple[str, Rule, Rule]]:
        """What is expected otherwise: the rule's place, what is expected of it, and what it is."""
        if expected.mode not in (None, self.mode):
            yield "mode", expected.mode, self.mode
        for rule, known in self.tables().items():
            wanted: Mapping[str, Rule] = getattr(expected, rule)
            for name, value in wanted.items():
                got: Rule = known.get(name, "always" if rule == "overwrite" else None)
                if got != value:
                    yield f"{name}.{rule}", value, got
        now = self.grow or ()
        for name in sorted({*now} ^ {*(now if expected.grow is None else expected.grow)}):
            is_so = name in now
            yield f"{name}.grow", str(not is_so).lower(), str(is_so).lower()


def _growing(record: Record) -> tuple[str, ...] | None:
    added = {name: one for name, one in record.fields.items() if isinstance(one, Append)}
    return tuple(name for name, one in added.items() if one.grow) if added else None


def _mode_of(record: Record) -> str:
    """What is only created has no field that may be written later."""
    if not record.creates:
        return "update"
    rules = [overwrite_of(record).get(name) for name in record.fields]
    return "create" if rules and set(rules) == {"never"} else "upsert"
