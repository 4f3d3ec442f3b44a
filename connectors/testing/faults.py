"""What a connector must make of an account that fails: the kit puts a proxy before the account, and
lets every request of a write fail in turn. A check's name is the promise.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from connectors.base import (
    AuthFailed,
    Connector,
    ConnectorError,
    Links,
    Misconfigured,
    Outcome,
    Reads,
    Record,
    Refused,
    Retry,
    Saved,
    Throttled,
    TimedOut,
    Unavailable,
)
from connectors.testing.links import are_linked, link_pairs, make_pair
from connectors.testing.proxy import FaultProxy, InjectedFault
from connectors.testing.trial import Breach, Check, NotTried, Trial, must

SECONDS = 1.0
"""The time-out of a connector that meets silence: the shortest of the settings. All others have the
usual one, however slow the machine is.
"""

TRIES = 10
BATCH = 3

JSON = {"Content-Type": "application/json"}
PAGE = b"<!DOCTYPE html><html><body><h1>We'll be back soon</h1></body></html>"
HTML = {"Content-Type": "text/html; charset=utf-8"}
WAIT = 7

UNAUTHORIZED = InjectedFault("401", status=401, headers=JSON, body=b'{"message": "unauthorized"}')
FORBIDDEN = InjectedFault("403", status=403, headers=JSON, body=b'{"message": "forbidden"}')
TOO_MANY = InjectedFault("429", status=429, headers=JSON, body=b'{"message": "too many requests"}')
TOO_MANY_WITH_TIME = replace(
    TOO_MANY,
    name=f"429 with Retry-After: {WAIT}",
    headers={**JSON, "Retry-After": str(WAIT)},
)
SERVER_ERRORS = (
    InjectedFault("500", status=500, headers=JSON, body=b'{"message": "internal error"}'),
    InjectedFault("an HTML page with the status 502", status=502, headers=HTML, body=PAGE),
    InjectedFault("503 without a body", status=503),
)
NO_JSON = (
    InjectedFault("an HTML page with the status 200", headers=HTML, body=PAGE),
    InjectedFault("an answer that is cut in the middle", "cut", applied=True),
    InjectedFault(
        "half of a JSON text", headers=JSON, body=b'{"results": [{"id": "1', applied=True
    ),
)
RESETS = (
    InjectedFault("a reset before the account has the request", "reset"),
    InjectedFault("a reset after the account has done it", "reset", applied=True),
)
SILENCE = InjectedFault("silence", "silence")
SILENCE_AFTERWARDS = InjectedFault("silence after the account has done it", "silence", applied=True)
TRICKLE = InjectedFault("an answer that never ends", "trickle")


async def refused_calls_pause_the_connector(trial: Trial) -> None:
    """401 and 403 on any request are AuthFailed or Misconfigured, never an outcome of a record."""
    await try_faults(trial, [UNAUTHORIZED, FORBIDDEN], AuthFailed, Misconfigured)


async def too_many_requests_are_throttled(trial: Trial) -> None:
    """429 is Throttled, with the delay of Retry-After where there is one."""
    await try_faults(trial, [TOO_MANY, TOO_MANY_WITH_TIME], Throttled)


async def server_errors_are_unavailable(trial: Trial) -> None:
    """500, 502 with a page and 503 are Unavailable."""
    await try_faults(trial, SERVER_ERRORS, Unavailable)


async def what_is_no_json_is_unavailable(trial: Trial) -> None:
    """A page with 200 and an answer that is cut are Unavailable, and writing again is harmless."""
    await try_faults(trial, NO_JSON, Unavailable)


async def a_lost_connection_is_unavailable(trial: Trial) -> None:
    """A reset is Unavailable, and writing again is harmless: the account may have written."""
    await try_faults(trial, RESETS, Unavailable)


async def silence_times_out(trial: Trial) -> None:
    """An account that does not answer in `timeout_seconds`, or not to the end, is given up: a
    write by TimedOut.
    """
    errors = await try_faults(trial, [SILENCE, SILENCE_AFTERWARDS, TRICKLE], Unavailable)
    must(
        not errors or any(isinstance(error, TimedOut) for error in errors),
        "a write that gets no answer in time is TimedOut, since the account may be writing still, "
        f"but no request's silence raised more than {type(errors[-1]).__name__ if errors else ''}",
    )


@dataclass(frozen=True, slots=True)
class Attempt:
    """One thing to do while the account fails, and again when it works."""

    name: str
    # with the connector, and whether an earlier try may have been done
    act: Callable[[Connector, bool], Awaitable[Sequence[Outcome]]]
    # what must hold when it went through at last
    verify: Callable[[], Awaitable[None]]


async def try_faults(
    trial: Trial, faults: Sequence[InjectedFault], *errors: type[ConnectorError]
) -> list[ConnectorError]:
    """Let each fault befall all requests of a write from the first on, from the second on, and so
    forth; the same for `link` and `read`. Gives what `upsert` raised.
    """
    raised: list[ConnectorError] = []
    alone = 0
    numbers = iter(range(1, 1_000_000))
    for make in (_upsert, _link, _read_attempt):
        calls = await _count_calls(trial, make, next(numbers))
        for fault in faults:
            slow = is_slow(fault)
            if slow and make is not _upsert and fault is not faults[0]:
                continue
            only_last = slow and bool(raised) and calls > 0
            for first in range(calls - 1 if only_last else 0, calls):
                attempt = await make(trial, next(numbers))
                error = await _try_fault(trial, attempt, fault, first, errors)
                raised += [error] if error and make is _upsert else []
        if make is _upsert:
            alone = calls
    await _try_batch(trial, [fault for fault in faults if fault.kind != "trickle"], errors, alone)
    return raised


async def _count_calls(
    trial: Trial, make: Callable[[Trial, int], Awaitable[Attempt | None]], number: int
) -> int:
    attempt = await make(trial, number)
    if attempt is None:
        return 0
    async with through_proxy(trial) as (proxy, connector):
        await attempt.act(connector, False)
        return len(proxy.calls)


async def _try_fault(
    trial: Trial,
    attempt: Attempt | None,
    fault: InjectedFault,
    first: int,
    errors: tuple[type[ConnectorError], ...],
) -> ConnectorError | None:
    assert attempt is not None  # noqa: S101 - it made calls
    where = f"{attempt.name}, where request {first + 1} and all that follow get {fault.name}"
    seconds = SECONDS if is_slow(fault) else None
    async with through_proxy(trial, seconds) as (proxy, connector):
        proxy.fail(fault, first)
        error = await _fails(attempt, connector, where)
        must(
            not proxy.out_of_patience,
            f"{where}: a call ends after timeout_seconds, here {SECONDS:g}, but was not given up",
        )
        if error is not None:
            _is_right(error, fault, where, errors)
        proxy.pass_on()
        await _goes_through(attempt, connector, where, TRIES if is_slow(fault) else 1)
    await attempt.verify()
    return error


async def _try_batch(
    trial: Trial,
    faults: Sequence[InjectedFault],
    errors: tuple[type[ConnectorError], ...],
    alone: int,
) -> None:
    """Let each fault befall the middle of a batch, where a record has a call of its own: what was
    written may be Saved, the others are Retry, or the error is raised for all.
    """
    if trial.connector.limits.records < BATCH:
        return
    numbers = iter(range(2_000_000, 3_000_000))
    async with through_proxy(trial) as (proxy, connector):
        await connector.upsert(trial.object, [trial.record(next(numbers)) for _ in range(BATCH)])
        calls = len(proxy.calls)
    for fault in faults if calls > alone else ():
        records = [trial.record(next(numbers)) for _ in range(BATCH)]
        where = f"upsert of {BATCH}, where requests from the {calls - 1}. on get {fault.name}"
        seconds = SECONDS if is_slow(fault) else None
        async with through_proxy(trial, seconds) as (proxy, connector):
            proxy.fail(fault, calls - 2)
            try:
                outcomes = await connector.upsert(trial.object, records)
            except ConnectorError as error:
                _is_right(error, fault, where, errors)
            else:
                await _is_partial(trial, records, outcomes, where)
        for record, saved in zip(records, await trial.save(*records), strict=True):
            await trial.is_single(record, saved.id)


async def _is_partial(
    trial: Trial, records: Sequence[Record], outcomes: Sequence[Outcome], where: str
) -> None:
    must(
        len(outcomes) == len(records),
        f"{where}: {len(records)} were sent, {len(outcomes)} outcomes came back",
    )
    retried = [outcome for outcome in outcomes if isinstance(outcome, Retry)]
    saved = [one for one, outcome in zip(records, outcomes, strict=True) if outcome not in retried]
    must(
        bool(retried) and not any(isinstance(outcome, Refused) for outcome in outcomes),
        f"{where}: records are Saved or Retry, or an error is raised, but came {[*outcomes]}",
    )
    for record in saved:
        (again,) = await trial.save(record)
        must(not again.created, f"{where}: nothing is Saved that is not there, but {record.key} is")


async def _fails(attempt: Attempt, connector: Connector, where: str) -> ConnectorError | None:
    """Do it; None where all was Saved nevertheless, which `verify` looks at."""
    try:
        outcomes = await attempt.act(connector, False)
    except ConnectorError as error:
        return error
    except Exception as error:
        raise Breach(
            f"{where}: a ConnectorError is raised, not {type(error).__name__}: {error}"
        ) from error
    for outcome in outcomes:
        must(
            not isinstance(outcome, Refused),
            f"{where}: no record is to blame, but the outcome is {outcome}",
        )
    await _is_there(attempt, outcomes, where)
    return None


async def _is_there(attempt: Attempt, outcomes: Sequence[Outcome], where: str) -> None:
    """What is Saved in spite of a fault is there: a request that failed may have been one more
    than was needed.
    """
    must(
        all(isinstance(outcome, Saved) for outcome in outcomes) and attempt.name != "read",
        f"{where}: this speaks of the whole call, so a ConnectorError is raised, but came "
        f"{[*outcomes]}",
    )
    try:
        await attempt.verify()
    except Breach as breach:
        raise Breach(f"{where}: nothing is Saved that is not there, but {breach}") from breach


def _is_right(
    error: ConnectorError,
    fault: InjectedFault,
    where: str,
    errors: tuple[type[ConnectorError], ...],
) -> None:
    due = " or ".join(kind.__name__ for kind in errors)
    must(
        isinstance(error, errors),
        f"{where}: {due} is raised, not {type(error).__name__}: {error}",
    )
    if "Retry-After" in fault.headers and isinstance(error, Throttled):
        must(
            error.retry_after is not None and WAIT <= error.retry_after <= WAIT + 1,
            f"{where}: Throttled has the seconds of Retry-After, {WAIT}, but retry_after is "
            f"{error.retry_after}",
        )


async def _goes_through(attempt: Attempt, connector: Connector, where: str, tries: int) -> None:
    """Do it again; a short time-out may want several tries on a machine that is slow."""
    try:
        outcomes = await attempt.act(connector, True)
    except Exception as error:
        if isinstance(error, Unavailable) and tries > 1:
            return await _goes_through(attempt, connector, where, tries - 1)
        raise Breach(
            f"{where}: when the account works again the same goes through, but "
            f"{type(error).__name__} is raised: {error}"
        ) from error
    must(
        all(isinstance(outcome, Saved) for outcome in outcomes),
        f"{where}: when the account works again the same goes through, but came {[*outcomes]}",
    )
    return None


async def _upsert(trial: Trial, number: int) -> Attempt:
    record = trial.record(number)

    async def act(connector: Connector, doubtful: bool) -> Sequence[Outcome]:
        return await connector.upsert(record.object, [replace(record, doubtful=doubtful)])

    return Attempt("upsert", act, lambda: _is_single(trial, record))


async def _is_single(trial: Trial, record: Record) -> None:
    """See that the record is there once, as any other connector finds it."""
    (saved,) = await trial.save(record)
    must(
        not saved.created,
        f"{record.object} {record.key} is not there: writing it again creates it",
    )
    await trial.is_single(record, saved.id)


async def _link(trial: Trial, number: int) -> Attempt | None:
    if not trial.subject.links or not isinstance(trial.connector, Links):
        return None
    pair = await make_pair(trial, number, *trial.subject.links[0])

    async def act(connector: Any, doubtful: bool) -> Sequence[Outcome]:
        return list(await connector.link([replace(pair.link, doubtful=doubtful)]))

    async def verify() -> None:
        if trial.lists_records:
            await are_linked(trial, pair.link)
        await link_pairs(trial, pair, doubtful=True)
        if trial.lists_records:
            await are_linked(trial, pair.link)

    return Attempt("link", act, verify)


async def _read_attempt(trial: Trial, number: int) -> Attempt | None:
    if not isinstance(trial.connector, Reads):
        return None
    record = trial.record(number)
    await trial.save(record)

    async def act(connector: Any, _doubtful: bool) -> Sequence[Outcome]:
        (found,) = await connector.read(record.object, [record], record.fields)
        return [Saved(found.id) if found else Retry("read found no record")]

    async def verify() -> None:
        await _is_single(trial, record)

    return Attempt("read", act, verify)


@asynccontextmanager
async def through_proxy(
    trial: Trial, seconds: float | None = None
) -> AsyncIterator[tuple[FaultProxy, Connector]]:
    """Open another connector, with a proxy before the account, and a time-out if one is given."""
    with FaultProxy(account_address(trial)) as proxy:
        async with trial.opened(proxy.url, seconds=seconds) as connector:
            try:
                yield proxy, connector
            finally:
                proxy.pass_on()


def is_slow(fault: InjectedFault) -> bool:
    """Whether a fault lasts until the time-out."""
    return fault.kind in ("silence", "trickle")


def account_address(trial: Trial) -> str:
    """Give where the account answers, by the setting that the subject names."""
    name = trial.subject.address
    if not name:
        raise NotTried("the subject has no `address`, so no proxy can stand before the account")
    settings = trial.subject.connector.Settings.model_validate(trial.subject.settings)
    return str(getattr(settings, name))


CHECKS: tuple[Check, ...] = (
    refused_calls_pause_the_connector,
    too_many_requests_are_throttled,
    server_errors_are_unavailable,
    what_is_no_json_is_unavailable,
    a_lost_connection_is_unavailable,
    silence_times_out,
)
