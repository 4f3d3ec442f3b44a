"""The replays that a process is at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from receiver.jobs.replay_progress import ReplayProgress

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_replay_is_seen_while_it_runs_and_no_longer() -> None:
    """Oldest first, each with how far it is; one that fails is over as well."""
    replays = ReplayProgress()
    with replays.run(NOW) as first:
        with replays.run(NOW + timedelta(seconds=1)) as second:
            second.progress(3, 10)
            assert replays.running() == (first, second)
            assert [(one.done, one.lanes) for one in replays.running()] == [(0, 0), (3, 10)]
        assert replays.running() == (first,)
    with pytest.raises(ZeroDivisionError), replays.run(NOW):
        raise ZeroDivisionError
    assert replays.running() == ()
