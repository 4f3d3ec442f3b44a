"""Compares two mappings for another process: a job as JSON on standard input, lines of JSON on
standard output.

So a gateway that is asked for a comparison goes on receiving while it is made. Lines are {"done",
"total"} as far as it is, then {"result"} as `Comparison.plain` has it, or {"error"} in words.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from typing import Any

from receiver.comparison.comparison_run import ComparisonJob, compare_mappings, lower_priority
from receiver.inbox import EventFilter, StoreUnavailable
from receiver.settings import ConfigError
from receiver.settings.mapping_document import read_mapping

EVERY = 0.5  # seconds between two lines


def main() -> None:
    """Read the job, and tell what comes of it."""
    lower_priority()
    given = json.load(sys.stdin)
    try:
        job = ComparisonJob(
            given["store_url"],
            read_mapping(given["before"]),
            read_mapping(given["after"]),
            EventFilter(source=given["source"], event=given["event"]),
            limit=given["limit"],
        )
        _write_line({"result": compare_mappings(job, _Progress().tell).plain()})
    except (ConfigError, StoreUnavailable) as error:
        _write_line({"error": str(error)})
    except Exception as defect:  # noqa: BLE001 - its words may quote a payload
        at = traceback.extract_tb(defect.__traceback__)[-1]
        name = type(defect).__name__
        _write_line({"error": f"a defect of the gateway: {name} in {at.name}, line {at.lineno}"})


class _Progress:
    """Says how far it is, not too often."""

    def __init__(self) -> None:
        self._reported_at = 0.0

    def tell(self, done: int, total: int) -> None:
        if time.monotonic() - self._reported_at >= EVERY:
            self._reported_at = time.monotonic()
            _write_line({"done": done, "total": total})


def _write_line(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
