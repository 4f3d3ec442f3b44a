"""What one event may do at most, and how it is told that it would do more."""

import json
from pathlib import Path

import pytest

from connectors.base import Value
from receiver.mapping import MappingFault
from tests.mapping.sample_routes import rendered, route, value

USERS = [{"email": f"user{number}@x.test", "id": number} for number in range(1_000)]
COURSES = [{"id": number, "name": f"Course {number}"} for number in range(1, 51)]
ENROLMENT = json.dumps({"userList": USERS, "enrolled_courses_list": COURSES}).encode()

FOUND = (
    "{{ raw.userList | selectattr('email', 'eq', person.email) | map(attribute='id') | first "
    "}}-{{ course.id }}"
)
EACH = f"""
[[routes.upsert]]
object = "p_enrollment"
key_field = "aom_key"
each = "course in courses"
key = "{FOUND}"
"""


def order(**more: object) -> bytes:
    """An order with something more in it."""
    return json.dumps(
        {
            "id": 5,
            "status": "COMPLETED",
            "customer": {"email": "a@x.test"},
            "line_items": [],
            **more,
        }
    ).encode()


def reason(directory: Path, expression: str, body: bytes) -> str:
    """How a field's expression fails."""
    with pytest.raises(MappingFault) as raised:
        value(directory, f'"{expression}"', body=body)
    return str(raised.value)


def test_a_thousand_users_and_fifty_courses_are_within_the_limits(tmp_path: Path) -> None:
    """For each course the users may be gone through."""
    records = rendered(tmp_path, "course.enrolled", route("course.enrolled", EACH), ENROLMENT)
    assert [record.key for record in records] == [f"0-{number}" for number in range(1, 51)]


def test_all_expressions_of_an_event_share_the_limit(tmp_path: Path) -> None:
    """Each is within it; the one that goes beyond is named, and what would be right."""
    fields = "".join(f'fields.x{number} = "{FOUND}"\n' for number in range(20))
    with pytest.raises(
        MappingFault, match="takes more than 1,000,000 steps; go through fewer items"
    ) as raised:
        rendered(tmp_path, "course.enrolled", route("course.enrolled", EACH + fields), ENROLMENT)
    assert raised.value.where.startswith("routes[0].upsert[0].")


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("{{ raw.list | length }}", "has a list of more than 20,000 items"),
        ("{{ ([1] * 20000 + [1]) | length }}", "has a list of more than 20,000 items"),
        ("{{ raw.list[0] }}", "has a list of more than 20,000 items"),
        ("{{ raw.text | length }}", "reads a text of more than 1,000,000 characters"),
        ("{{ raw.half * 2 }}", "gives more than 100,000 characters"),
        ("{{ raw.half }}", "gives more than 100,000 characters"),
        ("a {{ raw.half }}", "gives more than 100,000 characters"),
        ("{{ [raw.half] | join }}", "gives more than 100,000 characters"),
        ("{{ 'ab' | replace('a', 'x' * 99999) ~ '12' }}", "gives more than 100,000 characters"),
        ("{{ 'a' | trim('x' * 1001) }}", "| trim takes texts of at most 1,000 characters"),
        ("{{ raw.half.find('x' * 1001) }}", "find() takes texts of at most 1,000 characters"),
        ("{{ raw.half | slug }}", "| slug takes at most 10,000 characters"),
        (
            "{{ event.received_at.strftime('%Y' * 101) }}",
            "by a pattern of more than 200 characters",
        ),
        ("{{ raw.digits + 1 }}", "counts with a number of more than 400 digits"),
    ],
)
def test_what_is_too_large_is_told(tmp_path: Path, expression: str, says: str) -> None:
    """Whether it is read, made or given."""
    body = order(list=[0] * 20_001, text="x" * 1_000_001, half="x" * 100_001, digits=10**400)
    assert says in reason(tmp_path, expression, body)


@pytest.mark.parametrize(
    ("expression", "gives"),
    [
        ("{{ raw.list | length }}", 20_000),
        ("{{ raw.text | length }}", 1_000_000),
        ("{{ raw.text | striptags | truncate(9) }}", "xxxxxx..."),
        ("{{ ('x' * 100000) | length }}", 100_000),
    ],
)
def test_what_is_just_not_too_large_is_right(tmp_path: Path, expression: str, gives: Value) -> None:
    """An announcement with pictures in it may be as long as a body."""
    assert (
        value(tmp_path, f'"{expression}"', body=order(list=[0] * 20_000, text="x" * 1_000_000))
        == gives
    )


def test_an_event_writes_a_thousand_records_and_no_more(tmp_path: Path) -> None:
    """All upserts of all routes count together."""
    upsert = '\n[[routes.upsert]]\nobject = "deal"\neach = "n in raw.list"\nkey = "{{ n }}"\n'
    routes = route("order.placed", upsert) + route(
        "order.placed", upsert.replace("{{ n }}", "b{{ n }}")
    )
    assert len(rendered(tmp_path, "order.placed", routes, order(list=list(range(500))))) == 1_000
    with pytest.raises(
        MappingFault, match=r"more than 1,000 records for one person; add a `when`"
    ) as raised:
        rendered(tmp_path, "order.placed", routes, order(list=list(range(501))))
    assert raised.value.where == "routes[1].upsert[0].key"


def test_the_thousandth_record_is_the_last(tmp_path: Path) -> None:
    """A list of a thousand fills the measure, and one record more is one too many."""
    thousand = order(list=list(range(1_000)))
    listed = '\n[[routes.upsert]]\nobject = "deal"\neach = "n in raw.list"\nkey = "{{ n }}"\n'
    assert len(rendered(tmp_path, "order.placed", route("order.placed", listed), thousand)) == 1_000
    one_more = listed + '\n[[routes.upsert]]\nobject = "deal"\nkey = "one more"\n'
    with pytest.raises(MappingFault, match="more than 1,000 records for one person") as raised:
        rendered(tmp_path, "order.placed", route("order.placed", one_more), thousand)
    assert raised.value.where == "routes[0].upsert[1].key"


def test_an_event_writes_two_million_characters_and_no_more(tmp_path: Path) -> None:
    """A long text in each of many records would fill the memory."""
    upsert = (
        '\n[[routes.upsert]]\nobject = "deal"\neach = "n in raw.list"\nkey = "{{ n }}"\nfields.x '
        "= \"{{ 'x' * 20000 }}\"\n"
    )
    assert (
        len(
            rendered(
                tmp_path,
                "order.placed",
                route("order.placed", upsert),
                order(list=list(range(100))),
            )
        )
        == 100
    )
    with pytest.raises(MappingFault, match="more than 2,000,000 characters"):
        rendered(
            tmp_path, "order.placed", route("order.placed", upsert), order(list=list(range(101)))
        )


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
        "{{ raw.list | select('in', raw.list * 40) | list | length }}",
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
