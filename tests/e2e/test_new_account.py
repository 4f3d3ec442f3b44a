"""Another account of the CRM under one connector's name, in the real process."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from receiver.cli import app
from tests.e2e.accounts import HubSpotAccount, configure, hubspot
from tests.e2e.traffic import Post, post_all
from tests.processes import gateway, until

ADA, BEN = "ada@example.edu", "ben@example.edu"


def account(email: str, last_name: str) -> Post:
    return "account.created", {"email": email, "first_name": "A", "last_name": last_name}


def configure_both(directory: Path, now: HubSpotAccount, later: HubSpotAccount) -> Path:
    """Two accounts with all fields; the configuration of the one of now."""
    later.fake.portal.id = now.fake.portal.id + 1
    folders = [directory / "later", directory / "now"]
    for folder in folders:
        folder.mkdir()
    configure(folders[0], later)
    return configure(folders[1], now)


def connect(config: Path, before: HubSpotAccount, now: HubSpotAccount) -> None:
    """The credentials of another account, under the same name."""
    config.write_text(config.read_text().replace(before.fake.url, now.fake.url))


def test_another_account_is_written_to_only_when_that_is_meant(tmp_path: Path) -> None:
    """Nothing goes to it until it is said, and nobody is erased there by an id of the former one;
    then by one command everybody is made there.
    """
    with hubspot() as test, hubspot() as production:
        config = configure_both(tmp_path, test, production)
        with gateway(config) as running:
            post_all(running, [account(ADA, "L")])
            running.wait_until_delivered()
        assert test.contacts().keys() == {ADA}
        connect(config, test, production)
        with gateway(config) as running:
            post_all(running, [account(ADA, "M"), account(BEN, "B")])
            state = until(
                lambda: _paused(running.admin("/api/status")["connectors"]["hubspot"]), "a pause"
            )
            assert f"account {production.fake.portal.id}" in state["reason"]
            assert "new-account hubspot" in state["reason"]
            theirs = production.fake.seed_contact("somebody@example.edu")
            assert theirs == test.contacts()[ADA].id
            answer = CliRunner().invoke(
                app, ["forget", ADA, "--in-crm", "--yes", "-c", str(config)]
            )
            assert answer.exit_code == 1
            assert "another account of the CRM" in answer.output
        assert production.contacts().keys() == {"somebody@example.edu"}
        answer = CliRunner().invoke(app, ["new-account", "hubspot", "--yes", "-c", str(config)])
        assert answer.exit_code == 0, answer.output
        assert "1 record forgotten" in answer.output
        with gateway(config) as running:
            running.wait_until_delivered()
            # what was pending of Ada was given up before she was to be erased
            assert production.contacts().keys() == {BEN, "somebody@example.edu"}
        assert test.contacts()[ADA].writes == 1


def test_an_account_that_is_told_of_too_early_is_not_taken_for_the_next(tmp_path: Path) -> None:
    """Said while the former credentials hold still: what is written after that is known to be of
    the former account, so that nobody in the next one is written by an id of it.
    """
    with hubspot() as test, hubspot() as production:
        config = configure_both(tmp_path, test, production)
        strangers = [production.fake.seed_contact(f"{n}@example.edu") for n in range(2)]
        with gateway(config) as running:
            post_all(running, [account(ADA, "L")])
            running.wait_until_delivered()
            told = CliRunner().invoke(app, ["new-account", "hubspot", "--yes", "-c", str(config)])
            assert "1 record forgotten" in told.output
            post_all(running, [account(BEN, "B")])
            running.wait_until_delivered()
        assert test.contacts()[BEN].id in strangers
        connect(config, test, production)
        with gateway(config) as running:
            post_all(running, [account(BEN, "C")])
            state = until(
                lambda: _paused(running.admin("/api/status")["connectors"]["hubspot"]), "a pause"
            )
            assert "another account of the CRM" in state["reason"]
        assert {one.writes for one in production.contacts().values()} == {0}


def test_a_sandbox_becomes_a_crm_by_itself(tmp_path: Path) -> None:
    """Its records have no ids that a CRM knows: people are made there with their next event."""
    with hubspot("crm") as real:
        config = configure(tmp_path, real)
        text = config.read_text()
        start, end = text.index("[connectors.crm]"), text.index("mapping =")
        config.write_text(text[:start] + '[connectors.crm]\ntype = "sandbox"\n' + text[end:])
        with gateway(config) as running:
            post_all(running, [account(ADA, "L")])
            running.wait_until_delivered()
        config.write_text(text)
        with gateway(config) as running:
            post_all(running, [account(ADA, "M")])
            running.wait_until_delivered()
        assert real.contacts().keys() == {ADA}


def _paused(state: dict[str, object]) -> dict[str, object] | None:
    return state if state["state"] == "paused" else None
