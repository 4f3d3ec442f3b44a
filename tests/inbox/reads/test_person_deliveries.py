"""What became of events for one person."""

from __future__ import annotations

from receiver.inbox import Inbox, SettledLane
from tests.inbox.store import ANN, NOW, attempt, delivered, new, seconds, settle, stored, take_ready

EVE = "eve@example.edu"


@stored
async def test_only_their_own_deliveries_of_these_events(inbox: Inbox) -> None:
    """By connector, each as it stands: what is dead with its reason, what is put off with its
    time.
    """
    shared = await inbox.accept(new("shared", ANN, EVE, connectors=("crm", "other")))
    lanes = {lane.person_key: lane for lane in await take_ready(inbox)}
    dead = SettledLane(lanes[ANN], dead=((lanes[ANN].deliveries[0].delivery_id, "no"),))
    await settle(inbox, [dead, delivered(lanes[EVE])], now=NOW)
    (hers, _) = sorted(await take_ready(inbox, connector="other"), key=lambda lane: lane.person_key)
    later = SettledLane(hers, retry_at=NOW + seconds(60), attempt=attempt("retry"))
    await settle(inbox, [later], connector="other", now=NOW)
    other = await inbox.accept(new("another"))
    found = await inbox.list_person_deliveries(ANN, [shared.id])
    assert [(one.connector, one.state, one.reason, one.due_at) for one in found] == [
        ("crm", "dead", "no", None),
        ("other", "pending", None, NOW + seconds(60)),
    ]
    assert found[0].settled_at == NOW
    assert {one.event_id for one in found} == {shared.id}
    ids = [shared.id, other.id]
    assert [one.event_id for one in await inbox.list_person_deliveries(ANN, ids)] == [
        shared.id,
        other.id,
        shared.id,
    ]
    assert await inbox.list_person_deliveries("nobody@example.edu", ids) == []
    assert await inbox.list_person_deliveries(ANN, []) == []
