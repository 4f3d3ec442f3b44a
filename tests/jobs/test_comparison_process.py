"""Two mappings compared in a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from receiver.jobs.comparison_process import (
    LONGEST_LINE,
    ComparisonFailed,
    ComparisonRequest,
    run_comparison,
)
from tests.comparison.compared import ACCOUNTS, ORDERS, account, compared, mapping, order, stored

BEFORE = mapping(ORDERS, ACCOUNTS)
AFTER = mapping(ORDERS.replace('"won"', '"closedwon"'), ACCOUNTS)


def request(url: str) -> ComparisonRequest:
    return ComparisonRequest(url, BEFORE.to_toml(), AFTER.to_toml())


def run(wanted: ComparisonRequest, longest: float = 300) -> dict[str, object]:
    return asyncio.run(run_comparison(wanted, lambda _done, _total: None, longest=longest))


def test_the_same_as_in_this_process(store_url: str) -> None:
    """In either store; how far it is was told meanwhile."""
    stored(store_url, order(1), order(2, "ben"), account(7))
    told: list[tuple[int, int]] = []
    found = asyncio.run(
        run_comparison(request(store_url), lambda done, total: told.append((done, total)))
    )
    assert found == json.loads(json.dumps(compared(store_url, BEFORE, AFTER).plain()))
    assert (found["differs"], told) == (True, [(3, 3)])
    some = replace(request(store_url), event="order.placed", source="springfield", limit=1)
    assert run(some)["again"] == {"box": 1}


def test_what_goes_wrong_is_told(tmp_path: Path) -> None:
    """In words, without what a payload says."""
    nothing = request(f"sqlite:///{tmp_path}/none.db")
    with pytest.raises(ComparisonFailed, match="nothing was ever received"):
        run(nothing)
    with pytest.raises(ComparisonFailed, match=r"routes\[0\].*nowhere"):
        run(replace(nothing, after=AFTER.to_toml().replace('["box"]', '["nowhere"]')))
    with pytest.raises(ComparisonFailed, match="a defect of the gateway: ValueError in "):
        run(replace(nothing, store_url="sqlite:///\0"))


def test_it_ends_in_time(sqlite_url: str) -> None:
    """Or is ended."""
    with pytest.raises(ComparisonFailed, match="aom-gateway diff"):
        run(request(sqlite_url), longest=0.0)


def test_one_that_dies_is_no_result(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits is told."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ComparisonFailed, match="ended early"):
        run(request(sqlite_url))


def test_a_result_that_is_too_large_is_told(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In words, and not as a defect."""
    long = tmp_path / "long"
    long.write_text(f"#!/bin/sh\nhead -c {LONGEST_LINE + 1} /dev/zero\n")
    long.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(long))
    with pytest.raises(ComparisonFailed, match="too large"):
        run(request(sqlite_url))


def test_whoever_stops_waiting_ends_it(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway that closes leaves no process behind."""
    endless = tmp_path / "endless"
    endless.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/id\nexec sleep 600\n")
    endless.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(endless))

    async def stop() -> None:
        task = asyncio.create_task(run_comparison(request(sqlite_url), lambda _done, _total: None))
        while not (tmp_path / "id").exists() or not (tmp_path / "id").read_text():
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(stop())
    assert not Path(f"/proc/{(tmp_path / 'id').read_text().strip()}").exists()
