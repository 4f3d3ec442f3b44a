"""From a raw table to its model, with all faults at once."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from receiver.config_errors import UNREADABLE, ConfigFault, RemediedError, format_place, read_model


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    count: int = 1


class Box(BaseModel):
    model_config = ConfigDict(extra="forbid")

    label: Annotated[str, Field(description="what is written on it")]
    items: tuple[Item, ...] = ()
    named: dict[str, Item] = {}
    secret: str = ""

    @field_validator("secret")
    @classmethod
    def good(cls, secret: str) -> str:
        if secret == "hunter2":
            raise RemediedError("is a bad secret", "take another")
        return secret


def test_what_is_right_is_read_without_a_fault() -> None:
    """The model comes back, and no fault."""
    box, faults = read_model(Box, {"label": "x", "items": [{"name": "a"}]}, ("boxes", "red"))
    assert box == Box(label="x", items=(Item(name="a"),))
    assert faults == []


def test_all_faults_are_told_with_their_places() -> None:
    """One fault per mistake, at its place, in one go."""
    table = {
        "items": [{"name": "a", "count": "many"}, {"name": 5}],
        "named": {"a.b": {"nmae": "x"}},
        "secret": "hunter2",
    }
    _, faults = read_model(Box, table, ("boxes", "red"))
    assert {fault.where: fault.message for fault in faults} == {
        'boxes.red.named."a.b".nmae': "is not a known key",
        "boxes.red.label": "is missing",
        "boxes.red.items[0].count": "must be a whole number",
        "boxes.red.items[1].name": "must be a text in quotes",
        "boxes.red.secret": "is a bad secret",
    }


def test_remedies_come_from_the_model() -> None:
    """A validator's own remedy, the nearest key, or the description of what is missing."""
    _, faults = read_model(Box, {"named": {"x": {"nmae": "x"}}, "secret": "hunter2"}, ("box",))
    remedies = {fault.where: fault.remedy for fault in faults}
    assert remedies == {
        "box.named.x.nmae": "did you mean 'name'?",
        "box.label": "what is written on it",
        "box.secret": "take another",
    }


def test_no_message_quotes_a_value() -> None:
    """A value may be a secret."""
    _, faults = read_model(
        Box,
        {"label": ["s3cr3t"], "items": "s3cr3t", "named": {"x": "s3cr3t"}, "secret": "hunter2"},
        (),
    )
    assert len(faults) == 4
    assert not any("s3cr3t" in str(fault) or "hunter2" in str(fault) for fault in faults)


def test_the_rest_can_be_checked_further() -> None:
    """What is left without the faults comes back too; items of lists keep their index, and slips in
    keys are mended.
    """
    table = {"lable": "x", "items": [{"count": 2}, {"name": "b", "colour": "red"}], "secret": 5}
    box, faults = read_model(Box, table, ())
    assert len(faults) == 4
    assert box == Box(label="x", items=(Item(name=UNREADABLE, count=2), Item(name="b")))


def test_a_table_that_is_none_gives_one_fault() -> None:
    """Something else where a table should be is told at its own place."""
    assert read_model(Box, 5, ("box",)) == (None, [ConfigFault("box", "must be a table")])


def test_the_file_is_not_changed() -> None:
    """Reading mends a copy."""
    table = {"lable": "x", "items": [{}]}
    read_model(Box, table, ())
    assert table == {"lable": "x", "items": [{}]}


def test_places_are_written_as_toml_would() -> None:
    """Keys that need quotes have them."""
    assert (
        format_place(("routes", 1, "upsert", 0, "fields", "amount"))
        == "routes[1].upsert[0].fields.amount"
    )
    assert format_place(("fields", "a.b")) == 'fields."a.b"'
