"""The records that events so far leave, more of them than fit into memory."""

from __future__ import annotations

from contextlib import closing

from connectors.base import Append, Record, Ref
from receiver.comparison import compared_records
from receiver.comparison.compared_records import ComparedRecords


def test_more_records_than_are_held() -> None:
    """Each is folded on where it was left; those that are the same are left out."""
    number = compared_records.IN_MEMORY + 1_000
    with closing(ComparedRecords()) as states:
        for turn in range(2):
            for key in range(number):
                record = Record("deal", str(key), {f"f{turn}": turn, "same": True})
                state = states.find(("box", "deal", str(key)), f"p{key % 7}@x.test")
                state.fold_before(record)
                state.fold_after(
                    record if key != 5 else Record("deal", "5", {"f1": 9}), f"event{turn}"
                )
        ((record_number, key_of, state),) = states.differing()
        states.mark(record_number)
        assert key_of == ("box", "deal", "5")
        assert state.before == Record("deal", "5", {"f0": 0, "same": True, "f1": 1})
        assert state.after == Record("deal", "5", {"f1": 9})
        assert (states.count_people(), states.count_people(["q@x.test", "p5@x.test"])) == (1, 2)


def test_what_is_true_is_not_one() -> None:
    """To Python it is, to a CRM not."""
    with closing(ComparedRecords()) as states:
        state = states.find(("box", "deal", "1"), "p@x.test")
        state.fold_before(Record("deal", "1", {"n": 1}))
        state.fold_after(Record("deal", "1", {"n": True}), "e")
        assert len(list(states.differing())) == 1


def test_from_which_events_a_record_is() -> None:
    """Each field from the one whose value counts; options from all; the record, and its links, from
    those that brought them.
    """
    with closing(ComparedRecords()) as states:
        state = states.find(("box", "deal", "1"), "p@x.test")
        ann = Ref("contact", "ann@x.test")
        state.fold_after(Record("deal", "1", {"a": 1, "b": 1, "c": Append(("x",))}), "e1")
        state.fold_after(Record("deal", "1", {"a": 2, "c": Append(("y",))}), "e2")
        state.fold_after(Record("deal", "1", {}, links=(ann,)), "e3")
        expected = {"": ("e1", "e3"), "a": ("e2",), "b": ("e1",), "c": ("e1", "e2")}
        assert state.origins == expected


def test_events_to_deliver_again() -> None:
    """By connector, each once, oldest first."""
    with closing(ComparedRecords()) as states:
        states.deliver_again("box", ["e2", "e1", "e2"])
        states.deliver_again("a", ["e3"])
        assert states.events_again() == {"a": ("e3",), "box": ("e1", "e2")}
