"""A receiver of alarms: a real HTTP server that keeps what is posted to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from tests.processes import until

SECRET = "/services/T0SECRET/B0SECRET"


@dataclass(slots=True)
class AlarmReceiver:
    """`status` is what it answers.

    `messages` are those that it has taken, `calls` all that came; `headers` and `body` are of the
    last one.
    """

    url: str = ""
    status: int = 200
    calls: int = 0
    messages: list[dict[str, Any]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    hold: Event | None = None  # answer only once it is set
    elsewhere: str = ""  # a redirect leads there
    says: bytes = b"no_service " * 1000  # to what it does not take

    def told(self, **wanted: object) -> list[dict[str, Any]]:
        """The messages that have these values."""
        return [message for message in list(self.messages) if wanted.items() <= message.items()]

    def wait_for(self, seconds: float = 300, **wanted: object) -> dict[str, Any]:
        until(
            lambda: self.told(**wanted),
            f"a message with {wanted}; there are {self.messages}",
            seconds,
        )
        return self.told(**wanted)[0]


@contextmanager
def alarm_receiver() -> Iterator[AlarmReceiver]:
    """One that listens until the block ends."""
    receiver = AlarmReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.calls += 1
            receiver.headers, receiver.body = dict(self.headers), body
            if receiver.hold:
                receiver.hold.wait(60)
            if receiver.status < 300:
                receiver.messages.append(json.loads(body))
            self.send_response(receiver.status)
            if receiver.elsewhere:
                self.send_header("Location", receiver.elsewhere)
            self.end_headers()
            self.wfile.write(receiver.says if receiver.status >= 400 else b"ok")

        def log_message(self, *_args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}{SECRET}"
    serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield receiver
    finally:
        if receiver.hold:
            receiver.hold.set()
        server.shutdown()
        serving.join()
        server.server_close()
