"""HubSpot's table of errors."""

from __future__ import annotations

from connectors.hubspot.error_body import read_error
from connectors.hubspot.error_table import TABLE, rule_of


def test_every_row_of_the_table_counts() -> None:
    """Every rule can be reached: none stands behind one that takes all of its cases."""
    for rule in TABLE:
        statuses, codes = rule.statuses or {207}, rule.codes or {"SOMETHING"}
        found = {
            rule_of(read_error({"category": code}, status)) for status in statuses for code in codes
        }
        found |= {rule_of(read_error(None, status)) for status in statuses}
        assert rule in found, rule
