"""Where things stand: small modules in small folders, each with its test in the place that its name
says.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("receiver", "connectors")
MOST_LINES = 400
MOST_MODULES = 16
LOOSE = {"receiver/__main__.py"}

WHOLE = "it is what its tests see from outside"
"""Of folders whose tests are of what people and programs meet: a page, a command, an answer."""

WITHIN = "it is one part of what this tests"
"""Of modules that only one other uses, and that have no edges of their own."""

DECLARES = "it declares, and this fails where it declares something wrong"
"""Of tables and types."""

FOLDERS = {
    "receiver/admin": ("tests/admin", WHOLE),
    "receiver/alarms": ("tests/alarms/test_watch.py", WHOLE),
    "receiver/cli": ("tests/cli", WHOLE),
    "receiver/console": ("tests/console", WHOLE),
    "receiver/gateway": ("tests/gateway", WHOLE),
    "receiver/server": ("tests/server", WHOLE),
    "receiver/inbox/db/migrations": ("tests/inbox/db/test_migration.py", DECLARES),
    "receiver/inbox/db/tables": ("tests/inbox/db/test_migration.py", DECLARES),
    "connectors/testing": ("tests/connectors/test_testing.py", WHOLE),
}

MODULES = {
    "connectors/hubspot/connector.py": ("tests/connectors/hubspot/test_situations.py", WHOLE),
    "connectors/hubspot/records/order_items.py": (
        "tests/connectors/hubspot/test_standard.py",
        WITHIN,
    ),
    "connectors/hubspot/records/rows.py": (
        "tests/connectors/hubspot/records/test_upsert.py",
        WITHIN,
    ),
    "connectors/hubspot/setup/object_comparison.py": (
        "tests/connectors/hubspot/setup/test_online_check.py",
        WITHIN,
    ),
    "connectors/hubspot/property_definitions.py": (
        "tests/connectors/hubspot/test_standard.py",
        DECLARES,
    ),
    "connectors/hubspot/setup/provision_plan.py": (
        "tests/connectors/hubspot/setup/test_provision.py",
        WITHIN,
    ),
    "connectors/salesforce/api.py": ("tests/connectors/salesforce/test_connector.py", WITHIN),
    "connectors/salesforce/records/lookup.py": (
        "tests/connectors/salesforce/records/test_parents.py",
        WITHIN,
    ),
    "connectors/salesforce/records/row_job.py": (
        "tests/connectors/salesforce/records/test_row_writer.py",
        DECLARES,
    ),
    "connectors/salesforce/records/row_outcomes.py": (
        "tests/connectors/salesforce/records/test_row_writer.py",
        WITHIN,
    ),
    "connectors/salesforce/setup/account_check.py": (
        "tests/connectors/salesforce/setup/test_online_check.py",
        WITHIN,
    ),
    "connectors/salesforce/setup/field_metadata.py": (
        "tests/connectors/salesforce/test_standard.py",
        DECLARES,
    ),
    "connectors/salesforce/setup/provision_plan.py": (
        "tests/connectors/salesforce/setup/test_provision.py",
        WITHIN,
    ),
    "connectors/needs.py": ("tests/connectors/test_base.py", DECLARES),
    "connectors/optional_parts.py": ("tests/connectors/test_base.py", DECLARES),
    "connectors/sandbox/settings.py": ("tests/connectors/sandbox/test_accept.py", DECLARES),
    "receiver/__main__.py": ("tests/test_main.py", WHOLE),
    "receiver/aom/body_reader.py": ("tests/aom/test_recognition.py", WITHIN),
    "receiver/aom/normal_form.py": ("tests/aom/test_event.py", DECLARES),
    "receiver/aom/normalization.py": ("tests/aom/test_event.py", WITHIN),
    "receiver/aom/payload_schema.py": ("tests/aom/validation/test_schema_check.py", DECLARES),
    "receiver/aom/source_context.py": ("tests/aom/test_event.py", DECLARES),
    "receiver/aom/validation/known_keys.py": ("tests/aom/validation/test_drift.py", WITHIN),
    "receiver/comparison/__main__.py": ("tests/jobs/test_comparison_process.py", WHOLE),
    "receiver/comparison/event_comparison.py": ("tests/comparison/test_comparison_run.py", WITHIN),
    "receiver/delivery/delivery_context.py": ("tests/delivery/test_dispatcher.py", DECLARES),
    "receiver/facts/order_digest.py": ("tests/inbox/reads/test_search.py", WITHIN),
    "receiver/facts/person_facts.py": ("tests/aom/test_profile.py", DECLARES),
    "receiver/importer/intake_client.py": ("tests/importer/test_import_run.py", WITHIN),
    "receiver/importer/line_validation.py": ("tests/importer/test_import_run.py", WITHIN),
    "receiver/inbox/inbox_operation.py": ("tests/inbox/operation", WHOLE),
    "receiver/inbox/inbox_profiles.py": ("tests/inbox/profiles", WHOLE),
    "receiver/inbox/inbox_reads.py": ("tests/inbox/reads", WHOLE),
    "receiver/inbox/db/bulk_statements.py": ("tests/inbox/db/test_bulk_sql.py", WITHIN),
    "receiver/inbox/db/errors.py": ("tests/inbox/db/test_transaction_retry.py", DECLARES),
    "receiver/inbox/db/person_keys.py": ("tests/inbox/people/test_addresses.py", WITHIN),
    "receiver/inbox/db/sqlite/file_lock.py": ("tests/inbox/db/test_engine.py", WITHIN),
    "receiver/inbox/db/transaction.py": ("tests/inbox/db/test_thread_pool.py", DECLARES),
    "receiver/inbox/events/erase_records.py": ("tests/inbox/events/test_erase.py", WITHIN),
    "receiver/inbox/events/original_calls.py": ("tests/inbox/events/test_quarantine.py", WITHIN),
    "receiver/inbox/operation/write_probe.py": ("tests/inbox/test_failures.py", WITHIN),
    "receiver/ingest/validation_thread.py": ("tests/ingest/test_intake.py", WITHIN),
    "receiver/mapping/check/expression_analysis.py": (
        "tests/mapping/check/test_expressions.py",
        WITHIN,
    ),
    "receiver/mapping/check/route_check.py": ("tests/mapping/check/test_references.py", WHOLE),
    "receiver/mapping/language/errors.py": (
        "tests/mapping/language/test_expression.py",
        DECLARES,
    ),
    "receiver/mapping/language/filter_functions.py": (
        "tests/mapping/language/test_filters.py",
        WITHIN,
    ),
    "receiver/mapping/language/filter_types.py": (
        "tests/mapping/check/test_expressions.py",
        WITHIN,
    ),
    "receiver/mapping/language/scope.py": ("tests/mapping/language/test_limits.py", DECLARES),
    "receiver/mapping/language/unsupported_syntax.py": (
        "tests/mapping/check/test_expressions.py",
        WITHIN,
    ),
    "receiver/mapping/route_table.py": ("tests/mapping/test_standard.py", WHOLE),
    "receiver/mapping/routes/route_builder.py": ("tests/mapping/routes/test_route.py", WITHIN),
    "receiver/mapping/routes/route_settings.py": (
        "tests/mapping/routes/test_route_config.py",
        DECLARES,
    ),
    "receiver/settings/table_reader.py": ("tests/settings/test_model.py", WITHIN),
    "receiver/settings/value_types.py": ("tests/settings/test_model.py", DECLARES),
    "receiver/telemetry/metric_registry.py": ("tests/telemetry/test_metrics.py", WITHIN),
    "receiver/telemetry/log_lines.py": ("tests/telemetry/test_logs.py", WITHIN),
    "receiver/telemetry/worker_metrics.py": ("tests/server/test_worker_processes.py", WITHIN),
}


def modules() -> Iterator[str]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix()


def place_of_test(module: str) -> str:
    """`receiver/inbox/lanes/replay.py` → `tests/inbox/lanes/test_replay.py`."""
    folder, _, name = module.removeprefix("receiver/").rpartition("/")
    return "/".join(part for part in ("tests", folder, f"test_{name}") if part)


def has_test(module: str) -> bool:
    return (ROOT / place_of_test(module)).is_file()


def folder_that_is_tested_whole(module: str) -> str | None:
    return next((folder for folder in FOLDERS if module.startswith(f"{folder}/")), None)


@pytest.mark.parametrize("module", [one for one in modules() if not one.endswith("/__init__.py")])
def test_a_module_has_its_test(module: str) -> None:
    """A test stands where its module's name says, or this page says where it is tested, and why."""
    if module in MODULES:
        assert not has_test(module), f"{module} has a test of its own: take it off this page"
    else:
        assert folder_that_is_tested_whole(module) or has_test(module), (
            f"write {place_of_test(module)}, or say here where it is tested"
        )


@pytest.mark.parametrize(("place", "test"), [(place, at) for place, (at, _) in MODULES.items()])
def test_what_this_page_says_of_a_module_is_there(place: str, test: str) -> None:
    """A module that was renamed or removed is not on this page, nor is such a test."""
    assert (ROOT / place).is_file()
    assert (ROOT / test).exists()


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_that_is_tested_whole_is_there(folder: str) -> None:
    """The same for folders, and none of their modules stands alone on this page as well."""
    assert (ROOT / folder).is_dir()
    assert (ROOT / FOLDERS[folder][0]).exists()
    assert not [module for module in MODULES if module.startswith(f"{folder}/")]


def test_a_file_fits_in_a_head() -> None:
    """No module is longer than a reader can take in."""
    lengths = {module: len((ROOT / module).read_text().splitlines()) for module in modules()}
    assert {one: length for one, length in lengths.items() if length > MOST_LINES} == {}


def test_a_folder_fits_in_a_head() -> None:
    """No folder holds more modules than a reader can take in."""
    per_folder = Counter(
        module.rpartition("/")[0] for module in modules() if not module.endswith("/__init__.py")
    )
    assert {one: number for one, number in per_folder.items() if number > MOST_MODULES} == {}


def test_nothing_lies_about() -> None:
    """In the gateway's own folder there is only what puts it together and what starts it."""
    loose = {path.relative_to(ROOT).as_posix() for path in (ROOT / "receiver").glob("*.py")}
    assert loose - {"receiver/__init__.py"} == LOOSE


@pytest.mark.parametrize("module", list(modules()))
def test_errors_that_are_named_exist(module: str) -> None:
    """Where a docstring says what is raised, there is an error of that name."""
    named = {
        error
        for docstring in docstrings(ast.parse((ROOT / module).read_text()))
        for error in re.findall(r"\b[Rr]aises ([A-Z][A-Za-z]+)\b", docstring)
    }
    assert named - defined_errors() == set()


def docstrings(tree: ast.Module) -> Iterable[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


@cache
def defined_errors() -> frozenset[str]:
    """Every class of both packages, what they import, and Python's own."""
    found = set(dir(builtins))
    for module in modules():
        for node in ast.walk(ast.parse((ROOT / module).read_text())):
            if isinstance(node, ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.ImportFrom):
                found |= {name.name for name in node.names}
    return frozenset(found)
