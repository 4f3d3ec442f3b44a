"""Which reasons are the same but for the values that they quote: the dead letters of one cause are
one group, whatever its words.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

_READ: Final = 2_000  # characters that tell a reason

# "field: words (CODE)", as `describe` writes a refusal
_FIELD_AND_CODE: Final = re.compile(
    r"(\w[\w.-]*): .*\(([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)\)", re.DOTALL
)
_ADDRESS: Final = re.compile(r"[^\s@<>\"'(),:;/\\]+@[^\s@<>\"'(),:;/\\]+")
_QUOTED: Final = re.compile(
    r"""(?<!\w)(?:"[^"]*"|'(?:[^']|(?<=\w)'(?=\w))*'|`[^`]*`"""
    r"""|“[^”]*”|‘[^’]*’|«[^»]*»)(?!\w)"""  # noqa: RUF001 - quotation marks
)
_FIELD: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*_\w+")
_ID: Final = re.compile(r"\b(?=[A-Za-z-]*\d)[0-9A-Za-z-]{12,}\b")
_NUMBER: Final = re.compile(r"(?<![\w\[])[+-]?\d[\d.,:/-]*(?!\w)")  # routes[1] and line2 are names


def reason_key(connector: str, reason: str) -> str:
    """Short, and equal for what died of the same at a connector.

    A field with the CRM's code for what is wrong with it says what to mend. Where the two are not
    told, the words do, without addresses, quoted values, ids and numbers.
    """
    return hashlib.sha256(
        f"{connector}\0{_cause(reason[:_READ])}".encode("utf-8", "surrogatepass")
    ).hexdigest()[:12]


def _cause(reason: str) -> str:
    if match := _FIELD_AND_CODE.fullmatch(reason):
        return f"{match[1]} {match[2]}"
    plain = _QUOTED.sub(_unquoted, _ADDRESS.sub("@", " ".join(reason.split())))
    return _NUMBER.sub("#", _ID.sub("#", plain))


def _unquoted(match: re.Match[str]) -> str:
    return match[0] if _FIELD.fullmatch(match[0][1:-1]) else "…"
