"""A planted bug: the connector that has it, the check that finds it, and words of what it says."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.testing import Check
from tests.connectors.planted.connector import PlainConnector


@dataclass(frozen=True, slots=True)
class Bug:
    connector: type[PlainConnector]
    check: Check
    words: str  # a regular expression
