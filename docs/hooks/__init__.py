"""Fills the pages of the site with what the code says of itself, while MkDocs builds them.

A page names what it wants in a comment of its own line, such as `<!-- generated: metrics -->`.
Pages that stand beside the code for other readers, such as SECURITY.md, are taken over as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from docs.hooks import (
    cases,
    commands,
    configuration,
    contract_kit,
    expressions,
    http_api,
    metrics,
    shipped_fields,
)

ROOT = Path(__file__).parents[2]

GENERATORS: Mapping[str, Callable[[], str]] = {
    "configuration": configuration.describe_tables,
    "cases": cases.describe_cases,
    "checks": contract_kit.describe_checks,
    "commands": commands.describe_commands,
    "names": expressions.describe_names,
    "filters": expressions.describe_filters,
    "tests": expressions.describe_tests,
    "methods": expressions.describe_methods,
    "addresses": http_api.describe_addresses,
    "operations": http_api.describe_operations,
    "answers": http_api.describe_answers,
    "problems": http_api.describe_problems,
    "fields": shipped_fields.describe_fields,
    "metrics": metrics.describe_metrics,
    "turned_away": metrics.describe_reasons,
}
"""What a page can ask for, and what writes it."""

OUTSIDE: Mapping[str, str] = {
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
"""Pages that stand at the root of the repository, and their names in the site."""

_WANTED = re.compile(r"^<!-- generated: (\w+) -->$", re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that stand outside of docs/."""
    for source, name in OUTSIDE.items():
        text = as_page((ROOT / source).read_text("utf-8"))
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, **_others: Any) -> str:
    """Write what the page asks for."""

    def written(found: re.Match[str]) -> str:
        generator = GENERATORS.get(found[1])
        if generator is None:
            known = ", ".join(GENERATORS)
            raise PluginError(
                f"{page.file.src_path}: nothing writes {found[1]!r}; there are {known}"
            )
        return generator()

    return _WANTED.sub(written, markdown)


def as_page(text: str) -> str:
    """A page of the repository's root with its links as they lead from the site."""
    text = text.replace("](docs/", "](")
    for source, name in OUTSIDE.items():
        text = text.replace(f"]({source})", f"]({name})")
    return text
