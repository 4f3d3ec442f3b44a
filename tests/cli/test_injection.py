"""Foreign text in every command: whatever names, addresses, keys and a CRM's words hold, a terminal
shows it as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from unicodedata import category

import httpx
import pytest

from tests.cli.command import command, on_terminal
from tests.processes import TOKEN, Running, gateway, write_config

EVIL = (
    '<script>alert(1)</script>=HYPERLINK("http://evil")[red]x[/red]\u202eabc\u2066\x1b[31mred'
    "\x1b]0;title\x07\u009b2J\u2028\r\nnext\u200f\U000e0041"
)

BODY = r"""
[connectors.sandbox]
type = "sandbox"
mapping = "standard"
[[connectors.sandbox.refuse]]
pattern = "^refused"
code = "BAD\u001b[31m"
message = "no \u202e\u001b]0;title\u0007<script> [bold]x[/bold]"
"""

FORBIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Running]]:
    """A gateway that holds it everywhere."""
    directory = tmp_path_factory.mktemp("injection")
    with gateway(write_config(directory, BODY)) as running:
        for email in ("ann@example.edu", "refused@example.edu"):
            payload = {
                "id": 7,
                "email": email,
                "first_name": EVIL,
                "last_name": EVIL,
                "date_registered": EVIL,
                f"key {EVIL}": EVIL,
            }
            answer = httpx.post(
                f"{running.url}/in/{TOKEN}/account.created",
                content=json.dumps(payload),
                trust_env=False,
            )
            assert answer.status_code == 202
        for body in (
            f'{{"{EVIL}'.encode(),
            json.dumps(
                {"email": EVIL, EVIL: EVIL, "customer": {"email": EVIL}, "status": EVIL}
            ).encode(),
        ):
            httpx.post(f"{running.url}/in/{TOKEN}/order.placed", content=body, trust_env=False)
        running.wait_until_delivered()
        yield directory, running


def commands(directory: Path) -> Iterator[tuple[tuple[str, ...], int]]:
    """Every command that shows what others wrote, with its exit code."""
    yield ("events",), 0
    yield ("dead",), 1
    yield ("quarantine",), 1
    yield ("status",), 1
    yield ("replay", "--state", "dead", "--dry-run"), 0
    yield ("forget", "nobody\u202e\x1b[31m@example.edu", "--yes"), 0
    for item in command("events", "--json", at=directory).json["items"]:
        yield ("events", item["id"]), 0


def test_nothing_reaches_the_terminal(asked: tuple[Path, Running]) -> None:
    """No control character, no change of the writing direction, no markup; printed for a file and
    on a terminal.
    """
    directory, _ = asked
    for words, code in commands(directory):
        done = command(*words, at=directory, code=code)
        assert hidden(done.out + done.err) == set(), words
        # how a line is begun anew, of the command's own
        shown = on_terminal(*words, at=directory, code=code).replace("\r", "")
        assert hidden(shown) == set(), words
        assert "next\u200f" not in shown


def test_explain_shows_a_payload_as_text(tmp_path: Path) -> None:
    """Of a file that somebody sent: its keys, its values, its faults."""
    write_config(tmp_path, BODY)
    good = {
        "id": 7,
        "email": "ann@example.edu",
        "first_name": EVIL,
        "last_name": EVIL,
        "date_registered": EVIL,
        f"key {EVIL}": EVIL,
    }
    for body, code in (
        (good, 0),
        ({"email": EVIL, EVIL: EVIL, "customer": {"email": EVIL}, "status": EVIL}, 1),
    ):
        (tmp_path / "payload.json").write_text(json.dumps(body))
        done = command(
            "explain", "payload.json", "--event", "account.created", at=tmp_path, code=code
        )
        assert hidden(done.out + done.err) == set()
        assert code or "[red]x[/red]" in re.sub(r"\s*│\s*", " ", done.out)


def test_markup_is_text(asked: tuple[Path, Running]) -> None:
    """What looks like markup of the terminal's library, or of a page, stands there as it came."""
    directory, _ = asked
    items = command("events", "--person", "refused@example.edu", "--json", at=directory).json[
        "items"
    ]
    shown = command("events", items[0]["id"], at=directory).out
    assert "[red]x[/red]" in shown
    assert "<script>" in shown
    assert "[bold]x[/bold]" in shown
    assert r"\u202e" in shown
    assert "[bold]x[/bold]" in re.sub(r"\s*│\s*", " ", command("dead", at=directory, code=1).out)


def test_json_means_the_same(asked: tuple[Path, Running]) -> None:
    """What is escaped for the terminal is the same text to a script."""
    directory, running = asked
    done = command("events", "--person", "ann@example.edu", "--json", at=directory)
    event = command("events", done.json["items"][0]["id"], "--json", at=directory)
    assert hidden(event.out) == set()
    assert json.loads(event.json["raw"])["first_name"] == EVIL
    assert event.json == running.admin(f"/api/events/{event.json['id']}")


def hidden(text: str) -> set[str]:
    """Characters that a terminal would act on, or hide."""
    return {
        character for character in text if category(character) in FORBIDDEN and character != "\n"
    }


@pytest.mark.parametrize(
    "words",
    [
        ("forget", "ann\udcff@example.edu", "--yes"),
        ("events", "\udcff"),
        ("events", "--person", "ann\udcff@example.edu"),
        ("pause", "sandbox", "--reason", "caf\udce9"),
        ("replay", "\udcff", "--yes"),
    ],
)
def test_bytes_that_are_no_text_are_wrong_use(
    asked: tuple[Path, Running], words: tuple[str, ...]
) -> None:
    """An argument in another encoding than UTF-8 is refused in words: nobody is guessed from it."""
    done = command(*words, at=asked[0], code=2)
    assert "write what you give in UTF-8" in done.err
