"""Many events of one person into one record per key."""

from itertools import permutations

import pytest

from connectors.base import Append, Record, Ref, Value
from receiver.mapping import find_origins, fold_records, overwrite_of, ranks_of
from receiver.mapping.routes.ruled_record import Overwrite, make_record

ANN = Ref("contact", "ann@x.test")


def test_the_last_value_of_a_field_wins() -> None:
    """Oldest first; what a later event does not say stays."""
    older = Record("contact", "a", {"name": "Ann", "city": "Ulm"})
    newer = Record("contact", "a", {"name": "Anne", "vip": True})
    assert fold_records([[older], [newer]]) == (
        Record("contact", "a", {"name": "Anne", "city": "Ulm", "vip": True}),
    )


def test_a_record_stands_once() -> None:
    """Per object and key, also within one event."""
    folded = fold_records(
        [
            [Record("contact", "a", {"x": 1}), Record("contact", "a", {"y": 2})],
            [Record("deal", "a", {}), Record("contact", "b", {})],
        ]
    )
    assert [(record.object, record.key) for record in folded] == [
        ("contact", "a"),
        ("contact", "b"),
        ("deal", "a"),
    ]


def test_options_to_append_are_united() -> None:
    """In order, each once; a plain value in between starts anew."""
    records = [
        [Record("contact", "a", {"courses": Append(values)})] for values in (("A", "B"), ("B", "C"))
    ]
    assert fold_records(records)[0].fields == {"courses": Append(("A", "B", "C"))}
    assert fold_records([records[0], [Record("contact", "a", {"courses": ""})], records[1]])[
        0
    ].fields == {"courses": Append(("B", "C"))}


def test_links_are_united() -> None:
    """In order, each once."""
    one, other = Ref("contact", "a"), Ref("contact", "b")
    folded = fold_records(
        [[Record("deal", "1", {}, links=(one,))], [Record("deal", "1", {}, links=(other, one))]]
    )
    assert folded[0].links == (one, other)


def test_what_is_linked_to_comes_first() -> None:
    """Over several steps; all else keeps its order."""
    records = [
        Record("line", "1", {}, links=(Ref("deal", "1"),)),
        Record("deal", "1", {}, links=(ANN,)),
        Record("note", "1", {}),
        Record("contact", "ann@x.test", {}),
        Record("deal", "2", {}, links=(ANN,)),
    ]
    assert [record.ref for record in fold_records([records])] == [
        ANN,
        Ref("deal", "1"),
        Ref("deal", "2"),
        Ref("line", "1"),
        Ref("note", "1"),
    ]


def test_a_circle_of_links_ends() -> None:
    """It can't be sorted, and is no reason to hang."""
    there, back = (
        Record("a", "1", {}, links=(Ref("b", "1"),)),
        Record("b", "1", {}, links=(Ref("a", "1"),)),
    )
    assert sorted(record.object for record in fold_records([[there, back]])) == ["a", "b"]


def test_doubt_and_ids_are_kept() -> None:
    """What an earlier attempt left behind stays with the record."""
    folded = fold_records(
        [
            [Record("contact", "a", {}, id="7", doubtful=True)],
            [Record("contact", "a", {}, key_field="k")],
        ]
    )
    assert (folded[0].id, folded[0].doubtful, folded[0].key_field) == ("7", True, "k")


def test_nothing_folds_to_nothing() -> None:
    """No events, no records."""
    assert fold_records([]) == ()


def test_each_field_comes_from_the_event_that_set_it_last() -> None:
    """Per record; options to append come from several, and what was set before them is theirs no
    more.
    """
    rendered = [
        (
            "1",
            [
                Record("contact", "a", {"name": "Ann", "city": "Ulm", "courses": ""}),
                Record("deal", "1", {}, links=(ANN,)),
            ],
        ),
        (
            "2",
            [
                Record("contact", "a", {"name": "Anne", "courses": Append(("A",))}),
                Record("contact", "b", {"name": "Ben"}),
            ],
        ),
    ]
    assert find_origins(rendered) == {
        Ref("contact", "a"): {"name": "2", "city": "1"},
        Ref("deal", "1"): {},
        Ref("contact", "b"): {"name": "2"},
    }


def ranked(value: int, **others: int) -> Record:
    return make_record({"stage": f"{value}"}, {}, "contact", "a", {"stage": value, **others})


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_what_only_goes_forward_is_the_furthest(order: tuple[int, ...]) -> None:
    """In whatever order it comes; the field is of the event that went furthest, the others of the
    last.
    """
    (record,) = fold_records([[ranked(value, plain=value)] for value in order])
    assert record.fields == {"stage": 3, "plain": order[-1]}
    assert ranks_of(record) == {"stage": "3"}
    of = find_origins((str(value), [ranked(value, plain=value)]) for value in order)
    assert of == {record.ref: {"stage": "3", "plain": str(order[-1])}}


def test_of_two_that_are_as_far_the_last_counts() -> None:
    """It may be written in other letters."""
    first, last = (
        make_record({"stage": "1"}, {}, "contact", "a", {"stage": value})
        for value in ("lead", "Lead")
    )
    assert fold_records([[first], [last]])[0].fields == {"stage": "Lead"}


def test_a_value_without_a_rank_starts_anew() -> None:
    """Another route writes the field as it likes: what comes last counts."""
    plain = Record("contact", "a", {"stage": 0})
    assert fold_records([[ranked(3)], [plain]])[0].fields == {"stage": 0}
    assert fold_records([[ranked(3)], [plain], [ranked(1)]])[0].fields == {"stage": 1}


def ruled(rule: Overwrite, value: Value, *, creates: bool = True) -> Record:
    overwrite = {} if rule == "always" else {"name": rule}
    return make_record({}, overwrite, "contact", "a", {"name": value}, creates=creates)


@pytest.mark.parametrize(
    ("older", "newer", "value", "rule"),
    [
        ("always", "always", 2, None),
        ("always", "if_empty", 1, None),
        ("always", "never", 1, None),
        ("if_empty", "always", 2, None),
        ("if_empty", "if_empty", 1, "if_empty"),
        ("if_empty", "never", 1, "if_empty"),
        ("never", "always", 2, None),
        ("never", "if_empty", 1, "if_empty"),
        ("never", "never", 1, "never"),
    ],
)
def test_what_is_not_written_over_is_of_the_first_event(
    older: Overwrite, newer: Overwrite, value: int, rule: Overwrite | None
) -> None:
    """As if the events had been written one after the other."""
    records = [ruled(older, 1), ruled(newer, 2)]
    (record,) = fold_records([[one] for one in records])
    assert record.fields == {"name": value}
    assert overwrite_of(record) == ({"name": rule} if rule else {})
    of = find_origins((str(number), [one]) for number, one in enumerate(records, 1))
    assert of == {record.ref: {"name": str(value)}}


def test_what_was_cleared_is_filled_again() -> None:
    """An empty value is no value to keep."""
    (record,) = fold_records([[ruled("always", "")], [ruled("if_empty", "Ada")]])
    assert record.fields == {"name": "Ada"}


def test_a_record_is_made_where_one_of_its_events_makes_it() -> None:
    """An order makes a contact, whatever an announcement before it would not."""
    told, ordered = ruled("always", 1, creates=False), ruled("always", 2)
    assert [fold_records([pair])[0].creates for pair in ((told, ordered), (ordered, told))] == [
        True,
        True,
    ]
    assert not fold_records([(told, told)])[0].creates
