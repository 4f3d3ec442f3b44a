"""The `aom-gateway` command. Each of its commands has a module, imported when it is called."""

from receiver.cli.app import app

__all__ = ["app"]
