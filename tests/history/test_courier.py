"""An import lets others go first, and does not wait for what does not move."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from receiver.history import Answer, Courier, Judged, courier


async def _taken(_line: Judged) -> Answer:
    return Answer(deliveries=1)


def _waited(figures: Iterator[int]) -> list[int]:
    """What the courier told of those before it, for what `waiting` says look by look."""
    told: list[int] = []

    async def waiting() -> int:
        return next(figures)

    asyncio.run(Courier(_taken, waiting, told.append).send([]))
    return told


def test_it_waits_until_few_are_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """And says how many there are, as long as they become fewer."""
    monkeypatch.setattr(courier, "GLANCE", 0.001)
    assert _waited(iter([5000, 2000, 501, 500])) == [5000, 2000, 501, 0]


def test_it_does_not_wait_for_a_connector_that_is_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not become less is not on its way: the import goes on behind what comes live."""
    monkeypatch.setattr(courier, "GLANCE", 0.001)
    monkeypatch.setattr(courier, "LONGEST_STILL", 0.05)

    def stuck() -> Iterator[int]:
        while True:
            yield 600

    assert _waited(stuck())[-1] == 0
