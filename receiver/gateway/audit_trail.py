"""Notes what operators do: that an act begins, before anything is done, and what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, Final

import structlog

from receiver.inbox import AuditOutcome, Inbox, InboxError, StoreUnavailable
from receiver.text.redaction import Redaction

LONGEST: Final = 200  # characters of a value
_WITHOUT_PERSONS: Final = frozenset(
    {"alarm", "by", "connector", "deliveries", "delivery", "dry_run", "event", "group", "hours"}
    | {
        "id",
        "ids",
        "in_crm",
        "name",
        "object",
        "reason",
        "scope",
        "session",
        "since",
        "source",
        "state",
    }
    | {"until"}
)
"""What an act may be asked for that is no personal data; of all else the name alone is noted."""
_FIELD_WORDS: Final = {"name": "connector"}
_UNSAID: Final = frozenset({"csrf", "confirmed"})
_ADDRESSES: Final = Redaction()


@dataclass(slots=True)
class AuditedAct:
    """An act that is under way; whoever does it says what came of it."""

    outcome: AuditOutcome = "done"
    result: str = ""

    def fail(self, why: str) -> None:
        """Nothing came of it."""
        self.outcome, self.result = "failed", why


class AuditTrail:
    """Notes acts in the store. An act that cannot be noted is not begun."""

    def __init__(self, inbox: Inbox, now: Callable[[], datetime]) -> None:
        self._inbox = inbox
        self._now = now

    async def note(
        self, who: str, what: str, about: Mapping[str, Any], outcome: AuditOutcome = "done"
    ) -> None:
        """Note an act whose outcome is known: a refused one, or one that is done in a moment."""
        await self._inbox.add_audit_entry(who, what, about, outcome, now=self._now())

    @asynccontextmanager
    async def act(self, who: str, what: str, about: Mapping[str, Any]) -> AsyncIterator[AuditedAct]:
        """Note that an act begins, and at the end of the block what came of it.

        Where the process ends meanwhile, it stays noted as begun. Raises StoreUnavailable before
        anything is done.
        """
        id = await self._inbox.add_audit_entry(who, what, about, "begun", now=self._now())
        under_way = AuditedAct()
        try:
            yield under_way
        except Exception as error:
            if under_way.outcome == "done":
                known = isinstance(error, InboxError)
                under_way.fail(str(error) if known else "The gateway failed. Its log says where.")
            await self._finish(id, under_way)
            raise
        await self._finish(id, under_way)

    async def _finish(self, id: int, act: AuditedAct) -> None:
        """The act is over, whether or not that can be noted."""
        try:
            await self._inbox.finish_audit_entry(id, act.outcome, _text(act.result))
        except StoreUnavailable as error:
            structlog.get_logger().error("audit.not_noted", entry=id, reason=str(error))


def describe_request(*given: Mapping[str, Any]) -> dict[str, Any]:
    """What an act was asked for, without personal data: several ids as their number and a digest,
    and of what may hold personal data its name alone.
    """
    about: dict[str, Any] = {}
    for part in given:
        for name, value in part.items():
            if value in (None, "", (), []) or name in _UNSAID:
                continue
            said = _FIELD_WORDS.get(name, name)
            about[said] = _describe_value(value) if name in _WITHOUT_PERSONS else "(left out)"
    return about


def describe_answer(answer: Any) -> str:
    """The numbers in an answer with their names, and the names of what is true."""
    if not is_dataclass(answer):
        return ""
    named = [(one.name.replace("_", " "), getattr(answer, one.name)) for one in fields(answer)]
    return ", ".join(
        name if value is True else f"{name} {value}"
        for name, value in named
        if isinstance(value, int) and value is not False
    )


def _describe_value(value: Any) -> Any:
    match value:
        case bool() | int():
            return value
        case list() | tuple() if len(value) == 1:
            return _describe_value(value[0])
        case list() | tuple():
            return {"count": len(value), "digest": digest_ids(value)}
    return _text(str(value))


def digest_ids(ids: Sequence[object]) -> str:
    """The same for the same ids, in whatever order."""
    listed = "\n".join(sorted(map(str, ids)))
    return hashlib.sha256(listed.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _text(text: str) -> str:
    """Without addresses; cut where it is long."""
    plain = _ADDRESSES.redact(text)
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"
