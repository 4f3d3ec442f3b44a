"""Alembic's directory. `receiver.inbox.migrate` runs it; a new revision also becomes its HEAD."""
