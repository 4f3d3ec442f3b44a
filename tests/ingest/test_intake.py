"""The table of answers, case by case, against the real process over real sockets."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from receiver.aom import read_sample
from tests.ingest.calls import ACCOUNT, ANNOUNCED, SECOND_TOKEN, account, kept, padded, post
from tests.processes import TOKEN, Running, gateway, write_config


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(write_config(tmp_path_factory.mktemp("intake"), ANNOUNCED)) as running:
        yield running


def test_accepted(running: Running) -> None:
    """A recognised event is answered 202 with its id, its name and its deliveries."""
    answer = post(running, f"/in/{TOKEN}", account(1))
    assert answer.status_code == 202
    body = answer.json()
    assert body == {
        "id": body["id"],
        "event": "account.created",
        "status": "accepted",
        "deliveries": 1,
    }


def test_accepted_where_no_route_wants_it(running: Running) -> None:
    """An event without a route is kept, with no delivery."""
    answer = post(
        running, f"/in/{TOKEN}/announcement.created", read_sample("announcement.created") or b""
    )
    assert (answer.status_code, answer.json()["deliveries"]) == (202, 0)


def test_duplicate(running: Running) -> None:
    """The same content again is 200 with the first id; another order of keys and other white space
    is the same content.
    """
    first = post(running, f"/in/{TOKEN}", account(2)).json()
    reordered = json.dumps(dict(reversed(json.loads(account(2)).items())), indent=1).encode()
    for body in (account(2), reordered):
        answer = post(running, f"/in/{TOKEN}", body)
        assert answer.status_code == 200
        assert (answer.json()["status"], answer.json()["id"]) == ("duplicate", first["id"])


@pytest.mark.parametrize(
    ("path", "body", "fault"),
    [
        ("", b"not json", ""),
        ("", b'{"hello": "world"}', ""),
        ("/order.eaten", ACCOUNT, "url"),
        (
            "/account.created",
            b'{"id": 7, "email": "nobody", "date_registered": "Aug 11, 2020 04:58 PM"}',
            "email",
        ),
        (
            "/order.placed",
            b'{"id": 7, "status": "COMPLETED", "line_items": [], "customer": {"id": 1}}',
            "customer.email",
        ),
    ],
    ids=["not JSON", "unknown shape", "unknown event name", "schema fault", "nested schema fault"],
)
def test_quarantined(running: Running, path: str, body: bytes, fault: str) -> None:
    """What cannot be delivered is kept and answered 422 as a problem with a path and a message per
    fault.
    """
    answer = post(running, f"/in/{TOKEN}{path}", body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["kept"] is True
    assert fault in [error["path"] for error in problem["errors"]]
    assert all(error["message"] for error in problem["errors"])
    kept = running.admin(f"/api/events/{problem['id']}")
    assert kept["state"] == "quarantined"


def test_quarantined_with_a_lenient_status(running: Running) -> None:
    """A source may have AOM answered 202 for what is kept in quarantine; the body says the same."""
    answer = post(running, "/in/lenient-token-of-the-tests", b"[]")
    assert answer.status_code == 202
    assert (answer.headers["content-type"], answer.json()["kept"]) == (
        "application/problem+json",
        True,
    )


def test_quarantined_twice_is_kept_once(running: Running) -> None:
    """The same refused content again gets the same id."""
    first, second = (post(running, f"/in/{TOKEN}", b'{"a": "b"}') for _ in range(2))
    assert (first.status_code, second.status_code) == (422, 422)
    assert first.json()["id"] == second.json()["id"]


def test_same_content_of_two_sources(running: Running) -> None:
    """Duplicates are told apart by source: two schools may send the same."""
    assert post(running, f"/in/{TOKEN}", account(4)).status_code == 202
    assert post(running, f"/in/{SECOND_TOKEN}", account(4)).status_code == 202


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "text/plain", "application/x-www-form-urlencoded", "nonsense"],
)
def test_any_content_type(running: Running, content_type: str) -> None:
    """The content type does not matter if the body is JSON."""
    body = account(100 + len(content_type))
    assert post(running, f"/in/{TOKEN}", body, **{"Content-Type": content_type}).status_code == 202


@pytest.mark.parametrize("chunked", [False, True])
def test_too_large(running: Running, chunked: bool) -> None:
    """A body over the limit is 413, announced or not, and is not kept."""
    big = b'{"a": "' + b"x" * 2 * 1024 * 1024 + b'"}'
    before = kept(running)
    content = iter([big[:1000], big[1000:]]) if chunked else big
    try:
        answer = httpx.post(
            f"{running.url}/in/{TOKEN}", content=content, trust_env=False, timeout=30
        )
        assert answer.status_code == 413
    except httpx.WriteError:
        assert chunked  # the connection was closed on the rest of a body that was refused
    assert kept(running) == before
    assert (
        'requests_turned_away_total{reason="too_large"}'
        in httpx.get(running.url + "/metrics", trust_env=False).text
    )


HOSTILE = {
    "empty": b"",
    "NUL": b"\0",
    "NUL in a string": (
        b'{"id": 1, "email": "a@b.edu", "date_registered": "x", "first_name": "a\\u0000b"}'
    ),
    "raw NUL in a string": b'{"id": 1, "email": "a\0@b.edu"}',
    "lone surrogate": (
        b'{"id": 1, "email": "a@b.edu", "date_registered": "x", "first_name": "\\ud800"}'
    ),
    "lone surrogate as a key": (
        b'{"\\udfff": 1, "id": 1, "email": "a@b.edu", "date_registered": "x"}'
    ),
    "deep brackets": b"[" * 10_000,
    "deep brackets, closed": b"[" * 10_000 + b"]" * 10_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "NaN": b'{"id": NaN, "email": "a@b.edu", "date_registered": "x"}',
    "Infinity": (
        b'{"id": 1, "status": "COMPLETED", "order_total": -Infinity, '
        b'"line_items": [], "customer": {"email": "a@b.edu"}}'
    ),
    "huge number": b'{"id": ' + b"9" * 400 + b', "email": "a@b.edu", "date_registered": "x"}',
    "huge amount": b'{"id": 1, "status": "COMPLETED", "order_total": '
    + b"9" * 400
    + b', "line_items": [], "customer": {"email": "h@b.edu"}}',
    "huge exponent": (
        b'{"id": 2, "status": "COMPLETED", "order_total": 1e999999999, '
        b'"line_items": [], "customer": {"email": "h@b.edu"}}'
    ),
    "huge text": (
        b'{"id": 3, "status": "COMPLETED", "order_total": "1e999999999", '
        b'"line_items": [], "customer": {"email": "x@b.edu"}}'
    ),
    "duplicate keys": (
        b'{"id": 1, "id": 2, "email": "dup@b.edu", "email": "dup2@b.edu", "date_registered": "x"}'
    ),
    "invalid UTF-8": b'{"id": 1, "email": "a@b.edu", "first_name": "\xff\xfe"}',
    "UTF-16": '{"id": 1}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"id": 1, "email": "bom@b.edu", "date_registered": "x"}',
    "a number": b"1",
    "a string": b'"x"',
    "null": b"null",
    "true": b"true",
    "list of events": b'[{"id": 1}]',
    "wrong types": b'{"id": {}, "email": [], "date_registered": {"a": 1}}',
    "wrong types, order": (
        b'{"id": [], "status": {}, "line_items": "x", "customer": "y", "order_total": {}}'
    ),
    "people that are none": b'{"userList": [1, null, "x", []], "enrolled_courses_list": [null]}',
    "half a body": b'{"id": 1, "email": "a@b.edu"',
    "long strings": json.dumps(
        {"id": 1, "email": "a" * 100_000 + "@b.edu", "date_registered": "x" * 100_000}
    ).encode(),
    "many keys": json.dumps(
        {f"k{n}": n for n in range(20_000)} | {"id": 1, "email": "m@b.edu", "date_registered": "x"}
    ).encode(),
    "2 MiB": b"[" + b"1," * 1024 * 1024 + b"1]",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize(
    "path",
    [
        "",
        "/account.created",
        "/order.placed",
        "/course.enrolled",
        "/%00",
        "/%ED%A0%80",
        "/" + "x" * 3000,
    ],
)
def test_hostile_bodies(running: Running, body: bytes, path: str) -> None:
    """Nothing that a sender can send is an error of ours; what is accepted is delivered or dies
    with a reason.
    """
    answer = post(running, f"/in/{TOKEN}{path}", body)
    assert answer.status_code in {200, 202, 413, 422}, answer.text
    if answer.status_code == 422:
        assert answer.json()["errors"]
        assert running.admin(f"/api/events/{answer.json()['id']}")["state"] == "quarantined"


def test_hostile_bodies_do_not_stop_deliveries(running: Running) -> None:
    """After all that, the gateway still delivers."""
    assert post(running, f"/in/{TOKEN}", account(8)).status_code == 202
    running.wait_until_delivered()
    assert "learner8@example.edu" in {
        record["key"] for record in running.records("sandbox", "contact")
    }


def test_a_length_of_thousands_of_digits(running: Running) -> None:
    """A number that Python would not read is compared all the same: leading zeros mean nothing, a
    huge one is too large.
    """
    host, port = running.url.removeprefix("http://").split(":")
    for length, status in (("0" * 5000 + "2", b"422"), ("9" * 19, b"413")):
        with socket.create_connection((host, int(port)), timeout=30) as sender:
            sender.sendall(
                f"POST /in/{TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: "
                f"{length}\r\n\r\n{{}}".encode()
            )
            assert sender.recv(1000).split()[1] == status


def test_sender_that_goes_away(running: Running) -> None:
    """A body that is cut off is not kept and does no harm."""
    host, port = running.url.removeprefix("http://").split(":")
    before = kept(running)
    with socket.create_connection((host, int(port))) as sender:
        sender.sendall(
            f"POST /in/{TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{{".encode()
        )
    assert kept(running) == before
    assert post(running, f"/in/{TOKEN}", account(9)).status_code == 202


def test_full_disk_is_503_and_recovers(tmp_path: Path) -> None:
    """Where the store cannot be written the answer is 503 with Retry-After; when there is room
    again, so are accepts.
    """
    config = write_config(tmp_path)
    with gateway(config, prefix=["prlimit", f"--fsize={4 * 1024 * 1024}:unlimited"]) as running:
        answers = [post(running, f"/in/{TOKEN}", padded(number, 200_000)) for number in range(30)]
        while answers[-1].status_code == 202 or len(answers) < 40:
            answers.append(post(running, f"/in/{TOKEN}", padded(len(answers), 2000)))
            assert len(answers) < 400
        refused = answers[-1]
        assert (refused.status_code, refused.headers["retry-after"], refused.json()["kept"]) == (
            503,
            "10",
            False,
        )
        assert httpx.get(running.url + "/readyz", trust_env=False).status_code == 503
        subprocess.run(["prlimit", f"--pid={running.process.pid}", "--fsize=unlimited"], check=True)
        assert post(running, f"/in/{TOKEN}", account(1000)).status_code == 202
        assert httpx.get(running.url + "/readyz", trust_env=False).status_code == 200
        answered = {answer.json()["id"] for answer in answers if answer.status_code == 202}
        assert answered <= {item["id"] for item in running.admin("/api/events?limit=500")["items"]}
