"""The contract kit finds the bugs that are planted here, each by the check that names the promise,
and finds nothing in the connector without them.
"""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path

import pytest

from connectors import testing
from tests.connectors.planted import call_bugs, record_bugs
from tests.connectors.planted.bug import Bug
from tests.connectors.planted.connector import plain_subject

BUGS: tuple[Bug, ...] = (*record_bugs.BUGS, *call_bugs.BUGS)

NOT_TRIED = {"shipped_mappings_are_sound", "options_are_made_once"}
"""What the plain connector does not have."""


@pytest.mark.parametrize("check", testing.CHECKS, ids=lambda check: check.__name__)
def test_the_connector_without_a_bug_keeps_all(check: testing.Check, tmp_path: Path) -> None:
    """What is found below is the bug, and nothing else."""
    with plain_subject() as subject:
        try:
            testing.run(check, subject, tmp_path)
        except testing.NotTried:
            assert check.__name__ in NOT_TRIED


# some of the bugs are connections that are left open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.connector.__name__)
def test_a_planted_bug_is_found(bug: Bug, tmp_path: Path) -> None:
    """The check that guards the promise fails, in words that lead to the bug."""
    with plain_subject() as subject, pytest.raises(testing.Breach, match=bug.words):
        testing.run(bug.check, replace(subject, connector=bug.connector), tmp_path)
    gc.collect()


def test_each_bug_is_one_of_its_own() -> None:
    """No bug stands twice, and each breaks something of the connector."""
    assert len({bug.connector for bug in BUGS}) == len(BUGS)
