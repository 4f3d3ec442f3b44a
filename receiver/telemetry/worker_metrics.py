"""`/metrics` of several workers: whichever is asked answers for all, each figure with the number of
its worker.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

LONGEST_WAIT = 1.0  # seconds for the others; one that hangs or is being started anew is left out

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


class WorkerMetrics:
    """Each worker gives its own text at a socket in the directory that all of them know."""

    def __init__(
        self, directory: Path, number: int, of: int, own: Callable[[], bytes], shared: Iterable[str]
    ) -> None:
        """`shared`: the names of what stands in the store, and is the same for all."""
        self._directory = directory
        self._number = number
        self._others = [other for other in range(1, of + 1) if other != number]
        self._own = own
        self._shared = frozenset(shared)

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        path = self._path(self._number)
        path.unlink(missing_ok=True)  # of one that crashed
        server = await asyncio.start_unix_server(self._give, path)
        try:
            yield
        finally:
            server.close()

    async def text(self) -> bytes:
        """Of all workers that answer."""
        texts = await asyncio.gather(*map(self._ask, self._others))
        found = {other: text for other, text in zip(self._others, texts, strict=True) if text}
        return merge_metrics(self._number, {self._number: self._own(), **found}, self._shared)

    async def _give(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self._own())
        await writer.drain()
        writer.close()

    async def _ask(self, other: int) -> bytes:
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                reader, writer = await asyncio.open_unix_connection(self._path(other))
                try:
                    return await reader.read()
                finally:
                    writer.close()
        except OSError:  # TimeoutError is one
            return b""

    def _path(self, number: int) -> Path:
        return self._directory / f"{number}.sock"


def merge_metrics(asked: int, texts: Mapping[int, bytes], shared: frozenset[str]) -> bytes:
    """One text of several in Prometheus' format.

    What is shared is told once, by the one that was asked, which has it fresh.
    """
    families: dict[str, list[str]] = {}
    for number, text in texts.items():
        name = ""
        for line in text.decode().splitlines():
            if line.startswith("# HELP "):
                name = line.split(" ", 3)[2]
                known = name in families
                families.setdefault(name, [])
            if line.startswith("#"):
                if not known:
                    families[name].append(line)
            elif name not in shared:
                families[name].append(_numbered(line, number))
            elif number == asked:
                families[name].append(line)
    return "".join(f"{line}\n" for lines in families.values() for line in lines).encode()


def _numbered(line: str, number: int) -> str:
    """A sample with one label more."""
    match = _NAME.match(line)
    end = match.end() if match else 0
    rest = line[end:]
    label = f'worker="{number}"'
    return (
        f"{line[:end]}{{{label},{rest[1:]}"
        if rest.startswith("{")
        else f"{line[:end]}{{{label}}}{rest}"
    )
