"""What became of a connection, in words: HTTP libraries bury it under layers of their own."""

from __future__ import annotations

import socket

from connectors.certificates import tls_fault


def describe_connection_error(error: BaseException) -> str:
    """Say why there is no answer. The words name no address, which may hold a secret."""
    if fault := tls_fault(error):
        return fault
    match _deepest(error):
        case socket.gaierror():
            return "the host's name is not known; is the address right?"
        case ConnectionRefusedError():
            return "nobody listens there"
        case ConnectionError():
            return "the connection was closed before an answer came"
        case OSError(strerror=str(words)):
            return f"no connection ({words})"
        case _:
            return "the connection broke before the answer was complete"


def _deepest(error: BaseException) -> BaseException:
    """The error that led to all others; of several attempts to connect, that of the first."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        else:
            error = error.__cause__ or error.__context__ or error
    return error
