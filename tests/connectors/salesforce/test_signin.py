"""Signing in, staying signed in, and what a refusal means."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.base import AuthFailed, Unavailable
from tests.connectors.salesforce.opening import ids, opened, people, person, run
from tests.fakes.salesforce import FakeSalesforce

TOKEN = "POST /services/oauth2/token"


def key_pair(path: Path) -> str:
    """Write a private key to a file, and give the public one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def test_client_credentials(fake: FakeSalesforce) -> None:
    """One sign-in serves all calls."""

    async def main() -> None:
        async with opened(fake) as salesforce:
            for _ in range(3):
                await salesforce.upsert("contact", people(2))

    asyncio.run(main())
    assert fake.stats()["sign_ins"] == 1


def test_jwt_bearer(fake: FakeSalesforce, tmp_path: Path) -> None:
    """The key file is found beside the configuration, and its signature is accepted."""
    fake.configure(public_key=key_pair(tmp_path / "gateway.key"))
    jwt = {
        "client_secret": None,
        "username": "integration@acme.test",
        "private_key_file": "gateway.key",
        "directory": tmp_path,
    }
    assert (
        len(ids(run(fake, lambda salesforce: salesforce.upsert("contact", [person()]), **jwt))) == 1
    )


def test_jwt_bearer_of_a_sandbox(fake: FakeSalesforce, tmp_path: Path) -> None:
    """Its assertion is for another audience, told by the domain; a wrong guess says so."""
    fake.configure(public_key=key_pair(tmp_path / "gateway.key"), sandbox=True)
    jwt = {
        "client_secret": None,
        "username": "integration@acme.test",
        "private_key_file": "gateway.key",
        "directory": tmp_path,
    }
    with pytest.raises(AuthFailed, match="belongs to another org or to a sandbox"):
        run(fake, lambda salesforce: salesforce.upsert("contact", [person()]), **jwt)
    outcomes = run(
        fake,
        lambda salesforce: salesforce.upsert("contact", [person()]),
        domain="acme--dev.sandbox.my",
        **jwt,
    )
    assert len(ids(outcomes)) == 1


@pytest.mark.parametrize(
    ("org", "settings", "words"),
    [
        ({"client_secret": "renewed"}, {}, "client_secret is wrong: copy the Consumer Secret"),
        ({}, {"client_id": "elsewhere"}, "client_id is not known there: copy the Consumer Key"),
        ({"run_as": False}, {}, "choose a run-as user: Setup → External Client App Manager"),
    ],
)
def test_a_refused_sign_in_says_what_to_do(
    fake: FakeSalesforce, org: dict[str, object], settings: dict[str, Any], words: str
) -> None:
    """AuthFailed with the place in Setup; the secret itself is not in the words; once mended, it
    works by itself.
    """
    fake.configure(**org)

    async def main() -> None:
        async with opened(fake, **settings) as salesforce:
            with pytest.raises(AuthFailed, match=words) as raised:
                await salesforce.upsert("contact", [person()])
            assert "right" not in str(raised.value)
            fake.configure(
                client_secret="right", client_id=settings.get("client_id", "gateway"), run_as=True
            )
            assert len(ids(await salesforce.upsert("contact", [person()]))) == 1

    asyncio.run(main())


@pytest.mark.parametrize(
    ("org", "words"),
    [
        ({"approved": False}, "let the user use the app"),
        ({"public_key": ""}, "does not belong to the certificate"),
    ],
)
def test_a_refused_assertion_says_what_to_do(
    fake: FakeSalesforce, tmp_path: Path, org: dict[str, object], words: str
) -> None:
    """The same for the JWT bearer flow."""
    fake.configure(**{"public_key": key_pair(tmp_path / "gateway.key")} | org)
    jwt = {
        "client_secret": None,
        "username": "integration@acme.test",
        "private_key_file": "gateway.key",
        "directory": tmp_path,
    }
    with pytest.raises(AuthFailed, match=words):
        run(fake, lambda salesforce: salesforce.upsert("contact", [person()]), **jwt)


@pytest.mark.parametrize("content", [None, b"no key", b"\xff\xfe"])
def test_an_unreadable_key_file_says_so(
    fake: FakeSalesforce, tmp_path: Path, content: bytes | None
) -> None:
    """No call is made; the file is named."""
    if content is not None:
        (tmp_path / "gateway.key").write_bytes(content)
    jwt = {
        "client_secret": None,
        "username": "integration@acme.test",
        "private_key_file": "gateway.key",
        "directory": tmp_path,
    }
    with pytest.raises(AuthFailed, match=r"gateway\.key is no readable PEM key"):
        run(fake, lambda salesforce: salesforce.upsert("contact", [person()]), **jwt)
    assert fake.requests() == []


@pytest.mark.parametrize(
    "body",
    ["<html>maintenance</html>", {"error": "temporarily_unavailable"}, {"nothing": "of use"}],
)
@pytest.mark.parametrize("status", [200, 503])
def test_a_sign_in_without_an_answer_is_repeated_later(
    fake: FakeSalesforce, status: int, body: object
) -> None:
    """Only a refusal pauses the connector; anything else is the network's weather."""
    fake.fault(TOKEN, status=status, body=body)

    async def main() -> None:
        async with opened(fake) as salesforce:
            with pytest.raises(Unavailable, match="sign-in"):
                await salesforce.upsert("contact", [person()])
            assert len(ids(await salesforce.upsert("contact", [person()]))) == 1

    asyncio.run(main())


def test_a_session_that_ends_midway_is_renewed_once(fake: FakeSalesforce) -> None:
    """The call that meets it is repeated, and nobody notices."""

    async def main() -> None:
        async with opened(fake) as salesforce:
            await salesforce.upsert("contact", people(2))
            fake.expire_tokens()
            assert len(ids(await salesforce.upsert("contact", people(5)))) == 5

    asyncio.run(main())
    assert fake.stats()["sign_ins"] == 2


def test_many_calls_that_lose_their_session_sign_in_once(fake: FakeSalesforce) -> None:
    """Twenty at once wait for one sign-in, and share its token."""

    async def main() -> None:
        async with opened(fake) as salesforce:
            await salesforce.upsert("contact", people(1))
            fake.expire_tokens()
            fake.fault(TOKEN, delay=0.2)
            batches = [[person(f"p{number}@example.test")] for number in range(20)]
            outcomes = await asyncio.gather(
                *(salesforce.upsert("contact", batch) for batch in batches)
            )
            assert all(len(ids(batch)) == 1 for batch in outcomes)

    asyncio.run(main())
    assert fake.stats()["sign_ins"] == 2
    assert fake.stats()["sign_in_attempts"] == 2


def test_many_calls_share_a_refused_sign_in(fake: FakeSalesforce) -> None:
    """A wrong secret is tried once, not once for each call: Salesforce locks out who guesses."""
    fake.configure(client_secret="renewed")
    fake.fault(TOKEN, delay=0.2)

    async def main() -> None:
        async with opened(fake) as salesforce:
            calls = (
                salesforce.upsert("contact", [person(f"p{number}@example.test")])
                for number in range(8)
            )
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(outcome) for outcome in outcomes} == {AuthFailed}

    asyncio.run(main())
    assert fake.stats()["sign_in_attempts"] < 8


def test_a_new_session_that_is_refused_is_alarmed(fake: FakeSalesforce) -> None:
    """A user without API access can sign in and do nothing: that is no reason to sign in for
    ever.
    """
    fake.configure(token_uses=0)
    with pytest.raises(AuthFailed, match="API Enabled"):
        run(fake, lambda salesforce: salesforce.upsert("contact", [person()]))
    assert fake.stats()["sign_ins"] == 2


def test_a_401_with_html_is_a_lost_session_too(fake: FakeSalesforce) -> None:
    """simple-salesforce would trip over it."""
    fake.fault("PATCH /composite/sobjects/Contact", status=401, body="<html>Who are you?</html>")
    assert len(ids(run(fake, lambda salesforce: salesforce.upsert("contact", [person()])))) == 1
    assert fake.stats()["sign_ins"] == 2


def test_the_headers_survive_the_renewal(fake: FakeSalesforce) -> None:
    """The repeated call still overrides duplicate alerts."""
    fake.seed("Contact", LastName="Byron", Email="ada@example.test", AOM_Key__c="someone else")
    fake.configure(duplicate_rule="alert")
    fake.fault("PATCH /composite/sobjects/Contact", expire=True)
    assert len(ids(run(fake, lambda salesforce: salesforce.upsert("contact", [person()])))) == 1
    assert fake.stats()["sign_ins"] == 2
