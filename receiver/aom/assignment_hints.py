"""Assignments that were evaluated or rejected: AOM publishes no example, so keys and values that
say so have to do.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from receiver.aom.values.plain_text import alone

# the order decides: a rejected assignment may well have a grade
_VERDICTS = (
    ("assignment.rejected", re.compile(r"(?:^|[ _])reject")),
    ("assignment.evaluated", re.compile(r"(?:^|[ _])(?:evaluat|grade|grading|score)")),
)
_UNDECIDED = re.compile(
    r"(?:^|_)(?:not|pending|await\w*|needs?|to_be|max\w*|min\w*|pass\w*|possible|scale|required|due|can|allow\w*)(?:_|$)"
)
_TELLING = {
    "action",
    "event",
    "event_name",
    "event_type",
    "outcome",
    "result",
    "state",
    "status",
    "trigger",
    "type",
}
# {"rejected": 0} says that it is not
_NO = ("", "0", "false", "no", "none", "null", "n/a", "-", "pending")


def event_by_hints(raw: Mapping[str, Any]) -> str | None:
    """What the keys and the telling values of an assignment's payload say, None if they say
    nothing.

    Names and texts that people write are not asked: an assignment may be called "Evaluating
    evidence". What speaks of a verdict to come (`max_score`, "not evaluated") says nothing either.
    """
    words = " ".join(word for word in _words(raw) if not _UNDECIDED.search(word))
    return next((name for name, says in _VERDICTS if says.search(words)), None)


def _words(raw: Mapping[str, Any]) -> Iterator[str]:
    assignment = raw.get("assignment")
    for part in (raw, assignment) if isinstance(assignment, dict) else (raw,):
        for key, sent in part.items():
            value = alone(sent)
            word = _snake(key)
            if word in _TELLING and isinstance(value, str):
                yield _snake(value)
            elif _affirms(word, value):
                yield word


def _affirms(word: str, value: object) -> bool:
    """A grade of 0 is a grade; a count or a flag of 0 is none."""
    if value is None or value is False or value in ([], {}):
        return False
    text = str(value).strip().lower() if isinstance(value, str | int | float) else "yes"
    return text not in _NO or (text == "0" and bool(re.search("grade|score", word)))


def _snake(text: str) -> str:
    """`isRejected`, `Is rejected` → `is_rejected`."""
    return _snake_of(text[:100])


@lru_cache(maxsize=1024)
def _snake_of(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower())
