"""The sandbox as the gateway sees it: writes, links, failures on purpose, and what it shows of
itself.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.base import (
    Append,
    BatchRefused,
    Browsable,
    ConnectorError,
    FieldNeed,
    Found,
    Link,
    Misconfigured,
    ObjectNeed,
    Page,
    Record,
    Ref,
    Refused,
    Saved,
    Searchable,
    Unavailable,
)
from connectors.sandbox import SandboxConnector
from connectors.testing import Gate
from tests.connectors.sandbox.opening import contact, in_sandbox


def test_a_record_is_created_once_and_then_updated(tmp_path: Path) -> None:
    """Fields come together over several writes, and `writes` counts them."""

    async def use(crm: SandboxConnector) -> Page:
        assert await crm.upsert("contact", [contact("ada", first_name="Ada", city="London")]) == [
            Saved("1", created=True)
        ]
        assert await crm.upsert(
            "contact", [contact("ada", last_name="Lovelace", city="", courses=Append(("Logic",)))]
        ) == [Saved("1")]
        assert await crm.upsert(
            "contact", [contact("ada", courses=Append(("Algebra",)), spent=Decimal("9.90"))]
        ) == [Saved("1")]
        return await crm.records("contact", 10)

    (entry,) = in_sandbox(tmp_path, use).items
    assert entry.key == "ada@example.test"
    assert entry.writes == 3
    assert entry.fields == {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "courses": ["Logic", "Algebra"],
        "spent": "9.90",
        "email": "ada@example.test",
    }


def test_objects_have_keys_of_their_own(tmp_path: Path) -> None:
    """The same key in two objects is two records; ids are unique over all objects."""

    async def use(crm: SandboxConnector) -> None:
        (deal,) = await crm.upsert("deal", [Record("deal", "19", {"name": "Order 19"})])
        (other,) = await crm.upsert(
            "p_enrolment", [Record("p_enrolment", "19", {}, key_field="aom_key")]
        )
        assert (deal, other) == (Saved("1", created=True), Saved("2", created=True))
        assert await crm.objects() == {"deal": 1, "p_enrolment": 1}
        assert (await crm.records("deal", 1)).items[0].fields == {
            "name": "Order 19",
            "aom_order_key": "19",
        }
        assert (await crm.records("p_enrolment", 1)).items[0].fields == {"aom_key": "19"}

    in_sandbox(tmp_path, use)


def test_refusals_stand_where_their_records_stood(tmp_path: Path) -> None:
    """What is refused does not hold up the rest, and nothing of it is written."""

    async def use(crm: SandboxConnector) -> None:
        outcomes = await crm.upsert(
            "contact",
            [contact("ada"), Record("contact", "nobody", {}), contact("bob"), contact("eve")],
        )
        assert outcomes[0] == Saved("1", created=True)
        assert isinstance(outcomes[1], Refused)
        assert outcomes[2] == Saved("2", created=True)
        assert outcomes[3] == Refused("BLOCKED", "Eve is not welcome.", None)
        assert await crm.objects() == {"contact": 2}

    in_sandbox(
        tmp_path,
        use,
        refuse=[{"pattern": "^eve@", "code": "BLOCKED", "message": "Eve is not welcome."}],
    )


def test_links(tmp_path: Path) -> None:
    """A link shows with its source, once however often it was made; one to a record that is not
    there is refused.
    """

    async def use(crm: SandboxConnector) -> None:
        await crm.upsert("contact", [contact("ada"), contact("bob")])
        await crm.upsert("deal", [Record("deal", "19", {})])
        pair = Link(Ref("deal", "19"), Ref("contact", "ada@example.test"), "3", "1")
        outcomes = await crm.link(
            [
                pair,
                replace(pair, target_id="77"),
                pair,
                replace(pair, source_id="2"),
                replace(pair, target_id="x"),
            ]
        )
        assert outcomes[0] == outcomes[2] == Saved("")
        assert outcomes[1] == Refused("NOT_FOUND", "there is no contact with the id 77")
        assert outcomes[3] == Refused("NOT_FOUND", "there is no deal with the id 2")
        assert outcomes[4] == Refused("NOT_FOUND", "there is no contact with the id x")
        assert (await crm.records("deal", 10)).items[0].links == (
            Ref("contact", "ada@example.test"),
        )
        assert [entry.links for entry in (await crm.records("contact", 10)).items] == [(), ()]

    in_sandbox(tmp_path, use)


def test_pages(tmp_path: Path) -> None:
    """Records come newest first, each on one page, and the last page has no next one."""

    async def use(crm: SandboxConnector) -> None:
        await crm.upsert("contact", [contact(f"n{number}") for number in range(7)])
        await crm.upsert("deal", [Record("deal", "19", {})])
        first = await crm.records("contact", 3)
        second = await crm.records("contact", 3, first.next)
        third = await crm.records("contact", 3, second.next)
        keys = [entry.key for page in (first, second, third) for entry in page.items]
        assert keys == [f"n{number}@example.test" for number in reversed(range(7))]
        assert third.next is None
        assert (await crm.records("contact", 7)).next is None
        assert await crm.records("nothing", 7) == Page(())
        for wrong in ("yesterday", "", "-1", "9" * 100):
            with pytest.raises(ValueError, match="is no `next` of a page"):
                await crm.records("contact", 3, wrong)

    in_sandbox(tmp_path, use)


def test_a_record_is_found_by_its_id_or_its_key(tmp_path: Path) -> None:
    """With the links of both directions; an address in whichever case, and None for what is no
    record of that object.
    """

    async def use(crm: SandboxConnector) -> None:
        (ada,) = await crm.upsert("contact", [contact("ada", firstname="Ada")])
        (deal,) = await crm.upsert("deal", [Record("deal", "springfield:7301", {})])
        assert isinstance(ada, Saved)
        assert isinstance(deal, Saved)
        refs = Ref("deal", "springfield:7301"), Ref("contact", "ada@example.test")
        await crm.link([Link(*refs, deal.id, ada.id)])
        found = await crm.find_record("contact", id=ada.id)
        assert found is not None
        assert (found.key, found.fields["firstname"]) == ("ada@example.test", "Ada")
        assert (found.links, found.linked_from) == ((), (refs[0],))
        assert await crm.find_record("contact", key=" Ada@Example.test") == found
        other = await crm.find_record("deal", key="springfield:7301")
        assert other is not None
        assert (other.id, other.links, other.linked_from) == (deal.id, (refs[1],), ())
        assert await crm.find_record("contact", id=deal.id) is None
        assert await crm.find_record("contact", id="x") is None
        assert await crm.find_record("contact") is None

    in_sandbox(tmp_path, use)


def test_records_are_searched_by_a_part_of_their_key(tmp_path: Path) -> None:
    """In whichever case, page by page; no character of the text stands for others."""

    async def use(crm: SandboxConnector) -> None:
        await crm.upsert("contact", [contact(name) for name in ("ann", "bob", "joANN", "a_n")])
        first = await crm.search_records("contact", "Ann", 1)
        assert [entry.key for entry in first.items] == ["joann@example.test"]
        second = await crm.search_records("contact", "Ann", 1, first.next)
        assert [entry.key for entry in second.items] == ["ann@example.test"]
        assert second.next is None
        (only,) = (await crm.search_records("contact", "_", 9)).items
        assert only.key == "a_n@example.test"
        assert (await crm.search_records("contact", "%", 9)).items == ()

    in_sandbox(tmp_path, use)


def test_browsing_is_announced_by_the_protocol() -> None:
    """The gateway finds out by `Browsable` and `Searchable` that records can be shown and found,
    not by the connector's name.
    """
    assert issubclass(SandboxConnector, Browsable)
    assert issubclass(SandboxConnector, Searchable)


def test_what_is_too_much_or_has_no_name_is_refused_whole(tmp_path: Path) -> None:
    """As in a CRM, a batch over the limit and an object that can't be are errors of the call."""

    async def use(crm: SandboxConnector) -> None:
        with pytest.raises(BatchRefused, match="101 records are more than 100"):
            await crm.upsert("contact", [contact(f"n{number}") for number in range(101)])
        with pytest.raises(BatchRefused, match="101 links are more than 100"):
            await crm.link([Link(Ref("deal", "1"), Ref("contact", "1"), "1", "1")] * 101)
        with pytest.raises(Misconfigured, match="'no object' is no name"):
            await crm.upsert("no object", [contact("ada")])
        assert await crm.calls() == {}

    in_sandbox(tmp_path, use)


def test_calls_are_counted_and_ask_the_gate(tmp_path: Path) -> None:
    """Each call asks the rate limit once, and the file counts calls by method over all
    processes.
    """
    gate = Gate()

    async def use(crm: SandboxConnector) -> None:
        await crm.upsert("contact", [contact("ada"), contact("bob")])
        await crm.upsert("contact", [contact("ada")])
        await crm.link(
            [Link(Ref("contact", "ada@example.test"), Ref("contact", "bob@example.test"), "1", "2")]
        )
        assert await crm.calls() == {"upsert": 2, "link": 1}
        assert gate.taken == 3

    in_sandbox(tmp_path, use, calls=gate)


def test_failing_on_purpose(tmp_path: Path) -> None:
    """About the stated share of calls is Unavailable, the same for the same seed; half of those
    were written all the same.
    """

    async def failures(crm: SandboxConnector) -> list[str]:
        found = []
        for number in range(200):
            try:
                await crm.upsert("contact", [contact(f"n{number}")])
            except Unavailable as error:
                found.append(f"{number} {error}")
        return [
            *found,
            f"written {(await crm.objects())['contact']}",
            f"calls {(await crm.calls())['upsert']}",
        ]

    first = in_sandbox(tmp_path, failures, path="one.db", fail_rate=0.3, seed=7)
    assert first == in_sandbox(tmp_path, failures, path="two.db", fail_rate=0.3, seed=7)
    assert first != in_sandbox(tmp_path, failures, path="three.db", fail_rate=0.3, seed=8)
    *failed, written, calls = first
    lost = [words for words in failed if "its answer is lost" in words]
    assert 40 < len(failed) < 80
    assert len(failed) / 4 < len(lost) < 3 * len(failed) / 4
    assert written == f"written {200 - len(failed) + len(lost)}"
    assert calls == "calls 200"


def test_latency(tmp_path: Path) -> None:
    """A call takes as long as it is told to, and others are under way meanwhile."""
    gate = Gate()

    async def use(crm: SandboxConnector) -> float:
        start = time.perf_counter()
        calls = [
            asyncio.create_task(crm.upsert("contact", [contact(f"n{number}")]))
            for number in range(4)
        ]
        await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        assert gate.taken == 4
        await asyncio.gather(*calls)
        return time.perf_counter() - start

    assert in_sandbox(tmp_path, use, calls=gate, latency_ms=200) >= 0.2


def test_a_latency_beyond_the_time_out_is_no_answer(tmp_path: Path) -> None:
    """As with a CRM that hangs, the call is given up at the time-out and nothing is known of it."""

    async def use(crm: SandboxConnector) -> None:
        with pytest.raises(Unavailable, match=r"no answer within 0\.01 seconds"):
            await crm.upsert("contact", [contact("ada")])

    in_sandbox(tmp_path, use, timeout=0.01, latency_ms=60_000)


def test_opening_makes_no_file(tmp_path: Path) -> None:
    """Opening calls nothing, and here not even makes the file; its name comes from the
    connector's.
    """

    async def use(crm: SandboxConnector) -> None:
        assert not path.exists()
        await crm.upsert("contact", [contact("ada")])
        assert path.exists()

    path = tmp_path / "sandbox-crm.db"
    in_sandbox(tmp_path, use)


def test_check(tmp_path: Path) -> None:
    """Names that can't be are found with their place, failing on purpose is warned of, and a bad
    path raises.
    """
    needs = [
        ObjectNeed(
            "contact",
            None,
            {
                "first name": FieldNeed(places=("routes[0].upsert[0].fields.first name",)),
                "ok": FieldNeed(),
            },
        )
    ]

    async def use(crm: SandboxConnector) -> None:
        name, rate = await crm.check(needs)
        assert (name.where, name.fatal) == ("routes[0].upsert[0].fields.first name", True)
        assert (rate.where, rate.fatal) == ("connectors.crm.fail_rate", False)
        assert "25%" in rate.message

    in_sandbox(tmp_path, use, fail_rate=0.25)

    async def use_nowhere(crm: SandboxConnector) -> None:
        with pytest.raises(ConnectorError, match=r"nowhere/crm\.db: unable to open database file"):
            await crm.check(needs)

    in_sandbox(tmp_path, use_nowhere, path="nowhere/crm.db")


def test_what_records_hold_is_read(tmp_path: Path) -> None:
    """In the order that is asked for, each field, also those that it lacks."""

    async def use(crm: SandboxConnector) -> None:
        (saved,) = await crm.upsert("contact", [contact("ada", first_name="Ada")])
        assert isinstance(saved, Saved)
        found = await crm.read("contact", [contact("bob"), contact("ADA")], ["first_name", "x"])
        assert list(found) == [None, Found(saved.id, {"first_name": "Ada", "x": None})]
        assert await crm.calls() == {"upsert": 1, "read": 1}

    in_sandbox(tmp_path, use)


def test_what_is_for_a_new_record_goes_with_it_alone(tmp_path: Path) -> None:
    """And what is only updated is not made."""

    async def use(crm: SandboxConnector) -> None:
        record = replace(contact("ada", seen="now"), on_create={"name": "Ada"})
        for name in ("Ada", "Lady"):
            await crm.upsert("contact", [replace(record, on_create={"name": name})])
        (page,) = (await crm.records("contact", 10)).items
        assert (page.fields["name"], page.writes) == ("Ada", 2)
        (outcome,) = await crm.upsert("contact", [replace(contact("bob"), id="7", creates=False)])
        assert isinstance(outcome, Saved)
        assert (outcome.id, len(outcome.notes)) == ("", 1)
        assert await crm.objects() == {"contact": 1}

    in_sandbox(tmp_path, use)
