"""How many records of each object the CRM takes in a call: learnt where it is fewer than it says,
and grown again slowly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

GROW_AFTER = 32  # calls that went well at a size, before a larger one is tried
LONGEST_STREAK = 2048
CALM_AFTER = 8  # calls at ease, before several are made at once again
SLOW = 0.5  # of its time-out: a call that takes longer is too large
AT_EASE = 0.25  # of its time-out


@dataclass(slots=True)
class _Learnt:
    size: int
    streak: int = 0  # calls of that size that went well
    needed: int = GROW_AFTER
    proven: int = 1  # the largest size that was seen to work since it is learnt


class BatchSizes:
    """The learnt sizes of one connector's calls. `most` is what the CRM says it takes, or the
    configuration allows.
    """

    def __init__(self, most: int, log: FilteringBoundLogger) -> None:
        self.most = most
        self.measured = False  # a call was answered, so that it is known how long they take
        self.slow = False  # calls take so long that one at a time is enough
        self.changed = False  # since `learnt` was asked for
        self._log = log
        self._of: dict[str, _Learnt] = {}
        self._at_ease = 0  # calls in a row that took little of their time

    def start(self, learnt: Mapping[str, int]) -> None:
        """Go on from what another process has learnt."""
        self._of = {kind: _Learnt(size) for kind, size in learnt.items() if 0 < size < self.most}
        self.measured = self.slow = False

    def of(self, kind: str) -> int:
        """How many records of an object to send in the next call."""
        known = self._of.get(kind)
        return min(known.size, self.most) if known else self.most

    def smallest(self) -> int:
        """The smallest of all learnt sizes."""
        return min((self.of(kind) for kind in self._of), default=self.most)

    def learnt(self) -> dict[str, int]:
        """Object → size, where it is fewer than the CRM says."""
        self.changed = False
        return {
            kind: known.size for kind, known in sorted(self._of.items()) if known.size < self.most
        }

    def works(self, kind: str, size: int, *, fails: int) -> None:
        """Every row of a call that failed as a whole went through in calls of up to `size`: its
        size was at fault.
        """
        known = self._of.get(kind, _Learnt(self.most))
        proven = max(size, known.proven if known.proven < fails else 1)
        too_early = known.proven < known.size == fails  # it had grown, and did not work
        needed = min(known.needed * 2, LONGEST_STREAK) if too_early else known.needed
        self._of[kind] = _Learnt(max(1, min(proven, known.size)), needed=needed, proven=proven)
        self._changed(kind)

    def passed(self, kind: str, size: int, seconds: float, timeout: float) -> None:
        """A call was answered for its rows, after so many seconds."""
        self.measured = True
        if seconds > SLOW * timeout:
            self._shrink(kind, size, max(1, int(size * AT_EASE * timeout / seconds)))
        self._at_ease = self._at_ease + 1 if seconds < AT_EASE * timeout else 0
        self.slow &= self._at_ease < CALM_AFTER
        known = self._of.get(kind)
        if known is None or size < known.size or seconds > AT_EASE * timeout:
            return
        known.streak, known.proven = known.streak + 1, max(known.proven, size)
        if known.streak >= known.needed:
            self._grow(kind, known)

    def timed_out(self, kind: str, size: int) -> None:
        """A call had no answer in its time. One of a single record tells nothing of sizes."""
        self._shrink(kind, size, max(1, size // 2))

    def _shrink(self, kind: str, size: int, to: int) -> None:
        self.slow = self.measured = True
        self._at_ease = 0
        if 1 < size <= self.of(kind) and to < self.of(kind):
            self._of[kind] = _Learnt(to)
            self._changed(kind)

    def _grow(self, kind: str, known: _Learnt) -> None:
        size = min(self.most, known.size + max(1, known.size // 4))
        if size == self.most:
            del self._of[kind]
        else:
            self._of[kind] = _Learnt(size, needed=known.needed, proven=known.proven)
        self._changed(kind)

    def _changed(self, kind: str) -> None:
        self.changed = True
        self._log.info("batch.size", object=kind, records=self.of(kind), most=self.most)
