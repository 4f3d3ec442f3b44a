"""What each answer of Salesforce's means, over real connections."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from connectors.base import (
    BatchRefused,
    ConnectorError,
    Misconfigured,
    Throttled,
    TimedOut,
    Unavailable,
)
from connectors.testing import Gate
from tests.connectors.salesforce.opening import ids, look_up, opened, people, person, run
from tests.fakes.salesforce import FakeSalesforce

WRITE = "PATCH /composite/sobjects/Contact"


def error(code: str, message: str = "as Salesforce says", *fields: str) -> list[dict[str, Any]]:
    return [{"errorCode": code, "message": message, "fields": list(fields)}]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, error("UNKNOWN_EXCEPTION"), Unavailable),
        (503, error("SERVER_UNAVAILABLE"), Unavailable),
        (502, "<html>Bad gateway</html>", Unavailable),
        (503, None, Unavailable),
        (200, "<html>We are down for maintenance</html>", Unavailable),
        (504, "<html>Gateway time-out</html>", TimedOut),
        (429, "<html>Too many requests</html>", Throttled),
        (302, None, Misconfigured),
        (404, "<html>No such page</html>", Misconfigured),
        (403, "<html>Blocked</html>", Misconfigured),
        (413, "<html>Too large</html>", BatchRefused),
        (400, error("SOMETHING_NEW"), Unavailable),
        (400, {"error": "strange"}, Misconfigured),
        (400, error("REQUEST_RUNNING_TOO_LONG"), BatchRefused),
        (
            403,
            error(
                "REQUEST_LIMIT_EXCEEDED",
                "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
            ),
            Unavailable,
        ),
        (403, error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), Throttled),
        (403, error("API_DISABLED_FOR_ORG"), Misconfigured),
        (403, error("INSUFFICIENT_ACCESS"), Misconfigured),
        (404, error("NOT_FOUND"), Misconfigured),
        (
            400,
            error("INVALID_FIELD", "No such column 'X__c' on sobject of type Contact"),
            Misconfigured,
        ),
        (
            400,
            error(
                "INVALID_FIELD", "Foreign key external ID: 1 not found for field X__c in entity Y"
            ),
            Unavailable,
        ),
        (400, error("INVALID_TYPE"), Misconfigured),
        (400, error("STORAGE_LIMIT_EXCEEDED"), Throttled),
        (400, error("JSON_PARSER_ERROR"), BatchRefused),
        (400, error("STRING_TOO_LONG"), BatchRefused),
        (300, ["/services/data/v66.0/sobjects/Contact/003"], BatchRefused),
    ],
)
def test_an_answer_is_told_by_what_helps(
    fake: FakeSalesforce, status: int, body: Any, kind: type[ConnectorError]
) -> None:
    """One table decides; after the fault the connector works on."""
    fake.fault(WRITE, status=status, body=body)

    async def main() -> None:
        async with opened(fake) as salesforce:
            with pytest.raises(ConnectorError) as raised:
                await salesforce.upsert("contact", people(2))
            assert isinstance(raised.value, kind), raised.value
            assert len(ids(await salesforce.upsert("contact", people(2)))) == 2

    asyncio.run(main())


def test_a_refused_batch_keeps_salesforces_words(fake: FakeSalesforce) -> None:
    """Split until one is left, they become that record's refusal."""
    fake.fault(
        WRITE,
        status=400,
        body=error("STRING_TOO_LONG", "Last Name: data value too large", "LastName"),
    )
    with pytest.raises(BatchRefused) as raised:
        run(fake, lambda salesforce: salesforce.upsert("contact", [person()]))
    assert raised.value.refusal.field == "LastName"
    assert raised.value.refusal.message == "Last Name: data value too large"


def test_retry_after_is_handed_on(fake: FakeSalesforce) -> None:
    """Where Salesforce names a time, the gateway learns it."""
    fake.fault(WRITE, status=503, body=error("SERVER_UNAVAILABLE"), headers={"Retry-After": "17"})
    with pytest.raises(Unavailable) as raised:
        run(fake, lambda salesforce: salesforce.upsert("contact", [person()]))
    assert raised.value.retry_after == 17


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_broken_connection_is_no_answer(fake: FakeSalesforce, drop: str) -> None:
    """Whether the call took effect or not: repeated, it leaves one record each."""
    fake.fault(WRITE, drop=drop)
    with pytest.raises(Unavailable, match="PATCH composite/sobjects/Contact"):
        run(fake, lambda salesforce: salesforce.upsert("contact", people(3)))
    assert len(fake.records("Contact")) == (3 if drop == "after" else 0)
    ids(run(fake, lambda salesforce: salesforce.upsert("contact", people(3))))
    assert len(fake.records("Contact")) == 3


def test_a_silent_server_is_given_up_in_time(fake: FakeSalesforce) -> None:
    """No call takes longer than the gateway allows; a writing one may be under way still, and says
    so by its type.
    """
    fake.fault(WRITE, delay=30)

    start = time.monotonic()
    with pytest.raises(TimedOut, match=r"no answer within 0\.3 seconds"):
        run(fake, lambda salesforce: salesforce.upsert("contact", people(1)), seconds=0.3)
    assert time.monotonic() - start < 10, "the call, and the thread that made it"


def test_a_silent_composite_write_may_be_under_way_still(fake: FakeSalesforce) -> None:
    """Known and new people go as one call, which is a writing one too."""
    (id_,) = ids(run(fake, lambda salesforce: salesforce.upsert("contact", [person()])))
    fake.fault("POST /composite", delay=30)
    batch = [person(id=id_), person("grace@example.test")]
    with pytest.raises(TimedOut):
        run(fake, lambda salesforce: salesforce.upsert("contact", batch), seconds=0.3)


@pytest.mark.parametrize(
    "call", ["GET /query", "GET /sobjects/Contact/describe", "POST /services/oauth2/token"]
)
def test_what_only_reads_leaves_nothing_under_way(fake: FakeSalesforce, call: str) -> None:
    """A look-up or a sign-in that is not answered has written nothing: it is tried again at
    once.
    """
    fake.fault(call, delay=30)
    with pytest.raises(Unavailable, match="no answer within") as raised:
        run(fake, lambda salesforce: salesforce.upsert("contact", people(1)), seconds=0.3)
    assert not isinstance(raised.value, TimedOut)
    assert fake.called("PATCH") == 0


def test_nobody_there_is_unavailable(fake: FakeSalesforce) -> None:
    """A server that does not listen is waited for, and found again on its port."""

    async def main() -> None:
        async with opened(fake) as salesforce:
            await salesforce.upsert("contact", people(1))
            fake.stop()
            with pytest.raises(Unavailable):
                await salesforce.upsert("contact", people(1))
            fake.start()
            assert len(ids(await salesforce.upsert("contact", people(1)))) == 1

    asyncio.run(main())


def test_a_part_of_a_composite_call_that_fails_is_told_like_a_call(fake: FakeSalesforce) -> None:
    """Known and new people go as one call; what is wrong with one part is not hidden by the status
    200 of the whole.
    """
    (id_,) = ids(run(fake, lambda salesforce: salesforce.upsert("contact", [person()])))

    async def main() -> None:
        async with opened(fake) as salesforce:
            await look_up(salesforce, "contact")
            fake.change_field("Contact", "AOM_Key__c", external_id=False, unique=False)
            with pytest.raises(Misconfigured, match="external ID field does not exist"):
                await salesforce.upsert("contact", [person(id=id_), person("grace@example.test")])

    asyncio.run(main())


def test_every_call_asks_the_gate(fake: FakeSalesforce) -> None:
    """Sign-in and versions included: the gateway's rate limit sees all that goes out."""
    gate = Gate()

    async def main() -> None:
        async with opened(fake, gate=gate) as salesforce:
            await salesforce.upsert("contact", people(3))
            await salesforce.check([])

    asyncio.run(main())
    assert gate.taken == len(fake.requests())
