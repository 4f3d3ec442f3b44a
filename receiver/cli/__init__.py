"""The `aom-gateway` command. One module per group of commands; each adds its own to `app`."""

from receiver.cli import demo, explain, online, send, serve, setup, status
from receiver.cli.app import app

__all__ = ["app", "demo", "explain", "online", "send", "serve", "setup", "status"]
