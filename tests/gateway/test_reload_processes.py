"""Several processes on one database: a reload reaches all of a gateway; what differs is shown."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import command
from tests.console.visitor import Visitor
from tests.gateway.changing import Changing, boxed
from tests.gateway.plugged import announce
from tests.processes import gateway, until, write_config

OTHER = "shelbyville-token-of-the-tests"


@pytest.fixture
def changed(tmp_path: Path, postgresql_url: str) -> Iterator[Changing]:
    """Two workers."""
    with two_workers(tmp_path, postgresql_url) as one:
        yield one


@contextmanager
def two_workers(directory: Path, store: str, **how: Any) -> Iterator[Changing]:
    config = write_config(directory, boxed(), store=store, server="workers = 2")
    with gateway(config, **how) as running:
        one = Changing(running, config)
        until(lambda: len(one.log("gateway.ready")) == 2, "both are ready")
        yield one
        running.process.terminate()
        running.process.wait(60)


def add_source(changed: Changing) -> None:
    changed.edit(
        ("[sources.springfield]", f'[sources.new]\ntokens = ["{OTHER}"]\n[sources.springfield]')
    )


def workers(changed: Changing) -> list[int]:
    pid = changed.running.process.pid
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_whichever_worker_is_asked_all_follow(changed: Changing) -> None:
    """The answer comes when they have: from then on no call meets the former configuration."""
    add_source(changed)
    assert changed.reload()["behind"] == []
    assert {changed.post(number, OTHER) for number in range(30)} == {202}
    told = changed.configuration()
    assert told["warnings"] == []
    assert [one["digest"] for one in told["others"]] == [told["process"]["digest"]]


def test_the_parent_passes_sighup_on(changed: Changing) -> None:
    """To all workers."""
    add_source(changed)
    changed.running.process.send_signal(signal.SIGHUP)
    until(lambda: len(changed.log("configuration.reloaded")) == 2, "both have reloaded")
    assert {changed.post(number, OTHER) for number in range(30)} == {202}


def test_one_that_is_started_anew_works_by_what_is_in_force(changed: Changing) -> None:
    """Not by the configuration of the parent's start, nor by what the file says by then."""
    add_source(changed)
    changed.reload()
    changed.edit(("[store]", "[stor]"))
    os.kill(workers(changed)[0], signal.SIGKILL)
    until(lambda: len(changed.log("gateway.ready")) == 3, "there is a new one")
    assert {changed.post(number, OTHER) for number in range(30)} == {202}


def test_one_that_is_started_anew_works_by_nothing_that_was_refused(
    tmp_path: Path, postgresql_url: str
) -> None:
    """The file has no fault that the parent could see: a connector does not open. Whoever started
    by it would end again and again.
    """
    announce(tmp_path)
    how = {"prefix": ["env"], "env": {"PYTHONPATH": f"{tmp_path}:{Path.cwd()}"}}
    with two_workers(tmp_path, postgresql_url, **how) as changed:
        digest = changed.configuration()["process"]["digest"]
        refused = '[connectors.crm]\ntype = "plugged"\ntoken = "refused-by-its-crm"\n'
        changed.edit(("[connectors.box]", f"{refused}[connectors.box]"))
        changed.running.process.send_signal(signal.SIGHUP)
        until(lambda: len(changed.log("configuration.refused")) == 2, "both have refused it")
        os.kill(workers(changed)[0], signal.SIGKILL)
        until(lambda: len(changed.log("gateway.ready")) == 3, "there is a new one")
        told = changed.configuration()
        assert {one["digest"] for one in (told["process"], *told["others"])} == {digest}


def test_one_that_has_crashed_keeps_no_reload_waiting(changed: Changing) -> None:
    """It does not follow, and is no other gateway: whoever starts in its place has its own name."""
    pid = workers(changed)[0]
    os.kill(pid, signal.SIGKILL)
    until(lambda: changed.log("worker.ended"), "the parent knows of it")
    add_source(changed)
    behind = changed.reload()["behind"]
    others = [one["name"] for one in changed.configuration()["others"]]
    assert not [name for name in (*behind, *others) if name.endswith(f":{pid}")]


def test_a_worker_that_refuses_is_told_by_all(changed: Changing) -> None:
    """The one that is asked answers with the faults, and nobody has changed anything."""
    digest = changed.configuration()["process"]["digest"]
    changed.edit(("[store]", "[stor]"))
    assert "stor" in str(changed.reload(status=422)["errors"])
    for _ in range(10):
        told = changed.configuration()
        assert {one["digest"] for one in (told["process"], *told["others"])} == {digest}
        (words,) = told["warnings"]
        assert "could not take the configuration over" in words


def test_two_gateways_that_differ_say_so(tmp_path: Path, postgresql_url: str) -> None:
    """In the status of both, its command, the console and the log, until both have the same."""
    with ExitStack() as stack:
        both = []
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
            config = write_config(tmp_path / name, boxed(), store=postgresql_url)
            both.append(Changing(stack.enter_context(gateway(config)), config))
        one, other = both
        assert one.configuration()["warnings"] == other.configuration()["warnings"] == []
        add_source(other)
        other.reload()
        for changed in both:
            (words,) = changed.configuration()["warnings"]
            assert "works by another configuration than" in words
        assert "works by another" in command("status", at=tmp_path / "one", code=1).out
        visitor = Visitor(one.running.url)
        visitor.sign_in()
        assert "works by another configuration" in visitor.get("/console/set-up").text
        until(lambda: one.log("configuration.differs"), "the log warns")
        assert OTHER not in str(one.configuration())
        add_source(one)
        one.reload()
        assert one.configuration()["warnings"] == other.configuration()["warnings"] == []
        other.running.terminate()
        assert one.configuration()["others"] == []
