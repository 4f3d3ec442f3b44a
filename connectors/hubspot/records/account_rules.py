"""Rules of the account that no API lists: known from a refusal, remembered, and tried again.

From version 2026-09 on HubSpot enforces an admin's required properties on API writes: those that
every new record of an object needs, and those that a record needs in a certain stage. Such a rule
refuses all alike that lack the property.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from connectors.base import Retry
from connectors.hubspot.error_table import REQUIRED_IF
from connectors.hubspot.records.stages import pipeline_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from connectors.hubspot.error_body import HubSpotError
    from connectors.hubspot.records.rows import BatchRow

FIRST_VERSION = "2026-09"
REMEMBERED = timedelta(minutes=5)  # after the last refusal
TRY_AGAIN = timedelta(seconds=15)  # how often HubSpot is asked whether the rule still stands
HOLD_SECONDS = 30.0  # how long a record waits that a rule holds back


@dataclass(frozen=True, slots=True)
class AccountRule:
    """A property that the account demands, of new records or of those that come to a stage."""

    type: str  # HubSpot's name of the object
    needed: str  # the property
    conditional: bool = False
    stage: str | None = None

    def concerns(self, row: BatchRow) -> bool:
        """Tell whether the rule may refuse this row; HubSpot knows what else the record holds."""
        if row.properties.get(self.needed):
            return False
        if self.conditional:
            return self.stage is not None and stage_of(self.type, row) == self.stage
        return row.known_id is None

    @property
    def text(self) -> str:
        """The rule in words that are the same for every record, with what helps."""
        some = f"in the stage {self.stage}" if self.stage else "under some condition"
        whose = f"{self.type} {some}" if self.conditional else f"new {self.type}"
        page = "Pipelines" if self.type == "deals" else "Record customization"
        where = f"Settings → Objects → {self.type.capitalize()} → {page}"
        return (
            f"the account demands {self.needed} of {whose}, "
            f"and no line of the mapping gives it a value: "
            f"write fields.{self.needed} in the mapping, or end the rule in HubSpot ({where})"
        )

    def hold(self) -> Retry:
        """What becomes of a record that the rule holds back."""
        return Retry(self.text, HOLD_SECONDS, rule=self.text)


class AccountRules:
    """The rules of one account that have refused something lately."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._refused: dict[AccountRule, datetime] = {}
        self._tried: dict[AccountRule, datetime] = {}

    def learn(self, rule: AccountRule) -> None:
        """Note that HubSpot has just refused something by this rule."""
        self._refused[rule] = self._tried[rule] = self._now()

    def concerning(self, type_: str, row: BatchRow) -> AccountRule | None:
        """Find a rule that stands and may refuse this row."""
        for rule, refused in list(self._refused.items()):
            if self._now() - refused > REMEMBERED:
                self.forget(rule)
            elif rule.type == type_ and rule.concerns(row):
                return rule
        return None

    def take_turn(self, rule: AccountRule) -> bool:
        """Tell whether it is time to ask HubSpot again, and take note that it is being asked."""
        due = self._now() - self._tried[rule] >= TRY_AGAIN
        if due:
            self._tried[rule] = self._now()
        return due

    def forget(self, rule: AccountRule) -> None:
        """Forget a rule by which HubSpot no longer refuses."""
        self._refused.pop(rule, None)


def broken_rule(type_: str, fault: HubSpotError, rows: Sequence[BatchRow]) -> AccountRule | None:
    """Name the rule that a refusal speaks of.

    None where the rows leave open in which stage it was broken.
    """
    if fault.field is None:
        return None
    rule = AccountRule(type_, fault.field, REQUIRED_IF in fault.words)
    if not rule.conditional:
        return rule
    lacking = (row for row in rows if not row.properties.get(rule.needed))
    stages = {stage for row in lacking if (stage := stage_of(type_, row))}
    if len(stages) == 1:
        return replace(rule, stage=stages.pop())
    return rule if len(rows) == 1 else None


def enforces_rules(api_version: str) -> bool:
    """Tell whether HubSpot holds API writes against such rules in this version of its API."""
    return api_version >= FIRST_VERSION and api_version != "v3"


def stage_of(type_: str, row: BatchRow) -> str | None:
    """The stage that the row brings its record to, None where it leaves that alone."""
    name = "lifecyclestage" if type_ == "contacts" else pipeline_fields(type_)[1]
    return row.properties.get(name)
