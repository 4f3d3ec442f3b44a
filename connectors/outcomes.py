"""Outcomes of single records, and errors of whole calls; `connectors.base` exports them and shows
their tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Saved:
    """The record is written.

    `id` is the CRM's, and may differ from the one sent where records were merged there. An empty
    one says that there is none: the gateway remembers nothing of the record.
    """

    id: str
    created: bool = False
    # what was changed on the way, for the operator: a text cut, a currency left out
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now: a lock, a parent that is not there yet.

    `after` is in seconds, None for the gateway's own backoff.

    `rule` names a rule of the account that refuses every record it concerns, in words that are the
    same for each of them: a property that the account demands and no mapping line gives. What a
    rule holds back is tried again for as long as the rule stands, and never given up; a connector
    answers it from memory for a while rather than ask the CRM once per record. `give_up_after`: it
    is not waited for longer than so many seconds, where that is less than the gateway's own limit.
    """

    reason: str
    after: float | None = None
    rule: str | None = None
    give_up_after: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Never, as it stands: the CRM's own code and words, and the field it names.

    `transaction` says that the code speaks of the whole call (a trigger that threw, a flow, a
    governor limit): the row may be innocent. The gateway sends such rows again in smaller calls,
    and takes a row for guilty only where it stood alone.
    """

    code: str
    message: str
    field: str | None = None
    transaction: bool = False


Outcome = Saved | Retry | Refused


@dataclass(frozen=True, slots=True)
class RefusedOption:
    """An option that a multiple-choice field does not have and won't get, and why, for people.

    The gateway writes the records without it, with a note of the reason.
    """

    field: str
    option: str
    reason: str


class ConnectorError(Exception):
    """A failure that speaks of a whole call.

    The text is shown to the operator: say what happened and what helps; no secrets.

    `outcomes` are those of the records that were through before, in their order: as many as there
    were records, and None for each that the failure speaks of. Left empty it speaks of all.
    """

    outcomes: Sequence[Outcome | None] = ()


class Throttled(ConnectorError):
    """The CRM asks for fewer calls.

    `retry_after` in seconds; `daily` where the day's allowance is used up.
    """

    def __init__(
        self, message: str, retry_after: float | None = None, *, daily: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.daily = daily


class Unavailable(ConnectorError):
    """No usable answer. `retry_after` in seconds where the CRM named a time."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TimedOut(Unavailable):
    """No answer in time: the CRM may be writing still.

    Its rows wait for `Limits.longest_call` before they are sent again.
    """


class AuthFailed(ConnectorError):
    """The credentials are refused. Say which, and where in the CRM to renew them."""


class Misconfigured(ConnectorError):
    """Something that every record needs is missing in the CRM. Say what, and where to create it."""


class BatchRefused(ConnectorError):
    """The CRM refused all for some; what it said becomes the `Refused` of the record that is found
    guilty.
    """

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.refusal = Refused(code, message, field)
