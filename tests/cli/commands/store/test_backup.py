"""`backup` and `restore` beside the real program, under load and after a loss."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from tests.cli.command import command
from tests.cli.test_operating import account, post
from tests.processes import Running, gateway, write_config


def test_a_backup_made_under_load_restores_what_was_accepted_before_it(tmp_path: Path) -> None:
    """The gateway goes on meanwhile; what waited at that time is held back until it is resumed."""
    config = write_config(tmp_path)
    with gateway(config) as running, ThreadPoolExecutor(1) as posting:
        post(running, "account.created", account("first@example.edu"))
        running.wait_until_delivered()
        command("pause", "sandbox", "--reason", "a test", at=tmp_path)
        post(running, "account.created", account("waits@example.edu"))
        enough = Event()
        load = posting.submit(keep_posting, running, enough)
        try:
            made = command("backup", "copy.db", "--json", at=tmp_path).json
        finally:
            enough.set()
        posted = load.result()
        assert posted
        assert 2 <= made["events"] <= 2 + len(posted)
        assert made["connectors"] == ["sandbox"]
        assert "in use" in command("restore", "copy.db", "--yes", at=tmp_path, code=1).err
    (store,) = tmp_path.glob("*.db.lock")
    store.with_suffix("").rename(tmp_path / "lost.db")
    text = command("restore", "copy.db", "--yes", at=tmp_path).out
    assert "It is the store now." in text
    assert "Paused, since deliveries waited for them then: sandbox." in text
    with gateway(config) as running:
        status = running.admin("/api/status")["connectors"]["sandbox"]
        assert (status["state"], status["pending"]) == ("paused", made["pending"])
        command("resume", "sandbox", at=tmp_path)
        running.wait_until_delivered()
        addresses = {one["fields"]["email"] for one in running.records("sandbox", "contact")}
        assert {"first@example.edu", "waits@example.edu"} <= addresses


def keep_posting(running: Running, enough: Event) -> list[str]:
    """Until told that it is enough, and at least once."""
    ids: list[str] = []
    while not ids or not enough.is_set():
        ids.append(post(running, "account.created", account(f"load{len(ids)}@example.edu")))
    return ids


def test_what_cannot_be_is_told_in_words(tmp_path: Path) -> None:
    """No store yet, a name that is taken, no backup."""
    write_config(tmp_path)
    assert "no store" in command("backup", "copy.db", at=tmp_path, code=1).err
    (tmp_path / "copy.db").write_text("mine")
    with gateway(tmp_path / "config.toml"):
        pass
    assert "copy.db exists" in command("backup", "copy.db", at=tmp_path, code=1).err
    assert "is no store of this program" in command("restore", "copy.db", at=tmp_path, code=1).err
