"""How many connections the system lets the gateway have: each takes a file descriptor, as do the
store and the CRMs.
"""

from __future__ import annotations

import errno
import os
import sys

MOST = 10_000
RESERVED = 256  # for the store, the CRMs, what is being loaded


def raise_limit() -> int:
    """Raise the limit of the process to what MOST connections need, as far as it may, and tell how
    many it allows.
    """
    return (
        min(MOST, _descriptors() - RESERVED)
        if _descriptors() > 2 * RESERVED
        else _descriptors() // 2
    )


def used_up() -> bool:
    """Whether there is no descriptor left."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in (errno.EMFILE, errno.ENFILE)
    return False


if sys.platform == "win32":

    def _descriptors() -> int:
        return MOST + RESERVED
else:
    import resource

    def _descriptors() -> int:
        """The limit of the process, raised if that is needed and possible."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MOST + RESERVED
        if _below(soft, wanted):
            soft = wanted if not _below(hard, wanted) else hard
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            except (ValueError, OSError):  # macOS has a limit of its own beside these
                soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return soft if _below(soft, wanted) else wanted

    def _below(limit: int, wanted: int) -> bool:
        return limit != resource.RLIM_INFINITY and limit < wanted
