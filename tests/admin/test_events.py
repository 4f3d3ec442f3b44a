"""Looking at events: filters, pages, and one event's story."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.admin.conftest import SHELBYVILLE, Api, account, order
from tests.processes import TOKEN, until


@pytest.fixture(scope="module")
def story(api: Api) -> dict[str, str]:
    """A few events of all kinds; their ids by what they are."""
    ids = {
        "ann's account": api.take("account.created", account("ann@example.edu")),
        "ben's account": api.take("account.created", account("ben@example.edu"), token=SHELBYVILLE),
        "ann's order": api.take("order.placed", order(1, "Ann@Example.edu")),
        "refused": api.take("order.placed", order(2, "refused@example.edu")),
        "nobody's": api.take(
            "announcement.created",
            {"announcement": "Hi", "receivers": [{"email": "ann@example.edu"}]},
        ),
        "broken": api.take("order.placed", b"{"),
        "unknown": api.take("", b"[]"),
    }
    api.settled()
    return ids


def chosen(api: Api, story: dict[str, str], **query: object) -> set[str]:
    """What of the story a filter finds, by its names."""
    names = {id: name for name, id in story.items()}
    return {names[id] for id in api.ids(**query) if id in names}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"source": "shelbyville"}, {"ben's account"}),
        ({"source": "nowhere"}, set()),
        ({"event": "order.placed"}, {"ann's order", "refused", "broken"}),
        ({"state": "dead"}, {"refused"}),
        ({"state": "quarantined"}, {"broken", "unknown"}),
        ({"state": "quarantined", "event": "order.placed"}, {"broken"}),
        ({"state": "delivered", "source": "shelbyville"}, {"ben's account"}),
        ({"person": "ANN@example.edu "}, {"ann's account", "ann's order", "nobody's"}),
        ({"person": "ann@example.edu", "event": "order.placed"}, {"ann's order"}),
        ({"key": "1"}, {"ann's order"}),
        ({"key": " springfield:2"}, {"refused"}),
        ({"key": "shelbyville:1"}, set()),
        ({"key": "ben@example.edu"}, {"ben's account"}),
        ({"key": "1", "state": "dead"}, set()),
        ({"connector": "second"}, {"ann's order", "refused"}),
        ({"connector": "second", "state": "dead"}, set()),
        ({"connector": "sandbox", "state": "dead"}, {"refused"}),
        ({"since": "2020-01-01T00:00:00Z", "until": "2020-01-02T00:00:00Z"}, set()),
        ({"since": "2020-01-01T00:00:00Z", "person": "ben@example.edu"}, {"ben's account"}),
    ],
)
def test_filters(
    api: Api, story: dict[str, str], query: dict[str, object], found: set[str]
) -> None:
    """All that is given must hold; addresses in any case."""
    assert chosen(api, story, **query) == found


def test_a_person_is_not_looked_up_in_quarantine(api: Api, story: dict[str, str]) -> None:
    """How many calls there are that may be theirs is told."""
    answer = api.get(
        "/api/events", person="nobody@example.edu", source="springfield", event="order.placed"
    )
    assert (answer["items"], answer["unsearched"]) == ([], 1)
    assert api.get("/api/events", person="ann@example.edu")["unsearched"] == 2
    assert api.get("/api/events", source="springfield")["unsearched"] == 0


def test_times(api: Api, story: dict[str, str]) -> None:
    """`since` is with its moment, `until` without."""
    at = api.get(f"/api/events/{story['refused']}")["received_at"]
    moment = datetime.fromisoformat(at)
    millisecond = moment.replace(microsecond=moment.microsecond // 1000 * 1000).isoformat()
    assert "refused" in chosen(api, story, since=millisecond)
    assert "refused" not in chosen(api, story, until=millisecond)
    assert "ann's account" in chosen(api, story, until=millisecond)


def test_a_group_is_looked_into(api: Api, story: dict[str, str]) -> None:
    """By its id, alone or with more conditions; what contradicts the group is told."""
    groups = api.get("/api/groups")
    (broken,) = [group for group in groups["quarantined"] if group["event"] == "order.placed"]
    (unknown,) = [group for group in groups["quarantined"] if group["event"] is None]
    assert chosen(api, story, group=broken["id"]) == {"broken"}
    assert chosen(api, story, group=unknown["id"]) == {"unknown"}
    (dead,) = groups["dead"]
    assert (dead["connector"], dead["reason"], dead["count"]) == (
        "sandbox",
        "There is no field aom_plan. (NO_SUCH_FIELD)",
        1,
    )
    assert chosen(api, story, group=dead["id"]) == {"refused"}
    assert chosen(api, story, group=dead["id"], source="shelbyville") == set()
    assert (
        "quarantined"
        in api.get("/api/events", group=broken["id"], state="dead", status=422)["detail"]
    )
    for path, query in (
        ("/api/events", {"group": "00000000"}),
        ("/api/groups/00000000", {}),
        ("/api/groups/%00", {}),
    ):
        detail = api.get(path, status=404, **query)["detail"]
        assert "There is no group" in detail
        assert "/api/" not in detail  # the command line shows it, too
    assert api.get(f"/api/groups/{dead['id']}") == dead
    assert api.get(f"/api/groups/{broken['id']}") == broken
    assert (groups["dead_groups"], groups["quarantined_groups"]) == (1, 2)
    assert api.get("/api/groups", limit=1, skip=1)["dead"] == []
    assert len(api.get("/api/groups", limit=1, skip=1, by="newest")["quarantined"]) == 1


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"state": "eaten"}, "state"),
        ({"limit": "0"}, "limit"),
        ({"limit": "501"}, "limit"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-01-01T00:00:00"}, "since"),
        ({"sauce": "springfield"}, "sauce"),
        ({"person": ""}, "person"),
        ({"source": ["a", "b"]}, "source"),
    ],
)
def test_what_does_not_fit_is_named(api: Api, query: dict[str, object], path: str) -> None:
    """422 with the parameter's name and what is wrong with it."""
    problem = api.get("/api/events", status=422, **query)
    assert [error["path"] for error in problem["errors"]] == [path]
    assert all(error["message"] for error in problem["errors"])


def test_pages_while_events_arrive(api: Api, story: dict[str, str]) -> None:
    """Each event once, none left out, newest first, whatever comes meanwhile and however large the
    pages are.
    """
    mine = [
        api.take("account.created", account(f"page{number}@example.edu"), token=SHELBYVILLE)
        for number in range(60)
    ]
    done = threading.Event()

    def post() -> None:
        number = 0
        while not done.is_set():
            number += 1
            body = json.dumps(account(f"meanwhile{number}@example.edu"))
            httpx.post(
                f"{api.running.url}/in/{SHELBYVILLE}/account.created", content=body, trust_env=False
            )

    poster = threading.Thread(target=post)
    newest = api.ids(source="shelbyville", limit=1)[0]
    poster.start()
    try:
        until(lambda: api.ids(source="shelbyville", limit=1)[0] != newest, "events arrive")
        for limit in (1, 7, 500):
            seen = walk(api, limit)
            assert seen == sorted(seen, reverse=True)
            assert len(seen) == len(set(seen))
            assert [id for id in seen if id in set(mine)] == mine[::-1]
            assert seen[-1] == story["ben's account"]
    finally:
        done.set()
        poster.join()
    api.settled()


def walk(api: Api, limit: int) -> list[str]:
    """The ids of all pages, from the newest of the events that this began with."""
    seen: list[str] = []
    before: dict[str, Any] = {}
    while True:
        page = api.get("/api/events", source="shelbyville", limit=limit, **before)
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            return seen
        assert page["next"] == seen[-1]
        before = {"before": page["next"]}


def test_an_event_of_a_whole_school(api: Api) -> None:
    """Its state is that of all its deliveries, not of those that are shown; those that need
    attention are shown first.
    """
    people = [{"id": number, "email": f"school{number:03}@example.edu"} for number in range(450)]
    people[440]["email"] = "refused-school@example.edu"
    users = {"userList": people, "enrolled_courses_list": [{"id": 1, "name": "Logic"}]}
    id = api.take("course.enrolled", users, token=SHELBYVILLE)
    api.settled()
    event = api.get(f"/api/events/{id}")
    assert (event["state"], event["people"], len(event["deliveries"])) == ("dead", 450, 200)
    assert event["counts"] == {"sandbox": {"dead": 1, "delivered": 449}}
    assert [(one["person"], one["state"]) for one in event["deliveries"]][:1] == [
        ("refused-school@example.edu", "dead")
    ]
    assert event["deliveries"][0]["attempts"][-1]["outcome"] == "refused"
    api.post("/api/discard", ids=[id])


def test_one_event(api: Api, story: dict[str, str]) -> None:
    """What came, what was read of it, to whom it went, and what was said to each attempt."""
    event = api.get(f"/api/events/{story['refused']}")
    assert (event["event"], event["source"], event["state"], event["recognised_by"]) == (
        "order.placed",
        "springfield",
        "dead",
        "url",
    )
    assert json.loads(event["raw"]) == order(2, "refused@example.edu")
    assert event["normal"]["order"]["id"] == "2"
    refused, written = sorted(event["deliveries"], key=lambda delivery: str(delivery["connector"]))
    assert (refused["connector"], refused["person"], refused["state"]) == (
        "sandbox",
        "refused@example.edu",
        "dead",
    )
    assert (written["connector"], written["person"], written["state"]) == (
        "second",
        "refused@example.edu",
        "delivered",
    )
    last = refused["attempts"][-1]
    assert (last["outcome"], last["code"], last["message"]) == (
        "refused",
        "NO_SUCH_FIELD",
        "There is no field aom_plan.",
    )
    assert last["sent"][0]["key"] == "refused@example.edu"
    assert datetime.fromisoformat(last["started_at"]) < datetime.now(UTC)
    assert written["attempts"][-1]["outcome"] == "saved"
    broken = api.get(f"/api/events/{story['broken']}")
    assert (broken["state"], broken["raw"], broken["normal"], broken["deliveries"]) == (
        "quarantined",
        "{",
        None,
        [],
    )
    assert "JSON" in broken["errors"][0]["message"]


@pytest.mark.parametrize("id", ["0" * 32, "nothing", "%00", "..", "é"])
def test_no_such_event(api: Api, id: str) -> None:
    """404, whatever the id looks like."""
    problem = api.get(f"/api/events/{id.replace('..', '%2E%2E')}", status=404)
    assert problem["status"] == 404


def test_bytes_that_are_no_text(api: Api) -> None:
    """A body that is not UTF-8 is shown with its bytes escaped."""
    answer = httpx.post(
        f"{api.running.url}/in/{TOKEN}", content=b'{"a": "\xff\x00"}', trust_env=False
    )
    assert api.get(f"/api/events/{answer.json()['id']}")["raw"] == '{"a": "\\xff\x00"}'
