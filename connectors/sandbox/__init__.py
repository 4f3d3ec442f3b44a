"""A small local CRM in one SQLite file: to try the gateway without an account, and to copy for a
connector of your own.
"""

from connectors.sandbox.connector import SandboxConnector

__all__ = ["SandboxConnector"]
