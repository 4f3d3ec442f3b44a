"""Takes a changed configuration over in a running gateway: read anew, checked whole, and in force
at once; or refused with all its faults, while the former one goes on.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import structlog

from receiver.config_errors import with_lines
from receiver.gateway.audit_trail import AuditTrail
from receiver.gateway.gateway import ReloadReport
from receiver.gateway.running_gateway import RunningGateway
from receiver.settings import ConfigError, Settings, compare_settings, keep_fixed
from receiver.text.plurals import pluralize

SIGNAL: Final = "signal (SIGHUP)"  # whom the audit names: a signal has no operator
FOLLOWING: Final = 20.0  # seconds in which the other workers have to follow
SWITCH: Final = 0.0001  # seconds after which the thread that compiles gives up Python's lock


class ConfigReloader:
    """The reloads of one running gateway, one after the other.

    `load` reads the configuration as it is now, or raises ConfigError. `note_in_force` is called
    with what has come into force. `tell_siblings` makes the other workers of this gateway reload
    too.
    """

    def __init__(
        self,
        running: RunningGateway[Any],
        load: Callable[[], Settings],
        tell_siblings: Callable[[], None] | None = None,
        note_in_force: Callable[[Settings], None] = lambda _settings: None,
    ) -> None:
        self._running = running
        self._load = load
        self._tell_siblings = tell_siblings
        self._note_in_force = note_in_force
        self._one_at_a_time = asyncio.Lock()
        self._tasks: set[asyncio.Task[ReloadReport]] = set()
        self._closed = False
        self._log = structlog.get_logger()

    async def reload(self) -> ReloadReport:
        """Reload here, and see to it that the other workers follow.

        Raises ConfigError: the former configuration stays in force everywhere. Whoever asked may go
        away meanwhile: what has begun is done to its end, by the others too.
        """
        report = await asyncio.shield(self._start(self._tell_siblings))
        if self._tell_siblings is None:
            return report
        behind = await self._running.lasting.processes.wait_for_siblings(FOLLOWING)
        return replace(report, behind=behind)

    def reload_on_signal(self) -> None:
        """Reload this process alone: whoever runs several signals each. The log says what came of
        it, and so does the audit where this is the only one.
        """
        if self._closed:
            return
        if self._tell_siblings:
            self._start()
        else:
            self._run(self._reload_noted())

    async def aclose(self) -> None:
        """Begin no reload any more, and cut short what is under way."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, then: Callable[[], None] | None = None) -> asyncio.Task[ReloadReport]:
        return self._run(self._reload(then))

    def _run(self, reload: Coroutine[Any, Any, ReloadReport]) -> asyncio.Task[ReloadReport]:
        task = asyncio.create_task(reload, name="reload")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[ReloadReport]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error and not isinstance(error, ConfigError):
            self._log.error("configuration.reload_failed", exc_info=error)

    async def _reload_noted(self) -> ReloadReport:
        lasting = self._running.lasting
        async with AuditTrail(lasting.inbox, lasting.now).act(SIGNAL, "reload", {}) as act:
            try:
                report = await self._reload(None)
            except ConfigError as error:
                act.fail(pluralize(len(error.faults), "fault", "faults"))
                raise
            act.result = f"in force: {report.digest}"
            return report

    async def _reload(self, then: Callable[[], None] | None) -> ReloadReport:
        async with self._one_at_a_time:
            try:
                with _lock_given_up_often():
                    report = await self._take_over()
            except ConfigError as error:
                await self._running.lasting.processes.refuse(error.faults)
                faults = [str(fault) for fault in error.faults]
                self._log.error("configuration.refused", faults=faults)
                raise
            if then:
                then()
            return report

    async def _take_over(self) -> ReloadReport:
        before = self._running.current.settings
        new, waiting = keep_fixed(before, await asyncio.to_thread(self._load))
        changes = compare_settings(before, new)
        processes = self._running.lasting.processes
        # whoever told the others is told by them, too
        digest = processes.own.digest if new == before else await self._running.work_by(new)
        self._note_in_force(new)
        await processes.work_by(digest, waiting)
        gateway = self._running.current
        self._log.info(
            "configuration.reloaded",
            digest=digest,
            changes=[f"{one.where} {one.change}" for one in changes],
            needs_restart=list(waiting),
        )
        routes = with_lines(gateway.routes.warnings, gateway.settings.lines)
        warnings = (*gateway.settings.warnings, *routes)
        return ReloadReport(digest, changes, waiting, warnings)


@contextmanager
def _lock_given_up_often() -> Iterator[None]:
    """An event that comes meanwhile takes Python's lock some ten times on its way to the disk, and
    would wait for the thread that compiles as often.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, SWITCH))
    try:
        yield
    finally:
        sys.setswitchinterval(before)
