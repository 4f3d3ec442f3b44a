"""What routes refer to: connectors, sources, events, keys, links, and each other."""

from pathlib import Path

import pytest

from receiver.config_errors import ConfigFault
from tests.mapping.sample_routes import contact, mapping, mapping_faults, route

DEAL = '\n[[routes.upsert]]\nobject = "deal"\nkey = "{{ order.id }}"\n'


def warnings_of(directory: Path, routes: str) -> dict[str, ConfigFault]:
    """The warnings by place."""
    return {warning.where: warning for warning in mapping(directory, routes).warnings}


@pytest.mark.parametrize(
    ("routes", "where", "says"),
    [
        (
            route("order.plced", contact("")),
            "routes[0].events[0]",
            "there is no event 'order.plced'; did you mean 'order.placed'?",
        ),
        (route("ordr.*", contact("")), "routes[0].events[0]", "no event matches 'ordr.*'"),
        (
            '[[routes]]\nevents = []\nconnector = "box"',
            "routes[0].events",
            "must have at least 1 item; names or patterns",
        ),
        ('[[routes]]\nconnector = "box"', "routes[0].events", "is missing; names or patterns"),
        (
            '[[routes]]\nevents = ["*"]',
            "routes[0].connector",
            "is missing; the NAME of a [connectors.NAME] table",
        ),
        (
            '[[routes]]\nevents = ["*"]\nconnector = "bxo"',
            "routes[0].connector",
            "there is no connector 'bxo'; did you mean 'box'?",
        ),
        ('[[routes]]\nevents = "*"\nconnector = "box"', "routes[0].events", 'write a list: ["*"]'),
        (
            '[[routes]]\nevents = ["*"]\nconnector = "box"\nsources = ["shelbyvile"]',
            "routes[0].sources[0]",
            "sources: springfield",
        ),
        (
            route("order.*", '[[routes.upsert]]\nkey = "x"'),
            "routes[0].upsert[0].object",
            "is missing",
        ),
        (
            route("order.*", '[[routes.upsert]]\nobject = "deal"'),
            "routes[0].upsert[0].key",
            "is missing: without it all would be one",
        ),
        (
            route("order.*", DEAL + 'links = ["contact"]'),
            "routes[0].upsert[0].links[0]",
            "the route writes no 'contact' to link to",
        ),
        (
            route("order.*", contact("") + DEAL + 'links = ["contcat"]'),
            "routes[0].upsert[1].links[0]",
            "did you mean 'contact'?",
        ),
        (
            route("order.*", DEAL + 'links = ["deal"]'),
            "routes[0].upsert[0].links[0]",
            "a deal can't be linked to itself",
        ),
        (
            route("*", '[[routes.upsert]]\nobject = "p_x"\nkey = "{{ event.id }}"'),
            "routes[0].upsert[0].key_field",
            "is missing: the connector",
        ),
        (
            route("*", '[[routes.upsert]]\nobject = "Contact"\nkey = "{{ event.id }}"'),
            "routes[0].upsert[0].key_field",
            "or did you mean the object 'contact'?",
        ),
        (
            route(
                "course.*",
                '[[routes.upsert]]\nobject = "p_x"\nkey_field = "k"\neach = "course in courses"',
            ),
            "routes[0].upsert[0].key",
            "is missing: without it all would be one record per person",
        ),
    ],
)
def test_a_wrong_reference_is_told(tmp_path: Path, routes: str, where: str, says: str) -> None:
    """One fault each, at its place, with what would be right."""
    faults = mapping_faults(tmp_path, routes)
    assert list(faults) == [where]
    assert says in str(faults[where])


def test_two_routes_of_one_name_are_told(tmp_path: Path) -> None:
    """A name tells a connector's routes apart."""
    named = route("order.*", contact("")).replace("events", 'name = "orders"\nevents')
    faults = mapping_faults(tmp_path, named + named)
    assert (
        str(faults["routes[1].name"])
        == "routes[1].name (line 20): 'orders' is the name of routes[0] too; give each route a "
        "name of its own"
    )


def test_links_may_not_run_in_a_circle(tmp_path: Path) -> None:
    """Over all routes of a connector, since their records are written together."""
    there = route("order.*", contact("") + DEAL + 'links = ["contact"]')
    back = route("order.*", contact('links = ["deal"]') + DEAL)
    assert mapping_faults(tmp_path, there) == {}
    faults = mapping_faults(tmp_path, there + back)
    assert "run in a circle" in faults["routes[1].upsert[0].links[0]"].message


def test_an_object_has_one_key_field(tmp_path: Path) -> None:
    """Two routes that know it by different fields would write two records; naming the connector's
    own is no difference.
    """
    plain = route("order.*", contact(""))
    assert mapping_faults(tmp_path, plain + route("order.*", contact('key_field = "email"'))) == {}
    faults = mapping_faults(tmp_path, plain + route("order.*", contact('key_field = "aom_id"')))
    assert (
        faults["routes[1].upsert[0].key_field"].message
        == "a contact is known by 'email' at routes[0].upsert[0].key_field"
    )


def test_events_without_a_route_are_a_warning(tmp_path: Path) -> None:
    """They are kept all the same."""
    assert mapping(tmp_path, route("*", contact(""))).warnings == ()
    warning = warnings_of(tmp_path, route("order.*", contact("")))["routes"]
    assert warning.warning
    assert warning.message.startswith("no route takes account.created, course.enrolled, ")
    assert "order." not in warning.message


def test_a_connector_that_nothing_is_written_to_is_a_warning(tmp_path: Path) -> None:
    """The standard mapping was probably forgotten."""
    assert 'mapping = "standard"' in warnings_of(tmp_path, "")["connectors.box"].remedy


@pytest.mark.parametrize(
    ("field", "warned"),
    [
        ('{ value = "{{ order.status }}", map = { COMPLETED = "won" } }', True),
        ('{ value = "{{ order.status }}", map = { COMPLETED = "won" }, default = "open" }', False),
        (
            '{ value = "{{ order.status }}", map = { COMPLETED = "won" }, default = "{{ none }}" }',
            False,
        ),
        ('{ value = "{{ order.status }}", map = { COMPLETED = "won" }, append = true }', False),
        ('{ value = "{{ event.name }}", map = { "order.placed" = "won" } }', False),
    ],
)
def test_a_map_without_a_default_is_a_warning_where_it_may_lack_a_value(
    tmp_path: Path, field: str, *, warned: bool
) -> None:
    """Unless it names every event that can come, or says that leaving out is meant."""
    found = warnings_of(tmp_path, route("order.placed", contact(f"fields.x = {field}")))
    assert ("routes[0].upsert[0].fields.x" in found) is warned


def test_a_key_that_is_always_the_same_is_a_warning(tmp_path: Path) -> None:
    """All events would write one record."""
    upsert = '[[routes.upsert]]\nobject = "p_x"\nkey_field = "k"\n'
    assert (
        "is the same for every event"
        in warnings_of(tmp_path, route("*", upsert + 'key = "x"'))[
            "routes[0].upsert[0].key"
        ].message
    )
    assert (
        "one record per person"
        in warnings_of(tmp_path, route("*", upsert))["routes[0].upsert[0].key"].message
    )
