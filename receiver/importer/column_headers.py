"""Which part of a payload a column is, by its header: what exports of shops and learning platforms
call it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from receiver.aom import json_schema

_PERSON = {
    "email": (
        "email emailaddress mail useremail studentemail learneremail customeremail "
        "billingemail "
        "billingemailaddress"
    ),
    "first_name": "firstname givenname forename userfirstname studentfirstname customerfirstname "
    "billingfirstname",
    "last_name": "lastname surname familyname userlastname studentlastname customerlastname "
    "billinglastname",
    "name": "fullname displayname username studentname learnername customername",
    "id": "userid studentid learnerid customerid",
}
_ACCOUNT = {
    "id": "id",
    "name": "name",
    "date_registered": (
        "dateregistered registered registeredat registrationdate registeredon "
        "userregistered "
        "created createdat datecreated "
        "signupdate joined date"
    ),
}
_COURSE = {"id": "courseid", "name": "course coursename coursetitle"}
_SUBMISSION = {
    "course_instructor.id": "instructorid teacherid",
    "course_instructor.name": "instructor instructorname courseinstructor teacher teachername",
    "date_submitted": (
        "datesubmitted submitted submittedat submissiondate submittedon completedat date"
    ),
    "grade": "grade score",
}
_THINGS = {
    "quiz": {"quiz.id": "quizid", "quiz.name": "quiz quizname quiztitle"},
    "assignment": {
        "assignment.id": "assignmentid",
        "assignment.name": "assignment assignmentname assignmenttitle",
    },
    "discussion": {
        "discussion.id": "discussionid topicid",
        "discussion.name": "discussion discussionname discussiontitle topic",
    },
}
_ORDER = {
    "id": "id orderid ordernumber order",
    "status": "status orderstatus",
    "date_created": "datecreated created createdat date orderdate",
    "currency": "currency ordercurrency",
    "order_total": "total ordertotal amount ordertotalamount orderamount totalamount grandtotal",
    "sub_total": "subtotal ordersubtotal",
    "transaction_ref": "transactionref transactionid",
    "payment_gateway.id": "paymentgatewayid",
    "payment_gateway.name": "paymentgateway paymentmethod gateway",
    "line_items[0].product_id": "productid itemid",
    "line_items[0].product_name": "product productname item itemname",
    "line_items[0].quantity": "quantity qty",
    "line_items[0].price_per_qty": "priceperqty price unitprice",
    "line_items[0].total": "linetotal itemtotal",
}
_ADDRESS = {
    "full_name": "billingname billingfullname",
    "address_line_1": "addressline1 address1 address street billingaddress1 billingaddress",
    "address_line_2": "addressline2 address2 billingaddress2",
    "city": "city town billingcity",
    "country": "country countrycode billingcountry",
    "state": "state billingstate",
    "zipcode": "zipcode zip postcode postalcode billingpostcode billingzip",
}
_ANNOUNCEMENT = {
    "announcement_title": "title announcementtitle",
    "announcement_content": "content message text announcementcontent",
    "annoucement_date": "date announcementdate annoucementdate",
    "created_by": "createdby author",
}


_QUALIFIED = re.compile(r"([^()]+)\(([^()]+)\)")

_NEEDED = {
    "course": ("userList[0].email",),
    "order": ("id", "status", "customer.email"),
    "announcement": ("receivers[0].email",),
}
_DATES = {
    "date_registered",
    "date_created",
    "date_submitted",
    "annoucement_date",
    "announcement_date",
}
_STRUCTURED = {
    *(
        "line_items",
        "customer",
        "billing_address",
        "payment_gateway",
        "coupons",
        "notes",
        "userList",
        "enrolled_courses_list",
    ),
    *(
        "course",
        "course_instructor",
        "course_instructor_name",
        "quiz",
        "assignment",
        "discussion",
        "receivers",
    ),
}


def needed_paths(event: str) -> Sequence[str]:
    """The paths that a line cannot do without."""
    return _NEEDED.get(event.partition(".")[0], ("email",))


def is_date(path: Sequence[str | int]) -> bool:
    return path[-1] in _DATES


def is_literal_text(path: Sequence[str | int]) -> bool:
    """What looks like JSON is meant to the letter there."""
    return path[-1] not in _STRUCTURED and not isinstance(path[-1], int)


def near_headers(path: str, event: str, headers: Sequence[str]) -> list[str]:
    """Which of them may be meant, the likeliest first."""
    names = [name for name, known in _targets(event).items() if known == path]
    squeezed_headers = {squeeze_header(header): header for header in headers}
    near = [
        one for name in names for one in get_close_matches(name, squeezed_headers, n=2, cutoff=0.6)
    ]
    within = [one for one in squeezed_headers if any(name in one for name in names)]
    return [squeezed_headers[one] for one in dict.fromkeys((*near, *within))][:3]


def header_path(header: str, event: str) -> str | None:
    """The path in the event's payload for a header, None where it says nothing."""
    known = json_schema(event)["properties"]
    if header.strip() and _root(header.strip()) in known:
        return header.strip()
    plain, targets = squeeze_header(_turned(header)), _targets(event)
    return (
        targets.get(plain)
        or targets.get(squeeze_header(header))
        or next((name for name in known if squeeze_header(name) == plain), None)
    )


def _turned(header: str) -> str:
    """`City (Billing)` → `Billing City`."""
    match = _QUALIFIED.fullmatch(header.strip())
    return f"{match[2]} {match[1]}" if match else header


def squeeze_header(header: str) -> str:
    """`E-Mail Address`, `emailAddress` and `email_address` are the same."""
    return "".join(character for character in header.lower() if character.isalnum())


def _root(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def _targets(event: str) -> Mapping[str, str]:
    family = event.partition(".")[0]
    match family:
        case "account":
            return _under("", _PERSON, _ACCOUNT)
        case "course":
            return _under("userList[0].", _PERSON) | _under("enrolled_courses_list[0].", _COURSE)
        case "order":
            return (
                _under("customer.", _PERSON)
                | _under("customer.billing_address.", _ADDRESS)
                | _under("", _ORDER)
            )
        case "announcement":
            return _under("receivers[0].", _PERSON) | _under("", _ANNOUNCEMENT)
    return _under("", _PERSON, _SUBMISSION, _THINGS[family]) | _under("course.", _COURSE)


def _under(prefix: str, *tables: Mapping[str, str]) -> dict[str, str]:
    return {
        header: prefix + path
        for table in tables
        for path, headers in table.items()
        for header in _words(headers)
    }


def _words(text: str) -> Iterable[str]:
    return text.split()
