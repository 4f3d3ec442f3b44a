"""What the pages name is there: files, tests, tables, links."""

from __future__ import annotations

import ast
import re

import pytest

from receiver.inbox.db.tables import metadata
from tests.docs.pages import ROOT, cells, pages

_FILE = re.compile(r"`((?:receiver|connectors|tests|docs)/[\w./-]+)(?:::(\w+))?`")
_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")

NAMED = sorted({(page, *found) for page, text in pages().items() for found in _FILE.findall(text)})


def test_pages_name_files() -> None:
    """A pattern that finds nothing would hold always."""
    assert len(NAMED) > 80


@pytest.mark.parametrize(("page", "path", "test"), NAMED)
def test_what_is_named_is_there(page: str, path: str, test: str) -> None:
    """A file or folder, and in a file the test of that name."""
    assert (ROOT / path).exists(), f"{page} names {path}"
    if test:
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        assert test in {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def test_each_promise_names_its_test() -> None:
    """A row without one is a wish."""
    rows = list(cells("docs/architecture.md"))
    start = rows.index(["what holds", "the test"])
    end = rows.index(["folder", "what it is"])
    promises = rows[start + 2 : end]
    assert len(promises) > 20
    assert [
        row for row in promises if not re.fullmatch(r"`tests/[\w/]+\.py::test_\w+`", row[1])
    ] == []


def test_every_table_of_the_store_is_explained() -> None:
    """And none that is not there."""
    rows = list(cells("docs/architecture.md"))
    start, end = rows.index(["table", "a row is"]), rows.index(["what holds", "the test"])
    assert {row[0].strip("`") for row in rows[start + 2 : end]} == set(metadata.tables)


def test_every_folder_is_explained() -> None:
    """Each package of the gateway stands on the page, by itself or by a file of it."""
    text = pages()["docs/architecture.md"]
    folders = [one.parent for one in (ROOT / "receiver").glob("*/__init__.py")]
    assert len(folders) > 10
    assert [one.name for one in folders if f"`receiver/{one.name}/" not in text] == []


@pytest.mark.parametrize("page", [page for page in pages() if "/" not in page])
def test_links_lead_somewhere(page: str) -> None:
    """From the root of the repository; those within docs/ are checked by the strict build."""
    targets = [ROOT / target for target in _LINK.findall(pages()[page])]
    assert [str(one) for one in targets if not one.exists()] == []
