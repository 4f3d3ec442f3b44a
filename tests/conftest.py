"""Fixtures that every test may ask for."""

from tests.databases import postgresql_server, postgresql_url, sqlite_url, store_url

__all__ = ["postgresql_server", "postgresql_url", "sqlite_url", "store_url"]
