"""Reads stored events for all that work on them."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol, TypeVar

from receiver.aom import Event, InvalidBody, SourceContext, read_event

T = TypeVar("T")

LARGE = 16 * 1024  # bytes of a body that is read in the event loop
CACHE_BYTES = 64 * 1024 * 1024  # of memory, about, for events kept for whoever else is in them
OBJECT_BYTES = 300  # of memory for a list or an object in a body, of which two bytes may be enough
CACHED_EVENTS = 2048  # events


class ReadableEvent(Protocol):
    """An event as the inbox keeps it."""

    @property
    def event_id(self) -> str: ...
    @property
    def named(self) -> str | None: ...
    @property
    def body(self) -> bytes: ...


class EventReader:
    """Reads stored events for all connectors: one that is about many people, or goes to several
    connectors, is read once.

    Events are read anew from their bytes, so that a mended schema counts. What is done with large
    ones is done on a thread of their own: they would hold up what comes in meanwhile.

    `shared`: several read every event, connectors or whoever counts profiles. Where only one does,
    what is about one person is not kept: nobody would ask for it again.
    """

    def __init__(
        self,
        sites: Mapping[str, SourceContext],
        thread: ThreadPoolExecutor | None = None,
        *,
        shared: bool = True,
    ) -> None:
        """`thread`: that of another reader, whose sites were others."""
        self.sites = sites
        self._shared = shared
        self._known: OrderedDict[str, tuple[Event | InvalidBody, bytes]] = OrderedDict()
        self._bytes = 0
        self._thread = thread or ThreadPoolExecutor(1, thread_name_prefix="large-events")

    async def read(self, stored: ReadableEvent, site: SourceContext) -> Event:
        """Read the event of a stored. Raises InvalidBody."""
        known = self._known.get(stored.event_id)
        # it may have been amended, or a person erased from it
        if known is not None and known[1] == stored.body:
            event = known[0]
        else:
            large = len(stored.body) > LARGE
            event = (
                await self.beside(partial(_read, stored, site)) if large else _read(stored, site)
            )
            if self._shared or isinstance(event, InvalidBody) or len(event.keys) > 1:
                self._keep(stored, event)
        if isinstance(event, InvalidBody):
            raise event
        return event

    async def beside(self, work: Callable[[], T]) -> T:
        """Run a function on a thread beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def with_sites(self, sites: Mapping[str, SourceContext], *, shared: bool) -> EventReader:
        """A reader for other sites, on the same thread. This one may go on beside it."""
        return EventReader(sites, self._thread, shared=shared)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False)

    def _keep(self, stored: ReadableEvent, event: Event | InvalidBody) -> None:
        if before := self._known.get(stored.event_id):
            self._bytes -= _memory(before[1])
        self._known[stored.event_id] = event, stored.body
        self._bytes += _memory(stored.body)
        while len(self._known) > CACHED_EVENTS or (
            self._bytes > CACHE_BYTES and len(self._known) > 1
        ):
            _, (_, body) = self._known.popitem(last=False)
            self._bytes -= _memory(body)


def _memory(body: bytes) -> int:
    """What an event of this body takes, about; brackets in its texts count as well."""
    return len(body) + OBJECT_BYTES * (body.count(b"{") + body.count(b"["))


def _read(stored: ReadableEvent, site: SourceContext) -> Event | InvalidBody:
    try:
        return read_event(stored.body, site, stored.named)
    except InvalidBody as invalid:
        return invalid
