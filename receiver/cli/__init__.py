"""The `aom-gateway` command. One module per group of commands; each adds its own to `app`."""

from receiver.cli import attention, demo, events, explain, forget, importing, online, replay, send, serve, setup, status
from receiver.cli.app import app

__all__ = ["app", "attention", "demo", "events", "explain", "forget", "importing", "online", "replay", "send", "serve", "setup", "status"]
