"""What a column is, by its header alone."""

from __future__ import annotations

import pytest

from receiver.importer.column_headers import (
    header_path,
    is_date,
    is_literal_text,
    near_headers,
    needed_paths,
)


@pytest.mark.parametrize(
    ("header", "event", "path"),
    [
        ("E-Mail Address", "account.created", "email"),
        ("student_email", "course.enrolled", "userList[0].email"),
        ("Order Number", "order.placed", "id"),
        ("City (Billing)", "order.placed", "customer.billing_address.city"),
        ("Quiz title", "quiz.submitted", "quiz.name"),
        ("customer.email", "order.placed", "customer.email"),  # a path itself
        ("favourite colour", "account.created", None),
        ("", "account.created", None),
    ],
)
def test_a_header_is_known_however_it_is_written(header: str, event: str, path: str | None) -> None:
    """Case, blanks and hyphens do not count; what says nothing is nothing."""
    assert header_path(header, event) == path


def test_the_same_header_is_of_the_event_that_it_stands_in() -> None:
    """A `date` is an order's, a submission's or an account's."""
    events = ("order.placed", "quiz.submitted", "account.created")
    assert [header_path("Date", event) for event in events] == [
        "date_created",
        "date_submitted",
        "date_registered",
    ]


def test_what_may_be_meant_is_named() -> None:
    """The likeliest header first, as it is written in the file."""
    assert near_headers("email", "account.created", ["Name", "E-Mial"]) == ["E-Mial"]
    assert near_headers("email", "account.created", ["Colour"]) == []


def test_what_a_line_cannot_do_without() -> None:
    """An address, and of an order its number and state."""
    assert needed_paths("order.refunded") == ("id", "status", "customer.email")
    assert needed_paths("quiz.submitted") == ("email",)


def test_how_a_cell_is_read_is_known_by_its_path() -> None:
    """Moments are moments, lists may come as JSON, and a name that looks like JSON is a name."""
    assert is_date(("date_created",))
    assert not is_date(("id",))
    assert is_literal_text(("name",))
    assert not is_literal_text(("line_items",))
    assert not is_literal_text(("line_items", 0))
