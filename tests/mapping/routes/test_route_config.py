"""Routes to several connectors, and fields that upserts share."""

from __future__ import annotations

from pathlib import Path

from receiver.mapping import RouteTable
from tests.mapping.sample_routes import contact, context, mapping, mapping_faults, rendered, route
from tests.settings.configs import SANDBOX, faults_of, loaded

PERSON = """
[snippets.person]
fields.first = "{{ person.first_name }}"
fields.mail = "{{ person.email }}"

[snippets.site]
fields.mail = "of the site"
fields.site = "{{ source.name }}"
"""


def test_a_route_to_several_connectors(tmp_path: Path) -> None:
    """Each of them is written the same."""
    more = (
        SANDBOX
        + '[connectors.other]\ntype = "sandbox"\n'
        + route("account.*", contact('fields.x = "{{ person.email }}"'))
    )
    table = RouteTable.compile(
        loaded(tmp_path, more.replace('connector = "box"', 'connector = ["box", "other"]'))
    )
    assert table.connectors("springfield", "account.created") == ("box", "other")
    written = [
        table.render(name, "springfield", "account.created", context("account.created"))
        for name in ("box", "other")
    ]
    assert written[0] == written[1] != ()
    assert list(table.needs("other")) == list(table.needs("box"))


def test_a_connector_of_several_that_is_not_there(tmp_path: Path) -> None:
    """It is told where it stands in the list; what else is wrong with the route is told once, not
    once for each connector.
    """
    text = SANDBOX + route("account.*", contact('fields.x = "{{ persn.email }}"')).replace(
        '"box"', '["box", "bxo"]'
    )
    faults = faults_of(tmp_path, text)
    assert set(faults) == {"routes[0].connector[1]", "routes[0].upsert[0].fields.x"}
    assert faults["routes[0].connector[1]"].remedy == "did you mean 'box'?"


def test_no_connector_at_all(tmp_path: Path) -> None:
    """An empty list is a fault, as none is."""
    text = SANDBOX + route("account.*", contact('fields.x = "1"')).replace('"box"', "[]")
    assert set(faults_of(tmp_path, text)) == {"routes[0].connector"}


def test_fields_of_snippets(tmp_path: Path) -> None:
    """An upsert's own field comes before a snippet's, and a snippet that is named first before the
    next.
    """
    used = contact('use = ["person", "site"]\nfields.first = "its own"')
    (record,) = rendered(tmp_path, "account.created", PERSON + route("account.*", used))
    assert record.fields == {
        "first": "its own",
        "mail": "johndoe@academyofmine.com",
        "site": "springfield",
    }


def test_faults_of_snippets(tmp_path: Path) -> None:
    """A field's fault is told where the field stands, once, however many upserts use it; so is a
    name that no snippet has.
    """
    broken = PERSON.replace("person.first_name", "person.frist_name").replace(
        "{{ source.name", "{{ order.total"
    )
    text = broken + route(
        "account.*", contact('use = ["person"]') + contact('use = ["person", "site", "sit"]')
    )
    faults = mapping_faults(tmp_path, text)
    assert set(faults) == {
        "snippets.person.fields.first",
        "snippets.site.fields.site",
        "routes[0].upsert[1].use[2]",
    }
    assert "first_name" in (faults["snippets.person.fields.first"].remedy or "")
    assert "site" in (faults["routes[0].upsert[1].use[2]"].remedy or "")


def test_a_snippet_that_nobody_uses(tmp_path: Path) -> None:
    """It is a warning: it stops nothing."""
    table = mapping(tmp_path, PERSON + route("account.*", contact('use = ["person"]')))
    assert [fault.where for fault in table.warnings if "no upsert uses" in fault.message] == [
        "snippets.site"
    ]


def test_a_use_without_any_snippet(tmp_path: Path) -> None:
    """The remedy says how to write one."""
    (fault,) = mapping_faults(tmp_path, route("account.*", contact('use = ["person"]'))).values()
    assert fault.remedy == "add [snippets.person]"
