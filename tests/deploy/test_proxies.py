"""Caddy and nginx before a gateway: what they let through, and what they write down."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cli.test_operating import account
from tests.deploy.tools import DEPLOY, tool
from tests.processes import TOKEN, free_port, gateway, until, write_config

NOT_FOR_ALL = [
    "/",
    "/console",
    "/console/",
    "/console/sign-in",
    "/console/static",
    "/console/static/../sign-in",
    "/console/static/..%2Fsign-in",
    "/console/static/%2e%2e/sign-in",
    "/problems/../console/sign-in",
    "/api/status",
    "/metrics",
    "/healthz",
    "/readyz",
    "/openapi.json",
]
Proxy = Callable[[str, Path], AbstractContextManager[tuple[str, Path]]]
NGINX = """
pid {directory}/nginx.pid;
error_log {directory}/error.log;
daemon off;
master_process off;
events {{}}
http {{
    log_format aom '{format}';
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 404; }}
        include {directory}/aom-gateway.conf;
    }}
}}
"""


@contextmanager
def caddy(upstream: str, directory: Path) -> Iterator[tuple[str, Path]]:
    port, log = free_port(), directory / "caddy.log"
    env = {
        **os.environ,
        "AOM_GATEWAY_SITE": f"http://127.0.0.1:{port}",
        "AOM_GATEWAY_UPSTREAM": upstream,
        "XDG_DATA_HOME": str(directory),
        "XDG_CONFIG_HOME": str(directory),
    }
    file = directory / "Caddyfile"
    text = (DEPLOY / "caddy/Caddyfile").read_text("utf-8")
    file.write_text(text.replace("{\n\tlog {", "{\n\tadmin off\n\tlog {", 1), "utf-8")
    command = [tool("caddy"), "run", "--config", str(file), "--adapter", "caddyfile"]
    with serving(command, port, log, env=env):
        yield f"http://127.0.0.1:{port}", log


@contextmanager
def nginx(upstream: str, directory: Path) -> Iterator[tuple[str, Path]]:
    port, log = free_port(), directory / "access.log"
    snippet = (DEPLOY / "nginx/aom-gateway.conf").read_text("utf-8")
    (format,) = re.findall(r"log_format aom '(.*)';", snippet)
    (directory / "aom-gateway.conf").write_text(
        snippet.replace("127.0.0.1:8080", upstream)
        .replace("/var/log/nginx/aom-gateway.log", str(log))
        .replace("/var/log/nginx/error.log", str(directory / "location.log"))
    )
    config = directory / "nginx.conf"
    config.write_text(NGINX.format(directory=directory, port=port, format=format))
    command = [tool("nginx"), "-c", str(config), "-p", str(directory)]
    with serving(command, port, directory / "out.log"):
        yield f"http://127.0.0.1:{port}", log


@contextmanager
def serving(
    command: list[str], port: int, log: Path, env: dict[str, str] | None = None
) -> Iterator[None]:
    with log.open("wb") as out, subprocess.Popen(command, env=env, stdout=out, stderr=out) as proxy:
        try:
            until(lambda: proxy.poll() is not None or answers(port), "the proxy listens")
            assert proxy.poll() is None, log.read_text()
            yield
        finally:
            proxy.terminate()


def answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=30)
    except httpx.TransportError:
        return False
    return True


@pytest.mark.parametrize("proxy", [caddy, nginx])
def test_what_aom_calls_comes_through_and_nothing_else(proxy: Proxy, tmp_path: Path) -> None:
    """No log has the token, not even of a call that found no gateway."""
    config = write_config(tmp_path)
    body = json.dumps(account("ann@example.edu"))
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    with gateway(config) as running:
        upstream = running.url.removeprefix("http://")
        with proxy(upstream, tmp_path) as (url, log), client(url) as http:
            assert http.post(f"/in/{TOKEN}/account.created", content=body).status_code == 202
            assert http.post("/events/account.created", content=body, headers=bearer).is_success
            assert http.post("/events", content=body, headers=bearer).is_success
            assert "address" in http.get(f"/in/{TOKEN}").text
            for path in NOT_FOR_ALL:
                assert http.get(path).status_code == 404, path
            assert http.get("/internal").status_code == 404
            assert http.post("/in/../api/reload").status_code == 404
            assert http.post(f"/in/{TOKEN}", content=b"1" * 1_000_000).status_code == 422
            # Caddy says 502 where the gateway has answered before the body's end
            too_large = http.post(f"/in/{TOKEN}", content=b"1" * 1_200_000)
            assert too_large.status_code in (413, 502)
            running.process.kill()
            running.process.wait()
            assert http.post(f"/in/{TOKEN}", content=body).status_code == 502
            until(lambda: "502" in log.read_text(), "the log has the last call")
    written = [path for path in tmp_path.glob("*.log") if TOKEN in path.read_text("utf-8")]
    assert written == []


@pytest.mark.parametrize("proxy", [caddy, nginx])
def test_the_page_to_which_an_answer_links_comes_through(proxy: Proxy, tmp_path: Path) -> None:
    """With its style and script, which browsers and proxies may keep; nobody signs in for them."""
    with (
        gateway(write_config(tmp_path)) as running,
        proxy(running.url.removeprefix("http://"), tmp_path) as (url, _),
        client(url) as http,
    ):
        answer = http.post(f"/in/{TOKEN}", content=b"no JSON")
        assert answer.status_code == 422
        page = http.get(answer.links["help"]["url"])
        assert page.status_code == 200
        assert "What helps" in page.text
        assert http.get("/problems").status_code == 200
        files = re.findall(r'(?:href|src)="(/console/static/[^"]+)"', page.text)
        assert {Path(one.partition("?")[0]).suffix for one in files} == {".svg", ".css", ".js"}
        for file in files:
            kept = http.get(file)
            assert kept.status_code == 200, file
            assert "public" in kept.headers["cache-control"], file
            assert "set-cookie" not in kept.headers, file


def client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, trust_env=False, timeout=60)
