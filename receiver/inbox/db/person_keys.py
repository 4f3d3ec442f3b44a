"""By which keys a person is found: events and lanes keep the one that the person had then."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text, exists, func, literal, select, union

from receiver.inbox.db.tables import person_address


def keys_of(given: str) -> Any:
    """The query for the keys of the lanes of the person whose address or key this is."""
    owner = (
        select(person_address.c.person_key)
        .where(person_address.c.address == given)
        .scalar_subquery()
    )
    key = func.coalesce(owner, literal(given, Text()))
    joined = select(person_address.c.address).where(
        person_address.c.person_key == key,
        # it may have become the key of another one, who came first
        ~exists().where(_OTHERS.c.person_key == person_address.c.address),
    )
    return union(select(key.label("person_key")), joined)


_OTHERS = person_address.alias("others")
