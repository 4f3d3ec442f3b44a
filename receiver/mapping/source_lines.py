"""Which line of which file a place of the mapping is: of the operator's own, or of a mapping that a
connector ships.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from connectors import registry
from connectors.base import ConnectorSettings, read_shipped_mappings
from receiver.config_errors import find_lines, format_place, line_of


@dataclass(frozen=True, slots=True)
class SourceLines:
    """`lines`: place → line; `files`: the place that all of a file begin with → what it is
    called.
    """

    lines: Mapping[str, int]
    files: Mapping[str, str]

    @classmethod
    def read(
        cls, file: str, lines: Mapping[str, int], connectors: Mapping[str, ConnectorSettings]
    ) -> Self:
        """Of a configuration, called `file`, with these lines, and of what its connectors ship."""
        every, files = dict(lines), {"": file}
        for name, one in connectors.items():
            shipped = read_shipped_mappings(registry.load(one.type)) if one.mapping else {}
            for mapping in one.mapping:
                at = format_place(("connectors", name, mapping))
                files[at] = f"{one.type} {mapping}"
                every.update(_shipped(at, shipped[mapping]))
        return cls(every, files)

    def written(self, place: str) -> str:
        """`config.toml, line 12`, `hubspot standard, line 12`; the place where it has no line."""
        file = max((at for at in self.files if place.startswith(at)), key=len)
        line = line_of(place, self.lines)
        return place if line is None else f"{self.files[file]}, line {line}"


def _shipped(at: str, text: str) -> Iterator[tuple[str, int]]:
    """The places of a shipped mapping, as its faults name them: by the name of each route."""
    routes: list[Any] = tomllib.loads(text).get("routes", [])
    names = {
        f"routes[{index}]": format_place((str(route.get("name", index)),))
        for index, route in enumerate(routes)
    }
    for place, line in find_lines(text).items():
        route = place.partition("]")[0] + "]"
        if route in names:
            yield f"{at}.{names[route]}{place.removeprefix(route)}", line
        else:
            yield f"{at}.{place}", line
