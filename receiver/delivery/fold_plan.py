"""In which parts a lane's deliveries are written: folded into one, and smaller where that is
refused, until the guilty one is found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.base import Ref, Refused
from receiver.delivery.renderer import RenderedDelivery

# deliveries refused alone with the same words, after which those that would write the same are
# judged together
ALIKE = 3

_Words = tuple[Ref, str, str]  # a record, and the code and message with which it was refused


@dataclass(slots=True)
class FoldPlan:
    """What is left of a lane, in parts, the oldest first.

    Calls nobody: it is told what came of the part that it named. Unless it `folds`, each delivery
    is a part of its own, and stays one.
    """

    parts: list[tuple[RenderedDelivery, ...]] = field(default_factory=list)
    folds: bool = True
    together: bool = False  # the part at hand stands for all that would write the same
    _alone: Counter[_Words] = field(default_factory=Counter)

    @classmethod
    def of(cls, deliveries: Sequence[RenderedDelivery], *, folds: bool = True) -> FoldPlan:
        """Make the plan of these deliveries, the oldest first."""
        whole = [tuple(deliveries)] if deliveries else []
        return cls(whole if folds else [(one,) for one in deliveries], folds)

    @property
    def part(self) -> tuple[RenderedDelivery, ...]:
        """What is to be written now; empty where nothing is left."""
        return self.parts[0] if self.parts else ()

    @property
    def left(self) -> tuple[RenderedDelivery, ...]:
        return tuple(one for part in self.parts for one in part)

    def saved(self) -> tuple[RenderedDelivery, ...]:
        """The part went through: go on behind it. Returns it."""
        self._alone.clear()
        self.together = False
        return self.parts.pop(0)

    def refused(self, ref: Ref, refusal: Refused) -> tuple[RenderedDelivery, ...]:
        """The part was refused for that record. Returns the deliveries that this is the end of."""
        words = ref, refusal.code, refusal.message
        part = self.parts.pop(0)
        if self.together and self._alone[words] >= ALIKE:
            return self._judge_together(part, ref, refusal)
        self.together = False
        if len(part) > 1:
            middle = (len(part) + 1) // 2
            self.parts[:0] = [part[:middle], part[middle:]]
            return ()
        self._alone[words] += 1
        if self.folds and self._alone[words] >= ALIKE and len(self.left) > 1:
            self.parts, self.together = [self.left], True
        return part

    def drop(self, deliveries: Sequence[RenderedDelivery]) -> None:
        """Take deliveries that are given up out of the plan."""
        gone = {one.delivery.delivery_id for one in deliveries}
        remaining = (
            tuple(one for one in part if one.delivery.delivery_id not in gone)
            for part in self.parts
        )
        self.parts = [part for part in remaining if part]

    def _judge_together(
        self, part: tuple[RenderedDelivery, ...], ref: Ref, refusal: Refused
    ) -> tuple[RenderedDelivery, ...]:
        newest = next(one for one in reversed(part) if _writes(one, ref))
        guilty = tuple(one for one in part if _same(one, newest, ref, refusal.field))
        rest = tuple(one for one in part if one not in guilty)
        self.together = False
        if rest:
            self.parts.insert(0, rest)
        return guilty


def _writes(rendered: RenderedDelivery, ref: Ref) -> bool:
    return any(record.ref == ref for record in rendered.records)


def _same(rendered: RenderedDelivery, other: RenderedDelivery, ref: Ref, name: str | None) -> bool:
    """Whether it would write the same of a record: the field that is named with the same value, or,
    where none is, anything.
    """
    if not _writes(rendered, ref):
        return False
    values = [
        next(
            (
                record.fields[name]
                for record in one.records
                if record.ref == ref and name in record.fields
            ),
            None,
        )
        for one in (rendered, other)
        if name
    ]
    return not values or values[0] == values[1]
