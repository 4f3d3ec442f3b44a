"""Calls of an HTTP API: every fault of the way to it is told as what helps."""

from __future__ import annotations

import asyncio
import logging
import socket
from pathlib import Path

import pytest

from connectors.base import (
    AuthFailed,
    ConnectorError,
    Misconfigured,
    Outcome,
    Record,
    Refused,
    Retry,
    Saved,
    Throttled,
    TimedOut,
    Unavailable,
)
from connectors.error_rules import ErrorOutcome, error_rule
from connectors.http import CallDeferred, CallRefused, RecordGone
from connectors.http import api as module
from connectors.http.secrets import SecretTexts
from tests.connectors.http.scripted import (
    TOKEN,
    Answer,
    api,
    drips,
    is_silent,
    resets,
    says,
    served,
)
from tests.fakes.tls import distrusted_server

PAGE = says(502, b"<html>Bad gateway</html>", kind="text/html; charset=utf-8")


def fault(
    *answers: Answer, method: str = "POST", ids: tuple[str, ...] = (), seconds: float = 60.0
) -> ConnectorError:
    """What a call raises where the server answers so."""

    async def main() -> ConnectorError:
        async with served(*answers) as server, api(server.url, seconds=seconds) as crm:
            with pytest.raises(ConnectorError) as caught:
                await crm.call(method, "people", *ids, json={"name": "Ada"})
            return caught.value

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (says(401), AuthFailed, "credentials are refused"),
        (says(402), Misconfigured, "what the credentials permit"),
        (says(403, b'{"message": "no scope"}'), Misconfigured, "no scope → see what the cred"),
        (says(404), Misconfigured, "is base_url right"),
        (says(405), Misconfigured, "is base_url right"),
        (says(301, Location="https://elsewhere.test/x?y"), Misconfigured, "redirects to elsewhere"),
        (says(429), Throttled, "POST people"),
        (says(408), TimedOut, "HTTP_408"),
        (says(504, b"<html>", kind="text/html"), TimedOut, "no JSON"),
        (says(409, b'{"code": "CONFLICT"}'), CallRefused, "CONFLICT"),
        (says(400, b'{"code": "BAD_EMAIL", "message": "no address"}'), CallRefused, "no address"),
        (says(413, b"<html>", kind="text/html"), CallRefused, "HTTP_413"),
        (says(418, b'{"code": "NEW"}'), CallDeferred, "NEW"),
        (says(423), Unavailable, "HTTP_423"),
        (says(500), Unavailable, "HTTP_500"),
        (says(503), Unavailable, "HTTP_503"),
        (PAGE, Unavailable, r"no JSON \(HTTP 502, text/html\)"),
        (says(200, b"<html>", kind="text/html"), Unavailable, r"no JSON \(HTTP 200, text/html\)"),
        (says(400, b"<html>", kind="text/html"), Unavailable, "no JSON"),
        (says(403, b"<html>", kind="text/html"), Misconfigured, "no proxy answer instead"),
        (says(404, b"<html>", kind="text/html"), Misconfigured, "no proxy answer instead"),
        (says(200, b'{"cut', length=200), Unavailable, "before the answer was complete"),
        (says(200, b'{"cut'), Unavailable, "no JSON"),
        (resets, Unavailable, "closed before an answer came|before the answer was complete"),
    ],
)
def test_each_fault_is_what_helps(answer: Answer, kind: type[Exception], words: str) -> None:
    """By its type, and in words that name the call."""
    with pytest.raises(ConnectorError, match=words) as caught:
        raise fault(answer)
    assert type(caught.value) is kind
    assert str(caught.value).startswith("CRM, POST people") or kind in {
        AuthFailed,
        CallRefused,
        CallDeferred,
    }


def test_a_record_that_is_gone_is_told_from_an_address_that_is_wrong() -> None:
    """Where the path ends in an id, the record is not there; elsewhere the whole API is not."""
    for status in (404, 410):
        assert type(fault(says(status), method="PATCH", ids=("7",))) is RecordGone
        assert type(fault(says(status), method="PATCH")) is Misconfigured
    page = says(404, b"<html>", kind="text/html")
    assert type(fault(page, method="PATCH", ids=("7",))) is Misconfigured


@pytest.mark.parametrize("answer", [is_silent, drips, says(200, length=9, hang=True)])
def test_a_call_ends_in_time(answer: Answer) -> None:
    """Whole: also where a byte comes now and then. What writes may be written still."""
    late = fault(answer, seconds=1.0)
    assert type(late) is TimedOut
    assert str(late) == "CRM, POST people: no answer within 1 seconds"
    assert type(fault(answer, method="GET", seconds=1.0)) is Unavailable


def test_a_search_that_is_a_post_writes_nothing() -> None:
    """Its time-out is no reason to wait until the CRM is through."""

    async def main() -> None:
        async with served(is_silent) as server, api(server.url, seconds=0.5) as crm:
            with pytest.raises(Unavailable) as caught:
                await crm.call("POST", "people/search", json={}, writes=False)
            assert not isinstance(caught.value, TimedOut)

    asyncio.run(main())


def test_no_connection_is_told_in_words() -> None:
    """Nothing was sent, so nothing may have been written."""

    async def told(address: str, seconds: float = 60.0) -> ConnectorError:
        async with api(address, seconds=seconds) as crm:
            with pytest.raises(ConnectorError) as caught:
                await crm.call("POST", "people")
            return caught.value

    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        refused = await told(f"http://127.0.0.1:{port}")
        assert type(refused) is Unavailable
        assert "nobody listens there" in str(refused)
        unknown = await told("http://no-such-host.invalid")
        assert "the host's name is not known" in str(unknown)
        assert type(await told("ftp://crm.test")) is Misconfigured

    asyncio.run(main())


def test_a_handshake_that_hangs_is_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time-out is no TimedOut: the CRM was sent nothing."""
    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.2)

    async def main() -> None:
        async with served(is_silent) as server:
            address = server.url.replace("http:", "https:")
            async with api(address) as crm:
                with pytest.raises(Unavailable, match="no connection within") as caught:
                    await crm.call("POST", "people")
                assert type(caught.value) is Unavailable

    asyncio.run(main())


def test_a_certificate_that_does_not_verify_is_told(tmp_path: Path) -> None:
    """With what helps."""

    async def main() -> None:
        async with distrusted_server(tmp_path) as url, api(url) as crm:
            with pytest.raises(Unavailable, match="certificate cannot be verified"):
                await crm.call("POST", "people")

    asyncio.run(main())


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("30", 30.0), ("Tue, 01 Dec 2026 09:00:30 GMT", 30.0), ("soon", None)],
)
@pytest.mark.parametrize("status", [429, 503])
def test_how_long_to_wait_is_told(status: int, header: str, seconds: float | None) -> None:
    """In either form of the header, for a limit and for an outage."""
    told = fault(says(status, Retry_After=header))
    assert isinstance(told, Throttled | Unavailable)
    assert told.retry_after == seconds


@pytest.mark.parametrize("location", ["https://crm.example/people/17", "https://[crm.example"])
def test_an_address_in_an_answer_hides_no_reason(location: str) -> None:
    """A conflict may say where the other record is, and an address may be none."""
    taken = fault(says(409, b'{"code": "DUPLICATE", "message": "Ada is there"}', Location=location))
    assert "DUPLICATE: Ada is there" in str(taken)
    assert isinstance(fault(says(308, Location=location)), Misconfigured | Unavailable)


def test_no_text_holds_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    """Neither what is raised, nor what is logged, nor how things show themselves."""
    caplog.set_level(logging.DEBUG)
    echo = f'{{"code": "{TOKEN}", "message": "no {TOKEN}", "field": "{TOKEN}"}}'.encode()

    async def main() -> list[str]:
        answers = (says(400, echo), says(401, echo), says(503, echo), says(200, echo), resets)
        async with served(*answers) as server, api(server.url) as crm:
            texts = [repr(crm)]
            for _ in range(3):
                with pytest.raises(ConnectorError) as caught:
                    await crm.call("POST", f"hooks/{TOKEN}", params={"api_token": TOKEN})
                texts += [str(caught.value), repr(caught.value)]
                if isinstance(caught.value, CallRefused):
                    texts += [repr(caught.value.refusal), repr(caught.value.outcome)]
            texts.append(repr(await crm.request("POST", "x")))
            with pytest.raises(ConnectorError) as caught:
                await crm.call("POST", f"hooks/{TOKEN}", params={"api_token": TOKEN})
            return [*texts, str(caught.value), repr(caught.value.__cause__)]

    texts = [*asyncio.run(main()), *(record.getMessage() for record in caplog.records)]
    assert len([one for one in texts if "[secret]" in one]) >= 8
    assert [one for one in texts if "a-secret" in one] == []


def test_closing_leaves_nothing_open() -> None:
    """Connections that were kept for the next call end, and closing again is harmless."""

    async def main() -> None:
        async with served(says(200)) as server:
            async with api(server.url) as crm:
                await crm.call("POST", "people")
                assert server.open == 1
                await crm.aclose()
                while server.open:
                    await asyncio.sleep(0.01)
            filters = logging.getLogger("httpx").filters
            assert not [one for one in filters if isinstance(one, SecretTexts)]

    asyncio.run(main())


def records(count: int) -> list[Record]:
    return [Record("contact", f"p{number}@b.edu", {}) for number in range(count)]


def test_a_limit_in_the_middle_of_a_batch_keeps_what_was_done() -> None:
    """A CRM without a batch API: those that were written are Saved, the limit speaks of the rest,
    and no further call is made.
    """

    async def main() -> None:
        answers = [says(200)] * 4 + [says(400, b'{"code": "BAD"}'), says(429, Retry_After="7")]
        async with served(*answers) as server, api(server.url, connections=1) as crm:

            async def save(record: Record) -> Outcome:
                await crm.call("PUT", "people", record.key, json=record.fields)
                return Saved(record.key)

            with pytest.raises(Throttled) as caught:
                await crm.write_each(records(10), save)
            assert caught.value.retry_after == 7
            done = [type(one).__name__ for one in caught.value.outcomes]
            assert done == ["Saved"] * 4 + ["Refused"] + ["NoneType"] * 5
            assert len(server.heads) == 6

    asyncio.run(main())


def test_each_record_has_its_own_outcome() -> None:
    """In order: refused, put off, and what cannot be written as JSON at all."""

    async def main() -> None:
        answers = [says(200), says(409, b'{"code": "LOCKED"}'), says(418, b'{"code": "NEW"}')]
        async with served(*answers, says(200)) as server, api(server.url, connections=1) as crm:

            async def save(record: Record) -> Outcome:
                body = {"id": 2**70 if record.key == "p3@b.edu" else 1}
                await crm.call("PUT", "people", record.key, json=body)
                return Saved(record.key)

            first, second, third, fourth, fifth = await crm.write_each(records(5), save)
            assert (first, fifth) == (Saved("p0@b.edu"), Saved("p4@b.edu"))
            assert isinstance(second, Retry)
            assert isinstance(third, Retry)
            assert "Integer exceeds 64-bit range" in str(fourth)

    asyncio.run(main())


def test_a_failed_row_of_a_call_is_told_without_secrets() -> None:
    """By the CRM's own table, as a call is."""

    async def main() -> None:
        rule = error_rule(ErrorOutcome.RECORD, "BAD")
        async with served(says(200)) as server, api(server.url, rules=(rule,)) as crm:
            outcome = crm.record_outcome({"code": "BAD", "message": f"{TOKEN} is no name"})
            assert outcome == Refused("BAD", "[secret] is no name")

    asyncio.run(main())
