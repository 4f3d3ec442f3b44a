"""Brings the tables to what this version needs, whenever a store is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, inspect, text

from receiver.inbox.db.errors import StoreUnavailable

if TYPE_CHECKING:
    from alembic.config import Config

HEAD: Final = "0001"
"""The newest revision in migrations/versions.

Alembic, slow to import, is only loaded where the tables are older.
"""

_ADVISORY_LOCK: Final = 0x616F6D5F67617465


def migrate_tables(engine: Engine) -> None:
    """Bring the tables to the newest version, in one transaction.

    Processes that start at once on PostgreSQL do it one after the other.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(
                text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK}
            )
        revision = _revision(connection)
        if revision != HEAD:
            _upgrade(connection, revision)


def is_known_revision(revision: str) -> bool:
    """Whether this version made tables of that revision, or can bring them to its own."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return revision == HEAD or revision in {script.revision for script in scripts}


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option(
        "script_location", str(Path(__file__).parent / "migrations").replace("%", "%%")
    )
    return config


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _upgrade(connection: Connection, revision: str | None) -> None:
    from alembic import command  # noqa: PLC0415

    config = _config()
    config.attributes["connection"] = connection
    if revision is not None and not is_known_revision(revision):
        raise StoreUnavailable(
            f"a newer version of this program has written the store (revision {revision}, "
            f"this version knows {HEAD}); install that version"
        )
    command.upgrade(config, "head")
