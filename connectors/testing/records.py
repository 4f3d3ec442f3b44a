"""What writing records and links must keep. A check's name is the promise."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from connectors.base import (
    Append,
    BatchRefused,
    ConnectorError,
    Found,
    Grows,
    Link,
    Links,
    Outcome,
    Reads,
    Record,
    Refused,
    Saved,
)
from connectors.testing.trial import Breach, Check, NotTried, Trial, must


async def every_record_is_answered_in_order(trial: Trial) -> None:
    records = trial.batch(10)
    ids = [saved.id for saved in await trial.save(*records)]
    must(all(ids), "every outcome Saved has the CRM's id, but some are empty")
    must(
        len(set(ids)) == len(ids),
        f"different keys are different records, but ids came back twice: {sorted(ids)}",
    )
    alone = [(await trial.save(record))[0].id for record in records]
    must(
        ids == alone,
        "outcomes come in the order of the records: one at a time they have the ids "
        f"{alone}, in one batch {ids} came",
    )


async def every_object_is_written(trial: Trial) -> None:
    for name in trial.subject.records:
        await trial.save(trial.record(object=name))


async def a_full_batch_is_taken(trial: Trial) -> None:
    await trial.save(*trial.batch(trial.connector.limits.records))


async def an_empty_batch_is_no_call(trial: Trial) -> None:
    must(
        list(await trial.connector.upsert(trial.object, [])) == [],
        "upsert of no records answers no outcomes",
    )
    if isinstance(trial.connector, Links):
        must(list(await trial.connector.link([])) == [], "link of no pairs answers no outcomes")
    if isinstance(trial.connector, Reads):
        none = await trial.connector.read(trial.object, [], ["name"])
        must(list(none) == [], "read of no records answers none")
    must(
        trial.gate.taken == 0,
        "nothing to write is no call of the CRM, but the gate was asked for one",
    )


async def created_is_told_from_updated(trial: Trial) -> None:
    _knows_records(trial)
    one, other = trial.record(1), trial.record(2)
    must((await trial.save(one))[0].created, "created is True for a record that is new")
    first, second = await trial.save(one, other)
    must(not first.created, "created is False for a record that was there")
    must(second.created, "created is True for a new record beside one that was there")


async def repeating_is_harmless(trial: Trial) -> None:
    records = trial.batch(5)
    ids = [saved.id for saved in await trial.save(*records)]
    repeats = {
        "as it was": records,
        "as doubtful": [replace(record, doubtful=True) for record in records],
        "with the ids that came back": [
            replace(record, id=id_) for record, id_ in zip(records, ids, strict=True)
        ],
    }
    for how, batch in repeats.items():
        again = await trial.save(*batch)
        must(
            [saved.id for saved in again] == ids,
            f"a batch sent again {how} finds the same records: {ids} were due, {again} came",
        )
        must(
            not any(saved.created for saved in again),
            f"a batch sent again {how} creates nothing, but created is True: {again}",
        )


async def a_key_that_changes_makes_no_second_record(trial: Trial) -> None:
    _knows_records(trial)
    old, new, other = (trial.record(number) for number in range(1, 4))
    (first,) = await trial.save(old)
    renamed = replace(new, id=first.id, former_key=old.key)
    for how, record in (("with its new key", renamed), ("by its new key", new)):
        (again,) = await trial.save(record)
        must(
            again.id == first.id and not again.created,
            f"a record that is written {how} stays itself: {first.id} was due, {again} came",
        )
    (taken,) = await trial.save(other)
    (again,) = await trial.save(replace(other, id=first.id, former_key=new.key))
    must(
        again.id == taken.id,
        f"where another record has the new key, that one is written: {taken.id} was due, "
        f"{again} came",
    )


async def a_doubtful_record_that_is_new_is_created(trial: Trial) -> None:
    _knows_records(trial)
    (first,) = await trial.save(trial.record(doubtful=True))
    must(
        first.created,
        "doubtful means that it may have been written; where it was not, it is created",
    )


async def keys_fold(trial: Trial) -> None:
    _knows_records(trial)
    if "contact" not in trial.subject.records:
        raise NotTried("the subject has no contact")
    record = trial.record(object="contact")
    (first,) = await trial.save(record)
    (second,) = await trial.save(replace(record, key=record.key.upper()))
    must(
        first.id == second.id,
        f"addresses that differ in case are one contact, but {record.key} and its upper case "
        "became two",
    )


async def one_refused_leaves_the_others(trial: Trial) -> None:
    if not trial.subject.refused:
        raise NotTried("the subject has no `refused`")
    guilty, *good = trial.record(0, fields=trial.subject.refused), *trial.batch(10)[1:]
    try:
        refused, *others = await trial.outcomes([guilty, *good])
    except BatchRefused:  # the gateway splits such a batch until the guilty record stands alone
        refused, others = await _alone(trial, guilty), [*await trial.save(*good)]
    if not isinstance(refused, Refused):
        raise Breach(f"what the CRM refuses for good is Refused, but the outcome is {refused}")
    must(
        bool(refused.code and refused.message),
        f"a refusal has the CRM's code and words, but this has not: {refused}",
    )
    for outcome in others:
        must(
            not isinstance(outcome, Refused),
            f"only the record at fault is refused, but a good one beside it got {outcome}",
        )


async def values_keep_their_types(trial: Trial) -> None:
    if not trial.subject.typed:
        raise NotTried("the subject has no `typed`")
    record = trial.record(fields=trial.subject.typed)
    (first,) = await trial.save(record)
    (second,) = await trial.save(record)
    must(
        first.id == second.id,
        "values of all types are written, and written again, to the same record",
    )


async def options_are_appended_again_and_again(trial: Trial) -> None:
    appended = {
        name: value for name, value in trial.subject.typed.items() if isinstance(value, Append)
    }
    if not appended:
        raise NotTried("the subject's `typed` has no Append")
    await trial.save(trial.record())
    await trial.save(trial.record(fields=appended))
    await trial.save(trial.record(fields=appended))


async def options_are_made_once(trial: Trial) -> None:
    connector, name = trial.connector, trial.subject.grows
    if not isinstance(connector, Grows) or not name:
        raise NotTried("the connector makes no options, or the subject has no `grows`")
    new = [f"{trial.prefix} {word}" for word in ("Algebra", "Logic; first part", "algebra")]
    must(
        list(await connector.grow(trial.object, {name: new})) == [],
        f"the account lets {name} grow (as the subject says), but options were refused",
    )
    before = trial.gate.taken
    again = await connector.grow(trial.object, {name: [one.upper() for one in new]})
    must(
        list(again) == [],
        f"an option that differs in case alone from one that is there is there, but {again} came",
    )
    must(
        trial.gate.taken == before,
        "options that are known to be there are no call, but the gate was asked for one",
    )
    await trial.save(trial.record(fields={name: Append((*new,), grow=True)}))


async def batches_may_run_side_by_side(trial: Trial) -> None:
    batches = [
        [trial.record(10 * number + n) for n in range(3)]
        for number in range(trial.connector.limits.concurrency)
    ]
    found = await asyncio.gather(*(trial.save(*batch) for batch in batches))
    ids = [saved.id for batch in found for saved in batch]
    must(
        len(set(ids)) == len(ids),
        "batches under way at the same time get their own answers, but ids came back twice: "
        f"{sorted(ids)}",
    )


async def the_gate_is_asked_before_calls(trial: Trial) -> None:
    await trial.save(trial.record())
    must(
        trial.gate.taken > 0,
        "every call of the CRM first awaits context.calls.take(), but upsert did without",
    )


async def an_unknown_object_is_an_error(trial: Trial) -> None:
    _knows_records(trial)
    record = Record(trial.subject.unknown, trial.record().key, {})
    try:
        outcomes = await trial.outcomes([record])
    except ConnectorError:
        return
    must(
        not isinstance(outcomes[0], Saved), "a record of an object that is not there can't be Saved"
    )


async def linking_twice_is_harmless(trial: Trial) -> None:
    if not trial.subject.links:
        raise NotTried("the subject has no `links`")
    for source_object, target_object in trial.subject.links:
        pairs = [await _pair(trial, number, source_object, target_object) for number in range(3)]
        await trial.link(*pairs)
        await trial.link(*pairs)
        await trial.link(*(replace(pair, doubtful=True) for pair in reversed(pairs)))


async def what_was_written_is_read(trial: Trial) -> None:
    records = trial.batch(3)
    saved = await trial.save(*records)
    asked = [records[2], trial.record(len(records)), records[0]]
    found = await trial.read(asked, records[0].fields)
    ids = [one and one.id for one in found]
    must(
        ids == [saved[2].id, None, saved[0].id],
        "read answers in the order of the records, and None for one that is not there: "
        f"{[saved[2].id, None, saved[0].id]} were due, {ids} came",
    )
    _has_fields(found[0], records[2])


async def known_records_are_read_by_their_ids(trial: Trial) -> None:
    records = trial.batch(2)
    saved = await trial.save(*records)
    asked = [replace(one, id=its.id) for one, its in zip(records, saved, strict=True)]
    new = trial.record(len(records))
    found = await trial.read([asked[1], new, asked[0]], records[0].fields)
    ids = [one and one.id for one in found]
    must(
        ids == [saved[1].id, None, saved[0].id],
        "records with and without an id may stand in one batch: "
        f"{[saved[1].id, None, saved[0].id]} were due, {ids} came",
    )


async def reading_writes_nothing(trial: Trial) -> None:
    record = trial.record()
    await trial.read([record], record.fields)
    must(
        (await trial.save(record))[0].created,
        "a record that was read only is still new when it is written",
    )


def _has_fields(found: Found | None, record: Record) -> None:
    fields = {} if found is None else found.fields
    must(
        fields.keys() == record.fields.keys(),
        f"what was found has the fields that were asked for, {sorted(record.fields)}, but has "
        f"{sorted(fields)}",
    )
    empty = [name for name, value in record.fields.items() if value and not fields[name]]
    must(not empty, f"fields that were written are not empty, but these are: {empty}")


def _knows_records(trial: Trial) -> None:
    if not trial.subject.knows_records:
        raise NotTried("the connector hands records on, and cannot tell what was there before")


async def _pair(trial: Trial, number: int, source_object: str, target_object: str) -> Link:
    target = trial.record(number, target_object)
    (target_saved,) = await trial.save(target)
    source = trial.record(number, source_object, links=(target.ref,))
    (source_saved,) = await trial.save(source)
    return Link(source.ref, target.ref, source_saved.id, target_saved.id)


async def _alone(trial: Trial, record: Record) -> Outcome:
    try:
        return (await trial.outcomes([record]))[0]
    except BatchRefused as refused:
        return refused.refusal


CHECKS: tuple[Check, ...] = (
    every_record_is_answered_in_order,
    every_object_is_written,
    a_full_batch_is_taken,
    an_empty_batch_is_no_call,
    created_is_told_from_updated,
    repeating_is_harmless,
    a_key_that_changes_makes_no_second_record,
    a_doubtful_record_that_is_new_is_created,
    keys_fold,
    one_refused_leaves_the_others,
    values_keep_their_types,
    options_are_appended_again_and_again,
    options_are_made_once,
    batches_may_run_side_by_side,
    the_gate_is_asked_before_calls,
    an_unknown_object_is_an_error,
    linking_twice_is_harmless,
    what_was_written_is_read,
    known_records_are_read_by_their_ids,
    reading_writes_nothing,
)
