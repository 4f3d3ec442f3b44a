"""Groups of what needs attention: alike in connector and reason, or in source, event and faults, so that one word names them all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from receiver.api.operation import NotFound, Unfit
from receiver.inbox import Filter, Group, Inbox


def id_of(group: Group) -> str:
    """Short, and the same for as long as the group is there."""
    text = "\0".join((group.where, group.event or "", group.reason))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


async def dead(inbox: Inbox, id: str) -> Group:
    """The group of dead deliveries with that id. Raises NotFound."""
    return _one((await inbox.groups())[0], id, "dead deliveries")


async def quarantined(inbox: Inbox, id: str) -> Group:
    """The group of calls in quarantine with that id. Raises NotFound."""
    return _one((await inbox.groups())[1], id, "calls in quarantine")


async def find(inbox: Inbox, id: str) -> Filter:
    """Which events are in the group, whatever it is of. Raises NotFound."""
    deliveries, calls = await inbox.groups()
    of_dead = next((of_deliveries(group) for group in deliveries if id_of(group) == id), None)
    return of_dead or of_calls(_one(calls, id, "dead deliveries or calls in quarantine"))


def narrowed(group: Filter, chosen: Filter) -> Filter:
    """What is in the group and fits all that is asked besides. Raises Unfit where the two say different things."""
    asked = {name: getattr(chosen, name) for name in ("source", "event", "state", "connector") if getattr(chosen, name) is not None}
    against = [name for name, value in asked.items() if getattr(group, name) not in {None, value}]
    if against:
        raise Unfit(f"`{against[0]}`: the group has {getattr(group, against[0])!r}.")
    return replace(group, **asked, person=chosen.person, since=chosen.since, until=chosen.until)


def of_deliveries(group: Group) -> Filter:
    """Which deliveries are in it."""
    return Filter(state="dead", connector=group.where, reason=group.reason)


def of_calls(group: Group) -> Filter:
    """Which calls are in it."""
    return Filter(state="quarantined", source=group.where, event=group.event or "", reason=group.reason)


def _one(groups: Iterable[Group], id: str, what: str) -> Group:
    for group in groups:
        if id_of(group) == id:
            return group
    raise NotFound(f"There is no group {id} of {what}; it may have been mended. /api/groups lists those that there are.")
