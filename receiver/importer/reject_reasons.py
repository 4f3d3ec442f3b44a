"""Why lines were not taken, by reason: a thousand lines of one mistake are one thing to mend."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from receiver.aom import BodyError

_FEW = 5  # lines that are named
_MOST = 100  # reasons that are told apart

_VALUES = re.compile(r"'[^']*'|\"[^\"]*\"|\d+(?:[.,:-]\d+)*")


@dataclass(slots=True)
class RejectReason:
    """`fault` is the first one; those of other lines may quote other values."""

    fault: BodyError
    count: int = 0
    lines: list[int] = field(default_factory=list)  # the first ones


@dataclass(slots=True)
class RejectReasons:
    """`beyond` counts the lines of further reasons, once there are too many to be told apart."""

    by_cause: dict[tuple[str, str], RejectReason] = field(default_factory=dict)
    beyond: int = 0

    def add(self, number: int, faults: Iterable[BodyError]) -> None:
        for cause, fault in {_cause(fault): fault for fault in faults}.items():
            if cause not in self.by_cause and len(self.by_cause) == _MOST:
                self.beyond += 1
                continue
            reason = self.by_cause.setdefault(cause, RejectReason(fault))
            reason.count += 1
            if len(reason.lines) < _FEW:
                reason.lines.append(number)

    def most_frequent(self) -> list[RejectReason]:
        return sorted(self.by_cause.values(), key=lambda reason: -reason.count)


def _cause(fault: BodyError) -> tuple[str, str]:
    return re.sub(r"\[\d+\]", "[]", fault.path), _VALUES.sub("…", fault.message)
