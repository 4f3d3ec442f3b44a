"""What counts as an id, and as the same one."""

import pytest

from tests.aom.bodies import changed, paths, reading, refusal


@pytest.mark.parametrize("sent", [0, "0", "", "0.0", 0.0, " ", None, "\u200b"])
def test_no_id_is_no_id(sent: object) -> None:
    """0 stands for a guest, who must not lose the id that he has."""
    event = reading(changed("order.placed", customer={"id": sent, "email": "ada@example.edu"}))
    assert (event.people[0].id, event.unreadable) == (None, ())
    assert paths(refusal(changed("order.placed", id=sent))) == ["id"]


@pytest.mark.parametrize(
    ("sent", "read"),
    [(7401.0, "7401"), ("7401.0", "7401"), ("7401.00", "7401"), (" 7401 ", "7401"), ("1.5",
    "1.5"), ("A-7.0", "A-7.0"), ("2E10", "2E10"),
     ("12345678901234567890", "12345678901234567890"), (12345678901234567890,
     "12345678901234567890")],
)  # fmt: skip
def test_an_id_from_a_spreadsheet_is_the_same_id(sent: object, read: str) -> None:
    """7401.0 is 7401; long ones and those with letters stay as they are."""
    assert reading(changed("order.placed", id=sent)).normal()["order"]["id"] == read


@pytest.mark.parametrize("sent", ["1,234", "7,401,002", " 12,345 "])
def test_a_number_written_for_people_is_no_id(sent: str) -> None:
    """With its commas it would be another order than 1234; what would be right is said."""
    message = refusal(changed("order.placed", id=sent)).faults[0].message
    assert f"without commas: {sent.strip().replace(',', '')}" in message


@pytest.mark.parametrize(
    "sent", ["2.02403E+11", "2.02403e+11", "1E+15", "2.5E11", 2.02403e11, 1e15]
)
def test_a_rounded_number_is_no_id(sent: object) -> None:
    """Its last digits are lost: two orders look like one.

    A fault of an order, and reported elsewhere.
    """
    assert "rounded" in refusal(changed("order.placed", id=sent)).faults[0].message
    assert reading(changed("account.created", id=sent)).unreadable == ("id (unreadable)",)


@pytest.mark.parametrize("id", ["&#55;401", "7401.0", [7401], ["7401"], " 7401\u200b"])
def test_an_order_is_the_same_thing_however_its_id_is_written(id: object) -> None:
    """So that its states follow one another."""
    assert (
        reading(changed("order.placed", id=id)).thing
        == reading(changed("order.placed", id=7401)).thing
    )
