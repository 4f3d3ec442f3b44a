"""Log lines as they leave the process."""

from __future__ import annotations

import json
import subprocess
import sys

SCRIPT = """
import asyncio, logging, sys
import structlog
from receiver.telemetry import set_up_logs
set_up_logs({level!r}, {form!r}, secrets=["the-secret-of-a-school"])
{body}
"""


def lines(body: str, *, level: str = "info", form: str = "json") -> list[str]:
    """What a process with this body writes to standard error."""
    script = SCRIPT.format(level=level, form=form, body=body)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert not done.stdout
    return done.stderr.splitlines()


def test_lines_are_json_with_level_and_time() -> None:
    """One object a line, with what was said, how loud, and when in UTC."""
    (line,) = map(json.loads, lines("structlog.get_logger().info('event.accepted', id='1', n=2)"))
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "event.accepted", "level": "info", "id": "1", "n": 2}


def test_quick_lines_look_like_all_others() -> None:
    """Only the search for secrets is left out; the level holds for them too."""
    body = (
        "from receiver.telemetry import QuickLog; log = QuickLog(); "
        "log.info('event.accepted', id='1', n=2)"
    )
    (line,) = map(json.loads, lines(body))
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "event.accepted", "level": "info", "id": "1", "n": 2}
    assert not lines(body, level="warning")
    assert "event.accepted" in "".join(lines(body, form="pretty"))


def test_the_standard_librarys_loggers_come_out_the_same_way() -> None:
    """Libraries log too; their secrets are cut out as well."""
    (line,) = map(
        json.loads, lines("logging.getLogger('lib').warning('%s said', 'the-secret-of-a-school')")
    )
    assert (line["event"], line["level"], line["logger"]) == ("*** said", "warning", "lib")


def test_tracebacks_hold_no_secret_and_no_local_variables() -> None:
    """A traceback is one value of its line."""
    body = """
def call(password):
    raise ValueError('the-secret-of-a-school for ada@example.edu')
try:
    call('local-' + 'value')
except ValueError:
    structlog.get_logger().exception('failed')
"""
    for form in ("json", "pretty"):
        text = "\n".join(lines(body, form=form))
        assert "ValueError" in text
        for hidden in ("the-secret", "ada@", "local-value"):
            assert hidden not in text


def test_lines_of_one_moment_are_all_written_and_in_order() -> None:
    """On an event loop lines wait for each other a moment; none is lost, also not at the end."""
    body = """
async def main():
    for n in range(2000):
        structlog.get_logger().info('line', n=n)
        if n % 700 == 0:
            await asyncio.sleep(0.06)
asyncio.run(main())
structlog.get_logger().info('line', n=2000)
"""
    assert [json.loads(line)["n"] for line in lines(body)] == list(range(2001))


def test_quieter_levels_are_left_out() -> None:
    """With level = warning, info is not written."""
    assert (
        len(lines("log = structlog.get_logger(); log.info('a'); log.warning('b')", level="warning"))
        == 1
    )


def test_people_are_named_by_the_key_that_the_store_keeps() -> None:
    """In our own lines and in those of libraries alike; before the key is known, an address has no
    name.
    """
    body = """
from receiver.telemetry import name_people_by
structlog.get_logger().info('early', person='ada@example.edu')
name_people_by(b'k' * 32)
structlog.get_logger().info('ours', person='ada@example.edu')
logging.getLogger('lib').warning('no mail for Ada@Example.edu')
"""
    early, ours, library = map(json.loads, lines(body))
    assert early["person"] == "[address]"
    assert ours["person"].startswith("person:")
    assert library["event"] == f"no mail for {ours['person']}"
