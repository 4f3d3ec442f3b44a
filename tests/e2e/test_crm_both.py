"""HubSpot and Salesforce at once, from the same events: what one of them suffers is not the other's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.accounts import CRMS, Account, configure
from tests.e2e.traffic import Post, buyers, orders, post_all
from tests.processes import Running, gateway, until

NUMBER = 150  # orders in each of its states
SOON = 15.0  # seconds; far less than what hangs would take up


def pending(running: Running, crm: Account) -> int:
    found: int = running.admin("/api/status")["connectors"][crm.name]["pending"]
    return found


def deliver(running: Running, posts: list[Post], *crms: Account) -> list[int]:
    """Post, wait until these have all of it, and count the calls that it took each."""
    for crm in crms:
        crm.forget_calls()
    post_all(running, posts)
    until(lambda: not any(pending(running, crm) for crm in crms), f"all is in {', '.join(crm.name for crm in crms)}", SOON)
    return [crm.calls() for crm in crms]


@pytest.mark.parametrize("name", CRMS)
def test_a_broken_crm_holds_up_no_other(tmp_path: Path, crms: dict[str, Account], name: str) -> None:
    """While one hangs, answers 503 or refuses the credentials, the other gets all soon and in as few calls; the first loses nothing."""
    broken = crms.pop(name)
    (sound,) = crms.values()
    posts = orders(4 * NUMBER)
    with gateway(configure(tmp_path, broken, sound)) as running:
        calls, _ = deliver(running, posts[:NUMBER], sound, broken)
        for number, trouble in enumerate((broken.hang, broken.collapse, broken.lock_out), start=1):
            broken.clear()
            trouble()
            (again,) = deliver(running, posts[number * NUMBER : (number + 1) * NUMBER], sound)
            assert again <= calls * 1.5
            assert pending(running, broken) == number * NUMBER
        until(lambda: running.admin("/api/status")["connectors"][broken.name]["state"] == "paused", f"{broken.name} is paused")
        assert running.admin("/api/status")["dead"] == 0
    assert sound.buyers() == buyers(posts)
    assert broken.buyers() == buyers(posts[:NUMBER])
