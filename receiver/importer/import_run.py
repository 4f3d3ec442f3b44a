"""The course of an import: what is to be done, how far it is, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from receiver.aom import BodyError, Event, SourceContext
from receiver.importer.column_headers import is_date
from receiver.importer.column_mapping import Columns, Told, map_columns
from receiver.importer.event_times import is_change
from receiver.importer.line_reader import Line, Source, open_lines
from receiver.importer.line_validation import Judged, LineJudge
from receiver.importer.payload_paths import Path as PayloadPath
from receiver.importer.payload_paths import WrongMapping, parsed, written
from receiver.importer.reject_reasons import Reasons
from receiver.importer.rejected_lines import FaultsFile
from receiver.importer.sort_order import looked_ahead
from receiver.importer.throttle import Answer, Courier, Stopped

_BATCH = 64  # lines
_BATCH_BYTES = 4 * 1024 * 1024
_SHOWN = 20  # faults


@dataclass(frozen=True, slots=True)
class Job:
    """What the operator wants. `event` is None where payloads tell themselves what they are; `as_of` is the time of lines without one."""

    file: Path
    event: str | None
    site: SourceContext
    told: Told
    as_of: datetime | None
    encoding: str | None
    from_line: int
    longest: int  # bytes of a payload that the gateway takes

    def columns(self, headers: list[str], rows: list[list[str]]) -> Columns:
        """Raises WrongMapping, also where nothing says when the lines happened."""
        mapped = map_columns(headers, self.event or "", self.told, rows)
        dated = [path for path in (*mapped.paths, *mapped.constants) if path and is_date(path)]
        if not ((dated and not is_change(self.event)) or self.as_of or mapped.time is not None):
            left = f" (left: {', '.join(mapped.ignored)})" if mapped.ignored else ""
            made = "; the order's date says when it was made" if dated else ""
            raise WrongMapping(
                f"no column says when it happened{left}{made}, so that nobody can tell what is newer; say --time-column HEADER, "
                "or --as-of with the time at which the export was made"
            )
        return mapped

    def time_path(self) -> PayloadPath | None:
        """Where payloads in JSON say when it happened. Raises WrongMapping, also for what only a table has."""
        told = self.told
        if told.paths or told.constants or (told.date_format and not told.time):
            raise WrongMapping("payloads in JSON have no columns: --column and --set are for CSV, --date-format is for --time-column PATH")
        return parsed(told.time) if told.time else None

    def judge(self, columns: Columns | None, *, newest_first: bool = False) -> LineJudge:
        """For lines of a table with these columns, or without them for JSON. Raises WrongMapping."""
        return LineJudge(
            self.site,
            self.event,
            _places(columns),
            self.as_of,
            self.longest,
            lambda: datetime.now(UTC),
            time=None if columns else self.time_path(),
            date_format=self.told.date_format,
            newest_first=newest_first,
        )


@dataclass(slots=True)
class Course:
    """Counts as it goes. `watch` is told the position in the file after each batch."""

    job: Job
    watch: Callable[[int], None] = lambda _position: None
    columns: Columns | None = None
    size: int = 0
    lines: int = 0  # looked at
    gathered: int = 0  # orders that stand in several lines
    gathered_lines: int = 0
    events: Counter[str] = field(default_factory=Counter)  # lines without a fault, by event
    accepted: int = 0
    duplicates: int = 0
    deliveries: int = 0
    faulty: int = 0  # lines
    faults: list[tuple[int, BodyError]] = field(default_factory=list)  # the first ones
    reasons: Reasons = field(default_factory=Reasons)
    unreadable: dict[str, tuple[int, int]] = field(default_factory=dict)  # place → how often, the first line
    example: bytes = b""
    newest_first: bool = False
    stopped: str = ""
    next_line: int = 0  # where to go on; all before it is done
    unattended: bool = False  # no gateway runs: nothing is delivered yet

    @contextmanager
    def opened(self) -> Iterator[Iterator[list[Judged]]]:
        """Batches of the file's lines. Raises UnreadableFile and WrongMapping."""
        job = self.job
        with open_lines(job.file, job.columns, job.encoding) as source:
            self.columns, self.size = source.columns, source.size
            self.next_line = job.from_line
            self.newest_first, lines = looked_ahead(source.lines, job.judge(source.columns).told)
            yield self._batches(source, lines, job.judge(source.columns, newest_first=self.newest_first))

    def _batches(self, source: Source, lines: Iterator[Line], judge: LineJudge) -> Iterator[list[Judged]]:
        batch: list[Judged] = []
        size = 0
        for line in lines:
            if line.number < self.job.from_line:
                continue
            batch.append(judge(line))
            size += len(line.body or line.text)
            if len(batch) == _BATCH or size > _BATCH_BYTES:
                yield batch
                self.watch(source.position())
                batch, size = [], 0
        if batch:
            yield batch
        self.watch(source.size)

    def looked_at(self, judged: Judged) -> None:
        rows = max(len(judged.line.cells), 1)
        self.lines += rows
        if rows > 1:
            self.gathered += 1
            self.gathered_lines += rows
        if judged.event:
            self.events[judged.event.name] += 1
            self.example = self.example or judged.line.body or b""
        for place in judged.unreadable:
            often, first = self.unreadable.get(place, (0, judged.line.number))
            self.unreadable[place] = (often + 1, first)
        if judged.faults:
            self.refused(judged, judged.faults)

    def refused(self, judged: Judged, faults: tuple[BodyError, ...]) -> None:
        self.faulty += max(len(judged.line.cells), 1)
        self.faults += [(judged.line.number, fault) for fault in faults][: _SHOWN - len(self.faults)]
        self.reasons.add(judged.line.number, faults)

    def answered(self, answer: Answer) -> None:
        if not answer.faults:
            self.accepted += not answer.duplicate
            self.duplicates += answer.duplicate
            self.deliveries += answer.deliveries


def look_through(course: Course, wanted: Callable[[Event], int]) -> None:
    """Read and judge all lines, and send none. `wanted` says how many deliveries an event would make."""
    with course.opened() as batches:
        for batch in batches:
            for judged in batch:
                course.looked_at(judged)
                course.deliveries += wanted(judged.event) if judged.event else 0


async def hand_in(course: Course, batches: Iterator[list[Judged]], courier: Courier, faults: FaultsFile) -> None:
    """Send all lines without a fault, and keep the others. Where the gateway takes no more, `course.stopped` says why."""
    try:
        for batch in batches:
            await _hand_in(course, courier, faults, batch)
            course.next_line = batch[-1].line.after
    except Stopped as stopped:
        course.stopped = str(stopped)


async def _hand_in(course: Course, courier: Courier, faults: FaultsFile, batch: list[Judged]) -> None:
    answers = await courier.send([judged for judged in batch if judged.event])
    for judged, answer in answers:
        course.answered(answer)
        if answer.faults:
            course.refused(judged, refused := tuple(BodyError(path, f"the gateway says: {message}") for path, message in answer.faults))
            _keep(faults, judged, refused)
    for judged in batch:
        course.looked_at(judged)
        if judged.faults:
            _keep(faults, judged, judged.faults)


def _keep(faults: FaultsFile, judged: Judged, found: tuple[BodyError, ...]) -> None:
    try:
        faults.add(judged.line, found)
    except OSError as error:
        raise Stopped(f"{faults.path}: {error.strerror or error}") from error


def _places(columns: Columns | None) -> Mapping[str, str]:
    """What a path of the payload is called in the file."""
    return {written(path): header for header, path in zip(columns.headers, columns.paths, strict=True) if path} if columns else {}


def summary(course: Course, faults: Path | None) -> dict[str, Any]:
    """For a script. `faults` is None where nothing was written."""
    return {
        "file": str(course.job.file),
        "source": course.job.site.name,
        "lines": course.lines,
        "events": dict(course.events),
        "accepted": course.accepted,
        "duplicates": course.duplicates,
        "deliveries": course.deliveries,
        "faulty": course.faulty,
        "faults": [{"line": number, "where": fault.path, "message": fault.message} for number, fault in course.faults],
        "reasons": [
            {"where": reason.fault.path, "message": reason.fault.message, "lines": reason.count, "first": reason.lines}
            for reason in course.reasons.most_frequent()
        ],
        "gathered": course.gathered,
        "faults_file": str(faults) if faults and course.faulty else None,
        "unreadable": [{"where": place, "lines": often, "first": first} for place, (often, first) in course.unreadable.items()],
        "columns": [{"header": header, "path": path} for header, path in course.columns.shown()] if course.columns else [],
        "newest_first": course.newest_first,
        "ignored_columns": list(course.columns.ignored) if course.columns else [],
        "stopped": course.stopped or None,
        "next_line": course.next_line if course.stopped else None,
    }
