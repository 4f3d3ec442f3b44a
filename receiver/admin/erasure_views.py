"""What the admin API answers of the erasure of a person."""

from __future__ import annotations

from dataclasses import dataclass

from receiver.gateway.audit_trail import describe_answer
from receiver.inbox import AuditOutcome


@dataclass(frozen=True, slots=True)
class CrmProblem:
    """What stands in the way at a CRM, where, and what helps."""

    where: str
    message: str
    remedy: str
    fatal: bool


@dataclass(frozen=True, slots=True)
class CrmErasure:
    """What one connector would erase, or has erased.

    `left` is what stands in the way, or is left to people.
    """

    connector: str
    steps: tuple[str, ...] = ()
    failed: tuple[CrmProblem, ...] = ()
    left: tuple[CrmProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class CrmErasures:
    items: tuple[CrmErasure, ...]


BEYOND_REACH = (
    "backups of the store",
    "what was written to a CRM, a sandbox among them",
    "logs that left this gateway",
)


BEYOND_REACH_WITH_CRM = (
    "backups of the store",
    "what the CRMs keep in their bins, histories and backups",
    "logs that left this gateway",
)


@dataclass(frozen=True, slots=True)
class ErasedView:
    """What was removed of a person. `beyond_reach` names what only others can erase.

    `crm` is what was asked for of the CRMs. Where anything there `failed`, this gateway keeps what
    it knows, so that it can be repeated.
    """

    events: int
    shared_events: int
    deliveries: int
    attempts: int
    lanes: int
    remote_ids: int
    mentions: int  # other places in which the address stood
    beyond_reach: tuple[str, ...] = BEYOND_REACH
    crm: tuple[CrmErasure, ...] = ()

    def audit_outcome(self) -> tuple[AuditOutcome, str]:
        """Where a CRM refused, nothing was erased from this gateway."""
        if failed := ", ".join(one.connector for one in self.crm if one.failed):
            return "failed", f"not erased, since it failed at {failed}"
        return "done", describe_answer(self)
