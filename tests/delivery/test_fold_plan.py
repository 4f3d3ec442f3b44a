"""In which parts a lane is written, and which of its deliveries a refusal is the end of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from connectors.base import Record, Ref, Refused
from receiver.delivery.fold_plan import FoldPlan
from receiver.delivery.renderer import RenderedDelivery
from receiver.inbox import PendingDelivery

ANN, DEAL = Ref("contact", "ann@b.edu"), Ref("deal", "1")
BLOCKED = Refused("BLOCKED", "this contact was deleted for privacy")
BAD_PHONE = Refused("INVALID", "no phone number", "phone")
NOW = datetime(2026, 5, 4, tzinfo=UTC)

Verdict = Callable[[tuple[RenderedDelivery, ...]], tuple[Ref, Refused] | None]


def rendered(number: int, ref: Ref = ANN, **fields: str) -> RenderedDelivery:
    delivery = PendingDelivery(
        number, number, f"{number:032x}", "school", "quiz.submitted", None, b"{}", NOW
    )
    return RenderedDelivery(delivery, (Record(ref.object, ref.key, fields),), "quiz.submitted")


def play(deliveries: list[RenderedDelivery], verdict: Verdict) -> tuple[set[int], set[int], int]:
    """Which were saved, which are dead, and in how many calls."""
    plan, saved, dead, calls = FoldPlan([tuple(deliveries)]), set[int](), set[int](), 0
    while part := plan.part:
        calls += 1
        refusal = verdict(part)
        if refusal is None:
            saved |= {one.delivery.delivery_id for one in plan.saved()}
        else:
            dead |= {one.delivery.delivery_id for one in plan.refused(*refusal)}
    assert not saved & dead
    assert saved | dead == {one.delivery.delivery_id for one in deliveries}
    return saved, dead, calls


@pytest.mark.parametrize("count", [1, 2, 30, 60, 200])
def test_what_is_always_refused_with_the_same_words_is_not_tried_once_per_event(count: int) -> None:
    """A contact that the account has blocked costs some calls, however many events wait for it."""
    saved, dead, calls = play([rendered(n) for n in range(count)], lambda _part: (ANN, BLOCKED))
    assert (len(saved), len(dead)) == (0, count)
    assert calls <= 14
    assert count != 30 or calls <= 10


@pytest.mark.parametrize("guilty", [{0}, {17}, {29}, {3, 4}, {0, 10, 20, 29}, set(range(0, 30, 5))])
def test_only_the_guilty_are_dead(guilty: set[int]) -> None:
    """Those before, between and after them are saved, though they are refused with the same
    words.
    """

    def verdict(part: tuple[RenderedDelivery, ...]) -> tuple[Ref, Refused] | None:
        return (
            (ANN, BAD_PHONE)
            if any(one.records[0].fields["phone"] == "bad" for one in part)
            else None
        )

    deliveries = [rendered(n, phone="bad" if n in guilty else f"+1 555 {n}") for n in range(30)]
    _, dead, _ = play(deliveries, verdict)
    assert dead == guilty


def test_a_value_that_a_later_event_mends_kills_nobody() -> None:
    """The fold goes through: its last value is right."""
    deliveries = [rendered(0, phone="bad"), rendered(1, phone="+1 555")]
    saved, dead, calls = play(
        deliveries,
        lambda part: None if part[-1].records[0].fields["phone"] != "bad" else (ANN, BAD_PHONE),
    )
    assert (saved, dead, calls) == ({0, 1}, set(), 1)


def test_what_does_not_write_the_record_is_not_judged_with_it() -> None:
    """Orders of a person whose contact is blocked, that do not write the contact, go on."""

    def verdict(part: tuple[RenderedDelivery, ...]) -> tuple[Ref, Refused] | None:
        return (ANN, BLOCKED) if any(one.records[0].ref == ANN for one in part) else None

    deliveries = [rendered(n, DEAL if n in {8, 15} else ANN) for n in range(20)]
    saved, dead, _ = play(deliveries, verdict)
    assert saved == {8, 15}
    assert len(dead) == 18


def test_the_oldest_part_goes_first() -> None:
    """Whatever is taken apart, order holds."""
    plan = FoldPlan([tuple(rendered(n) for n in range(8))])
    plan.refused(ANN, BLOCKED)
    assert [[one.delivery.seq for one in part] for part in plan.parts] == [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
    ]
    plan.saved()
    plan.refused(ANN, BLOCKED)
    assert [[one.delivery.seq for one in part] for part in plan.parts] == [[4, 5], [6, 7]]


def test_what_does_not_fold_goes_one_by_one() -> None:
    """Each delivery is a part of its own, the oldest first, also behind refusals with the same
    words.
    """
    deliveries = [rendered(number) for number in range(6)]
    plan, seen = FoldPlan.of(deliveries, folds=False), []
    while part := plan.part:
        seen += [part]
        dead = plan.refused(ANN, BLOCKED) if len(seen) < 5 else ()
        assert dead == (part if len(seen) < 5 else ())
        if not dead:
            plan.saved()
    assert seen == [(one,) for one in deliveries]


def test_nothing_is_no_part() -> None:
    """Without deliveries there is nothing to write, folded or not."""
    assert not FoldPlan.of([]).parts
    assert not FoldPlan.of([], folds=False).parts
