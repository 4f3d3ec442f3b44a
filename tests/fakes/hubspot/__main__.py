"""`python -m tests.fakes.hubspot --port 9010`: serve until interrupted.

See `fake.py` for what can be set over HTTP.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses

from tests.fakes.hubspot import FakeHubSpot, Options


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.hubspot", description=__doc__)
    parser.add_argument("--port", type=int, default=9010)
    parser.add_argument(
        "--faults",
        type=float,
        default=0.0,
        metavar="RATE",
        help="how many calls fail at random, 0 to 1",
    )
    for option in dataclasses.fields(Options):
        default = option.default
        kind = _truth if isinstance(default, bool) else type(default)
        parser.add_argument(f"--{option.name.replace('_', '-')}", type=kind, default=default)
    given = vars(parser.parse_args())
    port, rate = given.pop("port"), given.pop("faults")
    with FakeHubSpot(Options(**given), port) as hubspot:
        hubspot.at_random(rate)
        print(f"HubSpot at {hubspot.url}, token {hubspot.token}", flush=True)  # noqa: T201
        with contextlib.suppress(KeyboardInterrupt):
            hubspot.join()


def _truth(text: str) -> bool:
    return text.lower() in {"1", "true", "yes"}


if __name__ == "__main__":
    main()
