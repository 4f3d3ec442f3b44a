"""A gateway by one configuration, and what of it outlives a reload."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from connectors.base import Connector
from receiver.alarms import MemorySentLog
from receiver.aom import SourceContext
from receiver.config_errors import ConfigFault
from receiver.delivery import Dispatcher, RateLimiter
from receiver.gateway.audit_trail import AuditTrail
from receiver.gateway.process_registry import ProcessRegistry
from receiver.http.guess_limiter import GuessLimiter
from receiver.inbox import Inbox
from receiver.ingest.intake import Intake
from receiver.ingest.validation import Validator
from receiver.ingest.validation_thread import ValidationThread
from receiver.jobs.change_feed import ChangeFeed
from receiver.jobs.job_runner import Job, JobRunner
from receiver.jobs.replay_progress import ReplayProgress
from receiver.jobs.status_cache import CachedStatus
from receiver.jobs.token_use_log import TokenUseLog
from receiver.jobs.worker_jobs import WorkerJobs
from receiver.mapping import RouteTable
from receiver.settings import SettingChange, Settings
from receiver.telemetry import GatewayMetrics
from receiver.telemetry.worker_metrics import WorkerMetrics


@dataclass(frozen=True, slots=True)
class ReloadReport:
    """What came of taking a configuration over.

    `behind`: other processes of this gateway that do not work by it yet.
    """

    digest: str
    changes: Sequence[SettingChange]
    needs_restart: Sequence[str]
    warnings: Sequence[ConfigFault]
    behind: Sequence[str] = ()


class Reloader(Protocol):
    """Reads the configuration anew and takes it over."""

    async def reload(self) -> ReloadReport:
        """Raises ConfigError with all faults; the former configuration then stays in force."""

    async def aclose(self) -> None:
        """Begin none any more, and cut short what is under way."""


@dataclass(slots=True)
class LastingParts:
    """What a gateway has for as long as its process runs, whatever its configuration."""

    inbox: Inbox
    metrics: GatewayMetrics
    now: Callable[[], datetime]
    guesses: GuessLimiter  # of operators' tokens, by any way in
    processes: ProcessRegistry
    session_key: bytes  # signs what browsers keep; the same in all processes on the store
    token_uses: TokenUseLog
    validation: ValidationThread = field(default_factory=ValidationThread)
    replays: ReplayProgress = field(default_factory=ReplayProgress)
    background: JobRunner = field(default_factory=JobRunner)
    sent_alarms: MemorySentLog = field(default_factory=MemorySentLog)
    workers: WorkerMetrics | None = None  # where this process is one of several
    worker_jobs: WorkerJobs | None = None  # there, too
    reloader: Reloader | None = None  # where there is a file to read
    changes: ChangeFeed = field(init=False)
    erasures: int = 0  # what was looked for before the last one may name whom it erased

    def __post_init__(self) -> None:
        self.changes = ChangeFeed(self.inbox, self.background)

    async def find_job(self, id: str) -> Job | None:
        """By whichever worker on this port it is done."""
        return await self.worker_jobs.find(id) if self.worker_jobs else self.background.find(id)

    async def list_jobs(self) -> Sequence[Job]:
        """Of all workers on this port."""
        jobs = self.worker_jobs
        return await jobs.list_jobs() if jobs else self.background.jobs()

    def note_erasure(self) -> None:
        """Drop what was found before: it may name whom this or another process has erased."""
        self.erasures += 1
        self.background.forget_found()


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything that HTTP and the command line speak to, by one configuration.

    A reload makes another: who works with this one sees one configuration, to the end of its work.
    """

    lasting: LastingParts
    settings: Settings
    routes: RouteTable
    sites: Mapping[str, SourceContext]
    validate_call: Validator
    intake: Intake
    standing: CachedStatus
    connectors: Mapping[str, Connector] = field(default_factory=dict)
    limiters: Mapping[str, RateLimiter] = field(default_factory=dict)
    dispatchers: Sequence[Dispatcher] = ()

    @property
    def inbox(self) -> Inbox:
        return self.lasting.inbox

    @property
    def metrics(self) -> GatewayMetrics:
        return self.lasting.metrics

    @property
    def now(self) -> Callable[[], datetime]:
        return self.lasting.now

    @property
    def guesses(self) -> GuessLimiter:
        return self.lasting.guesses

    @property
    def replays(self) -> ReplayProgress:
        return self.lasting.replays

    @property
    def audit(self) -> AuditTrail:
        return AuditTrail(self.inbox, self.now)

    @property
    def background(self) -> JobRunner:
        return self.lasting.background
