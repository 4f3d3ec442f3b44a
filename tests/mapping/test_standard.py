"""The routes that a connector ships."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from connectors import registry
from connectors.base import Connector, ConnectorSettings, read_shipped_mappings
from connectors.sandbox import SandboxConnector
from receiver.aom import EVENTS, read_sample
from receiver.mapping import MappingFault, RouteTable
from receiver.settings import load_settings
from tests.mapping.sample_routes import context, route
from tests.settings.configs import SANDBOX, faults_of, loaded, write

STANDARD = SANDBOX + 'mapping = "standard"\n'


def shipping(routes: str) -> dict[str, type[Connector]]:
    """A connector type `sandbox` that ships these routes."""

    class Shipping(SandboxConnector):
        @classmethod
        def shipped_mappings(cls) -> dict[str, str]:
            return {"standard": routes}

    return {"sandbox": Shipping}


OWN = """
[[routes]]
name = "orders"
events = ["order.*"]

[[routes.upsert]]
object = "contact"
fields.x = "{{ %s }}"
"""


@pytest.mark.parametrize("kind", list(registry.types()))
def test_every_connector_ships_a_mapping_without_a_fault(kind: str) -> None:
    """Nothing in it is even doubtful, and all samples can be written by it."""
    crm = ConnectorSettings(type=kind, mapping=("standard",))
    mapping = RouteTable.compile(
        SimpleNamespace(
            sources={"springfield": SimpleNamespace(identity="aom_id")},
            connectors={"crm": crm},
            routes=(),
            snippets={},
        )
    )
    assert [warning for warning in mapping.warnings if warning.where != "routes"] == []
    for event in EVENTS:
        if read_sample(event) is not None:
            mapping.render("crm", "springfield", event, context(event))


@pytest.mark.parametrize("kind", list(registry.types()))
def test_every_shipped_mapping_adds_to_the_standard_one(kind: str) -> None:
    """All that a connector ships fit together: nothing in them is doubtful, and no route has
    another's name.
    """
    names = tuple(read_shipped_mappings(registry.types()[kind]))
    crm = ConnectorSettings(type=kind, mapping=names)
    mapping = RouteTable.compile(
        SimpleNamespace(
            sources={"springfield": SimpleNamespace(identity="aom_id")},
            connectors={"crm": crm},
            routes=(),
            snippets={},
        )
    )
    assert [warning for warning in mapping.warnings if warning.where != "routes"] == []
    found = [one.name for one in mapping.placed]
    assert len(set(found)) == len(found)


def test_one_shipped_mapping_or_several_may_be_named(tmp_path: Path) -> None:
    """`mapping = "standard"` and `mapping = ["standard"]` are the same; none is none."""
    one = RouteTable.compile(loaded(tmp_path, STANDARD))
    listed = RouteTable.compile(
        loaded(tmp_path, STANDARD.replace('"standard"', '["standard", "standard"]'))
    )
    assert [placed.name for placed in one.placed] == [placed.name for placed in listed.placed] != []
    assert RouteTable.compile(loaded(tmp_path, SANDBOX)).placed == ()


def test_a_shipped_mapping_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With those that the connector has."""
    faults = faults_of(tmp_path, STANDARD.replace('"standard"', '["standrad"]'))
    assert faults["connectors.box.mapping"].message == "the connector ships no mapping 'standrad'"
    assert "standard" in faults["connectors.box.mapping"].remedy


def test_a_route_of_the_same_name_replaces_a_standard_one(tmp_path: Path) -> None:
    """Only that one; without upserts it switches it off."""
    own = route("order.placed", '[[routes.upsert]]\nobject = "contact"').replace(
        "events", 'name = "orders"\nevents'
    )
    mapping = RouteTable.compile(loaded(tmp_path, STANDARD + own))
    assert [one.where for one in mapping.routes("box", "springfield", "order.placed")] == [
        "routes[0]"
    ]
    assert mapping.routes("box", "springfield", "order.failed") == ()
    assert mapping.routes("box", "springfield", "quiz.submitted") != ()
    off = RouteTable.compile(
        loaded(
            tmp_path,
            STANDARD + route("order.placed", "").replace("events", 'name = "orders"\nevents'),
        )
    )
    assert off.connectors("springfield", "order.placed") == ()
    assert off.connectors("springfield", "account.created") == ("box",)


def test_a_route_of_another_name_adds_to_the_standard_ones(tmp_path: Path) -> None:
    """The operator's comes first."""
    mapping = RouteTable.compile(
        loaded(tmp_path, STANDARD + route("order.placed", '[[routes.upsert]]\nobject = "contact"'))
    )
    assert [one.name for one in mapping.routes("box", "springfield", "order.placed")] == [
        "routes[0]",
        "orders",
    ]


def test_faults_of_a_shipped_mapping_name_connector_and_route(tmp_path: Path) -> None:
    """They are the connector's, not the operator's."""
    faults = faults_of(tmp_path, STANDARD, types=shipping(OWN % "custmer.email"))
    assert list(faults) == ["connectors.box.standard.orders.upsert[0].fields.x"]
    types = shipping(OWN % "raw.absent")
    mapping = RouteTable.compile(load_settings(write(tmp_path, STANDARD), {}, types=types), types)
    with pytest.raises(
        MappingFault,
        match=r"^connectors\.box\.standard\.orders\.upsert\[0\]\.fields\.x: there is no 'absent'",
    ):
        mapping.render("box", "springfield", "order.placed", context("order.placed"))


@pytest.mark.parametrize(
    ("shipped", "where", "says"),
    [
        ("routes = [", "connectors.box.mapping", "the connector's standard mapping can't be read"),
        ("[[routes]]\nevnts = ['*']", "connectors.box.standard.0.evnts", "did you mean 'events'?"),
    ],
)
def test_a_shipped_mapping_that_is_none_is_told(
    tmp_path: Path, shipped: str, where: str, says: str
) -> None:
    """A connector of somebody else's may be faulty."""
    faults = faults_of(tmp_path, STANDARD, types=shipping(shipped))
    assert says in str(faults[where])
