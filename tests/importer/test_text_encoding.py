"""In which encoding a table is."""

from __future__ import annotations

import io

import pytest

from receiver.importer.text_encoding import UnknownEncoding, detect_encoding


@pytest.mark.parametrize(
    ("written", "given", "found"),
    [
        ("utf-8", None, "utf-8-sig"),
        ("utf-8-sig", None, "utf-8-sig"),
        ("utf-8-sig", "UTF-8", "utf-8-sig"),
        ("utf-16", None, "utf-16"),
        ("cp1252", "cp1252", "cp1252"),
    ],
)
def test_an_encoding_is_found(written: str, given: str | None, found: str) -> None:
    """By what is said, else by the mark at the start; and all of the file is in it."""
    text = "name\nZoë\n"
    encoding = detect_encoding(io.BytesIO(text.encode(written)), given)
    assert encoding == found
    assert text.encode(written).decode(encoding) == text


def test_a_wrong_byte_is_told_with_its_line() -> None:
    """However far behind it stands; what Excel would have meant is shown."""
    file = io.BytesIO(b"plain\n" * 400_000 + "Zoë\n".encode("cp1252"))
    with pytest.raises(UnknownEncoding, match=r"line 400001: byte 0xeb is not utf-8.*'Zoë'"):
        detect_encoding(file, None)


def test_a_character_over_a_border_of_pieces_is_no_fault() -> None:
    """A file is read in pieces, and a character may lie in two of them."""
    text = "x" * (1024 * 1024 - 1) + "ë"
    assert detect_encoding(io.BytesIO(text.encode()), None) == "utf-8-sig"


def test_a_cut_character_at_the_end_is_a_fault() -> None:
    """A file that ends within a character is not in that encoding."""
    with pytest.raises(UnknownEncoding, match="line 1"):
        detect_encoding(io.BytesIO("ë".encode()[:1]), None)


def test_an_unknown_name_is_told() -> None:
    """With names that there are."""
    with pytest.raises(UnknownEncoding, match=r"no encoding 'latin-99'; there are utf-8"):
        detect_encoding(io.BytesIO(b""), "latin-99")
