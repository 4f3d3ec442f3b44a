"""A small mapping, and cases of it, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from receiver.cases import Case, CaseResult, MappingCoverage, NamedThings, read_case_files, run_case
from receiver.config_errors import ConfigError
from receiver.gateway import sites_of
from receiver.mapping import RouteTable
from receiver.settings import Settings
from tests.settings.configs import loaded

CONFIG = """
[sources.springfield]
tokens = ["springfield-token-of-the-tests"]
timezone = "America/New_York"

[sources.shelbyville]
tokens = ["shelbyville-token-of-the-tests"]

[connectors.box]
type = "sandbox"

[connectors.chest]
type = "sandbox"

[[routes]]
name = "orders"
events = ["order.*"]
connector = "box"

[[routes.upsert]]
object = "contact"
fields.firstname = "{{ person.first_name }}"
fields.tags = { value = "{{ order.coupons }}", append = true }

[[routes.upsert]]
object = "deal"
key = "{{ source.name }}:{{ order.id }}"
links = ["contact"]
when = "{{ order.total > 0 }}"
fields.amount = "{{ order.total }}"
fields.at = "{{ order.date_created }}"
fields.paid = "{{ order.paid }}"
[routes.upsert.fields.stage]
value = "{{ order.status }}"
map = { COMPLETED = "won", "REF*" = "lost" }
default = "open"
"""

ORDER = """
[[case]]
name = "an order"
event = "order.placed"
source = "springfield"
body = '''
{
  "id": 7, "status": "COMPLETED", "order_total": 12.50, "coupons": ["A", "B"],
  "date_created": "Aug 11, 2020 07:45 PM",
  "customer": {"email": "Ada@Example.edu", "first_name": "Ada"}
}
'''
"""
"""Writes the contact ada@example.edu and the deal springfield:7."""


def settings(directory: Path, config: str = CONFIG) -> Settings:
    return loaded(directory, config)


def written(directory: Path, text: str, name: str = "cases.toml") -> Path:
    """A case file."""
    file = directory / name
    file.write_text(text, "utf-8")
    return file


def read(directory: Path, text: str) -> tuple[Case, ...]:
    known = NamedThings(("springfield", "shelbyville"), ("box", "chest"))
    return read_case_files([written(directory, text)], known)


def faults_of(directory: Path, text: str) -> list[str]:
    """What is wrong with a case file, each with its place behind the file's name."""
    try:
        read(directory, text)
    except ConfigError as error:
        prefix = f"{directory / 'cases.toml'}: "
        return [str(fault).removeprefix(prefix) for fault in error.faults]
    return []


def run(
    directory: Path, text: str, config: str = CONFIG, coverage: MappingCoverage | None = None
) -> list[CaseResult]:
    """All cases of a file."""
    configured = settings(directory, config)
    routes = RouteTable.compile(configured, watch=coverage.watch if coverage else None)
    results = [run_case(case, sites_of(configured), routes) for case in read(directory, text)]
    for result in results:
        if coverage and result.explanation:
            coverage.note(result.explanation)
    return results


def told(results: Sequence[CaseResult]) -> list[tuple[str, str, str | None, str | None]]:
    """Field, message, expected and got of each mismatch."""
    return [
        (one.field, one.message, one.expected, one.got)
        for result in results
        for one in result.mismatches
    ]
