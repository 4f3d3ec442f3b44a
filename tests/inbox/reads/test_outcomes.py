"""What became of the events of a period, on both databases."""

from __future__ import annotations

from receiver.inbox import Inbox, LatencyPercentiles, OutcomeCounts, SettledLane
from tests.inbox.store import ANN, BEN, NOW, delivered, faulty, new, seconds, settle, stored
from tests.inbox.store import take_ready as take

HOUR = (NOW, NOW + seconds(3600))


@stored
async def test_each_event_counts_once_by_what_needs_attention_most(inbox: Inbox) -> None:
    """Dead at one connector and delivered at the other is dead; what waits anywhere waits."""
    await inbox.accept(new("both", ANN, connectors=("crm", "other")))
    await inbox.accept(new("one", BEN))
    await inbox.accept(faulty("faulty"))
    await inbox.accept(new("nobody's", connectors=()))
    await inbox.accept(new("earlier", BEN, at=NOW - seconds(1)))
    await inbox.accept(new("later", at=HOUR[1]))
    assert await inbox.count_outcomes(HOUR) == OutcomeCounts(waiting=2, quarantined=1, other=1)
    marks = await inbox.read_marks([HOUR, (HOUR[1], HOUR[1] + seconds(60))])
    assert marks == [(3, 0, 0, 1, 1), (1, 0, 0, 0, 0)]
    for lane in await take(inbox):
        mine = lane.deliveries[0].delivery_id
        dead = SettledLane(lane, dead=((mine, "no"),)) if lane.person_key == ANN else None
        await settle(inbox, [dead or delivered(lane)], now=NOW)
    assert await inbox.count_outcomes(HOUR) == OutcomeCounts(
        delivered=1, dead=1, quarantined=1, other=1
    )
    assert (await inbox.count_outcomes(HOUR)).events == 4


@stored
async def test_latency_is_from_arrival_to_delivery(inbox: Inbox) -> None:
    """Half within one time, nineteen of twenty within another; nothing where nothing is
    delivered.
    """
    assert await inbox.read_latency(since=NOW) is None
    for number in range(100):
        await inbox.accept(new(f"{number}", f"learner{number}@example.edu"))
    for number, lane in enumerate(await take(inbox), 1):
        await settle(inbox, [delivered(lane)], now=NOW + seconds(number))
    await inbox.accept(new("waits"))
    assert await inbox.read_latency(since=NOW) == LatencyPercentiles(51.0, 96.0, 100)
    assert await inbox.read_latency(since=NOW + seconds(1)) is None
