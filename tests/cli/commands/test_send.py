"""`send`, as an operator types it."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import command
from tests.processes import gateway, write_config


def test_again_posts_all_a_second_time(tmp_path: Path) -> None:
    """A repetition is a duplicate; a state that returns after another one is not."""
    with gateway(write_config(tmp_path)):
        told = command("send", "quiz.submitted", "--again", "--json", at=tmp_path).json
        assert [(one["http_status"], one["status"]) for one in told] == [
            (202, "accepted"),
            (200, "duplicate"),
        ]
        assert told[0]["id"] == told[1]["id"]
        states = command(
            "send", "order.placed", "order.refunded", "--again", "--json", at=tmp_path
        ).json
    samples = {one["event"] for one in states}
    assert samples == {"order.placed", "order.refunded"}
    assert len(states) == 4


def test_again_does_not_go_with_simulated_traffic(tmp_path: Path) -> None:
    """That is new each time."""
    write_config(tmp_path)
    told = command("send", "--simulate", "5", "--again", at=tmp_path, code=2)
    assert "--again goes with samples and --file" in told.err


def test_where_nothing_listens_is_said_in_words(tmp_path: Path) -> None:
    """With what to do; nothing of the token is shown."""
    config = write_config(tmp_path)
    told = command("send", at=tmp_path, code=1)
    port = next(line for line in config.read_text().splitlines() if line.startswith("port"))
    assert told.err.startswith(f"Nothing listens at http://127.0.0.1:{port.split()[-1]}")
    assert "`aom-gateway serve`" in told.err
    assert told.out == ""
    scripted = command("send", "order.placed", "--json", at=tmp_path, code=1)
    ((one),) = scripted.json
    assert (one["http_status"], one["detail"].startswith("nothing listens there")) == (0, True)
    other = command("send", "--url", "http://127.0.0.1:9", at=tmp_path, code=1)
    assert "Nothing listens at http://127.0.0.1:9" in other.err
