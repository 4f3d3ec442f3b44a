"""A school's history in a file: read line by line, and handed in as AOM would have sent it, each line at its own time."""

from receiver.history.columns import Columns, Told, map_columns
from receiver.history.courier import Answer, Courier, Stopped
from receiver.history.course import Course, Job, hand_in, look_through, summary
from receiver.history.faults import FaultsFile, NotOurs
from receiver.history.judge import Judged, LineJudge
from receiver.history.lines import Line, Source, UnreadableFile, is_json_lines, open_lines
from receiver.history.paths import WrongMapping
from receiver.history.post import Post

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
