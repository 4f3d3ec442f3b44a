"""Reads the parts of an address that events are posted to: copying it takes blanks along, and
people type an event's name in their own way.
"""

from __future__ import annotations

import re

from receiver.aom import EVENTS

_AROUND = (
    " \t\r\n\v\f\0\xa0\xad\u034f\u061c\u115f\u180e\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"
    + "".join(
        chr(code)
        for code in (*range(0x2000, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070))
    )
)
"""Blanks and characters that nobody sees: copying an address takes some along."""

_SEPARATORS = re.compile(r"[\s._-]+")
_LONGEST_NAME = 100


def strip_copied(part: str) -> str:
    """A token or a name without what nobody sees at its ends."""
    return part.strip(_AROUND)


def name_from_address(given: str) -> str | None:
    """The event's name in an address, which counts without regard to case and separators; any other
    as it is, so that it can be kept.

    None where there is none. An address can name anything, with a slash at its end.
    """
    if given in _NAMES:
        return given
    name = given.rstrip("/" + _AROUND).lstrip(_AROUND)[:_LONGEST_NAME]
    if known := _NAMES.get(_bare(name)):
        return known
    return (
        name.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}") or None
    )


def _bare(name: str) -> str:
    return _SEPARATORS.sub(
        "", "".join(character for character in name if character not in _INVISIBLE)
    ).lower()


_INVISIBLE = frozenset(_AROUND) - frozenset(" \t\r\n\v\f")
_NAMES = {_bare(name): name for name in EVENTS} | {name: name for name in EVENTS}
