"""The page that corrects a mapping in production, run to the letter."""

from __future__ import annotations

import json
import re
import shlex
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import quantiles

import httpx
import pytest

from docs.hooks.commands import PROGRAM
from tests.cli.command import command, on_terminal
from tests.docs.pages import blocks, pages
from tests.e2e.accounts.account import EVER
from tests.e2e.sender import order
from tests.e2e.traffic import Post, post_all
from tests.fakes.hubspot import FakeHubSpot, Options
from tests.gateway.changing import NO_TLS, account
from tests.processes import TOKEN, gateway, until, write_config

PAGE = "docs/operators/correct.md"
SECRET = "HUBSPOT_ACCESS_TOKEN"
WRONG, RIGHT = "contractsent", "closedwon"
ORDERS = 500
PAUSE = 0.02  # seconds between two posts of the school
BEFORE = 250  # posts that tell how long answers take where nobody corrects anything
SHORT = 0.02  # seconds; what takes no longer is not late, however short it was before
LATER = 10  # so many times longer an answer may take on a machine whose two cores are busy

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CORRECTION = re.compile(r"`([^`]+)` becomes `([^`]+)`")
_ID = re.compile(r"\b[0-9a-f]{32}\b")


@dataclass(frozen=True, slots=True)
class Step:
    """Commands of the page, and the lines that it shows of what they say."""

    commands: tuple[str, ...]
    shown: tuple[str, ...] = ()


def steps() -> list[Step]:
    """In the order of the page; a block without a language belongs to the commands before it."""
    found: list[Step] = []
    for language, block in _BLOCK.findall(pages()[PAGE]):
        lines = tuple(filter(None, block.splitlines()))
        if language == "sh":
            found.append(Step(lines))
        elif not language:
            found[-1] = replace(found[-1], shown=lines)
    return found


@dataclass(slots=True)
class School:
    """Posts new accounts, and orders that are not paid, for as long as it is open."""

    url: str
    answers: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    sent: list[Post] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def open(self) -> Iterator[None]:
        posting = threading.Thread(target=self._post)
        posting.start()
        try:
            yield
        finally:
            self._stop.set()
            posting.join()

    def _post(self) -> None:
        with httpx.Client(verify=NO_TLS, trust_env=False, timeout=60) as http:
            while not self._stop.wait(PAUSE):
                number = 10_000 + len(self.sent)
                name, body = (
                    ("account.created", account(number))
                    if number % 2
                    else ("order.pending", order(number, "PENDING"))
                )
                began = time.perf_counter()
                answer = http.post(f"{self.url}/in/{TOKEN}/{name}", content=json.dumps(body))
                self.seconds.append(time.perf_counter() - began)
                self.answers[answer.status_code] += 1
                self.sent.append((name, body))


def squeezed(text: str) -> str:
    """Without the rules of tables, and with one blank for any space: both are the terminal's."""
    return " ".join(re.sub("[┃│]", " ", text).split())


def run(step: Step, at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the commands on a terminal; what they show holds the lines of the page, in its order.

    EVENT_ID is the first event that the command before has listed.
    """
    shown = ""
    for line in step.commands:
        words = shlex.split(line)
        if "EVENT_ID" in words:
            words[words.index("EVENT_ID")] = _ID.findall(shown)[0]
        assert words[0] == PROGRAM
        with monkeypatch.context() as without:
            if "--junit" in words:
                without.delenv(SECRET)  # as on a build server
            asks = "--replay" in words
            code = int(words[1] == "diff" and not asks)
            shown += on_terminal(
                *words[1:], at=at, columns=160, code=code, keys="y\n" if asks else ""
            )
    rest = squeezed(shown)
    for line in step.shown:
        _, found, rest = rest.partition(squeezed(line))
        assert found, f"{line!r} is not in {shown}"
    assert "profile" not in shown  # the route that differs does not ask for any


def stages(crm: FakeHubSpot) -> Counter[str]:
    return Counter(deal["dealstage"] for deal in crm.records("deals"))


def test_the_page_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The correction changes the 500 deals and nothing else, is kept as a case, takes over while
    the school posts, and all deals end right; whatever was posted is answered, not later than
    before, and arrives.
    """
    with FakeHubSpot(Options(burst=EVER)) as crm:
        monkeypatch.setenv(SECRET, crm.token)
        (mapping,) = (one.text for one in blocks("toml") if one.page == PAGE)
        address = f'type = "hubspot"\nbase_url = "{crm.url}"'
        config = write_config(tmp_path, mapping.replace('type = "hubspot"', address))
        command("provision", "hubspot", "--apply", at=tmp_path)
        with gateway(config) as running:
            post_all(running, [("order.placed", order(number)) for number in range(1, ORDERS + 1)])
            running.wait_until_delivered()
            assert stages(crm) == {WRONG: ORDERS}
            school = School(running.url)
            with school.open():
                until(lambda: len(school.sent) >= BEFORE, "the school has posted for a while")
                before = len(school.seconds)
                _correct(config)
                for step in steps():
                    run(step, tmp_path, monkeypatch)
                later = [("order.placed", order(number)) for number in (9_001, 9_002)]
                post_all(running, later)
                until(lambda: stages(crm)[RIGHT] == ORDERS + 2, "all deals are right")
            running.wait_until_delivered()
        assert school.answers.keys() == {202}
        _in_time(school.seconds[:before], school.seconds[before:])
        _all_arrived(school.sent, crm)
        assert stages(crm).keys() == {RIGHT, "appointmentscheduled"}
    assert RIGHT in (tmp_path / "tests" / "saved.toml").read_text()


def _in_time(before: list[float], during: list[float]) -> None:
    """Of answers as many come late as did before, against the same sender's own times."""
    for share in (50, 90, 99):
        was, becomes = (quantiles(one, n=100)[share - 1] for one in (before, during))
        ratio = becomes / max(was, SHORT)
        print(f"p{share}: {was * 1000:.1f} ms, {becomes * 1000:.1f} ms meanwhile: {ratio:.2f}")  # noqa: T201
        assert ratio <= LATER
    print(f"{len(before)} posts before, {len(during)} meanwhile")  # noqa: T201


def _correct(config: Path) -> None:
    ((wrong, right),) = _CORRECTION.findall(pages()[PAGE])
    assert wrong in config.read_text()
    config.write_text(config.read_text().replace(wrong, right))


def _all_arrived(sent: list[Post], crm: FakeHubSpot) -> None:
    contacts = {one["email"] for one in crm.records("contacts")}
    deals = {one["aom_order_key"] for one in crm.records("deals")}
    assert {body["email"] for name, body in sent if name == "account.created"} <= contacts
    orders = {f"springfield:{body['id']}" for name, body in sent if name == "order.pending"}
    assert orders <= deals
