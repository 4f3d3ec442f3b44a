"""What contradicts itself, or a connector cannot do, is said before the first event."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from connectors.base import Connector
from receiver.config_errors import ConfigError
from receiver.mapping import RouteTable
from tests.connectors.minimal import MinimalConnector
from tests.mapping.sample_routes import contact, mapping_faults, route
from tests.settings.configs import SANDBOX, loaded

FIELD = "routes[0].upsert[0].fields.x.overwrite"
MODE = "routes[0].upsert[0].mode"


def faults(directory: Path, fields: str) -> dict[str, str]:
    found = mapping_faults(directory, route("order.placed", contact(fields)))
    return {where: fault.message for where, fault in found.items()}


@pytest.mark.parametrize("rule", ["always", "if_empty", "never"])
@pytest.mark.parametrize("mode", ["upsert", "create"])
def test_rules_of_an_object_are_taken(tmp_path: Path, mode: str, rule: str) -> None:
    """Each rule with each mode that may make records."""
    text = f'mode = "{mode}"\nfields.x = {{ value = "a", overwrite = "{rule}" }}'
    assert faults(tmp_path, text) == {}


@pytest.mark.parametrize("rule", ["if_empty", "never"])
def test_the_key_has_no_rule(tmp_path: Path, rule: str) -> None:
    """A record is known by it: it is written always."""
    text = f'fields.email = {{ value = "{{{{ person.email }}}}", overwrite = "{rule}" }}'
    place = "routes[0].upsert[0].fields.email.overwrite"
    assert faults(tmp_path, text) == {place: "email is the key, by which the contact is known"}


def test_the_key_of_an_upsert_has_no_rule(tmp_path: Path) -> None:
    """Also where the upsert names its field itself."""
    text = 'key_field = "x"\nfields.x = { value = "a", overwrite = "if_empty" }'
    assert list(faults(tmp_path, text)) == [FIELD]


def test_what_is_never_written_is_a_fault(tmp_path: Path) -> None:
    """Only with a new record, of an upsert that makes none."""
    text = 'mode = "update"\nfields.x = { value = "a", overwrite = "never" }'
    assert list(faults(tmp_path, text)) == [FIELD]
    allowed = 'mode = "update"\nfields.x = { value = "a", overwrite = "if_empty" }'
    assert faults(tmp_path, allowed) == {}


@pytest.mark.parametrize(
    "other", ["append = true", 'forward = ["a", "b"]', "newest = true"], ids=lambda text: text[:6]
)
@pytest.mark.parametrize("rule", ["if_empty", "never"])
def test_one_rule_to_a_field(tmp_path: Path, other: str, rule: str) -> None:
    """What grows or goes forward is written over by its nature."""
    text = f'fields.x = {{ value = "a", overwrite = "{rule}", {other} }}'
    assert list(faults(tmp_path, text).values()) == [
        f"has {other.split(maxsplit=1)[0]} and overwrite"
    ]


@pytest.mark.parametrize("text", ['overwrite = "sometimes"', "overwrite = true"])
def test_unknown_rules_are_faults(tmp_path: Path, text: str) -> None:
    """The place and what may stand there are said."""
    found = mapping_faults(
        tmp_path, route("order.placed", contact(f'fields.x = {{ value = "a", {text} }}'))
    )
    assert list(found) == [FIELD]
    assert "if_empty" in f"{found[FIELD].message} {found[FIELD].remedy}"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('fields.x = { value = "a", overwrite = "if_empty" }', FIELD),
        ('fields.x = { value = "a", overwrite = "never" }', FIELD),
        ('mode = "update"\nfields.x = "a"', MODE),
        ('mode = "create"\nfields.x = "a"', MODE),
    ],
)
def test_a_connector_that_reads_nothing_is_a_fault(tmp_path: Path, text: str, place: str) -> None:
    """It is said in words, at the place that needs it; without the rule the connector will do."""
    blind: Mapping[str, type[Connector]] = {"sandbox": MinimalConnector}
    settings = loaded(tmp_path, SANDBOX + route("order.placed", contact(text)))
    with pytest.raises(ConfigError) as raised:
        RouteTable.compile(settings, blind)
    (fault,) = raised.value.faults
    assert (fault.where, fault.message) == (
        place,
        "the connector box can't read what its CRM holds, which this needs",
    )
    plain = loaded(tmp_path, SANDBOX + route("order.placed", contact('fields.x = "a"')))
    assert RouteTable.compile(plain, blind).connectors("springfield", "order.placed") == ("box",)
