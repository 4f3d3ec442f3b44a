"""HubSpot and Salesforce at once, from the same events: what one account suffers is not the
others'.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import ExitStack
from pathlib import Path

from tests.e2e.accounts import CRMS, Account, configure
from tests.e2e.traffic import Post, buyers, orders, post_all
from tests.processes import Running, gateway, until

NUMBER = 150  # orders in each state of the broken ones
PATIENCE = 300.0  # seconds, of which a quiet machine needs three
SOON = 20.0  # seconds, or ten times what it took before; what hangs would take up minutes

TROUBLES: tuple[Callable[[Account], None], ...] = (
    lambda account: account.hang(),
    lambda account: account.collapse(),
    lambda account: account.lock_out(),
)


def pending(running: Running, account: Account) -> int:
    found: int = running.admin("/api/status")["connectors"][account.name]["pending"]
    return found


def deliver(
    running: Running, posts: list[Post], accounts: Collection[Account], seconds: float
) -> dict[str, int]:
    """Post, wait until these accounts have all of it, and count the calls that it took each."""
    for account in accounts:
        account.forget_calls()
    post_all(running, posts)
    until(
        lambda: not any(pending(running, account) for account in accounts),
        "all is delivered",
        seconds,
    )
    return {account.name: account.calls() for account in accounts}


def test_broken_accounts_hold_up_no_other(tmp_path: Path) -> None:
    """While one of each CRM hangs, answers 503 or refuses the credentials, the others get all soon,
    in as few calls; nothing is lost.
    """
    posts = orders(4 * NUMBER)
    with ExitStack() as stack:
        sound = [stack.enter_context(open_(name)) for name, open_ in CRMS.items()]
        broken = [stack.enter_context(open_(f"broken-{name}")) for name, open_ in CRMS.items()]
        running = stack.enter_context(gateway(configure(tmp_path, *sound, *broken)))
        begun = time.monotonic()
        alone = deliver(running, posts[:NUMBER], [*sound, *broken], PATIENCE)
        soon = max(SOON, 10 * (time.monotonic() - begun))
        for number, trouble in enumerate(TROUBLES, start=1):
            for account in broken:
                account.clear()
                trouble(account)
            calls = deliver(running, posts[number * NUMBER : (number + 1) * NUMBER], sound, soon)
            assert all(calls[account.name] <= alone[account.name] * 1.5 for account in sound)
            assert [pending(running, account) for account in broken] == [number * NUMBER] * len(
                broken
            )
        assert running.admin("/api/status")["dead"] == 0
        assert all(account.buyers() == buyers(posts) for account in sound)
        assert all(account.buyers() == buyers(posts[:NUMBER]) for account in broken)
