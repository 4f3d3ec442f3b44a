"""What one event may spend, and how it is told that it has spent it."""

import json
from pathlib import Path

import pytest

from receiver.mapping import MappingFault
from tests.mapping.routes import contact, context, mapping, rendered, route, value

USERS = [{"email": f"user{number}@x.test", "id": number} for number in range(1_000)]
COURSES = [{"id": number, "name": f"Course {number}"} for number in range(50)]
ENROLMENT = json.dumps({"userList": USERS, "enrolled_courses_list": COURSES}).encode()

PAIRS = (
    "{% for user in raw.userList %}{% for course in courses %}"
    "{% if user.email == person.email and course.id == '49' %}{{ user.id }} {{ course.name | upper }}{% endif %}"
    "{% endfor %}{% endfor %}"
)


def order(**more: object) -> bytes:
    """An order with something more in it."""
    return json.dumps({"id": 5, "status": "COMPLETED", "customer": {"email": "a@x.test"}, "line_items": [], **more}).encode()


def reason(directory: Path, expression: str, body: bytes) -> str:
    """How a field's expression fails."""
    with pytest.raises(MappingFault) as raised:
        value(directory, f'"{expression}"', body=body)
    return str(raised.value)


def test_a_thousand_users_and_fifty_courses_are_within_the_budget(tmp_path: Path) -> None:
    """An expression may hold each user against each course."""
    (record,) = rendered(tmp_path, "course.enrolled", route("course.enrolled", contact(f'fields.x = "{PAIRS}"')), ENROLMENT)
    assert record.fields["x"] == "0 COURSE 49"


def test_several_expressions_share_the_budget_of_an_event(tmp_path: Path) -> None:
    """Each is within its own limit; the one that goes beyond the event's is named, and what would be right."""
    fields = "\n".join(f'fields.x{number} = "{PAIRS}"' for number in range(20))
    with pytest.raises(MappingFault, match="6,000,000 steps in all; go through fewer items") as raised:
        rendered(tmp_path, "course.enrolled", route("course.enrolled", contact(fields)), ENROLMENT)
    assert raised.value.spent
    assert raised.value.where.startswith("routes[0].upsert[0].fields.x")


def test_an_event_writes_a_thousand_records_and_no_more(tmp_path: Path) -> None:
    """All upserts of all routes count together."""
    upsert = '\n[[routes.upsert]]\nobject = "deal"\neach = "n in raw.list"\nkey = "{{ n }}"\n'
    routes = route("order.placed", upsert) + route("order.placed", upsert.replace("{{ n }}", "b{{ n }}"))
    assert len(rendered(tmp_path, "order.placed", routes, order(list=list(range(500))))) == 1_000
    with pytest.raises(MappingFault, match=r"more than 1,000 records for one person; add a `when`") as raised:
        rendered(tmp_path, "order.placed", routes, order(list=list(range(501))))
    assert raised.value.where == "routes[1].upsert[0].key"


def test_an_event_writes_two_million_characters_and_no_more(tmp_path: Path) -> None:
    """A long text in each of many records would fill the memory."""
    upsert = '\n[[routes.upsert]]\nobject = "deal"\neach = "n in raw.list"\nkey = "{{ n }}"\nfields.x = "{{ \'x\' * 20000 }}"\n'
    assert len(rendered(tmp_path, "order.placed", route("order.placed", upsert), order(list=list(range(100))))) == 100
    with pytest.raises(MappingFault, match="more than 2,000,000 characters"):
        rendered(tmp_path, "order.placed", route("order.placed", upsert), order(list=list(range(101))))


def test_fewer_steps_end_it_earlier(tmp_path: Path) -> None:
    """Whoever has no time gets a fault that says so, and may ask again."""
    routes = mapping(tmp_path, route("course.enrolled", contact(f'fields.x = "{PAIRS}"')))
    names = context("course.enrolled", ENROLMENT)
    with pytest.raises(MappingFault) as raised:
        routes.render("box", "springfield", "course.enrolled", names, 1_000)
    assert raised.value.spent
    assert routes.render("box", "springfield", "course.enrolled", names)


@pytest.mark.parametrize(
    "expression",
    [
        "{{ raw[raw.secret] }}",
        "{{ raw[raw.secret].more }}",
        "{{ raw.table[raw.secret] }}",
        "{{ raw.secret + 5 }}",
        "{{ raw.secret < 5 }}",
        "{{ raw.secret() }}",
        "{{ raw.secret | date }}",
        "{{ raw.secret | money }}",
        "{{ raw.secret is odd }}",
        "{{ [raw.secret] | sum }}",
        "{{ {raw.secret: 1}[raw.secret ~ 'x'] }}",
        "{{ raw.secret.missing }}",
        "{{ raw.secret * 100000 }}",
        "{{ raw.list | map(attribute='missing') | join }}",
        "{% for one in raw.list %}{{ one.missing }}{% endfor %}",
        "{% for a in raw.list %}{% for b in raw.list %}{% for c in raw.list %}{% endfor %}{% endfor %}{% endfor %}",
    ],
)
def test_events_that_fail_alike_have_one_reason(tmp_path: Path, expression: str) -> None:
    """It groups them, and goes to the log: the payload's values stay out of it."""
    reasons = {
        reason(tmp_path, expression, order(secret=secret, table={}, list=[secret] * count))
        for secret, count in (("s3cret-one", 300), ("an0ther", 400))
    }
    (only,) = reasons
    assert "s3cret" not in only


def test_a_key_that_the_expression_names_is_told(tmp_path: Path) -> None:
    """Whoever wrote it must find the slip, dotted or in brackets."""
    assert "there is no 'vip' in this payload" in reason(tmp_path, "{{ raw.vip }}", order())
    assert "there is no 'v-i-p' in this payload" in reason(tmp_path, "{{ raw['v-i-p'] }}", order())
