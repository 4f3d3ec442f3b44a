"""The mappings that the connectors ship, each with its cases in tests/cases/mappings/."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from receiver.cases import CaseResult, MappingCoverage, NamedThings, read_case_files, run_case
from receiver.gateway import sites_of
from receiver.mapping import RouteTable
from receiver.settings import load_settings

FOLDER = Path(__file__).parent / "mappings"


@dataclass(frozen=True, slots=True)
class ShippedMapping:
    """Of a connector; `settings` are lines of its table."""

    name: str
    settings: str

    @property
    def file(self) -> Path:
        return FOLDER / f"{self.name}.toml"

    def write_config(self, directory: Path) -> Path:
        """A configuration with this mapping, without a secret."""
        config = directory / "config.toml"
        config.write_text(f"""
[sources.springfield]
tokens = ["springfield-token-of-the-tests"]
timezone = "America/New_York"
currency = "USD"

[connectors.crm]
{self.settings}
""")
        return config

    def run(self, directory: Path, text: str, coverage: MappingCoverage) -> list[CaseResult]:
        """All cases of a file, with what they reach."""
        settings = load_settings(self.write_config(directory), {}, stand_ins=True)
        routes = RouteTable.compile(settings, watch=coverage.watch)
        file = directory / "cases.toml"
        file.write_text(text, "utf-8")
        known = NamedThings(tuple(settings.sources), tuple(settings.connectors))
        results = [
            run_case(case, sites_of(settings), routes) for case in read_case_files([file], known)
        ]
        for result in results:
            if result.explanation is not None:
                coverage.note(result.explanation)
        return results


MAPPINGS = (
    ShippedMapping("sandbox", 'type = "sandbox"\nmapping = "standard"'),
    ShippedMapping(
        "hubspot",
        'type = "hubspot"\naccess_token = "${UNSET}"\nmapping = ["standard", "line_items"]',
    ),
    ShippedMapping(
        "salesforce",
        'type = "salesforce"\ndomain = "${UNSET}"\nclient_id = "${UNSET}"\n'
        'client_secret = "${UNSET}"\nmapping = "standard"',
    ),
    ShippedMapping(
        "webhook", 'type = "webhook"\nurl = "${UNSET}"\nsecrets = "${UNSET}"\nmapping = "standard"'
    ),
)
