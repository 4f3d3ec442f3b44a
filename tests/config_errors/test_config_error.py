"""One fault of a configuration, and the report of all."""

from __future__ import annotations

from receiver.config_errors import ConfigError, ConfigFault


def test_a_fault_says_where_what_and_what_would_be_right() -> None:
    """In one line; without a remedy it ends after what is wrong."""
    assert str(ConfigFault("server.port", "is 0", "use 8080")) == "server.port: is 0; use 8080"
    assert str(ConfigFault("server.port", "is 0")) == "server.port: is 0"


def test_the_report_has_every_fault_on_a_line_of_its_own() -> None:
    """All that could be found is told at once, in the order in which it was found."""
    faults = [ConfigFault("a", "is wrong"), ConfigFault("b", "is missing")]
    error = ConfigError(iter(faults))
    assert error.faults == tuple(faults)
    assert str(error).splitlines() == ["a: is wrong", "b: is missing"]
