"""The page Audit: what fits a search, page by page, and as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import pytest

from receiver.console.pages.audit import PAGE
from tests.console.visitor import Visitor
from tests.e2e.operators import TOKENS, Operators, operated


@pytest.fixture(scope="module")
def operators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operators]:
    """With more acts than a page takes."""
    with operated(tmp_path_factory.mktemp("audit")) as operators:
        for number in range(PAGE):
            body = {"reason": f'=reason("{number}") <b>'}
            operators.ask("olaf", "POST", "/api/connectors/sandbox/pause", json=body)
        operators.ask("dana", "POST", "/api/reload")
        yield operators


@pytest.fixture
def visitor(operators: Operators) -> Visitor:
    visitor = Visitor(operators.running.url)
    visitor.sign_in(TOKENS["dana"])
    return visitor


def test_the_list_is_turned(visitor: Visitor) -> None:
    """Newest first; what somebody wrote is text."""
    page = visitor.get("/console/audit")
    assert page.status_code == 200
    assert page.text.index("sign in") < page.text.index("reload") < page.text.index("pause")
    assert "<b>" not in page.text
    assert 'rel="next"' in page.text
    older = page.text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = visitor.get(older.replace("&amp;", "&")).text
    assert "reason" in second
    assert "reload" not in second
    assert 'rel="first"' in second


def test_a_search_finds_what_fits(visitor: Visitor) -> None:
    """By who, what and when; a time as a browser's field writes it is one of UTC."""
    found = visitor.get("/console/audit?what=reload&who=dana&since=2020-01-01T00:00").text
    assert "refused" in found
    assert "pause" not in found
    assert "Nothing fits this search." in visitor.get("/console/audit?who=nobody").text
    assert "Nothing fits this search." in visitor.get("/console/audit?until=2020-01-01T00:00").text


@pytest.mark.parametrize("query", ["since=yesterday", "before=x", "until=1"])
def test_a_search_that_cannot_be_read_is_told(visitor: Visitor, query: str) -> None:
    """On the page, with its field."""
    page = visitor.get(f"/console/audit?{query}")
    assert page.status_code == 422
    assert f"{query.partition('=')[0]}: " in page.text


def test_the_file_has_all_that_fits(visitor: Visitor) -> None:
    """Beyond a page; nothing in it is a formula to a spreadsheet."""
    answer = visitor.get("/console/audit.csv?what=pause")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == PAGE
    assert {one["who"] for one in rows} == {"olaf"}
    assert not any(value.startswith(("=", "+", "-", "@")) for one in rows for value in one.values())
    assert visitor.get("/console/audit.csv?since=x").status_code == 422


def test_the_file_is_had_as_json_too(visitor: Visitor) -> None:
    """A line for each, with what it was about as it was noted."""
    answer = visitor.get("/console/audit.json?what=pause")
    items = [json.loads(line) for line in answer.text.splitlines()]
    assert len(items) == PAGE
    assert {(one["who"], one["about"]["connector"]) for one in items} == {("olaf", "sandbox")}
    assert visitor.get("/console/audit.pdf").status_code == 404
