"""The connector interface: a stated surface, a small required part, and optional parts."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import base
from connectors.base import (
    Addressable,
    Browsable,
    Connector,
    ConnectorError,
    Erases,
    Grows,
    Identifies,
    Links,
    Provisions,
    Reads,
    Refused,
    Retry,
    Saved,
    Searchable,
    ShipsMappings,
    read_shipped_mappings,
)
from connectors.hubspot import HubSpotConnector
from connectors.salesforce import SalesforceConnector
from connectors.sandbox import SandboxConnector
from tests.cli.command import command
from tests.connectors import minimal
from tests.connectors.minimal import MinimalConnector
from tests.processes import gateway, write_config

PARTS = (
    "connectors.base",
    "connectors.needs",
    "connectors.optional_parts",
    "connectors.outcomes",
    "connectors.records",
    "connectors.settings",
)
OPTIONAL = (
    Links,
    Reads,
    Grows,
    ShipsMappings,
    Identifies,
    Provisions,
    Erases,
    Browsable,
    Searchable,
    Addressable,
)
SURFACE = [
    "API",
    "Addressable",
    "Append",
    "AuthFailed",
    "BatchRefused",
    "Browsable",
    "CallGate",
    "Connector",
    "ConnectorError",
    "ConnectorSettings",
    "Context",
    "Entry",
    "Erases",
    "FieldNeed",
    "FieldType",
    "Found",
    "Grows",
    "Limits",
    "Link",
    "Links",
    "Misconfigured",
    "Needs",
    "ObjectNeed",
    "Outcome",
    "Page",
    "Plan",
    "Problem",
    "Provisions",
    "RateLimit",
    "Reads",
    "Record",
    "Ref",
    "Refused",
    "RefusedOption",
    "Report",
    "Retry",
    "Saved",
    "Searchable",
    "ShipsMappings",
    "Step",
    "Throttled",
    "TimedOut",
    "Unavailable",
    "Value",
    "read_shipped_mappings",
]


def test_the_surface_is_that_of_version_1() -> None:
    """Connectors elsewhere import these names: a later version 1 may add to them, and take none
    away.
    """
    assert base.API == 1
    assert set(SURFACE) <= set(base.__all__)
    assert [name for name in base.__all__ if not hasattr(base, name)] == []


def _defined() -> Iterator[tuple[str, str]]:
    """Name what the modules behind the door define for others, with the docstring of each."""
    for name in PARTS:
        module = importlib.import_module(name)
        for node in ast.parse(inspect.getsource(module)).body:
            match node:
                case ast.ClassDef(name=defined) | ast.FunctionDef(name=defined):
                    yield defined, ast.get_docstring(node) or ""
                case ast.Assign(targets=[ast.Name(id=defined)]):
                    yield defined, ""


def test_all_that_is_defined_is_exported() -> None:
    """`connectors.base` is the one door: nothing public is to be had behind it alone."""
    public = {name for name, _ in _defined() if not name.startswith("_")}
    assert public == set(base.__all__)


def test_every_class_and_function_says_what_it_is() -> None:
    """The page is the manual of whoever writes a connector."""
    kinds = {
        name
        for name in base.__all__
        if inspect.isclass(getattr(base, name)) or inspect.isfunction(getattr(base, name))
    }
    assert [name for name, doc in _defined() if name in kinds and not doc] == []


def _drawn(root: str) -> dict[str, str]:
    """Read a tree out of the docstring: each name with the name that it stands under."""
    lines = (base.__doc__ or "").split("\n")
    start = next(number for number, line in enumerate(lines) if line.strip() == root)
    above, found = {0: root}, {}
    for line in lines[start + 1 :]:
        drawn = re.match(r"    ((?:│   |    )*)[├└]── (\w+)", line)
        if drawn is None:
            break
        depth = len(drawn[1]) // 4
        found[drawn[2]] = above[depth]
        above[depth + 1] = drawn[2]
    return found


def _descendants(kind: type[ConnectorError]) -> Iterator[type[ConnectorError]]:
    for child in kind.__subclasses__():
        if child.__module__ in PARTS:
            yield child
            yield from _descendants(child)


def test_the_trees_in_the_manual_are_the_real_ones() -> None:
    """Errors, outcomes and optional parts, as the classes are."""
    assert _drawn("ConnectorError") == {
        kind.__name__: kind.__mro__[1].__name__ for kind in _descendants(ConnectorError)
    }
    assert list(_drawn("Outcome")) == [kind.__name__ for kind in (Saved, Retry, Refused)]
    assert list(_drawn("optional")) == [kind.__name__ for kind in OPTIONAL]


def test_the_manual_names_the_methods_of_each_part() -> None:
    """As many as there are."""
    for part in (Connector, *OPTIONAL):
        (said,) = re.findall(
            rf"    (?:[├└]── )?{part.__name__} +([\w, ;]+)(?::|$)",
            base.__doc__ or "",
            flags=re.MULTILINE,
        )
        methods = {name for name in vars(part) if not name.startswith("_")}
        data = {name for name in inspect.get_annotations(part) if not name.startswith("_")}
        assert set(re.split(r"[,;] ", said)) == methods | data


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        (MinimalConnector, set()),
        (
            SandboxConnector,
            {Links, Reads, Grows, ShipsMappings, Provisions, Browsable, Searchable},
        ),
        (
            HubSpotConnector,
            {Links, Reads, Grows, ShipsMappings, Identifies, Provisions, Erases, Addressable},
        ),
        (
            SalesforceConnector,
            {Links, Reads, Grows, ShipsMappings, Identifies, Provisions, Erases, Addressable},
        ),
    ],
)
def test_a_connector_has_the_parts_whose_methods_it_has(
    kind: type[Connector], parts: set[type]
) -> None:
    """Nothing is inherited or registered for it."""
    assert {part for part in OPTIONAL if issubclass(kind, part)} == parts


def test_shipped_mappings_are_read_by_name() -> None:
    """None where a connector ships none."""
    assert list(read_shipped_mappings(HubSpotConnector)) == ["standard", "line_items"]
    assert "[[routes]]" in read_shipped_mappings(SandboxConnector)["standard"]
    assert read_shipped_mappings(MinimalConnector) == {}


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another package that announces the minimal connector, on the path of every process started
    here.
    """
    info = tmp_path / "packages" / "mycrm-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mycrm\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[aom_gateway.connectors]\nmycrm = mycrm:MinimalConnector\n"
    )
    (info.parent / "mycrm.py").write_text(inspect.getsource(minimal))
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(info.parent), os.environ.get("PYTHONPATH", "")])
    )
    return tmp_path


ROUTES = """
[connectors.crm]
type = "mycrm"

[[routes]]
name = "orders"
events = ["order.*"]
connector = "crm"

[[routes.upsert]]
object = "contact"
fields.firstname = "{{ person.first_name }}"

[[routes.upsert]]
object = "deal"
key = "{{ source.name }}:{{ order.id }}"
key_field = "number"
links = ["contact"]
"""


def test_the_required_part_is_enough(elsewhere: Path) -> None:
    """Checked and served by the real program; what it does not offer is said in words."""
    config = write_config(elsewhere, ROUTES)
    refused = command("provision", "crm", at=elsewhere, code=2)
    assert "connectors.crm creates nothing in its CRM" in refused.err
    assert "deal: is written" in command("check", "--online", at=elsewhere).err
    with gateway(config) as running:
        command("send", "order.placed", at=elsewhere)
        status = running.wait_until_delivered()
    assert (status["dead"], status["quarantined"]) == (0, 0)
    (contact, people), (deal, orders) = map(
        json.loads, (elsewhere / "written.jsonl").read_text().splitlines()
    )
    assert (contact, deal) == ("contact", "deal")
    assert list(orders.values()) == [list(people)], "the deal came with its link"


def test_a_configuration_is_made_for_it(elsewhere: Path) -> None:
    """`init` takes no mapping that the connector does not ship, and one that is named all the same
    is a fault.
    """
    command("init", "--connector", "mycrm", at=elsewhere)
    written = (elsewhere / "config.toml").read_text()
    assert "mapping = " not in written
    command("check", at=elsewhere)
    (elsewhere / "config.toml").write_text(written + 'mapping = "standard"\n')
    faults = command("check", at=elsewhere, code=1)
    assert "the connector ships no mapping 'standard'" in faults.err
