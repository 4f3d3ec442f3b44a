"""Makes the calls of one batch: as large as the CRM takes them, halved where one fails as a whole,
until what is guilty stands alone.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar

from connectors.base import (
    BatchRefused,
    ConnectorError,
    Link,
    Outcome,
    Record,
    Refused,
    Retry,
    Saved,
    TimedOut,
    Unavailable,
)
from receiver.delivery.leadership import LeadershipLost
from receiver.delivery.limits.batch_sizes import BatchSizes
from receiver.delivery.limits.call_timeout import CallTimeout
from receiver.delivery.limits.rate_limiter import delivering
from receiver.inbox import StoreUnavailable
from receiver.text.plurals import pluralize

T = TypeVar("T", Record, Link)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Not settled by the CRM: the whole call failed, or was not made.

    `sent`: it may have been written all the same. `asked`: the CRM was only asked what it holds.
    `alone`: the item stood alone in a call that failed while others went well. `after`: so many
    seconds must pass before it is sent again.
    """

    fault: ConnectorError
    sent: bool
    asked: bool = False
    alone: bool = False
    after: float | None = None


Verdict = Outcome | NoAnswer


class ConnectorDefect(Unavailable):
    """A connector raised what it should not have, which is the cause; or it answered what it should
    not have, which the text tells.

    Retried like an outage, and counted apart.
    """


class CallBreaker(Protocol):
    """What calls need of the circuit breaker."""

    failures: int  # in a row

    async def succeeded(self) -> None:
        """A call was answered."""

    async def failed(self, fault: ConnectorError, *, reason: str) -> float | None:
        """Tell the seconds after which the batch may call again, None where the connector is
        paused.
        """


@dataclass(slots=True)
class _Failed:
    """A call that failed as a whole, of which the rows go again in smaller ones."""

    size: int
    open: int  # rows of which nothing is known yet
    parent: _Failed | None
    guilty: bool = False  # a row was refused alone: the size was not at fault
    refused: bool = True  # and not just without an answer
    answered: bool = False  # a smaller call of its rows was: the CRM is well


@dataclass(slots=True)
class _Part(Generic[T]):
    items: Sequence[T]
    failed: _Failed | None = None
    again: bool = False  # a row that had no answer alone, and goes once more behind the others


@dataclass(slots=True)
class BatchSplitter:
    """Makes the calls of a batch one after the other. `fault` ends the batch.

    `before` is awaited before each. One may take `timeout` seconds, and after `longest` the CRM is
    through with it. `describe` cuts out of a fault's words what must not be repeated. `begun` is
    called with the items right before they go out, `ended` once that is over, `given_up` with those
    whose call had no answer in its time.
    """

    sizes: BatchSizes
    breaker: CallBreaker
    guard: CallTimeout
    timeout: float
    longest: float
    before: Callable[[], Awaitable[None]]
    describe: Callable[[ConnectorError], str]
    begun: Callable[[Sequence[Any]], None]
    ended: Callable[[], None]
    given_up: Callable[[Sequence[Any]], Awaitable[None]]
    fault: ConnectorError | None = None
    _passed: dict[str, list[int]] = field(default_factory=dict)  # kind → sizes that went through

    async def call_in_parts(
        self,
        kind: str,
        items: Sequence[T],
        send: Callable[[Sequence[T]], Awaitable[Sequence[Outcome]]],
        most: int | None = None,
    ) -> list[tuple[T, Verdict]]:
        """What came of each item.

        `kind` names what is sent, and `most` how many go in a call where no size is learnt for it.
        """
        verdicts: list[tuple[T, Verdict]] = []
        queue: deque[_Part[T]] = deque([_Part(items)])
        while queue:
            part = self._next(kind, queue, most)
            if self.fault:
                none = [NoAnswer(self.fault, sent=False)] * len(part.items)
                verdicts += self._settled(part, none, kind, guilty=True)
            else:
                again = await self._call(kind, part, send, verdicts)
                unanswered = again and not (again[0].failed and again[0].failed.refused)
                # what had no answer goes behind the others: theirs tell whether the CRM is well
                queue.extend(again) if unanswered else queue.extendleft(reversed(again))
        return verdicts

    def _next(self, kind: str, queue: deque[_Part[T]], most: int | None) -> _Part[T]:
        part = queue.popleft()
        size = most or self.sizes.of(kind)
        if len(part.items) > size:
            queue.appendleft(_Part(part.items[size:], part.failed))
            part = _Part(part.items[:size], part.failed)
        return part

    async def _call(
        self,
        kind: str,
        part: _Part[T],
        send: Callable[[Sequence[T]], Awaitable[Sequence[Outcome]]],
        verdicts: list[tuple[T, Verdict]],
    ) -> list[_Part[T]]:
        """Make one call. Returns what has to go again, in smaller ones."""
        size, began = len(part.items), time.monotonic()
        try:
            outcomes = await self._answer(part.items, send)
        except BatchRefused as refused:
            await self._has_answered(part)
            part = self._settle_known(kind, part, refused, verdicts)
            if len(part.items) != 1:
                return self._halves(part, part.items)
            verdicts += self._settled(part, [refused.refusal], kind, guilty=True)
        except ConnectorError as fault:
            part = self._settle_known(kind, part, fault, verdicts)
            return await self._failed(kind, part, fault, verdicts)
        else:
            await self._has_answered(part)
            suspects = _suspects(outcomes)
            if size > 1 and suspects:
                sure = [place for place in range(size) if place not in suspects]
                rest = replace(part, items=[part.items[place] for place in sure])
                verdicts += self._settled(rest, [outcomes[place] for place in sure], kind)
                return self._halves(part, [part.items[place] for place in sorted(suspects)])
            self.sizes.passed(kind, size, time.monotonic() - began, self.timeout)
            self._passed.setdefault(kind, []).append(size)
            verdicts += self._settled(part, outcomes, kind, guilty=bool(suspects))
        return []

    async def _answer(
        self, items: Sequence[T], send: Callable[[Sequence[T]], Awaitable[Sequence[Outcome]]]
    ) -> list[Outcome]:
        await self.before()
        self.begun(items)
        delivering.set(True)
        try:
            return _checked(await self.guard.run(send(items)), len(items))
        except LeadershipLost as lost:
            raise LeadershipLost(str(lost), during_a_call=True) from lost
        except ConnectorError as fault:
            _check_known(fault, len(items))
            raise
        except StoreUnavailable:
            raise
        except Exception as error:
            raise ConnectorDefect(f"{type(error).__name__}: {error}") from error
        finally:
            self.ended()

    def _settle_known(
        self,
        kind: str,
        part: _Part[T],
        fault: ConnectorError,
        verdicts: list[tuple[T, Verdict]],
    ) -> _Part[T]:
        """Settle the rows that were through when the call failed. Returns the part without them."""
        if not fault.outcomes:
            return part
        pairs = list(zip(part.items, fault.outcomes, strict=True))
        known = [(item, one) for item, one in pairs if one is not None and not _is_suspect(one)]
        rest = [item for item, one in pairs if one is None or _is_suspect(one)]
        through = replace(part, items=[item for item, _ in known])
        verdicts += self._settled(through, [one for _, one in known], kind)
        return replace(part, items=rest)

    async def _has_answered(self, part: _Part[Any]) -> None:
        failed = part.failed
        while failed:
            failed.answered = True
            failed = failed.parent
        await self.breaker.succeeded()

    async def _failed(
        self, kind: str, part: _Part[T], fault: ConnectorError, verdicts: list[tuple[T, Verdict]]
    ) -> list[_Part[T]]:
        """No answer: wait and go on with smaller calls, or end the batch where the connector is
        paused for it.
        """
        if isinstance(fault, LeadershipLost):
            self.fault = fault
            unknown = NoAnswer(fault, sent=fault.during_a_call)
            verdicts += self._settled(part, [unknown] * len(part.items), kind, guilty=True)
            return []
        well = self.breaker.failures == 0 or (part.failed is not None and part.failed.answered)
        wait = await self.breaker.failed(fault, reason=self.describe(fault))
        late = isinstance(fault, TimedOut)
        if late:
            self.sizes.timed_out(kind, len(part.items))
            await self.given_up(part.items)
        if wait is None:
            self.fault = fault
        elif not late:
            await asyncio.sleep(wait)
            if len(part.items) != 1:
                return self._halves(part, _doubtful(part.items), refused=False)
            if not well and not part.again:
                return [_Part(_doubtful(part.items), part.failed, again=True)]
        alone = len(part.items) == 1 and well and isinstance(fault, Unavailable)
        unknown = NoAnswer(fault, sent=True, alone=alone, after=self.longest if late else None)
        verdicts += self._settled(part, [unknown] * len(part.items), kind, guilty=True)
        return []

    def _halves(
        self, part: _Part[T], items: Sequence[T], *, refused: bool = True
    ) -> list[_Part[T]]:
        failed = _Failed(len(part.items), len(items), part.failed, refused=refused)
        middle = (len(items) + 1) // 2
        return [_Part(half, failed) for half in (items[:middle], items[middle:]) if half]

    def _settled(
        self, part: _Part[T], verdicts: Sequence[Verdict], kind: str, *, guilty: bool = False
    ) -> list[tuple[T, Verdict]]:
        """Where the calls that failed before it are through with that, learn whether their size was
        at fault.
        """
        failed = part.failed
        while failed:
            failed.open -= len(verdicts)
            failed.guilty |= guilty
            if failed.open == 0 and failed.refused and not failed.guilty:
                worked = [size for size in self._passed.get(kind, ()) if size < failed.size]
                self.sizes.works(kind, max(worked, default=1), fails=failed.size)
            failed = failed.parent
        return list(zip(part.items, verdicts, strict=True))


def _doubtful(items: Sequence[T]) -> list[T]:
    return [replace(item, doubtful=True) for item in items]


def _suspects(outcomes: Sequence[Outcome]) -> set[int]:
    """Rows whose refusal speaks of the whole transaction."""
    return {place for place, outcome in enumerate(outcomes) if _is_suspect(outcome)}


def _is_suspect(outcome: Outcome) -> bool:
    return isinstance(outcome, Refused) and outcome.transaction


def _check_known(fault: ConnectorError, expected: int) -> None:
    """See that what was through before a call failed is told as it should be."""
    known = [one for one in fault.outcomes if one is not None]
    checked = iter(_checked(known, len(known)))
    if len(fault.outcomes) not in {0, expected}:
        raise ConnectorDefect(
            f"the connector raised {type(fault).__name__} with "
            f"{pluralize(len(fault.outcomes), 'outcome')} for {pluralize(expected, 'item')}"
        ) from fault
    fault.outcomes = [None if one is None else next(checked) for one in fault.outcomes]


def _checked(outcomes: Sequence[object], expected: int) -> list[Outcome]:
    """What a connector answered, if it is what it should have; an outcome that nobody knows must
    not pass for success.
    """
    if len(outcomes) != expected:
        raise ConnectorDefect(
            f"the connector answered {pluralize(len(outcomes), 'outcome')} for "
            f"{pluralize(expected, 'item')}"
        )
    checked: list[Outcome] = []
    for outcome in outcomes:
        match outcome:
            case Saved(id=str()) | Retry() | Refused():
                checked.append(outcome)
            case Saved():
                checked.append(replace(outcome, id=str(outcome.id)))
            case _:
                raise ConnectorDefect(
                    f"the connector answered a value of the type {type(outcome).__name__}, "
                    "which is no outcome"
                )
    return checked
