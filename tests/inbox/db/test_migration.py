"""The tables come from migrations, whoever opens the store first."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

import receiver
from receiver.inbox import Inbox, StoreUnavailable
from receiver.inbox.db.engine import open_engines
from receiver.inbox.db.migration import HEAD
from receiver.inbox.db.tables import metadata
from tests.inbox.store import new, open_inbox, rows


def test_migrations_make_the_tables_that_the_code_knows(store_url: str) -> None:
    """A migrated store and `tables.py` do not differ."""
    engines = open_engines(store_url)
    try:
        with engines.write.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
    finally:
        engines.close()


def test_partial_indexes_are_partial(store_url: str) -> None:
    """Alembic does not compare conditions; they are what keeps a claim cheap."""
    open_engines(store_url).close()
    table = (
        "pg_indexes WHERE schemaname = 'public'"
        if store_url.startswith("postgres")
        else "sqlite_master WHERE type = 'index'"
    )
    definition = "indexdef" if store_url.startswith("postgres") else "sql"
    name = "indexname" if store_url.startswith("postgres") else "name"
    found = {
        row[0]: row[1] or "" for row in rows(store_url, f"SELECT {name}, {definition} FROM {table}")
    }
    assert {index for index, sql in found.items() if "WHERE" in sql} == {
        "lane_due",
        "lane_waiting",
        "event_aside",
    }


def test_head_is_the_newest_migration() -> None:
    """`HEAD` saves loading Alembic where nothing is to be done, so it has to be right."""
    config = Config()
    config.set_main_option(
        "script_location", str(Path(receiver.__file__).parent / "inbox" / "db" / "migrations")
    )
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_a_migrated_store_is_left_alone(store_url: str) -> None:
    """Opening it again changes nothing and loses nothing."""

    async def main() -> None:
        async with open_inbox(store_url) as inbox:
            kept = await inbox.accept(new("a"))
        async with open_inbox(store_url) as inbox:
            assert (await inbox.find_event(kept.id)).body == b"a"

    asyncio.run(main())
    assert [row[0] for row in rows(store_url, "SELECT version_num FROM alembic_version")] == [HEAD]


OPEN = """
import asyncio, sys
from receiver.inbox import Inbox
from tests.inbox.store import new

async def main():
    print("ready", flush=True)
    sys.stdin.readline()
    inbox = await Inbox.open(sys.argv[1], dedup_hours=24)
    await inbox.accept(new(sys.argv[2]))
    await inbox.aclose()

asyncio.run(main())
"""


def test_several_processes_may_start_at_once(postgresql_url: str) -> None:
    """On an empty PostgreSQL one of them makes the tables while the others wait; all work."""
    command = [sys.executable, "-c", OPEN, postgresql_url]
    starting = [
        subprocess.Popen(
            [*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for number in range(5)
    ]
    for process in starting:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in starting:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in starting:
        process.communicate()
    assert [process.returncode for process in starting] == [0] * 5
    assert len(rows(postgresql_url, "SELECT id FROM event")) == 5


def test_a_store_of_a_newer_version_is_refused(store_url: str) -> None:
    """With what is there and what helps; nothing is changed."""
    open_engines(store_url).close()
    engine = create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(
        StoreUnavailable, match=f"newer version .*revision 9999, this version knows {HEAD}"
    ):
        asyncio.run(Inbox.open(store_url, dedup_hours=24))
    engine = create_engine(store_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
    engine.dispose()


def test_a_failed_migration_leaves_nothing_behind(store_url: str) -> None:
    """All tables come in one transaction: a name that is taken undoes the rest."""
    engine = create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE remote_link (x INTEGER)"))
    engine.dispose()
    with pytest.raises(StoreUnavailable, match="remote_link"):
        asyncio.run(Inbox.open(store_url, dedup_hours=24))
    with pytest.raises(Exception, match="event"):
        rows(store_url, "SELECT * FROM event")


def test_migrations_run_from_an_installed_copy(tmp_path: Path, sqlite_url: str) -> None:
    """The package's own files are enough, in a directory with a space and a percent sign, and from
    any working directory.
    """
    installed = tmp_path / "site 100% packages"
    shutil.copytree(Path(receiver.__file__).parent, installed / "receiver")
    program = (
        "import asyncio, sys; from receiver.inbox import Inbox; "
        "asyncio.run(Inbox.open(sys.argv[1], dedup_hours=1))"
    )
    command = [sys.executable, "-c", program, sqlite_url]
    environment = {"PYTHONPATH": str(installed)}
    result = subprocess.run(
        command, cwd=installed, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert [row[0] for row in rows(sqlite_url, "SELECT version_num FROM alembic_version")] == [HEAD]
