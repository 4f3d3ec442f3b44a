"""Faults on purpose: by a script, in order, or at random with a seed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Kind = Literal["status", "stall", "drop", "slow"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What befalls a call.

    `status` answers so, without doing anything; `drop` hangs up; `stall` hangs up after `seconds`,
    if 0 those of the options; `slow` answers after them. `applied`: whether the call is done first.
    """

    kind: Kind
    status: int = 500
    body: str = ""  # HubSpot's usual JSON if empty
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    applied: bool = False
    path: str = ""  # only calls whose path has this in it
    times: int = 1


RANDOM = (
    Fault("status", status=429),
    Fault(
        "status",
        status=502,
        body="<html><body>502 Bad Gateway</body></html>",
        headers={"Content-Type": "text/html"},
    ),
    Fault("stall"),
    Fault("drop"),
    Fault("drop", applied=True),
)


class Faults:
    def __init__(self, seed: int) -> None:
        self._script: list[Fault] = []
        self._random = Random(seed)
        self._rate = 0.0
        self._kinds: Sequence[Fault] = RANDOM

    def script(self, *faults: Fault) -> None:
        """Let these befall the next calls that they fit, one after the other."""
        self._script += faults

    def at_random(
        self, rate: float, kinds: Sequence[Fault] = RANDOM, seed: int | None = None
    ) -> None:
        """Let one of `kinds` befall a call with this probability."""
        self._rate, self._kinds = rate, kinds
        if seed is not None:
            self._random.seed(seed)

    def clear(self) -> None:
        self._script, self._rate = [], 0.0

    def next(self, path: str) -> Fault | None:
        for number, fault in enumerate(self._script):
            if fault.path in path:
                self._script[number : number + 1] = (
                    [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                )
                return fault
        return self._random.choice(self._kinds) if self._random.random() < self._rate else None
