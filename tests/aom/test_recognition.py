"""Which event a body is."""

from typing import Any

import pytest

from tests.aom.bodies import changed, paths, reading, refusal, sampled


@pytest.mark.parametrize(
    ("status", "event"),
    [
        ("COMPLETED", "order.placed"),
        ("completed", "order.placed"),
        ("wc-processing", "order.placed"),
        ("FAILED", "order.failed"),
        ("Refunded", "order.refunded"),
        ("REFUSED", "order.refused"),
        ("PENDING", "order.pending"),
        ("Pending payment", "order.pending"),
        ("on_hold", "order.pending"),
    ],
)
def test_a_known_status_tells_the_event(status: str, event: str) -> None:
    """Without a name in the URL an order is what its status says, however that is spelled."""
    read = reading(changed("order.placed", status=status))
    assert (read.name, read.how) == (event, "status")


def test_a_known_status_decides_over_the_url() -> None:
    """A failed order on the URL of placed ones is a failed order, and the disagreement is told."""
    read = reading(changed("order.placed", status="FAILED"), "order.placed")
    assert (read.name, read.how) == ("order.failed", "status")
    assert read.disagreement == "the URL says order.placed, the status 'FAILED' says order.failed"


def test_a_refund_on_the_url_of_refused_orders_is_as_aom_means_it() -> None:
    """AOM's menu entry "Order Refused" has a sample of a refund: told by its status, and nothing
    disagrees.
    """
    read = reading(sampled("order.refunded"), "order.refused")
    assert (read.name, read.how, read.disagreement) == ("order.refunded", "status", None)


@pytest.mark.parametrize("status", ["SHIPPED", "partially-refunded", "wc-custom"])
def test_an_unknown_status_keeps_the_urls_name(status: str) -> None:
    """The URL names an order whose status says nothing, and the status is reported."""
    read = reading(changed("order.placed", status=status), "order.refused")
    assert (read.name, read.how, read.disagreement, read.unknown) == (
        "order.refused",
        "url",
        None,
        (),
    )
    assert read.unreadable == ("status (unknown)",)


def test_an_unknown_status_without_a_name_is_refused() -> None:
    """Nothing tells what happened, so the operator has to look: the fault names the status, and
    those that are known.
    """
    invalid = refusal(changed("order.placed", status="SHIPPED"))
    assert (paths(invalid), invalid.event, invalid.how) == (["status"], None, None)
    assert invalid.faults[0].message.startswith(
        "'SHIPPED' is none that tells the event (COMPLETED, FAILED,"
    )


def test_an_order_without_a_status_has_all_its_faults_told() -> None:
    """What else is missing in an order that cannot be named is told at once, too."""
    assert paths(refusal({"line_items": [], "customer": {}})) == ["status", "id", "customer.email"]


def test_an_order_is_told_without_line_items() -> None:
    """Line items are optional: a customer and a status are enough."""
    assert reading(changed("order.placed", line_items=...)).name == "order.placed"


@pytest.mark.parametrize(
    ("changes", "event"),
    [
        ({"grade": "A"}, "assignment.evaluated"),
        ({"grade": 0}, "assignment.evaluated"),
        ({"dateEvaluated": "Aug 11, 2020 01:45 PM"}, "assignment.evaluated"),
        ({"evaluated_by": {"id": 1, "name": "Aom Staff"}}, "assignment.evaluated"),
        ({"status": "Evaluated"}, "assignment.evaluated"),
        ({"assignment": {"id": 1, "name": "x", "score": 7.5}}, "assignment.evaluated"),
        ({"rejected": True}, "assignment.rejected"),
        ({"rejection_reason": "too short"}, "assignment.rejected"),
        ({"event": "assignment_rejected"}, "assignment.rejected"),
        ({"event": "Rejected an assignment"}, "assignment.rejected"),
        ({"event": "Evaluated an assignment"}, "assignment.evaluated"),
        ({"assignment": {"id": 1, "name": "x", "status": "REJECTED"}}, "assignment.rejected"),
        ({"is_rejected": "yes", "grade": "F"}, "assignment.rejected"),
    ],
)
def test_hints_tell_what_became_of_an_assignment(changes: dict[str, Any], event: str) -> None:
    """Keys and values that say so tell evaluated and rejected assignments from submitted ones."""
    read = reading(changed("assignment.submitted", **changes))
    assert (read.name, read.how) == (event, "hint")


@pytest.mark.parametrize(
    "changes",
    [
        {"grade": None},
        {"grade": ""},
        {"rejected": False},
        {"rejected": 0},
        {"is_rejected": "no"},
        {"date_evaluated": []},
        {"upgrade": True},
        {"status": "submitted"},
        {"status": "Not evaluated"},
        {"status": "pending_evaluation"},
        {"evaluation": "pending"},
        {"max_score": 100, "passingGrade": 50},
        {"needs_grading": True},
        {"assignment": {"id": 1, "name": "Rejecting and evaluating evidence"}},
        {"course": {"id": 2, "name": "Graded readers"}},
        {"comment": "I was rejected before"},
    ],
)
def test_what_only_resembles_a_hint_is_none(changes: dict[str, Any]) -> None:
    """Empty or negative values and what people write say nothing of a verdict."""
    read = reading(changed("assignment.submitted", **changes))
    assert (read.name, read.how) == ("assignment.submitted", "shape")


@pytest.mark.parametrize("event", ["assignment.evaluated", "assignment.rejected"])
def test_the_url_alone_tells_the_verdict_on_an_assignment(event: str) -> None:
    """The shape of an assignment says only that it is one, which is no disagreement."""
    read = reading(sampled("assignment.submitted"), event)
    assert (read.name, read.how, read.disagreement) == (event, "url", None)


def test_the_url_holds_over_a_hint() -> None:
    """A hint is weak: it is told, and changes nothing."""
    read = reading(changed("assignment.submitted", grade="A"), "assignment.submitted")
    assert (read.name, read.how) == ("assignment.submitted", "url")
    assert (
        read.disagreement
        == "the URL says assignment.submitted, the body looks like assignment.evaluated"
    )


def test_the_url_holds_over_the_shape() -> None:
    """A quiz on the URL of new accounts is taken for what the URL says, and the disagreement is
    told.
    """
    read = reading(sampled("quiz.submitted"), "account.created")
    assert (read.name, read.how) == ("account.created", "url")
    assert read.disagreement == "the URL says account.created, the body looks like quiz.submitted"


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ("course.enrolled", "account.created"),
        ("announcement.created", "course.enrolled"),
        ("quiz.submitted", "order.placed"),
        ("discussion.submitted", "announcement.created"),
    ],
)
def test_the_shape_decides_where_the_urls_event_would_have_no_people(sent: str, named: str) -> None:
    """What cannot be the URL's event, but clearly is another one, is that: several events may share
    one URL in AOM.
    """
    read = reading(sampled(sent), named)
    assert (read.name, read.how) == (sent, "shape")
    assert read.disagreement == f"the URL says {named}, the body looks like {sent}"


def test_an_order_on_another_events_url_is_an_order() -> None:
    """Its status tells it; if the status is unknown, that is the fault."""
    assert reading(sampled("order.placed"), "quiz.submitted").name == "order.placed"
    assert paths(refusal(changed("order.placed", status="SHIPPED"), "quiz.submitted")) == ["status"]


def test_a_body_without_a_telling_shape_is_what_the_url_says() -> None:
    """All but the person is optional, so the URL is enough, and there is nothing to disagree
    with.
    """
    for event in (
        "account.created",
        "quiz.submitted",
        "assignment.rejected",
        "discussion.submitted",
    ):
        read = reading({"email": "ada@example.edu"}, event)
        assert (read.name, read.how, read.disagreement) == (event, "url", None)


def test_a_null_is_no_shape() -> None:
    """A key without a value tells nothing."""
    assert (
        reading(changed("discussion.submitted", quiz=None, assignment=None)).name
        == "discussion.submitted"
    )


def test_a_body_of_no_known_shape_is_refused_with_what_would_be_right() -> None:
    """The fault is of the whole body; it names the telling keys and those that are there."""
    invalid = refusal({"hello": 1, "wor\u202eld": 2})
    assert (paths(invalid), invalid.event, invalid.how) == ([""], None, None)
    assert "date_registered" in invalid.faults[0].message
    assert invalid.faults[0].message.endswith("it has hello, wor\\u202eld")


def test_an_unknown_name_in_the_url_is_refused_with_the_nearest_one() -> None:
    """However good the body is: somebody mistyped the URL."""
    invalid = refusal(sampled("order.placed"), "order.place")
    assert (paths(invalid), invalid.event, invalid.how) == (["url"], None, None)
    assert (
        invalid.faults[0].message == "'order.place' is no event of AOM; did you mean order.placed?"
    )


def test_a_hopeless_name_in_the_url_is_told_shortly() -> None:
    """It is stored with each such call and shown wherever these are: without a list of all events;
    what was sent is escaped and cut.
    """
    message = refusal(sampled("order.placed"), "\0" + "x" * 5000).faults[0].message
    assert message.endswith("is no event of AOM")
    assert message.isprintable()
    assert len(message) < 150


def test_faults_of_url_and_body_are_told_together() -> None:
    """A wrong name does not hide a broken body."""
    assert paths(refusal(b"{", "order.place")) == ["url", ""]
