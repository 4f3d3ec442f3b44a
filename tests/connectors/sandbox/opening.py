"""Opens a sandbox for a test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from connectors.base import CallGate, Context, Record, Value
from connectors.sandbox import SandboxConnector
from connectors.sandbox.settings import SandboxSettings
from connectors.testing import Gate

T = TypeVar("T")


def in_sandbox(
    directory: Path,
    use: Callable[[SandboxConnector], Awaitable[T]],
    *,
    timeout: float = 30,
    calls: CallGate | None = None,
    **settings: Any,
) -> T:
    """Open a sandbox with a file in `directory`, use it, close it."""

    async def main() -> T:
        context = Context("crm", calls or Gate(), directory, timeout)
        crm = SandboxConnector.open(SandboxSettings(type="sandbox", **settings), context)
        try:
            return await use(crm)
        finally:
            await crm.aclose()

    return asyncio.run(main())


def contact(name: str, **fields: Value) -> Record:
    return Record("contact", f"{name}@example.test", fields)
