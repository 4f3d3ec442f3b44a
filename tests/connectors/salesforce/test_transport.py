"""Answers that are not Salesforce's are told as what they are: status, content type, where a
redirect leads.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from connectors.base import ConnectorError, Misconfigured, TimedOut, Unavailable
from tests.connectors.salesforce.opening import people, run
from tests.fakes.salesforce import FakeSalesforce

TOKEN = "POST /services/oauth2/token"
WRITE = "PATCH /composite/sobjects/Contact"
CALLS = [TOKEN, "GET /sobjects/Contact/describe", "GET /query", WRITE]
PAGE = "<!doctype html><html><body>Hello</body></html>"

A_CLASS_NAME = re.compile(r"\b[A-Z]\w+(Error|Exception|Iteration|Timeout)\b|Traceback|object at 0x")


def told(fake: FakeSalesforce, call: str, **fault: Any) -> ConnectorError:
    """Give what becomes of an upsert, one call of which is spoiled."""
    fake.fault(call, **fault)
    with pytest.raises(ConnectorError) as raised:
        run(fake, lambda salesforce: salesforce.upsert("contact", people(1)), seconds=2)
    assert not A_CLASS_NAME.search(str(raised.value)), raised.value
    return raised.value


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (200, PAGE, Unavailable, "the answer is no JSON (HTTP 200, text/html)"),
        (503, PAGE, Unavailable, "the answer is no JSON (HTTP 503, text/html)"),
        (404, PAGE, Misconfigured, "the answer is no JSON (HTTP 404, text/html)"),
        (403, PAGE, Misconfigured, "the answer is no JSON (HTTP 403, text/html)"),
    ],
)
def test_a_page_is_told_as_a_page(
    fake: FakeSalesforce, call: str, status: int, body: str, kind: type[ConnectorError], words: str
) -> None:
    """At every call, the sign-in too."""
    error = told(fake, call, status=status, body=body)
    assert isinstance(error, kind)
    assert words in str(error)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_set_up_and_names_the_new_host(
    fake: FakeSalesforce, call: str, status: int
) -> None:
    """It is not followed: who answers there gets no token of ours."""
    address = "https://newacme.my.salesforce.com/services?secret=1"
    error = told(fake, call, status=status, headers={"Location": address})
    assert isinstance(error, Misconfigured)
    assert "it redirects to newacme.my.salesforce.com; was My Domain renamed?" in str(error)
    assert "secret" not in str(error)


@pytest.mark.parametrize("call", CALLS)
def test_broken_json_is_told_without_our_own_words_for_it(fake: FakeSalesforce, call: str) -> None:
    """An answer that ends midway."""
    error = told(
        fake, call, status=200, body='[{"id": ', headers={"Content-Type": "application/json"}
    )
    assert isinstance(error, Unavailable)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_broken_connection_is_told_in_words(fake: FakeSalesforce, call: str, drop: str) -> None:
    """Not by the name of an exception."""
    error = told(fake, call, drop=drop)
    assert isinstance(error, Unavailable)
    assert "the connection was closed before an answer came" in str(error)


@pytest.mark.parametrize(("call", "kind"), [(WRITE, TimedOut), ("GET /query", Unavailable)])
def test_an_edge_that_gave_up_waiting_leaves_a_write_in_doubt(
    fake: FakeSalesforce, call: str, kind: type[ConnectorError]
) -> None:
    """504 of whoever stands before Salesforce: the org may be writing still."""
    assert type(told(fake, call, status=504, body=PAGE)) is kind


def test_nobody_there_is_told_in_words(fake: FakeSalesforce) -> None:
    """A port that nobody listens at."""
    fake.stop()
    with pytest.raises(Unavailable, match="sign-in: nobody listens there"):
        run(fake, lambda salesforce: salesforce.upsert("contact", people(1)))
