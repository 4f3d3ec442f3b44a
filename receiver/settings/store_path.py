"""Where the store of a configuration lies, and whether it can lie there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from connectors.base import ConnectorSettings
from receiver.config_errors import ConfigFault, format_place
from receiver.settings.model import Store


def absolute_url(url: str, directory: Path) -> str:
    """A relative SQLite file lies beside the configuration, wherever the gateway is started."""
    scheme, colon, path = url.partition(":///")
    if not scheme.startswith("sqlite") or path.startswith("/"):
        return url
    return f"{scheme}{colon}{directory / path}"


def find_misplaced(
    store: Store | None, connectors: Mapping[str, ConnectorSettings | None], directory: Path
) -> Iterator[ConfigFault]:
    """What is wrong with the place of a SQLite store on this machine."""
    scheme, _, name = absolute_url((store or Store()).url, directory).partition(":///")
    if not scheme.startswith("sqlite"):
        return
    path = Path(name)
    if path.is_dir():
        yield ConfigFault(
            "store.url", f"{path} is a directory", "name a file in it, like aom-gateway.db"
        )
    elif not path.parent.is_dir():
        yield ConfigFault(
            "store.url", f"there is no directory {path.parent}", "create it, or write another path"
        )
    for connector, settings in connectors.items():
        if settings is not None and any(
            _same(path, file) for file in settings.files(connector, directory)
        ):
            yield ConfigFault(
                format_place(("connectors", connector)),
                f"keeps its records in the store's own file {path}",
                "give it a file of its own",
            )


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
