"""How many events each source may send."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from receiver.http.source_limits import SourceLimits
from receiver.settings import Source
from receiver.settings.model import Limit


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def limits(clock: Clock, events: int, seconds: float) -> SourceLimits:
    limited = Source(tokens=(SecretStr("a"),), limit=Limit(events=events, seconds=seconds))
    return SourceLimits({"limited": limited, "free": Source(tokens=(SecretStr("b"),))}, clock)


def test_as_many_as_are_allowed_come_at_once() -> None:
    """The bucket is full at first; the next one is told when there is room again."""
    allowed = limits(Clock(), 3, 60)
    assert [allowed.wait("limited") for _ in range(4)] == [0, 0, 0, 20]


def test_a_refused_event_is_not_counted() -> None:
    """Whoever asks again and again waits no longer than whoever waits, and is then taken."""
    clock = Clock()
    allowed = limits(clock, 1, 10)
    assert [allowed.wait("limited") for _ in range(50)][-1] == 10
    clock.now += 9.5
    assert allowed.wait("limited") == 1
    clock.now += 0.5
    assert allowed.wait("limited") == 0


def test_silence_saves_no_more_than_the_limit() -> None:
    """After a night without an event the bucket holds what the limit names."""
    clock = Clock()
    allowed = limits(clock, 2, 1)
    clock.now += 100_000
    assert [allowed.wait("limited") for _ in range(3)] == [0, 0, 1]


def test_one_source_takes_nothing_from_another() -> None:
    """A source without a limit, and one that nobody knows, are never told to wait."""
    allowed = limits(Clock(), 1, 60)
    assert [allowed.wait("limited"), allowed.wait("limited")] == [0, 60]
    assert {allowed.wait(name) for name in ("free", "nobody") for _ in range(1000)} == {0}
