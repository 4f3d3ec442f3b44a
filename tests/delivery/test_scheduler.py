"""Which lanes go next: a table of queues and what is chosen of them."""

from __future__ import annotations

import pytest

from receiver.delivery.scheduler import LaneChoice, LaneScheduler
from receiver.inbox import LaneQueue

LIVE, MANY, BULK = 0, 1, 2


class Clock:
    time = 100.0

    def __call__(self) -> float:
        return self.time


def queue(priority: int, source: str, *lanes: int) -> LaneQueue:
    return LaneQueue(priority, source, lanes, None)


def lanes(first: int, count: int) -> tuple[int, ...]:
    return tuple(range(first, first + count))


def scheduler(
    records: int = 2, most: int = 4, linger: float = 0.0, clock: Clock | None = None
) -> LaneScheduler:
    return LaneScheduler(records, most, linger, clock or Clock())


@pytest.mark.parametrize(
    ("queues", "chosen"),
    [
        pytest.param([], LaneChoice(), id="nothing is ready"),
        pytest.param([queue(LIVE, "a")], LaneChoice(), id="a queue in which all wait"),
        pytest.param(
            [queue(LIVE, "a", 1)], LaneChoice((1,), ready=True), id="one lane goes at once"
        ),
        pytest.param(
            [queue(LIVE, "a", *lanes(1, 9))],
            LaneChoice((1, 2, 3, 4), ready=True),
            id="the longest due first, as many as fit",
        ),
        pytest.param(
            [queue(LIVE, "a", *lanes(1, 9)), queue(LIVE, "b", 50)],
            LaneChoice((1, 50, 2, 3), ready=True),
            id="a source with one lane does not wait for one with many",
        ),
        pytest.param(
            [queue(LIVE, "a", 1), queue(BULK, "a", 5, 6)],
            LaneChoice((1,), ready=True),
            id="live before bulk, in batches of their own",
        ),
        pytest.param(
            [queue(LIVE, "b", 1), queue(MANY, "a", *lanes(5, 9))],
            LaneChoice((1,), ready=True),
            id="what is for many goes behind what is for one",
        ),
        pytest.param(
            [queue(MANY, "a", 5), queue(BULK, "a", 6)],
            LaneChoice((5, 6), bulk=True, ready=True),
            id="and before bulk",
        ),
    ],
)
def test_what_is_chosen(queues: list[LaneQueue], chosen: LaneChoice) -> None:
    """Of these queues, where nothing is under way."""
    assert scheduler().choose(queues, bulk_under_way=0, room=4) == chosen


def test_sources_take_turns_also_from_batch_to_batch() -> None:
    """Of three sources with much to do each has as many lanes out in the end, though a batch holds
    four.
    """
    one = scheduler()
    waiting = {
        source: list(lanes(start, 8)) for source, start in (("a", 100), ("b", 200), ("c", 300))
    }
    for _ in range(3):
        choice = one.choose(
            [queue(LIVE, source, *left) for source, left in waiting.items()],
            bulk_under_way=0,
            room=4,
        )
        one.started(choice)
        for left in waiting.values():
            left[:] = [lane for lane in left if lane not in choice.lanes]
    assert [len(left) for left in waiting.values()] == [4, 4, 4]


def test_bulk_goes_on_however_much_comes_live() -> None:
    """After a live batch it is the turn of bulk, if none of it is under way; and one batch is left
    for what comes live.
    """
    one, queues = scheduler(), [queue(LIVE, "a", *lanes(1, 9)), queue(BULK, "a", *lanes(50, 9))]
    kinds = []
    for _ in range(4):
        choice = one.choose(queues, bulk_under_way=0, room=2)
        one.started(choice)
        kinds.append(choice.bulk)
    assert kinds == [False, True, False, True]
    assert one.choose([queue(BULK, "a", 50)], bulk_under_way=1, room=1) == LaneChoice(ready=True)
    assert one.choose([queue(BULK, "a", 50)], bulk_under_way=1, room=2).lanes == (50,)


def test_under_load_calls_are_filled() -> None:
    """After a batch the next one waits until it is full or its time is over; then only whole calls
    go, if there are any.
    """
    clock = Clock()
    one = scheduler(records=100, most=400, linger=2, clock=clock)
    sizes = []

    def choose(ready: int) -> int:
        return len(one.choose([queue(LIVE, "a", *lanes(0, ready))], bulk_under_way=0, room=4).lanes)

    one.started(one.choose([queue(LIVE, "a", 1)], bulk_under_way=0, room=4))
    sizes += [choose(ready) for ready in (1, 399, 400)]
    clock.time += 2
    sizes += [choose(ready) for ready in (99, 100, 399)]
    assert sizes == [0, 0, 400, 99, 100, 300]
    one.started(LaneChoice((1,), ready=True))
    clock.time += 2
    assert choose(150) == 150  # nobody asked meanwhile: it was idle
