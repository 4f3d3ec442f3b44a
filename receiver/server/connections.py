"""What the connections of a server share."""

from __future__ import annotations

import math
from collections.abc import Callable

import structlog
from uvicorn.server import ServerState

from receiver.server.descriptor_limit import used_up

SILENCE_SECONDS = 60.0

Count = Callable[[str], None]


class Connections(ServerState):
    """How many there may be, and who counts those that are turned away, by a reason."""

    def __init__(self, most: int, turned_away: Count) -> None:
        super().__init__()
        self.most = most
        self.turned_away = turned_away
        self._reported_at: dict[str, float] = {}

    def admit(self, now: float) -> bool:
        """Whether one more may stay."""
        if len(self.connections) <= self.most:
            return True
        self._complain("http.connections_used_up", now)
        return False

    @property
    def crowded(self) -> bool:
        """Whether so many are open that one without a request should not stay for long."""
        return len(self.connections) > self.most // 2

    def sweep(self, now: float) -> None:
        """End what has taken too long; call it about once a second. uvloop says nothing of what it
        could not accept: it is told here.
        """
        if used_up():
            self._complain("http.descriptors_used_up", now)
        for connection in list(self.connections):
            look = getattr(connection, "look", None)  # uvicorn's own protocols have none
            if look is not None:
                look(now)

    def _complain(self, event: str, now: float) -> None:
        """Once a minute, however many it concerns."""
        if now - self._reported_at.get(event, -math.inf) > SILENCE_SECONDS:
            self._reported_at[event] = now
            structlog.get_logger().error(event, connections=len(self.connections), most=self.most)
