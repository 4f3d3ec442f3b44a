"""One gateway before many orgs: every situation has a source, a connector and an org of its own,
and all are played at once.

So forty situations last as long as the longest: a paused connector is tried again after forty
seconds, and they wait together. What would take hours is played by stopping the gateway, moving the
times in its store back, and starting it again.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import httpx

from tests.admin.conftest import Api, asked
from tests.e2e.accounts import Account
from tests.e2e.orgs.configuration import token, write_configuration
from tests.e2e.orgs.situation import Situation, Then, addresses_of
from tests.e2e.traffic import Post

LATE = {"later", "given up"}
PATIENCE = 300.0  # seconds, of which a quiet machine needs a tenth
STATUS_IS_FRESH = 0.3  # seconds: dozens ask for it
LONGEST_PAUSE = 2.0  # seconds between two looks at what takes long: to look costs all who play


@dataclass
class Stage:
    """The gateway, and the orgs by the names of their situations."""

    config: Path
    situations: Mapping[str, Situation]
    orgs: Mapping[str, Org] = field(default_factory=dict)
    _api: Api | None = None
    _status: dict[str, Any] = field(default_factory=dict)
    _asked_at: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    @property
    def api(self) -> Api:
        assert self._api is not None, "the gateway runs"
        return self._api

    @contextmanager
    def running(self) -> Iterator[None]:
        """The gateway runs for the time of the block, and stops in order."""
        with asked(self.config) as self._api:
            self._asked_at = 0.0
            yield
            assert self.api.running.terminate() == 0

    def status(self) -> dict[str, Any]:
        """What `status` says of all, asked a few times a second for everybody."""
        with self._lock:
            if time.monotonic() - self._asked_at > STATUS_IS_FRESH:
                self._status, self._asked_at = self.api.get("/api/status"), time.monotonic()
            return self._status

    @contextmanager
    def a_day_later(self) -> Iterator[None]:
        """It runs again, and more than a day has passed for whatever is waited for."""
        self._pass_time(timedelta(hours=25))
        with self.running():
            yield

    def _pass_time(self, length: timedelta) -> None:
        microseconds = length // timedelta(microseconds=1)
        moved = {
            "event": ("received_at",),
            "lane": ("due_at", "failing_since"),
            "connector_state": ("since", "until"),
            "leadership": ("until", "calls_end"),
            "delivery": ("settled_at",),
        }
        with sqlite3.connect(self.config.parent / "aom-gateway.db") as store:
            for table, columns in moved.items():
                told = ", ".join(f"{column} = {column} - {microseconds}" for column in columns)
                store.execute(f"UPDATE {table} SET {told}")
        store.close()


@dataclass
class Org:
    """One situation's: the account behind its connector, and what the gateway says of that."""

    name: str
    situation: Situation
    account: Account
    stage: Stage
    posted: list[tuple[str, str]] = field(default_factory=list)  # address and event, of `posts`

    @property
    def fake(self) -> Any:
        """The server that stands for the CRM."""
        return self.account.fake  # type: ignore[attr-defined]

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.stage.status()["connectors"][self.name]
        return found

    def post(self, posts: Sequence[Post]) -> list[tuple[str, str]]:
        """Hand them in, and give the address and the event of everybody whom they are about."""
        taken = [
            (post, self.stage.api.take(post[0], post[1], token=token(self.name))) for post in posts
        ]
        return [(email, event) for post, event in taken for email in addresses_of(post)]

    def delivery(self, email: str, event: str) -> dict[str, Any]:
        """What an event's page shows of its delivery for a person."""
        (found,) = [
            one
            for one in self.stage.api.get(f"/api/events/{event}")["deliveries"]
            if one["person"] == email
        ]
        assert found["connector"] == self.name
        return dict(found)

    def story(self, email: str, event: str) -> str:
        """The same as text."""
        return json.dumps(self.delivery(email, event), ensure_ascii=False)

    def states(self) -> Mapping[str, str]:
        """What has become of the posts, by address."""
        stories = {
            event: self.stage.api.get(f"/api/events/{event}")["deliveries"]
            for event in {event for _, event in self.posted}
        }
        return {one["person"]: one["state"] for story in stories.values() for one in story}

    def wait(self, condition: Callable[[], Any], what: str) -> Any:
        """Until it is true; the status is part of what is said where it does not come so far."""
        begun = time.monotonic()
        while not (found := condition()):
            waited = time.monotonic() - begun
            assert waited < PATIENCE, f"{self.name}: {what}; the status is {self.status()}"
            time.sleep(min(max(STATUS_IS_FRESH, waited / 10), LONGEST_PAUSE))
        return found

    def settle(self) -> None:
        """Until nothing is pending."""
        self.wait(self._is_settled, "nothing is pending")

    def _is_settled(self) -> bool:
        return not self.status()["pending"] and "pending" not in self.states().values()

    # --- the play ---

    def play(self) -> None:
        """Up to the cure, and on from it where nothing long is waited for."""
        situation = self.situation
        self.posted = self.post(situation.before)
        self.settle()
        self.posted = []
        situation.character.give(self.fake)
        self.posted = self.post(situation.posts)
        _TOLD[situation.told](self)
        situation.meanwhile(self)
        situation.character.cure(self.fake)
        if situation.then not in LATE:
            self.go_on()

    def go_on(self) -> None:
        """After the cure, to the end."""
        if self.situation.then == "replayed":
            self.replay()
        elif self.situation.then == "replayed within a minute":
            self.wait(self.is_replayed, "a replay helps")
        self.settle()
        self.check_end()
        self.situation.finally_(self)

    def be_tried_again(self) -> None:
        """A day later: once more in vain."""
        concerned = [one for one in self.posted if self.is_concerned(one[0])]
        self.wait(lambda: all(self.tries(*one) > 1 for one in concerned), "tried again")

    def tries(self, email: str, event: str) -> int:
        return sum(attempt["times"] for attempt in self.delivery(email, event)["attempts"])

    def replay(self) -> None:
        """Try those again who were told of, and wait for what comes of it."""
        self.stage.api.post(
            "/api/replay",
            connector=self.name,
            state="dead" if self.situation.told == "dead" else "pending",
        )
        self.settle()

    def is_replayed(self) -> bool:
        """Try it once more, and tell whether that was it."""
        self.replay()
        return set(self.states().values()) == {"delivered"}

    def is_concerned(self, email: str) -> bool:
        return email in self.situation.concerned or not self.situation.concerned

    def check_end(self) -> None:
        """Nobody is lost, doubled or dead who is innocent."""
        dead = len(self.situation.dead)
        self.wait(lambda: self.status()["dead"] == dead, f"{dead} are dead")
        contacts, deals = self.account.contacts(), self.account.deals()
        assert contacts.keys() == self.situation.people()
        orders = self.situation.orders()
        assert {key: deal.status for key, deal in deals.items()} == {
            f"{self.name}:{n}": status for n, status in orders.items()
        }
        if not self.situation.rewritten:
            others = {
                email: one.writes
                for email, one in contacts.items()
                if email not in self.situation.concerned | self.situation.also
            }
            assert max(others.values(), default=0) <= (2 if self.situation.before else 1), others

    # --- what is told ---

    def told_nothing(self) -> None:
        self.settle()
        status = self.status()
        assert (status["state"], status["dead"]) == ("running", 0)

    def told_note(self) -> None:
        """All is written; what was left out or changed stands on the event's page."""
        self.told_nothing()
        for email, event in self.posted:
            if self.is_concerned(email):
                assert self.situation.words in str(
                    [attempt["notes"] for attempt in self.delivery(email, event)["attempts"]]
                )

    def told_waits(self) -> None:
        """Who waits is told in `status` and on the event's page; all others are written."""
        words = self.situation.words
        self.wait(lambda: words in self.status()["reason"], f"it is told: {words}")
        self.wait(self.is_told_on_pages, "the events' pages tell it")
        expected = {
            email: "pending" if self.is_concerned(email) else "delivered"
            for email, _ in self.posted
        }
        self.wait(lambda: self.states() == expected, "all others are written")
        assert self.status()["dead"] == 0

    def told_slow(self) -> None:
        """Calls outlive their time, which is told; nobody is sent again before the CRM must be
        through with the first call.
        """
        self.wait(
            lambda: self.situation.words in self.status()["reason"],
            f"it is told: {self.situation.words}",
        )
        self.wait(lambda: "slow" in self.status()["note"], "the note says that it is slow")
        assert self.status()["dead"] == 0

    def told_pause(self, state: str) -> None:
        """The reason stands in `status` and, for anybody, in `/readyz`; no attempt counts, and
        nobody is dead.
        """
        said = self.wait(
            lambda: self.situation.words in self.status()["reason"] and self.status(),
            f"told: {self.situation.words}",
        )
        assert (said["state"], said["dead"]) == (state, 0)
        ready = httpx.get(
            f"{self.stage.api.running.url}/readyz", trust_env=False, timeout=60
        ).json()
        assert self.situation.words in ready["connectors"][self.name]["reason"]
        assert set(self.states().values()) == {"pending"}

    def told_dead(self) -> None:
        """Who is guilty is a dead letter in the CRM's own words, which are a group; nobody else
        is.
        """
        self.settle()
        assert self.states() == {
            email: "dead" if self.is_concerned(email) else "delivered" for email, _ in self.posted
        }
        assert self.is_told_on_pages()
        groups = [
            group
            for group in self.stage.api.get("/api/groups")["dead"]
            if group["connector"] == self.name
        ]
        assert self.situation.words in json.dumps(groups, ensure_ascii=False)

    def is_told_on_pages(self) -> bool:
        return all(
            self.situation.words in self.story(email, event)
            for email, event in self.posted
            if self.is_concerned(email)
        )


_TOLD: Mapping[str, Callable[[Org], None]] = {
    "nothing": Org.told_nothing,
    "note": Org.told_note,
    "waits": Org.told_waits,
    "paused": partial(Org.told_pause, state="paused"),
    "throttled": partial(Org.told_pause, state="throttled"),
    "unavailable": partial(Org.told_pause, state="unavailable"),
    "dead": Org.told_dead,
    "slow": Org.told_slow,
}


@contextmanager
def played(
    directory: Path, situations: Mapping[str, Situation]
) -> Iterator[Mapping[str, Future[None]]]:
    """Play them all, and give for each what came of it."""
    with ExitStack() as stack:
        stage = Stage(directory / "config.toml", situations)
        accounts = {
            name: stack.enter_context(one.open_account(name, one.settings))
            for name, one in situations.items()
        }
        stage.orgs = {
            name: Org(name, situations[name], account, stage) for name, account in accounts.items()
        }
        write_configuration(
            stage.config, [(org.name, org.situation, org.account) for org in stage.orgs.values()]
        )
        players = stack.enter_context(ThreadPoolExecutor(len(situations)))
        results: dict[str, Future[None]] = {}

        def act(what: Callable[[Org], None], *those: Then) -> None:
            """Have all do it at once of whom nothing has failed so far."""
            well = {
                name: org
                for name, org in stage.orgs.items()
                if name not in results or not results[name].exception()
            }
            begun = {
                name: players.submit(what, org)
                for name, org in well.items()
                if not those or org.situation.then in those
            }
            results.update(begun)
            wait(begun.values())

        with stage.running():
            act(Org.play)
        if LATE.intersection(one.then for one in situations.values()):
            with stage.a_day_later():
                act(Org.go_on, "later")
                act(Org.be_tried_again, "given up")
        if "given up" in {one.then for one in situations.values()}:
            with stage.a_day_later():
                act(Org.go_on, "given up")
        yield results
