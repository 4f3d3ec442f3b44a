"""`demo`: the whole way on this machine: a gateway with a sandbox CRM, AOM's events posted to it,
and what the CRM holds then.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Annotated, Any

import httpx
import typer
import uvloop
from rich.table import Column, Table

from receiver.aom import EVENTS, read_sample
from receiver.aom.simulated_school import SimulatedSchool
from receiver.cli.app import app
from receiver.cli.command_failure import FOUND, fail_command
from receiver.cli.commands.send import PostedEvent, open_client, post_one
from receiver.cli.terminal import out
from receiver.server.http_server import serve_gateway
from receiver.settings import Settings, load_settings
from receiver.settings.gateway_urls import inbound_url, local_url
from receiver.settings.private_files import write_private
from receiver.telemetry import set_up_logs

PORT = 8080
SETTLED_WITHIN = 60.0  # seconds; far more than it takes


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End when all is delivered.")] = False,
    port: Annotated[
        int | None,
        typer.Option(help=f"The port to listen on; {PORT}, or a free one where that is taken."),
    ] = None,
) -> None:
    """Start a gateway with a sandbox CRM, send every AOM event, and show the contacts and deals
    that come of it.
    """
    with tempfile.TemporaryDirectory(prefix="aom-gateway-demo-") as directory:
        settings = _settings(Path(directory), port or _free_port())
        set_up_logs("warning")
        try:
            complete = uvloop.run(_demonstrate(settings, once=once))
        except OSError as error:
            fail_command(
                f"Cannot listen on port {settings.server.port}: {error.strerror or error}", code=1
            )
    if not complete:
        fail_command(
            f"Not everything was delivered within {SETTLED_WITHIN:.0f} seconds.", code=FOUND
        )


def _settings(directory: Path, port: int) -> Settings:
    config = directory / "config.toml"
    text = f"""
[server]
port = {port}
admin_token = "{secrets.token_urlsafe(24)}"

[store]
url = "sqlite:///{directory}/aom-gateway.db"

[sources.demo]
tokens = ["{secrets.token_urlsafe(24)}"]
timezone = "America/New_York"

[connectors.sandbox]
type = "sandbox"
mapping = "standard"
"""
    write_private(config, text)
    return load_settings(config)


def _free_port() -> int:
    for port in (PORT, 0):
        try:
            with socket.create_server(("127.0.0.1", port)) as probe:
                return int(probe.getsockname()[1])
        except OSError:
            continue
    return PORT


async def _demonstrate(settings: Settings, *, once: bool) -> bool:
    """Serve and, beside it, be AOM and the operator. True when all that was sent was delivered."""
    ready = asyncio.Event()
    serving = asyncio.create_task(serve_gateway(settings, ready.set))
    tour = asyncio.create_task(_tour(settings, ready, keep_running=not once))
    await asyncio.wait({serving, tour}, return_when=asyncio.FIRST_COMPLETED)
    if tour.done():
        complete = tour.result()
        if not once:
            await serving
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        return complete
    tour.cancel()
    serving.result()
    return True


async def _tour(settings: Settings, ready: asyncio.Event, *, keep_running: bool) -> bool:
    await ready.wait()
    posts = _posts()
    async with open_client() as http:
        operator = DemoOperator(http, settings)
        base = inbound_url(
            local_url(settings), settings.sources["demo"].tokens[0].get_secret_value()
        )
        out.print(
            f"Sending {len(posts)} events to the gateway at {local_url(settings)} …", markup=False
        )
        answered = [await post_one(http, base, post) for post in posts]
        complete = await operator.wait_until_settled(SETTLED_WITHIN)
        _show_answers(answered)
        for name, columns in (("contact", _CONTACT), ("deal", _DEAL)):
            _show_records(name, await operator.records(name), columns)
    complete = complete and all(post.status == 202 for post in answered)  # noqa: PLR2004 - accepted
    if keep_running:
        out.print(f"\nRunning until Ctrl-C. Post events to {base}", markup=False)
        out.print(
            f"What the CRM holds: {local_url(settings)}/console/connectors/sandbox/records",
            markup=False,
        )
        token = settings.server.admin_token
        out.print(
            f"Console: {local_url(settings)}/console, sign in with "
            f"{token.get_secret_value() if token else ''}",
            markup=False,
        )
    return complete


def _posts() -> list[PostedEvent]:
    """AOM's own samples, then a school's tour through all events."""
    samples = [PostedEvent(name, body) for name in EVENTS if (body := read_sample(name))]
    school = SimulatedSchool(Random(7), learners=5, at=datetime.now(UTC))  # noqa: S311 - no secret
    return samples + [
        PostedEvent(name, json.dumps(payload).encode()) for name, payload in school.tour()
    ]


@dataclass(frozen=True, slots=True)
class DemoOperator:
    """Stands in for an operator: asks the demo's gateway over its admin API."""

    http: httpx.AsyncClient
    settings: Settings

    async def get(self, path: str, **query: str | int) -> dict[str, Any]:
        token = self.settings.server.admin_token
        headers = {"Authorization": f"Bearer {token.get_secret_value() if token else ''}"}
        response = await self.http.get(
            local_url(self.settings) + path, params=query, headers=headers
        )
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer

    async def wait_until_settled(self, seconds: float) -> bool:
        """True once nothing is pending; False if that takes longer, or something was refused."""
        deadline = asyncio.get_running_loop().time() + seconds
        while (status := await self.get("/api/status"))["pending"]:
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(0.05)
        return not status["dead"]

    async def records(self, object_name: str) -> list[dict[str, Any]]:
        answer = await self.get(f"/api/connectors/sandbox/records/{object_name}", limit=100)
        items: list[dict[str, Any]] = answer["items"]
        return sorted(items, key=lambda item: str(item["key"]))


_CONTACT = ("firstname", "lastname", "last_activity", "last_course")
_DEAL = ("dealname", "amount", "currency", "dealstage")


def _show_answers(answered: list[PostedEvent]) -> None:
    table = Table(
        "event",
        "recognised by URL as",
        "answer",
        "deliveries",
        title="What AOM sent",
        title_justify="left",
    )
    for post in answered:
        answer = post.answer or {}
        table.add_row(
            post.event,
            str(answer.get("event")),
            f"{post.status} {answer.get('status', '')}",
            str(answer.get("deliveries", "")),
        )
    out.print(table)


def _show_records(name: str, records: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    table = Table(
        Column("key", no_wrap=True),
        *columns,
        "linked to",
        "writes",
        title=f"{name}s in the sandbox CRM",
        title_justify="left",
    )
    for record in records:
        links = ", ".join(
            link if isinstance(link, str) else f"{link['key']}" for link in record["links"]
        )
        table.add_row(
            record["key"],
            *(str(record["fields"].get(column, "")) for column in columns),
            links,
            str(record["writes"]),
        )
    out.print(table)
