"""A school's history in a file: read line by line, and handed in as AOM would have sent it."""

from receiver.history.columns import Columns, WrongMapping, map_columns
from receiver.history.faults import FaultsFile
from receiver.history.judge import Judged, judged
from receiver.history.lines import Line, Source, UnreadableFile, open_lines
from receiver.history.send import Answer, Courier, Stopped

__all__ = [
    "Answer",
    "Columns",
    "Courier",
    "FaultsFile",
    "Judged",
    "Line",
    "Source",
    "Stopped",
    "UnreadableFile",
    "WrongMapping",
    "judged",
    "map_columns",
    "open_lines",
]
