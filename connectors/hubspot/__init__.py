"""The connector for HubSpot.

What is known of HubSpot's API stands with the code that relies on it.
"""

from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.settings import HubSpotSettings

__all__ = ["HubSpotConnector", "HubSpotSettings"]
