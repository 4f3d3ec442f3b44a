"""AOM's own examples are read, on every kind of URL."""

import pytest

from receiver.aom import EVENTS, read_sample
from tests.aom.bodies import SAMPLED, reading, sampled


def test_there_are_nine_samples() -> None:
    """The samples are exactly those that AOM publishes."""
    assert {event for event in EVENTS if read_sample(event)} == SAMPLED


def test_no_sample_for_a_name_that_is_no_event() -> None:
    """Asking for an unknown sample is answered with None."""
    assert read_sample("order.cancelled") is None


@pytest.mark.parametrize("event", sorted(SAMPLED))
def test_a_sample_is_recognised_without_a_name(event: str) -> None:
    """On the shared URL each sample is told by its status or its shape, and nothing in it is
    unknown.
    """
    read = reading(sampled(event))
    assert (read.name, read.how, read.disagreement) == (
        event,
        "status" if event.startswith("order.") else "shape",
        None,
    )
    assert (read.unknown, read.unreadable) == ((), ())


@pytest.mark.parametrize("event", sorted(SAMPLED))
def test_a_sample_is_recognised_on_its_own_url(event: str) -> None:
    """The URL's name holds where the body agrees."""
    read = reading(sampled(event), event)
    assert (read.name, read.how, read.disagreement, read.unknown, read.unreadable) == (
        event,
        "url",
        None,
        (),
        (),
    )


def test_the_key_of_a_person_is_the_lower_cased_address() -> None:
    """AOM mixes upper and lower case; the key does not."""
    assert [person.key for person in reading(sampled("account.created")).people] == [
        "johndoe@academyofmine.com"
    ]
