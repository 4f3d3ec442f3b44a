"""Expressions that name what an event does not have are found before any event comes."""

from pathlib import Path

import pytest

from tests.mapping.sample_routes import contact, field_fault, mapping_faults, route


@pytest.mark.parametrize(
    ("expression", "message", "remedy"),
    [
        (
            "{{ custmer.email }}",
            "'custmer' is not part of order.placed",
            "did you mean 'customer'?",
        ),
        (
            "{{ customer.emial }}",
            "'customer.emial' is not part of order.placed",
            "did you mean 'email'?",
        ),
        (
            "{{ customer.billing_address.ctiy }}",
            "'customer.billing_address.ctiy' is not",
            "did you mean 'city'?",
        ),
        ("{{ order['totl'] }}", "'order.totl' is not", "did you mean 'total'?"),
        ("Order {{ order.idd }}!", "'order.idd' is not", "did you mean 'id'?"),
        (
            "{{ zebra }}",
            "'zebra' is not",
            "order.placed has: event, source, person, profile, raw, order, customer",
        ),
        ("{{ source.zebra }}", "'source.zebra' is not", "source has: name, currency, timezone"),
        (
            "{{ order.line_items | map(attribute='nmae') | join }}",
            "'order.line_items[].nmae' is not",
            "did you mean 'name'?",
        ),
        (
            "{{ order.line_items | map(attribute='price.x') | join }}",
            "'order.line_items[].price.x' is not",
            "",
        ),
        (
            "{{ order.line_items | sum(attribute='totl') }}",
            "'order.line_items[].totl' is not",
            "did you mean 'total'?",
        ),
        (
            "{{ order.line_items | selectattr('nmae') | join(attribute='name') }}",
            "'order.line_items[].nmae' is not",
            "",
        ),
        (
            "{{ order.line_items | sort(attribute='total,nmae') | join(attribute='name') }}",
            "'order.line_items[].nmae' is not",
            "",
        ),
        (
            "{{ (order.line_items | first).nmae }}",
            "'(order.line_items | first).nmae' is not",
            "did you mean 'name'?",
        ),
        (
            "{{ order.line_items[0].nmae }}",
            "'order.line_items[0].nmae' is not",
            "did you mean 'name'?",
        ),
        (
            "{{ order.line_items[:2] | map(attribute='nmae') | join }}",
            "'(…)[].nmae' is not",
            "did you mean 'name'?",
        ),
        ("{{ order.id if custmer else 1 }}", "'custmer' is not", ""),
        ("{{ 5 + order.totl }}", "'order.totl' is not", ""),
        ("{{ order.total > order.totl }}", "'order.totl' is not", ""),
        ("{{ [order.totl] | first }}", "'order.totl' is not", ""),
        ("{{ {'a': order.totl}.a }}", "'order.totl' is not", ""),
        ("{{ raw[order.idd] }}", "'order.idd' is not", ""),
        ("{{ raw.get(order.idd) }}", "'order.idd' is not", ""),
        ("{{ order.id | replace(order.idd, '') }}", "'order.idd' is not", ""),
        ("{{ order.id.uper() }}", "'order.id.uper' is not", "did you mean 'upper'?"),
        (
            "{{ order.date_created.yaer }}",
            "'order.date_created.yaer' is not",
            "did you mean 'year'?",
        ),
        ("{{ order.totl is defined }}", "'order.totl' is not", "did you mean 'total'?"),
        ("{{ order.totl | default(5) }}", "'order.totl' is not", "did you mean 'total'?"),
        ("{{ order.id | uper }}", "there is no filter 'uper'", "did you mean 'upper'?"),
        (
            "{{ order.line_items | map('uper') | join }}",
            "there is no filter 'uper'",
            "did you mean 'upper'?",
        ),
        ("{{ order.id is strin }}", "there is no test 'strin'", "did you mean 'string'?"),
        (
            "{{ order.line_items | selectattr('name', 'eqq', 1) | join(attribute='name') }}",
            "there is no test 'eqq'",
            "did you mean 'eq'?",
        ),
        ("{{ order.line_items }}", "gives a list", "join it with | join(', ')"),
        ("{{ customer }}", "gives a whole customer", "name one part of it: "),
        ("{{ order.id", "is no valid expression: unexpected end of template", "see Jinja"),
        ("{{ order.id + }}", "is no valid expression: ", "see Jinja"),
        ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "is nested too deeply", "take it apart"),
        ("{{ " + " + ".join(["5"] * 900) + " }}", "is nested too deeply", "take it apart"),
        ("{{ raw" + ".a" * 200 + " }}", "is nested too deeply", "take it apart"),
    ],
)
def test_a_wrong_name_is_told(tmp_path: Path, expression: str, message: str, remedy: str) -> None:
    """With its path as written, the event that lacks it, and the nearest name."""
    fault = field_fault(tmp_path, f'"{expression}"')
    assert fault is not None
    assert fault.message.startswith(message)
    assert fault.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("expression", "name", "remedy"),
    [
        ("{% if order.total > 5 %}big{% endif %}", "if", "write {{ a if b else c }}"),
        (
            "Items: {%- for item in order.line_items %}{{ item.name }}{% endfor %}",
            "for",
            "use `each` for records, filters for texts",
        ),
        (
            "{% set half = order.total / 2 %}{{ half }}",
            "set",
            "write the expression where it is used",
        ),
        (
            "{% with c = customer %}{{ c.email }}{% endwith %}",
            "with",
            "write the expression where it is used",
        ),
        ("{% raw %}{{ x }}{% endraw %}", "raw", "write it as an expression"),
        ("{% include 'x' %}", "include", "use expressions, {{ … }}"),
        ("{% unheard of %}", "unheard", "use expressions, {{ … }}"),
        ("{% if order.total > 5 %}never ended", "if", "write {{ a if b else c }}"),
    ],
)
def test_a_statement_is_told_with_what_to_write_instead(
    tmp_path: Path, expression: str, name: str, remedy: str
) -> None:
    """Expressions alone are the language; whoever knows Jinja may expect more."""
    fault = field_fault(tmp_path, f'"{expression}"')
    assert fault is not None
    assert (
        fault.message
        == f"has a statement, {{% {name} … %}}; statements are not part of expressions"
    )
    assert fault.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            "{{ order.line_items | map(attribute=order.id) | join }}",
            "| map is given an attribute that is not written out",
        ),
        (
            "{{ order.line_items | join(', ', order.id) }}",
            "| join is given an attribute that is not written out",
        ),
        (
            "{{ raw.rows | sort(attribute='" + "a." * 6 + "') | join }}",
            "| sort is given an attribute of more than 6 parts",
        ),
        (
            "{{ raw.lists | map('map', 'upper') | join }}",
            "| map is given | map, which goes through lists of its own",
        ),
        ("{{ raw.lists | map(raw.name) | join }}", "| map is given a name that is not written out"),
    ],
)
def test_what_cannot_be_checked_beforehand_is_told(
    tmp_path: Path, expression: str, message: str
) -> None:
    """Names of filters and attributes are the operator's, never the payload's."""
    fault = field_fault(tmp_path, f'"{expression}"')
    assert fault is not None
    assert fault.message == message


@pytest.mark.parametrize(
    "expression",
    [
        "{{ raw.anything.at[0]['all'] }}",
        "{{ raw.custmer is defined }}",
        "{{ event.occurred_at.year }}",
        (
            "{{ order.line_items | map(attribute='name') | map('upper') | sort | unique | "
            "join(', ') }}"
        ),
        "{{ order.line_items | map(attribute='nmae', default='') | join if false else 1 }}",
        "{{ order.coupons | map(attribute='code') | join }}",
        "{{ (order.line_items | first | default(raw)).whatever }}",
        "{{ order.total | round(2) | abs }}",
    ],
)
def test_what_may_be_right_is_let_through(tmp_path: Path, expression: str) -> None:
    """Of what AOM sent as it is, of lists of anything, and of mixed things nothing is known
    beforehand.
    """
    assert field_fault(tmp_path, f'"{expression}"') is None


def test_every_event_of_a_route_is_held_against(tmp_path: Path) -> None:
    """A name must be right for all events that the route takes; the fault says for which it is
    not.
    """
    fault = field_fault(tmp_path, '"{{ grade }}"', "*")
    assert fault is not None
    assert (
        fault.message
        == "'grade' is not part of account.created, course.enrolled, quiz.submitted and 7 more"
    )
    assert field_fault(tmp_path, '"{{ grade }}"', "assignment.*") is None


@pytest.mark.parametrize(
    "expression",
    [
        "{{ order.id if order is defined else quiz.id if quiz is defined }}",
        "{{ order is defined and order.total > 5 }}",
        "{{ order is not defined or order.total > 5 }}",
        "{{ grade | default('none') }}",
        "{{ order.id if event.name == 'order.placed' else '' }}",
        "{{ order.id if event.name in ['order.placed', 'order.failed'] }}",
        "{{ order.id if event.name.startswith('order.') }}",
        "{{ '' if not event.name.startswith('order.') else order.id }}",
    ],
)
def test_a_guarded_name_need_not_be_in_every_event(tmp_path: Path, expression: str) -> None:
    """`is defined`, `default` and the event's name keep an expression from what the event lacks."""
    assert field_fault(tmp_path, f'"{expression}"', "*") is None


def test_a_guarded_name_must_be_in_some_event(tmp_path: Path) -> None:
    """Asking for what no event of the route has is a slip."""
    fault = field_fault(tmp_path, '"{{ custmer is defined }}"', "order.*")
    assert fault is not None
    assert fault.remedy == "did you mean 'customer'?"


def test_conditions_of_route_and_upsert_guard_what_they_let_through(tmp_path: Path) -> None:
    """An upsert for orders alone may name what only orders have."""
    when = "when = \"{{ event.name.startswith('order.') }}\"\n"
    assert mapping_faults(tmp_path, route("*", contact(when + 'fields.x = "{{ order.id }}"'))) == {}
    guarded = route("*", contact('fields.x = "{{ order.id }}"')).replace(
        "[[routes.upsert]]", when + "[[routes.upsert]]"
    )
    assert mapping_faults(tmp_path, guarded) == {}


def test_the_variable_of_each_is_known(tmp_path: Path) -> None:
    """With the parts that an item has; what it goes through is checked as well."""
    upsert = (
        '[[routes.upsert]]\nobject = "contact"\neach = "course in courses"\nfields.x = "{{ '
        'course.nmae }}"'
    )
    faults = mapping_faults(tmp_path, route("course.enrolled", upsert))
    assert (
        faults["routes[0].upsert[0].fields.x"].message
        == "'course.nmae' is not part of course.enrolled"
    )
    faults = mapping_faults(
        tmp_path,
        route("course.enrolled", upsert.replace("courses", "corses").replace("nmae", "name")),
    )
    assert faults["routes[0].upsert[0].each"].remedy == "did you mean 'courses'?"


@pytest.mark.parametrize(
    ("line", "where", "says"),
    [
        ('each = "courses"', "each", "write a name and what it goes through"),
        ('each = "{{ course in courses }}"', "each", "write a name and what it goes through"),
        ('each = "one in event.name"', "each", "goes through something that is no list"),
        ('each = "one in (courses"', "each", "is no valid expression"),
        (
            'when = "event.id"',
            "when",
            'is always true; write one condition in braces: "{{ event.id }}"',
        ),
        ('when = "{{ evnt.id }}"', "when", "did you mean 'event'?"),
        ('key = "{{ persn.email }}"', "key", "did you mean 'person'?"),
        (
            'fields.x = { value = "{{ event.id }}", default = "{{ evnt.id }}" }',
            "fields.x.default",
            "did you mean 'event'?",
        ),
        (
            'fields.x = { value = "{{ event.id }}", map = { a = "{{ event.id }}" } }',
            "fields.x.map.a",
            "a map gives constants",
        ),
        ("fields.x = 2026-05-01T09:00:00", "fields.x", "has no time zone; write the offset"),
        ("fields.x = 09:00:00", "fields.x", "is a time without a date"),
        ("fields.x = [1]", "fields.x", "is a table or a list"),
        ("fields.x = inf", "fields.x", "is no number that a CRM knows"),
        ("fields.x = { valeu = 5 }", "fields.x.valeu", "did you mean 'value'?"),
        ('links = "contact"', "links", 'write a list: ["contact"]'),
    ],
)
def test_every_expression_of_an_upsert_is_checked(
    tmp_path: Path, line: str, where: str, says: str
) -> None:
    """Not only fields."""
    faults = mapping_faults(tmp_path, route("course.enrolled", contact(line)))
    assert list(faults) == [f"routes[0].upsert[0].{where}"]
    assert says in str(faults[f"routes[0].upsert[0].{where}"])
