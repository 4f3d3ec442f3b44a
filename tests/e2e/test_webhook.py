"""The webhook connector through the real process: a receiver that fails is sent everything, in
order, and nothing twice but under the same id.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from receiver.aom.simulated_school import person_of
from tests.e2e.traffic import Post, days, post_all
from tests.fakes.webhook import TROUBLES, FakeReceiver, fake_receiver
from tests.processes import gateway, until, write_config

EVENTS, PEOPLE = 500, 20
FIRST = "ON-HOLD"


def configure(directory: Path, receiver: FakeReceiver, *lines: str) -> Path:
    """A gateway with one webhook."""
    return write_config(
        directory,
        "\n".join(
            (
                "[connectors.hook]",
                'type = "webhook"',
                f'url = "{receiver.url}"',
                f'secrets = "{receiver.secret}"',
                "allow_private = true",
                *lines,
            )
        ),
    )


def of_one_person(number: int) -> list[Post]:
    """So many events of a school at work, each about one person and none a repetition."""
    posts = {
        json.dumps(payload, sort_keys=True): (name, payload)
        for name, payload in days(4 * number, learners=PEOPLE)
        if name != "announcement.created" and len(payload.get("userList", ())) <= 1
    }
    return list(posts.values())[:number]


def by_person(posts: list[Post]) -> dict[str, list[str]]:
    """The names of each person's events, in order."""
    found: dict[str, list[str]] = {}
    for name, payload in posts:
        found.setdefault(person_of(payload).lower(), []).append(name)
    return found


def received_by_person(receiver: FakeReceiver) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in receiver.messages:
        found.setdefault(one["data"]["fields"]["person"]["email"], []).append(one)
    return found


def test_a_failing_receiver_gets_everything_in_order(tmp_path: Path) -> None:
    """A fifth of its calls fails, before or after it has applied them: 500 events of 20 people come
    each once or again under the same id, each person's in the order in which they came.
    """
    posts = of_one_person(EVENTS)
    assert (len(posts), len(by_person(posts))) == (EVENTS, PEOPLE)
    with fake_receiver() as receiver:
        receiver.trouble = Random(7)
        config = configure(tmp_path, receiver, 'mapping = "standard"', "timeout_seconds = 1")
        with gateway(config) as running:
            post_all(running, posts)
            assert running.wait_until_delivered(900)["dead"] == 0
        assert not receiver.refused
        assert set(receiver.failed) == set(TROUBLES)
        assert len(receiver.messages) == len(set(receiver.ids)) == EVENTS
        assert receiver.repeated
        received = received_by_person(receiver)
        assert {
            person: [one["type"] for one in messages] for person, messages in received.items()
        } == by_person(posts)
        for messages in received.values():
            ids = [one["data"]["fields"]["event"]["id"] for one in messages]
            assert ids == sorted(set(ids))


def test_with_fold_the_newest_state_goes_out(tmp_path: Path) -> None:
    """What waits while the receiver is down is one message of the last state; batches are a list of
    messages.
    """
    posts = [("order.placed", order(7, status)) for status in (FIRST, "PENDING", "COMPLETED")]
    with fake_receiver() as receiver:
        config = configure(tmp_path, receiver, "fold = true", "batch_size = 10", OWN_ROUTE)
        receiver.trouble, receiver.share = Random(1), 1
        with gateway(config) as running:
            post_all(running, posts[:1])
            until(lambda: receiver.requests, "a call was made")
            post_all(running, posts[1:])
            receiver.trouble = None
            running.wait_until_delivered()
            (event, *_) = running.admin("/api/events?limit=1")["items"]
            (delivery,) = running.admin(f"/api/events/{event['id']}")["deliveries"]
            assert delivery["attempts"][-1]["outcome"] == "saved"
        last = receiver.messages[-1]
        assert (last["type"], last["data"]["key"]) == ("order", "7")
        assert last["data"]["fields"] == {"status": "COMPLETED", "total": Decimal("120.00")}
        assert [one["data"]["fields"]["status"] for one in receiver.messages][:-1] in ([], [FIRST])


def order(number: int, status: str) -> dict[str, Any]:
    return {
        "id": number,
        "status": status,
        "total": "120.00",
        "line_items": [],
        "customer": {"email": "ann@example.edu"},
    }


OWN_ROUTE = """
[[routes]]
events = ["order.*"]
connector = "hook"
[[routes.upsert]]
object = "order"
key = "{{ order.id }}"
fields.status = "{{ order.status }}"
fields.total = "{{ order.total }}"
"""
