"""Back-off: bounds, growth and jitter."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from receiver.delivery.limits.backoff import LANE, Backoff


def test_delays_stay_between_the_bounds() -> None:
    """Never under the least, never over the doubled ceiling, never over an hour, however many
    attempts failed.
    """
    random = Random(1)
    for attempts in range(100):
        ceiling = min(timedelta(hours=1), timedelta(seconds=5) * 2 ** min(attempts, 20))
        for _ in range(50):
            assert LANE.least <= LANE.delay(attempts, random) <= ceiling


def test_full_jitter_spreads_over_the_whole_range() -> None:
    """What failed together comes back spread out: in every quarter of the range."""
    backoff = Backoff(timedelta(seconds=100), timedelta(hours=1), least=timedelta(0))
    drawn = [backoff.delay(0, Random(seed)) / timedelta(seconds=25) for seed in range(200)]
    assert {int(quarter) for quarter in drawn} == {0, 1, 2, 3}
