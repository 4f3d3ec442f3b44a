"""Fields that only go forward: what is further on, and what the check says of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.inbox.lanes.field_versions import FieldVersion, is_behind, stands_against
from receiver.mapping import MappingFault, ranks_of
from receiver.mapping.language.value_text import UnusableValue
from receiver.mapping.routes.rank import moment
from tests.mapping.sample_routes import contact, mapping_faults, rendered, route

FIELD = "routes[0].upsert[0].fields.x"

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
# hypothesis adds the zone
moments = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=zones)  # noqa: DTZ001


@given(moments, moments)
def test_of_two_moments_the_later_sorts_last(one: datetime, other: datetime) -> None:
    """Whatever their offsets, to the microsecond."""
    assert (moment(one) < moment(other)) is (one < other)


def test_a_day_is_its_first_moment() -> None:
    """In UTC; so is a text that is a date."""
    assert (
        moment(date(2026, 5, 1)) == moment("2026-05-01") == moment(datetime(2026, 5, 1, tzinfo=UTC))
    )


@pytest.mark.parametrize("value", [3, True, "soon", "\0"])
def test_what_is_no_date_is_told(value: object) -> None:
    """In words."""
    with pytest.raises(UnusableValue, match="takes a date"):
        moment(value)


@pytest.mark.parametrize(
    ("field", "rank"),
    [
        ('{ value = "Lead", forward = ["visitor", "lead"] }', "000001"),
        ('{ value = "{{ event.occurred_at }}", newest = true }', "0"),
        ('{ value = "{{ order.status }}", newest = "{{ event.received_at }}" }', "0"),
        ('{ value = "x", newest = "{{ order.date_created if false else none }}" }', None),
        ('{ value = "x", newest = false }', None),
    ],
)
def test_how_far_a_value_is(tmp_path: Path, field: str, rank: str | None) -> None:
    """Stages by their place in the list, without regard to case; dates by their time; where no date
    decides, the event does.
    """
    (record,) = rendered(tmp_path, "order.placed", route("order.*", contact(f"fields.x = {field}")))
    assert ranks_of(record).get("x", "").startswith(rank or "")
    assert ("x" in ranks_of(record)) is (rank is not None)


def test_a_stage_that_is_not_in_the_list(tmp_path: Path) -> None:
    """The event is not written, with a reason that holds nothing of the payload."""
    field = 'fields.x = { value = "{{ order.status }}", forward = ["lead", "customer"] }'
    with pytest.raises(MappingFault, match="none of its `forward`") as caught:
        rendered(tmp_path, "order.placed", route("order.*", contact(field)))
    assert "COMPLETED" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "where", "says"),
    [
        (
            '{ value = "custmer", forward = ["lead", "customer"] }',
            f"{FIELD}.forward",
            "has no 'custmer'",
        ),
        (
            '{ value = "{{ order.status }}", map = { A = "b" }, default = "c", forward = ["b"] }',
            f"{FIELD}.forward",
            "has no 'c'",
        ),
        ('{ value = "a", forward = [] }', f"{FIELD}.forward", ""),
        ('{ value = "a", forward = ["a", "A"] }', FIELD, "twice"),
        ('{ value = "a", forward = ["a"], append = true }', FIELD, "append and forward"),
        (
            '{ value = "{{ event.occurred_at }}", forward = ["a"], newest = true }',
            FIELD,
            "forward and newest",
        ),
        ('{ value = "{{ order.status }}", newest = true }', FIELD, "goes by a date"),
        (
            '{ value = "{{ order.status }}", newest = "{{ order.id }}" }',
            f"{FIELD}.newest",
            "goes by a date",
        ),
        ('{ value = "a", newest = "{{ event.occured_at }}" }', f"{FIELD}.newest", "occured_at"),
    ],
)
def test_the_check_of_what_goes_forward(tmp_path: Path, field: str, where: str, says: str) -> None:
    """Each with its place."""
    faults = mapping_faults(tmp_path, route("order.*", contact(f"fields.x = {field}")))
    assert set(faults) == {where}
    assert says in faults[where].message


def test_a_profile_is_what_is_known_when_it_is_written(tmp_path: Path) -> None:
    """A late event whose newer ones are being written is not left out of it: of two such values
    none stands against the other, whichever event they are for.
    """
    fields = 'fields.x = "{{ profile.order_count }}"\nfields.y = "{{ order.id }}"'
    (record,) = rendered(tmp_path, "order.placed", route("order.placed", contact(fields)))
    ranks = ranks_of(record)
    assert ranks.keys() == {"x"}
    older, newer = FieldVersion("1", 1, ranks["x"]), FieldVersion("2", 1, ranks["x"])
    assert not stands_against(newer, older, "9")
    assert not is_behind(older, newer)
