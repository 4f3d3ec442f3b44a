"""What is read of an answer, and what of one that does not end, or is packed."""

from __future__ import annotations

import asyncio
import gzip
import zlib

import pytest

from connectors.base import AuthFailed, ConnectorError, Unavailable
from connectors.http import Json, answers
from tests.connectors.http.scripted import Answer, api, says, served

MIB = 1024**2


def ask(answer: Answer) -> Json:
    """Give what a call gives where the server answers so."""

    async def main() -> Json:
        async with served(answer) as server, api(server.url) as crm:
            return await crm.call("GET", "people")

    return asyncio.run(main())


def fault(answer: Answer) -> ConnectorError:
    """Give what such a call raises."""
    with pytest.raises(ConnectorError) as caught:
        ask(answer)
    return caught.value


def packed(megabytes: int, times: int = 1) -> bytes:
    """Pack so many megabytes of blanks, and what comes of it again."""
    packer = zlib.compressobj(9, wbits=31)
    body = b"".join(packer.compress(b" " * MIB) for _ in range(megabytes)) + packer.flush()
    for _ in range(times - 1):
        body = gzip.compress(body)
    return body


def test_an_answer_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor kept: no answer fills the memory."""
    monkeypatch.setattr(answers, "LARGEST_ANSWER", MIB)
    assert "larger than 1 MiB" in str(fault(says(200, b"1" * (MIB + 1))))
    assert type(fault(says(401, b"1" * (MIB + 1)))) is AuthFailed


def test_a_packed_answer_is_unpacked() -> None:
    """The connector asks for gzip."""
    body = gzip.compress(b'{"id": 7}')
    assert ask(says(200, body, Content_Encoding="gzip")) == {"id": 7}
    assert ask(says(200, b"", Content_Encoding="gzip")) is None


def test_no_more_is_unpacked_than_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred kilobytes can hold a hundred megabytes."""
    monkeypatch.setattr(answers, "LARGEST_ANSWER", MIB)
    unpacked: list[int] = []
    gunzip = answers.Gunzip.__call__

    def counted(self: answers.Gunzip, chunk: bytes, most: int) -> bytes:
        part = gunzip(self, chunk, most)
        unpacked.append(len(part))
        return part

    monkeypatch.setattr(answers.Gunzip, "__call__", counted)
    assert "larger than 1 MiB" in str(fault(says(200, packed(100), Content_Encoding="gzip")))
    assert sum(unpacked) == MIB + 1


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (packed(1, times=2), "gzip, gzip"),
        (b"{}", "br"),
        (b"{}", "gzip"),
        (gzip.compress(b'{"id": 7}')[:-9], "gzip"),
    ],
    ids=["packed twice", "not asked for", "not packed", "cut"],
)
def test_what_cannot_be_unpacked_is_no_answer(body: bytes, encoding: str) -> None:
    """It is neither taken for an empty one nor for the record's fault."""
    assert type(fault(says(200, body, Content_Encoding=encoding))) is Unavailable
