"""The command as an operator types it, in a process of its own."""

from __future__ import annotations

import json
import os
import pty
import re
import struct
import termios
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from typing import Any

from tests.program import run_program, start_program


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def command(*words: str, at: Path, code: int = 0, stdin: str = "") -> Done:
    """Run it in a directory; another exit code than expected, and a traceback, are failures."""
    ended = run_program(*words, cwd=at, stdin=stdin.encode())
    done = Done(ended.returncode, ended.stdout, ended.stderr)
    assert done.code == code, done.out + done.err
    assert "Traceback" not in done.err
    return done


def on_terminal(*words: str, at: Path, columns: int = 80, code: int = 0, keys: str = "") -> str:
    """Run it on a terminal of so many columns, with these keys pressed; all that it shows, without
    colours.
    """
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    env = {**os.environ, "TERM": "xterm"}
    process = start_program(*words, cwd=at, env=env, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, keys.encode())
    shown = _all_of(ours)
    os.close(ours)
    assert process.wait(120) == code, shown
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).replace("\r\n", "\n")


def _all_of(terminal: int) -> str:
    read = b""
    while True:
        try:
            chunk = os.read(terminal, 65_536)
        except OSError:  # Linux's way to say that the other side has closed
            return read.decode(errors="replace")
        if not chunk:
            return read.decode(errors="replace")
        read += chunk
