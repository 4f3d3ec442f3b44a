"""What HubSpot's failures are called, seen through real calls."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from connectors.base import (
    AuthFailed,
    BatchRefused,
    ConnectorError,
    Misconfigured,
    Outcome,
    Refused,
    Retry,
    Saved,
    Throttled,
    Unavailable,
)
from connectors.hubspot.error_table import KEYS
from tests.connectors.hubspot.opening import contact, on, upsert
from tests.fakes.hubspot import FakeHubSpot, Fault

HTML = {"Content-Type": "text/html"}


def failing(hubspot: FakeHubSpot, *faults: Fault, records: int = 2, **how: Any) -> ConnectorError:
    """Let these faults befall an upsert, and give what it raises."""
    hubspot.script(*faults)
    with pytest.raises(ConnectorError) as caught:
        upsert(hubspot, *(contact(f"c{n}") for n in range(records)), **how)
    return caught.value


def answering(status: int, body: Any = "", **headers: str) -> Fault:
    text = body if isinstance(body, str) else json.dumps(body)
    return Fault(
        "status",
        status=status,
        body=text,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        path="upsert",
    )


@pytest.mark.parametrize("state", ["expired", "revoked"])
def test_a_refused_token_is_auth_failed(hubspot: FakeHubSpot, state: str) -> None:
    """The operator learns what HubSpot says and where to renew it, and never sees the token."""
    hubspot.set_token(state)
    error = failing(hubspot)
    assert isinstance(error, AuthFailed)
    assert "AUTHENTICATION" in str(error)
    assert KEYS in str(error)
    assert hubspot.token not in str(error)


def test_a_token_that_is_right_again_works_at_once(hubspot: FakeHubSpot) -> None:
    """Nothing of a refusal is remembered."""

    async def use(crm: Any) -> Outcome:
        hubspot.set_token("expired")
        with pytest.raises(AuthFailed):
            await crm.upsert("contact", [contact("ada")])
        hubspot.set_token("good")
        outcome: Outcome = (await crm.upsert("contact", [contact("ada")]))[0]
        return outcome

    assert isinstance(on(hubspot, use), Saved)


def test_a_missing_scope_is_misconfigured_by_name(hubspot: FakeHubSpot) -> None:
    """The scope that the token lacks is named, and where to add it."""
    token = hubspot.add_token("narrow", without=["crm.objects.contacts.write"])
    error = failing(hubspot, access_token=token)
    assert isinstance(error, Misconfigured)
    assert (
        str(error)
        == "The token lacks crm.objects.contacts.write. Add it to the scopes of the key, at "
        f"{KEYS}."
    )


@pytest.mark.parametrize("named", [True, False])
def test_a_burst_is_throttled(hubspot: FakeHubSpot, named: bool) -> None:
    """Over the rolling limit: Throttled, after the time that HubSpot names, else after a second."""
    hubspot.set_options(burst=1, retry_after=named)
    error = failing(hubspot)
    assert isinstance(error, Throttled)
    assert (error.retry_after, error.daily) == (1, False)


def test_the_days_end_is_throttled_as_daily(hubspot: FakeHubSpot) -> None:
    """No calls left today: Throttled with `daily`; HubSpot names no time."""
    hubspot.set_options(daily=1)
    error = failing(hubspot)
    assert isinstance(error, Throttled)
    assert (error.retry_after, error.daily) == (None, True)


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (answering(423, {"status": "error", "category": "LOCKED"}), 2),
        (answering(423, {}, Retry_After="5"), 5),
        (answering(477, {"message": "Migration in progress"}, Retry_After="86400"), 86400),
        (answering(477), 600),
        (answering(408), None),
        (answering(500), None),
        (answering(502, "<html>502 Bad Gateway</html>", **HTML), None),
        (answering(503, {}, Retry_After="7"), 7),
        (answering(504), None),
        (answering(521, "<html>Web server is down</html>", **HTML), None),
        (answering(523), None),
        (answering(524), None),
        (answering(403, "<html>Attention required</html>", **HTML), None),
        (answering(400, "<html>Bad request</html>", **HTML), None),
        (answering(502, "\xff\xfe is not UTF-8"), None),
        (answering(200, "<html>Welcome</html>", **HTML), None),
        (answering(200, "[]"), None),
    ],
)
def test_what_passes_is_unavailable(hubspot: FakeHubSpot, fault: Fault, wait: float | None) -> None:
    """Locks, moves, failures of HubSpot and of the edge before it, and bodies that speak of no
    record.
    """
    error = failing(hubspot, fault)
    assert isinstance(error, Unavailable)
    assert error.retry_after == wait


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("kind", ["drop", "stall"])
def test_a_lost_answer_is_unavailable_and_repeating_harmless(
    hubspot: FakeHubSpot, kind: Any, applied: bool
) -> None:
    """Hung up on or out of time, before or after the write: Unavailable; once more, and everything
    stands once.
    """
    error = failing(
        hubspot,
        Fault(kind, seconds=3 if kind == "stall" else 0, applied=applied, path="upsert"),
        timeout=0.5,
    )
    assert isinstance(error, Unavailable)
    assert all(
        isinstance(outcome, Saved) for outcome in upsert(hubspot, contact("c0"), contact("c1"))
    )
    assert len(hubspot.records("contacts")) == 2


def test_an_address_where_nobody_answers_is_unavailable(hubspot: FakeHubSpot) -> None:
    """A refused connection is no answer."""
    assert isinstance(failing(hubspot, base_url="http://127.0.0.1:1"), Unavailable)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://no.such.host.invalid"])
def test_no_exceptions_name_is_shown(hubspot: FakeHubSpot, url: str) -> None:
    """What went wrong is told in words that an operator knows."""
    assert not re.search(
        r"[A-Z]\w+(Error|Connection|Disconnected)\b", str(failing(hubspot, base_url=url))
    )
    assert not re.search(
        r"[A-Z]\w+(Error|Connection|Disconnected)\b", str(failing(hubspot, Fault("drop")))
    )


@pytest.mark.parametrize(
    "fault",
    [
        answering(404, "<html>Not found</html>", **HTML),
        answering(404, {"status": "error", "message": "resource not found"}),
        answering(410, {"status": "error", "message": "This version is no longer supported"}),
        answering(301, "moved", Location="http://127.0.0.1:1/elsewhere"),
        answering(402, {"status": "error", "message": "Not in your subscription"}),
        answering(403, {"status": "error", "category": "BANNED", "message": "No"}),
    ],
)
def test_what_concerns_every_record_is_misconfigured(hubspot: FakeHubSpot, fault: Fault) -> None:
    """Wrong addresses, versions that are gone, and what the account may not do pause the connector;
    nothing dies of it.
    """
    assert isinstance(failing(hubspot, fault), Misconfigured)


def test_a_refused_batch_of_several_is_the_gateways_to_split(hubspot: FakeHubSpot) -> None:
    """400 and 409 for several records: BatchRefused with HubSpot's code, words and field."""
    details = [
        {"code": "INVALID_OPTION", "message": "no such option", "context": {"propertyName": ["x"]}}
    ]
    error = failing(
        hubspot,
        answering(400, {"category": "VALIDATION_ERROR", "message": "invalid", "errors": details}),
    )
    assert isinstance(error, BatchRefused)
    assert error.refusal == Refused("INVALID_OPTION", "no such option", "x")
    assert isinstance(
        failing(hubspot, answering(409, {"category": "CONFLICT", "message": "two for one"})),
        BatchRefused,
    )
    assert isinstance(
        failing(hubspot, answering(413, "<html>too large</html>", **HTML)), BatchRefused
    )


def test_a_refused_batch_of_one_is_that_records_outcome(hubspot: FakeHubSpot) -> None:
    """Alone a 400 is Refused; a 409 passes, so it is Retry."""
    hubspot.script(answering(400, {"category": "VALIDATION_ERROR", "message": "invalid"}))
    assert upsert(hubspot, contact("ada")) == [Refused("VALIDATION_ERROR", "invalid")]
    hubspot.script(answering(409, {"category": "CONFLICT", "message": "somebody else is writing"}))
    assert isinstance(upsert(hubspot, contact("ada"))[0], Retry)
