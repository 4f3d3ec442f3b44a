"""Two schools do not write their money into one field without being told."""

from __future__ import annotations

from pathlib import Path

import pytest

from receiver.mapping import RouteTable
from receiver.settings import load_settings

SOURCE = (
    '[sources.{name}]\ntokens = ["{name}-0123456789abcdef"]\ntimezone = "UTC"\ncurrency = "{of}"\n'
)
CURRENCIES = ("USD", "EUR")
REVENUE = "{{ profile.revenue }}"


def warnings(
    directory: Path, routes: str, *sources: str, mapping: str = ""
) -> list[tuple[str, str, str]]:
    """Place, words and remedy of what is said of fields."""
    config = directory / "config.toml"
    config.write_text(
        "".join(
            SOURCE.format(name=name, of=CURRENCIES[number]) for number, name in enumerate(sources)
        )
        + f'[connectors.sandbox]\ntype = "sandbox"\n{mapping}\n{routes}'
    )
    found = RouteTable.compile(load_settings(config)).warnings
    return [(one.where, one.message, one.remedy) for one in found if ".fields." in one.where]


def route(*fields: str, sources: str = "", when: str = "", key: str = "") -> str:
    lines = [f"fields.{one}" for one in fields]
    return "\n".join(
        [
            '[[routes]]\nevents = ["*"]\nconnector = "sandbox"',
            f"sources = {sources}" if sources else "",
            f"when = {when!r}" if when else "",
            '[[routes.upsert]]\nobject = "contact"',
            f"key = '{key}'" if key else "",
            *lines,
            "",
        ]
    )


def test_money_of_two_sources_in_one_field_is_told(tmp_path: Path) -> None:
    """Once for a field, with its place, whose it is, and what to write instead."""
    (found,) = warnings(tmp_path, route(f'revenue = "{REVENUE}"') * 2, "a", "b")
    where, message, remedy = found
    assert where == "routes[0].upsert[0].fields.revenue"
    assert "a and b" in message
    assert "currency" in message
    assert "{{ source.name == 'a' }}" in remedy


def test_it_is_told_of_shipped_mappings_too(tmp_path: Path) -> None:
    """At the snippet that the field stands in."""
    hubspot = '[connectors.hubspot]\ntype = "hubspot"\naccess_token = "x"\nmapping = "standard"'
    found = warnings(tmp_path, "", "a", "b", mapping=hubspot)
    assert [where for where, _, _ in found] == [
        "connectors.hubspot.standard.snippets.profile.fields.aom_revenue",
        "connectors.hubspot.standard.snippets.profile.fields.aom_average_order",
    ]


@pytest.mark.parametrize(
    "routes",
    [
        route(f'revenue = "{REVENUE}"', sources='["a"]'),
        route(f'a = {{ value = "{REVENUE}", when = "{{{{ source.name == \'a\' }}}}" }}'),
        route(f'revenue = "{{{{ source.name }}}}: {REVENUE}"'),
        route(f'revenue = "{REVENUE}"', when="{{ source.name == 'a' }}"),
        route(f'revenue = "{REVENUE}"', key="{{ source.name }}:{{ person.email }}"),
        route('orders = "{{ profile.order_count }}"'),
    ],
    ids=["one source writes", "a field each", "named", "the route's", "a record each", "no money"],
)
def test_what_tells_sources_apart_is_not(tmp_path: Path, routes: str) -> None:
    """The source is named, or only one writes the field."""
    assert warnings(tmp_path, routes, "a", "b") == []


def test_one_source_is_told_nothing(tmp_path: Path) -> None:
    """There is nobody to confuse it with."""
    assert warnings(tmp_path, route(f'revenue = "{REVENUE}"'), "a") == []
