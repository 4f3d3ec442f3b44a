"""Tests of a mapping: calls with what must come of them, run without network, store or secrets.

`case_file` reads them, `runner` runs one, `coverage` says what of the mapping none of them reaches,
`case_writer` writes what comes now, `stand_ins` takes personal data out of a call that becomes one.
"""

from receiver.cases.case_check import NamedThings
from receiver.cases.case_file import TEST_FOLDER, Case, Expectation, read_case_files
from receiver.cases.coverage import CoveragePoint, MappingCoverage
from receiver.cases.runner import CaseResult, Mismatch, WrittenRecord, run_case

__all__ = [
    "TEST_FOLDER",
    "Case",
    "CaseResult",
    "CoveragePoint",
    "Expectation",
    "MappingCoverage",
    "Mismatch",
    "NamedThings",
    "WrittenRecord",
    "read_case_files",
    "run_case",
]
