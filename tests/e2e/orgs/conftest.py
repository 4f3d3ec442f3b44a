"""Has the assertions of the play say what they saw."""

import pytest

pytest.register_assert_rewrite(
    "tests.e2e.orgs.stage", "tests.e2e.orgs.hubspot", "tests.e2e.orgs.salesforce"
)
