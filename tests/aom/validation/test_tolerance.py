"""What the world around AOM writes otherwise: understood where the sense is plain, reported where
it is not.
"""

from typing import Any

import pytest

from tests.aom.bodies import ADA, BEN, changed, paths, reading, refusal, sampled


@pytest.mark.parametrize(
    "users", [{"1": ADA, "3": BEN}, {"0": ADA, "1": BEN}, {"7": ADA, "2": BEN}]
)
def test_a_list_of_people_with_gaps_is_a_list(users: Any) -> None:
    """PHP writes it as an object with numbers for keys; the order is that of the body."""
    event = reading(changed("course.enrolled", userList=users))
    assert event.keys == ("ada@example.edu", "ben@example.edu")
    assert (event.unknown, event.unreadable) == ((), ())


def test_every_list_may_have_gaps() -> None:
    """Courses, line items, coupons, notes, receivers."""
    courses = reading(
        changed(
            "course.enrolled",
            enrolled_courses_list={"5": {"id": 2, "name": "B"}, "9": {"id": 3, "name": "C"}},
        )
    )
    assert [course["name"] for course in courses.normal()["courses"]] == ["B", "C"]
    items = {
        "1": {"product_id": 1, "product_name": "A", "extra": 1},
        "4": {"product_name": "B", "total": "many"},
    }
    order = reading(
        changed(
            "order.placed", line_items=items, coupons={"2": "SPRING"}, notes={"0": "a", "9": "b"}
        )
    )
    assert [item["name"] for item in order.normal()["order"]["line_items"]] == ["A", "B"]
    assert (order.normal()["order"]["coupons"], order.normal()["order"]["notes"]) == (
        ["SPRING"],
        ["a", "b"],
    )
    assert (order.unknown, order.unreadable) == (
        ("line_items[].extra",),
        ("line_items[].total (unreadable)",),
    )
    assert reading(changed("announcement.created", receivers={"3": ADA})).keys == (
        "ada@example.edu",
    )


@pytest.mark.parametrize(
    "users", [{"a": ADA}, {"1": ADA, "x": BEN}, {"1.5": ADA}, {"-1": ADA}, "ada@example.edu"]
)
def test_what_is_no_list_with_gaps_is_none(users: Any) -> None:
    """Only numbers for keys make one."""
    assert paths(refusal(changed("course.enrolled", userList=users))) == ["userList"]


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("O&#8217;Neil", "O\u2019Neil"),
        ("Se&aacute;n", "Se\u00e1n"),
        ("Health &amp; Safety &#8211; Level 1", "Health & Safety \u2013 Level 1"),
        ("&quot;Basics&quot; &#x1F600;", '"Basics" \U0001f600'),
        ("&lt;b&gt;", "<b>"),
        ("Fish &amp;amp; Chips", "Fish & Chips"),
        ("Se&amp;aacute;n O&amp;#8217;Neil &amp;amp; Co", "Se\u00e1n O\u2019Neil & Co"),
        ("&amp;amp;amp;", "&amp;"),
        ("R&D; AT&T", "R&D; AT&T"),
        ("Q&not sure", "Q&not sure"),
        ("Fish & Chips; to go", "Fish & Chips; to go"),
        ("&#0;&#xD800;", "\ufffd\ufffd"),
        ("&" * 1000 + ";", "&" * 1000 + ";"),
    ],
)
def test_the_escapes_of_html_are_read_in_texts(sent: str, read: str) -> None:
    """Also where the sender escaped them twice, and only where they are whole; the raw body stays
    as it came.
    """
    event = reading(changed("quiz.submitted", last_name=sent, course={"id": 7, "name": sent}))
    assert (event.people[0].last_name, event.normal()["course"]["name"]) == (read, read)
    assert event.raw["last_name"] == sent
    assert event.unreadable == ()


def test_the_escapes_of_html_are_read_wherever_a_value_is_a_text() -> None:
    """In amounts, currencies, dates, ids and addresses as well."""
    customer = {"email": "o&#039;brien@example.edu", "id": "&#51;"}
    items = [
        {"product_name": "A &amp; B", "price_per_qty": "&euro;&nbsp;1.234,50", "total": "&#36;5"}
    ]
    body = changed(
        "order.placed",
        customer=customer,
        order_total="&pound;220.00",
        currency="S&atilde;o Tom&eacute; and Pr&iacute;ncipe dobra",
        date_created="Aug&nbsp;11, 2020 04:58&#8239;PM",
        line_items=items,
        coupons=["5 &amp; more", {"code": "A&amp;B", "for": ["Fish &amp; Chips", 1]}],
    )
    event = reading(body)
    order = event.normal()["order"]
    assert (event.keys, event.people[0].id) == (("o'brien@example.edu",), "3")
    assert (order["total"], order["currency"], order["date_created"]) == (
        "220.00",
        "STN",
        "2020-08-11T16:58:00-04:00",
    )
    assert order["line_items"][0] | {"product_id": None, "quantity": None} == {
        "product_id": None, "name": "A & B", "quantity": None, "price": "1234.50", "total": "5"
    }  # fmt: skip
    assert order["coupons"] == ["5 & more", {"code": "A&B", "for": ["Fish & Chips", 1]}]
    assert event.unreadable == ()


@pytest.mark.parametrize("key", ["name", "Name", "full_name"])
@pytest.mark.parametrize(
    ("sent", "first", "last"),
    [
        ("Ada Lovelace", "Ada", "Lovelace"),
        ("Mary Ann Smith", "Mary Ann", "Smith"),
        ("Lovelace, Ada", "Ada", "Lovelace"),
        ("Cher", "Cher", ""),
        (" Se&aacute;n O&#8217;Neil ", "Se\u00e1n", "O\u2019Neil"),
        ("Smith, Ada, PhD", "Smith, Ada,", "PhD"),
    ],
)
def test_a_name_may_come_in_one_field(key: str, sent: str, first: str, last: str) -> None:
    """And is a first and a last name then, so that a CRM gets both."""
    person = reading(
        changed("account.created", first_name=..., last_name=..., **{key: sent})
    ).people[0]
    assert (person.first_name, person.last_name) == (first, last)
    assert person.name == " ".join(
        sent.replace("&aacute;", "\u00e1").replace("&#8217;", "\u2019").split()
    )


def test_a_name_in_two_fields_is_not_touched_by_a_third() -> None:
    """What is sent apart stays apart."""
    person = reading(
        changed("account.created", first_name="Ada", last_name="", name="Countess Lovelace")
    ).people[0]
    assert (person.first_name, person.last_name, person.name) == ("Ada", "", "Countess Lovelace")


@pytest.mark.parametrize("sent", [["Ada"], "Ada"])
def test_a_text_may_come_as_a_list_of_one(sent: object) -> None:
    """As a meta value of WordPress does; a list of two is none."""
    assert reading(changed("account.created", first_name=sent)).people[0].first_name == "Ada"
    assert reading(changed("account.created", first_name=["Ada", "Eve"])).unreadable == (
        "first_name (unreadable)",
    )


ORDER = sampled("order.placed")


@pytest.mark.parametrize(
    "key",
    ["id", "status", "currency", "order_total", "sub_total", "date_created", "transaction_ref"],
)
def test_any_value_may_come_as_a_list_of_one(key: str) -> None:
    """It is the same order, in the same state; of a list in a list nobody knows what it means."""
    value = ORDER[key] or "T1"
    plain = reading(changed("order.placed", **{key: value}))
    event = reading(changed("order.placed", **{key: [value]}))
    assert (event.name, event.thing, event.normal(), event.unreadable) == (
        plain.name,
        plain.thing,
        plain.normal(),
        (),
    )
    twice = changed("order.placed", **{key: [[value]]})
    if key in ("id", "status"):
        assert paths(refusal(twice)) == [key]
    else:
        assert reading(twice).unreadable == (f"{key} (unreadable)",)


@pytest.mark.parametrize("nothing", [None, False, ""])
def test_nothing_in_a_list_of_one_is_nothing(nothing: object) -> None:
    """And not worth a report."""
    assert (
        reading(
            changed(
                "order.placed", order_total=[nothing], currency=[nothing], date_created=[nothing]
            )
        ).unreadable
        == ()
    )


def test_an_address_and_an_id_may_come_as_a_list_of_one() -> None:
    """Within lists, too."""
    event = reading(
        changed(
            "course.enrolled",
            userList=[{"id": [5], "email": ["ADA@example.edu"], "first_name": ["Ada"]}],
        )
    )
    assert (event.people[0].id, event.people[0].email, event.people[0].first_name) == (
        "5",
        "ada@example.edu",
        "Ada",
    )


@pytest.mark.parametrize("verdict", ["rejected", ["rejected"]])
def test_a_verdict_may_come_as_a_list_of_one(verdict: object) -> None:
    """An assignment's state tells its event."""
    assert reading(changed("assignment.submitted", state=verdict)).name == "assignment.rejected"


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("", "<br>"),
        ("", "\n<br />\n"),
        (
            (
                "<br />\n<b>Warning</b>:  Undefined array key 3 in <b>/var/www/a.php</b> on line "
                "<b>7</b><br />\n"
            ),
            "",
        ),
        ("\ufeff<p>", "</p>"),
        ("Notice: Undefined index: x in a.php on line 3\n", ""),
        ("PHP Warning:  Undefined variable $a", "<!-- 0.2 s -->"),
    ],
)
def test_what_php_prints_around_the_json_is_left_out(before: str, behind: str) -> None:
    """It is the same event, and what was left out is said."""
    plain = reading(changed("order.placed"))
    event = reading(before.encode() + changed("order.placed") + behind.encode())
    assert (event.digest, event.raw, event.unreadable) == (
        plain.digest,
        plain.raw,
        ("text around the JSON (left out)",),
    )


@pytest.mark.parametrize(
    ("before", "behind"),
    [("", "x"), ("", "{}"), ("", "<br>{}"), ("[", "]"), ("hello ", ""), ("<br>{", ""), ("<", ",")],
)
def test_where_it_is_not_plain_what_is_meant_the_body_is_refused(before: str, behind: str) -> None:
    """Two objects, or something cut off, is nothing that PHP printed."""
    body = before.encode() + b'{"email": "ada@example.edu"}' + behind.encode()
    if (before, behind) != ("<", ","):
        assert paths(refusal(body, "account.created")) == [""]


@pytest.mark.parametrize(
    "status",
    [
        "CANCELLED",
        "wc-cancelled",
        "Trash",
        "wc-checkout-draft",
        "draft",
        "Checkout draft",
        "auto-draft",
    ],
)
@pytest.mark.parametrize(
    "url", ["order.placed", "order.pending", "order.refunded", "order.refused", "order.failed"]
)
def test_an_order_that_is_off_has_failed_on_whatever_url(status: str, url: str) -> None:
    """There is no sale; where the URL says otherwise, that is told."""
    event = reading(changed("order.placed", status=status), url)
    assert (event.name, event.normal()["order"]["paid"], event.unreadable) == (
        "order.failed",
        False,
        (),
    )
    assert bool(event.disagreement) == (url != "order.failed")


@pytest.mark.parametrize("status", ["CANCELLED", "wc-trash", "draft"])
def test_an_order_that_is_off_tells_no_event_by_itself(status: str) -> None:
    """No event of AOM's is for it; on the shared URL an operator has to say what it is."""
    invalid = refusal(changed("order.placed", status=status))
    assert paths(invalid) == ["status"]
    assert "is none that tells the event" in invalid.faults[0].message


@pytest.mark.parametrize(
    ("status", "paid"),
    [
        ("COMPLETED", True),
        ("wc-processing", True),
        ("ON-HOLD", False),
        ("SHIPPED", False),
        ("partially-refunded", False),
    ],
)
def test_only_a_known_status_means_paid(status: str, paid: bool) -> None:
    """What nobody knows never does."""
    assert (
        reading(changed("order.placed", status=status), "order.placed").normal()["order"]["paid"]
        is paid
    )


def test_a_currency_that_is_named_and_not_understood_is_none() -> None:
    """Never the site's: the amount would be another one. It is reported."""
    for named in ("Bitcoin", "Manx pound", "Kronen", "USD EUR", 840, ["USD"], {"code": "USD"}):
        event = reading(changed("order.placed", currency=named))
        assert (event.normal()["order"]["currency"], event.unreadable) == (
            ("USD", ()) if named == ["USD"] else (None, ("currency (unreadable)",))
        )


def test_a_case_with_everything_wrong_is_read_as_far_as_it_can() -> None:
    """Amount and currency are read; the date, in a language that nobody reads, is absent and
    reported.
    """
    values = {
        "order_total": "&pound;220.00",
        "currency": "Pound sterling (\u00a3) \u2014 GBP",
        "date_created": "ao\u00fbt 11, 2020 16:58",
    }
    event = reading(changed("order.placed", **values))
    order = event.normal()["order"]
    assert (order["total"], order["currency"], order["date_created"]) == ("220.00", "GBP", None)
    assert event.unreadable == ("date_created (unreadable)",)
