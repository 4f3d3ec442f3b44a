"""Groups of what needs attention: alike in connector and reason, or in source, event and faults, so
that one word names them all.
"""

from __future__ import annotations

from dataclasses import replace

from receiver.admin.operation import NotFound, UnfitParameter
from receiver.inbox import AttentionGroup, EventFilter, GroupKind, Inbox

_OF = {"dead": "dead deliveries", "quarantined": "calls in quarantine"}


async def find_group(inbox: Inbox, id: str, kind: GroupKind | None = None) -> AttentionGroup:
    """The group with that id, however many there are.

    Raises NotFound; UnfitParameter where it is of another kind than has to be.
    """
    group = await inbox.find_group(id)
    if group is None:
        raise NotFound(
            f"There is no group {id!r} any more: what was in it was mended, or the id was "
            "never one."
        )
    if kind and group.kind != kind:
        raise UnfitParameter(
            f"The group {id!r} is of {_OF[group.kind]}; here goes one of {_OF[kind]}."
        )
    return group


def group_filter(group: AttentionGroup) -> EventFilter:
    """The filter that finds what is in a group."""
    if group.kind == "dead":
        return EventFilter(state="dead", connector=group.where, reason_key=group.id)
    return EventFilter(
        state="quarantined", source=group.where, event=group.event or "", reason=group.reason
    )


def narrow_filter(group: AttentionGroup, chosen: EventFilter) -> EventFilter:
    """What is in the group and fits all that is asked besides.

    Raises UnfitParameter where the two say different things.
    """
    whole = group_filter(group)
    asked = {
        name: getattr(chosen, name)
        for name in ("source", "event", "state", "connector")
        if getattr(chosen, name) is not None
    }
    against = [name for name, value in asked.items() if getattr(whole, name) not in {None, value}]
    if against:
        raise UnfitParameter(f"`{against[0]}`: the group has {getattr(whole, against[0])!r}.")
    return replace(
        whole,
        **asked,
        person=chosen.person,
        since=chosen.since,
        until=chosen.until,
        ids=chosen.ids,
    )
