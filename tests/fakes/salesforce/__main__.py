"""`python -m tests.fakes.salesforce --port 9020`: the fake alone, until it is interrupted."""

from __future__ import annotations

import argparse
import contextlib

from tests.fakes.salesforce import FakeSalesforce

parser = argparse.ArgumentParser(prog="tests.fakes.salesforce", description=__doc__)
parser.add_argument("--port", type=int, default=9020, help="0 takes a free one")
parser.add_argument("--bare", action="store_true", help="an org without the gateway's fields")
arguments = parser.parse_args()

with FakeSalesforce(arguments.port, bare=arguments.bare) as fake:
    print(fake.url, flush=True)  # noqa: T201
    with contextlib.suppress(KeyboardInterrupt):
        fake.server.join()
