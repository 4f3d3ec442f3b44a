"""An import lets others go first, and does not wait for what does not move."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from receiver.history import Answer, Backlog, Courier, Judged, Line, courier


class Backlogs:
    """A courier whose looks find what a test says, each so many seconds after the one before."""

    def __init__(self, found: Iterable[Backlog], *, every: float = 1.0) -> None:
        self._found = iter(found)
        self._every = every
        self._time = 0.0
        self.told: list[int] = []
        self.courier = Courier(self._take, self._waiting, self.told.append, clock=lambda: self._time)

    @staticmethod
    async def _take(_line: Judged) -> Answer:
        return Answer(deliveries=1)

    async def _waiting(self) -> Backlog:
        self._time += self._every
        return next(self._found)

    def send(self, lines: int = 0) -> list[int]:
        """What the courier told of those before it."""
        self.told.clear()
        batch = [Judged(Line(number, "{}", b"{}"), None, None, ()) for number in range(lines)]
        asyncio.run(asyncio.wait_for(self.courier.send(batch), 20))
        return list(self.told)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "GLANCE", 0)


def test_it_waits_until_few_are_before_it() -> None:
    """And says how many there are, as long as they become fewer."""
    backlogs = Backlogs(Backlog(n) for n in (5000, 2000, 501, 500))
    assert backlogs.send() == [5000, 2000, 501, 0]


def test_it_looks_again_when_it_has_added_enough() -> None:
    """Between the most and the few, as many as there is room for."""
    backlogs = Backlogs(Backlog(n) for n in (400, 700, 300))
    assert backlogs.send(599) == [0]
    assert backlogs.send(1) == []
    assert backlogs.send(1) == [700, 0]


def test_it_does_not_wait_for_a_connector_that_is_paused() -> None:
    """What does not become less is not on its way: the import goes on behind what comes live, and adds to it."""
    backlogs = Backlogs([*(Backlog(600, oldest=second) for second in range(32)), Backlog(1100, oldest=32)])
    assert backlogs.send(500) == [600] * 31 + [0]
    assert backlogs.send(1) == [0]


def test_it_waits_again_once_that_moves() -> None:
    """A pause that has ended does not let an import go before everybody for the rest of its file."""
    still = [Backlog(600, oldest=second) for second in range(32)]
    moving = [Backlog(1090), Backlog(900), Backlog(600), Backlog(400)]
    backlogs = Backlogs([*still, *moving])
    assert backlogs.send(500)[-1] == 0
    assert backlogs.send(1) == [1090, 900, 600, 0]


def test_it_waits_when_much_is_put_before_it() -> None:
    """A replay of old events in bulk: they are many more than at first, and the oldest stays the oldest, but they become fewer."""
    found = [Backlog(600, oldest=1)] + [Backlog(5000 - 100 * second, oldest=90_000 + second) for second in range(46)]
    assert Backlogs(found).send()[-2:] == [600, 0]


def test_it_waits_as_long_as_as_much_comes_as_goes() -> None:
    """A connector that is busy is not still, although its backlog becomes no shorter."""
    busy = [Backlog(2000, oldest=20) for _ in range(1000)]
    assert len(Backlogs([*busy, Backlog(0)], every=1.0).send()) == 1001
