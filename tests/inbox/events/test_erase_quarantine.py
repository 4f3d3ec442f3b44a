"""Erasing a person from calls in quarantine, of which nobody knows whose they are."""

from __future__ import annotations

import asyncio
import json
import time
from functools import partial

from receiver.inbox import ErasedPerson, Inbox
from receiver.inbox.events.erase import apply_changes, event_changes, stored_events
from receiver.inbox.people.addresses import PersonNames
from tests.inbox.store import ANN, BEN, exists, faulty, open_inbox, stored

SHARED = json.dumps(
    {
        "userList": [{"email": "Ann@Example.edu", "name": "Ann Smith"}, {"email": BEN}],
        "courses": ["Algebra"],
    }
)

OF_NOBODY_KNOWS_WHOM: list[tuple[str, object]] = [
    ("o'neil@example.edu", {"customer": {"email": "o'neil@example.edu", "last_name": "O'Neil"}}),
    (
        ANN,
        {
            "status": "COMPLETED",
            "customer": {"email": ANN, "last_name": "Smith"},
            "notes": [f"ring {BEN}"],
        },
    ),
    (ANN, {"status": "COMPLETED", "email": ANN, "last_name": "Smith", "notes": BEN}),
    (ANN, {"email": ANN, "last_name": "Smith", "logo": "logo@2x.png"}),
    (
        ANN,
        {
            "order": {"customer": {"email": ANN, "last_name": "Smith"}},
            "image": "https://x/logo@2x.png",
        },
    ),
    (ANN, {"from": f"Smith <{ANN.upper()}>", "to": BEN}),
]


@stored
async def test_nothing_of_a_person_stays_in_quarantine(inbox: Inbox) -> None:
    """Not the name beside the address, whatever else in the call looks like an address."""
    for address, body in OF_NOBODY_KNOWS_WHOM:
        await inbox.accept(faulty(json.dumps(body), ("id", f"is missing, says {address}")))
        done = await inbox.erase_person(address)
        assert done.events + done.shared == 1
        for row in (await inbox.list_events()).items:
            found = await inbox.find_event(row.id)
            left = f"{found.body.decode()} {found.faults}".lower()
            assert not [part for part in ("smith", "neil", address) if part in left]


ESCAPED = (
    r"\u0061nn@example.edu",
    r"ann\u0040example\u002eedu",
    "&#97;&#110;&#110;&#64;&#101;xample.edu",
    "&#x61;nn&#0000064;ex&#X61;mple&#46;edu",
    "ann&commat;example&period;edu",
    "Ann <mailto:%61nn%40example%2Eedu>",
    r"&#x41;\u006E%6E&commat;EXAMPLE.edu",
)


@stored
async def test_an_address_is_found_whatever_is_escaped_in_it(inbox: Inbox) -> None:
    """By JSON, HTML or a URL, in JSON and in what is none; others' calls stay as they came."""
    for written in ESCAPED:
        others = f'{{"email": "ben{written.removeprefix("Ann <mailto:").rstrip(">")}"}}'
        kept = (await inbox.accept(faulty(others))).id
        alone = (await inbox.accept(faulty(f'{{"email": "{written}", "last": "Smith"}}'))).id
        raw = (await inbox.accept(faulty(f'{{"email": "{written}", last: Smith'))).id
        shared = (
            await inbox.accept(
                faulty(f'{{"userList": [{{"email": "{written}"}}, {{"email": "{BEN}"}}]}}')
            )
        ).id
        done = await inbox.erase_person(ANN)
        assert (done.events, done.shared) == (2, 1), written
        assert [await exists(inbox, id) for id in (kept, alone, raw, shared)] == [
            *(True, False, False, True)
        ]
        assert (await inbox.find_event(kept)).body.decode() == others
        assert json.loads((await inbox.find_event(shared)).body) == {"userList": [{"email": BEN}]}


@stored
async def test_a_number_of_thousands_of_digits_is_no_obstacle(inbox: Inbox) -> None:
    """It is no escape that could be read, and the person beside it goes."""
    for digits in ("9" * 5000, "0" * 5000):
        id = (await inbox.accept(faulty(json.dumps({"email": ANN, "note": f"&#{digits};"})))).id
        await inbox.erase_person(ANN)
        assert not await exists(inbox, id)


@stored
async def test_a_megabyte_beside_an_address_is_no_obstacle(inbox: Inbox) -> None:
    """It is done in a moment, and what is accepted meanwhile does not wait for it."""
    letters = "a" * (1 << 20)
    alone = (await inbox.accept(faulty(json.dumps({"email": ANN, "note": letters})))).id
    raw = (await inbox.accept(faulty(f"{letters} {ANN} {letters}"))).id
    shared = (
        await inbox.accept(
            faulty(json.dumps({"userList": [{"email": ANN}, {"email": BEN}], "note": letters}))
        )
    ).id
    started = time.process_time()
    await inbox.erase_person(ANN)
    assert time.process_time() - started < 5  # the square of it would be hours
    assert [await exists(inbox, id) for id in (alone, raw, shared)] == [False, False, True]


def test_nothing_is_worked_out_while_the_store_is_being_written(sqlite_url: str) -> None:
    """What becomes of an event is decided off the writer's thread, and counts only where the event
    is still the one that was read.
    """

    async def main() -> None:
        async with open_inbox(sqlite_url) as inbox:
            kept = (await inbox.accept(faulty(SHARED))).id
            ann = PersonNames(ANN, (ANN,), (ANN,))
            # between its steps
            stored_now = await inbox._read(partial(stored_events, ids=[kept]))  # noqa: SLF001
            changes = event_changes(stored_now, ann)
            await inbox.erase_person(BEN)
            before = (await inbox.find_event(kept)).body
            done, changed = await inbox._write(partial(apply_changes, names=ann, changes=changes))  # noqa: SLF001
            assert (done, changed) == (ErasedPerson(), [kept])
            assert (await inbox.find_event(kept)).body == before
            await inbox.erase_person(ANN)
            assert not await exists(inbox, kept)

    asyncio.run(main())
