"""What becomes of a call that cannot be validated, or cannot be stored."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from starlette.responses import Response

from receiver.aom import SourceContext
from receiver.inbox import Inbox, NewEvent
from receiver.ingest.intake import Intake
from receiver.ingest.validation import build_validator
from receiver.mapping import RouteTable
from receiver.settings import load_settings
from receiver.telemetry import GatewayMetrics
from tests.ingest.calls import account, intake_call
from tests.processes import write_config


def test_a_defect_is_one_calls_alone(tmp_path: Path) -> None:
    """Calls are judged in groups; where judging one fails, the others of its group are kept all the
    same.
    """
    sound = build_validator(
        {"s": SourceContext("s", ZoneInfo("UTC"), "USD")},
        RouteTable.compile(load_settings(write_config(tmp_path))),
    )

    def decide(source: str, named: str | None, body: bytes, received_at: datetime) -> NewEvent:
        if body == b"bad":
            raise ZeroDivisionError
        return sound(source, named, body, received_at)

    async def answers() -> list[object]:
        inbox = await Inbox.open(f"sqlite:///{tmp_path / 'inbox.db'}", dedup_hours=24)
        intake = Intake({}, decide, inbox, GatewayMetrics())
        calls = [intake.take(intake_call(body)) for body in (account(1), b"bad", account(2))]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        await inbox.aclose()
        return [getattr(outcome, "status_code", type(outcome)) for outcome in outcomes]

    assert asyncio.run(answers()) == [202, ZeroDivisionError, 202]


def test_a_defect_in_judging_loses_nothing(tmp_path: Path) -> None:
    """Whoever sends may never send it again: the bytes are in quarantine, and are judged anew once
    the defect is mended.
    """
    settings = load_settings(write_config(tmp_path))
    routes, (source,) = RouteTable.compile(settings), settings.sources.values()

    async def scenario() -> None:
        inbox = await Inbox.open(f"sqlite:///{tmp_path / 'inbox.db'}", dedup_hours=24)
        defective = build_validator({}, routes)  # it knows not even the source
        intake = Intake({"s": source}, defective, inbox, GatewayMetrics())
        answer = await intake.take(intake_call(account(1)))
        assert answer.status_code == 422
        (kept,) = await inbox.list_quarantined()
        assert kept.body == account(1)
        assert kept.faults == (("", "met a defect of the gateway (KeyError); its log says where"),)
        sound = build_validator({"s": SourceContext("s", ZoneInfo("UTC"), "USD")}, routes)
        assert await inbox.accept_revalidated(
            kept.id, sound("s", None, kept.body, kept.received_at), now=kept.received_at
        )
        await inbox.aclose()

    asyncio.run(scenario())


POISON = "a\ud800@example.edu"  # half of a character: no database has a way to write it


@pytest.mark.parametrize(
    "poisoned",
    [
        {"name": POISON},
        {"how": POISON},
        {"people": (POISON,)},
        {"lanes": (("crm", POISON),)},
        {"people": (POISON,), "lanes": (("crm", POISON),), "name": POISON},
    ],
    ids=["name", "how", "people", "lanes", "several"],
)
def test_what_no_database_takes_is_set_aside(tmp_path: Path, poisoned: dict[str, Any]) -> None:
    """Validation lets none of it through today.

    If it did, the bytes would be in quarantine all the same, and make no delivery.
    """
    (source,) = load_settings(write_config(tmp_path)).sources.values()

    def decide(source: str, named: str | None, body: bytes, received_at: datetime) -> NewEvent:
        return replace(_judged(source, named, body, received_at), **poisoned)

    async def scenario() -> None:
        inbox = await Inbox.open(f"sqlite:///{tmp_path / 'inbox.db'}", dedup_hours=24)
        intake = Intake({"s": source}, decide, inbox, GatewayMetrics())
        answer = await intake.take(intake_call(account(1)))
        assert answer.status_code == 422
        problem = json.loads(bytes(answer.body))
        (fault,) = problem["errors"]
        assert (problem["kept"], problem["event"], fault["path"]) == (True, None, "")
        assert fault["message"].startswith("the event cannot be stored")
        (kept,) = await inbox.list_quarantined()
        assert (kept.id, kept.body, kept.faults) == (
            problem["id"],
            account(1),
            (("", fault["message"]),),
        )
        assert (await inbox.find_event(kept.id)).deliveries == ()
        await inbox.aclose()

    asyncio.run(scenario())


def test_what_can_not_even_be_set_aside_is_refused(tmp_path: Path) -> None:
    """The sender may come again; nothing is kept, and the answer does not say what could not be
    written.
    """
    (source,) = load_settings(write_config(tmp_path)).sources.values()

    async def scenario() -> None:
        inbox = await Inbox.open(f"sqlite:///{tmp_path / 'inbox.db'}", dedup_hours=24)
        intake = Intake({POISON: source}, _judged, inbox, GatewayMetrics())
        answer = await intake.take(replace(intake_call(account(1)), source=POISON))
        assert isinstance(answer, Response)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        assert json.loads(bytes(answer.body))["kept"] is False
        assert b"ud800" not in bytes(answer.body)
        assert await inbox.list_quarantined() == []
        await inbox.aclose()

    asyncio.run(scenario())


def _judged(source: str, named: str | None, body: bytes, received_at: datetime) -> NewEvent:
    """A sound event for one person at one connector."""
    return NewEvent(
        source=source,
        name="account.created",
        how="shape",
        disagreement=None,
        named=named,
        body=body,
        digest=sha256(body).digest(),
        received_at=received_at,
        lanes=(("crm", "a@example.edu"),),
        people=("a@example.edu",),
    )
