"""What the gateway remembers of the records that it wrote."""

from __future__ import annotations

from tests.admin.conftest import Api, order


def test_a_record_that_was_written_is_known(api: Api) -> None:
    """Its id in the CRM, which event set each field last, and what it is tied to."""
    first = api.take("order.placed", order(801, "held@example.edu"))
    api.settled()
    path = "/api/connectors/sandbox/held/deal"
    held = api.get(path, key="springfield:801")
    assert held["id"]
    assert set(held["fields"].values()) == {first}
    assert held["links"] == ["contact/held@example.edu"]


def test_one_that_was_never_written_has_no_id(api: Api) -> None:
    """Nor has one of a connector that is not there."""
    for name in ("sandbox", "nobody's"):
        held = api.get(f"/api/connectors/{name}/held/deal", key="springfield:nothing")
        assert (held["id"], held["fields"], held["links"]) == (None, {}, [])
