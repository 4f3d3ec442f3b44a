"""Settings beside routes that decide what is written."""

from __future__ import annotations

from dataclasses import replace

from receiver.comparison.setting_differences import SettingDifference, differing_settings
from receiver.settings.mapping_document import MappedConnector, MappingDocument, read_mapping
from tests.comparison.compared import SCHOOL, compared, mapping, order, stored


def with_box(**options: object) -> MappingDocument:
    known = mapping()
    box = replace(known.connectors["box"], options=options)
    return replace(known, connectors={**known.connectors, "box": box})


def test_whose_an_event_is_counts_from_now_on(sqlite_url: str) -> None:
    """No stored record differs by it, and it is told all the same."""
    stored(sqlite_url, order(1))
    by_address = mapping(school=SCHOOL.replace("[sources.shelbyville]", MOVED))
    found = compared(sqlite_url, mapping(), by_address)
    assert found.settings == (SettingDifference("sources.springfield.identity", "aom_id", "email"),)
    assert found.differs
    assert found.objects == ()
    assert found.plain()["settings"][0]["after"] == "email"


MOVED = 'identity = "email"\n[sources.shelbyville]'


def test_what_a_connector_makes_of_records_is_told_by_its_place() -> None:
    """Tables within its table too; what is not said is the default."""
    found = differing_settings(
        with_box(pipeline="default", account={"policy": "person"}),
        with_box(account={"policy": "fixed", "key": "x"}),
    )
    assert [(one.where, one.before, one.after) for one in found] == [
        ("connectors.box.pipeline", "default", "the default"),
        ("connectors.box.account.policy", "person", "fixed"),
        ("connectors.box.account.key", "the default", "x"),
    ]
    assert differing_settings(with_box(a=1), with_box(), "chest") == ()


def test_they_are_kept_with_the_mapping() -> None:
    """And a mapping that was kept without them has the defaults."""
    document = with_box(account={"policy": "person"})
    assert read_mapping(document.to_toml()) == document
    assert "identity" not in mapping().to_toml()
    assert "options" not in mapping().to_toml()


def test_another_type_is_not_told_setting_by_setting() -> None:
    """All that it writes is another CRM's."""
    other = replace(
        mapping(), connectors={"box": MappedConnector("hubspot", (), None, {"pipeline": "a"})}
    )
    assert differing_settings(mapping(), other) == ()
