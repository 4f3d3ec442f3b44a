"""From the inbox to the connectors: of each connector one process leads, takes lanes, writes them
in batches and settles them.
"""

from receiver.delivery.delivery_context import DeliveryContext, DeliveryTiming
from receiver.delivery.dispatcher import Dispatcher
from receiver.delivery.lane_outcome import SUPERSEDED
from receiver.delivery.leadership import Leaders, Leadership
from receiver.delivery.limits.account_guard import AccountGuard
from receiver.delivery.limits.batch_sizes import BatchSizes
from receiver.delivery.limits.circuit_breaker import CircuitBreaker
from receiver.delivery.limits.rate_limiter import RateLimiter
from receiver.delivery.loop_share import LoopShare
from receiver.delivery.renderer import LaneRenderer
from receiver.delivery.rendering.event_reader import EventReader
from receiver.delivery.rendering.profile_counter import ProfileCounter

__all__ = [
    "SUPERSEDED",
    "AccountGuard",
    "BatchSizes",
    "CircuitBreaker",
    "DeliveryContext",
    "DeliveryTiming",
    "Dispatcher",
    "EventReader",
    "LaneRenderer",
    "Leaders",
    "Leadership",
    "LoopShare",
    "ProfileCounter",
    "RateLimiter",
]
