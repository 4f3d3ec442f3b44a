"""/metrics of the real program, and the alerting rules that read it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
import yaml
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from receiver.aom import EVENTS, read_sample
from tests.processes import TOKEN, Running, gateway, until, write_config

ALERTS = Path(__file__).parents[2] / "deploy/prometheus/alerts.yml"
BODY = """
[connectors.sandbox]
type = "sandbox"
mapping = "standard"
rate_limit = { calls = 100, seconds = 10 }
refuse = [{ object = "contact", pattern = "^refused@" }]

[connectors.failing]
type = "sandbox"
mapping = "standard"
fail_rate = 1

[connectors.hubspot]
type = "hubspot"
access_token = "a-token-of-nobody"
base_url = "http://127.0.0.1:9"
mapping = "standard"
"""
SANDBOX, HUBSPOT = {"connector": "sandbox"}, {"connector": "hubspot"}
ORDER = {"source": "springfield", "event": "order.failed"}

# sample, labels, the least that it must be after what `busy` does
MOVED: list[tuple[str, Mapping[str, str], float]] = [
    (
        "aom_gateway_events_total",
        {"source": "springfield", "event": "account.created", "outcome": "accepted"},
        1,
    ),
    (
        "aom_gateway_events_total",
        {"source": "springfield", "event": "account.created", "outcome": "duplicate"},
        1,
    ),
    (
        "aom_gateway_events_total",
        {"source": "springfield", "event": "unknown", "outcome": "quarantined"},
        1,
    ),
    ("aom_gateway_requests_turned_away_total", {"reason": "token"}, 1),
    ("aom_gateway_requests_turned_away_total", {"reason": "too_large"}, 1),
    (
        "aom_gateway_recognition_disagreements_total",
        {"source": "springfield", "event": "quiz.submitted"},
        1,
    ),
    ("aom_gateway_unknown_keys_total", ORDER, 1),
    ("aom_gateway_unreadable_values_total", ORDER, 1),
    ("aom_gateway_deliveries_total", {**SANDBOX, "outcome": "delivered"}, 1),
    ("aom_gateway_deliveries_total", {**SANDBOX, "outcome": "dead"}, 1),
    ("aom_gateway_accept_seconds_count", {}, 4),
    ("aom_gateway_attempt_seconds_count", {**SANDBOX, "outcome": "saved"}, 1),
    ("aom_gateway_attempt_seconds_count", {**SANDBOX, "outcome": "refused"}, 1),
    ("aom_gateway_attempt_seconds_count", {"connector": "failing", "outcome": "retry"}, 1),
    ("aom_gateway_connector_paused", {**HUBSPOT, "reason": "unavailable"}, 1),
    ("aom_gateway_deliveries_pending", HUBSPOT, 5),
    ("aom_gateway_deliveries_dead", SANDBOX, 1),
    ("aom_gateway_connector_oldest_pending_seconds", HUBSPOT, 0.01),
    ("aom_gateway_oldest_pending_seconds", {}, 0.01),
    ("aom_gateway_connector_calls_total", SANDBOX, 1),
    ("aom_gateway_connector_calls_allowed_per_second", SANDBOX, 10),
    ("aom_gateway_events_quarantined", {}, 1),
    ("aom_gateway_store_writable", {}, 1),
    ("aom_gateway_store_log_bytes", {}, 4096),
    ("aom_gateway_build_info", {}, 1),
    ("process_cpu_seconds_total", {}, 0.01),
    ("process_resident_memory_bytes", {}, 1_000_000),
    ("process_open_fds", {}, 1),
]
AT_REST = {  # shown, but nothing here moves them
    "aom_gateway_connector_calls_waiting",
    "aom_gateway_connector_held_back",
    "aom_gateway_connector_people_waiting",
    "aom_gateway_connector_defects",
    "aom_gateway_leadership_lost",
    "aom_gateway_records_superseded",
    "aom_gateway_alarms",
    "aom_gateway_store_damaged",
}


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A gateway to which all has happened that is worth a figure."""
    account = json.loads(read_sample("account.created") or b"")
    order = {
        "id": 77,
        "status": "FAILED",
        "order_total": "a lot",
        "line_items": [],
        "customer": {"email": "o@example.edu"},
        "weather": "fine",
    }
    posts = [
        (TOKEN, json.dumps(account)),
        (TOKEN, json.dumps(account)),
        (f"{TOKEN}/quiz.submitted", json.dumps({**account, "email": "refused@example.edu"})),
        (TOKEN, "{}"),
        (TOKEN, " " * 2_000_000),
        ("wrong", "{}"),
        *(
            (
                TOKEN,
                json.dumps(
                    {**order, "id": number, "customer": {"email": f"o{number}@example.edu"}}
                ),
            )
            for number in range(1, 9)
        ),
    ]
    with gateway(write_config(tmp_path_factory.mktemp("metrics"), BODY)) as running:
        for path, body in posts:
            httpx.post(f"{running.url}/in/{path}", content=body, trust_env=False)
        yield running


def scrape(running: Running) -> dict[str, Metric]:
    """The families by name, as Prometheus reads them."""
    answer = httpx.get(running.url + "/metrics", trust_env=False, timeout=30)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def value(families: Mapping[str, Metric], name: str, labels: Mapping[str, str]) -> float:
    """Of the first sample that has the labels; 0 where there is none."""
    samples = [
        sample for family in families.values() for sample in family.samples if sample.name == name
    ]
    return next(
        (float(sample.value) for sample in samples if labels.items() <= sample.labels.items()), 0.0
    )


@pytest.mark.parametrize(
    ("name", "labels", "least"), MOVED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_figure_moves(
    busy: Running, name: str, labels: Mapping[str, str], least: float
) -> None:
    """What happened is seen."""
    until(
        lambda: value(scrape(busy), name, labels) >= least, f"{name} {labels} is at least {least}"
    )


def test_every_family_is_known_here_and_says_what_it_is(busy: Running) -> None:
    """A new one needs a help text, and a place in the lists above."""
    families = {
        name: family
        for name, family in scrape(busy).items()
        if name.startswith("aom_gateway_") and not name.endswith("_created")
    }
    samples = {name for name, _, _ in MOVED}
    assert families.keys() >= AT_REST
    assert {
        name for name in families if not samples & {name, f"{name}_total", f"{name}_count"}
    } == AT_REST
    assert [name for name, family in families.items() if not family.documentation] == []


def test_labels_are_of_fixed_sets(busy: Running) -> None:
    """However many people there are, and whatever callers send, the number of series is bounded."""
    before = sum(len(family.samples) for family in scrape(busy).values())
    for number in range(20):
        body = {
            "id": number,
            "email": f"new{number}@example.edu",
            "date_registered": "2026-01-05 10:00:00",
        }
        for path in (TOKEN, f"{TOKEN}/made.up.{number}", f"guess{number}"):
            httpx.post(f"{busy.url}/in/{path}", content=json.dumps(body), trust_env=False)
    families = scrape(busy)
    assert sum(len(family.samples) for family in families.values()) <= before + 10
    events = {sample.labels["event"] for sample in families["aom_gateway_events"].samples}
    assert events <= {*EVENTS, "unknown"}
    assert "@" not in str(families)


def rules() -> list[dict[str, str | dict[str, str]]]:
    (group,) = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"]
    return list(group["rules"])


def test_the_example_alerts_read_what_is_there(busy: Running) -> None:
    """Each names metrics and labels that the gateway shows, and says what to do."""
    shown = {
        sample.name: set(sample.labels)
        for family in scrape(busy).values()
        for sample in family.samples
    }
    names = [str(rule["alert"]) for rule in rules()]
    assert len(names) == len(set(names)) > 10
    for rule in rules():
        expression = str(rule["expr"])
        used = set(re.findall(r"\b(?:aom_gateway|process)_\w+", expression))
        assert used <= shown.keys(), rule["alert"]
        assert used or "up{" in expression
        for name in used:
            asked = {
                label
                for part in re.findall(rf"{name}{{([^}}]*)}}", expression)
                for label in re.findall(r"(\w+)=", part)
            }
            grouped = {
                label.strip()
                for part in re.findall(r"by \(([^)]*)\)", expression)
                for label in part.split(",")
            }
            assert (asked | grouped) - {"instance"} <= shown[name], rule["alert"]
        annotations = rule["annotations"]
        assert isinstance(annotations, dict)
        assert len(annotations["summary"].split(". ")) > 1, rule["alert"]
