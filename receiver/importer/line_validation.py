"""What the gateway would say of a line, found out beforehand, so that what is faulty does not fill
its quarantine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from receiver.aom import BodyError, Event, InvalidBody, SourceContext, read_event
from receiver.importer.event_times import UnknownTime, in_file_order, time_of_event, time_of_text
from receiver.importer.line_reader import SourceLine
from receiver.importer.payload_paths import Path, find_value, is_within, remove_value


@dataclass(frozen=True, slots=True)
class ValidatedLine:
    """A line with its event and when it happened, or with its faults.

    `unreadable` are values that count as absent.
    """

    line: SourceLine
    event: Event | None
    at: datetime | None
    faults: tuple[BodyError, ...]
    unreadable: tuple[str, ...] = ()

    @property
    def people(self) -> tuple[str, ...]:
        return self.event.keys if self.event else ()


@dataclass(frozen=True, slots=True)
class LineValidator:
    """`places` tells what a path of the payload is called in the file.

    `as_of` is the time of lines that say none.

    `time` is where a payload in JSON says when it happened. It is not sent where AOM would not have
    sent it, so that the event is the same as if it had come live.
    """

    site: SourceContext
    named: str | None
    places: Mapping[str, str]
    as_of: datetime | None
    longest: int  # bytes of a payload that the gateway takes
    now: Callable[[], datetime]
    time: Path | None = None
    date_format: str = ""
    newest_first: bool = False

    def __call__(self, line: SourceLine) -> ValidatedLine:
        if line.body is None:
            return _faulty(line, BodyError("", line.fault))
        if len(line.body) > self.longest:
            return _faulty(
                line,
                BodyError("", f"is {len(line.body)} bytes long; the gateway takes {self.longest}"),
            )
        try:
            line, event = self._read_body(line, line.body)
            at = self._placed(line, event)
        except InvalidBody as invalid:
            return _faulty(
                line,
                *(
                    BodyError(self.places.get(fault.path, fault.path), fault.message)
                    for fault in invalid.faults
                ),
            )
        except UnknownTime as unknown:
            return _faulty(
                line, BodyError(self.places.get(unknown.path, unknown.path), str(unknown))
            )
        return ValidatedLine(
            line, event, at, (), tuple(self._called(path) for path in event.unreadable)
        )

    def time_of(self, line: SourceLine) -> datetime | None:
        """When it happened as far as the line says, None for one with faults."""
        if line.body is None or len(line.body) > self.longest:
            return None
        try:
            return self._at(*self._read_body(line, line.body))
        except (InvalidBody, UnknownTime):
            return None

    def _read_body(self, line: SourceLine, body: bytes) -> tuple[SourceLine, Event]:
        """Raises InvalidBody."""
        event = read_event(body, self.site, self.named)
        if self.time is None or (time := find_value(event.raw, self.time)) is None:
            return line, event
        line = replace(line, time=str(time).strip())
        if not is_within(self.time, event.unknown):
            return line, event
        body = json.dumps(remove_value(json.loads(body), self.time)).encode()
        return replace(line, body=body), read_event(body, self.site, self.named)

    def _at(self, line: SourceLine, event: Event) -> datetime:
        """Raises UnknownTime."""
        return (
            time_of_text(line.time, self.site, self.date_format)
            if line.time
            else time_of_event(event, self.as_of)
        )

    def _placed(self, line: SourceLine, event: Event) -> datetime:
        """Raises UnknownTime."""
        at = self._at(line, event)
        if at > self.now() + timedelta(seconds=1):
            raise UnknownTime(
                "",
                f"happened at {at:%Y-%m-%d %H:%M}, which is in the future; is the source's "
                "time zone right?",
            )
        return min(in_file_order(at, line.number, newest_first=self.newest_first), self.now())

    def _called(self, unreadable: str) -> str:
        path, _, why = unreadable.partition(" ")
        return f"{self.places.get(path, path)} {why}".strip()


def _faulty(line: SourceLine, *faults: BodyError) -> ValidatedLine:
    return ValidatedLine(line, None, None, faults)
