"""The `aom-gateway` command. One module per group of commands; each adds its own to `app`."""

from receiver.cli.app import app
from receiver.cli.commands import (
    configuration,
    dead_and_quarantine,
    demo,
    events,
    explain,
    forget,
    import_command,
    provision,
    replay,
    send,
    serve,
    status,
    test_command,
)

__all__ = [
    "app",
    "configuration",
    "dead_and_quarantine",
    "demo",
    "events",
    "explain",
    "forget",
    "import_command",
    "provision",
    "replay",
    "send",
    "serve",
    "status",
    "test_command",
]
