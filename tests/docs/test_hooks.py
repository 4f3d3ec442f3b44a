"""What the hooks of MkDocs do with a page, and that nothing is generated in vain."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from mkdocs.exceptions import PluginError

from docs.hooks import GENERATORS, OUTSIDE, as_page, on_page_markdown
from tests.docs.pages import ROOT, pages


def page(path: str) -> Any:
    """As much of a page of MkDocs as its name."""
    return SimpleNamespace(file=SimpleNamespace(src_path=path))


def test_a_page_gets_what_it_asks_for() -> None:
    """Beside what it says itself."""
    found = on_page_markdown("before\n\n<!-- generated: problems -->\n", page("a.md"))
    assert found.startswith("before\n\n| status | when | what helps |\n")
    assert "generated" not in found


def test_what_nobody_writes_stops_the_build() -> None:
    """It would be a hole in the page."""
    with pytest.raises(PluginError, match=r"a\.md: nothing writes 'metric'; there are .*metrics"):
        on_page_markdown("<!-- generated: metric -->", page("a.md"))


def test_everything_that_is_generated_has_its_page() -> None:
    """Each once."""
    wanted = re.findall(r"^<!-- generated: (\w+) -->$", "\n".join(pages().values()), re.MULTILINE)
    asked = [name for name in wanted if name in GENERATORS]
    assert sorted(asked) == sorted([*GENERATORS])


def test_links_of_the_root_lead_from_the_site() -> None:
    """A page that is read in the repository stands elsewhere in the site."""
    text = "[a](docs/hubspot.md) [b](SECURITY.md) [c](https://toml.io)"
    assert as_page(text) == "[a](hubspot.md) [b](security.md) [c](https://toml.io)"
    assert all((ROOT / source).is_file() for source in OUTSIDE)
