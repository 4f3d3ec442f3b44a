"""What is wrong with a body, and where.

All texts can be stored and shown anywhere: UTF-8, no NUL, no control characters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

RecognisedBy = Literal["url", "status", "shape", "hint"]

LONGEST = 200  # characters of a path
MOST = 100  # faults of one body


@dataclass(frozen=True, slots=True)
class BodyError:
    """`path` is like `line_items[0].total`, `""` for the whole body, `url` for the name in the
    URL.
    """

    path: str
    message: str


class InvalidBody(Exception):
    """The body is no event that can be used: `faults` holds all reasons, `event` and `how` what it
    was recognised as, if it was.
    """

    def __init__(
        self, faults: Sequence[BodyError], event: str | None = None, how: RecognisedBy | None = None
    ) -> None:
        left_out = len(faults) - MOST
        self.faults = (
            (*faults[:MOST], BodyError("", f"has {left_out} more faults"))
            if left_out > 1
            else tuple(faults)
        )
        super().__init__(
            "; ".join(f"{fault.path or 'body'}: {fault.message}" for fault in self.faults)
        )
        self.event = event
        self.how = how


def printable_text(text: str) -> str:
    """The text, or an escaped form of it where it holds what no log, page or database likes."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def quoted_value(value: object) -> str:
    """A sender's value for a message: quoted, escaped, and cut."""
    text = repr(value) if len(str(value)) <= 40 else repr(str(value)[:40] + "…")  # noqa: PLR2004
    return printable_text(text)


def format_path(steps: Sequence[str | int]) -> str:
    """`("line_items", 0, "total")` → `line_items[0].total`."""
    text = "".join(
        f"[{step}]" if isinstance(step, int) else f".{printable_text(step)}" for step in steps
    )
    return text.removeprefix(".")[:LONGEST]
