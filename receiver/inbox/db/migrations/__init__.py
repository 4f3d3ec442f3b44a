"""Alembic's directory.

`receiver.inbox.db.migration` runs it; a new revision also becomes its HEAD.
"""
