"""How many records a call holds: learnt from failures, and grown again slowly."""

from __future__ import annotations

import structlog

from receiver.delivery.limits.batch_sizes import GROW_AFTER, BatchSizes

TIMEOUT = 60.0


def sizes(most: int = 100) -> BatchSizes:
    return BatchSizes(most, structlog.get_logger())


def pass_calls(learnt: BatchSizes, kind: str, number: int) -> None:
    for _ in range(number):
        learnt.passed(kind, learnt.of(kind), 0.1, TIMEOUT)


def test_what_the_crm_says_counts_until_something_is_learnt() -> None:
    """Without a failure a call is as large as the CRM says it may be."""
    fresh = sizes()
    assert (fresh.of("deal"), fresh.smallest(), fresh.learnt()) == (100, 100, {})


def test_the_size_that_worked_is_kept_for_its_object_alone() -> None:
    """An object whose calls failed for their size gets smaller ones, and no other object does."""
    learnt = sizes()
    learnt.works("deal", 25, fails=100)
    assert (learnt.of("deal"), learnt.of("contact"), learnt.smallest()) == (25, 100, 25)
    assert learnt.changed
    assert learnt.learnt() == {"deal": 25}
    assert not learnt.changed


def test_a_size_grows_again_by_a_quarter_after_a_streak() -> None:
    """It takes some calls of the full learnt size that went well; a smaller call proves nothing."""
    learnt = sizes()
    learnt.works("deal", 40, fails=80)
    for _ in range(10 * GROW_AFTER):
        learnt.passed("deal", 39, 0.1, TIMEOUT)
    pass_calls(learnt, "deal", GROW_AFTER - 1)
    assert learnt.of("deal") == 40
    pass_calls(learnt, "deal", 1)
    assert learnt.of("deal") == 50


def test_growing_too_early_doubles_the_streak() -> None:
    """A size that grew and did not work is tried again only after twice as many calls."""
    learnt = sizes()
    learnt.works("deal", 40, fails=80)
    pass_calls(learnt, "deal", GROW_AFTER)
    learnt.works("deal", 40, fails=50)
    pass_calls(learnt, "deal", 2 * GROW_AFTER - 1)
    assert learnt.of("deal") == 40
    pass_calls(learnt, "deal", 1)
    assert learnt.of("deal") == 50


def test_in_the_end_nothing_is_learnt_any_more() -> None:
    """A CRM that is well again gets calls as large as at first."""
    learnt = sizes(8)
    learnt.works("deal", 1, fails=8)
    pass_calls(learnt, "deal", 100 * GROW_AFTER)
    assert (learnt.of("deal"), learnt.learnt()) == (8, {})


def test_a_call_without_an_answer_halves_the_size() -> None:
    """One of a single record tells nothing of sizes."""
    learnt = sizes()
    learnt.timed_out("deal", 100)
    assert (learnt.of("deal"), learnt.slow) == (50, True)
    learnt.timed_out("contact", 1)
    assert learnt.of("contact") == 100


def test_another_process_goes_on_from_what_was_learnt() -> None:
    """What makes no sense, or is no less than what the CRM says, is not taken over."""
    taken = sizes()
    taken.start({"deal": 25, "contact": 100, "task": 0})
    assert taken.learnt() == {"deal": 25}
