"""[alerts]: where alarms go."""

from __future__ import annotations

from pathlib import Path

import pytest

from receiver.settings import Alerts
from tests.settings.configs import MINIMAL, faults_of, loaded

URL = "https://hooks.slack.com/services/T000/B000/XXXX"


def test_without_the_table_there_are_no_alarms(tmp_path: Path) -> None:
    """And with an empty URL neither: the variable of a test system may be empty."""
    assert loaded(tmp_path, MINIMAL).alerts is None
    alerts = loaded(tmp_path, f'{MINIMAL}\n[alerts]\nurl = "${{SLACK_WEBHOOK:-}}"').alerts
    assert alerts
    assert alerts.url is None


def test_the_address_and_the_headers_are_secrets(tmp_path: Path) -> None:
    """No log line, and no printed settings, hold them; the path alone neither."""
    settings = loaded(
        tmp_path,
        f'{MINIMAL}\n[alerts]\nurl = "${{SLACK_WEBHOOK}}"\nheaders = {{ Authorization = '
        f'"Bearer ${{TOKEN}}" }}',
        {"SLACK_WEBHOOK": URL, "TOKEN": "a-long-token"},
    )
    assert {URL, "/services/T000/B000/XXXX", "Bearer a-long-token"} <= settings.secrets()
    assert "XXXX" not in repr(settings)
    assert "a-long-token" not in repr(settings)


def test_several_addresses(tmp_path: Path) -> None:
    """By their places; empty ones, as of a variable that is not set on a test system, are none."""
    text = f'{MINIMAL}\n[alerts]\nurl = "{URL}"\nurls = ["", "json://localhost/a-long-path"]'
    alerts = loaded(tmp_path, text).alerts
    assert alerts
    assert alerts.targets() == {"alerts.url": URL, "alerts.urls[0]": "json://localhost/a-long-path"}
    alone = loaded(tmp_path, f'{MINIMAL}\n[alerts]\nurls = ["${{MAIL:-}}"]').alerts
    assert alone
    assert alone.targets() == {}


def test_a_short_path_is_no_secret(tmp_path: Path) -> None:
    """Or every slash of the log would be cut out."""
    assert not loaded(tmp_path, f'{MINIMAL}\n[alerts]\nurl = "http://127.0.0.1:9/"').secrets() & {
        "/",
        "",
    }


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("", "alerts.url", "is missing"),
        (
            'url = "hooks.slack.com/services"',
            "alerts.url",
            "is no web address; write one like https://hooks.slack.com/",
        ),
        ('url = "ftp://x/y"', "alerts.url", "is no web address"),
        ('url = "https://x/a b"', "alerts.url", "is no web address"),
        ('urls = ["foo://x/y"]', "alerts.urls[0]", "that Apprise understands"),
        ('urls = ["https://x/a b"]', "alerts.urls[0]", "is no web address"),
        (f'url = "{URL}"\nsecret = "whsec_short"', "alerts.secret", "is no signing secret"),
        (f'url = "{URL}"\nurll = 1', "alerts.urll", "did you mean 'url'?"),
        (
            f'url = "{URL}"\noldest_waiting_minutes = 0',
            "alerts.oldest_waiting_minutes",
            "must be greater than 0",
        ),
        (
            f'url = "{URL}"\noldest_waiting_minutes = inf',
            "alerts.oldest_waiting_minutes",
            "must be",
        ),
        (f'url = "{URL}"\ndead_letters = 0', "alerts.dead_letters", "must be at least 1"),
        (f'url = "{URL}"\nrepeat_hours = 1e300', "alerts.repeat_hours", "must be"),
        (
            f'url = "{URL}"\nheaders = {{ "a b" = "x" }}',
            'alerts.headers."a b"',
            "is no name of an HTTP header",
        ),
        (
            f'url = "{URL}"\nheaders = {{ X = "a\\nb" }}',
            "alerts.headers.X",
            "do not go into an HTTP header",
        ),
    ],
)
def test_a_mistake_is_told_at_its_place(tmp_path: Path, text: str, where: str, says: str) -> None:
    """With what would be right, and without the secret."""
    faults = faults_of(tmp_path, f"{MINIMAL}\n[alerts]\n{text}")
    assert list(faults) == [where]
    fault = faults[where]
    assert says in f"{fault.message}; {fault.remedy}"
    assert "services/T000" not in f"{fault.message}{fault.remedy}"


def test_every_key_says_what_it_is_for() -> None:
    """`check` shows it."""
    assert [name for name, field in Alerts.model_fields.items() if not field.description] == []
