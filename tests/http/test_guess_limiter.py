"""How fast the admin token can be guessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from receiver.http.guess_limiter import FORGOTTEN, FREE, OF_ALL, REMEMBERED, WITHIN, GuessLimiter

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
    limiter, waits = GuessLimiter(clock), []
    for _ in range(FREE + 9):
        waits.append(limiter.wait(HERE))
        clock.pass_by(waits[-1])
        limiter.failed(HERE)
    assert waits == [0] * FREE + [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert limiter.wait(THERE) == 0


def test_a_guesser_is_forgotten_after_a_while() -> None:
    """Or at once where the right token is given."""
    clock = Clock()
    limiter = GuessLimiter(clock)
    for address in (HERE, THERE):
        for _ in range(FREE + 3):
            limiter.failed(address)
    limiter.succeeded(THERE)
    assert (limiter.wait(HERE), limiter.wait(THERE)) == (8, 0)
    clock.pass_by(FORGOTTEN.total_seconds() + 1)
    assert limiter.failed(HERE) == 1


def test_many_addresses_are_limited_together() -> None:
    """So many wrong guesses in so much time; then everybody waits until the first of them is
    old.
    """
    clock = Clock()
    limiter = GuessLimiter(clock)
    for n in range(OF_ALL):
        assert limiter.wait(f"192.0.2.{n}") == 0
        limiter.failed(f"192.0.2.{n}")
        clock.pass_by(1)
    assert limiter.wait("198.51.100.1") == WITHIN.total_seconds() - OF_ALL
    clock.pass_by(WITHIN.total_seconds() - OF_ALL)
    assert limiter.wait("198.51.100.1") == 0


def test_a_network_of_ipv6_is_one_guesser() -> None:
    """Its addresses are free to choose."""
    limiter = GuessLimiter(Clock())
    for n in range(FREE):
        limiter.failed(f"2001:db8::{n:x}")
    assert limiter.wait("2001:db8::ffff") == 1
    assert limiter.wait("2001:db8:0:1::1") == 0


def test_addresses_are_not_remembered_without_end() -> None:
    """The oldest are forgotten: nobody fills the memory."""
    clock = Clock()
    limiter = GuessLimiter(clock)
    for _ in range(FREE):
        limiter.failed(HERE)
    for n in range(REMEMBERED):
        limiter.failed(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    clock.pass_by(WITHIN.total_seconds())
    assert limiter.failed(HERE) == 1
