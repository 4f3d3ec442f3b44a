"""Accounts with a character: what real accounts do to an integration, each with its source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.fakes.character import Character
from tests.fakes.hubspot.fake import FakeHubSpot

Change = Callable[[FakeHubSpot], Any]
HubSpotCharacter = Character[FakeHubSpot]

GUILTY = "Breaker"
"""The last name at which every call with `breaking_row` breaks."""


def _demand_a_reason(account: FakeHubSpot) -> None:
    account.define("deals", "closed_lost_reason")
    account.required_if("deals", "dealstage", "closedlost", "closed_lost_reason")


def _read_only(value: bool) -> Change:
    def change(account: FakeHubSpot) -> None:
        account.portal.records("contacts").properties["aom_last_activity"].read_only = value

    return change


def _keep_one_currency(account: FakeHubSpot) -> None:
    account.portal.currencies = ("EUR",)
    account.drop_option("deals", "deal_currency_code", "USD")


def _close_the_pipeline(account: FakeHubSpot) -> None:
    account.portal.pipelines["deals"][0].created_in = ("appointmentscheduled",)


def _narrow(account: FakeHubSpot) -> None:
    token = account.portal.tokens[account.token]
    token.scopes = token.scopes - {"crm.objects.deals.write"}


def _refuse_the_batch(account: FakeHubSpot) -> None:
    account.required("contacts", "phone")
    account.set_options(rule_faults="batch")


def _use_up_the_day(account: FakeHubSpot) -> None:
    account.app.limits.today = 960
    account.set_options(daily=1_000)


def _end_the_day(account: FakeHubSpot) -> None:
    account.app.limits.today = 1_000
    account.set_options(daily=1_000)


def _widen(account: FakeHubSpot) -> None:
    token = account.portal.tokens[account.token]
    token.scopes = token.scopes | {"crm.objects.deals.write"}


UNKNOWABLE = "HubSpot does not tell which properties the account demands"

CHARACTERS = {
    "plain": HubSpotCharacter("what HubSpot's documentation promises"),
    "required_property": HubSpotCharacter(
        "HubSpot's changelog of API version 2026-09: required properties hold for API writes",
        lambda account: account.required("contacts", "phone"),
        lambda account: account.lift_rules("contacts"),
        UNKNOWABLE,
    ),
    "required_at_a_stage": HubSpotCharacter(
        "HubSpot Knowledge Base, Conditional stage properties; enforced on API writes from "
        "2026-09 on",
        _demand_a_reason,
        lambda account: account.lift_rules("deals"),
        UNKNOWABLE,
    ),
    "required_by_the_batch": HubSpotCharacter(
        "not documented: one broken rule may refuse the whole call, as other refusals "
        "without trace ids do",
        _refuse_the_batch,
        lambda account: account.lift_rules("contacts"),
        UNKNOWABLE,
    ),
    "read_only_property": HubSpotCharacter(
        "HubSpot's error codes: READ_ONLY_VALUE, of a property that is calculated or whose "
        "editing was restricted",
        _read_only(True),
        _read_only(False),
        "HubSpot itself fills aom_last_activity",
    ),
    "no_customer_stage": HubSpotCharacter(
        "HubSpot Knowledge Base, Create and customize lifecycle stages: any of them can be deleted",
        lambda account: account.drop_option("contacts", "lifecyclestage", "customer"),
        check="lifecyclestage has no option customer",
    ),
    "one_currency": HubSpotCharacter(
        "HubSpot Knowledge Base, Add and edit your account's currencies: others are INVALID_OPTION",
        _keep_one_currency,
        check="a deal in another currency than EUR is written without its currency",
    ),
    "guarded_pipeline": HubSpotCharacter(
        "HubSpot's Pipeline Rules API (beta): deals may be made in given stages alone; "
        "whether the API is held to it is open",
        _close_the_pipeline,
        check="Sales Pipeline lets deals be made in Appointment Scheduled alone",
    ),
    "narrow_token": HubSpotCharacter(
        "HubSpot's scopes: 403 MISSING_SCOPES with those that are required",
        _narrow,
        _widen,
        "deals can't be written: The token lacks crm.objects.deals.write",
    ),
    "near_its_daily_limit": HubSpotCharacter(
        "HubSpot's API usage guidelines: the day's calls are shared by all apps of the "
        "account; 429 DAILY",
        _use_up_the_day,
        lambda account: account.set_options(daily=650_000),
        "calls are left to all apps of the account",
    ),
    "used_up_day": HubSpotCharacter(
        "HubSpot's API usage guidelines: 429 with policyName DAILY; a Retry-After is not promised",
        _end_the_day,
        lambda account: account.set_options(daily=650_000),
        "You have reached your daily limit",
    ),
    "expired_token": HubSpotCharacter(
        "HubSpot's error codes: 401 EXPIRED_AUTHENTICATION",
        lambda account: account.set_token("expired"),
        lambda account: account.set_token("good"),
        "HubSpot refuses the access token (EXPIRED_AUTHENTICATION",
    ),
    "slow_rows": HubSpotCharacter(
        "users report calls of 100 records that take longer than their client waits, and are "
        "carried out all the same",
        lambda account: account.set_options(row_latency=0.3),
        lambda account: account.set_options(row_latency=0.0),
    ),
    "breaking_row": HubSpotCharacter(
        "users report batches that answer 500 for one record in them, again and again",
        lambda account: account.set_options(breaks_at=GUILTY),
        lambda account: account.set_options(breaks_at=""),
    ),
    "unsure_answers": HubSpotCharacter(
        "users report results without objectWriteTraceId, and errors that name no row",
        lambda account: account.set_options(echo_trace=False, echo_error_trace=False),
    ),
}
