"""The checks of the contract kit, and what each needs of the subject, from the kit itself."""

from __future__ import annotations

from inspect import getdoc

from connectors.testing import CHECKS, Check
from docs.hooks.markdown import code, table

GROUPS = {
    "setup": "before anything is written",
    "records": "writing and reading records",
    "values": "values, read back",
    "ownership": "records that are known, renamed or deleted",
    "links": "links, read back",
    "calls": "calls, seen by a proxy before the account",
    "faults": "an account that fails",
}
"""The modules of the kit, and what their checks are about."""


def describe_checks() -> str:
    """All checks by what they are about, with the promise of each."""
    rows = [(GROUPS[_module(check)], code(name_of(check)), getdoc(check) or "") for check in CHECKS]
    return table(("about", "check", "what must hold"), rows)


def _module(check: Check) -> str:
    return check.__module__.rpartition(".")[2]


def name_of(check: Check) -> str:
    return str(getattr(check, "__name__", check))
