"""From the file to a TOML document."""

from decimal import Decimal
from pathlib import Path

import pytest

from receiver.config_errors import ConfigError, ConfigFault
from receiver.settings.toml_document import parse_document


def fault_of(path: Path) -> ConfigFault:
    """The one fault of a file that can't be read."""
    with pytest.raises(ConfigError) as raised:
        parse_document(path)
    (fault,) = raised.value.faults
    return fault


def test_fractions_stay_exact(tmp_path: Path) -> None:
    """0.1 is a Decimal, for money."""
    (tmp_path / "c.toml").write_text("x = 0.1", "utf-8")
    assert parse_document(tmp_path / "c.toml") == {"x": Decimal("0.1")}


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    """Windows' editors write one."""
    (tmp_path / "c.toml").write_bytes(b"\xef\xbb\xbfx = 1\r\n")
    assert parse_document(tmp_path / "c.toml") == {"x": 1}


def test_a_syntax_fault_names_its_line(tmp_path: Path) -> None:
    """Line and column, what is wrong, and a remedy."""
    (tmp_path / "c.toml").write_text("x = 1\n\ny = text\n", "utf-8")
    assert fault_of(tmp_path / "c.toml") == ConfigFault(
        "c.toml, line 3, column 5",
        "is no TOML: Invalid value",
        'texts stand in quotes: name = "text"',
    )


def test_a_key_that_stands_twice_is_told(tmp_path: Path) -> None:
    """TOML forbids it, and so do we."""
    (tmp_path / "c.toml").write_text("[a]\nx = 1\nx = 2\n", "utf-8")
    fault = fault_of(tmp_path / "c.toml")
    assert fault.where == "c.toml, line 3, column 6"
    assert fault.remedy == "each key and each [table] may stand once"


def test_what_is_no_text_is_told_with_its_line(tmp_path: Path) -> None:
    """A file in another encoding."""
    (tmp_path / "c.toml").write_bytes(b"a = 1\nb = '\xe9'\n")
    assert fault_of(tmp_path / "c.toml").where == "c.toml, line 2"


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    """The remedy is `init`."""
    fault = fault_of(tmp_path / "none.toml")
    assert fault.where == str(tmp_path / "none.toml")
    assert "aom-gateway init" in fault.remedy


def test_tables_without_end_are_told(tmp_path: Path) -> None:
    """Python could not even walk through them."""
    (tmp_path / "c.toml").write_text(f"a{'.a' * 5000} = 1", "utf-8")
    assert "holds tables within tables" in str(fault_of(tmp_path / "c.toml"))


def test_a_number_without_end_is_told_with_its_line(tmp_path: Path) -> None:
    """Python reads none of more than 4,300 digits."""
    (tmp_path / "c.toml").write_text(f"[server]\nport = {'9' * 5000}\n", "utf-8")
    fault = fault_of(tmp_path / "c.toml")
    assert (fault.where, fault.message) == (
        "c.toml, line 2",
        "holds a number of thousands of digits",
    )
