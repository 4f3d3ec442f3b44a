"""Which lanes go out next: live before bulk, sources in turn, and what is for very many people
behind what is for one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from receiver.inbox import LaneQueue
from receiver.inbox.db.tables import LanePriority


@dataclass(frozen=True, slots=True)
class LaneChoice:
    """Lanes to take now; none where it is better to wait a moment, or nothing is ready.

    `ready`: whether anything is.
    """

    lanes: tuple[int, ...] = ()
    bulk: bool = False
    ready: bool = False


@dataclass(slots=True)
class LaneScheduler:
    """Chooses which lanes of one connector go next, from what went out before and what it is asked
    with.

    `records` fit into one call, and `most` lanes may go out together. Under load a batch that is
    not full waits up to `linger` seconds to fill, where one went out just before; what comes when
    nothing else does goes at once.
    """

    records: int
    most: int
    linger: float
    clock: Callable[[], float]
    # by bulk: until then a batch that is not full waits
    _until: dict[bool, float] = field(default_factory=dict)
    _waited: set[bool] = field(default_factory=set)
    _last_sources: dict[bool, str] = field(default_factory=dict)
    _turn_of_bulk: bool = False

    def choose(self, queues: Sequence[LaneQueue], *, bulk_under_way: int, room: int) -> LaneChoice:
        """What to take, where so many batches can start and so many are under way in bulk.

        What waits in bulk leaves one batch for what comes live, where there can be several; however
        much comes live, it goes on.
        """
        ready = {
            bulk: [one for one in queues if one.due and _is_bulk(one) == bulk]
            for bulk in (False, True)
        }
        order = (True, False) if self._turn_of_bulk and not bulk_under_way else (False, True)
        for bulk in order:
            if bulk and bulk_under_way and room <= 1:
                continue
            if lanes := self._take(ready[bulk], bulk=bulk):
                return LaneChoice(lanes, bulk, ready=True)
        return LaneChoice(ready=any(ready.values()))

    def started(self, choice: LaneChoice) -> None:
        """Note what went out: the next batch may fill, and it is the others' turn."""
        self._turn_of_bulk = not choice.bulk
        self._until[choice.bulk] = self.clock() + self.linger
        self._waited.discard(choice.bulk)

    def _take(self, queues: Sequence[LaneQueue], *, bulk: bool) -> tuple[int, ...]:
        size = self._size(sum(len(queue.due) for queue in queues), bulk=bulk)
        return self._in_turn(queues, size, bulk=bulk) if size else ()

    def _size(self, ready: int, *, bulk: bool) -> int:
        """How many of the ready lanes to take; after a wait only whole calls, if there are any."""
        if ready == 0 or ready >= self.most:
            return min(ready, self.most)
        if self.clock() < self._until.get(bulk, 0.0):
            self._waited.add(bulk)
            return 0
        return (ready - ready % self.records or ready) if bulk in self._waited else ready

    def _in_turn(self, queues: Sequence[LaneQueue], size: int, *, bulk: bool) -> tuple[int, ...]:
        """The first priority first; of one priority a lane of each source in turn, beginning behind
        the last one's.
        """
        taken: list[int] = []
        for priority in sorted({queue.priority for queue in queues}):
            of = [queue for queue in queues if queue.priority == priority]
            last = self._last_sources.get(bulk, "")
            of.sort(key=lambda queue: (queue.source <= last, queue.source))
            taken += _round_robin([queue.due for queue in of], size - len(taken))
            if len(taken) == size:
                self._last_sources[bulk] = (
                    of[-1].source if len(of) == 1 else of[(len(taken) - 1) % len(of)].source
                )
                break
        return tuple(taken)


def _is_bulk(queue: LaneQueue) -> bool:
    return queue.priority >= LanePriority.MANY


def _round_robin(lanes: Sequence[Sequence[int]], most: int) -> list[int]:
    taken: list[int] = []
    for place in range(max(map(len, lanes), default=0)):
        for one in lanes:
            if place < len(one) and len(taken) < most:
                taken.append(one[place])
    return taken
