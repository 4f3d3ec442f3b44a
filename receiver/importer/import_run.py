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
from receiver.importer.column_mapping import ColumnMapping, ColumnOptions, map_columns
from receiver.importer.event_times import is_change
from receiver.importer.line_reader import LineSource, SourceLine, open_lines
from receiver.importer.line_sender import ImportStopped, LineAnswer, LineSender
from receiver.importer.line_validation import LineValidator, ValidatedLine
from receiver.importer.payload_paths import Path as PayloadPath
from receiver.importer.payload_paths import WrongMapping, format_path, parse_path
from receiver.importer.reject_reasons import RejectReasons
from receiver.importer.rejected_lines import RejectsFile
from receiver.importer.sort_order import sort_ahead

_BATCH = 64  # lines
_BATCH_BYTES = 4 * 1024 * 1024
_SHOWN = 20  # faults


@dataclass(frozen=True, slots=True)
class ImportJob:
    """What the operator wants imported, and how.

    `event` is None where payloads tell themselves what they are; `as_of` is the time of lines
    without one.
    """

    file: Path
    event: str | None
    site: SourceContext
    options: ColumnOptions
    as_of: datetime | None
    encoding: str | None
    from_line: int
    longest: int  # bytes of a payload that the gateway takes

    def columns(self, headers: list[str], rows: list[list[str]]) -> ColumnMapping:
        """Raises WrongMapping, also where nothing says when the lines happened."""
        mapped = map_columns(headers, self.event or "", self.options, rows)
        dated = [path for path in (*mapped.paths, *mapped.constants) if path and is_date(path)]
        if not ((dated and not is_change(self.event)) or self.as_of or mapped.time is not None):
            left = f" (left: {', '.join(mapped.ignored)})" if mapped.ignored else ""
            made = "; the order's date says when it was made" if dated else ""
            raise WrongMapping(
                f"no column says when it happened{left}{made}, so that nobody can tell what "
                "is newer; say --time-column HEADER, "
                "or --as-of with the time at which the export was made"
            )
        return mapped

    def time_path(self) -> PayloadPath | None:
        """Where payloads in JSON say when it happened.

        Raises WrongMapping, also for what only a table has.
        """
        options = self.options
        if options.paths or options.constants or (options.date_format and not options.time):
            raise WrongMapping(
                "payloads in JSON have no columns: --column and --set are for CSV, "
                "--date-format is for --time-column PATH"
            )
        return parse_path(options.time) if options.time else None

    def build_validator(
        self, columns: ColumnMapping | None, *, newest_first: bool = False
    ) -> LineValidator:
        """For lines of a table with these columns, or without them for JSON. Raises
        WrongMapping.
        """
        return LineValidator(
            self.site,
            self.event,
            _places(columns),
            self.as_of,
            self.longest,
            lambda: datetime.now(UTC),
            time=None if columns else self.time_path(),
            date_format=self.options.date_format,
            newest_first=newest_first,
        )


@dataclass(slots=True)
class ImportRun:
    """Counts as it goes. `watch` is told the position in the file after each batch."""

    job: ImportJob
    watch: Callable[[int], None] = lambda _position: None
    columns: ColumnMapping | None = None
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
    reasons: RejectReasons = field(default_factory=RejectReasons)
    # place → how often, the first line
    unreadable: dict[str, tuple[int, int]] = field(default_factory=dict)
    example: bytes = b""
    newest_first: bool = False
    stopped: str = ""
    next_line: int = 0  # where to go on; all before it is done
    unattended: bool = False  # no gateway runs: nothing is delivered yet

    @contextmanager
    def open_batches(self) -> Iterator[Iterator[list[ValidatedLine]]]:
        """Batches of the file's lines. Raises UnreadableFile and WrongMapping."""
        job = self.job
        with open_lines(job.file, job.columns, job.encoding) as source:
            self.columns, self.size = source.columns, source.size
            self.next_line = job.from_line
            self.newest_first, lines = sort_ahead(
                source.lines, job.build_validator(source.columns).time_of
            )
            yield self._batches(
                source, lines, job.build_validator(source.columns, newest_first=self.newest_first)
            )

    def _batches(
        self, source: LineSource, lines: Iterator[SourceLine], validate_line: LineValidator
    ) -> Iterator[list[ValidatedLine]]:
        batch: list[ValidatedLine] = []
        size = 0
        for line in lines:
            if line.number < self.job.from_line:
                continue
            batch.append(validate_line(line))
            size += len(line.body or line.text)
            if len(batch) == _BATCH or size > _BATCH_BYTES:
                yield batch
                self.watch(source.position())
                batch, size = [], 0
        if batch:
            yield batch
        self.watch(source.size)

    def count_line(self, validated: ValidatedLine) -> None:
        rows = max(len(validated.line.cells), 1)
        self.lines += rows
        if rows > 1:
            self.gathered += 1
            self.gathered_lines += rows
        if validated.event:
            self.events[validated.event.name] += 1
            self.example = self.example or validated.line.body or b""
        for place in validated.unreadable:
            often, first = self.unreadable.get(place, (0, validated.line.number))
            self.unreadable[place] = (often + 1, first)
        if validated.faults:
            self.count_refused(validated, validated.faults)

    def count_refused(self, validated: ValidatedLine, faults: tuple[BodyError, ...]) -> None:
        self.faulty += max(len(validated.line.cells), 1)
        self.faults += [(validated.line.number, fault) for fault in faults][
            : _SHOWN - len(self.faults)
        ]
        self.reasons.add(validated.line.number, faults)

    def count_answer(self, answer: LineAnswer) -> None:
        if not answer.faults:
            self.accepted += not answer.duplicate
            self.duplicates += answer.duplicate
            self.deliveries += answer.deliveries


def dry_run(run: ImportRun, wanted: Callable[[Event], int]) -> None:
    """Read and validate all lines, and send none.

    `wanted` says how many deliveries an event would make.
    """
    with run.open_batches() as batches:
        for batch in batches:
            for validated in batch:
                run.count_line(validated)
                run.deliveries += wanted(validated.event) if validated.event else 0


async def submit_lines(
    run: ImportRun,
    batches: Iterator[list[ValidatedLine]],
    sender: LineSender,
    faults: RejectsFile,
) -> None:
    """Send all lines without a fault, and keep the others.

    Where the gateway takes no more, `course.stopped` says why.
    """
    try:
        for batch in batches:
            await _hand_in(run, sender, faults, batch)
            run.next_line = batch[-1].line.after
    except ImportStopped as stopped:
        run.stopped = str(stopped)


async def _hand_in(
    run: ImportRun, sender: LineSender, faults: RejectsFile, batch: list[ValidatedLine]
) -> None:
    answers = await sender.submit_batch([validated for validated in batch if validated.event])
    for validated, answer in answers:
        run.count_answer(answer)
        if answer.faults:
            run.count_refused(
                validated,
                refused := tuple(
                    BodyError(path, f"the gateway says: {message}")
                    for path, message in answer.faults
                ),
            )
            _keep(faults, validated, refused)
    for validated in batch:
        run.count_line(validated)
        if validated.faults:
            _keep(faults, validated, validated.faults)


def _keep(faults: RejectsFile, validated: ValidatedLine, found: tuple[BodyError, ...]) -> None:
    try:
        faults.add(validated.line, found)
    except OSError as error:
        raise ImportStopped(f"{faults.path}: {error.strerror or error}") from error


def _places(columns: ColumnMapping | None) -> Mapping[str, str]:
    """What a path of the payload is called in the file."""
    return (
        {
            format_path(path): header
            for header, path in zip(columns.headers, columns.paths, strict=True)
            if path
        }
        if columns
        else {}
    )


def summarize_run(run: ImportRun, faults: Path | None) -> dict[str, Any]:
    """For a script. `faults` is None where nothing was written."""
    return {
        "file": str(run.job.file),
        "source": run.job.site.name,
        "lines": run.lines,
        "events": dict(run.events),
        "accepted": run.accepted,
        "duplicates": run.duplicates,
        "deliveries": run.deliveries,
        "faulty": run.faulty,
        "faults": [
            {"line": number, "where": fault.path, "message": fault.message}
            for number, fault in run.faults
        ],
        "reasons": [
            {
                "where": reason.fault.path,
                "message": reason.fault.message,
                "lines": reason.count,
                "first": reason.lines,
            }
            for reason in run.reasons.most_frequent()
        ],
        "gathered": run.gathered,
        "faults_file": str(faults) if faults and run.faulty else None,
        "unreadable": [
            {"where": place, "lines": often, "first": first}
            for place, (often, first) in run.unreadable.items()
        ],
        "columns": [{"header": header, "path": path} for header, path in run.columns.shown()]
        if run.columns
        else [],
        "newest_first": run.newest_first,
        "ignored_columns": list(run.columns.ignored) if run.columns else [],
        "stopped": run.stopped or None,
        "next_line": run.next_line if run.stopped else None,
    }
