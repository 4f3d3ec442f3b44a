"""A connector whose words hold no secret: a CRM may repeat in an error what it was sent,
credentials included.

Every connector that the gateway or a command opens goes through here, so that nothing behind it, be
it stored, logged, shown or posted, has to think of that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, cast

from connectors.base import (
    BatchRefused,
    Connector,
    ConnectorError,
    Plan,
    Problem,
    Refused,
    RefusedOption,
    Report,
    Retry,
    Saved,
)
from receiver.text.secret_cutter import SecretCutter


def redact_connector(connector: Connector, secrets: Iterable[str]) -> Connector:
    """The same connector, but that these secrets are cut out of all that it returns and raises."""
    return cast("Connector", _RedactedConnector(connector, SecretCutter(secrets)))


@contextmanager
def redact_errors(secrets: Iterable[str]) -> Iterator[None]:
    """Cut these secrets out of what is raised in the block."""
    try:
        yield
    except Exception as error:
        _redact_error(error, SecretCutter(secrets).cut)
        raise


class _RedactedConnector:
    """Wraps what is awaited, the optional methods too; all else is the connector's own."""

    def __init__(self, connector: Connector, secrets: SecretCutter) -> None:
        self._connector = connector
        self._cut = secrets.cut
        for name in dir(type(connector)):
            if not name.startswith("_") and callable(method := getattr(connector, name)):
                # as attributes of its own, by which `isinstance` knows the optional parts
                setattr(
                    self, name, self._redacted(method) if iscoroutinefunction(method) else method
                )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connector, name)

    def _redacted(self, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @wraps(method)
        async def call(*given: Any, **named: Any) -> Any:
            try:
                return self._result(await method(*given, **named))
            except Exception as error:
                if isinstance(error, BatchRefused):
                    error.refusal = self._result(error.refusal)
                if isinstance(error, ConnectorError):
                    error.outcomes = self._result(list(error.outcomes))
                _redact_error(error, self._cut)
                raise

        return call

    def _result(self, result: Any) -> Any:
        """Texts for people are redacted; ids, and what a plan's steps are to do, are not texts."""
        match result:
            case Saved(notes=()):  # nearly all: there is no text in it
                return result
            case list() | tuple():
                return [self._result(one) for one in result]
            case Saved() | Retry() | Refused() | RefusedOption() | Problem():
                return self._with_texts(
                    result, "notes", "reason", "rule", "code", "message", "where", "remedy"
                )
            case Plan():
                steps = tuple(self._with_texts(step, "text") for step in result.steps)
                return replace(result, steps=steps, blockers=tuple(self._result(result.blockers)))
            case Report():
                return replace(
                    self._with_texts(result, "done"), failed=tuple(self._result(result.failed))
                )
        return result

    def _with_texts(self, result: Any, *names: str) -> Any:
        """Changes those of these fields that it has, and makes no copy where they hold nothing."""
        texts = {name: value for name in names if (value := getattr(result, name, None))}
        return (
            replace(result, **{name: self._text(value) for name, value in texts.items()})
            if texts
            else result
        )

    def _text(self, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        return (
            self._cut(value) if isinstance(value, str) else tuple(self._cut(text) for text in value)
        )


def _redact_error(error: Exception, cut: Callable[[str], str]) -> None:
    """In place: its type says what helps, and its attributes how long to wait."""
    said = str(error)
    if cut(said) != said:
        error.args = (cut(said),)
    if not isinstance(error, ConnectorError) and cut(str(error)) != str(error):
        raise RuntimeError(f"{type(error).__name__}: {cut(said)}") from None
