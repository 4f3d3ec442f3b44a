"""Whatever HubSpot answers, every row ends in one place, and none in another's."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import Saved
from connectors.hubspot.records.result_match import match_batch
from connectors.hubspot.records.rows import BatchRow

ROWS = [BatchRow(f"aom-{n}", f"c{n}@example.test", {}, f"10{n}") for n in range(3)]

MERGED = "the record {} was merged in HubSpot: it goes on as {}"

ANY = st.none() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
RESULT = ANY | st.fixed_dictionaries(
    {},
    optional={
        "id": ANY | st.sampled_from(["100", "101", "999"]),
        "new": ANY,
        "objectWriteTraceId": ANY | st.sampled_from(["aom-0", "aom-1"]),
        "properties": ANY
        | st.fixed_dictionaries(
            {}, optional={"email": ANY | st.sampled_from(["c0@example.test", "C2@Example.Test"])}
        ),
        "warnings": ANY | st.lists(ANY, max_size=2),
    },
)
ERROR = ANY | st.fixed_dictionaries(
    {},
    optional={
        "message": ANY,
        "context": ANY | st.fixed_dictionaries({"objectWriteTraceId": ANY | st.just(["aom-1"])}),
    },
)


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "results": ANY | st.lists(RESULT, max_size=4),
            "errors": ANY | st.lists(ERROR, max_size=3),
        },
    )
)
def test_every_row_is_told_or_loose(data: dict[str, Any]) -> None:
    """Saved, at fault, or loose: no row is lost, and no id goes to two of them by guessing."""
    found = match_batch(ROWS, "email", data)
    told = found.saved.keys() | found.faults.keys()
    loose = {row.trace for row in found.loose}
    assert told | loose == {row.trace for row in ROWS}
    assert not told & loose


def test_the_trace_id_goes_before_the_key() -> None:
    """A result that carries another's address, after a merge, is still the row's that it was sent
    for.
    """
    results = [
        {"id": "7", "objectWriteTraceId": "aom-1", "properties": {"email": "c0@example.test"}}
    ]
    assert match_batch(ROWS, "email", {"results": results}).saved == {
        "aom-1": Saved("7", notes=(MERGED.format("101", "7"),))
    }


def test_the_last_one_is_told_by_elimination() -> None:
    """One row and one result left over belong together; with two of each nothing is guessed."""
    results = [
        {"id": str(n), "properties": {"email": address}}
        for n, address in enumerate(["c0@example.test", "c1@example.test", "x@y.test"])
    ]
    assert match_batch(ROWS, "email", {"results": results}).saved["aom-2"].id == "2"
    found = match_batch(ROWS, "email", {"results": [results[0], {"id": "8"}, {"id": "9"}]})
    assert [row.trace for row in found.loose] == ["aom-1", "aom-2"]


def test_a_known_id_tells_too() -> None:
    """Where neither trace id nor address does."""
    assert match_batch(ROWS, "email", {"results": [{"id": "102"}, {"id": "100"}]}).saved.keys() == {
        "aom-0",
        "aom-2",
    }
