"""From what Salesforce says of each row to the outcomes that the gateway acts on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.base import ConnectorError, Outcome, Refused, Retry, Throttled
from connectors.salesforce.errors import DAY_IS_FULL, Failure, Kind, misconfigured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.salesforce.objects import Objects

SHARING = "the run-as user may write {}, but not this one: see its sharing"


async def verdicts(objects: Objects, name: str, results: Sequence[Outcome | Failure], *, keep: bool = False) -> list[Outcome]:
    """Give the outcomes of rows of an object.

    Raises Misconfigured or Throttled where a row's failure speaks of all; what was saved is then saved again later, which is
    harmless. Where it is not, `keep` what was saved, and let the others come again.
    """
    failed = [result for result in results if isinstance(result, Failure)]
    one_record = any(each.rule.kind is Kind.ACCESS for each in failed) and await _may_write(objects, name)
    outcomes: list[Outcome] = []
    for result in results:
        verdict = _verdict(result, name, one_record=one_record) if isinstance(result, Failure) else result
        if isinstance(verdict, ConnectorError):
            if not keep:
                raise verdict
            verdict = Retry(str(verdict))
        outcomes.append(verdict)
    return outcomes


def _verdict(failed: Failure, name: str, *, one_record: bool) -> Outcome | ConnectorError:
    match failed.rule.kind:
        case Kind.PASSING:
            return Retry(str(failed))
        case Kind.DAY:
            return Throttled(str(failed), DAY_IS_FULL, daily=True)
        case Kind.ACCESS if one_record:
            return Refused(failed.code, f"{failed.message} ({SHARING.format(name)})", failed.field)
        case Kind.SET_UP | Kind.ACCESS:
            return misconfigured(failed, name)
        case _:
            return Refused(failed.code, failed.message, failed.field)


async def _may_write(objects: Objects, name: str) -> bool:
    """Ask the org anew whether the run-as user may write the object: then a refused access is about one record's sharing."""
    found = await objects.find(name, keep=timedelta())
    return found is not None and found.createable and found.updateable
