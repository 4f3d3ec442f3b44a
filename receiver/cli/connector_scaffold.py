"""Writes the package of a new connector, from the files of `connector_template`."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from connectors import registry

TEMPLATE = Path(__file__).parent / "connector_template"
SUFFIX = ".template"
LONGEST = 30  # characters: lines of the template hold the name
_PACKAGE = "package"  # the folder that is called as the connector


def package_name(name: str) -> str:
    """Give the name of the package for a connector's name: dashes become underscores.

    Raises ValueError, in words, for what can be no package.
    """
    package = name.replace("-", "_")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", package):
        nearest = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_").lstrip("_0123456789")
        hint = f"; is it {nearest!r}?" if nearest and not keyword.iskeyword(nearest) else ""
        raise ValueError(
            f"{name!r} is no name for a package: use small letters, digits and _, a letter "
            f"first{hint}"
        )
    if keyword.iskeyword(package) or keyword.issoftkeyword(package):
        raise ValueError(f"{name!r} is a word of Python's own; is it '{package}_crm'?")
    if len(package) > LONGEST:
        raise ValueError(f"{name!r} is longer than {LONGEST} characters")
    return package


def require_unused(package: str) -> None:
    """Raise ValueError where a connector type or a package of this name is there already."""
    if package in registry.types():
        raise ValueError(f"there is a connector type {package!r} already: choose another name")
    if package == "tests" or find_spec(package) is not None:
        raise ValueError(f"there is a package {package!r} already: choose another name")


def write_connector(folder: Path, package: str, *, batch: bool) -> list[Path]:
    """Write a whole project into a new folder, and name its files.

    `batch`: the CRM takes many records in a call. Raises FileExistsError for a folder that exists,
    OSError for what cannot be written.
    """
    files = dict(_rendered(package, batch=batch))
    folder.mkdir()
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    return [folder / path for path in files]


def _rendered(package: str, *, batch: bool) -> Iterator[tuple[Path, str]]:
    """Give each file of the project with its text."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE),
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="#%",
        block_end_string="%#",
        comment_start_string="<<#",  # a mapping in TOML holds `{#` of its own
        trim_blocks=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Python and TOML, of a name that was checked
    )
    words = package.strip("_").split("_")
    values = {
        "name": package,
        "distribution": package.replace("_", "-").strip("-"),
        "prefix": "".join(word.capitalize() for word in words),
        "title": " ".join(word.capitalize() for word in words if word),
        "variable": package.upper(),
        "batch": batch,
    }
    for source in sorted(TEMPLATE.rglob(f"*{SUFFIX}")):
        path = source.relative_to(TEMPLATE)
        target = path.with_name(path.name.removesuffix(SUFFIX))
        if target.parts[0] == _PACKAGE:
            target = Path(package, *target.parts[1:])
        yield target, environment.get_template(path.as_posix()).render(values)
