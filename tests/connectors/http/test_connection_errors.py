"""What became of a connection, in words."""

from __future__ import annotations

import errno
import os
import socket
import ssl

import pytest

from connectors.http import describe_connection_error


def caused(cause: BaseException) -> Exception:
    """An error of a library, around what happened."""
    error = RuntimeError("https://crm.test/?token=secret")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "the host's name is not known"),
        (ConnectionRefusedError(), "nobody listens there"),
        (ExceptionGroup("several", [ConnectionRefusedError(), OSError()]), "nobody listens there"),
        (ConnectionResetError(), "closed before an answer came"),
        (
            OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH)),
            r"no connection \(Network is unreachable\)",
        ),
        (EOFError(), "broke before the answer was complete"),
        (ssl.SSLError("wrong version number"), "no encrypted connection"),
    ],
)
def test_the_reason_is_told_and_no_address(cause: BaseException, words: str) -> None:
    """It is what lies deepest."""
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(describe_connection_error(caused(cause)))
    assert "secret" not in describe_connection_error(caused(cause))


def test_a_circle_of_causes_ends() -> None:
    """Two errors may name each other."""
    one, other = ValueError(), ValueError()
    one.__cause__, other.__cause__ = other, one
    assert "broke" in describe_connection_error(one)
