"""What a connector's state means, and what helps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors.base import ConnectorSettings
from receiver.admin import presenters
from receiver.admin.views import ConnectorWord
from receiver.delivery import RateLimiter
from receiver.delivery.limits.rate_limiter import WINDOW
from receiver.inbox import ConnectorStatus

_ADVICE = {
    "auth": (
        "Renew the credentials in the CRM. If they changed, put the new ones into the "
        "configuration and reload it; "
        "otherwise deliveries go on by themselves within a minute."
    ),
    "misconfigured": (
        "Create what is missing in the CRM; `aom-gateway provision {name}` shows what it is, "
        "and with --apply creates it. "
        "Deliveries then go on by themselves within a minute."
    ),
    "operator": (
        "An operator paused it. Nothing is lost meanwhile; `aom-gateway resume {name}` lets it go "
        "on."
    ),
    "throttled": (
        "The CRM wants fewer calls. Deliveries go on by themselves; if this is frequent, lower its "
        "rate_limit."
    ),
    "unavailable": (
        "The CRM gives no usable answer. It is tried again by itself; if this lasts, look whether "
        "the CRM is up."
    ),
}
_GONE = (
    "It is not in the configuration any more. Configure it again to deliver what waits for it, "
    "or discard that in Attention."
)


@dataclass(frozen=True, slots=True)
class ConnectorAdvice:
    """How a connector stands, and what helps, for the overview.

    `used` are the calls of the last `WINDOW` seconds, `allowed` those that the limit allows in such
    a time, `share` the part of these that is used, from 0 to 1. Where another process leads the
    connector (`leads_elsewhere`), this one knows of no calls.
    """

    name: str
    type: str
    state: ConnectorWord
    reason: str
    advice: str
    since: datetime | None
    until: datetime | None
    pending: int
    dead: int
    oldest_pending_seconds: float | None
    used: float
    allowed: float | None
    leader: str | None = None
    note: str = ""
    account_rule: str = ""  # what a rule of the account demands of people that it holds back
    sizes: Mapping[str, int] = field(default_factory=dict)
    dry_run: bool = False
    leads_elsewhere: bool = False

    @property
    def share(self) -> float | None:
        return min(1.0, self.used / self.allowed) if self.allowed else None


def advise_connector(
    name: str,
    settings: ConnectorSettings | None,
    stored: ConnectorStatus,
    limiter: RateLimiter | None,
    *,
    process: str,
) -> ConnectorAdvice:
    """`settings` are None where it is not configured. `process`: the name of this one."""
    limit = limiter.limit if limiter else None
    return ConnectorAdvice(
        name=name,
        type=settings.type if settings else "",
        state=presenters.state_of(stored.kind) if settings else "not configured",
        reason=stored.reason if stored.kind else "",
        advice=_ADVICE.get(stored.kind or "", "").format(name=name) if settings else _GONE,
        since=stored.since if stored.kind else None,
        until=stored.until if stored.kind else None,
        pending=stored.pending,
        dead=stored.dead,
        oldest_pending_seconds=stored.oldest_pending_seconds,
        used=round(limiter.per_second() * WINDOW) if limiter else 0,
        allowed=limit.calls / limit.seconds * WINDOW if limit else None,
        leads_elsewhere=stored.leader is not None and stored.leader != process,
        leader=stored.leader,
        note="; ".join(filter(None, (stored.note, str(stored.waiting) if stored.waiting else ""))),
        account_rule=stored.waiting.rule if stored.waiting else "",
        sizes=stored.sizes,
        dry_run=settings is not None and settings.dry_run,
    )
