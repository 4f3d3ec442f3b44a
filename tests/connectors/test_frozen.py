"""A connector that was written for version 1 of the interface still runs, to the letter."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from tests.cli.command import command
from tests.connectors.frozen.version_1.fake import TOKEN, fake_crm
from tests.processes import gateway, write_config

FROZEN = Path(__file__).parent / "frozen" / "version_1"
DIGEST = "9d295b112124d5b7d1ac7f3162df01a88a4c5f0bb3d623e9cf8c38f9a4a50643"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package, installed for every process that is started here."""
    packages = tmp_path / "packages"
    shutil.copytree(FROZEN, packages / "old_crm", ignore=shutil.ignore_patterns("__pycache__"))
    info = packages / "old_crm-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: old_crm\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[aom_gateway.connectors]\nold_crm = old_crm:OldCrmConnector\n"
    )
    path = os.pathsep.join([str(packages), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    return tmp_path


def test_it_was_not_edited() -> None:
    """Whoever has it installed has it like this: the gateway is what must change."""
    files = sorted(file for file in FROZEN.iterdir() if file.is_file())
    text = b"".join(file.name.encode() + file.read_bytes() for file in files)
    assert hashlib.sha256(text).hexdigest() == DIGEST


def test_a_connector_of_version_1_still_runs(elsewhere: Path) -> None:
    """Found, checked, provisioned; an order is a deal of its contact, staff's name stays, and what
    comes again makes nothing new.
    """
    with fake_crm() as crm:
        table = f"""
[connectors.crm]
type = "old_crm"
api_token = "{TOKEN}"
base_url = "{crm.url}"
mapping = "standard"
"""
        config = write_config(elsewhere, table)
        command("check", at=elsewhere)
        missing = command("check", "--online", at=elsewhere, code=1)
        assert "deal: the string field aom_order_key is missing" in missing.err
        command("provision", "crm", "--apply", at=elsewhere)
        command("check", "--online", at=elsewhere)
        with gateway(config) as running:
            command("send", "order.placed", at=elsewhere)
            running.wait_until_delivered()
            ((contact, person),) = crm.records["contact"].items()
            ((deal, order),) = crm.records["deal"].items()
            person["first_name"] = "Staff's own"
            amount, order["amount"] = order["amount"], 0
            command("replay", "--state", "delivered", "--yes", "--wait", at=elsewhere)
            status = running.wait_until_delivered()
        assert (status["dead"], status["quarantined"]) == (0, 0)
        assert crm.links == {(deal, contact)}
        assert (len(crm.records["contact"]), len(crm.records["deal"])) == (1, 1)
        assert crm.records["contact"][contact]["first_name"] == "Staff's own"
        assert crm.records["deal"][deal]["amount"] == amount
        assert order["aom_order_key"].startswith("springfield:")
