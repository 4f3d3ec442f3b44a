"""What operators did, for the admin API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from receiver.admin.operation import Parameters
from receiver.admin.parameters import Limit, Moment, Text, whole_number
from receiver.inbox import AuditFilter, AuditOutcome, Inbox

EntryId = Annotated[
    int,
    Field(ge=1, le=2**62, description="`next` of the page before"),
    BeforeValidator(whole_number),
]


class AuditQuery(Parameters):
    who: Annotated[Text | None, Field(description="the name of an operator")] = None
    what: Annotated[Text | None, Field(description="an act, such as replay or forget")] = None
    since: Annotated[Moment | None, Field(description="done at this time or later")] = None
    until: Annotated[Moment | None, Field(description="done before this time")] = None
    before: EntryId | None = None
    limit: Limit = 50

    def filter(self) -> AuditFilter:
        acts = () if self.what is None else (self.what,)
        return AuditFilter(self.who, self.since, self.until, acts)


@dataclass(frozen=True, slots=True)
class AuditEntryView:
    """One act of an operator. `about` is what was asked for, `result` what came of it, both without
    personal data.

    outcome: begun (under way, or the process ended meanwhile), done, failed, refused.
    """

    id: int
    at: datetime
    who: str
    what: str
    about: dict[str, Any]
    outcome: AuditOutcome
    result: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """`next` is given as `before` to get the page after this one."""

    items: tuple[AuditEntryView, ...]
    next: int | None


async def list_audit(inbox: Inbox, query: AuditQuery) -> AuditPage:
    """A page of the audit, newest first."""
    found = await inbox.list_audit(query.filter(), before=query.before, limit=query.limit + 1)
    shown = found[: query.limit]
    items = tuple(
        AuditEntryView(one.id, one.at, one.who, one.what, dict(one.about), one.outcome, one.result)
        for one in shown
    )
    return AuditPage(items, shown[-1].id if len(found) > len(shown) else None)
