"""What a connector's calls must keep, seen by a proxy before the account: the gate, the loop, the
connections, and the secrets. A check's name is the promise.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from connectors.base import ConnectorError, Grows, Links, Provisions, Reads
from connectors.http.secrets import SecretTexts, secret_texts
from connectors.testing.faults import (
    SERVER_ERRORS,
    UNAUTHORIZED,
    account_address,
    through_proxy,
)
from connectors.testing.links import make_pair
from connectors.testing.proxy import FaultProxy, InjectedFault
from connectors.testing.setup import needs_of
from connectors.testing.trial import Check, Gate, NotTried, Trial, must

UNREACHED = InjectedFault("a reset", "reset")
CLOSING_SECONDS = 5.0


async def the_gate_is_taken_once_for_each_request(trial: Trial) -> None:
    """Each request of the account is allowed by the gate once, and before it is sent."""
    gate = Gate()
    with FaultProxy(account_address(trial), lambda: gate.taken) as proxy:
        async with trial.opened(proxy.url, gate) as connector:
            for name, act in await _actions(trial):
                taken, seen = gate.taken, len(proxy.calls)
                await act(connector)
                _is_gated(name, [call.taken - taken for call in proxy.calls[seen:]])
                must(
                    gate.taken - taken == len(proxy.calls) - seen,
                    f"context.calls.take() is awaited once for each request: {name} took "
                    f"{gate.taken - taken}, and made {len(proxy.calls) - seen} requests",
                )


def _is_gated(name: str, taken: Sequence[int]) -> None:
    for number, allowed in enumerate(taken, 1):
        must(
            allowed >= number,
            f"context.calls.take() is awaited before each request: when request {number} of "
            f"{name} came in, the gate had been asked for {allowed}",
        )


async def the_loop_is_never_held(trial: Trial) -> None:
    """While the account takes its time, the loop goes on: a synchronous client runs on threads."""
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.001)
            beats += 1

    heart = asyncio.create_task(beat())
    try:
        with FaultProxy(account_address(trial), beats=lambda: beats) as proxy:
            async with trial.opened(proxy.url) as connector:
                for name, act in await _actions(trial):
                    with suppress(ConnectorError):  # an answer that came after its time-out
                        await act(connector)
                    must(
                        not proxy.loop_was_held,
                        f"no call holds the loop, but while {name} waited for the account, nothing "
                        "else ran: await, or use connectors.threads",
                    )
    finally:
        heart.cancel()


async def connections_are_closed(trial: Trial) -> None:
    """`aclose` closes all connections, also after a call that failed."""
    for fault in (None, *SERVER_ERRORS[:1]):
        with FaultProxy(account_address(trial)) as proxy:
            async with trial.opened(proxy.url) as connector:
                await connector.upsert(trial.object, trial.batch(2))
                if fault is not None:
                    proxy.fail(fault)
                    with suppress(ConnectorError):
                        await connector.upsert(trial.object, trial.batch(2))
            for _ in range(int(CLOSING_SECONDS / 0.05)):
                if proxy.open_connections:
                    await asyncio.sleep(0.05)
            must(
                not proxy.open_connections,
                f"aclose closes all connections, but {proxy.open_connections} to the account "
                "stayed open",
            )


async def secrets_stay_secret(trial: Trial) -> None:
    """The secrets of the settings are in no error, outcome, `repr`, log or address, even where the
    account repeats them.
    """
    settings = trial.subject.connector.Settings.model_validate(trial.subject.settings)
    secrets = SecretTexts(secret_texts(settings))
    repeated = " ".join(secret_texts(settings))
    if not repeated:
        raise NotTried("the subject's settings have no secret")
    said: list[tuple[str, str]] = []
    with _logged() as lines:
        for fault in (None, UNAUTHORIZED, _repeat(repeated), *SERVER_ERRORS, UNREACHED):
            said += await _say(trial, fault)
    for place, text in (*said, *(("a log line", line) for line in lines)):
        cut = secrets.cut(text)
        must(cut == text, f"the secrets of the settings stay secret, but one is in {place}: {cut}")


def _repeat(secrets: str) -> InjectedFault:
    said = f"not known: {secrets}"
    body = json.dumps({"message": said, "error": "invalid_client", "error_description": said})
    return replace(UNAUTHORIZED, name="401 with the secrets", body=body.encode())


async def _say(trial: Trial, fault: InjectedFault | None) -> list[tuple[str, str]]:
    """Give all that a connector says of a write and a check: where, and the text."""
    said: list[tuple[str, str]] = []
    async with through_proxy(trial) as (proxy, connector):
        if fault is not None:
            proxy.fail(fault)
        for act in (
            lambda: connector.upsert(trial.object, trial.batch(2)),
            lambda: connector.check(needs_of(trial)),
        ):
            try:
                said.append(("an outcome", repr(await act())))
            except Exception as error:  # noqa: BLE001 - another check tells of its type
                said += _error_texts(error)
        said += [("its repr", repr(connector)), ("its str", str(connector))]
        said += [("the address of a request", call.target) for call in proxy.calls]
    return said


def _error_texts(error: BaseException) -> Iterator[tuple[str, str]]:
    """Give the words of an error and of all that led to it."""
    seen: BaseException | None = error
    while seen is not None:
        yield (f"the error {type(seen).__name__}", f"{seen} {seen!r}")
        seen = seen.__cause__ or seen.__context__


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def _logged() -> Iterator[list[str]]:
    """Collect all that is logged, at any level."""
    root, handler = logging.getLogger(), _Lines()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield handler.lines
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


Action = Callable[[Any], Awaitable[Any]]


async def _actions(trial: Trial) -> list[tuple[str, Action]]:
    """Give what the gateway does with this connector, by its name; it needs records that are
    there.
    """
    new, other = trial.record(), trial.batch(5)
    actions: list[tuple[str, Action]] = [
        ("upsert", lambda connector: connector.upsert(trial.object, [new])),
        (f"upsert of {len(other)}", lambda connector: connector.upsert(trial.object, other)),
        ("check", lambda connector: connector.check(needs_of(trial))),
    ]
    if isinstance(trial.connector, Reads):
        actions.append(("read", lambda connector: connector.read(trial.object, other, new.fields)))
    if isinstance(trial.connector, Links) and trial.subject.links:
        pairs = [
            (await make_pair(trial, number, *trial.subject.links[0])).link for number in (11, 12)
        ]
        actions.append(("link", lambda connector: connector.link(pairs)))
    if isinstance(trial.connector, Provisions):
        actions.append(("plan", lambda connector: connector.plan(needs_of(trial))))
    if isinstance(trial.connector, Grows) and trial.subject.grows:
        options = {trial.subject.grows: [f"{trial.prefix} Rhetoric"]}
        actions.append(("grow", lambda connector: connector.grow(trial.object, options)))
    return actions


CHECKS: tuple[Check, ...] = (
    the_gate_is_taken_once_for_each_request,
    the_loop_is_never_held,
    connections_are_closed,
    secrets_stay_secret,
)
