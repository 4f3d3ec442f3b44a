"""The address of an erased person in rows that are not theirs."""

from __future__ import annotations

import json

from receiver.inbox import (
    Inbox,
    SettledLane,
)
from tests.inbox.store import (
    ANN,
    BEN,
    NOW,
    attempt,
    contact_state,
    delivered,
    exists,
    faulty,
    new,
    order,
    pause,
    remote,
    settle,
    stored,
    take_one,
)


@stored
async def test_mentions_are_blanked(inbox: Inbox) -> None:
    """In other people's payloads, attempts, reasons and links, and in the reason of a pause."""
    kept = await inbox.accept(
        new(order(1, BEN, f"a gift for {ANN.upper()}"), BEN, unknown=(f"for.{ANN}",))
    )
    taken = await take_one(inbox)
    sent = attempt(
        "refused",
        message=f"{ANN} is no owner",
        sent=[{"note": f"for {ANN}"}],
        notes=[f"left out {ANN}"],
    )
    records = [remote("contact", BEN, "8", taken, f"contact/{ANN}", "deal/1")]
    dead = ((taken.deliveries[0].delivery_id, f"{ANN}: no"),)
    await settle(inbox, [SettledLane(taken, dead=dead, attempt=sent)], records=records, now=NOW)
    await pause(inbox, "crm", kind="auth", reason=f"{ANN} was locked out", now=NOW)
    done = await inbox.erase_person(ANN)
    assert (done.events, done.shared, done.mentions) == (0, 1, 5)
    found = await inbox.find_event(kept.id)
    assert json.loads(found.body)["note"] == "a gift for [erased]"
    assert found.unknown == ("for.[erased]",)
    (row,) = found.deliveries
    assert row.reason == "[erased]: no"
    assert (row.attempts[0].message, row.attempts[0].sent, row.attempts[0].notes) == (
        "[erased] is no owner",
        [{"note": "for [erased]"}],
        ["left out [erased]"],
    )
    assert (await inbox.find_record_states("crm", [("contact", BEN)]))["contact", BEN].links == {
        "deal/1": "1"
    }
    assert (await inbox.find_state("crm")).reason == "[erased] was locked out"
    assert await inbox.list_drift() == []


@stored
async def test_longer_addresses_that_hold_this_one(inbox: Inbox) -> None:
    """Are other people's: their events, payloads and records stay as they are."""
    longer = f"jo{ANN}"
    kept = await inbox.accept(
        new(order(1, longer, f"for {ANN}.au"), longer, unknown=(f"scores.{BEN}",))
    )
    taken = await take_one(inbox)
    result = delivered(taken, attempt=attempt(message=f"{longer} is new"))
    records = [contact_state(longer, taken)]
    await settle(inbox, [result], records=records, now=NOW)
    done = await inbox.erase_person(ANN)
    assert (done.events, done.shared, done.mentions) == (0, 0, 0)
    found = await inbox.find_event(kept.id)
    assert json.loads(found.body) == json.loads(order(1, longer, f"for {ANN}.au"))
    assert found.deliveries[0].attempts[0].message == f"{longer} is new"
    assert (await inbox.find_record_states("crm", [("contact", longer)]))[
        "contact", longer
    ].links == {f"deal/{longer}": longer}


@stored
async def test_addresses_in_urls(inbox: Inbox) -> None:
    """And those that JSON escapes, in payloads of others and in quarantine."""
    kept = await inbox.accept(new(order(1, BEN, f"see /people/{ANN.replace('@', '%40')}?x"), BEN))
    aside = (await inbox.accept(faulty(f"email={ANN.upper().replace('@', '%40')}&x=1"))).id
    both = (await inbox.accept(faulty(json.dumps([ANN, BEN]).replace("@", "\\u0040")))).id
    done = await inbox.erase_person(ANN)
    assert (done.events, done.shared) == (1, 2)
    assert json.loads((await inbox.find_event(kept.id)).body)["note"] == "see /people/[erased]?x"
    assert not await exists(inbox, aside)
    assert json.loads((await inbox.find_event(both)).body) == [BEN]
