"""Understands how people write their Salesforce domain: a name, a host, or the address of any
page.
"""

from __future__ import annotations

import re

# Salesforce Help, "My Domain URL Formats" (with enhanced domains, which all orgs have): host of a
# page → host for the API
_SUFFIXES = (".lightning.force.com", ".my.salesforce-setup.com", ".my.salesforce.com", ".my")
_SHARED = {
    "login",
    "test",
    "www",
    "login.salesforce.com",
    "test.salesforce.com",
    "www.salesforce.com",
}
_NAME = re.compile(
    r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.(?:sandbox|develop|scratch|demo|patch|trailblaze|free))?"
)


def my_domain(text: str) -> str:
    """Give the part before `.salesforce.com`, as in `acme.my` or `acme--dev.sandbox.my`.

    Raises ValueError.
    """
    host = re.sub(r"^[a-z]+://", "", text.strip().lower()).partition("/")[0].partition(":")[0]
    if host in _SHARED:
        raise ValueError(
            f"{host!r} is shared by all orgs; give your own: Setup → My Domain → Current My "
            "Domain URL, e.g. 'acme.my'"
        )
    name = next((host.removesuffix(suffix) for suffix in _SUFFIXES if host.endswith(suffix)), host)
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{text!r} is no My Domain; see Setup → My Domain → Current My Domain URL, e.g. "
            "'acme.my' or 'acme--dev.sandbox.my'"
        )
    return (
        f"{name}.sandbox.my" if name == host and "--" in name and "." not in name else f"{name}.my"
    )


def is_sandbox(domain: str) -> bool:
    """Tell by the form of a My Domain, `acme--dev.sandbox.my`."""
    return "--" in domain or domain.endswith((".sandbox.my", ".scratch.my"))
