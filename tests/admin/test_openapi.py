"""/openapi.json is true: whatever it allows is taken, whatever it forbids is refused, and every
answer is as it says.
"""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import one_of
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    ignored_auth,
    negative_data_rejection,
    positive_data_acceptance,
)

from tests.admin.conftest import Api, account, order
from tests.processes import ADMIN_TOKEN, TOKEN

EXAMPLES = 30  # of each operation

# what is too long is refused as that, whatever else is wrong with it
REJECTED = {"expected-statuses": ["400", "401", "404", "405", "413", "414", "415", "422", "431"]}

OPERATIONS = {
    "GET /api/status",
    "GET /api/events",
    "GET /api/events/{id}",
    "GET /api/groups",
    "GET /api/groups/{id}",
    "GET /api/alarms",
    "POST /api/alarms/{alarm}/acknowledge",
    "POST /api/alarms/{alarm}/snooze",
    "GET /api/audit",
    "GET /api/drift",
    "GET /api/mapping",
    "GET /api/replays",
    "GET /api/people/{email}",
    "GET /api/erasures/{email}",
    "GET /api/connectors/{name}/held/{object}",
    "GET /api/connectors/{name}/records/{object}",
    "POST /api/connectors/{name}/pause",
    "POST /api/connectors/{name}/resume",
    "POST /api/connectors/{name}/new-account",
    "POST /api/reload",
    "POST /api/replay",
    "POST /api/discard",
    "POST /api/deliveries/{id}/discard",
    "POST /api/quarantine/revalidate",
    "POST /api/quarantine/{id}/amend",
    "POST /api/quarantine/discard",
    "DELETE /api/people/{email}",
    "POST /events",
    "POST /events/{event}",
}


@pytest.fixture(scope="module")
def described(api: Api) -> Any:
    """The operations by their names, of a gateway that holds something of everything."""
    for number in range(3):
        api.take("order.placed", order(number, f"buyer{number}@example.edu"))
    api.take("account.created", account("refused@example.edu", odd=1))
    api.take("order.placed", b"{")
    api.settled()
    config = SchemathesisConfig.from_dict({"checks": {"negative_data_rejection": REJECTED}})
    schema = schemathesis.openapi.from_url(f"{api.running.url}/openapi.json", config=config)
    found: list[Any] = [result.ok() for result in schema.get_all_operations()]  # type: ignore[union-attr]
    return {f"{one.method.upper()} {one.path}": one for one in found}


def test_every_operation_is_described(described: Any) -> None:
    """And nothing else."""
    assert set(described) == OPERATIONS


def test_all_that_the_description_refers_to_is_in_it(api: Api) -> None:
    """A reference that leads nowhere would make a generated client wrong, and the tests below
    blind.
    """
    description = httpx.get(f"{api.running.url}/openapi.json", trust_env=False).json()
    for reference in set(re.findall(r'"\$ref": "#/([^"]*)"', json.dumps(description))):
        found = description
        for step in reference.split("/"):
            found = found[step]


def test_a_path_that_is_too_long_is_described(described: Any, api: Api) -> None:
    """Wherever something of the path is the caller's own; examples are seldom as long."""
    long = "x" * 5_000
    for operation in (one for one in described.values() if "{" in one.path):
        address = api.running.url + re.sub(r"{\w+}", long, operation.path)
        answer = httpx.request(operation.method, address, trust_env=False)
        assert answer.status_code == 414
        assert "414" in operation.definition.raw["responses"]


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_operations_do_as_described(described: Any, name: str) -> None:
    """Status codes, content types and bodies, for what fits and for what does not."""
    operation = described[name]
    intake = name.partition(" ")[2].startswith("/events")
    headers = {"Authorization": f"Bearer {TOKEN if intake else ADMIN_TOKEN}"}
    # which of the events a body has to be depends on name and content; and what is not needed is
    # kept, however odd it is
    beyond: list[Any] = [positive_data_acceptance, negative_data_rejection] if intake else []
    cases = [
        operation.as_strategy(generation_mode=mode)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    ]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=one_of(cases))
    def check(case: Case[Any]) -> None:
        # it gives wrong tokens, and 429 is no 401 to it
        case.call_and_validate(headers=headers, excluded_checks=[*beyond, ignored_auth])

    check()
