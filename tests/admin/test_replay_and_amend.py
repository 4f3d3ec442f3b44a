"""Replaying, discarding and revalidating over the admin API."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.admin.conftest import BODY, SHELBYVILLE, Api, account, asked, order
from tests.processes import write_config


def writes(api: Api, person: str, connector: str = "sandbox") -> int:
    """How often a contact was written."""
    return sum(
        record["writes"]
        for record in api.running.records(connector, "contact")
        if record["key"] == person
    )


def deliveries(api: Api, id: str) -> dict[str, str]:
    """Connector → state, of an event about one person."""
    return {one["connector"]: one["state"] for one in api.get(f"/api/events/{id}")["deliveries"]}


def group_of(api: Api, kind: str, id: str) -> Any:
    """The group in which an event is."""
    return next(
        group
        for group in api.get("/api/groups")[kind]
        if id in api.ids(group=group["id"], limit=500)
    )


def test_replay_by_ids(api: Api) -> None:
    """All deliveries of these events, with what came later for the same person; a dry run changes
    nothing.
    """
    ids = [api.take("order.placed", order(10 + number, "ids@example.edu")) for number in range(3)]
    api.settled()
    before = writes(api, "ids@example.edu")
    planned = api.post("/api/replay", ids=[ids[1]], dry_run=True)
    assert (planned["chosen"], planned["replayed"], planned["lanes"], planned["dry_run"]) == (
        2,
        4,
        2,
        True,
    )
    assert deliveries(api, ids[1]) == {"sandbox": "delivered", "second": "delivered"}
    done = api.post("/api/replay", ids=[ids[1]])
    assert (done["chosen"], done["replayed"], done["dry_run"], done["notes"]) == (2, 4, False, [])
    api.settled()
    assert writes(api, "ids@example.edu") > before


def test_replay_by_ids_to_one_connector(api: Api) -> None:
    """The other one's deliveries stay as they are; nothing else may stand beside ids."""
    id = api.take("order.placed", order(31, "one@example.edu"))
    api.settled()
    before = writes(api, "one@example.edu"), writes(api, "one@example.edu", "second")
    done = api.post("/api/replay", ids=[id], connector="second")
    assert (done["chosen"], done["replayed"], done["lanes"]) == (1, 1, 1)
    api.settled()
    assert writes(api, "one@example.edu") == before[0]
    assert writes(api, "one@example.edu", "second") > before[1]
    api.post("/api/replay", status=422, ids=[id], connector="second", source="springfield")
    api.post("/api/replay", status=422, group="g", connector="second")


def test_replay_by_filter(api: Api) -> None:
    """All conditions together say what; a connector that is named is the only one."""
    id = api.take("order.placed", order(20, "filter@example.edu"), token=SHELBYVILLE)
    api.settled()
    second, sandbox = writes(api, "filter@example.edu", "second"), writes(api, "filter@example.edu")
    received = api.get(f"/api/events/{id}")["received_at"]
    chosen: dict[str, Any] = {
        "source": "shelbyville",
        "event": "order.placed",
        "since": "2020-01-01T00:00:00Z",
        "connector": "second",
        "state": "delivered",
    }
    # the second before, or its own
    assert api.post("/api/replay", **chosen, until=received[:-8] + "Z", dry_run=True)[
        "replayed"
    ] in {0, 1}
    assert api.post("/api/replay", **chosen)["replayed"] == 1
    api.settled()
    assert (writes(api, "filter@example.edu", "second"), writes(api, "filter@example.edu")) == (
        second + 1,
        sandbox,
    )
    assert api.post("/api/replay", event="quiz.submitted")["replayed"] == 0


def test_two_replays_at_once(api: Api) -> None:
    """Are harmless: each person's deliveries are pending once, and end right."""
    ids = [
        api.take("order.placed", order(1000 + number, f"twice{number % 20}@example.edu"))
        for number in range(60)
    ]
    api.settled()
    with ThreadPoolExecutor(4) as threads:
        done = list(
            threads.map(
                lambda _: api.post("/api/replay", source="springfield", event="order.placed"),
                range(4),
            )
        )
    assert all(one["chosen"] >= 120 for one in done)
    api.settled()
    assert {state for id in ids for state in deliveries(api, id).values()} == {"delivered"}
    assert api.get("/api/replays") == {"items": []}


def test_replay_and_discard_by_group(api: Api) -> None:
    """A group is named by its id; when all of it is gone, the id is nobody's."""
    ids = [
        api.take("account.created", account(f"refused{number}@example.edu")) for number in range(3)
    ]
    api.settled()
    group = group_of(api, "dead", ids[0])
    assert (group["connector"], group["count"]) == ("sandbox", 3)
    assert api.post("/api/replay", group=group["id"])["replayed"] == 3
    api.settled()
    assert api.post("/api/discard", group=group["id"]) == {"discarded": 3}
    assert [deliveries(api, id) for id in ids] == [{"sandbox": "discarded"}] * 3
    assert "mended" in api.post("/api/discard", group=group["id"], status=404)["detail"]
    aside = group_of(api, "quarantined", api.take("quiz.submitted", {"quiz": 7}))
    assert "quarantine" in api.post("/api/discard", group=aside["id"], status=422)["detail"]
    assert api.post("/api/quarantine/discard", group=aside["id"]) == {"discarded": 1}
    assert "mended" in api.post("/api/replay", group=group["id"], status=404)["detail"]


def test_discard_one_many_and_by_filter(api: Api) -> None:
    """A delivery by its id, events by theirs, or all that fits; what is delivered stays so."""
    ids = [
        api.take("account.created", account(f"refused-{number}@example.edu")) for number in range(4)
    ]
    good = api.take("account.created", account("good@example.edu"))
    api.settled()
    (one,) = api.get(f"/api/events/{ids[0]}")["deliveries"]
    assert api.post(f"/api/deliveries/{one['id']}/discard") == {"discarded": 1}
    assert str(one["id"]) in api.post(f"/api/deliveries/{one['id']}/discard", status=404)["detail"]
    assert api.post("/api/discard", ids=[ids[1], good]) == {"discarded": 1}
    assert api.post("/api/discard", state="dead", event="account.created") == {"discarded": 2}
    assert deliveries(api, good) == {"sandbox": "delivered"}
    # a digit, and no ASCII
    for id in ("0", "many", "1.0", "1_0", "+1", "%201", "１"):  # noqa: RUF001
        api.post(f"/api/deliveries/{id}/discard", status=422)


def test_a_reason_alone_is_a_condition(api: Api) -> None:
    """One that nothing died of discards nothing and replays nothing; one that some died of chooses
    those.
    """
    reason = "There is no field aom_plan. (NO_SUCH_FIELD)"
    ids = [
        api.take("account.created", account(f"refused-reason{number}@example.edu"))
        for number in range(2)
    ]
    good = api.take("account.created", account("reason@example.edu"))
    api.settled()
    assert api.post("/api/discard", reason="no such reason") == {"discarded": 0}
    assert api.post("/api/replay", reason="no such reason")["replayed"] == 0
    assert api.post("/api/replay", reason=reason, dry_run=True)["chosen"] == len(
        api.ids(state="dead", limit=500)
    )
    api.post("/api/discard", reason=reason)
    assert [deliveries(api, id)["sandbox"] for id in (*ids, good)] == [
        "discarded",
        "discarded",
        "delivered",
    ]


def test_quarantine_by_ids_filter_and_group(api: Api) -> None:
    """Calls are given up one by one, by what they have in common, or by their group; each is
    counted once.
    """
    calls = [api.take("quiz.submitted", {"quiz": number}) for number in range(3)]
    others = [
        api.take("quiz.submitted", {"quiz": {}, "email": f"no address {number}"}, token=SHELBYVILLE)
        for number in range(2)
    ]
    unknown = api.take("", b'{"nothing": "of ours"}')
    assert api.post("/api/quarantine/discard", ids=[calls[0], "0" * 32]) == {"discarded": 1}
    assert api.post(
        "/api/quarantine/discard", group=group_of(api, "quarantined", calls[1])["id"]
    ) == {"discarded": 2}
    assert api.post(
        "/api/quarantine/discard", group=group_of(api, "quarantined", unknown)["id"]
    ) == {"discarded": 1}
    assert api.post("/api/quarantine/discard", source="shelbyville", event="quiz.submitted") == {
        "discarded": len(others)
    }
    assert {api.get(f"/api/events/{id}")["state"] for id in [*calls, *others, unknown]} == {
        "discarded"
    }
    assert api.post("/api/quarantine/revalidate") == {"accepted": 0, "remaining": 0}


@pytest.mark.parametrize("path", ["/api/replay", "/api/discard", "/api/quarantine/discard"])
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ids": []},
        {"ids": [""]},
        {"source": None},
        {"source": ""},
        {"group": ""},
        {"ids": ["0" * 32], "source": "springfield"},
        {"ids": ["0" * 32], "group": "00000000"},
        {"since": "2026-01-01"},
        {"everything": True},
    ],
)
def test_a_choice_must_be_clear(api: Api, path: str, body: dict[str, Any]) -> None:
    """Nothing, two ways at once, and what is empty are refused: a slip must not change
    everything.
    """
    assert api.post(path, status=422, **body)["errors"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"ids": ' + b"[" * 5000,
        b'{"source": "' + b"x" * 2_000_000 + b'"}',
        b"\xff",
    ],
)
def test_bodies_that_are_none(api: Api, body: bytes) -> None:
    """422, not a failure."""
    api.ask("POST", "/api/replay", content=body, status=422)


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """A configuration whose connector `second` has no route yet."""
    config = write_config(tmp_path, BODY)
    config.write_text(
        config.read_text().replace('events = ["order.*"]', 'events = ["quiz.submitted"]')
    )
    return config


def test_a_filter_reaches_routes_that_came_later(later: Path) -> None:
    """Events get deliveries to a connector whose route was added after them; in their place, and to
    the named connector only.
    """
    with asked(later) as api:
        ids = [
            api.take("order.placed", order(number, f"late{number % 10}@example.edu", note=number))
            for number in range(1, 61)
        ]
        other = api.take("account.created", account("late0@example.edu"))
        api.settled()
        api.running.terminate()
    later.write_text(
        later.read_text().replace('events = ["quiz.submitted"]', 'events = ["order.*"]')
    )
    with asked(later) as api:
        newest = api.take("order.placed", order(100, "late0@example.edu"))
        api.settled()
        sandbox = writes(api, "late0@example.edu")
        planned = api.post(
            "/api/replay", since="2020-01-01T00:00:00Z", connector="second", dry_run=True
        )
        assert (planned["chosen"], planned["routed"], planned["replayed"]) == (1, 60, 61)
        assert deliveries(api, ids[0]) == {"sandbox": "delivered"}
        done = api.post("/api/replay", since="2020-01-01T00:00:00Z", connector="second")
        assert (done["routed"], done["replayed"]) == (60, 61)
        api.settled()
        assert {tuple(sorted(deliveries(api, id).items())) for id in [*ids, newest]} == {
            (("sandbox", "delivered"), ("second", "delivered"))
        }
        assert deliveries(api, other) == {"sandbox": "delivered"}
        assert writes(api, "late0@example.edu") == sandbox
        assert api.post("/api/replay", event="order.placed", dry_run=True)["routed"] == 0


def test_the_dead_reach_routes_that_came_later(later: Path) -> None:
    """Events chosen by the state of a delivery, too, at connectors that have none of theirs."""
    with asked(later) as api:
        dead = api.take("order.placed", order(1, "refused@example.edu"))
        good = api.take("order.placed", order(2, "good@example.edu"))
        api.settled()
        api.running.terminate()
    later.write_text(
        later.read_text().replace('events = ["quiz.submitted"]', 'events = ["order.*"]')
    )
    with asked(later) as api:
        done = api.post("/api/replay", state="dead")
        assert (done["chosen"], done["routed"], done["replayed"]) == (1, 1, 2)
        api.settled()
        assert deliveries(api, dead) == {"sandbox": "dead", "second": "delivered"}
        assert deliveries(api, good) == {"sandbox": "delivered"}


def test_a_source_that_is_gone_is_told(later: Path) -> None:
    """Events of a source that is not configured any more cannot be read: a replay says so before
    anything is done.
    """
    with asked(later) as api:
        gone = [
            api.take("account.created", account(f"gone{number}@example.edu"), token=SHELBYVILLE)
            for number in range(2)
        ]
        api.settled()
        api.running.terminate()
    later.write_text(later.read_text().replace("[sources.shelbyville]", "[sources.capital]"))
    with asked(later) as api:
        for chosen in ({"ids": gone}, {"source": "shelbyville"}):
            planned = api.post("/api/replay", **chosen, dry_run=True)
            assert [
                note for note in planned["notes"] if "'shelbyville'" in note and "2 events" in note
            ]
        assert api.post("/api/replay", source="springfield", dry_run=True)["notes"] == []
