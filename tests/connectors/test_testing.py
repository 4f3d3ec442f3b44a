"""The contract suite has teeth: a connector that breaks a promise is caught, in words."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from inspect import iscoroutinefunction, signature
from pathlib import Path
from threading import Event, Thread
from typing import Any, ClassVar

import pytest

from connectors import testing
from connectors.base import (
    Found,
    Link,
    Needs,
    Outcome,
    Plan,
    Record,
    Refused,
    Report,
    Saved,
    Step,
    Unavailable,
)
from connectors.sandbox import SandboxConnector
from connectors.sandbox.settings import SandboxSettings
from connectors.sandbox.values import is_name
from connectors.testing import calls, faults, links, ownership, records, setup, values
from receiver.mapping import UpsertSettings
from receiver.settings import RouteSettings
from tests.connectors.sandbox.subject import sandbox


class Reversed(SandboxConnector):
    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        return list(reversed(await super().upsert(object, records)))


class Short(SandboxConnector):
    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        return (await super().upsert(object, records))[1:]


class AlwaysCreated(SandboxConnector):
    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        return [
            replace(outcome, created=True) if isinstance(outcome, Saved) else outcome
            for outcome in await super().upsert(object, records)
        ]


class DoublesDoubtful(SandboxConnector):
    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        return await super().upsert(
            object,
            [
                replace(record, key="again-" + record.key) if record.doubtful else record
                for record in records
            ],
        )


class KeepsKeys(SandboxConnector):
    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        kept = [replace(record, former_key=None) for record in records]
        return await super().upsert(object, kept)


class KeepsCase(SandboxConnector):
    key_fields: ClassVar[Mapping[str, str]] = {}


class RefusesAll(SandboxConnector):
    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        outcomes = await super().upsert(object, records)
        refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
        return [refused[0]] * len(outcomes) if refused else outcomes


class WithoutGate(SandboxConnector):
    @classmethod
    def open(cls, settings: Any, context: Any) -> Any:
        return super().open(settings, replace(context, calls=testing.Gate()))


class CallsForNothing(SandboxConnector):
    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        await self._context.calls.take()
        return await super().upsert(object, records)


class RefusesSecondLink(SandboxConnector):
    async def link(self, pairs: Sequence[Link]) -> Sequence[Outcome]:
        seen = self.__dict__.setdefault("seen", set())
        outcomes = [
            Refused("DUPLICATE", "linked already") if pair.source in seen else Saved("")
            for pair in pairs
        ]
        seen.update(pair.source for pair in pairs)
        return outcomes


class ReadsInItsOwnOrder(SandboxConnector):
    async def read(
        self, object: str, records: Sequence[Record], fields: Collection[str]
    ) -> Sequence[Found | None]:
        return list(reversed(await super().read(object, records, fields)))


class ReadsFilledFields(SandboxConnector):
    async def read(
        self, object: str, records: Sequence[Record], fields: Collection[str]
    ) -> Sequence[Found | None]:
        return [
            one and Found(one.id, {name: value for name, value in one.fields.items() if name == ""})
            for one in await super().read(object, records, fields)
        ]


class ReadsByKeyAlone(SandboxConnector):
    async def read(
        self, object: str, records: Sequence[Record], fields: Collection[str]
    ) -> Sequence[Found | None]:
        found = await super().read(object, records, fields)
        return [None if record.id else one for record, one in zip(records, found, strict=True)]


class MakesWhatItReads(SandboxConnector):
    async def read(
        self, object: str, records: Sequence[Record], fields: Collection[str]
    ) -> Sequence[Found | None]:
        await super().upsert(object, records)
        return await super().read(object, records, fields)


class KnowsEverything(SandboxConnector):
    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        return await super().upsert(object if is_name(object) else "contact", records)


class NeverDone(SandboxConnector):
    async def plan(self, needs: Needs) -> Plan:  # noqa: ARG002
        return Plan(steps=(Step("make the field"),))


class ForAnotherVersion(SandboxConnector):
    API: ClassVar[int] = 2


class ErasesHalf(SandboxConnector):
    async def erase(self, plan: Plan) -> Report:  # noqa: ARG002
        return Report()


class Down(SandboxConnector):
    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        raise Unavailable(f"the server took no {len(records)} of {object}")


class Mystery(SandboxSettings):
    mystery: str = ""


class Undocumented(SandboxConnector):
    Settings = Mystery


class Plain(SandboxSettings):
    access_token: str = ""


class Leaky(SandboxConnector):
    Settings = Plain


def mapping(text: str) -> type[SandboxConnector]:
    shipped = {"standard": text}
    return type("Mapped", (SandboxConnector,), {"shipped_mappings": classmethod(lambda _: shipped)})


UNNAMED = "[[routes]]\nevents = ['order.*']\n[[routes.upsert]]\nobject = 'contact'\n"
UNTIED = (
    "[[routes]]\nname = 'orders'\nevents = ['order.*']\n[[routes.upsert]]\nobject = "
    "'deal'\nlinks = ['contact']\n"
)


@pytest.mark.parametrize(
    ("connector", "check", "words"),
    [
        (
            Reversed,
            records.every_record_is_answered_in_order,
            "outcomes come in the order of the records",
        ),
        (Short, records.every_record_is_answered_in_order, "10 were sent, 9 outcomes came back"),
        (
            AlwaysCreated,
            records.created_is_told_from_updated,
            "created is False for a record that was there",
        ),
        (AlwaysCreated, records.repeating_is_harmless, "creates nothing"),
        (
            DoublesDoubtful,
            records.repeating_is_harmless,
            "sent again as doubtful finds the same records",
        ),
        (KeepsKeys, records.a_key_that_changes_makes_no_second_record, "stays itself"),
        (KeepsCase, records.keys_fold, "became two"),
        (RefusesAll, records.one_refused_leaves_the_others, "only the record at fault is refused"),
        (WithoutGate, records.the_gate_is_asked_before_calls, "first awaits context.calls.take"),
        (CallsForNothing, records.an_empty_batch_is_no_call, "no call of the CRM"),
        (RefusesSecondLink, links.linking_twice_is_harmless, "linked already"),
        (ReadsInItsOwnOrder, records.what_was_written_is_read, "None for one that is not there"),
        (ReadsFilledFields, records.what_was_written_is_read, "the fields that were asked for"),
        (ReadsByKeyAlone, records.known_records_are_read_by_their_ids, "in one batch"),
        (MakesWhatItReads, records.reading_writes_nothing, "still new when it is written"),
        (WithoutGate, records.what_was_written_is_read, "read did without"),
        (
            KnowsEverything,
            records.an_unknown_object_is_an_error,
            "an object that is not there can't be Saved",
        ),
        (ForAnotherVersion, setup.the_interface_version_is_stated, "API = 1, not 2"),
        (ErasesHalf, setup.optional_parts_are_whole, r"Erases is .* but \['erase'\] stands alone"),
        (
            NeverDone,
            setup.provisioning_twice_is_harmless,
            "not planned again, but \\['make the field'\\]",
        ),
        (
            Down,
            records.a_full_batch_is_taken,
            (
                "a full batch is taken, but the connector raises Unavailable: the server took no "
                "100 of contact"
            ),
        ),
        (Undocumented, setup.settings_are_documented, "give 'mystery' a Field"),
        (
            Leaky,
            setup.secrets_are_kept_out_of_sight,
            "'access_token' is to be a pydantic.SecretStr",
        ),
        (
            mapping("routes = ["),
            setup.shipped_mappings_are_sound,
            "the standard mapping is TOML, but",
        ),
        (mapping(UNNAMED), setup.shipped_mappings_are_sound, "a name of its own"),
        (
            mapping(UNTIED),
            setup.shipped_mappings_are_sound,
            "links to \\['contact'\\], and writes only \\['deal'\\]",
        ),
    ],
)
def test_a_breach_is_caught_in_words(
    connector: type[SandboxConnector], check: testing.Check, words: str, tmp_path: Path
) -> None:
    """Each way to break the contract fails the check that guards it, with an explanation."""
    with sandbox() as subject, pytest.raises(testing.Breach, match=words):
        testing.run(check, replace(subject, connector=connector), tmp_path)


def test_shipped_mappings_may_hold_what_an_operators_may() -> None:
    """All keys of the mapping language, but for the connector, which is the one that ships them."""
    assert UpsertSettings.model_fields.keys() == setup.UPSERT_KEYS
    assert setup.ROUTE_KEYS | {"connector"} == RouteSettings.model_fields.keys()


def test_threads_left_behind_are_a_breach(tmp_path: Path) -> None:
    """A connector that keeps a thread after aclose is caught, whichever check runs."""
    stop = Event()

    class Hoarder(SandboxConnector):
        async def aclose(self) -> None:
            Thread(target=stop.wait, name="hoarded").start()
            await super().aclose()

    try:
        with sandbox() as subject, pytest.raises(testing.Breach, match="hoarded"):
            testing.run(setup.limits_are_stated, replace(subject, connector=Hoarder), tmp_path)
    finally:
        stop.set()


@pytest.mark.parametrize(
    ("check", "change"),
    [
        (records.one_refused_leaves_the_others, {"refused": {}}),
        (values.values_keep_their_types, {"typed": {}}),
        (links.linking_twice_is_harmless, {"links": ()}),
        (setup.an_account_out_of_reach_is_unavailable, {"unreachable": {}}),
        (setup.provisioning_twice_is_harmless, {"provision": False}),
    ],
)
def test_what_the_subject_lacks_is_not_tried(
    check: testing.Check, change: dict[str, Any], tmp_path: Path
) -> None:
    """A check that has nothing to try says so, rather than passing."""
    with sandbox() as subject, pytest.raises(testing.NotTried):
        testing.run(check, replace(subject, **change), tmp_path)


def test_an_account_out_of_reach(tmp_path: Path) -> None:
    """Unavailable is the answer where nobody answers; another error is a breach."""
    with sandbox() as subject:
        away = replace(subject, unreachable={"type": "sandbox", "fail_rate": 1})
        testing.run(setup.an_account_out_of_reach_is_unavailable, away, tmp_path)
        wrong = replace(subject, unreachable={"type": "sandbox", "path": "no/such/folder/crm.db"})
        with pytest.raises(testing.Breach, match="Unavailable is raised, not Misconfigured"):
            testing.run(setup.an_account_out_of_reach_is_unavailable, wrong, tmp_path)


def test_the_suite_needs_no_pytest() -> None:
    """A developer without pytest can run the checks: nothing in the suite imports it."""
    code = "import sys, connectors.testing; print('pytest' in sys.modules)"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "False"
    )


def test_every_check_is_in_the_suite() -> None:
    """No check is written and then forgotten in CHECKS."""
    written = {
        member
        for module in (calls, faults, links, ownership, records, setup, values)
        for name, member in vars(module).items()
        if iscoroutinefunction(member)
        and [*signature(member).parameters] == ["trial"]
        and not name.startswith("_")
    }
    assert written == set(testing.CHECKS)
