"""From a table's headers and cells to payloads."""

from __future__ import annotations

import json
import string
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.aom import EVENTS, SourceContext, json_schema, read_event
from receiver.importer import ColumnOptions, WrongMapping, map_columns
from receiver.importer.column_headers import needed_paths
from receiver.importer.payload_paths import (
    find_value,
    format_path,
    is_within,
    parse_path,
    remove_value,
)

SITE = SourceContext("springfield", ZoneInfo("America/New_York"), "USD")
ORDER = ["id", "status", "email"]


def shown(headers: list[str], event: str, **told: object) -> dict[str, str]:
    return dict(map_columns(headers, event, ColumnOptions(**told)).shown())  # type: ignore[arg-type]


def test_headers_are_known_by_what_they_are_called() -> None:
    """However they are written; nested names as they are; the first of two for one place; what
    nobody knows is told.
    """
    headers = [
        "Order ID",
        "E-Mail",
        "customer.first_name",
        "STATUS",
        "billing_city",
        "Line_Items",
        "order number",
        "Mood",
    ]
    columns = map_columns(headers, "order.placed", ColumnOptions())
    assert dict(columns.shown()) == {
        "Order ID": "id",
        "E-Mail": "customer.email",
        "customer.first_name": "customer.first_name",
        "STATUS": "status",
        "billing_city": "customer.billing_address.city",
        "Line_Items": "line_items",
    }
    assert columns.ignored == ("order number", "Mood")


@pytest.mark.parametrize("event", EVENTS)
def test_a_table_of_what_is_needed_makes_an_event(event: str) -> None:
    """Columns called as the paths that an event needs are enough for it, and each of them is
    needed.
    """
    paths = list(needed_paths(event))
    cells = [
        "ada@example.edu" if path.endswith("email") else "COMPLETED" if path == "status" else "7"
        for path in paths
    ]
    payload = map_columns(paths, event, ColumnOptions()).payload(cells)
    assert read_event(json.dumps(payload).encode(), SITE, event).keys == ("ada@example.edu",)
    for path in paths:
        with pytest.raises(WrongMapping, match=path.replace("[", r"\[")):
            map_columns([one for one in paths if one != path], event, ColumnOptions())


def test_what_is_told_wins() -> None:
    """Over the name of a header; a constant over a column; an empty path leaves a column out."""
    assert shown(["id", "other", "status", "email"], "order.placed", paths={"OTHER": "id"}) == {
        "other": "id",
        "status": "status",
        "email": "customer.email",
    }
    columns = map_columns(ORDER, "order.placed", ColumnOptions(constants={"status": "REFUNDED"}))
    assert columns.payload(["1", "COMPLETED", "a@x.org"])["status"] == "REFUNDED"
    assert shown([*ORDER, "total"], "order.placed", paths={"total": ""}).get("total") is None


@pytest.mark.parametrize("left_out", [{}, {"status": ""}])
@pytest.mark.parametrize(
    "off", ["cancelled", "wc-trash", "Draft", "wc-checkout-draft", "auto-draft"]
)
def test_no_status_for_all_makes_a_sale_of_an_order_that_is_off(
    left_out: dict[str, str], off: str
) -> None:
    """It counts for all lines but for those that say themselves that there is none."""
    columns = map_columns(
        ORDER, "order.placed", ColumnOptions(paths=left_out, constants={"status": "COMPLETED"})
    )
    assert columns.payload(["1", off, "a@x.org"])["status"] == off
    assert columns.payload(["1", "shipped", "a@x.org"])["status"] == "COMPLETED"
    assert columns.payload(["1", "", "a@x.org"])["status"] == "COMPLETED"
    assert columns.ignored == ()


def test_a_missing_column_is_told_with_its_likely_one() -> None:
    """Before anything is read: the path, the header that may be meant, and what to say."""
    with pytest.raises(
        WrongMapping,
        match=r"(?s)account.created needs email.*'Learner e-mial'.*--column 'Learner e-mial=email'",
    ):
        map_columns(["id", "Learner e-mial"], "account.created", ColumnOptions())
    rows = [["Bern", "a@x.org", "x"], ["", "", "y"]]
    with pytest.raises(
        WrongMapping,
        match=r"email, and no column is it. Is it 'Kontakt'\? Say --column 'Kontakt=email'",
    ):
        map_columns(["City", "Kontakt", "Email name"], "account.created", ColumnOptions(), rows)
    with pytest.raises(
        WrongMapping, match=r"Columns left: 'City', 'Mood'. Say --column 'HEADER=email'"
    ):
        map_columns(["City", "Mood"], "account.created", ColumnOptions(), [["Bern", "good"]])
    with pytest.raises(WrongMapping, match="no column 'E-mial'; did you mean 'E-mail'"):
        map_columns(["E-mail"], "account.created", ColumnOptions(paths={"E-mial": "email"}))
    with pytest.raises(WrongMapping, match="two columns want to be email"):
        map_columns(
            ["a", "b"], "account.created", ColumnOptions(paths={"a": "email", "b": "email"})
        )
    with pytest.raises(WrongMapping, match="no path"):
        map_columns(["a"], "account.created", ColumnOptions(paths={"a": "user..email"}))


def test_cells_become_values() -> None:
    """Empty ones are left out, lists are made, JSON is read where a list or object belongs, and
    only there; dates are rewritten.
    """
    headers = [
        *ORDER,
        "line_items[0].name",
        "line_items[1].name",
        "notes",
        "transaction_ref",
        "date",
    ]
    columns = map_columns(headers, "order.placed", ColumnOptions(date_format="%d/%m/%Y %H:%M"))
    assert columns.payload(
        [" 1 ", "FAILED", "a@x.org", "", "Algebra", '["call"]', "[7]", "04/03/2024 10:20"]
    ) == {
        "id": "1",
        "status": "FAILED",
        "customer": {"email": "a@x.org"},
        "line_items": [{"name": "Algebra"}],
        "notes": ["call"],
        "transaction_ref": "[7]",
        "date_created": "2024-03-04T10:20:00",
    }


STEP = st.text(string.ascii_letters + "_", min_size=1, max_size=8)


@given(st.lists(st.one_of(STEP, st.integers(0, 20)), max_size=6), STEP)
def test_a_path_reads_as_it_is_written(steps: list[str | int], first: str) -> None:
    """Whatever its steps are."""
    path = (first, *steps)
    assert parse_path(format_path(path)) == path


def test_what_a_path_leads_to() -> None:
    """It is found, and can be left out with what held nothing else; the payload itself stays as it
    was.
    """
    payload = {"a": {"b": [{"at": 1}, {"at": 2, "c": 3}]}, "at": 0}
    assert [
        find_value(payload, parse_path(path))
        for path in ("at", "a.b[1].at", "a.b[2].at", "a.at", "at.b")
    ] == [0, 2, None, None, None]
    assert remove_value(payload, parse_path("a.b[1].at")) == {
        "a": {"b": [{"at": 1}, {"c": 3}]},
        "at": 0,
    }
    assert remove_value({"a": {"b": [{"at": 1}]}, "at": 0}, parse_path("a.b[0].at")) == {"at": 0}
    assert (
        remove_value(payload, parse_path("a.x.y"))
        == payload
        == {"a": {"b": [{"at": 1}, {"at": 2, "c": 3}]}, "at": 0}
    )
    assert is_within(parse_path("a.b[7].at"), ["a.b[].at"])
    assert is_within(parse_path("a.b[7].at"), ["a"])
    assert not is_within(parse_path("a.b"), ["a.b[].at", "b"])


@given(st.lists(st.text(max_size=12), max_size=12), st.sampled_from(EVENTS), st.data())
def test_any_table_is_mapped_or_told_why_not(
    headers: list[str], event: str, data: st.DataObject
) -> None:
    """Headers of any sort end in a mapping or in WrongMapping; any cells in JSON that holds no
    place twice.
    """
    headers += data.draw(
        st.lists(
            st.sampled_from([*needed_paths(event), *json_schema(event)["properties"]]), max_size=6
        )
    )
    try:
        columns = map_columns(headers, event, ColumnOptions())
    except WrongMapping:
        return
    paths = [path for _, path in columns.shown()]
    assert len(paths) == len(set(paths))
    cells = data.draw(st.lists(st.text(max_size=20), min_size=len(headers), max_size=len(headers)))
    payload = columns.payload(cells)
    assert json.loads(json.dumps(payload)) == payload


def test_headers_with_what_they_belong_to_are_known() -> None:
    """As WooCommerce's exports have them; the shipping address is another one."""
    headers = [
        "Order Number",
        "Order Status",
        "Email (Billing)",
        "First Name (Billing)",
        "City (Billing)",
        "City (Shipping)",
        "Order Total Amount",
    ]
    mapped = map_columns(headers, "order.placed", ColumnOptions())
    assert dict(mapped.shown()) == {
        "Order Number": "id",
        "Order Status": "status",
        "Email (Billing)": "customer.email",
        "First Name (Billing)": "customer.first_name",
        "City (Billing)": "customer.billing_address.city",
        "Order Total Amount": "order_total",
    }
    assert mapped.ignored == ("City (Shipping)",)


def test_the_column_of_a_list_of_faults_is_nothing_to_tell() -> None:
    """It is known what it is."""
    assert map_columns(["email", "fault", "Mood"], "account.created", ColumnOptions()).ignored == (
        "Mood",
    )
