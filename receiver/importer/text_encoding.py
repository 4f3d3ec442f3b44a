"""In which encoding a table is: found out over the whole of it, so that nothing is sent of one that
is not.
"""

from __future__ import annotations

import codecs
from typing import IO

_CHUNK = 1024 * 1024
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_OLDER_EXCEL = "cp1252"
_AROUND = 15  # bytes shown on each side


class UnknownEncoding(Exception):
    """It is not in that encoding, or there is none of that name; the text says which, where, and
    what it may be.
    """


def detect_encoding(file: IO[bytes], given: str | None) -> str:
    """The given one, else what the mark at the file's start says, else UTF-8.

    Raises UnknownEncoding.
    """
    start = file.read(4)
    file.seek(0)
    name = given or next(
        (name for mark, name in _MARKS.items() if start.startswith(mark)), "utf-8-sig"
    )
    try:
        decoder = codecs.getincrementaldecoder(
            "utf-8-sig" if name.lower() in {"utf-8", "utf8"} else name
        )()
    except LookupError:
        raise UnknownEncoding(
            f": there is no encoding {name!r}; there are utf-8, utf-16, cp1252, latin-1 and others"
        ) from None
    line = 1
    while True:
        chunk = file.read(_CHUNK)
        try:
            line += decoder.decode(chunk, final=not chunk).count("\n")
        except UnicodeDecodeError as error:
            raise UnknownEncoding(_why(error, line, name)) from None
        if not chunk:
            return "utf-8-sig" if name.lower() in {"utf-8", "utf8"} else name


def _why(error: UnicodeDecodeError, line: int, name: str) -> str:
    before, wrong = (
        error.object[: error.start],
        error.object[max(0, error.start - _AROUND) : error.start + _AROUND],
    )
    where = line + before.count(b"\n")
    text = (
        f", line {where}: byte 0x{error.object[error.start]:02x} is not {name.removesuffix('-sig')}"
    )
    if name == _OLDER_EXCEL:
        return f"{text}. Say --encoding with the right one."
    shown = wrong.decode(_OLDER_EXCEL, "replace").splitlines()
    readable = next((part for part in shown if not part.isascii()), "")
    return (
        f"{text}. Excel saves so unless told “CSV UTF-8”: add --encoding cp1252 if this reads "
        f"right: {readable.strip()!r}"
    )
