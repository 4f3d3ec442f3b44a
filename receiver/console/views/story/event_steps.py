"""The steps of an event until it is queued: received, recognised, kept aside, amended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from receiver.aom import InvalidBody, read_event
from receiver.console.views.story.operator_acts import EventAct
from receiver.console.views.story.step import Step
from receiver.gateway import Gateway
from receiver.inbox import EventDetail

RECOGNISED: Final = {
    "url": "by the name in the URL",
    "status": "by the order's status",
    "shape": "by its content: the URL named no event",
    "hint": "by keys or values that hint at it; no sample of this event is published",
}
_WORDS: Final = {"revalidate": "Checked again", "amend": "Amended", "discard": "Discarded"}
MOST_FAULTS: Final = 5


def tell_event(gateway: Gateway, stored: EventDetail, acts: Sequence[EventAct]) -> list[Step]:
    """The first one first."""
    checks = [act for act in acts if act.certain and act.what in {"revalidate", "amend"}]
    was_aside = bool(stored.original or checks or stored.state != "accepted")
    named = f"its URL names {stored.named}" if stored.named else "its URL names no event"
    steps = [Step(stored.received_at, f"Received from {stored.source}; {named}")]
    if was_aside:
        faults = _faults(gateway, stored)
        text = "Kept in quarantine" + _more(faults)
        steps.append(Step(stored.received_at, text, "bad", faults=faults[:MOST_FAULTS]))
    steps += _check_steps(stored, acts)
    if stored.state == "accepted":
        steps.append(_accepted(stored, accepted_at(stored, acts)))
    return steps


def accepted_at(stored: EventDetail, acts: Sequence[EventAct]) -> datetime:
    """When it was queued: as it came, or when it left the quarantine, as far as that is known."""
    left = [
        act.at
        for act in acts
        if act.certain and act.what in {"revalidate", "amend"} and act.outcome != "refused"
    ]
    if stored.original:
        return max([stored.original.amended_at, *left])
    return max(left, default=stored.received_at)


def _check_steps(stored: EventDetail, acts: Sequence[EventAct]) -> Iterator[Step]:
    told = [act for act in acts if act.certain and _is_check(stored, act)]
    for act in told:
        yield Step(act.at, f"{_WORDS[act.what]} by {act.who}{act.failed}", says=act.words)
    if stored.original and not any(act.what == "amend" for act in told):
        yield Step(stored.original.amended_at, "Amended")


def _is_check(stored: EventDetail, act: EventAct) -> bool:
    """Discarding is of the call where it has no deliveries, else of these."""
    return act.what in {"revalidate", "amend"} or (act.what == "discard" and not stored.deliveries)


def _accepted(stored: EventDetail, at: datetime) -> Step:
    how = RECOGNISED.get(stored.how or "", stored.how or "")
    name = stored.name or "no event"
    says = f"But {stored.disagreement}" if stored.disagreement else ""
    return Step(
        at, f"Recognised as {name} {how}".rstrip() + "; it holds all that is needed", says=says
    )


def _faults(gateway: Gateway, stored: EventDetail) -> Sequence[tuple[str, str]]:
    """Those that are kept; of a call that was amended those that it has by today's rules."""
    site = gateway.sites.get(stored.source)
    if not stored.original or site is None:
        return stored.faults
    try:
        read_event(stored.original.body, site, stored.original.named)
    except InvalidBody as invalid:
        return [(fault.path, fault.message) for fault in invalid.faults]
    return ()


def _more(faults: Sequence[tuple[str, str]]) -> str:
    left = len(faults) - MOST_FAULTS
    return f"; {left:,} more faults are not listed here" if left > 0 else ""
