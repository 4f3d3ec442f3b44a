"""When each source called last."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from tests.admin.conftest import BODY, SHELBYVILLE, account, asked
from tests.processes import TOKEN, write_config
from tests.program import run_program


def test_when_each_source_called_last(tmp_path: Path) -> None:
    """By which of its tokens, whatever became of the call, and when the last one was kept; an
    address that is looked at and history that is handed in are no calls of AOM. It outlives the
    process.
    """
    config = write_config(tmp_path, BODY)
    text = config.read_text().replace(f'["{TOKEN}"]', f'["new-token-of-springfield", "{TOKEN}"]')
    config.write_text(text)
    with asked(config) as api:
        address = f"{api.running.url}/in/new-token-of-springfield"
        assert httpx.get(address, trust_env=False).status_code == 200
        history = {"Authorization": f"Bearer {SHELBYVILLE}", "Occurred-At": "2026-01-01T00:00:00Z"}
        old = account("old@example.edu")
        events = f"{api.running.url}/events"
        assert httpx.post(events, json=old, headers=history, trust_env=False).status_code == 202
        sources = api.get("/api/status")["sources"]
        assert [one["last_event_at"] for one in sources.values()] == [None, None]
        before = [token for one in sources.values() for token in one["tokens"]]
        assert [token["last_used_at"] for token in before] == [None, None, None]
        assert [token["position"] for token in before] == [1, 2, 1]
        api.take("account.created", b"{")
        sources = api.get("/api/status")["sources"]
        first, second = sources["springfield"]["tokens"]
        kept_at = sources["springfield"]["last_event_at"]
        assert first["last_used_at"] is None
        assert second["last_used_at"] <= kept_at
        too_large = b" " * 2_000_000
        assert httpx.post(address, content=too_large, trust_env=False).status_code == 413
        used = api.get("/api/status")["sources"]["springfield"]
        assert used["tokens"][0]["last_used_at"] > used["last_event_at"] == kept_at
        assert api.get("/api/status")["sources"]["shelbyville"] == sources["shelbyville"]
        assert not [token for token in (TOKEN, SHELBYVILLE) if token in str(used)]
        assert api.running.terminate() == 0
    shown = run_program("status", "--json", "--config", str(config)).stdout
    assert json.loads(shown)["sources"]["springfield"] == used
