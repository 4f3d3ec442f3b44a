"""`send`: AOM's samples or a simulated school's traffic, posted as AOM would post them."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path
from random import Random
from typing import Annotated, Any, NoReturn

import httpx
import typer
from rich.progress import Progress
from rich.table import Table

from receiver.aom import EVENTS, read_sample
from receiver.aom.simulated_school import SimulatedSchool, person_of
from receiver.cli.app import app, settings_of
from receiver.cli.command_failure import FOUND, fail_command
from receiver.cli.completion.known_names import complete_event, complete_source
from receiver.cli.options import CONFIG, ConfigOption, JsonOption
from receiver.cli.terminal import err, out, print_json
from receiver.settings import Settings
from receiver.settings.gateway_urls import inbound_url, local_url
from receiver.text.escape import escape_hidden
from receiver.text.plurals import pluralize

CONCURRENCY = 32


@dataclass(frozen=True, slots=True)
class PostedEvent:
    """One call to make, and what was answered (status 0: no answer, and why).

    Posts of one `person` are made one after the other.
    """

    event: str
    body: bytes
    person: str = ""
    status: int = 0
    answer: dict[str, Any] | None = None
    is_unheard: bool = False  # nothing listens there


@app.command()
def send(
    events: Annotated[
        list[str] | None,
        typer.Argument(
            help="Events whose samples to send; all that have one unless given.",
            autocompletion=complete_event,
        ),
    ] = None,
    config: ConfigOption = CONFIG,
    source: Annotated[
        str | None,
        typer.Option(
            help="The source to send as; the first one unless given.",
            autocompletion=complete_source,
        ),
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Another gateway, e.g. https://hooks.springfield.edu.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="Send this payload instead of a sample.")
    ] = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help="Post all of it a second time: a repetition is a duplicate, a state that "
            "returns is not.",
        ),
    ] = False,
    shared: Annotated[
        bool, typer.Option(help="Use the shared URL, which does not name the event.")
    ] = False,
    simulate: Annotated[
        int, typer.Option(help="Send so many events of a simulated school.", min=0)
    ] = 0,
    rate: Annotated[
        float, typer.Option(help="Simulated events per second; 0 is as fast as they go.", min=0)
    ] = 0,
    learners: Annotated[int, typer.Option(help="Learners of the simulated school.", min=1)] = 100,
    seed: Annotated[int, typer.Option(help="The same seed gives the same traffic.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Post AOM's samples, a file, or simulated traffic to a running gateway."""
    settings = settings_of(config)
    gateway = (url or local_url(settings)).rstrip("/")
    base = inbound_url(gateway, _token(settings, source))
    if simulate and again:
        fail_command("--again goes with samples and --file; --simulate sends new events only.")
    if simulate:
        dice = Random(seed)  # noqa: S311 - no secret
        school = SimulatedSchool(dice, learners=learners, at=datetime.now(UTC))
        posts: Iterator[PostedEvent] = (
            PostedEvent(name, json.dumps(payload).encode(), person_of(payload))
            for name, payload in school.events(simulate)
        )
        total = simulate
    else:
        chosen = _choose_events(events, file) * (2 if again else 1)
        posts, total = iter(chosen), len(chosen)
    answered = asyncio.run(_post_all(base, posts, total, shared=shared, rate=rate, quiet=as_json))
    if answered and all(post.is_unheard for post in answered):
        _show_unheard(gateway, answered, as_json=as_json)
    _show_answers(answered, as_json=as_json, single=not simulate)
    if any(post.status not in {200, 202} for post in answered):
        raise typer.Exit(FOUND)


def _token(settings: Settings, source: str | None) -> str:
    if source is None:
        source = next(iter(settings.sources))
    if source not in settings.sources:
        fail_command(
            f"--source: {source!r} is not configured; there are: {', '.join(settings.sources)}"
        )
    return settings.sources[source].tokens[0].get_secret_value()


def _choose_events(events: list[str] | None, file: Path | None) -> list[PostedEvent]:
    names = events or [name for name in EVENTS if read_sample(name)]
    for name in names:
        if name not in EVENTS:
            fail_command(f"{name!r} is not an event; there are: {', '.join(EVENTS)}")
        if file is None and read_sample(name) is None:
            fail_command(
                f"AOM publishes no sample of {name}; give a payload with --file, or use --simulate."
            )
    if file:
        return [PostedEvent(names[0] if events else "", file.read_bytes())]
    return [PostedEvent(name, read_sample(name) or b"") for name in names]


async def _post_all(
    base: str, posts: Iterator[PostedEvent], total: int, *, shared: bool, rate: float, quiet: bool
) -> list[PostedEvent]:
    """Up to CONCURRENCY at once, and each person's in order."""
    answered: list[PostedEvent] = []
    with Progress(
        console=out, disable=quiet or not out.is_terminal or total < CONCURRENCY, transient=True
    ) as progress:
        task = progress.add_task("sending", total=total)
        async with open_client() as http:
            async for batch in _paced(posts, rate):
                groups = [
                    list(group) for _, group in groupby(sorted(batch, key=_person), key=_person)
                ]
                for done in await asyncio.gather(
                    *(_post_in_order(http, base, group, shared=shared) for group in groups)
                ):
                    answered += done
                progress.update(task, completed=len(answered))
    return answered


async def _post_in_order(
    http: httpx.AsyncClient, base: str, posts: list[PostedEvent], *, shared: bool
) -> list[PostedEvent]:
    return [await post_one(http, base, post, shared=shared) for post in posts]


def _person(post: PostedEvent) -> str:
    return post.person


async def _paced(posts: Iterator[PostedEvent], rate: float) -> AsyncIterator[list[PostedEvent]]:
    """Batches of posts, each when its time has come."""
    loop = asyncio.get_running_loop()
    started, sent = loop.time(), 0
    size = CONCURRENCY if rate == 0 else max(1, min(CONCURRENCY, round(rate / 20)))
    while batch := list(islice(posts, size)):
        if rate:
            await asyncio.sleep(max(0.0, started + sent / rate - loop.time()))
        yield batch
        sent += len(batch)


@asynccontextmanager
async def open_client() -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client for a gateway: no proxies, as many connections as posts at once."""
    limits = httpx.Limits(max_connections=CONCURRENCY, max_keepalive_connections=CONCURRENCY)
    async with httpx.AsyncClient(timeout=30, limits=limits, trust_env=False) as http:
        yield http


async def post_one(
    http: httpx.AsyncClient, base: str, post: PostedEvent, *, shared: bool = False
) -> PostedEvent:
    """Post it as AOM would. No answer is an answer too: status 0."""
    url = base if shared or not post.event else f"{base}/{post.event}"
    try:
        response = await http.post(
            url, content=post.body, headers={"Content-Type": "application/json"}
        )
        return replace(post, status=response.status_code, answer=response.json())
    except httpx.ConnectError as error:
        answer = {"detail": f"nothing listens there: {error}"}
        return replace(post, answer=answer, is_unheard=True)
    except httpx.HTTPError as error:
        return replace(post, answer={"detail": f"no answer: {error or type(error).__name__}"})
    except ValueError:
        return replace(
            post,
            status=response.status_code,
            answer={"detail": "the answer is no JSON: is this the gateway?"},
        )


def _show_unheard(gateway: str, posts: Iterable[PostedEvent], *, as_json: bool) -> NoReturn:
    """End the command: nothing was sent, since nobody was there."""
    words = (
        f"Nothing listens at {gateway}, so nothing was sent. Start the gateway with "
        "`aom-gateway serve`, or name another one with --url."
    )
    if not as_json:
        fail_command(words, code=FOUND)
    err.print(escape_hidden(words), markup=False)
    _show_answers(posts, as_json=True, single=True)
    raise typer.Exit(FOUND)


def _show_answers(answered: Iterable[PostedEvent], *, as_json: bool, single: bool) -> None:
    if as_json:
        print_json(
            [
                {"event": post.event, "http_status": post.status, **(post.answer or {})}
                for post in answered
            ]
        )
        return
    table = (
        Table("event", "answer", "what became of it", "id")
        if single
        else Table("event", "answer", "how many")
    )
    if single:
        for post in answered:
            answer = post.answer or {}
            table.add_row(
                answer.get("event") or post.event,
                str(post.status or "-"),
                _summary(answer),
                str(answer.get("id", "")),
            )
    else:
        counts = Counter(
            (post.event, post.status, _summary(post.answer or {}, counted=True))
            for post in answered
        )
        for (event, status, summary), number in sorted(counts.items()):
            table.add_row(event, f"{status or '-'} {summary}", str(number))
    out.print(table)


def _summary(answer: dict[str, Any], *, counted: bool = False) -> str:
    if answer.get("errors"):
        return "in quarantine: " + "; ".join(
            f"{error['path'] or 'the body'}: {error['message']}" for error in answer["errors"]
        )
    if counted:
        return str(answer.get("status") if "deliveries" in answer else answer.get("detail", ""))
    if "deliveries" in answer:
        return f"{answer['status']}, {pluralize(answer['deliveries'], 'delivery', 'deliveries')}"
    return str(answer.get("detail", ""))
