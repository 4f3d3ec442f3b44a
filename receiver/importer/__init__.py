"""A school's history in a file: read line by line, and handed in as AOM would have sent it, each line at its own time."""

from receiver.importer.column_mapping import Columns, Told, map_columns
from receiver.importer.import_run import Course, Job, hand_in, look_through, summary
from receiver.importer.intake_client import Post
from receiver.importer.line_reader import Line, Source, UnreadableFile, is_json_lines, open_lines
from receiver.importer.line_validation import Judged, LineJudge
from receiver.importer.payload_paths import WrongMapping
from receiver.importer.rejected_lines import FaultsFile, NotOurs
from receiver.importer.throttle import Answer, Courier, Stopped

__all__ = [
    "Answer",
    "Columns",
    "Courier",
    "Course",
    "FaultsFile",
    "Job",
    "Judged",
    "Line",
    "LineJudge",
    "NotOurs",
    "Post",
    "Source",
    "Stopped",
    "Told",
    "UnreadableFile",
    "WrongMapping",
    "hand_in",
    "is_json_lines",
    "look_through",
    "map_columns",
    "open_lines",
    "summary",
]
