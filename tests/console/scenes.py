"""Every page of the console in each state that it can be in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.console.browser import click


@dataclass(frozen=True, slots=True)
class Scene:
    """A page's address, with names in place of ids, and what is done there before one looks."""

    address: str
    act: Callable[[Page], None] | None = None


def press(button: str) -> Callable[[Page], None]:
    return lambda page: click(page.get_by_role("button", name=button).first)


def explain(payload: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.get_by_label("Payload").fill(payload)
        click(page.get_by_role("button", name="Explain"))

    return act


def compare(mapping: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.get_by_label("Routes and snippets").fill(mapping)
        page.get_by_label("The newest events").fill("20")
        click(page.get_by_role("button", name="Compare"))
        result = page.get_by_role("region", name="What would change")
        expect(result.get_by_text("running")).to_have_count(0, timeout=300_000)

    return act


def replay(page: Page) -> None:
    press("Replay …")(page)
    press("Replay")(page)
    expect(page.get_by_role("region", name="What came of it")).to_be_visible()


def amend(page: Page) -> None:
    page.get_by_label("Payload").fill('{"id": 9}')
    click(page.get_by_role("button", name="Check and deliver"))


OTHER_MAPPING = """
[[routes]]
name = "orders"
events = ["order.*"]
connector = "sandbox"

[[routes.upsert]]
object = "deal"
key = "{{ source.name }}:{{ order.id }}"
fields.dealstage = "closed"
"""
EVENTS, PEOPLE, SET_UP = "/console/events", "/console/people", "/console/set-up"
HELD = "/console/connectors/sandbox/records"
SCENES: Mapping[str, Scene] = {
    "overview": Scene("/console"),
    "overview of two days": Scene("/console?hours=48"),
    "events": Scene(EVENTS),
    "an older page of events": Scene(f"{EVENTS}?before={{delivered}}"),
    "events of an order": Scene(f"{EVENTS}?key=springfield:19"),
    "events of a group": Scene(f"{EVENTS}?group={{dead_group}}"),
    "events of nobody": Scene(f"{EVENTS}?person=nobody@example.edu"),
    "a search of events that is wrong": Scene(f"{EVENTS}?since=never"),
    "an event that is delivered": Scene(f"{EVENTS}/{{delivered}}"),
    "an event that is dead": Scene(f"{EVENTS}/{{dead}}"),
    "an event that waits": Scene(f"{EVENTS}/{{pending}}"),
    "an event in quarantine": Scene(f"{EVENTS}/{{quarantined}}"),
    "an event for nobody": Scene(f"{EVENTS}/{{unwanted}}"),
    "an event that is amended wrongly": Scene(f"{EVENTS}/{{quarantined}}", amend),
    "whether to discard an event": Scene(f"{EVENTS}/{{dead}}", press("Discard …")),
    "an event that is checked again": Scene(f"{EVENTS}/{{quarantined}}", press("Check again")),
    "an event that is not there": Scene(f"{EVENTS}/none"),
    "what was sent beside what is there": Scene(
        f"{EVENTS}/{{delivered}}/compare?delivery={{delivery}}&object=contact&key={{person}}"
    ),
    "people": Scene(PEOPLE),
    "a person": Scene(f"{PEOPLE}?email={{person}}"),
    "a person who is missing something": Scene(f"{PEOPLE}?email={{dead_person}}"),
    "a person whom nobody knows": Scene(f"{PEOPLE}?email=nobody@example.edu"),
    "whether to forget a person": Scene(f"{PEOPLE}/forget?email={{person}}"),
    "search": Scene("/console/search"),
    "a search that finds several": Scene("/console/search?q=learner1"),
    "a search that finds nothing": Scene("/console/search?q=nothing"),
    "a search for a name": Scene("/console/search?q=No1"),
    "attention": Scene("/console/attention"),
    "attention, the newest first": Scene("/console/attention?by=newest"),
    "a group of dead deliveries": Scene("/console/attention/{dead_group}"),
    "a group in quarantine": Scene("/console/attention/{quarantine_group}"),
    "whether to discard a group": Scene("/console/attention/{dead_group}", press("Discard all")),
    "whether to replay a group": Scene("/console/attention/{dead_group}", press("Replay all")),
    "what came of a replay": Scene(f"{EVENTS}/{{delivered}}", replay),
    "work that is not there": Scene("/console/work/gone"),
    "a connector": Scene("/console/connectors/sandbox"),
    "a connector that is paused": Scene("/console/connectors/hubspot"),
    "what a connector holds": Scene(HELD),
    "records of an object": Scene(f"{HELD}/contact?q=learner"),
    "records that are not there": Scene(f"{HELD}/contact?q=nobody"),
    "a record": Scene(f"{HELD}/contact/record?key={{person}}"),
    "a source": Scene("/console/sources/springfield"),
    "problems": Scene("/problems"),
    "a problem": Scene("/problems/422"),
    "set-up": Scene(SET_UP),
    "the URLs of a source": Scene(SET_UP, press("Show and copy the URLs")),
    "explain": Scene(f"{SET_UP}/explain"),
    "an event explained": Scene(f"{SET_UP}/explain?stored={{delivered}}"),
    "a payload explained": Scene(f"{SET_UP}/explain?stored={{delivered}}", press("Explain")),
    "a payload that is wrong": Scene(f"{SET_UP}/explain", explain('{"id": 7}')),
    "compare a mapping": Scene(f"{SET_UP}/diff?fresh"),
    "a mapping that differs": Scene(f"{SET_UP}/diff?fresh", compare(OTHER_MAPPING)),
    "a mapping with faults": Scene(f"{SET_UP}/diff?fresh", compare("[server]\nport = 1")),
    "audit": Scene("/console/audit"),
    "a search of the audit that is wrong": Scene("/console/audit?since=never"),
    "operators": Scene("/console/operators"),
    "no page": Scene("/console/nowhere"),
}
OF_A_VIEWER: Mapping[str, Scene] = {
    "overview": Scene("/console"),
    "an event": Scene(f"{EVENTS}/{{dead}}"),
    "a group": Scene("/console/attention/{dead_group}"),
    "what they may not see": Scene(f"{PEOPLE}/forget?email={{person}}"),
}
EMPTY = (
    "/console",
    "/console/sources/springfield",
    HELD,
    EVENTS,
    "/console/attention",
    "/console/audit",
)
"""Of a gateway to which nothing has come."""
NO_PAGES = {
    f"{EVENTS}/download/{{kind}}",
    "/console/attention/download/{kind}",
    "/console/audit.{kind}",
    "/console/live",
    "/console/work/{job}/download/{kind}",
    "/console/",
}
"""Files, what never ends, and an address that leads to another."""
