"""A mail server: a real socket that speaks as much SMTP as a client needs, and keeps what comes."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Thread


@dataclass(slots=True)
class MailServer:
    """`refuse`: what it answers to a mail, where it takes none."""

    port: int = 0
    refuse: str = ""
    recipients: list[str] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)

    def url(self, **query: str) -> str:
        more = "".join(f"&{name}={value}" for name, value in query.items())
        return (
            f"mailto://127.0.0.1:{self.port}/?mode=insecure"
            f"&from=gateway@springfield.edu&to=ops@springfield.edu{more}"
        )


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """One that listens until the block ends."""
    server = MailServer()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 mail.springfield.edu ESMTP")
            for line in iter(self.rfile.readline, b""):
                verb = line.strip().split(b" ")[0].split(b":")[0].upper()
                if verb == b"RCPT":
                    server.recipients.append(line.decode().strip())
                if verb == b"DATA" and not server.refuse:
                    self.say("354 go on")
                    self.take()
                elif verb == b"DATA":
                    self.say(server.refuse)
                elif verb == b"QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

        def take(self) -> None:
            lines = []
            while (line := self.rfile.readline()) not in {b".\r\n", b""}:
                lines.append(line[1:] if line.startswith(b"..") else line)
            server.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))
            self.say("250 taken")

        def say(self, words: str) -> None:
            self.wfile.write(f"{words}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as listening:
        listening.daemon_threads = True
        server.port = listening.server_address[1]
        serving = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield server
        finally:
            listening.shutdown()
            serving.join()
