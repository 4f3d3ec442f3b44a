"""How many events each source may send, so that one school cannot take the gateway from the
others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from math import ceil

from receiver.settings import Source


class SourceLimits:
    """A bucket for each source that has a limit: it holds as many events as the limit names and
    fills evenly.

    It counts what this process takes. Of several workers each allows the whole limit: what is
    allowed is never refused, since AOM may not send it again.
    """

    def __init__(
        self, sources: Mapping[str, Source], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._buckets = {
            name: _Bucket(source.limit.events, source.limit.seconds, clock())
            for name, source in sources.items()
            if source.limit
        }
        self._clock = clock

    def wait(self, source: str) -> int:
        """0 where one more event is taken, which is then counted; else the seconds after which it
        may come again.
        """
        bucket = self._buckets.get(source)
        return bucket.take(self._clock()) if bucket else 0


class _Bucket:
    def __init__(self, events: int, seconds: float, now: float) -> None:
        self._events, self._per_second = events, events / seconds
        self._left, self._at = float(events), now

    def take(self, now: float) -> int:
        self._left = min(self._events, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0
        return max(1, ceil((1 - self._left) / self._per_second))
