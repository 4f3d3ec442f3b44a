"""Forwards events and records to a URL as signed webhooks: a whole connector for HTTP, to copy for
an API of your own.
"""

from connectors.webhook.connector import WebhookConnector

__all__ = ["WebhookConnector"]
