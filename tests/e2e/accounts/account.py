"""What both CRMs can be told and asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

EVER = 100_000  # calls
LAPSE = 4.0  # seconds that a call hangs where it does; clients give up before

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Contact:
    """What an account holds of a person. `writes` counts how often it was written."""

    id: str
    first_name: str
    last_name: str
    course: str
    writes: int


@dataclass(frozen=True, slots=True)
class Deal:
    """What an account holds of an order."""

    id: str
    stage: str
    status: str
    amount: str
    writes: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a CRM says of a record that it does not take."""

    code: str
    message: str
    field: str


class Account(Protocol):
    """A CRM's account on a server of its own, empty and as the CRM hands it out.

    `name` is the connector's.
    """

    name: str

    def table(self) -> str:
        """Give the account's part of the configuration."""

    def contacts(self) -> dict[str, Contact]:
        """Give all people by their addresses; nobody is there twice."""

    def deals(self) -> dict[str, Deal]:
        """Give all orders by their keys; none is there twice."""

    def buyers(self) -> list[tuple[str, str]]:
        """Give all links as pairs of an order's key and its buyer's address, in order."""

    def calls(self) -> int:
        """Count the calls that were made, but for signing in."""

    def failed_calls(self) -> int:
        """Count those that were answered with an error, or not at all."""

    def sign_ins(self) -> int: ...

    def forget_calls(self) -> None: ...

    def spoil(self, buyer: dict[str, Any]) -> Refusal:
        """Make a buyer of an order one whom the CRM refuses; returns how it does so."""

    def hold(self) -> None:
        """Ask every caller to wait, until `clear`."""

    def hang(self) -> None:
        """Let no call be answered, until `clear`."""

    def collapse(self) -> None:
        """Answer all calls with 503, until `clear`."""

    def fail(self, rate: float, seed: int) -> None:
        """Let this share of all calls fail, until `clear`: turned away, hung or hung up on, before
        or after they were carried out.
        """

    def clear(self) -> None: ...

    def lock_out(self) -> None:
        """Take the gateway's credentials no more, until `let_in`."""

    def let_in(self) -> None: ...

    def drop_field(self) -> None:
        """Delete a field that the mapping writes, until `make_field`."""

    def make_field(self) -> None: ...


def by_key(pairs: Iterable[tuple[str, T]]) -> dict[str, T]:
    """Make a dictionary, and see that no key is there twice."""
    found: dict[str, T] = {}
    for key, one in pairs:
        assert key not in found, f"{key} is there twice"
        found[key] = one
    return found
