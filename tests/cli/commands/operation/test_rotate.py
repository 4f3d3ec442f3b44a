"""A new token for a source, from the first command to the last, beside a real gateway."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import httpx

from tests.processes import TOKEN, Running, gateway, write_config
from tests.program import run_program


def rotate(config: Path, *words: str, code: int = 0) -> Any:
    """What the command answers a script."""
    ran = run_program("rotate", "springfield", *words, "--json", "--config", str(config))
    assert ran.returncode == code, ran.stdout + ran.stderr
    return json.loads(ran.stdout)


def reload(config: Path) -> None:
    ran = run_program("reload", "--config", str(config))
    assert ran.returncode == 0, ran.stdout + ran.stderr


def call(running: Running, url: str) -> int:
    """Call as AOM would; the path counts, since the gateway listens elsewhere."""
    path = httpx.URL(url).path
    return httpx.post(running.url + path, content=b"{", trust_env=False).status_code


def test_from_the_first_command_to_the_last(tmp_path: Path) -> None:
    """Both tokens count until the one before is removed, which waits until the new one is the last
    that was used; a comment in the file stays.
    """
    config = write_config(tmp_path, server='public_url = "https://hooks.example.edu"')
    config.write_text(config.read_text().replace(f'"{TOKEN}"]', f'"{TOKEN}"]   # ours'))
    with gateway(config) as running:
        begun = rotate(config)
        new = next(row["url"] for row in begun["urls"] if row["event"] == "order.placed")
        assert begun["state"] == "begun"
        assert f'"{TOKEN}"]   # ours' in config.read_text()
        assert call(running, new) == 404
        assert "reload" in rotate(config, "--finish", code=1)["error"]
        reload(config)
        assert "never used" in rotate(config, "--finish", code=1)["error"]
        assert call(running, new) == call(running, f"/in/{TOKEN}") == 422
        first, second = rotate(config)["tokens"]
        assert first["last_used_at"] < second["last_used_at"]
        assert "used since the new one" in rotate(config, "--finish", code=1)["error"]
        assert call(running, new) == 422
        assert rotate(config, "--finish")["state"] == "finished"
        reload(config)
        assert call(running, new) == 422
        assert call(running, f"/in/{TOKEN}") == 404
        assert "none to remove" in rotate(config, "--finish", code=1)["error"]
    assert TOKEN not in config.read_text()
    assert "# ours" in config.read_text()
    shown = run_program("urls", "--json", "--config", str(config)).stdout
    assert json.loads(shown) == begun["urls"]


def test_a_token_in_a_file_of_its_own(tmp_path: Path) -> None:
    """The file gets the new one; the one before stands beside it until it is removed by force, and
    both files are as private as the first was.
    """
    config, file = write_config(tmp_path), tmp_path / "springfield.token"
    written = config.read_text().replace(f'"{TOKEN}"', '"${file:springfield.token}"')
    config.write_text(written)
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o640)
    begun = rotate(config)
    old = tmp_path / "springfield.token.old"
    assert old.read_text() == f"{TOKEN}\n"
    assert file.read_text().strip() in begun["urls"][0]["url"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in (file, old)} == {0o640}
    assert run_program("check", "--config", str(config)).returncode == 0
    assert rotate(config, "--finish", "--force")["state"] == "finished"
    assert config.read_text() == written
    assert not old.exists()


def test_a_variable_is_for_its_owner_to_set(tmp_path: Path, monkeypatch: Any) -> None:
    """Nothing is written; what to set and what to write is said, with the addresses to come."""
    monkeypatch.setenv("SPRINGFIELD_TOKEN", TOKEN)
    config = write_config(tmp_path)
    written = config.read_text().replace(f'"{TOKEN}"', '"${SPRINGFIELD_TOKEN}"')
    config.write_text(written)
    ran = run_program("rotate", "springfield", "--config", str(config))
    assert 'tokens = ["${SPRINGFIELD_TOKEN}", "${SPRINGFIELD_TOKEN_OLD}"]' in ran.stdout
    assert TOKEN not in ran.stdout
    answer = rotate(config)
    assert answer["state"] == "to_set"
    assert answer["set"]["SPRINGFIELD_TOKEN"] in answer["urls"][0]["url"]
    assert config.read_text() == written


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    """An unknown source with those that there are; --force alone."""
    config = write_config(tmp_path)
    ran = run_program("rotate", "shelbyville", "--config", str(config))
    assert (ran.returncode, "springfield" in ran.stderr) == (2, True)
    ran = run_program("rotate", "springfield", "--force", "--config", str(config))
    assert (ran.returncode, "--finish" in ran.stderr) == (2, True)
