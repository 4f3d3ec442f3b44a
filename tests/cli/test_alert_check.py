"""`check --test-alert`, as it is run in a terminal."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.alarms.mail_server import mail_server
from tests.alarms.receiver import SECRET, alarm_receiver
from tests.processes import write_config
from tests.program import run_program


def check(config: Path) -> subprocess.CompletedProcess[str]:
    return run_program("check", "--test-alert", "--config", str(config))


def test_a_test_alarm_arrives(tmp_path: Path) -> None:
    """Exit 0 once it was taken; it says that nothing is wrong."""
    with alarm_receiver() as receiver:
        ended = check(write_config(tmp_path, f'[alerts]\nurl = "{receiver.url}"'))
        assert ended.returncode == 0, ended.stderr
        (message,) = receiver.messages
    assert (message["cause"], message["state"]) == ("test", "test")
    assert "Nothing is wrong" in message["text"]


def test_one_that_is_not_taken_is_a_fault(tmp_path: Path) -> None:
    """With what the receiver said, and without its address."""
    with alarm_receiver() as receiver:
        receiver.status = 404
        ended = check(write_config(tmp_path, f'[alerts]\nurl = "{receiver.url}"'))
    assert ended.returncode == 1
    assert (
        "alerts.url: a test alarm was not taken: the receiver answered 404: no_service"
        in ended.stderr
    )
    assert SECRET not in ended.stdout + ended.stderr


def test_each_channel_is_tried(tmp_path: Path) -> None:
    """The faults say which took nothing; the others did."""
    with alarm_receiver() as first, alarm_receiver() as second, mail_server() as mail:
        second.status = 500
        urls = f'["{second.url}", "{mail.url()}", "json://127.0.0.1:1/a-long-token"]'
        ended = check(write_config(tmp_path, f'[alerts]\nurl = "{first.url}"\nurls = {urls}'))
        assert len(first.messages) == len(mail.mails) == 1
    assert ended.returncode == 1
    places = [line.split()[1] for line in ended.stderr.splitlines() if line.startswith("error")]
    assert places == ["alerts.urls[0]:", "alerts.urls[2]:"]
    assert SECRET not in ended.stdout + ended.stderr
    assert "a-long-token" not in ended.stdout + ended.stderr


def test_the_words_of_a_receiver_are_shown_as_text(tmp_path: Path) -> None:
    """Whoever answers writes to the operator's terminal."""
    with alarm_receiver() as receiver:
        receiver.status, receiver.says = 404, b"\x1b[2J\x1b]0;title\x07gone"
        ended = check(write_config(tmp_path, f'[alerts]\nurl = "{receiver.url}"'))
    assert "gone" in ended.stderr
    assert r"\u001b[2J" in ended.stderr
    assert "\x1b" not in ended.stderr


def test_without_a_url_there_is_nowhere_to_post_it(tmp_path: Path) -> None:
    """That is told."""
    ended = check(write_config(tmp_path))
    assert (ended.returncode, "alerts.url: is not set" in ended.stderr) == (1, True)
