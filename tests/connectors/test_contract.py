"""Every connector keeps the same contract. A connector joins by its subject in SUBJECTS."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from connectors import testing
from tests.connectors.hubspot.subject import hubspot
from tests.connectors.salesforce.subject import salesforce
from tests.connectors.sandbox.subject import sandbox
from tests.connectors.webhook.subject import webhook

SUBJECTS: dict[str, Callable[[], AbstractContextManager[testing.Subject]]] = {
    "sandbox": sandbox,
    "hubspot": hubspot,
    "hubspot v3": partial(hubspot, "v3"),
    "salesforce": salesforce,
    "webhook": webhook,
}


@pytest.mark.parametrize("check", testing.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", SUBJECTS)
def test_contract(name: str, check: testing.Check, tmp_path: Path) -> None:
    """The connector keeps the promise that the check is named after."""
    with SUBJECTS[name]() as subject:
        try:
            testing.run(check, subject, tmp_path)
        except testing.NotTried as reason:
            pytest.skip(str(reason))
