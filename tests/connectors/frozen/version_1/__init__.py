"""Old Crm as a connector of the AOM gateway."""

from .connector import OldCrmConnector
from .settings import OldCrmSettings

__all__ = ["OldCrmConnector", "OldCrmSettings"]
