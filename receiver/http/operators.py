"""Who the operators are, by their tokens, and what each may do."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final, get_args

from receiver.settings import ADMIN, Role, Settings

_RANKS: Final = get_args(Role)


@dataclass(frozen=True, slots=True)
class NamedOperator:
    """Somebody who uses the console or the admin API."""

    name: str
    role: Role

    def may(self, needed: Role) -> bool:
        """Whether what needs that role is allowed to this one."""
        return _RANKS.index(self.role) >= _RANKS.index(needed)


class OperatorTokens:
    """Finds operators by their tokens: those of `[operators.NAME]`, and `admin`, whose token is
    `server.admin_token`.
    """

    def __init__(self, settings: Settings) -> None:
        known = [
            (NamedOperator(name, one.role), one.token) for name, one in settings.operators.items()
        ]
        if settings.server.admin_token is not None:
            known.insert(0, (NamedOperator(ADMIN, "admin"), settings.server.admin_token))
        self._known = [(_bytes(token.get_secret_value()), operator) for operator, token in known]

    @property
    def operators(self) -> tuple[NamedOperator, ...]:
        """All there are."""
        return tuple(operator for _, operator in self._known)

    def find(self, given: str) -> NamedOperator | None:
        """Whose token this is; None where it is nobody's.

        Every one is compared, in constant time each, whether or not one has matched.
        """
        candidate, found = _bytes(given), None
        for token, operator in self._known:
            if hmac.compare_digest(token, candidate):
                found = operator
        return found

    def named(self, name: str) -> NamedOperator | None:
        """The operator of this name."""
        return next((known for _, known in self._known if known.name == name), None)

    def digest(self, name: str, key: bytes) -> str | None:
        """A digest of this operator's token, which tells whether it was changed since; None where
        there is no such operator.
        """
        return next(
            (
                hmac.digest(key, token, "sha256").hex()
                for token, known in self._known
                if known.name == name
            ),
            None,
        )


def forbidden_text(operator: NamedOperator, act: str, needed: Role) -> str:
    """Why somebody may not do something, and who may."""
    return f"The role {operator.role} may not {act}: that needs the role {needed}."


def _bytes(token: str) -> bytes:
    return token.encode("utf-8", "surrogatepass")
