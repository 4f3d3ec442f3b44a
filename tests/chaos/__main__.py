"""`make chaos`: a few minutes of it. Exit 1 where anything is lost, doubled or out of order."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.run import run, shown
from tests.databases import serve_postgresql


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=150, help="how long to break things")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    sys.stdout.write(f"seed {asked.seed}\n")
    with tempfile.TemporaryDirectory(prefix="aom-chaos-") as name, serve_postgresql() as database:
        report = run(Path(name), database, seconds=asked.seconds, seed=asked.seed)
    sys.stdout.write(f"{shown(report)}\n")
    sys.exit(1 if report.wrong else 0)


if __name__ == "__main__":
    main()
