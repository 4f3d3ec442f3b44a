"""TLS that fails, told in words: HTTP libraries bury the reason under layers of their own, or trip
over it.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

REMEDY = (
    "see base_url, this machine's clock, and whether a proxy in between needs its own "
    "certificate to be trusted here"
)


def tls_fault(error: BaseException) -> str | None:
    """What is wrong with the encrypted connection, and what helps; None where that is not what the
    error is about.
    """
    found = next((one for one in _layers(error) if isinstance(one, ssl.SSLError)), None)
    if isinstance(found, ssl.SSLCertVerificationError):
        return f"the server's certificate cannot be verified ({found.verify_message}); {REMEDY}"
    if found is not None:
        return f"no encrypted connection ({getattr(found, 'reason', None) or found}); {REMEDY}"
    return None


def _layers(error: BaseException) -> Iterator[BaseException]:
    """The error, what it holds and what led to it, each once."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
        waiting += [each for each in inner if isinstance(each, BaseException)]
