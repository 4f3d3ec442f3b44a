"""`alarms`, beside a real gateway."""

from __future__ import annotations

import json
from pathlib import Path

from tests.admin.conftest import BODY, account, asked
from tests.alarms.receiver import alarm_receiver
from tests.processes import write_config
from tests.program import run_program


def test_alarms_are_shown_and_silenced(tmp_path: Path) -> None:
    """Exit 1 where one holds, with its key to silence it by; an unknown key is said with those that
    there are.
    """
    with alarm_receiver() as receiver:
        config = write_config(tmp_path, f'{BODY}\n[alerts]\nurl = "{receiver.url}"')
        at = ("--config", str(config))
        with asked(config) as api:
            none = run_program("alarms", *at)
            assert (none.returncode, none.stdout) == (0, "No alarm holds.\n")
            api.take("account.created", account("refused@example.edu"))
            key = receiver.wait_for(cause="dead_letters", state="firing")["key"]
            shown = run_program("alarms", *at)
            assert shown.returncode == 1
            assert key in shown.stdout
            assert "sandbox refused 1 delivery" in shown.stdout
            quiet = run_program("alarms", "snooze", key, "--hours", "2", *at)
            assert "is quiet until" in quiet.stdout, quiet.stderr
            assert "quiet until" in run_program("alarms", *at).stdout
            assert run_program("alarms", "acknowledge", key, *at).returncode == 0
            listed = json.loads(run_program("alarms", "--json", *at).stdout)
            assert listed["items"][0]["acknowledged_at"]
            unknown = run_program("alarms", "acknowledge", "nothing", *at)
            assert (unknown.returncode, key in unknown.stderr) == (1, True)


def test_where_none_are_configured_it_says_what_to_add(tmp_path: Path) -> None:
    """With the table's name as it stands in the file."""
    config = write_config(tmp_path, BODY)
    with asked(config):
        shown = run_program("alarms", "--config", str(config))
    assert shown.stdout == "No alarms are configured: add [alerts] with urls.\n"
