"""Tables that are written by hand say what the code does."""

from __future__ import annotations

from typing import get_args

from connectors import base
from connectors.base import Connector
from receiver.alarms.alarm import Cause
from receiver.aom import LABELS, MENU
from tests.docs.pages import ROOT, blocks, cells, pages


def test_schools_are_told_of_all_entries_of_the_menu() -> None:
    """By AOM's own labels, with the end of each address."""
    rows = {row[0]: row[1].strip("`") for row in cells("docs/schools.md")}
    assert {label: rows.get(label) for label in map(LABELS.get, MENU) if label} == {
        LABELS[name]: name for name in MENU
    }


def test_every_cause_of_an_alarm_is_explained() -> None:
    """But for that of a test."""
    rows = {row[0].strip("`") for row in cells("docs/operators/alarms.md")}
    assert set(get_args(Cause)) - {"test"} <= rows


def test_authors_are_told_of_all_that_a_connector_has() -> None:
    """What it must have, what it can have beyond that, outcomes and errors."""
    text = pages()["docs/connectors.md"]
    classes = [one for one in vars(base).values() if isinstance(one, type)]
    parts = [one for one in classes if getattr(one, "_is_runtime_protocol", False)]
    errors = [one for one in classes if issubclass(one, base.ConnectorError)]
    named = [*_members(Connector), *(one.__name__ for one in (*parts, *errors))]
    named += [one.__name__ for one in get_args(base.Outcome)]
    named += [name for part in parts for name in _members(part)]
    assert len(parts) >= 3
    assert [one for one in named if f"`{one}" not in text] == []


def _members(part: type) -> list[str]:
    own = {**vars(part), **part.__annotations__}
    return [name for name in own if not name.startswith("_")]


def test_the_readme_fits_on_two_screens() -> None:
    """All else has its page."""
    assert len(pages()["README.md"].splitlines()) <= 120
    assert blocks("sh")[0].page
    assert (ROOT / "LICENSE").is_file()
