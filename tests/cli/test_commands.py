"""The command as an operator types it, in a process of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from receiver.aom import EVENTS, read_sample
from tests.processes import TOKEN, gateway, get_json, write_config
from tests.program import run_program


def run(*words: str, at: Path, code: int = 0, stdin: bytes = b"") -> str:
    """Run the command in a directory; its output, and on another exit code than expected a
    failure.
    """
    done = run_program(*words, cwd=at, stdin=stdin)
    text = done.stdout + done.stderr
    assert done.returncode == code, text
    assert "Traceback" not in text
    return text


def run_json(*words: str, at: Path, code: int = 0, stdin: bytes = b"") -> Any:
    return json.loads(run(*words, "--json", at=at, code=code, stdin=stdin))


def test_init_makes_a_configuration_that_holds(tmp_path: Path) -> None:
    """From nothing to a checked configuration: tokens are fresh, the file is private, `check` finds
    nothing wrong.
    """
    run("init", "--source", "springfield", "--timezone", "America/New_York", at=tmp_path)
    config = tmp_path / "config.toml"
    assert config.stat().st_mode & 0o077 == 0
    assert "holds: 1 source, 1 connector" in run("check", at=tmp_path)
    first = config.read_text()
    run("init", "--force", at=tmp_path)
    assert set(re.findall(r'"(\S{32})"', first)).isdisjoint(
        re.findall(r'"(\S{32})"', config.read_text())
    )


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [("--source", "spring field", "letters"), ("--timezone", "America/NewYork", "New_York")],
)
def test_init_writes_nothing_that_cannot_hold(
    tmp_path: Path, option: str, value: str, says: str
) -> None:
    """A name or a zone that cannot be is told, with what would do."""
    assert says in run("init", option, value, at=tmp_path, code=2)
    assert not (tmp_path / "config.toml").exists()


def test_init_does_not_overwrite(tmp_path: Path) -> None:
    """A configuration that is there stays, with a word on what is lost otherwise."""
    run("init", at=tmp_path)
    before = (tmp_path / "config.toml").read_text()
    assert "--force" in run("init", at=tmp_path, code=2)
    assert (tmp_path / "config.toml").read_text() == before


@pytest.mark.parametrize(
    ("connector", "needed"),
    [("hubspot", "HUBSPOT_ACCESS_TOKEN"), ("salesforce", "SALESFORCE_DOMAIN")],
)
def test_init_asks_the_environment_for_what_a_connector_needs(
    tmp_path: Path, connector: str, needed: str
) -> None:
    """Secrets are not written into the file; what must be set stands in it by name."""
    run("init", "--connector", connector, at=tmp_path)
    assert f"${{{needed}}}" in (tmp_path / "config.toml").read_text()
    assert needed in run("check", at=tmp_path, code=1)


def test_init_shows_the_choices_of_a_connector(tmp_path: Path) -> None:
    """What has to be decided stands in the file with its default, and with what else there is."""
    run("init", "--connector", "salesforce", at=tmp_path)
    written = (tmp_path / "config.toml").read_text()
    assert (
        "[connectors.salesforce.account]   # what new Contacts and Opportunities stand under"
        in written
    )
    assert 'policy = "none"   # "none" | "fixed" | "person" | "domain"' in written


def test_wrong_use_is_told_from_findings(tmp_path: Path) -> None:
    """Exit 2 for a command that cannot be meant, 1 for a configuration with faults; each says what
    would be right.
    """
    assert "aom-gateway init" in run("check", at=tmp_path, code=2)
    assert "sandbox" in run("init", "--connector", "sandbx", at=tmp_path, code=2)
    (tmp_path / "config.toml").write_text("[servr]\n")
    assert "did you mean 'server'" in run("check", at=tmp_path, code=1)
    assert "did you mean 'server'" in run("serve", at=tmp_path, code=1)


def test_urls_are_ready_to_paste(tmp_path: Path) -> None:
    """One URL per entry of AOM's menu and source, and one for any event; each is answered by the
    gateway.
    """
    write_config(tmp_path, server='public_url = "https://hooks.springfield.edu/"')
    rows = run_json("urls", at=tmp_path)
    assert len(rows) == 13
    assert {
        "label": "Order Refused",
        "event": "order.refused",
        "source": "springfield",
    }.items() <= rows[9].items()
    assert all(row["url"].startswith(f"https://hooks.springfield.edu/in/{TOKEN}") for row in rows)
    assert "not configured" in run("urls", "--source", "shelbyville", at=tmp_path, code=2)


def test_explain_shows_what_a_payload_would_write(tmp_path: Path) -> None:
    """Recognition, normal form and records, from a file or standard input, with no store and no
    credentials.
    """
    config = write_config(
        tmp_path,
        '[connectors.hs]\ntype = "hubspot"\naccess_token = "${NOT_SET_ANYWHERE}"\nmapping = '
        '"standard"\n',
    )
    explained = run_json(
        "explain",
        "-",
        "--event",
        "order.refused",
        at=tmp_path,
        stdin=read_sample("order.refunded") or b"",
    )
    assert (explained["event"], explained["recognised_by"], explained["disagreement"]) == (
        "order.refunded",
        "status",
        None,
    )
    (delivery,) = explained["deliveries"]
    assert [record["object"] for record in delivery["records"]] == ["contact", "deal"]
    assert delivery["records"][1]["key"] == "springfield:19"
    assert not (config.parent / "aom-gateway.db").exists()
    text = run("explain", "-", at=tmp_path, stdin=read_sample("order.placed") or b"")
    assert "springfield:19" in text


def test_explain_shows_who_owns_a_field(tmp_path: Path) -> None:
    """Names are filled where they are empty, and an announcement makes nobody a contact."""
    write_config(
        tmp_path,
        '[connectors.hs]\ntype = "hubspot"\naccess_token = "x"\nmapping = "standard"\n',
    )
    order, told = (read_sample(name) or b"" for name in ("order.placed", "announcement.created"))
    contact, deal = run_json("explain", "-", at=tmp_path, stdin=order)["deliveries"][0]["records"]
    assert contact["overwrite"] == {"firstname": "if_empty", "lastname": "if_empty"}
    assert (contact["creates"], deal["overwrite"]) == (True, {})
    records = run_json("explain", "-", at=tmp_path, stdin=told)["deliveries"][0]["records"]
    assert [record["creates"] for record in records] == [False]
    assert "only where the CRM's is empty" in run("explain", "-", at=tmp_path, stdin=order)
    assert "only where the CRM has it" in run("explain", "-", at=tmp_path, stdin=told)


def test_explain_of_what_would_be_quarantined(tmp_path: Path) -> None:
    """The faults, as the intake would answer them."""
    write_config(tmp_path)
    answer = run_json(
        "explain",
        "-",
        at=tmp_path,
        code=1,
        stdin=b'{"id": 1, "status": "COMPLETED", "line_items": [], "customer": {}}',
    )
    assert [error["path"] for error in answer["errors"]] == ["customer.email"]
    assert "quarantine" in run("explain", "-", at=tmp_path, code=1, stdin=b"x")
    assert "No such file" in run("explain", "nowhere.json", at=tmp_path, code=2)


def test_schemas_are_what_the_gateway_serves(tmp_path: Path) -> None:
    """Printed, written to a directory, and over HTTP they are the same."""
    config = write_config(tmp_path)
    run("schemas", "--to", "schemas", at=tmp_path)
    assert {path.stem for path in (tmp_path / "schemas").iterdir()} == set(EVENTS)
    with gateway(config) as running:
        for name in ("order.placed", "course.enrolled"):
            written = json.loads((tmp_path / "schemas" / f"{name}.json").read_text())
            assert (
                written
                == json.loads(run("schemas", name, at=tmp_path))
                == get_json(f"{running.url}/schemas/{name}.json")
            )


def test_send_and_status(tmp_path: Path) -> None:
    """Samples and simulated traffic reach the gateway; status says what became of them, and exit 1
    that something needs attention.
    """
    config = write_config(tmp_path)
    assert "aom-gateway serve" in run("status", at=tmp_path, code=1)
    with gateway(config) as running:
        answers = run_json("send", at=tmp_path)
        assert [answer["http_status"] for answer in answers] == [202] * 9
        assert [
            answer["status"]
            for answer in run_json("send", "--shared", "order.refunded", at=tmp_path)
        ] == ["duplicate"]
        run("send", "--simulate", "300", "--learners", "20", at=tmp_path)
        running.wait_until_delivered()
        status = run_json("status", at=tmp_path)
        assert (status["pending"], status["dead"], status["connectors"]["sandbox"]["state"]) == (
            0,
            0,
            "running",
        )
        (tmp_path / "broken.json").write_text('{"a": 1}')
        assert "quarantine" in run("send", "--file", "broken.json", at=tmp_path, code=1)
        assert run_json("status", at=tmp_path, code=1)["quarantined"] == 1
    assert "no sample" in run("send", "order.pending", at=tmp_path, code=2)
    assert "Nothing listens at http://127.0.0.1:" in run(
        "send", "order.placed", at=tmp_path, code=1
    )


def test_demo_ends_by_itself(tmp_path: Path) -> None:
    """`demo --once` sends every event, shows contacts and deals, and ends with exit 0."""
    text = run("demo", "--once", "--port", "0", at=tmp_path)
    for name in EVENTS:
        assert name in text
    assert "student@app.com" in text
    assert "refunded" in text


def test_serve_tells_what_stops_it(tmp_path: Path) -> None:
    """A port that is taken and a store that is in use are told in one line each."""
    config = write_config(tmp_path)
    with gateway(config):
        assert "server.port: cannot listen on" in run("serve", at=tmp_path, code=1)
        text = config.read_text().replace(
            re.findall(r"port = \d+", config.read_text())[0], "port = 0"
        )
        (tmp_path / "second.toml").write_text(text)
        assert "store.url" in run("serve", "--config", "second.toml", at=tmp_path, code=1)


def test_explain_tells_what_would_be_left_out(tmp_path: Path) -> None:
    """Values that cannot be read, and people of several without an address, with place and
    reason.
    """
    write_config(tmp_path)
    users = [{"email": "ada@example.edu", "id": [1, 2]}, {"email": "no address"}]
    (tmp_path / "one.json").write_text(json.dumps({"userList": users, "enrolled_courses_list": []}))
    text = run("explain", "one.json", at=tmp_path)
    assert "userList[].id (unreadable)" in text
    assert "left out: userList[1].email: must be an e-mail address" in text
    told = run_json("explain", "one.json", at=tmp_path)
    assert [fault["path"] for fault in told["left_out"]] == ["userList[1].email"]
