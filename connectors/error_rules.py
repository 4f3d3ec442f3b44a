"""The shape of the table that every connector keeps: from a CRM's codes and words to what helps.

A table is a tuple of `ErrorRule`; the first rule that fits counts. What fits none is the
connector's decision, and is best retried: a code that nobody knows is no reason to give a record
up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum, auto


class ErrorOutcome(Enum):
    """What helps after an error; each stands for an outcome or an error of `connectors.base`."""

    RETRY = auto()  # nothing but time: a lock, a parent that may come yet; `Retry`
    # records stand in each other's way: alone, then later; `BatchRefused`, then `Retry`
    APART = auto()
    UNAVAILABLE = auto()  # the CRM is down, for every record; `Unavailable`
    TIMED_OUT = auto()  # no answer in time, and perhaps written all the same; `TimedOut`
    SLOW_DOWN = auto()  # fewer calls; `Throttled`
    FULL = auto()  # the day's calls or the storage are used up; `Throttled(daily=True)`
    CREDENTIALS = auto()  # the token or the user; `AuthFailed`
    SET_UP = auto()  # something is missing in the CRM, for every record; `Misconfigured`
    ACCESS = auto()  # set-up, or one record's sharing: the CRM knows; `Misconfigured` or `Refused`
    ACCOUNT_RULE = auto()  # a rule of the account that no record satisfies; `Retry(rule=…)`
    TRANSACTION = auto()  # in the call, perhaps another record; `Refused(transaction=True)`
    GONE = auto()  # the record of this id was deleted, or merged into another: write it by key
    TAKEN = auto()  # another record holds a unique value; on our own key `Retry`, else `Refused`
    RECORD = auto()  # as it stands this record will never do; `Refused`


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """Fits an error with one of the codes, of the statuses and of the words; what is empty fits
    any.
    """

    outcome: ErrorOutcome
    codes: frozenset[str] = frozenset()  # the CRM's own
    statuses: frozenset[int] = frozenset()  # of HTTP
    words: tuple[str, ...] = ()  # parts of the message, without regard to case
    remedy: str = ""  # what the operator can do, and where in the CRM: "Settings → …"
    wait: float | None = None  # seconds, where the CRM names none
    # seconds, where it is not worth the gateway's whole patience
    give_up_after: float | None = None

    def fits(self, codes: Collection[str], status: int | None = None, message: str = "") -> bool:
        """Tell whether the rule is about an error of these codes, status and message."""
        said = message.casefold()
        return (
            (not self.codes or not self.codes.isdisjoint(codes))
            and (not self.statuses or status in self.statuses)
            and (not self.words or any(word.casefold() in said for word in self.words))
        )


def error_rule(
    outcome: ErrorOutcome,
    *codes: str,
    statuses: Iterable[int] = (),
    words: Iterable[str] = (),
    remedy: str = "",
    wait: float | None = None,
    give_up_after: float | None = None,
) -> ErrorRule:
    """Make a rule of an error table; written so, it takes one line."""
    return ErrorRule(
        outcome, frozenset(codes), frozenset(statuses), tuple(words), remedy, wait, give_up_after
    )


def find_rule(
    table: Iterable[ErrorRule],
    codes: Collection[str],
    status: int | None = None,
    message: str = "",
) -> ErrorRule | None:
    """Give the first rule of a table that fits, None where none does."""
    return next((rule for rule in table if rule.fits(codes, status, message)), None)
