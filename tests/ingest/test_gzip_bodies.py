"""Bodies that come packed, against the real process."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest

from tests.ingest.calls import ANNOUNCED, account, padded, post
from tests.processes import TOKEN, Running, gateway, write_config


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(write_config(tmp_path_factory.mktemp("intake"), ANNOUNCED)) as running:
        yield running


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
@pytest.mark.parametrize("size", [0, 300_000])
def test_a_body_in_gzip_is_unpacked(running: Running, encoding: str, size: int) -> None:
    """It is kept as what was packed, so that all that looks at it later can read it."""
    body = padded(500 + size + len(encoding) + encoding.isupper(), size)
    answer = post(running, f"/in/{TOKEN}", gzip.compress(body), **{"Content-Encoding": encoding})
    assert answer.status_code == 202
    assert running.admin(f"/api/events/{answer.json()['id']}")["raw"] == body.decode()


def test_a_body_in_several_parts_of_gzip(running: Running) -> None:
    """`cat a.gz b.gz` is gzip."""
    body = account(601)
    answer = post(
        running,
        f"/in/{TOKEN}",
        gzip.compress(body[:9]) + gzip.compress(body[9:]),
        **{"Content-Encoding": "gzip"},
    )
    assert answer.status_code == 202


def test_a_body_that_only_says_gzip(running: Running) -> None:
    """Some relays unpack it and leave the header."""
    assert (
        post(running, f"/in/{TOKEN}", account(602), **{"Content-Encoding": "gzip"}).status_code
        == 202
    )


@pytest.mark.parametrize("number", [1_048_577, 50_000_000])
def test_a_bomb_is_too_large(running: Running, number: int) -> None:
    """The limit is that of what is unpacked."""
    answer = post(
        running, f"/in/{TOKEN}", gzip.compress(b" " * number), **{"Content-Encoding": "gzip"}
    )
    assert (answer.status_code, answer.json()["kept"]) == (413, False)


def test_many_parts_are_no_way_to_take_time(running: Running) -> None:
    """Fifty thousand empty ones are refused before they are looked at, and kept as they came."""
    answer = post(
        running, f"/in/{TOKEN}", gzip.compress(b"") * 50_000, **{"Content-Encoding": "gzip"}
    )
    assert (answer.status_code, answer.json()["kept"]) == (422, True)


@pytest.mark.parametrize("cut", [slice(0, -9), slice(0, 12), slice(0, 3)])
def test_gzip_that_is_broken_is_kept_as_it_came(running: Running, cut: slice) -> None:
    """In quarantine, with the reason: what authenticates may never come again."""
    body = gzip.compress(account(603))[cut]
    answer = post(running, f"/in/{TOKEN}/account.created", body, **{"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["kept"]) == (422, True)
    assert "is not the gzip that Content-Encoding says" in answer.json()["errors"][0]["message"]
