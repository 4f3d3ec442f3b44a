"""Reloading the configuration, and how it stands at all processes, for the admin API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from receiver.admin.configuration.views import ConfigurationView, Fault, ProcessView
from receiver.admin.operation import UnfitParameter
from receiver.gateway import Gateway, describe_differences
from receiver.inbox import AuditOutcome, RunningProcess
from receiver.settings import ConfigError, ConfigFault, SettingChange


@dataclass(frozen=True, slots=True)
class ReloadView:
    """What came of a reload: `changes` are in force, `needs_restart` are not.

    `behind`: other workers of this gateway that do not work by it yet.
    """

    digest: str
    changes: tuple[SettingChange, ...]
    needs_restart: tuple[str, ...]
    warnings: tuple[Fault, ...]
    behind: tuple[str, ...]

    def audit_outcome(self) -> tuple[AuditOutcome, str]:
        """The places that have changed."""
        changes = ", ".join(f"{one.where} {one.change}" for one in self.changes)
        return "done", changes or "nothing has changed"


async def reload_configuration(gateway: Gateway) -> ReloadView:
    """Take the configuration over as its file says now.

    Raises UnfitParameter with all faults of it.
    """
    reloader = gateway.lasting.reloader
    if reloader is None:
        raise UnfitParameter("This gateway has no configuration file to read anew.")
    try:
        report = await reloader.reload()
    except ConfigError as error:
        raise UnfitParameter(
            "The configuration has faults. The former one stays in force.",
            [(one.path, one.message) for one in _faults(error.faults)],
        ) from error
    return ReloadView(
        report.digest,
        tuple(report.changes),
        tuple(report.needs_restart),
        _faults(report.warnings),
        tuple(report.behind),
    )


async def present_configuration(gateway: Gateway) -> ConfigurationView:
    """The configurations in force. Raises StoreUnavailable."""
    registry = gateway.lasting.processes
    others = await registry.others()
    return ConfigurationView(
        _process(registry.own) if registry.own.digest else None,
        tuple(_process(one) for one in others),
        tuple(registry.needs_restart),
        tuple(describe_differences(registry.own, others, registry.needs_restart)),
    )


def _process(running: RunningProcess) -> ProcessView:
    faults = tuple(
        Fault(where, f"{words}; {remedy}" if remedy else words)
        for where, words, remedy in running.faults
    )
    return ProcessView(running.name, running.digest, running.since, running.refused_at, faults)


def _faults(faults: Sequence[ConfigFault]) -> tuple[Fault, ...]:
    return tuple(
        Fault(one.place, f"{one.message}; {one.remedy}" if one.remedy else one.message)
        for one in faults
    )
