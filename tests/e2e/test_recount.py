"""A school's traffic with all that goes wrong in it: each field of each record is what a recount of
the calls says, also after everything is delivered once more.
"""

from __future__ import annotations

import asyncio
import json
import os
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from docs.hooks.shipped_fields import hubspot_name
from receiver.aom.simulated_school import SimulatedSchool
from tests.e2e.accounts import Account, HubSpotAccount, SalesforceAccount, configure
from tests.e2e.recount import Fields, TimedPost, recount_contacts, recount_deals
from tests.processes import ADMIN_TOKEN, TOKEN, Running, gateway

LEARNERS = int(os.environ.get("RECOUNT_LEARNERS", "60"))
EVENTS_EACH = 6
STARTED = datetime(2026, 1, 5, 9, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
SENDERS = 8
PARTS = 3  # each is delivered before the next one comes
SHARE = 0.05  # of calls that come late, and of those that come twice
MOVED = 7  # one of so many learners has another address in the second half

DATES = ("date_registered", "date_submitted")
STAGE_WORDS = {
    "closedwon": "won",
    "closedlost": "lost",
    "appointmentscheduled": "open",
    "Closed Won": "won",
    "Closed Lost": "lost",
    "Negotiation/Review": "open",
}


def school(random: Random) -> list[TimedPost]:
    """A call every minute, each with times of its own. Some learners get another address, which
    orders do not know.
    """
    simulated = SimulatedSchool(random, learners=LEARNERS, at=STARTED)
    ordered: dict[int, str] = {}
    posts: list[TimedPost] = []
    for number, (name, payload) in enumerate(simulated.events(LEARNERS * EVENTS_EACH)):
        at = STARTED + timedelta(minutes=number)
        stamp = at.astimezone(ZONE).strftime("%b %d, %Y %I:%M %p")
        told = {**payload, **{key: stamp for key in DATES if key in payload}}
        if name.startswith("order."):
            told["date_created"] = ordered.setdefault(payload["id"], stamp)
        elif number > LEARNERS * EVENTS_EACH / 2:
            told = moved(told)
        posts.append(TimedPost(at, (name, told)))
    return posts


def moved(payload: dict[str, Any]) -> dict[str, Any]:
    """The call with the new addresses of those who have one."""
    if "userList" in payload:
        return {**payload, "userList": [moved(one) for one in payload["userList"]]}
    has = payload.get("id", 1) % MOVED == 0
    return {**payload, "email": f"new.{payload['email']}"} if has else payload


def disturbed(posts: Sequence[TimedPost], random: Random) -> list[TimedPost]:
    """The calls in the order in which they come: some late, some twice; but accounts are known
    before they change.
    """
    placed = [
        (number + (random.randrange(5, len(posts)) if random.random() < late else 0), one)
        for number, one in enumerate(posts)
        for late in [0 if one.post[0] == "account.created" else SHARE]
    ]
    again = [
        (number + random.randrange(1, 300), one)
        for number, one in placed
        if random.random() < SHARE
    ]
    return [one for _, one in sorted([*placed, *again], key=lambda pair: pair[0])]


def send(running: Running, posts: Sequence[TimedPost]) -> None:
    """Many at once, each at the time that it belongs to."""
    waiting = iter(posts)

    async def sender(http: httpx.AsyncClient) -> None:
        for one in waiting:
            name, payload = one.post
            headers = {"Authorization": f"Bearer {TOKEN}", "Occurred-At": one.at.isoformat()}
            answer = await http.post(
                f"{running.url}/events/{name}", content=json.dumps(payload), headers=headers
            )
            assert answer.status_code == 202, answer.text

    async def everybody() -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            await asyncio.gather(*(sender(http) for _ in range(SENDERS)))

    asyncio.run(everybody())


def replay_all(running: Running) -> int:
    """Returns how many people's lanes there were."""
    request = urllib.request.Request(
        f"{running.url}/api/replay",
        data=json.dumps({"since": "2020-01-01T00:00:00Z"}).encode(),
        headers={"Authorization": f"Bearer {ADMIN_TOKEN}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        lanes: int = json.load(answer)["lanes"]
    return lanes


def rows_of(account: Account, kind: str) -> list[dict[str, Any]]:
    """The records of an account by HubSpot's names of their fields."""
    if isinstance(account, HubSpotAccount):
        return account.fake.records(kind)
    assert isinstance(account, SalesforceAccount)
    rows = account.fake.records({"contacts": "Contact", "deals": "Opportunity"}[kind])
    return [
        {"id": row["Id"], **{hubspot_name(name): value for name, value in row.items()}}
        for row in rows
    ]


def as_expected(value: Any, like: Any) -> Any:
    """A CRM's value as the recount has it, which may be text in one and a number in the other."""
    if isinstance(like, frozenset):
        return frozenset(part for part in (value or "").split(";") if part)
    if value in (None, ""):
        return None
    if isinstance(like, bool):
        return str(value).lower() == "true"
    if isinstance(like, Decimal):
        return Decimal(str(value))
    if isinstance(like, datetime):
        return datetime.fromisoformat(value)
    return STAGE_WORDS.get(value, value)


def differences(expected: dict[str, Fields], found: dict[str, dict[str, Any]]) -> list[str]:
    assert found.keys() == expected.keys()
    return [
        f"{key}.{name}: {as_expected(found[key].get(name), value)!r} is not {value!r}"
        for key, fields in expected.items()
        for name, value in fields.items()
        if as_expected(found[key].get(name), value) != value
    ]


def assert_right(
    account: Account, contacts: dict[str, Fields], deals: dict[str, Fields]
) -> dict[str, dict[str, Any]]:
    held = {row["email"]: row for row in rows_of(account, "contacts")}
    orders = {row["aom_order_key"]: row for row in rows_of(account, "deals")}
    assert len(held) == len(rows_of(account, "contacts"))
    assert differences(contacts, held) == []
    assert differences(deals, orders) == []
    return held


def rename(account: Account, id_: str, name: str) -> None:
    """Staff tidies a last name."""
    if isinstance(account, HubSpotAccount):
        account.fake.edit("contacts", id_, lastname=name)
    else:
        assert isinstance(account, SalesforceAccount)
        account.fake.change(id_, LastName=name)


@pytest.mark.parametrize("seed", [11])
def test_every_field_is_what_a_recount_says(
    tmp_path: Path, crms: dict[str, Account], seed: int
) -> None:
    """With refunds, changed addresses, late calls and calls that come twice; then again after a
    replay of everything, with the names that staff has tidied meanwhile.
    """
    posts = school(Random(seed))
    contacts, deals = recount_contacts(posts), recount_deals(posts)
    assert any(deal["aom_refunded"] for deal in deals.values())
    assert any(address.startswith("new.") for address in contacts)
    config = configure(tmp_path, *crms.values())
    kept = "[store]\nkeep_days = 3650"  # what is replayed happened long ago
    config.write_text(config.read_text().replace("[store]", kept))
    with gateway(config) as running:
        coming = disturbed(posts, Random(seed + 1))
        for part in range(PARTS):
            send(running, coming[len(coming) * part // PARTS : len(coming) * (part + 1) // PARTS])
            assert running.wait_until_delivered(600)["dead"] == 0
        held = {name: assert_right(crm, contacts, deals) for name, crm in crms.items()}
        tidied = sorted(contacts)[:: max(1, len(contacts) // 10)]
        for name, crm in crms.items():
            for address in tidied:
                rename(crm, held[name][address]["id"], f"Tidied {address}")
        assert replay_all(running) == LEARNERS * len(crms)
        assert running.wait_until_delivered(600)["dead"] == 0
    for address in tidied:
        contacts[address]["lastname"] = f"Tidied {address}"
    for crm in crms.values():
        assert_right(crm, contacts, deals)
