"""Files that only their owner may read, from their first byte on: configurations with tokens, lists
with personal data.

But for `rewrite_file`, none of these functions follows a link in the last part of a path: who may
write in the folder cannot lead them elsewhere.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from pathlib import Path
from typing import Final

_MODE: Final = 0o600


def create_private(path: Path) -> int:
    """A descriptor of a new file, for writing.

    Raises FileExistsError where anything has that name, were it a link to nowhere.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE)


def open_private(path: Path) -> int:
    """A descriptor of a file that is there, for reading and for writing at its end.

    Raises OSError for what is no file of its own.
    """
    descriptor = os.open(
        path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    )
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "is no ordinary file", str(path))
    return descriptor


def write_private(path: Path, text: str, *, replace: bool = False) -> None:
    """Write a file as a whole or not at all.

    With `replace` it takes the place of what has the name; else FileExistsError.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}") if replace else path
    with os.fdopen(create_private(beside), "w", encoding="utf-8") as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            beside.unlink(missing_ok=True)
            raise
    if replace:
        beside.replace(path)


def rewrite_file(path: Path, text: str, *, like: Path | None = None) -> None:
    """Write a file anew as a whole or not at all, for the same owner and with the same rights as
    before, or as another one has them.

    Its own name may be a link: what that leads to is written. Raises OSError where the owner cannot
    be kept.
    """
    target = path.resolve()
    model = (like or target).stat()
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(create_private(beside), "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            own = os.fstat(file.fileno())
            if (own.st_uid, own.st_gid) != (model.st_uid, model.st_gid):
                os.fchown(file.fileno(), model.st_uid, model.st_gid)
            os.fchmod(file.fileno(), stat.S_IMODE(model.st_mode))
            os.fsync(file.fileno())
        beside.replace(target)
    except BaseException:  # interrupted, too: a secret must not lie about in half a file
        beside.unlink(missing_ok=True)
        raise
