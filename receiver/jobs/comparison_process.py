"""Compares two mappings in a process of its own, so that what comes in meanwhile waits for
nothing.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

LONGEST = 15 * 60.0  # seconds
LONGEST_LINE = 16 * 1024 * 1024  # bytes; the groups of a comparison are bounded


@dataclass(frozen=True, slots=True)
class ComparisonRequest:
    """Two mappings as TOML, and which events of which store: the newest `limit` that match."""

    store_url: str
    before: str
    after: str
    source: str | None = None
    event: str | None = None
    limit: int | None = None


class ComparisonFailed(Exception):
    """It came to no result; the text says why."""


async def run_comparison(
    request: ComparisonRequest, progress: Callable[[int, int], None], *, longest: float = LONGEST
) -> dict[str, Any]:
    """What `receiver.comparison` finds, as JSON has it.

    `progress` is called with the events done and all events. Raises ComparisonFailed.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "receiver.comparison",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE,
    )
    try:
        async with asyncio.timeout(longest):
            return await _result(process, request, progress)
    except TimeoutError:
        raise ComparisonFailed(
            f"It took longer than {longest / 60:g} minutes. Look at fewer events, or use "
            "`aom-gateway diff`, which takes its time."
        ) from None
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _result(
    process: asyncio.subprocess.Process,
    request: ComparisonRequest,
    progress: Callable[[int, int], None],
) -> dict[str, Any]:
    assert process.stdin is not None  # noqa: S101 - both are pipes
    assert process.stdout is not None  # noqa: S101
    with suppress(ConnectionError):  # it ended already, and says nothing
        process.stdin.write(json.dumps(asdict(request)).encode())
        await process.stdin.drain()
    process.stdin.close()
    while line := await _read_line(process.stdout):
        message = json.loads(line)
        if "result" in message:
            found: dict[str, Any] = message["result"]
            return found
        if "error" in message:
            raise ComparisonFailed(message["error"])
        progress(message["done"], message["total"])
    raise ComparisonFailed("The process that compares ended early. The gateway's log says where.")


async def _read_line(stream: asyncio.StreamReader) -> bytes:
    """Nothing at the end. Raises ComparisonFailed where the line is too long."""
    try:
        return await stream.readline()
    except ValueError as error:
        raise ComparisonFailed(
            "Its result is too large to be shown. Look at fewer events, or use `aom-gateway diff`."
        ) from error
