"""What a CRM refuses, fails at, or can't do for now costs nobody else anything, through the real
process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.accounts import CRMS, Account, configure
from tests.e2e.traffic import buyers, days, last_status, orders, people, post_all
from tests.processes import Running, gateway, get_json, until

CALL = {"hubspot": 100, "salesforce": 200}
"""How many records go in one call."""

TROUBLES = {
    "hubspot-token": ("hubspot", "auth", "Settings → Integrations → Service Keys"),
    "hubspot-field": ("hubspot", "misconfigured", "aom_user_id"),
    "salesforce-secret": ("salesforce", "auth", "client_secret"),
    "salesforce-field": ("salesforce", "misconfigured", "AOM_Id__c"),
}
"""Connectors that can't write, of which CRM, as which alarm, and what it must name."""


def attempts(running: Running, event: dict[str, Any]) -> list[dict[str, Any]]:
    """The attempts at an event's only delivery that count: while a connector is paused, none
    does.
    """
    (delivery,) = running.admin(f"/api/events/{event['id']}")["deliveries"]
    return [attempt for attempt in delivery["attempts"] if attempt["outcome"] != "paused"]


def events(running: Running, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = running.admin(f"/api/events?limit=500{query}")["items"]
    return found


def test_one_bad_record_dies_alone(tmp_path: Path, crm: Account) -> None:
    """Of a full call one record is dead, with the CRM's code, words and field; the others are
    written in the same attempt.
    """
    posts = orders(CALL[crm.name])
    bad = posts[30][1]["customer"]
    refusal = crm.spoil(bad)
    with gateway(configure(tmp_path, crm)) as running:
        crm.hold()
        post_all(running, posts)
        crm.forget_calls()
        crm.clear()
        assert running.wait_until_delivered()["dead"] == 1
        (dead,) = events(running, "&state=dead")
        assert dead["person"] == bad["email"].lower()
        (attempt,) = attempts(running, dead)
        assert (attempt["outcome"], attempt["code"], attempt["message"], attempt["field"]) == (
            "refused",
            refusal.code,
            refusal.message,
            refusal.field,
        )
        written = [attempts(running, event) for event in events(running, "&state=delivered")]
        assert [[attempt["outcome"] for attempt in one] for one in written] == [["saved"]] * (
            len(posts) - 1
        )
    assert crm.contacts().keys() == people(posts) - {dead["person"]}
    assert crm.buyers() == [pair for pair in buyers(posts) if pair[1] != dead["person"]]


def test_calls_that_fail_lose_and_double_nothing(tmp_path: Path, crms: dict[str, Account]) -> None:
    """A fifth of all calls fails, before or after it was carried out: all ends written once, in
    order, and nothing is dead.
    """
    posts = days(400, learners=60)
    config = configure(tmp_path, *crms.values())
    for crm in crms.values():
        crm.fail(0.2, seed=4)
    with gateway(config) as running:
        for start in range(0, len(posts), 100):
            post_all(running, posts[start : start + 100])
            calls = {name: crm.calls() for name, crm in crms.items()}
            until(partial(_all_called, crms, calls), "each CRM is called")
        assert running.wait_until_delivered(240)["dead"] == 0
    for crm in crms.values():
        assert crm.contacts().keys() == people(posts)
        assert {key: deal.status for key, deal in crm.deals().items()} == last_status(posts)
        assert crm.buyers() == buyers(posts)
        assert crm.failed_calls() >= 3
        assert crm.sign_ins() < 10


def _all_called(crms: dict[str, Account], before: dict[str, int]) -> bool:
    return all(crm.calls() > before[name] for name, crm in crms.items())


def test_a_connector_that_can_not_write_pauses_and_goes_on_by_itself(tmp_path: Path) -> None:
    """Refused credentials and a lost field raise an alarm that says what helps, and burn no
    attempt; once mended, all drains by itself.
    """
    posts = orders(50)
    with in_trouble(tmp_path) as (accounts, running):
        post_all(running, posts)
        for name in TROUBLES:
            until_it_is(running, "paused", name)
            assert_alarm(running, name)
        for name, account in accounts.items():
            assert not account.contacts()
            mend(name, account)
        assert running.wait_until_delivered(60)["dead"] == 0
        until_it_is(running, "running", *TROUBLES)
        for event in events(running):
            for delivery in running.admin(f"/api/events/{event['id']}")["deliveries"]:
                assert {attempt["outcome"] for attempt in delivery["attempts"]} <= {
                    "paused",
                    "saved",
                }
        for account in accounts.values():
            assert account.contacts().keys() == people(posts)
            assert account.buyers() == buyers(posts)


@contextmanager
def in_trouble(directory: Path) -> Iterator[tuple[dict[str, Account], Running]]:
    """A gateway with the connectors of TROUBLES, none of which can write."""
    with ExitStack() as stack:
        accounts = {
            name: stack.enter_context(CRMS[crm](name)) for name, (crm, _, _) in TROUBLES.items()
        }
        config = configure(directory, *accounts.values())
        for name, account in accounts.items():
            account.drop_field() if name.endswith("field") else account.lock_out()
        yield accounts, stack.enter_context(gateway(config))


def until_it_is(running: Running, state: str, *names: str) -> None:
    def are() -> bool:
        shown = get_json(running.url + "/readyz")["connectors"]
        return all(shown[name]["state"] == state for name in names)

    until(are, f"{', '.join(names)} {state}")


def mend(name: str, account: Account) -> None:
    account.make_field() if name.endswith("field") else account.let_in()


def assert_alarm(running: Running, name: str) -> None:
    _, kind, remedy = TROUBLES[name]
    assert remedy in get_json(running.url + "/readyz")["connectors"][name]["reason"]
    figure = f'connector_paused{{connector="{name}",reason="{kind}"}} 1.0'
    until(  # they are a second old where somebody has just asked
        lambda: figure in httpx.get(running.url + "/metrics", trust_env=False).text, figure
    )
    until(
        lambda: any(
            all(word in line for word in (f'"{name}"', '"connector.paused"', remedy))
            for line in _log(running)
        ),
        "it is in the log",
    )


def _log(running: Running) -> list[str]:
    return running.log.read_text().splitlines()
