"""From what Salesforce says of each row to the outcomes that the gateway acts on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.base import ConnectorError, Outcome, Refused, Retry
from connectors.error_rules import ErrorOutcome
from connectors.salesforce.error_table import UNSEEN
from connectors.salesforce.errors import SalesforceFailure, full_error, misconfigured_error

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from connectors.salesforce.objects import ObjectCache

SHARING = "the run-as user may write {}, but not this one: see its sharing"


async def row_outcomes(
    objects: ObjectCache,
    name: str,
    results: Sequence[Outcome | SalesforceFailure],
    *,
    key_fields: Collection[str] = (),
    keep: bool = False,
) -> list[Outcome]:
    """Give the outcomes of rows of an object; `key_fields` hold our keys, its own and its
    Account's.

    Raises Misconfigured or Throttled where a row's failure speaks of all; what was saved is then
    saved again later, which is harmless. Where it is not, `keep` what was saved, and let the others
    come again.
    """
    failed = [result for result in results if isinstance(result, SalesforceFailure)]
    refused = any(each.outcome is ErrorOutcome.ACCESS for each in failed)
    one_record = refused and await _may_write(objects, name)
    outcomes: list[Outcome] = []
    for result in results:
        verdict: Outcome | ConnectorError = (
            result
            if not isinstance(result, SalesforceFailure)
            else _verdict(result, name, key_fields, one_record=one_record)
        )
        if isinstance(verdict, ConnectorError):
            if not keep:
                raise verdict
            verdict = Retry(str(verdict))
        outcomes.append(verdict)
    return outcomes


def _verdict(
    failed: SalesforceFailure, name: str, key_fields: Collection[str], *, one_record: bool
) -> Outcome | ConnectorError:
    match failed.outcome:
        case ErrorOutcome.RETRY | ErrorOutcome.UNAVAILABLE:
            remedy = failed.rule.remedy
        case ErrorOutcome.TAKEN if is_own_key(failed, key_fields):
            remedy = UNSEEN
        case ErrorOutcome.GONE if not failed.fields:
            remedy = "the record was deleted meanwhile"
        case ErrorOutcome.FULL:
            return full_error(failed)
        case ErrorOutcome.SET_UP:
            return misconfigured_error(failed, name)
        case ErrorOutcome.ACCESS:
            return _shared(failed, name) if one_record else misconfigured_error(failed, name)
        case _:
            transaction = failed.outcome is ErrorOutcome.TRANSACTION
            return Refused(failed.code, failed.message, failed.field, transaction=transaction)
    reason = f"{failed} → {remedy}" if remedy else str(failed)
    return Retry(reason, failed.rule.wait, give_up_after=failed.rule.give_up_after)


def _shared(failed: SalesforceFailure, name: str) -> Refused:
    return Refused(failed.code, f"{failed.message} ({SHARING.format(name)})", failed.field)


def is_own_key(failed: SalesforceFailure, key_fields: Collection[str]) -> bool:
    """Tell whether the value that another record holds is our key.

    Salesforce names the field, or calls it <unknown> where the other record is not committed yet.
    """
    unnamed = "<unknown>" in failed.message or "external id specified" in failed.message
    return unnamed or any(failed.names(field) for field in key_fields)


async def _may_write(objects: ObjectCache, name: str) -> bool:
    """Ask anew whether the user may write the object: then the refusal is about one record's
    sharing.
    """
    found = await objects.find(name, keep=timedelta())
    return found is not None and found.createable and found.updateable
