"""How fast the admin token can be guessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from receiver.console.attempts import FORGOTTEN, FREE, OF_ALL, REMEMBERED, WITHIN, Attempts

HERE, THERE = "192.0.2.1", "192.0.2.2"


@dataclass
class Clock:
    now: datetime = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def test_guesses_become_slower() -> None:
    """Some are free, then the wait doubles up to a minute; another address is not concerned."""
    clock = Clock()
    attempts, waits = Attempts(clock), []
    for _ in range(FREE + 9):
        waits.append(attempts.wait(HERE))
        clock.pass_by(waits[-1])
        attempts.failed(HERE)
    assert waits == [0] * FREE + [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert attempts.wait(THERE) == 0


def test_a_guesser_is_forgotten_after_a_while() -> None:
    """Or at once where the right token is given."""
    clock = Clock()
    attempts = Attempts(clock)
    for address in (HERE, THERE):
        for _ in range(FREE + 3):
            attempts.failed(address)
    attempts.succeeded(THERE)
    assert (attempts.wait(HERE), attempts.wait(THERE)) == (8, 0)
    clock.pass_by(FORGOTTEN.total_seconds() + 1)
    assert attempts.failed(HERE) == 1


def test_many_addresses_are_limited_together() -> None:
    """So many wrong guesses in so much time; then everybody waits until the first of them is old."""
    clock = Clock()
    attempts = Attempts(clock)
    for n in range(OF_ALL):
        assert attempts.wait(f"192.0.2.{n}") == 0
        attempts.failed(f"192.0.2.{n}")
        clock.pass_by(1)
    assert attempts.wait("198.51.100.1") == WITHIN.total_seconds() - OF_ALL
    clock.pass_by(WITHIN.total_seconds() - OF_ALL)
    assert attempts.wait("198.51.100.1") == 0


def test_a_network_of_ipv6_is_one_guesser() -> None:
    """Its addresses are free to choose."""
    attempts = Attempts(Clock())
    for n in range(FREE):
        attempts.failed(f"2001:db8::{n:x}")
    assert attempts.wait("2001:db8::ffff") == 1
    assert attempts.wait("2001:db8:0:1::1") == 0


def test_addresses_are_not_remembered_without_end() -> None:
    """The oldest are forgotten: nobody fills the memory."""
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(FREE):
        attempts.failed(HERE)
    for n in range(REMEMBERED):
        attempts.failed(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    clock.pass_by(WITHIN.total_seconds())
    assert attempts.failed(HERE) == 1
