"""Lines are handed in a few at once, and those about the same people one after the other."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pytest

from receiver.aom import Event, SourceContext, read_event
from receiver.importer import ImportStopped, LineAnswer, LineSender, SourceLine, ValidatedLine
from receiver.importer.line_sender import AT_ONCE

SITE = SourceContext("springfield", ZoneInfo("America/New_York"), "USD")


class Gateway:
    """Takes each line only once all that may be under way together are."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._full = asyncio.Event()
        self._under_way: Counter[tuple[str, ...]] = Counter()
        self.taken: list[int] = []
        self.together = 0

    async def take(self, validated: ValidatedLine) -> LineAnswer:
        self._under_way[validated.people] += 1
        assert self._under_way[validated.people] == 1, "the same person twice at once"
        self.together = max(self.together, self._under_way.total())
        if self.together >= self._most:
            self._full.set()
        await self._full.wait()
        self._under_way[validated.people] -= 1
        self.taken.append(validated.line.number)
        return LineAnswer(deliveries=1)


def _event(person: int) -> Event:
    body = b'{"email": "p%d@example.edu", "date_registered": "Aug 11, 2020 04:58 PM"}' % person
    return read_event(body, SITE, "account.created")


def _lines(people: Sequence[int]) -> list[ValidatedLine]:
    return [
        ValidatedLine(SourceLine(number, "{}", b"{}"), _event(person), None, ())
        for number, person in enumerate(people)
    ]


def _sent(gateway: Gateway, lines: Sequence[ValidatedLine]) -> list[int]:
    answered = asyncio.run(asyncio.wait_for(LineSender(gateway.take).submit_batch(lines), 60))
    return [validated.line.number for validated, _ in answered]


def test_a_few_at_once() -> None:
    """As many as may be, and no more; each line has its answer."""
    gateway = Gateway(most=AT_ONCE)
    assert sorted(_sent(gateway, _lines(range(50)))) == list(range(50))
    assert gateway.together == AT_ONCE


def test_one_persons_lines_in_order() -> None:
    """Those of others go beside them."""
    gateway = Gateway(most=3)
    _sent(gateway, _lines([n % 3 for n in range(30)]))
    assert gateway.together == 3
    for person in range(3):
        theirs = [number for number in gateway.taken if number % 3 == person]
        assert theirs == sorted(theirs)


def test_it_stops_where_the_gateway_takes_no_more() -> None:
    """The reason goes to whoever sends."""

    async def refuse(_line: ValidatedLine) -> LineAnswer:
        raise ImportStopped("no more")

    with pytest.raises(ImportStopped, match="no more"):
        asyncio.run(LineSender(refuse).submit_batch(_lines(range(5))))
