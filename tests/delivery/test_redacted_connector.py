"""A connector behind which no secret is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import pytest

from connectors.base import (
    Addressable,
    AuthFailed,
    BatchRefused,
    Browsable,
    Connector,
    Erases,
    Links,
    Page,
    Plan,
    Problem,
    Provisions,
    Record,
    Refused,
    Report,
    Retry,
    Saved,
    Step,
    Throttled,
)
from receiver.delivery.redacted_connector import redact_connector

TOKEN = "pat-na1-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
RECORD = Record("contact", "ada@example.edu", {})
SAYS = f"the token {TOKEN} is no good"


@dataclass
class Echo:
    """A CRM that repeats what it was sent, in every way that it can answer."""

    answer: Any = None
    limits: str = "its own"

    async def upsert(self, _object: str, _records: Sequence[Record]) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    check = plan = provision = upsert

    async def objects(self) -> dict[str, int]:
        return {"contact": 1}

    async def records(self, _object: str, _limit: int, _before: str | None = None) -> Page:
        return Page(())

    def record_url(self, object: str, id: str) -> str:
        return f"https://crm/{object}/{id}"


def echoing(answer: Any) -> Connector:
    return redact_connector(cast("Connector", Echo(answer)), [TOKEN])


def answered(answer: Any) -> Any:
    return asyncio.run(echoing(answer).upsert("contact", [RECORD]))


@pytest.mark.parametrize(
    "answer",
    [
        [Saved("1", notes=(SAYS,)), Retry(SAYS, 2.0, SAYS), Refused("BAD", SAYS, "email")],
        [Problem("access_token", SAYS, SAYS)],
        Plan((Step(SAYS),), (Problem("x", SAYS),)),
        Report((SAYS,), (Problem("x", SAYS),)),
    ],
)
def test_no_answer_holds_a_secret(answer: Any) -> None:
    """Of outcomes, problems, plans and reports; all else in them is as it was."""
    said = answered(answer)
    assert TOKEN not in repr(said)
    assert repr(said) == repr(answer).replace(TOKEN, "***")


@pytest.mark.parametrize(
    "error",
    [
        AuthFailed(SAYS),
        BatchRefused("BAD", SAYS, "email"),
        Throttled(SAYS, 7.0),
        KeyError(SAYS),
        ValueError(1, SAYS),
    ],
)
def test_no_error_holds_a_secret(error: Exception) -> None:
    """Its type and what it says of times stay, for they decide what is done."""
    with pytest.raises(type(error)) as raised:
        answered(error)
    assert TOKEN not in f"{raised.value} {raised.value!r} {vars(raised.value)}"
    assert "is no good" in str(raised.value)
    assert getattr(raised.value, "retry_after", None) == getattr(error, "retry_after", None)
    if isinstance(raised.value, BatchRefused):
        assert raised.value.refusal == Refused("BAD", "the token *** is no good", "email")


def test_an_error_with_words_of_its_own_making_is_told_anew() -> None:
    """Where the text cannot be changed, another error says what it was."""

    class Stubborn(Exception):
        def __str__(self) -> str:
            return SAYS

    with pytest.raises(RuntimeError, match=r"Stubborn: the token \*\*\* is no good"):
        answered(Stubborn())


def test_all_else_is_the_connectors_own() -> None:
    """What it can do beyond the usual, its limits, and what a plan's steps are to do."""
    step = Step("make it", {"secret": TOKEN})
    assert answered(Plan((step,))).steps == (step,)
    connector = echoing(None)
    assert isinstance(connector, Addressable)
    assert (cast("Any", connector).limits, connector.record_url("deal", "7")) == (
        "its own",
        "https://crm/deal/7",
    )


@pytest.mark.parametrize(
    ("part", "has"),
    [(Browsable, True), (Addressable, True), (Provisions, True), (Links, False), (Erases, False)],
)
def test_it_has_the_optional_parts_of_the_connector(part: type, has: bool) -> None:
    """All of a part are attributes of its own: from Python 3.12 on `isinstance` asks no
    `__getattr__`.
    """
    connector = echoing(None)
    methods = {name for name in vars(part) if not name.startswith("_")}
    assert isinstance(connector, part) is has
    assert methods.issubset(vars(connector)) is has


def test_what_was_through_before_an_error_holds_no_secret() -> None:
    """It becomes the record's outcome like any other."""
    error = Throttled(SAYS, 7.0)
    error.outcomes = [Saved("1", notes=(SAYS,)), None, Refused("BAD", SAYS)]
    with pytest.raises(Throttled) as raised:
        answered(error)
    said = "the token *** is no good"
    assert raised.value.outcomes == [Saved("1", notes=(said,)), None, Refused("BAD", said)]
