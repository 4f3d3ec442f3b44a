"""The page for one machine, followed to the letter on a bare Debian that systemd boots.

It takes minutes, root, debootstrap and systemd-nspawn: `make machine` runs it, the suite does not.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.tools import DEPLOY, tool

ROOT = DEPLOY.parent
PAGE = ROOT / "docs/operators/one_machine.md"
PACKAGES = "ca-certificates,dbus,systemd,systemd-sysv"
BUILD = ("hatchling", "editables", "pip>=25.1")  # what `make install` needs beside constraints.txt
LONGEST = 1200.0
UNIT = """
[Unit]
After=network-online.target

[Service]
Type=oneshot
ExecStart=/bin/bash -eux /srv/follow.sh
ExecStopPost=/bin/systemctl --no-block poweroff
StandardOutput=append:/srv/out.log
StandardError=append:/srv/out.log

[Install]
WantedBy=multi-user.target
"""
# before the service is asked anything it has had the time to start
WAIT = "curl --silent --fail --retry 60 --retry-all-errors --retry-delay 1 127.0.0.1:8080/readyz"
ACTIVE = "timeout 60 sh -c 'until systemctl is-active --quiet aom-gateway caddy; do sleep 1; done'"
COUNT = "runuser -u aom-gateway -- aom-gateway events --json > /srv/{}.json"


def commands() -> Iterator[str]:
    """Those of the page, but for the upgrade, for which there is nothing newer."""
    text = PAGE.read_text("utf-8").partition("## Upgrade")[0]
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        yield block.replace("<this repository>", "/srv/repository")


def test_every_block_is_a_script_that_bash_reads() -> None:
    """Also where the machine is not started."""
    blocks = list(commands())
    assert len(blocks) >= 6
    for block in blocks:
        subprocess.run(["bash", "-n", "-c", block], check=True)


@pytest.mark.skipif("AOM_MACHINE" not in os.environ, reason="it takes minutes: `make machine`")
def test_the_page_ends_with_a_service_that_outlives_a_restart(tmp_path: Path) -> None:
    """Installed, started, behind Caddy, backed up, restored, and there again after a reboot."""
    machine = tmp_path / "machine"
    subprocess.run([tool("debootstrap"), "--variant=minbase", f"--include={PACKAGES}", "bookworm",
                    machine], check=True, stdout=subprocess.DEVNULL)  # fmt: skip
    srv = machine / "srv"
    subprocess.run(["git", "clone", "--quiet", "--bare", ROOT, srv / "repository"], check=True)
    download(srv / "wheels")
    (machine / "etc/pip.conf").write_text("[global]\nno-index = true\nfind-links = /srv/wheels\n")
    (machine / "etc/systemd/system/follow.service").write_text(UNIT)
    wanted = machine / "etc/systemd/system/multi-user.target.wants"
    (wanted / "follow.service").symlink_to("/etc/systemd/system/follow.service")

    boot(machine, [*commands(), WAIT, COUNT.format("before")])
    boot(machine, ["cd /var/lib/aom-gateway", WAIT, ACTIVE,
                   COUNT.format("after"), "systemctl reload aom-gateway",
                   "curl --silent --fail --output /dev/null 127.0.0.1:8080/healthz"])  # fmt: skip
    before, after = ((srv / f"{name}.json").read_text() for name in ("before", "after"))
    assert before == after
    assert "account.created" in after


def download(wheels: Path) -> None:
    """What pip would fetch, for the Python of that Debian."""
    fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(wheels),
             "--python-version", "3.11", "--only-binary", ":all:"]  # fmt: skip
    constraints = ["--constraint", str(ROOT / "constraints.txt")]
    subprocess.run([*fetch, *constraints, f"{ROOT}[postgres]"], check=True)
    subprocess.run([*fetch, *BUILD], check=True)


def boot(machine: Path, script: list[str]) -> None:
    """Let systemd boot it, run the script there and power off."""
    srv = machine / "srv"
    done = srv / "done"
    done.unlink(missing_ok=True)
    (srv / "follow.sh").write_text("\n".join(["cd /", *script, "touch /srv/done"]) + "\n")
    command = [tool("systemd-nspawn"), "--directory", str(machine), "--register=no", "--keep-unit",
               "--resolv-conf=copy-host", "--boot"]  # fmt: skip
    subprocess.run(command, timeout=LONGEST, check=False, capture_output=True)
    out = srv / "out.log"
    assert done.exists(), out.read_text("utf-8", "replace") if out.exists() else "it did not boot"
