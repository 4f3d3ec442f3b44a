"""The digest by which processes see whether their configurations are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from receiver.settings import digest_settings
from tests.settings.configs import SANDBOX, TOKEN, loaded

KEY = b"key of an installation"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (TOKEN, f"{TOKEN}x"),
        ("[connectors.box]", "[connectors.box]\nbatch_size = 7"),
        ("[connectors.box]", "[store]\nkeep_days = 7\n[connectors.box]"),
        (
            "[connectors.box]",
            '[server]\nadmin_token = "another-token-0123456789"\n[connectors.box]',
        ),
    ],
)
def test_whatever_counts_makes_another(tmp_path: Path, before: str, after: str) -> None:
    """Secrets too."""
    one, other = loaded(tmp_path, SANDBOX), loaded(tmp_path, SANDBOX.replace(before, after))
    assert digest_settings(one, KEY) != digest_settings(other, KEY)


def test_what_each_process_has_for_itself_does_not_count(tmp_path: Path) -> None:
    """Where it listens, where it stands, how it reaches the store and how it logs."""
    one = loaded(tmp_path, SANDBOX)
    (tmp_path / "other").mkdir()
    other = loaded(
        tmp_path / "other",
        f'{SANDBOX}[server]\nport = 1\nhost = "0.0.0.0"\n[log]\nlevel = "debug"\n'
        '[store]\nurl = "sqlite:///other.db"\n',
    )
    assert digest_settings(one, KEY) == digest_settings(other, KEY)


def test_nobody_can_try_secrets_without_the_key(tmp_path: Path) -> None:
    """Of the same configuration two installations have two digests."""
    settings = loaded(tmp_path, SANDBOX)
    assert digest_settings(settings, KEY) != digest_settings(settings, b"another key")
