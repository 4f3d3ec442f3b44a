"""Bytes to the gateway and back, as no HTTP client would send them."""

from __future__ import annotations

import json
import socket
from typing import Any

from tests.processes import TOKEN, Running

DOOR = f"POST /in/{TOKEN}".encode()


def connect(running: Running) -> socket.socket:
    host, _, port = running.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=30)


def sent(running: Running, data: bytes) -> bytes:
    """Everything that comes back until the gateway closes.

    Fails where the answer is lost in a reset.
    """
    with connect(running) as client:
        client.sendall(data)
        return b"".join(iter(lambda: client.recv(65536), b""))


def problem_in(answer: bytes) -> dict[str, Any]:
    """The one answer that there must be, as a problem."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    problem: dict[str, Any] = json.loads(body)
    assert head.startswith(f"HTTP/1.1 {problem['status']} ".encode())
    return problem


def head(*lines: bytes, start: bytes = DOOR) -> bytes:
    return b"\r\n".join([start + b" HTTP/1.1", b"Host: x", *lines, b"", b""])


def is_alive(running: Running) -> bool:
    return sent(running, head(b"Connection: close", start=b"GET /healthz")).endswith(
        b'{"status":"alive"}'
    )
