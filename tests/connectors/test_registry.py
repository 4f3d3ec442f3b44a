"""The registry: connectors by entry point, whoever ships them."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import ClassVar

import pytest

from connectors import registry
from connectors.base import Connector
from connectors.registry import BrokenConnector, Types, UnknownConnector
from connectors.sandbox import SandboxConnector

SANDBOX = "connectors.sandbox:SandboxConnector"


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, registry.GROUP)


def run(code: str, *folders: Path) -> str:
    path = os.pathsep.join([*map(str, folders), *sys.path])
    return subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_built_in_connectors_are_found() -> None:
    """The sandbox is announced like a third party's connector and loads by its name."""
    assert "sandbox" in registry.types()
    assert registry.load("sandbox") is SandboxConnector


def test_all_installed_connectors_work() -> None:
    """Nothing that this package announces is broken."""
    assert registry.types().broken() == {}


def test_the_sandbox_is_a_connector() -> None:
    """Its type satisfies the protocol (mypy checks this line)."""
    connector: type[Connector] = SandboxConnector
    assert connector.key_fields["contact"] == "email"


def test_an_unknown_name_lists_the_known_and_the_nearest() -> None:
    """The error tells what there is and what was probably meant."""
    types = Types([entry("hubspot", SANDBOX), entry("salesforce", SANDBOX)])
    with pytest.raises(UnknownConnector) as caught:
        types["HubSpt"]
    assert (
        str(caught.value)
        == "there is no connector type 'HubSpt'; did you mean 'hubspot'? Known: hubspot, salesforce"
    )
    assert caught.value.known == ("hubspot", "salesforce")
    assert types.get("HubSpt") is None


def test_a_name_like_no_other_gets_no_suggestion() -> None:
    """Nothing is suggested where nothing comes near."""
    with pytest.raises(
        UnknownConnector, match=r"^there is no connector type 'zoho'\. Known: sandbox$"
    ):
        Types([entry("sandbox", SANDBOX)])["zoho"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_module:Connector", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("connectors.sandbox:NoSuchClass", "AttributeError"),
        ("connectors.registry:load", "it is no class"),
        (
            "pathlib:PurePath",
            (
                "the class lacks API, Settings, key_fields, open, upsert, check, aclose, see "
                "connectors.base"
            ),
        ),
        (
            "tests.connectors.test_registry:ForNewerVersion",
            (
                "it needs version 2 of the connector interface, and this gateway speaks version "
                "1: .* or a newer gateway"
            ),
        ),
        (
            "tests.connectors.test_registry:ForOlderVersion",
            "it needs version 0 .*: install a release of it for version 1$",
        ),
        (
            "tests.connectors.test_registry:WithoutVersion",
            "the class lacks API, see connectors.base",
        ),
        (
            "tests.connectors.test_registry:WithoutSettings",
            "no subclass of connectors.base.ConnectorSettings",
        ),
    ],
)
def test_a_broken_connector_is_named_and_breaks_no_other(value: str, reason: str) -> None:
    """Its error says which entry point, whose, and why; the others load all the same."""
    types = Types([entry("mine", value), entry("sandbox", SANDBOX)])
    assert list(types) == ["mine", "sandbox"]
    assert types["sandbox"] is SandboxConnector
    with pytest.raises(BrokenConnector, match=f"'mine' .*{reason}") as caught:
        types["mine"]
    assert value in str(caught.value)
    assert list(types.broken()) == ["mine"]


def test_two_packages_with_one_name_are_a_fault() -> None:
    """Which of two connectors is meant is not left to chance; the same one announced twice is
    fine.
    """
    with pytest.raises(BrokenConnector, match="uninstall one"):
        Types([entry("crm", SANDBOX), entry("crm", "other:Connector")])["crm"]
    assert Types([entry("crm", SANDBOX), entry("crm", SANDBOX)])["crm"] is SandboxConnector


def test_third_parties_are_found(tmp_path: Path) -> None:
    """A connector of another installed package is found by the group alone, and names its package
    when it is broken.
    """
    info = tmp_path / "mycrm-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mycrm\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\nmycrm = mycrm:MyConnector\n")
    (tmp_path / "mycrm.py").write_text("raise RuntimeError('no licence')")
    code = (
        "from connectors import registry; print(list(registry.types())); "
        "print(registry.types().broken()['mycrm'])"
    )
    shown = run(code, tmp_path)
    assert "'mycrm'" in shown
    assert "(mycrm:MyConnector of mycrm 1.2) can't be used: RuntimeError: no licence" in shown


def test_names_load_no_code() -> None:
    """Listing connectors imports none of them, so that an unused CRM client costs neither time nor
    memory.
    """
    code = (
        "import sys; from connectors import registry; list(registry.types()); "
        "print('connectors.sandbox' in sys.modules)"
    )
    assert run(code) == "False"


class ForNewerVersion:
    """It may lack what version 1 has: that is not what to tell."""

    API = 2


class ForOlderVersion(SandboxConnector):
    API: ClassVar[int] = 0


class WithoutVersion:
    Settings = SandboxConnector.Settings
    key_fields = SandboxConnector.key_fields
    open, upsert = SandboxConnector.open, SandboxConnector.upsert
    check, aclose = SandboxConnector.check, SandboxConnector.aclose


class WithoutSettings(SandboxConnector):
    Settings = dict  # type: ignore[assignment]
