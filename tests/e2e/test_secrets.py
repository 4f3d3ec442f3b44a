"""A CRM that repeats the token in its answer, through the real process: nobody reads it
anywhere.
"""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.fakes.server import Request, Response, Server
from tests.processes import ADMIN_TOKEN, TOKEN, Running, gateway, until, write_config

SECRET = "pat-na1-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
ACCOUNT = {
    "id": 1,
    "first_name": "Ada",
    "last_name": "Byron",
    "email": "ada@example.edu",
    "date_registered": "Aug 11, 2020 04:58 PM",
}


async def repeat(request: Request) -> Response:
    """Refuse the token, in words that hold it whole and in part."""
    given = request.headers["authorization"]
    said = f"the header '{given}' ({given[7:30]}...) is not known"
    return Response(401, {"status": "error", "category": "INVALID_AUTHENTICATION", "message": said})


def hubspot(url: str) -> str:
    return (
        f'[connectors.hubspot]\ntype = "hubspot"\naccess_token = "{SECRET}"\nbase_url = '
        f'"{url}"\nmapping = "standard"\n'
    )


def shown(running: Running, id: str) -> str:
    """All that the gateway shows of it."""
    with httpx.Client(
        base_url=running.url, trust_env=False, headers={"Authorization": f"Bearer {ADMIN_TOKEN}"}
    ) as client:
        paths = (
            "/readyz",
            "/metrics",
            "/api/status",
            f"/api/events/{id}",
            "/api/people/ada@example.edu",
        )
        return "\n".join(client.get(path).text for path in paths)


def test_a_repeated_token_is_read_nowhere(tmp_path: Path) -> None:
    """Neither in `/readyz` and the API, nor in the log, nor in the store."""
    with Server(repeat) as crm, gateway(write_config(tmp_path, hubspot(crm.url))) as running:
        kept = httpx.post(
            f"{running.url}/in/{TOKEN}/account.created", json=ACCOUNT, trust_env=False
        ).json()
        until(lambda: "connector.paused" in running.log.read_text(), "the connector is paused")
        said = shown(running, kept["id"])
        assert "is not known" in said
        assert running.terminate() == 0
    files = [
        path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith("aom-gateway.db")
    ]
    everything = [said.encode(), running.log.read_bytes(), *files]
    assert [
        part
        for part in (SECRET, SECRET[:15], SECRET[10:22])
        if any(part.encode() in one for one in everything)
    ] == []
