"""From the inbox to the connectors: one dispatcher per connector claims lanes, writes them in batches and settles them."""

from receiver.delivery.context import DeliveryContext, Timing
from receiver.delivery.dispatcher import Dispatcher
from receiver.delivery.gate import StoreGate
from receiver.delivery.health import Health
from receiver.delivery.render import Renderer

__all__ = ["DeliveryContext", "Dispatcher", "Health", "Renderer", "StoreGate", "Timing"]
