"""structlog set up: JSON lines for machines, colours on a terminal; the standard library's loggers
come out the same way.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterable, MutableMapping
from typing import Any, Literal, TextIO, cast

import orjson
import structlog
from structlog.typing import Processor

from receiver.telemetry.log_lines import LogLines
from receiver.telemetry.tracebacks import tell_traceback
from receiver.text.redaction import Redaction

_OUR_OWN = frozenset({"level", "timestamp", "logger"})

Format = Literal["auto", "json", "pretty"]


def set_up_logs(
    level: str = "info",
    form: Format = "auto",
    *,
    secrets: Iterable[str] = (),
    plain_emails: bool = False,
) -> None:
    """Configure logging for the process.

    Lines go to standard error; "auto" is pretty where that is a terminal.
    """
    pretty = form == "pretty" or (form == "auto" and sys.stderr.isatty())
    last: Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if pretty
        else structlog.processors.JSONRenderer(_json)
    )
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _Stamper(),
    ]
    redaction = _LineRedaction(Redaction(secrets, plain_emails=plain_emails))
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, tell_traceback, redaction, last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", LogLines(sys.stderr))),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            tell_traceback,
            redaction,
            last,
        ],
        foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
    )
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(number, logging.WARNING))
    logging.getLogger("uvicorn").setLevel(number)


class QuickLog:
    """A logger for lines by the thousand, as set up: at half of the price of structlog's.

    They hold none but our own values: nobody looks for secrets in them.
    """

    def __init__(self) -> None:
        setup = structlog.get_config()
        costly = (structlog.contextvars.merge_contextvars, tell_traceback)
        self._processors = [
            each
            for each in setup["processors"]
            if each not in costly and not isinstance(each, _LineRedaction)
        ]
        self._write = setup["logger_factory"]().info
        self._silent = not structlog.get_logger().bind().is_enabled_for(logging.INFO)

    def info(self, event: str, **values: Any) -> None:
        """Write one line."""
        if self._silent:
            return
        line: Any = values
        line["event"] = event
        try:
            for process in self._processors:
                line = process(None, "info", line)
        except structlog.DropEvent:
            return
        self._write(line)


def name_people_by(key: bytes) -> None:
    """From now on an address stands in the lines as a name that only this key gives; before, it
    stands there as no name at all.

    Without `set_up_logs` before it, nothing is done.
    """
    for each in structlog.get_config()["processors"]:
        if isinstance(each, _LineRedaction):
            each.redaction.key = key


def hide_secrets(secrets: Iterable[str]) -> None:
    """From now on these are cut out of the lines as well.

    Without `set_up_logs` before it, nothing is done.
    """
    for each in structlog.get_config()["processors"]:
        if isinstance(each, _LineRedaction):
            each.redaction.add_secrets(secrets)


class _LineRedaction:
    """A structlog processor: every text of a line without what may not be read."""

    def __init__(self, redaction: Redaction) -> None:
        self.redaction = redaction

    def __call__(
        self, _logger: object, _method: str, line: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        for key, value in line.items():
            if isinstance(value, str) and key not in _OUR_OWN:
                line[key] = self.redaction.redact(value)
        return line


class _Stamper:
    """The time in ISO 8601, UTC, to the millisecond.

    Its own because structlog's costs a quarter of a line.
    """

    def __init__(self) -> None:
        self._second = 0
        self._text = ""

    def __call__(
        self, _logger: object, _method: str, line: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        milliseconds = time.time_ns() // 1_000_000
        second, rest = divmod(milliseconds, 1000)
        if second != self._second:
            self._second, self._text = (
                second,
                time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)),
            )
        line["timestamp"] = f"{self._text}.{rest:03}Z"
        return line


def _json(line: dict[str, Any], **_options: Any) -> str:
    return orjson.dumps(line, default=str).decode()
