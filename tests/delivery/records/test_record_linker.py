"""Links are made once the records that they tie are there."""

from __future__ import annotations

from connectors.base import BatchRefused, Ref, Refused, Saved
from receiver.inbox import RecordState
from tests.delivery.crm import Crm
from tests.delivery.records.test_record_writer import (
    contact,
    deal,
    event_id,
    known,
    lane_write,
    run,
)


def test_known_links_are_not_made_again() -> None:
    """A pair that is known to be tied costs no call, unless the record or what it is tied to has a
    new id.
    """
    crm = Crm()
    one = lane_write(1, contact("a@b.edu"), deal("o1", "a@b.edu"))
    tied = {"contact/a@b.edu": "id-contact-a@b.edu"}
    for known_id, links, made in (
        ("id-deal-o1", tied, 0),
        ("merged-away", tied, 1),
        ("id-deal-o1", {"contact/a@b.edu": "deleted"}, 1),
    ):
        crm.calls.clear()
        remotes = {("deal", "o1"): RecordState(known_id, links, event_id(1), {})}
        results = run(crm, one, remotes=remotes)
        assert [name for name, _ in crm.calls].count("link") == made
        assert results[Ref("deal", "o1")].tied == (tied if made else {})


def test_a_link_to_a_record_of_an_earlier_batch_uses_its_remembered_id() -> None:
    """A route may link to a contact that this unit does not write."""
    crm = Crm()
    run(
        crm,
        lane_write(1, deal("o1", "a@b.edu")),
        remotes={("contact", "a@b.edu"): known("5")},
    )
    assert crm.links == {(Ref("deal", "o1"), Ref("contact", "a@b.edu"))}


def test_a_link_that_is_refused_is_told_of_its_record() -> None:
    """Both records are saved, and the pair does not count as tied: it is tried again next time."""
    crm = Crm()
    crm.faults = [None, None, BatchRefused("NO", "these two are not tied")]
    result = run(crm, lane_write(1, contact("a@b.edu"), deal("o1", "a@b.edu")))[Ref("deal", "o1")]
    assert isinstance(result.verdict, Saved)
    assert result.links == {Ref("contact", "a@b.edu"): Refused("NO", "these two are not tied")}
    assert result.tied == {}
