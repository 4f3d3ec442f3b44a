"""What an org holds: its objects, rows and users, who may see what, and how it is set to behave."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.fakes.salesforce.schema import Field, SObject, fresh, provisioned

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, Any]

ORG_ID = "00D000000000001AAA"
MY_DOMAIN = "acme.my.salesforce.com"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class CallError(Exception):
    """Fails a whole call."""

    def __init__(self, status: int, code: str, message: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.fields = status, code, message, fields

    @property
    def body(self) -> list[dict[str, Any]]:
        fault: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        return [fault | {"fields": list(self.fields)} if self.fields else fault]


class RowError(Exception):
    """Fails one row of a call."""

    def __init__(self, code: str, message: str, *fields: str) -> None:
        super().__init__(message)
        self.code, self.message, self.fields = code, message, fields

    @property
    def result(self) -> dict[str, Any]:
        return {
            "success": False,
            "errors": [
                {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}
            ],
        }


@dataclass
class Options:
    """How the org is set up and behaves; the admin surface's `configure` changes it."""

    client_id: str = "gateway"
    client_secret: str = "right"
    public_key: str | None = None  # PEM, for the JWT bearer flow
    sandbox: bool = False
    run_as: bool = True  # a user for the client credentials flow is chosen
    approved: bool = True  # the JWT's user is allowed to use the app
    token_uses: int | None = None  # a token is good for so many calls
    max_calls: int = 15_000  # a day
    used_elsewhere: int = 0  # of them, by other integrations
    url_limit: int = 16_384
    page_size: int = 2_000
    whole_call: bool = False  # a bad column or JSON type in one row fails the whole call
    duplicate_rule: str | None = None  # "alert" or "block": a second Contact of the same e-mail
    storage_full: bool = False
    concurrent_full: bool = False  # too many long calls at once
    api_disabled: bool = False
    renamed_to: str | None = None  # My Domain was renamed: all is redirected to this host
    old_domain_is_gone: bool = False  # the redirection has ended: all answers 404 with a page
    encrypted: tuple[str, ...] = ()  # fields that can't be filtered by
    row_ms: float = 0  # automation takes so long for each row that is written
    # a call with more rows breaks a governor limit of the org's automation
    most_rows: int | None = None
    # a trigger throws an exception that nobody handles where a row holds this value
    throws_at: str | None = None
    household_accounts: bool = False  # a package makes an Account for each Contact that has none
    latency_ms: float = 0


@dataclass
class User:
    id: str
    username: str
    admin: bool = False


@dataclass
class Validation:
    """A validation rule: a row in which `field` holds `value` is refused."""

    object: str
    field: str
    value: Any
    message: str
    code: str = "FIELD_CUSTOM_VALIDATION_EXCEPTION"


@dataclass
class Org:
    objects: dict[str, SObject]
    options: Options = field(default_factory=Options)
    users: dict[str, User] = field(default_factory=dict)
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    writes: dict[str, int] = field(default_factory=dict)  # by id
    tokens: dict[str, tuple[User, int]] = field(default_factory=dict)  # whose, and how often used
    rules: list[Validation] = field(default_factory=list)
    # by any value of a row: how often it is still locked
    locks: dict[str, int] = field(default_factory=dict)
    under_way: set[str] = field(default_factory=set)  # keys that calls are writing now
    # those of them that an earlier call has, for the call that is answered now
    taken: set[str] = field(default_factory=set)
    used: int = 0  # calls of the day
    moments: int = 0
    _index: dict[tuple[str, str], dict[str, set[str]]] = field(default_factory=dict)

    def now(self) -> str:
        """Give a later time at each call."""
        self.moments += 1
        return (EPOCH + timedelta(seconds=self.moments)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")

    def insert(self, object: str, values: Row) -> str:
        kind, rows = self.objects[object], self.rows.setdefault(object, {})
        id_ = _id(kind.prefix, len(rows) + 1)
        defaults = {each.name: each.default for each in kind.fields.values()}
        rows[id_] = defaults | {
            "Id": id_,
            "CreatedDate": self.now(),
            "IsDeleted": False,
            "OwnerId": "005000000000001AAA",
        }
        self.update(object, id_, values)
        return id_

    def update(self, object: str, id: str, values: Row) -> None:
        row = self.rows[object][id]
        for name, value in values.items():
            if self.objects[object].fields[name].indexed:
                index = self._index_of(object, name)
                index.get(folded(row.get(name)), set()).discard(id)
                index.setdefault(folded(value), set()).add(id)
            row[name] = value
        self.writes[id] = self.writes.get(id, 0) + 1

    def find(self, object: str, name: str, value: Any, user: User | None = None) -> list[str]:
        """Ids of the rows that are there and whose indexed field holds the value, whatever its
        case; nothing matches nothing.

        With a user only those that are shared with it.
        """
        if value in (None, ""):
            return []
        found = self._index_of(object, name).get(folded(value), set())
        there = (id_ for id_ in found if not self.rows[object][id_]["IsDeleted"])
        return sorted(
            id_ for id_ in there if user is None or self.shared(user, self.rows[object][id_])
        )

    def row(self, id: str) -> tuple[str, Row] | None:
        """Give the object and the row of an id, deleted or not; 15 characters of it are enough."""
        for name, rows in self.rows.items():
            for full in (id, id + "AAA"):
                if full in rows:
                    return name, rows[full]
        return None

    @property
    def spent(self) -> int:
        """How many of the day's calls are used up, whoever made them."""
        return self.used + self.options.used_elsewhere

    def value(self, object: str, row: Row, name: str) -> Any:
        """Give a column of a row; `Profile.UserLicense.Name` follows lookups."""
        relationship, _, rest = name.partition(".")
        if not rest:
            return row.get(name)
        field = next(
            each
            for each in self.objects[object].fields.values()
            if each.relationship == relationship
        )
        found = self.row(str(row.get(field.name)))
        return self.value(found[0], found[1], rest) if found else None

    def alive(self, object: str) -> Iterator[Row]:
        return (row for row in self.rows.get(object, {}).values() if not row["IsDeleted"])

    def visible(self, user: User, object: str) -> Iterator[Row]:
        return (row for row in self.alive(object) if self.shared(user, row))

    def shared(self, user: User, row: Row) -> bool:
        """Whether a user sees a row; `_private` ones are their owners' and administrators'
        alone.
        """
        return user.admin or not row.get("_private")

    def reindex(self, object: str, name: str) -> None:
        """Forget the index of a field that was changed or removed."""
        self._index.pop((object, name), None)

    def sees(self, user: User, object: str, name: str) -> bool:
        field = self.objects[object].fields[name]
        of_course = field.granted or (user.admin and not field.custom)
        return of_course or any(
            row["PermissionsRead"] for row in self._field_grants(user, object, name)
        )

    def edits(self, user: User, object: str, name: str) -> bool:
        field = self.objects[object].fields[name]
        of_course = field.granted or (user.admin and not field.custom)
        return of_course or any(
            row["PermissionsEdit"] for row in self._field_grants(user, object, name)
        )

    def may(self, user: User, object: str, right: str) -> bool:
        """`right` is Create, Read, Edit or Delete."""
        kind = self.objects[object]
        if kind.setup:
            return user.admin or right == "Read"
        if user.admin:
            return True
        grants = (
            row for row in self._granted(user, "ObjectPermissions") if row["SobjectType"] == object
        )
        return (
            kind.granted
            or (right == "Read" and kind.readable)
            or any(row[f"Permissions{right}"] for row in grants)
        )

    def fields(self, user: User, object: str) -> dict[str, Field]:
        """Give the fields that a user sees."""
        return {
            name: each
            for name, each in self.objects[object].fields.items()
            if self.sees(user, object, name)
        }

    def locked(self, *values: Any) -> bool:
        """Whether a row with these values is locked; each asking uses up one of the times."""
        for value in values:
            if self.locks.get(folded(value), 0) > 0:
                self.locks[folded(value)] -= 1
                return True
        return False

    def _field_grants(self, user: User, object: str, name: str) -> Iterator[Row]:
        return (
            row
            for row in self._granted(user, "FieldPermissions")
            if row["Field"] == f"{object}.{name}"
        )

    def _granted(self, user: User, kind: str) -> Iterator[Row]:
        sets = {
            row["PermissionSetId"]
            for row in self.alive("PermissionSetAssignment")
            if row["AssigneeId"] == user.id
        }
        return (row for row in self.alive(kind) if row["ParentId"] in sets)

    def _index_of(self, object: str, name: str) -> dict[str, set[str]]:
        if (object, name) not in self._index:
            index = self._index[object, name] = {}
            for id_, row in self.rows.get(object, {}).items():
                index.setdefault(folded(row.get(name)), set()).add(id_)
        return self._index[object, name]


def opened(*, bare: bool = False) -> Org:
    """Make an org with an integration user and an administrator.

    A `bare` one has none of the gateway's fields.
    """
    org = Org(fresh() if bare else provisioned())
    org.insert("Organization", {"Name": "Acme", "DefaultAccountAccess": "Edit"})
    psl = org.insert(
        "PermissionSetLicense",
        {
            "DeveloperName": "SalesforceAPIIntegrationPsl",
            "MasterLabel": "Salesforce API Integration",
        },
    )
    for username, admin in (("integration@acme.test", False), ("admin@acme.test", True)):
        licence = org.insert(
            "UserLicense", {"Name": "Salesforce" if admin else "Salesforce Integration"}
        )
        profile = org.insert("Profile", {"Name": "Its profile", "UserLicenseId": licence})
        id_ = org.insert(
            "User", {"Username": username, "Name": username.partition("@")[0], "ProfileId": profile}
        )
        org.users[username] = User(id_, username, admin)
    org.insert(
        "PermissionSetLicenseAssign",
        {"PermissionSetLicenseId": psl, "AssigneeId": org.users["integration@acme.test"].id},
    )
    org.tokens[f"{ORG_ID}!admin"] = (org.users["admin@acme.test"], 0)
    return org


def folded(value: Any) -> str:
    return str(value).casefold()


def _id(prefix: str, number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return f"{prefix}{digits:0>12}AAA"
