"""A school's history in a file: read line by line, and handed in as AOM would have sent it, each
line at its own time.
"""

from receiver.importer.column_mapping import ColumnMapping, ColumnOptions, map_columns
from receiver.importer.import_run import ImportJob, ImportRun, dry_run, submit_lines, summarize_run
from receiver.importer.intake_client import IntakeClient
from receiver.importer.line_reader import (
    LineSource,
    SourceLine,
    UnreadableFile,
    is_json_lines,
    open_lines,
)
from receiver.importer.line_sender import ImportStopped, LineAnswer, LineSender
from receiver.importer.line_validation import LineValidator, ValidatedLine
from receiver.importer.payload_paths import WrongMapping
from receiver.importer.rejected_lines import NotOurs, RejectsFile

__all__ = [
    "ColumnMapping",
    "ColumnOptions",
    "ImportJob",
    "ImportRun",
    "ImportStopped",
    "IntakeClient",
    "LineAnswer",
    "LineSender",
    "LineSource",
    "LineValidator",
    "NotOurs",
    "RejectsFile",
    "SourceLine",
    "UnreadableFile",
    "ValidatedLine",
    "WrongMapping",
    "dry_run",
    "is_json_lines",
    "map_columns",
    "open_lines",
    "submit_lines",
    "summarize_run",
]
