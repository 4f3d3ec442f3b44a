"""Where things are in HubSpot's API: the one place that knows its versions."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

OBJECT_TYPES = {
    "contact": "contacts",
    "deal": "deals",
    "company": "companies",
    "ticket": "tickets",
    "line_item": "line_items",
    "product": "products",
    "note": "notes",
    "task": "tasks",
}
"""Names that a mapping may use for HubSpot's own objects.

Any other name is HubSpot's: `p_enrollment`, `2-1234567`.
"""


def object_type(name: str) -> str:
    return OBJECT_TYPES.get(name, name)


@dataclass(frozen=True, slots=True)
class ApiPaths:
    """Paths of one API version: dated ones carry the date, `v3` keeps associations under `v4`."""

    version: str

    def _crm(self, area: str, *parts: str, old: str = "v3") -> str:
        head = f"/crm/{old}/{area}" if self.version == "v3" else f"/crm/{area}/{self.version}"
        return "/".join((head, *(quote(part, safe="") for part in parts)))

    def batch(self, type_: str, action: str) -> str:
        return self._crm("objects", type_, "batch", action)

    def properties(self, type_: str, *parts: str) -> str:
        return self._crm("properties", type_, *parts)

    def groups(self, type_: str) -> str:
        return self._crm("properties", type_, "groups")

    def pipelines(self, type_: str) -> str:
        return self._crm("pipelines", type_)

    def associate(self, source: str, target: str) -> str:
        return self._crm("associations", source, target, "batch", "associate", "default", old="v4")

    def associated(self, source: str, target: str) -> str:
        return self._crm("associations", source, target, "batch", "read", old="v4")

    def erase(self) -> str:
        return self._crm("objects", "contacts", "gdpr-delete")

    def pipeline_rules(self, object_id: str, pipeline: str) -> str:
        """A beta of its own: no other version has it."""
        return f"/crm/pipelines-rules/2026-09-beta/{object_id}/{quote(pipeline, safe='')}"

    def association_labels(self, source: str, target: str) -> str:
        return self._crm("associations", source, target, "labels", old="v4")

    def account(self, *parts: str) -> str:
        return "/".join((f"/account-info/{self.version}", *parts))
