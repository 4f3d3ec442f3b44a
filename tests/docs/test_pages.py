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
    assert {label: rows.get(label) for label in map(LABELS.get, MENU) if label} == {LABELS[name]: name for name in MENU}


def test_every_cause_of_an_alarm_is_explained() -> None:
    """But for that of a test."""
    rows = {row[0].strip("`") for row in cells("docs/operators/alarms.md")}
    assert set(get_args(Cause)) - {"test"} <= rows


def test_authors_are_told_of_all_that_a_connector_has() -> None:
    """Members of the interface, outcomes and errors."""
    text = pages()["docs/connectors.md"]
    members = [name for name in vars(Connector) if not name.startswith("_")]
    outcomes = [one.__name__ for one in get_args(base.Outcome)]
    errors = [one.__name__ for one in vars(base).values() if _is_error(one)]
    missing = [one for one in (*members, *outcomes, *errors) if f"`{one}" not in text]
    assert missing == []


def _is_error(one: object) -> bool:
    plain = base.ConnectorError
    return isinstance(one, type) and issubclass(one, plain) and one is not plain


def test_the_readme_fits_on_two_screens() -> None:
    """All else has its page."""
    assert len(pages()["README.md"].splitlines()) <= 120
    assert blocks("sh")[0].page
    assert (ROOT / "LICENSE").is_file()
