"""`diff`: two mappings over the stored events, through the command as an operator types it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from receiver.settings import load_settings
from receiver.settings.mapping_document import MappingDocument
from tests.cli.command import command, on_terminal
from tests.comparison.compared import ACCOUNTS, ORDERS, account, keep, order
from tests.processes import Running, gateway, until, write_config

SANDBOX = '[connectors.box]\ntype = "sandbox"\n'
WON = ORDERS.replace('"won"', '"closedwon"')
NOTE = "No gateway runs: compared with the configuration on disk."


def configure(directory: Path, *routes: str, store: str | None = None) -> Path:
    return write_config(directory, "\n".join((SANDBOX, *routes)), store=store)


def fill(config: Path) -> list[str]:
    """Three orders, of which two are paid, and an account; returns the ids of their events."""
    settings = load_settings(config)
    calls = [order(1), order(2, status="PENDING"), order(3, "ben"), account(7, "ben")]
    return asyncio.run(keep(settings.store.url, MappingDocument.of(settings), calls))


@pytest.fixture
def school(tmp_path: Path, store_url: str) -> Path:
    """A folder with a configuration, its events in either store, and new routes beside it."""
    fill(configure(tmp_path, ORDERS, ACCOUNTS, store=store_url))
    (tmp_path / "new.toml").write_text(WON + ACCOUNTS)
    return tmp_path


def test_what_would_change(school: Path) -> None:
    """Grouped with examples, the people, and the calls that it costs; exit 1. Nothing is made."""
    before = sorted(school.iterdir())
    done = command("diff", "new.toml", at=school, code=1)
    assert "4 events: config.toml → new.toml" in done.out
    assert "box deal: 2 change" in done.out
    (row,) = [line for line in done.out.splitlines() if "fields.stage" in line]
    cells = [cell.strip() for cell in row.split("│")[1:-1]]
    assert cells == ["fields.stage", '"won"', '"closedwon"', "2", "springfield:1, springfield:3"]
    assert "2 people concerned." in done.out
    assert "To write 2 deal to box again: 1 call of up to 100." in done.out
    assert NOTE in done.err
    assert {one for one in school.iterdir() if one not in before} <= {
        school / "store.db-wal",
        school / "store.db-shm",
    }


def test_nothing_differs(school: Path) -> None:
    """Exit 0, also of events that are none of what changes."""
    (school / "same.toml").write_text((school / "config.toml").read_text())
    assert "Nothing differs." in command("diff", "same.toml", at=school).out
    words = ("diff", "new.toml", "--event", "account.created")
    assert "1 event: config.toml → new.toml\nNothing differs." in command(*words, at=school).out


def test_a_script_gets_json(school: Path) -> None:
    """The same, with every group."""
    found = command("diff", "new.toml", "--limit", "3", "--json", at=school, code=1).json
    assert (found["differs"], found["events"], found["people"]) == (True, 3, 1)
    assert (found["before"], found["after"]) == ("config.toml", "new.toml")
    (deal,) = found["objects"]
    assert (deal["connector"], deal["object"], deal["changed"]) == ("box", "deal", 1)
    assert deal["parts"] == [
        {
            "part": "fields.stage",
            "records": 1,
            "changes": [
                {
                    "before": '"won"',
                    "after": '"closedwon"',
                    "records": 1,
                    "examples": ["springfield:3"],
                }
            ],
            "others": 0,
        }
    ]
    assert found["again"] == {"box": 1}


def test_faults_and_what_no_route_wants(tmp_path: Path) -> None:
    """With their place and an event to look at; what comes and goes by its keys."""
    ids = fill(configure(tmp_path, ORDERS, ACCOUNTS))
    broken = ORDERS.replace('"{{ order.total }}"', '"{{ 1 // (order.id | int - 1) }}"')
    (tmp_path / "new.toml").write_text(broken)
    shown = command("diff", "new.toml", at=tmp_path, code=1).out
    assert "New faults: these could not be delivered" in shown
    assert "1 delivery to box: routes[0].upsert[1].fields.amount: " in shown
    assert f"(event {ids[0]})" in shown
    assert "No route would take these any more\n  1 account.created of springfield" in shown
    assert "What is not written any more stays in the CRM as it is." in shown


def test_wrong_use(tmp_path: Path) -> None:
    """Exit 2, with what would be right; a faulty file with every fault."""
    config = configure(tmp_path, ORDERS)
    nothing = command("diff", at=tmp_path, code=2).err
    assert "No gateway runs, so none has a mapping in force: name the new" in nothing
    (tmp_path / "new.toml").write_text(ORDERS.replace("order.total", "order.totl"))
    faults = command("diff", "new.toml", at=tmp_path, code=2).err
    assert "routes[0].upsert[1].fields.amount: " in faults
    assert "'total'" in faults
    (tmp_path / "new.toml").write_text(WON)
    assert "nothing was ever received" in command("diff", "new.toml", at=tmp_path, code=2).err
    fill(config)
    for option in ("--connector", "--source"):
        assert f"{option}: 'boks' is not configured; there are: " in (
            command("diff", "new.toml", option, "boks", at=tmp_path, code=2).err
        )
    assert "another mapping in force" in (
        command("diff", "new.toml", "--replay", at=tmp_path, code=2).err
    )


def test_keys_are_shown_as_they_are(tmp_path: Path) -> None:
    """What a sender writes neither moves the cursor nor is taken for markup."""
    named = ORDERS.replace("{{ order.id }}", "{{ person.first_name }}")
    settings = load_settings(configure(tmp_path, named))
    customer = {"email": "ann@example.edu", "first_name": "\x1b[2J[red]", "id": 1}
    calls = [order(1, customer=customer)]
    asyncio.run(keep(settings.store.url, MappingDocument.of(settings), calls))
    (tmp_path / "new.toml").write_text(named.replace('"won"', '"closedwon"'))
    shown = on_terminal("diff", "new.toml", at=tmp_path, code=1, columns=160)
    assert "\x1b" not in shown
    assert "[red]" in shown


@pytest.fixture
def running(tmp_path: Path, store_url: str) -> Iterator[Running]:
    """A gateway that has delivered its events, with its configuration in `tmp_path`."""
    config = configure(tmp_path, ORDERS, ACCOUNTS, store=store_url)
    fill(config)
    with gateway(config) as started:
        started.wait_until_delivered()
        yield started


def stages(running: Running) -> dict[str, str]:
    return {record["key"]: record["fields"]["stage"] for record in running.records("box", "deal")}


def test_beside_a_running_gateway(running: Running, tmp_path: Path) -> None:
    """Without a name it is what the file says now against what the gateway has in force, also
    where the file has changed meanwhile.
    """
    config = tmp_path / "config.toml"
    assert "4 events: in force → config.toml\nNothing differs." in command("diff", at=tmp_path).out
    config.write_text(config.read_text().replace('"won"', '"closedwon"'))
    assert "4 events: in force → config.toml" in command("diff", at=tmp_path, code=1).out
    assert "box deal: 2 change" in command("diff", at=tmp_path, code=1).out
    refused = command("diff", "--replay", "--yes", at=tmp_path, code=2).err
    assert "the gateway has another mapping in force than config.toml" in refused
    assert stages(running)["springfield:1"] == "won"


def test_after_a_reload_with_the_mapping_before_it(running: Running, tmp_path: Path) -> None:
    """The gateway keeps what was in force: nobody needs the former file to see what a change has
    come to, and to have it delivered again.
    """
    config = tmp_path / "config.toml"
    assert "Nothing differs." in command("diff", "--replay", "--yes", at=tmp_path).out
    config.write_text(config.read_text().replace('"won"', '"closedwon"'))
    command("reload", at=tmp_path)
    config.write_text(config.read_text().replace("[store]", "[store]\nkeep_days = 3"))
    command("reload", at=tmp_path)  # no other mapping
    seen = command("diff", at=tmp_path, code=1)
    assert "config.toml is in force: compared with the mapping that was before it." in seen.err
    assert "4 events: in force until 20" in seen.out
    assert "box deal: 2 change" in seen.out
    assert stages(running)["springfield:1"] == "won"
    done = command("diff", "--replay", "--yes", at=tmp_path)
    assert "4 deliveries pending again." in done.out
    running.wait_until_delivered()
    until(lambda: stages(running)["springfield:3"] == "closedwon", "the last deal is right")
    assert stages(running)["springfield:1"] == "closedwon"


def test_with_what_was_in_force_at_a_time(running: Running, tmp_path: Path) -> None:
    """Also after several reloads, and where no gateway runs any more; wrong times are told with
    those that there are.
    """
    config = tmp_path / "config.toml"
    first = config.read_text()
    started = datetime.now(UTC)
    for stage in ("mistake", "closedwon"):
        config.write_text(first.replace('"won"', f'"{stage}"'))
        command("reload", at=tmp_path)

    def changes(*words: str) -> list[tuple[str, str]]:
        (deal,) = command("diff", "--json", *words, at=tmp_path, code=1).json["objects"]
        return [(one["before"], one["after"]) for one in deal["parts"][0]["changes"]]

    assert changes("--in-force-at", started.isoformat()) == [('"won"', '"closedwon"')]
    assert changes() == [('"mistake"', '"closedwon"')]
    early = command("diff", "--in-force-at", "2020-02-03", at=tmp_path, code=2).err
    assert "no mapping is kept that was in force at 2020-02-03 00:00:00" in early
    assert early.count(":") > 9  # the three times
    both = command("diff", "--in-force-at", "2h", "--from", "new.toml", at=tmp_path, code=2).err
    assert "not both" in both
    running.terminate()
    config.write_text(first.replace('"won"', '"bought"'))
    assert changes() == [('"closedwon"', '"bought"')]


def test_delivering_again_what_differs(tmp_path: Path, store_url: str) -> None:
    """Once the new mapping is in force, and after a question: what differs is right then, and a
    contact that a later event changed is not set back.
    """
    config = configure(tmp_path, ORDERS, ACCOUNTS, store=store_url)
    fill(config)
    with gateway(config) as running:
        running.wait_until_delivered()
        assert stages(running) == {
            "springfield:1": "won",
            "springfield:2": "open",
            "springfield:3": "won",
        }
    former = tmp_path / "former.toml"
    former.write_text(config.read_text())
    config.write_text(config.read_text().replace('"won"', '"closedwon"'))
    with gateway(config) as running:
        words = ("diff", "--from", "former.toml", "--replay")
        asked = on_terminal(*words, at=tmp_path, code=1, columns=160, keys="n\n")
        assert "Deliver them again? [y/N]: Nothing was changed." in asked
        assert stages(running)["springfield:1"] == "won"
        done = command(*words, "--yes", at=tmp_path)
        assert "4 events: former.toml → config.toml" in done.out
        assert "2 events to be delivered again: 4 deliveries at most" in done.out
        assert "4 deliveries pending again." in done.out
        running.wait_until_delivered()
        until(lambda: stages(running)["springfield:3"] == "closedwon", "the last deal is right")
        assert stages(running) == {
            "springfield:1": "closedwon",
            "springfield:2": "open",
            "springfield:3": "closedwon",
        }
        contacts = {one["key"]: one for one in running.records("box", "contact")}
        assert contacts["ben@example.edu"]["fields"]["phase"] == "learner"
