"""From the inbox to the connectors: one dispatcher per connector claims lanes, writes them in batches and settles them."""

from receiver.delivery.batch import Delivery, Timing
from receiver.delivery.dispatcher import Dispatcher
from receiver.delivery.gate import StoreGate
from receiver.delivery.health import Health
from receiver.delivery.render import renderer

__all__ = ["Delivery", "Dispatcher", "Health", "StoreGate", "Timing", "renderer"]
