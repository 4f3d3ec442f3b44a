"""What is remembered of the CRMs: their ids, which event set which field, and what is tied to
what.
"""

from __future__ import annotations

from dataclasses import replace

from receiver.inbox import Inbox, ReadyLane, RecordState, RecordStateRow
from receiver.inbox.lanes.field_versions import FieldVersion
from receiver.inbox.lanes.record_state import RecordRef
from tests.inbox.store import ANN, BEN, NOW, delivered, new, remote, settle, stored, take_one

CONTACT, DEAL = ("contact", ANN), ("deal", "o-1")


async def under_way(inbox: Inbox, content: str = "a") -> ReadyLane:
    await inbox.accept(new(content))
    return await take_one(inbox)


async def remember(inbox: Inbox, *records: RecordStateRow) -> None:
    """As between the calls of a batch, when no lane is through yet."""
    await settle(inbox, [], records=records, now=NOW)


async def known(inbox: Inbox, ref: RecordRef = DEAL) -> RecordState:
    return (await inbox.find_record_states("crm", [ref]))[ref]


@stored
async def test_what_the_crm_holds_is_remembered(inbox: Inbox) -> None:
    """Its id, what was written, by which event; per connector, object and key."""
    lane = await under_way(inbox)
    deal = replace(remote(*DEAL, "8", lane, "contact/7"), digest="what was written\x00")
    await settle(inbox, [delivered(lane)], records=[remote(*CONTACT, "7", lane), deal], now=NOW)
    found = await inbox.find_record_states("crm", [DEAL, CONTACT, ("contact", BEN), ("deal", ANN)])
    event_id = lane.deliveries[0].event_id
    stamps = {"field": FieldVersion(event_id, lane.lane_id)}
    assert found == {
        CONTACT: RecordState("7", {}, event_id, stamps),
        DEAL: RecordState("8", {"contact/7": "7"}, event_id, stamps, "what was written\ufffd"),
    }
    assert await inbox.find_record_states("other", [CONTACT]) == {}
    assert await inbox.find_record_states("crm", []) == {}


@stored
async def test_what_is_told_last_stands(inbox: Inbox) -> None:
    """A later write gives id, digest and stamps; a person's lane may share a record with
    another's.
    """
    lane = await under_way(inbox)
    await remember(inbox, replace(remote(*DEAL, "8", lane), digest="first"))
    later = await under_way(inbox, "b")
    stamps = {"stage": FieldVersion(later.deliveries[-1].event_id, later.lane_id)}
    await remember(inbox, replace(remote(*DEAL, "9", later), stamps=stamps))
    newest = later.deliveries[-1].event_id
    assert await known(inbox) == RecordState("9", {}, newest, stamps)
    assert (await inbox.find_person(ANN)).records[0].id == "9"


@stored
async def test_links_are_added_with_the_id_that_they_lead_to(inbox: Inbox) -> None:
    """Those that are known stay; one that is made anew, to a record that was merged, leads to the
    new id.
    """
    lane = await under_way(inbox)
    await remember(inbox, remote(*DEAL, "8", lane, "contact/7", "company/5"))
    await remember(inbox, remote(*DEAL, "8", lane))
    again = replace(remote(*DEAL, "8", lane), add_links={"contact/7": "70", "line/1": "3"})
    await remember(inbox, again)
    links = {"contact/7": "70", "company/5": "5", "line/1": "3"}
    assert (await known(inbox)).links == links
    await remember(inbox, remote("deal", "o-2", "9", lane))
    assert (await known(inbox, ("deal", "o-2"))).links == {}


@stored
async def test_what_is_told_twice_at_once_counts_as_told_last(inbox: Inbox) -> None:
    """Two rows of one record in one settlement, as where a lane's next round writes it again."""
    lane = await under_way(inbox)
    rows = [remote(*DEAL, "8", lane, "contact/7"), remote(*DEAL, "9", lane, "company/5")]
    await remember(inbox, *rows)
    found = await known(inbox)
    assert (found.id, found.links) == ("9", {"contact/7": "7", "company/5": "5"})


@stored
async def test_it_is_remembered_which_event_set_which_field(inbox: Inbox) -> None:
    """With its lane, whatever the names; and for a record that no field of ours is in."""
    lane = await under_way(inbox)
    names = ("stage", "state", "namé\x00", "*x")
    stamps = {name: FieldVersion(f"event of {name[:1]}", len(name)) for name in names}
    bare = replace(remote("deal", "o-2", "9", lane), stamps={})
    await remember(inbox, replace(remote(*DEAL, "8", lane), stamps=stamps), bare)
    assert (await known(inbox)).stamps == stamps
    assert (await known(inbox, ("deal", "o-2"))).stamps == {}


@stored
async def test_hostile_records_are_harmless(inbox: Inbox) -> None:
    """NUL characters are replaced; what is too long for an index is not remembered; the rest
    stands.
    """
    lane = await under_way(inbox)
    links = {"l\x00nk": "i\x00d", "x" * 5000: "1"}
    records = [
        replace(remote("contact", "n\x00l", "i\x00d", lane), add_links=links),
        remote("contact", "ж" * 5000, "1", lane),
        replace(remote("contact", "ж" * 590, "2", lane), add_links={"ж" * 600: "3"}),
    ]
    report = await settle(inbox, [delivered(lane)], records=records, now=NOW)
    assert report.delivered == 1
    refs = [("contact", key) for key in ("n\ufffdl", "ж" * 5000, "ж" * 590)]
    found = await inbox.find_record_states("crm", refs)
    assert found.keys() == {refs[0], refs[2]}
    assert (found[refs[0]].id, found[refs[0]].links) == ("i\ufffdd", {"l\ufffdnk": "i\ufffdd"})
    assert found[refs[2]].links == {"ж" * 600: "3"}


@stored
async def test_many_records_are_looked_up_and_told_at_once(inbox: Inbox) -> None:
    """More than a database takes parameters in one statement."""
    lane = await under_way(inbox)
    refs = [("deal", str(number)) for number in range(70_000)]
    assert await inbox.find_record_states("crm", refs) == {}
    for _ in range(2):
        records = (remote("deal", str(number), "1", lane, "contact/7") for number in range(1_500))
        await remember(inbox, *records)
    found = await inbox.find_record_states("crm", refs)
    assert {key for _, key in found} == {str(number) for number in range(1_500)}
    assert all(one.links == {"contact/7": "7"} for one in found.values())
