"""What a record keeps of its identity when it is written again: by its id, under another key, by a
mapping that only creates or only updates. A check's name is the promise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from connectors.base import Reads, Record, Saved, Value
from connectors.testing.comparison import same_value
from connectors.testing.trial import Check, NotTried, Trial, must


async def a_known_record_is_written_again(trial: Trial) -> None:
    """A record with its id gets what is written, as one without."""
    name, first, second = _changing(trial)
    (saved,) = await trial.save(trial.record(fields={name: first}))
    record = trial.record(fields={name: second}, id=saved.id)
    await trial.save(record)
    await _must_hold(trial, record, saved.id, name, second, "is written by its id")


async def a_record_with_a_new_key_is_written(trial: Trial) -> None:
    """A record with a `former_key` gets its new key, and the fields beside it."""
    name, first, second = _changing(trial)
    old = trial.record(1, fields={name: first})
    (saved,) = await trial.save(old)
    record = trial.record(2, fields={name: second}, id=saved.id, former_key=old.key)
    (renamed,) = await trial.save(record)
    await _must_hold(
        trial, replace(record, former_key=None), renamed.id, name, second, "gets a new key"
    )


async def a_record_that_is_there_needs_no_on_create(trial: Trial) -> None:
    """`on_create` is for a record that is made: it leaves one that is there."""
    _reads(trial)
    name, first, second = _changing(trial)
    (saved,) = await trial.save(trial.record(fields={name: first}))
    base = {key: value for key, value in trial.record().fields.items() if key != name}
    record = replace(
        trial.record(), fields=base, id=saved.id, on_create={name: second}, creates=True
    )
    await trial.save(record)
    await _must_hold(trial, record, saved.id, name, first, "was there, and `on_create` leaves it")


async def a_deleted_record_is_made_only_where_it_may_be(trial: Trial) -> None:
    """Of a record that people deleted none is made with `creates=False`; else one with all of
    `fields` and `on_create`.
    """
    _reads(trial)
    if trial.subject.delete is None:
        raise NotTried("the subject has no `delete`, so no record can be gone")
    name, first, second = _changing(trial)
    (gone,) = await trial.save(trial.record(fields={name: first}))
    trial.subject.delete(trial.object, gone.id)
    base = {key: value for key, value in trial.record().fields.items() if key != name}
    record = replace(trial.record(), fields=base, id=gone.id, on_create={name: second})
    (outcome,) = await trial.outcomes([replace(record, creates=False)])
    must(
        isinstance(outcome, Saved) and not outcome.id and not outcome.created,
        "a record that was deleted, and may not be made, is Saved with an empty id, but the "
        f"outcome is {outcome}",
    )
    (made,) = await trial.save(record)
    must(
        bool(made.id) and made.created,
        f"a record that was deleted is made again where it may be, but the outcome is {made}",
    )
    new = replace(record, id=made.id)
    await _must_hold(trial, new, made.id, name, second, "is made with its `on_create`")


def _reads(trial: Trial) -> None:
    if not isinstance(trial.connector, Reads):
        raise NotTried("the connector reads no records, so no mapping says who owns a field")


def _changing(trial: Trial) -> tuple[str, Value, Value]:
    """Give a field of the first object, and two values for it."""
    fields: Mapping[str, Value] = {**trial.subject.typed, **trial.subject.records[trial.object]}
    for name, value in fields.items():
        if isinstance(value, str) and value:
            return name, value, f"{value} II"
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            return name, value, value + 1
    raise NotTried("neither the first object's fields nor `typed` have a text or a number")


async def _must_hold(
    trial: Trial, record: Record, id: str, name: str, value: Value, because: str
) -> None:
    asked = replace(record, on_create={**record.on_create, name: value})
    stored = await trial.read_back(asked, id)
    must(
        stored is not None and same_value(value, stored.get(name)),
        f"a record that {because}: {value!r} is due in {name}, but the account holds "
        f"{'no such record' if stored is None else repr(stored.get(name))}",
    )


CHECKS: tuple[Check, ...] = (
    a_known_record_is_written_again,
    a_record_with_a_new_key_is_written,
    a_record_that_is_there_needs_no_on_create,
    a_deleted_record_is_made_only_where_it_may_be,
)
