"""A changed configuration is taken over by the real process while it receives and delivers."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from receiver.aom import read_sample
from receiver.gateway import ConfigReloader, Gateway, open_gateway
from receiver.settings import load_settings
from tests.alarms.receiver import alarm_receiver
from tests.cli.command import command
from tests.console.visitor import Visitor
from tests.e2e.accounts.hubspot import hubspot
from tests.gateway.changing import Changing, account, boxed
from tests.inbox.store import rows
from tests.processes import ADMIN_TOKEN, TOKEN, gateway, until, write_config

OTHER = "shelbyville-token-of-the-tests"
FAULTY = ('made_by = "first"', 'made_by = "{{ persn.email }}"'), ("port = ", "prt = 1\nport = ")

NAMES = """
[[routes]]
events = ["account.created"]
connector = "hubspot"
[[routes.upsert]]
object = "contact"
fields.firstname = "Ada"
"""


@contextmanager
def changing(directory: Path, body: str, *, store: str | None = None) -> Iterator[Changing]:
    config = write_config(directory, body, store=store)
    with gateway(config) as running:
        yield Changing(running, config)


@pytest.fixture
def changed(tmp_path: Path, store_url: str) -> Iterator[Changing]:
    """One that delivers to a sandbox, on each database."""
    with changing(tmp_path, boxed(), store=store_url) as one:
        yield one


def test_sources_tokens_and_connectors_count_at_once(changed: Changing) -> None:
    """New ones and those that are gone; the answer names what has changed, and no secret."""
    assert changed.post(1) == 202
    changed.edit(
        (f'tokens = ["{TOKEN}"]', f'tokens = ["{OTHER}"]'),
        (
            "[sources.springfield]",
            f'[sources.ogdenville]\ntokens = ["{TOKEN}2"]\n[sources.springfield]',
        ),
        ("[connectors.box]", '[connectors.other]\ntype = "sandbox"\n[connectors.box]'),
        ('connector = "box"', 'connector = ["box", "other"]'),
    )
    answer = changed.reload()
    assert {(one["where"], one["change"]) for one in answer["changes"]} == {
        ("sources.ogdenville", "added"),
        ("sources.springfield.tokens", "changed"),
        ("connectors.other", "added"),
        ("routes.people", "changed"),
    }
    assert TOKEN not in str(answer)
    assert [changed.post(2), changed.post(2, OTHER), changed.post(3, f"{TOKEN}2")] == [
        404,
        202,
        202,
    ]
    changed.running.wait_until_delivered()
    assert changed.contacts().keys() == {f"p{n}@example.edu" for n in (1, 2, 3)}
    assert changed.contacts("other").keys() == {f"p{n}@example.edu" for n in (2, 3)}
    assert OTHER not in changed.running.log.read_text()


def test_a_removed_connector_is_closed_and_comes_back(changed: Changing) -> None:
    """What waits for it is kept, and delivered once it is there again."""
    text = changed.config.read_text()
    changed.edit(('type = "sandbox"', 'type = "sandbox"\nfail_rate = 1'))
    changed.reload()
    assert changed.post(1) == 202
    changed.config.write_text(text.partition("[connectors.box]")[0])
    answer = changed.reload()
    assert {"where": "connectors.box", "change": "removed"} in answer["changes"]
    assert changed.ask("GET", "/api/connectors/box/records/contact").status_code == 404
    status = changed.running.admin("/api/status")["connectors"]["box"]
    assert (status["state"], status["pending"], status["leader"]) == ("not configured", 1, None)
    changed.config.write_text(text)
    changed.reload()
    changed.running.wait_until_delivered()
    assert changed.contacts().keys() == {"p1@example.edu"}


def test_faults_are_told_and_the_former_one_goes_on(changed: Changing) -> None:
    """All faults with their places: in the answer, the log, the status and the console, until a
    reload succeeds.
    """
    before = changed.configuration()["process"]["digest"]
    text = changed.config.read_text()
    changed.edit(*FAULTY)
    answer = changed.reload(status=422)
    places = {one["path"] for one in answer["errors"]}
    assert {place.partition(" (line ")[0] for place in places} == {
        "server.prt",
        "routes[0].upsert[0].fields.made_by",
    }
    assert "persn" in str(answer["errors"])
    assert changed.post(1) == 202
    changed.running.wait_until_delivered()
    assert changed.contacts()["p1@example.edu"]["made_by"] == "first"
    (refused,) = changed.log("configuration.refused")
    assert len(refused["faults"]) == 2
    told = changed.configuration()
    assert told["process"]["digest"] == before
    assert {one["path"] for one in told["process"]["faults"]} == places
    assert "could not take the configuration over" in told["warnings"][0]
    visitor = Visitor(changed.running.url)
    visitor.sign_in()
    assert "persn" in visitor.get("/console/set-up").text
    assert "could not take the configuration over" in visitor.get("/console").text
    changed.config.write_text(text.replace('"first"', '"second"'))
    changed.reload()
    assert changed.configuration()["warnings"] == []
    assert changed.configuration()["process"]["digest"] != before
    assert "persn" not in visitor.get("/console/set-up").text


def test_a_mapping_that_asks_for_profiles_knows_what_came_before(changed: Changing) -> None:
    """Nobody asked for them when it came; after the reload it counts all the same."""
    quiz = json.loads(read_sample("quiz.submitted") or b"")
    assert changed.send(quiz) == 202
    changed.edit(('"first"', '"{{ profile.quiz_count }} quiz"'))
    changed.reload()
    assert changed.send(account(1) | {"email": quiz["email"]}) == 202
    changed.running.wait_until_delivered()
    assert changed.contacts()[quiz["email"].lower()]["made_by"] == "1 quiz"


def test_a_source_that_is_profiled_again_knows_what_came_meanwhile(
    changed: Changing, store_url: str
) -> None:
    """While another one is profiled all the time; that began long ago."""
    quiz = json.loads(read_sample("quiz.submitted") or b"")
    changed.edit(
        ("[sources.springfield]", f'[sources.other]\ntokens = ["{OTHER}"]\n[sources.springfield]'),
        ('"first"', '"{{ profile.quiz_count }} quiz"'),
        ("[[routes]]", '[[routes]]\nsources = ["other", "springfield"]'),
    )
    changed.reload()
    assert changed.post(2) == 202
    changed.running.wait_until_delivered()
    rows(store_url, "UPDATE profile_start SET started_at = 0")
    changed.edit(('["other", "springfield"]', '["other"]'))
    changed.reload()
    assert changed.send(quiz) == 202
    changed.edit(('["other"]', '["other", "springfield"]'))
    changed.reload()
    assert changed.send(account(1) | {"email": quiz["email"]}) == 202
    changed.running.wait_until_delivered()
    assert changed.contacts()[quiz["email"].lower()]["made_by"] == "1 quiz"


def test_sighup_reloads_and_never_ends_the_process(changed: Changing) -> None:
    """Also where the file has faults; the audit says both."""
    text = changed.config.read_text()
    changed.edit(*FAULTY)
    changed.running.process.send_signal(signal.SIGHUP)
    until(lambda: changed.log("configuration.refused"), "the faults are told")
    changed.config.write_text(text.replace('"first"', '"second"'))
    changed.running.process.send_signal(signal.SIGHUP)
    until(lambda: changed.log("configuration.reloaded"), "it is reloaded")

    def audit() -> list[tuple[str, str]]:
        listed = changed.ask("GET", "/api/audit?what=reload").json()["items"]
        return [(one["who"], one["outcome"]) for one in listed]

    by_signal = "signal (SIGHUP)"
    until(lambda: audit() == [(by_signal, "done"), (by_signal, "failed")], "both are noted")
    assert changed.post(1) == 202
    changed.running.wait_until_delivered()
    assert changed.contacts()["p1@example.edu"]["made_by"] == "second"


def test_what_is_fixed_needs_a_restart_and_the_rest_counts(tmp_path: Path) -> None:
    """It is said in the answer and in the status until the file says what runs."""
    with changing(tmp_path, boxed()) as changed:
        text = changed.config.read_text()
        changed.edit(
            ("port = ", "port = 1 # "),
            ("aom-gateway.db", "elsewhere.db"),
            ("[store]", '[log]\nlevel = "debug"\n[store]\ndedup_hours = 0'),
        )
        assert changed.post(1) == 202
        assert changed.post(1) == 200
        answer = changed.reload()
        assert answer["needs_restart"] == ["server.port", "store.url", "log.level"]
        assert answer["changes"] == [{"where": "store.dedup_hours", "change": "changed"}]
        assert "needs a restart to count: server.port" in changed.configuration()["warnings"][0]
        assert changed.post(1) == 202
        changed.config.write_text(text)
        assert changed.reload()["needs_restart"] == []
        assert changed.configuration()["warnings"] == []
        assert changed.post(1) == 200


def test_a_new_admin_token_counts_at_once(tmp_path: Path) -> None:
    """For the API and the console; the former one is refused, with a session that it opened."""
    with changing(tmp_path, boxed()) as changed:
        visitor = Visitor(changed.running.url)
        visitor.sign_in()
        changed.edit((ADMIN_TOKEN, "another-admin-token-of-the-tests"))
        told = command("reload", at=tmp_path, code=1)
        assert "SIGHUP" in told.err
        changed.reload()
        assert changed.ask("GET", "/api/status").status_code == 401
        assert visitor.get("/console").status_code == 303
        assert "Nothing has changed" in command("reload", at=tmp_path).out


def test_a_session_that_was_ended_stays_so(tmp_path: Path) -> None:
    """A copy of its cookie is not taken after a reload either."""
    with changing(tmp_path, boxed()) as changed:
        visitor = Visitor(changed.running.url)
        visitor.sign_in()
        kept = dict(visitor.cookies)
        visitor.get("/console")
        visitor.post("/console/sign-out")
        changed.edit(('"first"', '"second"'))
        changed.reload()
        visitor.cookies = kept
        assert visitor.get("/console").status_code == 303


def test_the_command_tells_what_came_of_it(tmp_path: Path) -> None:
    """Changes by their places; faults with 1; where no gateway runs, it says so."""
    with changing(tmp_path, boxed()) as changed:
        changed.edit(('"first"', '"second"'), ("port = ", "workers = 1\nport = "))
        assert command("reload", at=tmp_path).out == "changed: routes.people\n"
        changed.edit(('"second"', '"{{ persn }}"'), ("workers = 1", "workrs = 1"))
        told = command("reload", at=tmp_path, code=1).err
        assert "persn" in told
        assert "did you mean 'workers'?" in told
        faults = changed.configuration()["process"]["faults"]
        assert {one["path"].partition(" (")[0] for one in faults} == {
            "server.workrs",
            "routes[0].upsert[0].fields.made_by",
            "routes[0].upsert[0].fields.and_by",
        }
        changed.edit(('"{{ persn }}"', '"third"'), ("workrs = 1", "workers = 1"))
        assert command("reload", "--json", at=tmp_path).json["changes"] == [
            {"where": "routes.people", "change": "changed"}
        ]
        changed.running.terminate()
        assert "No gateway runs" in command("reload", at=tmp_path, code=1).err
        changed.config.write_text("[server")
        assert "config.toml: 1 fault" in command("reload", at=tmp_path, code=1).err


def test_a_changed_secret_ends_a_pause(tmp_path: Path) -> None:
    """Nobody has to wait until the connector is tried again by itself."""
    with hubspot() as account:
        right, wrong = account.fake.token, "pat-na1-wrong"
        table = account.table().replace(right, wrong).replace('mapping = "standard"', "")
        with changing(tmp_path, table + NAMES) as changed:
            assert changed.post(1) == 202
            until(lambda: changed.log("connector.paused"), "the token is refused")
            changed.edit((wrong, right))
            changed.reload()
            changed.running.wait_until_delivered()
            assert account.contacts().keys() == {"p1@example.edu"}


def test_a_refused_configuration_is_an_alarm_until_it_is_mended(tmp_path: Path) -> None:
    """One, however often it is tried; and the alarm goes where the configuration in force says."""
    with alarm_receiver() as first, alarm_receiver() as second:
        body = f'{boxed()}\n[alerts]\nurl = "{first.url}"\n'
        with changing(tmp_path, body) as changed:
            text = changed.config.read_text()
            changed.edit(*FAULTY)
            changed.reload(status=422)
            changed.reload(status=422)
            told = first.wait_for(cause="configuration_refused", state="firing")
            assert "server.prt" in told["reason"]
            changed.config.write_text(text.replace(first.url, second.url))
            changed.reload()
            second.wait_for(cause="configuration_refused", state="resolved")
            assert len(first.told(cause="configuration_refused")) == 1


def test_a_batch_under_way_ends_with_its_mapping(changed: Changing) -> None:
    """No contact is written half by each, no call is lost, and none is answered but 202, while the
    mapping changes again and again under posts.
    """
    ended, answers, posted = threading.Event(), set(), 0

    def post() -> None:
        nonlocal posted
        while not ended.is_set():
            answers.add(changed.post(posted))
            posted += 1

    poster = threading.Thread(target=post)
    poster.start()
    names = ["first"]
    for number in range(8):
        names.append(f"mapping {number}")
        changed.edit((f'"{names[-2]}"', f'"{names[-1]}"'))
        changed.reload()
    ended.set()
    poster.join()
    changed.running.wait_until_delivered()
    contacts = changed.contacts()
    assert answers == {202}
    assert len(contacts) == posted
    assert all(one["made_by"] == one["and_by"] for one in contacts.values())
    assert {one["made_by"] for one in contacts.values()} <= set(names)
    assert changed.running.admin("/api/status")["dead"] == 0


def test_whoever_asked_may_go_away(tmp_path: Path) -> None:
    """The others are told all the same; what is the same by then is not taken over once more."""
    config = write_config(tmp_path, boxed())
    under_way, go_on = threading.Event(), threading.Event()
    built: list[Gateway] = []
    told: list[int] = []

    def build(gateway: Gateway) -> None:
        built.append(gateway)
        if len(built) == 2:
            under_way.set()
            go_on.wait()

    async def main() -> None:
        async with open_gateway(load_settings(config), build) as running:
            reloader = ConfigReloader(
                running, lambda: load_settings(config), lambda: told.append(len(built))
            )
            config.write_text(config.read_text().replace('"first"', '"second"'))
            asked = asyncio.create_task(reloader.reload())
            await asyncio.to_thread(under_way.wait)
            asked.cancel()
            await asyncio.wait([asked])
            assert told == []
            go_on.set()
            report = await reloader.reload()
            assert (report.changes, told, len(built)) == ([], [2, 2], 2)
            assert running.current is not built[0]

    try:
        asyncio.run(main())
    finally:
        go_on.set()


def test_what_comes_meanwhile_need_not_wait_for_the_compiler(tmp_path: Path) -> None:
    """It gives up Python's lock more often than other threads do, and only as long as it works."""
    config = write_config(tmp_path, boxed())
    intervals: list[float] = []

    def build(_gateway: Gateway) -> None:
        intervals.append(sys.getswitchinterval())

    async def main() -> None:
        async with open_gateway(load_settings(config), build) as running:
            before = sys.getswitchinterval()
            config.write_text(config.read_text().replace('"first"', '"second"'))
            await ConfigReloader(running, lambda: load_settings(config)).reload()
            assert sys.getswitchinterval() == before == intervals[0] > intervals[1]

    asyncio.run(main())
