"""The alarms that hold, asked for and silenced by the admin API."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from tests.admin.conftest import BODY, Api, account, asked
from tests.alarms.receiver import alarm_receiver
from tests.processes import until, write_config


def test_an_alarm_is_seen_and_silenced(tmp_path: Path) -> None:
    """In the words and fields in which it was told; acknowledged and snoozed it says so, across a
    restart, and it is gone when it is over.
    """
    with alarm_receiver() as receiver:
        config = write_config(tmp_path, f'{BODY}\n[alerts]\nurl = "{receiver.url}"')
        with asked(config) as api:
            assert api.get("/api/alarms") == {"items": [], "watched": True}
            api.take("account.created", account("refused@example.edu"))
            told = receiver.wait_for(cause="dead_letters", state="firing")
            (alarm,) = api.get("/api/alarms")["items"]
            assert {name: alarm[name] for name in ("key", "connector", "reason", "count")} == {
                name: told[name] for name in ("key", "connector", "reason", "count")
            }
            assert alarm["text"] in told["text"]
            assert (alarm["acknowledged_at"], alarm["snoozed_until"]) == (None, None)
            path = f"/api/alarms/{alarm['key']}"
            snoozed = api.post(f"{path}/snooze", hours=3)
            ahead = datetime.fromisoformat(snoozed["snoozed_until"]) - datetime.now().astimezone()
            assert timedelta(hours=2) < ahead <= timedelta(hours=3)
            assert api.post(f"{path}/acknowledge")["acknowledged_at"]
            api.post(f"{path}/snooze", status=422, hours=0)
            assert api.running.terminate() == 0
        with asked(config) as api:
            (still,) = api.get("/api/alarms")["items"]
            assert still["acknowledged_at"]
            api.post("/api/discard", state="dead")
            receiver.wait_for(cause="dead_letters", state="resolved")
            until(lambda: api.get("/api/alarms")["items"] == [], "it is over")
            gone = api.post(f"{path}/acknowledge", status=404)
            assert "none holds" in gone["detail"]
    assert len(receiver.told(cause="dead_letters", state="firing")) == 1


def test_without_alarms_nothing_is_watched(api: Api) -> None:
    """An empty list alone would look like a gateway in order."""
    assert api.get("/api/alarms") == {"items": [], "watched": False}
