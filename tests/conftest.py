"""Fixtures that every test may ask for."""

import signal

from tests.databases import (
    postgresql_server,
    postgresql_template,
    postgresql_url,
    sqlite_url,
    store_url,
)

__all__ = ["postgresql_server", "postgresql_template", "postgresql_url", "sqlite_url", "store_url"]

# a shell starts what runs in the background so, and programs inherit it
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
