"""How the gateway is, for machines: whether it is ready (`/readyz`), and what Prometheus scrapes
(`/metrics`).
"""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from receiver.admin import presenters
from receiver.gateway import Gateway
from receiver.inbox import ConnectorState, StoreDamaged, StoreUnavailable


async def readiness_response(gateway: Gateway) -> Response:
    """200 while events can be kept, whatever the CRMs do; their state stands beside it."""
    now = gateway.now()
    try:
        await gateway.inbox.check_writable(now)
        states = await gateway.inbox.find_states()
        waiting = await gateway.inbox.find_waiting(gateway.connectors)
    except StoreUnavailable as error:
        return JSONResponse(
            {"status": "unavailable", "store": str(error)}, 503, {"Retry-After": "10"}
        )
    connectors = {
        name: {
            "state": presenters.state_of(state.paused),
            "reason": presenters.reason_of(state.reason, waiting.get(name)),
        }
        for name in gateway.connectors
        for state in [states.get(name, ConnectorState(name))]
    }
    store = f"writable, but {gateway.inbox.long_log}" if gateway.inbox.long_log else "writable"
    return JSONResponse({"status": "ready", "store": store, "connectors": connectors})


async def metrics_response(gateway: Gateway) -> Response:
    """What was counted, and how the store stands.

    While it fails, the rest is told: that is when it is wanted.
    """
    metrics = gateway.metrics
    for name, limiter in gateway.limiters.items():
        per_second = limiter.limit.calls / limiter.limit.seconds if limiter.limit else None
        metrics.rate(name, calls=limiter.calls, waiting=limiter.waiting, per_second=per_second)
    metrics.set_sqlite(damaged=gateway.inbox.damage is not None, log_bytes=gateway.inbox.log_bytes)
    try:
        writable = await _is_writable(gateway)
        status = await gateway.standing.status()
    except StoreUnavailable:
        metrics.set_store(writable=False)
    else:
        metrics.set_store(writable=writable)
        metrics.set_totals(
            quarantined=status.quarantined, oldest_pending_seconds=status.oldest_pending_seconds
        )
        for name, one in status.connectors.items():
            metrics.set_backlog(
                name,
                pending=one.pending,
                dead=one.dead,
                oldest_pending_seconds=one.oldest_pending_seconds,
            )
            waiting = one.waiting
            metrics.people_waiting(
                name, waiting.people if waiting else 0, held_back=bool(waiting and waiting.rule)
            )
            metrics.set_paused(name, one.kind)
    workers = gateway.lasting.workers
    text = await workers.text() if workers else metrics.text()
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


async def _is_writable(gateway: Gateway) -> bool:
    """False where it is damaged: then it still tells what does not need the damaged page.

    Raises StoreUnavailable where it is not.
    """
    try:
        await gateway.inbox.check_writable(gateway.now())
    except StoreDamaged:
        return False
    return True
