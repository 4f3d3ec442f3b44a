"""What writing values must keep, checked by reading back. A check's name is the promise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from connectors.base import Append, ConnectorError, Record, Saved, Value
from connectors.testing.comparison import is_empty, options_of, same_value
from connectors.testing.setup import needs_of
from connectors.testing.trial import Breach, Check, NotTried, Trial, must

TEXTS = (
    "Žofie Ångström-O’Neil",  # noqa: RUF001
    "עברית العربية",  # written from right to left
    "漢字 かな 한글",
    "𝒜da 🎓 𠮷野",  # noqa: RUF001 - beyond the basic plane: four bytes, two units of UTF-16
    "Tom & Ana <ana@x.test> 50%",
    "\"a\" 'b' \\c {d}; e=f+g, h#i?j/k",
)
LENGTHS = (256, 1_000, 5_000)  # characters: beyond what a short field often takes
ZONES = (timedelta(hours=5, minutes=30), timedelta(hours=-8), timedelta(0))


async def values_keep_their_types(trial: Trial) -> None:
    """A value of each type is stored as what it is, and may be written again."""
    record = trial.record(fields=_typed(trial))
    (first,) = await trial.save(record)
    await _must_hold(trial, record, first.id)
    (second,) = await trial.save(record)
    must(
        first.id == second.id,
        "values of all types are written, and written again, to the same record",
    )
    await _must_hold(trial, record, first.id)


async def falsehoods_and_zeros_are_values(trial: Trial) -> None:
    """False and 0 are written as what they are, not taken for nothing."""
    given: dict[str, Value] = {}
    for name, value in _typed(trial).items():
        if isinstance(value, bool | int | Decimal):
            given[name] = type(value)(0)
    if not given:
        raise NotTried("the subject's `typed` has neither a bool nor a number")
    (first,) = await trial.save(trial.record(fields=_typed(trial)))
    record = trial.record(fields=given)
    await trial.save(record)
    await _must_hold(trial, record, first.id)


async def texts_are_held_in_any_script(trial: Trial) -> None:
    """A text is stored to the letter: any script, also beyond the basic plane, and any sign."""
    name = _text_field(trial)
    for number, text in enumerate(TEXTS):
        record = trial.record(number, fields={name: text})
        (saved,) = await trial.save(record)
        await _must_hold(trial, record, saved.id)


async def a_long_text_is_not_cut_in_silence(trial: Trial) -> None:
    """A text is stored to its end, or refused, or a note tells that it was cut."""
    name = _text_field(trial)
    for number, length in enumerate(LENGTHS):
        record = trial.record(number, fields={name: ("long " * length)[: length - 1] + "."})
        (outcome,) = await trial.outcomes([record])
        if isinstance(outcome, Saved) and not any(name in note for note in outcome.notes):
            await _must_hold(trial, record, outcome.id)


async def decimals_keep_all_places(trial: Trial) -> None:
    """An amount is stored to its last place, also a large one."""
    name, example = _first(trial, Decimal, "a Decimal")
    exponent = example.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    for whole in (0, 98_765, 1_234_567):
        amount = Decimal(whole) + Decimal("0.5678901234").quantize(Decimal(1).scaleb(-places))
        record = trial.record(whole, fields={name: amount})
        (saved,) = await trial.save(record)
        await _must_hold(trial, record, saved.id)


async def moments_keep_their_instant(trial: Trial) -> None:
    """A date with a time is the same instant, in whatever zone it was written."""
    name, _ = _first(trial, datetime, "a datetime")
    for number, offset in enumerate(ZONES):
        moment = datetime(2020, 8, 11, 23, 58, 7, tzinfo=timezone(offset))
        record = trial.record(number, fields={name: moment})
        (saved,) = await trial.save(record)
        await _must_hold(trial, record, saved.id)


async def days_stay_days(trial: Trial) -> None:
    """A date is stored as that day, wherever the gateway stands."""
    name = next(
        (
            name
            for name, value in _typed(trial).items()
            if isinstance(value, date) and not isinstance(value, datetime)
        ),
        None,
    )
    if name is None:
        raise NotTried("the subject's `typed` has no date")
    for number, day in enumerate((date(1968, 2, 29), date(2001, 1, 1), date(2020, 12, 31))):
        record = trial.record(number, fields={name: day})
        (saved,) = await trial.save(record)
        await _must_hold(trial, record, saved.id)


async def an_empty_text_clears(trial: Trial) -> None:
    """`""` empties a field of any type but yes or no."""
    filled = {
        name: "a text" if value == "" else value
        for name, value in _typed(trial).items()
        if not isinstance(value, bool)
    }
    (saved,) = await trial.save(trial.record(fields=filled))
    record = trial.record(fields=dict.fromkeys(filled, ""))
    await trial.save(record)
    await _must_hold(trial, record, saved.id)


async def an_absent_field_is_left_alone(trial: Trial) -> None:
    """A field that a record does not name stays as it is."""
    whole = trial.record(fields=_typed(trial))
    (saved,) = await trial.save(whole)
    await trial.save(trial.record(), trial.record(2, fields=_typed(trial)))
    await _must_hold(trial, whole, saved.id, "was not named by the second write")


async def options_are_appended_again_and_again(trial: Trial) -> None:
    """Append adds options once, and leaves those that are there."""
    name, value = _first(trial, Append, "an Append")
    if len(value.values) == 1:
        raise NotTried("the Append of the subject's `typed` has one option, and two are needed")
    (saved,) = await trial.save(trial.record())
    given: list[str] = []
    for options in (*((one,) for one in value.values), value.values):
        given += [one for one in options if one not in given]
        record = trial.record(fields={name: Append(options)})
        await trial.save(record)
        stored = options_of((await _read_back(trial, record, saved.id)).get(name))
        must(
            sorted(stored) == sorted(one.casefold() for one in given),
            f"Append adds to the options that are there: of {name} {given} were due, but the "
            f"account holds {stored}",
        )


async def an_unknown_field_is_not_dropped_in_silence(trial: Trial) -> None:
    """A field that the CRM lacks is refused, or raised, or told by `check` or a note."""
    name = trial.subject.unknown_field
    record = trial.record(fields={name: "a text"})
    try:
        (outcome,) = await trial.outcomes([record])
    except ConnectorError:
        return
    if not isinstance(outcome, Saved) or any(name in note for note in outcome.notes):
        return
    problems = await trial.connector.check(needs_of(trial, {name: "a text"}))
    if any(name in f"{problem.where} {problem.message}" for problem in problems):
        return
    stored = await _read_back(trial, record, outcome.id)
    must(
        same_value("a text", stored.get(name)),
        f"a field that the CRM lacks is not dropped in silence: {name} was saved without a note, "
        "check finds no problem with it, and the account does not hold it",
    )


def _typed(trial: Trial) -> Mapping[str, Value]:
    if not trial.subject.typed:
        raise NotTried("the subject has no `typed`")
    return trial.subject.typed


def _first(trial: Trial, kind: type[Any], what: str) -> tuple[str, Any]:
    for name, value in _typed(trial).items():
        if isinstance(value, kind):
            return name, value
    raise NotTried(f"the subject's `typed` has no {what.partition(' ')[2]}")


def _text_field(trial: Trial) -> str:
    fields = {**trial.subject.typed, **trial.subject.records[trial.object]}
    for name, value in fields.items():
        if isinstance(value, str):
            return name
    raise NotTried("neither the first object's fields nor `typed` have a text")


async def _read_back(trial: Trial, record: Record, id: str) -> Mapping[str, Any]:
    stored = await trial.read_back(record, id)
    if stored is None:
        raise Breach(f"{record.object} {record.key} is Saved as {id!r}, but the account has none")
    return stored


async def _must_hold(trial: Trial, record: Record, id: str, because: str = "was written") -> None:
    """Compare all fields of a record with what the account holds."""
    stored = await _read_back(trial, record, id)
    for name, value in record.fields.items():
        found = stored.get(name)
        must(
            same_value(value, found),
            f"{name} {because}: {value!r} is due, but the account holds "
            f"{'nothing' if is_empty(found) else repr(found)}",
        )


CHECKS: tuple[Check, ...] = (
    values_keep_their_types,
    falsehoods_and_zeros_are_values,
    texts_are_held_in_any_script,
    a_long_text_is_not_cut_in_silence,
    decimals_keep_all_places,
    moments_keep_their_instant,
    days_stay_days,
    an_empty_text_clears,
    an_absent_field_is_left_alone,
    options_are_appended_again_and_again,
    an_unknown_field_is_not_dropped_in_silence,
)
