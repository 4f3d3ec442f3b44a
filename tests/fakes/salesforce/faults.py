"""Faults on order, and at random: a status, a delay, a connection dropped before or after the call
took effect.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

Drop = Literal["before", "after"]
KINDS = ("unavailable", "html", "drop_before", "drop_after", "locks", "expire")


@dataclass
class Fault:
    """Strikes `times` requests whose method and path begin with `match`, e.g. "PATCH
    /composite/sobjects/Contact".
    """

    match: str = ""
    times: int = 1
    skip: int = 0  # let so many pass first
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0
    drop: Drop | None = None
    expire: bool = False  # all tokens become invalid before the call
    locks: float = 0  # this share of the rows is locked

    def strikes(self, text: str) -> bool:
        if self.times <= 0 or not text.startswith(self.match):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass
class Chaos:
    """Spoils this share of the calls in one of the `kinds` ways; at most `expiries` times the
    tokens. With `stall` some hang so long.
    """

    rate: float = 0
    seed: int = 0
    kinds: tuple[str, ...] = KINDS
    expiries: int = 3
    locks: float = 0.1
    stall: float = 0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.kinds += ("stall_before", "stall_after") if self.stall else ()

    def fault(self) -> Fault | None:
        if self.random.random() >= self.rate:
            return None
        kind = self.random.choice(self.kinds)
        if kind == "expire":
            self.expiries -= 1
            return Fault(expire=True) if self.expiries >= 0 else None
        faults = {
            "unavailable": Fault(
                status=503,
                body=[{"errorCode": "SERVER_UNAVAILABLE", "message": "The server is busy"}],
            ),
            "html": Fault(status=502, body="<html><body>Down for maintenance</body></html>"),
            "drop_before": Fault(drop="before"),
            "drop_after": Fault(drop="after"),
            "locks": Fault(locks=self.locks),
            "stall_before": Fault(drop="before", delay=self.stall),
            "stall_after": Fault(drop="after", delay=self.stall),
        }
        return faults[kind]
