"""How a Salesforce domain may be written."""

from __future__ import annotations

import pytest

from connectors.salesforce.domain import is_sandbox, my_domain


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("acme.my", "acme.my"),
        ("acme", "acme.my"),
        (" Acme.My.Salesforce.com ", "acme.my"),
        ("https://acme.my.salesforce.com", "acme.my"),
        ("https://acme.my.salesforce.com/services/oauth2/token?x=1", "acme.my"),
        ("https://acme.my.salesforce.com:443/", "acme.my"),
        ("https://acme.lightning.force.com/lightning/page/home", "acme.my"),
        ("https://acme.my.salesforce-setup.com/lightning/setup/SetupOneHome/home", "acme.my"),
        ("acme--dev.sandbox.my", "acme--dev.sandbox.my"),
        ("acme--dev", "acme--dev.sandbox.my"),
        ("https://acme--dev.sandbox.my.salesforce.com/", "acme--dev.sandbox.my"),
        (
            "https://acme--dev.sandbox.lightning.force.com/lightning/o/Contact/list",
            "acme--dev.sandbox.my",
        ),
        ("acme-dev-ed.develop.my.salesforce.com", "acme-dev-ed.develop.my"),
        ("wise-fox-1.trailblaze.my", "wise-fox-1.trailblaze.my"),
        ("acme--old.my.salesforce.com", "acme--old.my"),
    ],
)
def test_all_forms_of_a_my_domain_are_understood(written: str, domain: str) -> None:
    """A name, a host, or the address of any page, as copied from the browser."""
    assert my_domain(written) == domain


@pytest.mark.parametrize(
    "shared", ["login", "test", "login.salesforce.com", "https://test.salesforce.com/"]
)
def test_the_shared_hosts_are_refused(shared: str) -> None:
    """Client credentials and JWT want the org's own host."""
    with pytest.raises(ValueError, match=r"shared by all orgs.*Setup → My Domain"):
        my_domain(shared)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "na12.salesforce.com",
        "acme.example.com",
        "acme my",
        "acme.my.site.com",
        "https://",
        "a_b",
        "-acme",
    ],
)
def test_what_is_no_my_domain_is_refused(wrong: str) -> None:
    """Better now than as a host that does not exist."""
    with pytest.raises(ValueError, match="is no My Domain"):
        my_domain(wrong)


@pytest.mark.parametrize(
    ("domain", "sandbox"),
    [
        ("acme.my", False),
        ("acme-dev-ed.develop.my", False),
        ("acme--dev.sandbox.my", True),
        ("acme--old.my", True),
        ("x.scratch.my", True),
    ],
)
def test_sandboxes_are_told_by_their_domain(domain: str, *, sandbox: bool) -> None:
    """Their JWTs are for another audience."""
    assert is_sandbox(domain) is sandbox
