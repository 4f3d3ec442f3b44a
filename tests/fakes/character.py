"""What a real account of a CRM is like, beside what its documentation promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Account = TypeVar("Account")


@dataclass(frozen=True)
class Character(Generic[Account]):
    """How a fake is made so, how somebody there cures it, and who says that accounts are like that.

    `check` is what `check --online` says of it beforehand, "" where nobody can know.
    """

    source: str
    give: Callable[[Account], Any] = lambda _: None
    cure: Callable[[Account], Any] = lambda _: None
    check: str = ""
