"""The compose file: what it names is there, and each variable is asked for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from receiver.settings import load_settings
from tests.deploy.tools import DEPLOY

COMPOSE = DEPLOY / "compose"
SERVICES: dict[str, Any] = yaml.safe_load((COMPOSE / "compose.yaml").read_text("utf-8"))["services"]
PAGE = (DEPLOY.parent / "docs/operators/several_machines.md").read_text("utf-8")


def test_the_files_that_it_names_are_there() -> None:
    """But those that hold secrets, which the page has you write."""
    build = SERVICES["gateway"]["build"]
    root = (COMPOSE / build["context"]).resolve()
    assert root == DEPLOY.parent
    assert (root / build["dockerfile"]).is_file()
    mounted = [
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
        if volume.startswith(".")
    ]
    assert mounted
    assert all((COMPOSE / path).is_file() for path in mounted)


def test_the_image_gets_what_its_stages_copy() -> None:
    """The build's context leaves out what is not listed."""
    ignored = (DEPLOY.parent / ".dockerignore").read_text("utf-8").splitlines()
    sent = {line[1:] for line in ignored if line.startswith("!")}
    copied = re.findall(
        r"^COPY (?!--)(\S+)", (DEPLOY / "image/Containerfile").read_text("utf-8"), re.MULTILINE
    )
    assert {path.split("/")[0] for path in copied if path != "."} <= sent
    pyproject = (DEPLOY.parent / "pyproject.toml").read_text("utf-8")
    included = re.findall(r'^"(\S+)" = "receiver/', pyproject, re.MULTILINE)
    packages = {"receiver", "connectors", "constraints.txt", "README.md", "LICENSE"}
    assert {path.split("/")[0] for path in included} | packages <= sent


def test_the_page_gives_every_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With them the configuration holds."""
    env, secrets = re.findall(r"cat > \S+ <<'END'\n(.*?)END\n", PAGE, re.DOTALL)
    text = (COMPOSE / "compose.yaml").read_text("utf-8")
    assert set(re.findall(r"\${(\w+):\?", text)) == {
        line.split("=")[0] for line in env.splitlines()
    }
    for line in secrets.splitlines():
        monkeypatch.setenv(*line.split("=", 1))
    config = tmp_path / "config.toml"
    config.write_text((COMPOSE / "config.toml").read_text("utf-8"), "utf-8")
    settings = load_settings(config)
    assert settings.store.url == "postgresql://aom:a-long-one@database/aom"
    assert settings.server.host == "0.0.0.0"  # noqa: S104 - of the container


def test_each_service_starts_anew_and_the_database_before_the_gateway() -> None:
    """A restart of the machine brings all of them back."""
    assert all(service["restart"] == "unless-stopped" for service in SERVICES.values())
    needs = SERVICES["gateway"]["depends_on"]
    assert needs == {"database": {"condition": "service_healthy"}}
    assert "healthcheck" in SERVICES["database"]
