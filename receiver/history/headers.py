"""Which part of a payload a column is, by its header: what exports of shops and learning platforms call it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from receiver.aom import json_schema

_PERSON = {
    "email": "email emailaddress mail useremail studentemail learneremail customeremail billingemail",
    "first_name": "firstname givenname forename userfirstname studentfirstname customerfirstname billingfirstname",
    "last_name": "lastname surname familyname userlastname studentlastname customerlastname billinglastname",
    "name": "fullname displayname username studentname learnername customername",
    "id": "userid studentid learnerid customerid",
}
_ACCOUNT = {
    "id": "id",
    "name": "name",
    "date_registered": "dateregistered registered registeredat registrationdate registeredon userregistered created createdat datecreated "
    "signupdate joined date",
}
_COURSE = {"id": "courseid", "name": "course coursename coursetitle"}
_SUBMISSION = {
    "course_instructor.id": "instructorid teacherid",
    "course_instructor.name": "instructor instructorname courseinstructor teacher teachername",
    "date_submitted": "datesubmitted submitted submittedat submissiondate submittedon completedat date",
    "grade": "grade score",
}
_THINGS = {
    "quiz": {"quiz.id": "quizid", "quiz.name": "quiz quizname quiztitle"},
    "assignment": {"assignment.id": "assignmentid", "assignment.name": "assignment assignmentname assignmenttitle"},
    "discussion": {"discussion.id": "discussionid topicid", "discussion.name": "discussion discussionname discussiontitle topic"},
}
_ORDER = {
    "id": "id orderid ordernumber order",
    "status": "status orderstatus",
    "date_created": "datecreated created createdat date orderdate",
    "currency": "currency ordercurrency",
    "order_total": "total ordertotal amount",
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


def target(header: str, event: str) -> str | None:
    """The path in the event's payload for a header, None where it says nothing."""
    if header.strip() and _root(header.strip()) in json_schema(event)["properties"]:
        return header.strip()
    return _targets(event).get(squeezed(header))


def squeezed(header: str) -> str:
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
            return _under("customer.", _PERSON) | _under("customer.billing_address.", _ADDRESS) | _under("", _ORDER)
        case "announcement":
            return _under("receivers[0].", _PERSON) | _under("", _ANNOUNCEMENT)
    return _under("", _PERSON, _SUBMISSION, _THINGS[family]) | _under("course.", _COURSE)


def _under(prefix: str, *tables: Mapping[str, str]) -> dict[str, str]:
    return {header: prefix + path for table in tables for path, headers in table.items() for header in _words(headers)}


def _words(text: str) -> Iterable[str]:
    return text.split()
