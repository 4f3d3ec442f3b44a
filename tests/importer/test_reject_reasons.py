"""Why lines were not taken, by reason."""

from receiver.aom import BodyError
from receiver.importer.reject_reasons import RejectReasons


def test_lines_of_one_mistake_are_one_reason() -> None:
    """Whatever values they quote; the first lines are named, the others counted, the most frequent
    reason comes first.
    """
    reasons = RejectReasons()
    reasons.add(1, [BodyError("id", "is needed and missing")])
    for number in range(2, 187):
        reasons.add(
            number,
            [BodyError("email", f"'x{number}' is none"), BodyError("date", f"is 2024-03-{number}")],
        )
    first, second, last = reasons.most_frequent()
    assert (first.fault.message, first.count, first.lines) == ("'x2' is none", 185, [2, 3, 4, 5, 6])
    assert (second.fault.path, second.count) == ("date", 185)
    assert (last.count, reasons.beyond) == (1, 0)


def test_a_line_counts_once_for_a_reason() -> None:
    """Though it has it in many places."""
    reasons = RejectReasons()
    reasons.add(1, [BodyError(f"line_items[{index}].total", "is wrong") for index in range(9)])
    assert [reason.count for reason in reasons.most_frequent()] == [1]


def test_reasons_without_end_are_counted_together() -> None:
    """A file of nonsense does not fill the memory."""
    reasons = RejectReasons()
    letters = [chr(97 + one) + chr(97 + other) for one in range(26) for other in range(26)]
    for number, text in enumerate(letters):
        reasons.add(number, [BodyError("", text)])
    assert len(reasons.most_frequent()) + reasons.beyond == len(letters)
    assert reasons.beyond > 500
