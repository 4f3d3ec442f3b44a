"""What operators did is kept, found and at last removed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from receiver.inbox import AuditFilter, Inbox
from receiver.inbox.operation.audit import KEPT
from tests.inbox.store import NOW, seconds, stored


@stored
async def test_an_act_is_noted_as_it_begins_and_with_what_came_of_it(inbox: Inbox) -> None:
    """Newest first; what no database can hold is made storable."""
    about = {"connector": "hubspot", "ids": {"count": 2, "digest": "ab"}}
    first = await inbox.add_audit_entry("dana\0", "replay", about, "begun", now=NOW)
    await inbox.add_audit_entry("olaf", "forget", {}, "refused", now=NOW + seconds(1))
    (refused, begun) = await inbox.list_audit(AuditFilter())
    assert (refused.who, refused.outcome, refused.at) == ("olaf", "refused", NOW + seconds(1))
    assert (begun.id, begun.outcome, begun.about, begun.result) == (first, "begun", about, "")
    await inbox.finish_audit_entry(first, "done", "2 replayed")
    assert [(one.outcome, one.result) for one in await inbox.list_audit(AuditFilter())] == [
        ("refused", ""),
        ("done", "2 replayed"),
    ]


@stored
async def test_entries_are_found_by_who_what_and_when(inbox: Inbox) -> None:
    """And page by page."""
    for number, (who, what) in enumerate(
        [("dana", "replay"), ("olaf", "replay"), ("dana", "pause")]
    ):
        await inbox.add_audit_entry(who, what, {}, "done", now=NOW + seconds(number))

    async def found(chosen: AuditFilter, **page: int) -> list[tuple[str, str]]:
        return [(one.who, one.what) for one in await inbox.list_audit(chosen, **page)]

    assert await found(AuditFilter(who="dana")) == [("dana", "pause"), ("dana", "replay")]
    assert await found(AuditFilter(acts=("replay",), who="olaf")) == [("olaf", "replay")]
    assert await found(AuditFilter(since=NOW + seconds(1), until=NOW + seconds(2))) == [
        ("olaf", "replay")
    ]
    assert await found(AuditFilter(acts=("pause", "forget"))) == [("dana", "pause")]
    assert await found(AuditFilter(acts=("pause\0",))) == []
    (newest,) = await inbox.list_audit(AuditFilter(), limit=1)
    assert await found(AuditFilter(), before=newest.id, limit=1) == [("olaf", "replay")]


@stored
async def test_entries_are_found_by_the_id_that_they_name(inbox: Inbox) -> None:
    """To the letter: no sign in it stands for any other."""
    asked: list[dict[str, Any]] = [{"id": "a_b"}, {"id": "axb"}, {"ids": {"count": 2}}]
    for number, about in enumerate(asked):
        await inbox.add_audit_entry(f"{number}", "replay", about, "done", now=NOW)
    assert [one.who for one in await inbox.list_audit(AuditFilter(naming="a_b"))] == ["0"]


@stored
async def test_an_entry_stays_for_more_than_a_year(inbox: Inbox) -> None:
    """And not for ever."""
    await inbox.add_audit_entry("dana", "replay", {}, "done", now=NOW)
    await inbox.add_audit_entry("dana", "pause", {}, "done", now=NOW + timedelta(days=1))
    assert timedelta(days=366) < KEPT
    await inbox.purge_operation(now=NOW + KEPT)
    assert len(await inbox.list_audit(AuditFilter())) == 2
    await inbox.purge_operation(now=NOW + KEPT + seconds(1))
    assert [one.what for one in await inbox.list_audit(AuditFilter())] == ["pause"]
