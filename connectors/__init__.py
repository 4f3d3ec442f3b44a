"""Connectors: how the gateway writes to a CRM. `connectors.base` is the manual."""
