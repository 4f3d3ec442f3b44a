"""What an org does to an integration, and what is right then, as one row of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from zlib import crc32

from tests.admin.conftest import account, order
from tests.e2e.traffic import Post
from tests.fakes.character import Character

if TYPE_CHECKING:
    from tests.e2e.orgs.stage import Org

Told = Literal["note", "waits", "paused", "throttled", "unavailable", "dead", "slow", "nothing"]
"""What the operator sees before the cure: a note on what was written all the same, people who wait,
a connector that is paused, dead letters, or nothing, since nothing is wrong.
"""

Then = Literal["by itself", "replayed", "replayed within a minute", "later", "given up", "never"]
"""How it goes on after the cure: by itself, by a replay, by itself when the time that was waited
for has passed; or there is no cure, and whoever is concerned is given up after that time, or dead
from the first.
"""


@dataclass(frozen=True, kw_only=True)
class Situation:
    """`before` is delivered while all is well; then the org gets its `character`, and `posts` come
    in.
    """

    open_account: Callable[..., Any]  # of tests.e2e.accounts
    character: Character[Any]
    posts: tuple[Post, ...]
    before: tuple[Post, ...] = ()
    settings: str = ""
    mappings: tuple[str, ...] = ("standard",)
    routes: str = ""  # of its own, beside the shipped ones
    told: Told = "nothing"
    words: str = ""  # of what is told
    concerned: frozenset[str] = frozenset()  # the people of whom it is told; none: of all
    then: Then = "by itself"
    also: frozenset[str] = frozenset()  # people who are there besides
    # who are known under another address in the end, or not at all
    gone: frozenset[str] = frozenset()
    merged: tuple[int, int] | None = None  # an order whose deal goes on as that of another one
    # an innocent row may be written a second time, since nobody knows whether it was
    rewritten: bool = False
    meanwhile: Callable[[Org], None] = lambda _: None  # what else is seen before the cure
    finally_: Callable[[Org], None] = lambda _: None  # what else is seen in the end

    @property
    def dead(self) -> frozenset[str]:
        """Who is a dead letter in the end."""
        return self.concerned if self.then in {"given up", "never"} else frozenset()

    def people(self) -> set[str]:
        """The addresses that the CRM holds in the end."""
        named = {email for post in (*self.before, *self.posts) for email in addresses_of(post)}
        return (named | self.also) - self.dead - self.gone

    def orders(self) -> Mapping[int, str]:
        """The orders that the CRM holds in the end, and their last status."""
        written = (
            *self.before,
            *(post for post in self.posts if not self.dead.intersection(addresses_of(post))),
        )
        last = {
            payload["id"]: payload["status"]
            for name, payload in written
            if name.startswith("order.")
        }
        if self.merged:
            gone, kept = self.merged
            last[kept] = last.pop(gone)
        return last


def addresses_of(post: Post) -> list[str]:
    """Whom it is about."""
    name, payload = post
    people = (
        payload["userList"] if name == "course.enrolled" else [payload.get("customer") or payload]
    )
    return [person["email"].lower() for person in people]


def addresses(*people: str) -> frozenset[str]:
    return frozenset(f"{person}@example.edu" for person in people)


def number_of(person: str) -> int:
    """The number of the person's one order."""
    return crc32(person.encode()) % 1_000_000


def placed(*people: str, status: str = "COMPLETED", **other: Any) -> tuple[Post, ...]:
    """An order of each person, paid unless `status` says otherwise."""
    name = {
        "COMPLETED": "order.placed",
        "REFUNDED": "order.refunded",
        "PENDING": "order.pending",
    }[status]
    given = {"order_total": "50.00", "currency": "USD", **other}
    return tuple(
        (name, order(number_of(person), f"{person}@example.edu", status, **given))
        for person in people
    )


def refunded(*people: str, **other: Any) -> tuple[Post, ...]:
    return placed(*people, status="REFUNDED", **other)


def joined(*people: str, **other: Any) -> tuple[Post, ...]:
    """A new account of each person."""
    return tuple(
        ("account.created", account(**{"email": f"{person}@example.edu", **other}))
        for person in people
    )


def enrolled(*people: str, **last_names: str) -> tuple[Post, ...]:
    """All of them in a course, by one event, so that they go to the CRM in one call; some by a last
    name of their own.
    """
    users = [
        {
            "id": number_of(person),
            "email": f"{person}@example.edu",
            "first_name": "Ann",
            "last_name": last_names.get(person, "Lee"),
        }
        for person in (*people, *last_names)
    ]
    return (
        (
            "course.enrolled",
            {"userList": users, "enrolled_courses_list": [{"id": 2, "name": "Algebra"}]},
        ),
    )


def crowd(number: int) -> tuple[str, ...]:
    return tuple(f"person{one}" for one in range(number))
