"""From events to records."""

from decimal import Decimal
from pathlib import Path

import pytest

from connectors.base import Append, Record, Ref
from receiver.mapping import MappingFault, overwrite_of
from tests.mapping.sample_routes import contact, context, mapping, mapping_faults, rendered, route

ORDERS = """
[[routes]]
name = "orders"
events = ["order.*"]
connector = "box"

[[routes.upsert]]
object = "deal"
key = "{{ source.name }}:{{ order.id }}"
links = ["contact"]
fields.amount = "{{ order.total }}"

[[routes.upsert]]
object = "contact"
fields.first_name = "{{ person.first_name }}"
"""

ENROLMENTS = """
[[routes]]
events = ["course.enrolled"]
connector = "box"

[[routes.upsert]]
object = "contact"

[[routes.upsert]]
object = "p_enrollment"
key_field = "aom_key"
each = "course in courses"
key = "{{ person.email }}-{{ course.id }}"
links = ["contact"]
when = "{{ course.id != '9' }}"
fields.name = "{{ course.name }}"
"""

TWO_COURSES = b"""{
    "userList": [{"id": 1, "email": "Dev@X.test"}],
    "enrolled_courses_list": [{"id": 2, "name": "A"}, {"id": 3, "name": "B"}, {"id": 9}]
}"""


def test_an_order_becomes_a_contact_and_a_deal(tmp_path: Path) -> None:
    """In the order of the upserts, keyed, linked, typed."""
    assert rendered(tmp_path, "order.placed", ORDERS) == (
        Record(
            "deal",
            "springfield:19",
            {"amount": Decimal(220)},
            links=(Ref("contact", "student@app.com"),),
        ),
        Record("contact", "student@app.com", {"first_name": "Demo"}),
    )


def test_each_item_becomes_a_record(tmp_path: Path) -> None:
    """With its own key, its own condition, and its links."""
    owner = (Ref("contact", "dev@x.test"),)
    assert rendered(tmp_path, "course.enrolled", ENROLMENTS, TWO_COURSES) == (
        Record("contact", "dev@x.test", {}),
        Record("p_enrollment", "dev@x.test-2", {"name": "A"}, "aom_key", owner),
        Record("p_enrollment", "dev@x.test-3", {"name": "B"}, "aom_key", owner),
    )


def test_a_link_goes_to_all_records_of_that_object(tmp_path: Path) -> None:
    """A contact that links to enrolments links to each of them."""
    routes = ENROLMENTS.replace('links = ["contact"]\n', "").replace(
        'object = "contact"\n', 'object = "contact"\nlinks = ["p_enrollment"]\n'
    )
    first = rendered(tmp_path, "course.enrolled", routes, TWO_COURSES)[0]
    assert first.links == (Ref("p_enrollment", "dev@x.test-2"), Ref("p_enrollment", "dev@x.test-3"))


def test_conditions_decide(tmp_path: Path) -> None:
    """Of the route, and of the upsert; true and false may be plain."""
    routes = ORDERS.replace(
        'connector = "box"', 'connector = "box"\nwhen = "{{ order.total > 500 }}"'
    )
    assert rendered(tmp_path, "order.placed", routes) == ()
    routes = ORDERS.replace('object = "deal"', 'object = "deal"\nwhen = false')
    assert [record.object for record in rendered(tmp_path, "order.placed", routes)] == ["contact"]


def test_a_link_to_what_was_not_written_is_left_out(tmp_path: Path) -> None:
    """The contact's own condition was not met."""
    routes = ORDERS.replace(
        'object = "contact"', 'object = "contact"\nwhen = "{{ order.total > 500 }}"'
    )
    (deal,) = rendered(tmp_path, "order.placed", routes)
    assert deal.links == ()


def test_the_connectors_own_key_field_is_not_repeated(tmp_path: Path) -> None:
    """So that its records go in one batch, whether a route names the field or not."""
    (record,) = rendered(tmp_path, "order.placed", route("order.*", contact('key_field = "email"')))
    assert record.key_field is None


@pytest.mark.parametrize(
    ("upsert", "where", "says"),
    [
        (
            contact('key = "{{ raw.transaction_ref }}"'),
            "routes[0].upsert[0].key",
            "gives nothing, and a contact needs a key",
        ),
        (contact("key = \"{{ ' ' }}\""), "routes[0].upsert[0].key", "gives nothing"),
        (
            contact('key = "{{ raw.absent }}"'),
            "routes[0].upsert[0].key",
            "there is no 'absent' in this payload",
        ),
        (contact('key = "{{ raw.line_items }}"'), "routes[0].upsert[0].key", "gives a list"),
        (
            contact('fields.x = "{{ raw.absent.deep }}"'),
            "routes[0].upsert[0].fields.x",
            "there is no 'absent' in this payload",
        ),
        (
            contact('fields.x = "{{ raw.absent }} x"'),
            "routes[0].upsert[0].fields.x",
            "add | default('')",
        ),
        (
            contact('fields.x = "{{ raw.customer }}"'),
            "routes[0].upsert[0].fields.x",
            "gives a table",
        ),
        (
            contact('fields.x = "{{ raw.customer }}!"'),
            "routes[0].upsert[0].fields.x",
            "a table is no text",
        ),
        (
            contact('fields.x = "{{ raw.line_items }}"'),
            "routes[0].upsert[0].fields.x",
            "use append = true",
        ),
        (
            contact('fields.x = "{{ raw.status + 5 }}"'),
            "routes[0].upsert[0].fields.x",
            "can only concatenate str",
        ),
        (
            contact('fields.x = "{{ order.total / 0 }}"'),
            "routes[0].upsert[0].fields.x",
            "divides by zero",
        ),
        (
            contact('fields.x = "{{ raw.transaction_ref > 5 }}"'),
            "routes[0].upsert[0].fields.x",
            "a value in it is absent in this event",
        ),
        (
            contact('fields."a.b" = "{{ raw.absent }}"'),
            'routes[0].upsert[0].fields."a.b"',
            "there is no 'absent'",
        ),
        (
            contact('fields.x = { value = "{{ none }}", default = "{{ raw.absent }}" }'),
            "routes[0].upsert[0].fields.x",
            "no 'absent'",
        ),
        (contact('when = "{{ raw.absent }}"'), "routes[0].upsert[0].when", "there is no 'absent'"),
        (
            contact('each = "one in raw.status"'),
            "routes[0].upsert[0].each",
            "a text is no list to go through",
        ),
        (contact('each = "one in raw.absent"'), "routes[0].upsert[0].each", "there is no 'absent'"),
    ],
)
def test_what_fails_on_an_event_names_its_place(
    tmp_path: Path, upsert: str, where: str, says: str
) -> None:
    """A MappingFault, never anything else, and nothing of the payload in it."""
    with pytest.raises(MappingFault) as raised:
        rendered(tmp_path, "order.placed", route("order.*", upsert))
    assert raised.value.where == where
    assert says in raised.value.message
    assert str(raised.value) == f"{where}: {raised.value.message}"


def test_a_list_of_thousands_is_a_fault(tmp_path: Path) -> None:
    """One event does not become any number of records."""
    many = (
        b'{"userList": [{"email": "a@x.test"}], "enrolled_courses_list": ['
        + b",".join([b'{"id": 1}'] * 1001)
        + b"]}"
    )
    with pytest.raises(
        MappingFault, match="has more than 1,000 items; at most 1,000 become records"
    ):
        rendered(tmp_path, "course.enrolled", ENROLMENTS, many)


def test_nothing_to_go_through_writes_nothing(tmp_path: Path) -> None:
    """An absent list is an empty one."""
    assert (
        rendered(
            tmp_path,
            "order.placed",
            route("order.*", contact('each = "one in raw.transaction_ref"')),
        )
        == ()
    )


def test_connectors_and_routes_of_an_event(tmp_path: Path) -> None:
    """By source and event; what has no route concerns nobody."""
    found = mapping(tmp_path, ORDERS)
    assert found.connectors("springfield", "order.failed") == ("box",)
    assert found.connectors("springfield", "quiz.submitted") == ()
    assert found.connectors("elsewhere", "order.failed") == ()
    assert [one.name for one in found.routes("box", "springfield", "order.failed")] == ["orders"]
    assert found.render("box", "springfield", "quiz.submitted", context("quiz.submitted")) == ()


def test_courses_are_appended(tmp_path: Path) -> None:
    """Options for a multiple-choice field."""
    routes = route(
        "course.enrolled",
        contact("fields.x = { value = \"{{ courses | map(attribute='name') }}\", append = true }"),
    )
    (record,) = rendered(tmp_path, "course.enrolled", routes, TWO_COURSES)
    assert record.fields["x"] == Append(("A", "B"))


def test_a_field_has_a_condition(tmp_path: Path) -> None:
    """Where it does not hold the field is not sent, whatever its default."""
    field = (
        'fields.x = { value = "{{ order.total }}", default = 1, when = "{{ order.status == '
        "'FAILED' }}\" }"
    )
    for event, sent in (("order.placed", False), ("order.failed", True)):
        (record,) = rendered(tmp_path, event, route("order.*", contact(field)))
        assert ("x" in record.fields) is sent


def test_the_condition_of_a_field_is_checked(tmp_path: Path) -> None:
    """At its own place; and where it keeps events away that lack what the field names, nothing is
    wrong.
    """
    wrong = 'fields.x = { value = "1", when = "{{ ordr.total }}" }'
    assert set(mapping_faults(tmp_path, route("order.*", contact(wrong)))) == {
        "routes[0].upsert[0].fields.x.when"
    }
    guarded = (
        'fields.x = { value = "{{ order.id }}", when = "{{ event.name == \'order.placed\' }}" }'
    )
    assert mapping_faults(tmp_path, route("*", contact(guarded))) == {}


def test_the_condition_of_a_field_fails(tmp_path: Path) -> None:
    """The fault names it, not the field."""
    field = 'fields.x = { value = "1", when = "{{ raw.vip > 3 }}" }'
    with pytest.raises(MappingFault, match=r"fields\.x\.when"):
        rendered(tmp_path, "order.placed", route("order.*", contact(field)))


def test_patterns_in_a_map(tmp_path: Path) -> None:
    """Keys to the letter come before patterns; of patterns the first."""
    entries = '"Product*" = "some", "*duct" = "never here", "product" = "the one"'
    field = (
        "fields.x = { value = \"{{ order.line_items | map(attribute='name') | %s }}\", map = { "
        '%s }, default = "none" }'
    )
    for taken, found in (("first", "the one"), ("last", "none")):
        (record,) = rendered(
            tmp_path, "order.placed", route("order.*", contact(field % (taken, entries)))
        )
        assert record.fields["x"] == found
    (record,) = rendered(
        tmp_path, "order.placed", route("order.*", contact(field % ("last", '"pr*2" = "second"')))
    )
    assert record.fields["x"] == "second"


def test_a_pattern_that_is_never_reached(tmp_path: Path) -> None:
    """One before it takes all that it matches: a warning."""
    field = (
        'fields.x = { value = "{{ order.status }}", map = { "COM*" = "a", "COMPL*" = "b", "*" = '
        '"c" } }'
    )
    warnings = mapping(tmp_path, route("order.*", contact(field))).warnings
    assert [fault.where for fault in warnings if "never reached" in fault.message] == [
        'routes[0].upsert[0].fields.x.map."COMPL*"'
    ]


def test_how_far_an_each_is(tmp_path: Path) -> None:
    """`loop` counts from 1, and is known to the check."""
    upsert = """
[[routes.upsert]]
object = "item"
each = "item in order.line_items"
key_field = "k"
key = "{{ order.id }}-{{ loop.index }}"
fields.text = "{{ loop.index }} of {{ loop.length }}"
fields.last = "{{ loop.last and not loop.first }}"
"""
    records = rendered(tmp_path, "order.placed", route("order.*", upsert))
    assert [(one.key, one.fields) for one in records] == [
        ("19-1", {"text": "1 of 2", "last": False}),
        ("19-2", {"text": "2 of 2", "last": True}),
    ]
    assert list(
        mapping_faults(tmp_path, route("order.*", upsert.replace("loop.length", "loop.size")))
    ) == ["routes[0].upsert[0].fields.text"]
    assert list(
        mapping_faults(tmp_path, route("order.*", contact('fields.x = "{{ loop.index }}"')))
    ) == ["routes[0].upsert[0].fields.x"]


def test_when_a_field_may_be_written_goes_with_the_record(tmp_path: Path) -> None:
    """Only for fields that have a value: an empty one has nothing to say to a field with a rule."""
    fields = """
fields.a = { value = "x", overwrite = "if_empty" }
fields.b = { value = "x", overwrite = "never" }
fields.c = { value = "x", overwrite = "always" }
fields.d = { value = "{{ none }}", overwrite = "if_empty" }
fields.e = { value = "", overwrite = "if_empty" }
fields.f = ""
"""
    (record,) = rendered(tmp_path, "order.placed", route("order.*", contact(fields)))
    assert record.fields == {"a": "x", "b": "x", "c": "x", "f": ""}
    assert overwrite_of(record) == {"a": "if_empty", "b": "never"}


@pytest.mark.parametrize(
    ("mode", "creates", "rules"),
    [
        ("upsert", True, {"a": "if_empty"}),
        ("update", False, {"a": "if_empty"}),
        ("create", True, {"a": "never", "b": "never"}),
    ],
)
def test_modes_are_rules_of_the_record(
    tmp_path: Path, mode: str, creates: bool, rules: dict[str, str]
) -> None:
    """`update` makes none, and what is only created writes no field of one that is there."""
    fields = 'fields.a = { value = "x", overwrite = "if_empty" }\nfields.b = "x"'
    upsert = contact(f'mode = "{mode}"\n{fields}')
    (record,) = rendered(tmp_path, "order.placed", route("order.*", upsert))
    assert (record.creates, overwrite_of(record)) == (creates, rules)


def test_a_snippets_rule_goes_with_its_field(tmp_path: Path) -> None:
    """An upsert's own field of that name has its own."""
    snippet = '\n[snippets.one]\nfields.a = { value = "x", overwrite = "if_empty" }\n'
    for own, rules in (("", {"a": "if_empty"}), ('fields.a = "y"', {})):
        upsert = contact(f'use = ["one"]\nfields.b = "x"\n{own}')
        (record,) = rendered(tmp_path, "order.placed", snippet + route("order.*", upsert))
        assert overwrite_of(record) == rules
