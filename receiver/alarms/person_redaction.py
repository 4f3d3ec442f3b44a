"""Takes out of a CRM's words what may be a person's: alarms go to chat rooms."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from receiver.text.escape import escape_hidden
from receiver.text.redaction import Redaction

LONGEST = 300  # characters of a reason that are told
_READ = 4 * LONGEST

_QUOTED = re.compile(
    r"""(?<!\w)(?:"([^"]*)"|'([^']*)'|`([^`]*)`"""
    r"""|“([^”]*)”|‘([^’]*)’|«([^»]*)»)(?!\w)"""  # noqa: RUF001 - quotation marks
)
_LONG_NUMBER = re.compile(r"\+?\d[\d\s()./-]{4,}\d|\d{4,}")
_NUMBER = re.compile(r"\d+")


class PersonRedaction:
    """Redacts persons in a CRM's words; `secrets` are cut out as well.

    Of what stands in quotes only the `known` words are kept: names of fields and objects.
    """

    def __init__(self, secrets: Iterable[str] = (), known: Collection[str] = ()) -> None:
        self._redaction = Redaction(secrets)
        self._known = known

    def redact_reason(self, reason: str) -> str:
        """The reason without addresses, quoted values and long numbers, on one line and of bounded
        length.
        """
        text = self._redaction.redact(" ".join(_beginning(reason).split()))
        text = _LONG_NUMBER.sub("#", _QUOTED.sub(self._quoted, text))
        return escape_hidden(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")

    def _quoted(self, match: re.Match[str]) -> str:
        inner = next(group for group in match.groups() if group is not None)
        return match[0] if inner in self._known else "“…”"


def comparable_reason(plain: str) -> str:
    """Equal for reasons that differ by numbers alone: they are one cause."""
    return _NUMBER.sub("#", plain)


def _beginning(reason: str) -> str:
    """Without the last word of what is cut: half an address would not be known as one."""
    return reason if len(reason) <= _READ else reason[:_READ].rpartition(" ")[0]
