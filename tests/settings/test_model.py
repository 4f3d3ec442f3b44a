"""Each kind of mistake in the gateway's own tables: its place, and what it says."""

from pathlib import Path

import pytest

from tests.settings.configs import MINIMAL, SANDBOX, TOKEN, faults_of


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("[servr]\nport = 1", "servr", "did you mean 'server'?"),
        ("[server]\nprot = 1", "server.prot", "did you mean 'port'?"),
        (
            "[server]\nzebra = 1",
            "server.zebra",
            "known keys: host, port, workers, public_url, admin_token, max_body_bytes",
        ),
        ("[server]\nport = 70000", "server.port", "must be at most 65535"),
        ('[server]\nport = "x"', "server.port", "must be a whole number"),
        (
            '[server]\npublic_url = "hooks.example.edu"',
            "server.public_url",
            "write one like https://",
        ),
        ('[server]\npublic_url = "https://[x"', "server.public_url", "is no web address"),
        ('[store]\nurl = "mysql://x/y"', "store.url", "sqlite:///FILE or postgresql://"),
        ('[store]\nurl = "sqlite://"', "store.url", "names no file"),
        ('[store]\nurl = "sqlite:///:memory:"', "store.url", "names no file"),
        ('[store]\nurl = "postgresql://h"', "store.url", "names no database"),
        ("[store]\nkeep_days = 0", "store.keep_days", "must be greater than 0"),
        ('[log]\nlevel = "loud"', "log.level", "must be 'debug', 'info', 'warning' or 'error'"),
        ("[delivery]\nlease_seconds = nan", "delivery.lease_seconds", "must be"),
        ("[server]\nport = true", "server.port", "must be a number"),
        (f'[server]\nhost = "{"a" * 300}"', "server.host", "write one like 127.0.0.1"),
        ('[server]\nhost = "a\\u0000b"', "server.host", "is no name or address of a machine"),
        (
            "[server]\nmax_body_bytes = 99999999999999999999",
            "server.max_body_bytes",
            "must be at most 104857600",
        ),
        ("[store]\nkeep_days = 1e30", "store.keep_days", "must be at most 36500"),
        ("[store]\nkeep_days = true", "store.keep_days", "must be a number"),
        ("[store]\ndedup_hours = inf", "store.dedup_hours", "must be at most 87600"),
        ("[store]\ndedup_hours = nan", "store.dedup_hours", "must be"),
        ("[delivery]\nlease_seconds = 1e15", "delivery.lease_seconds", "must be at most 86400"),
        ("[delivery]\nlease_seconds = 1e-9", "delivery.lease_seconds", "must be at least 1"),
        (
            "[delivery]\ngive_up_after_hours = 1e15",
            "delivery.give_up_after_hours",
            "must be at most 87600",
        ),
        (
            '[store]\nurl = "sqlite:///a.db?mode=ro"',
            "store.url",
            "write sqlite:///FILE and nothing behind it",
        ),
        ('[store]\nurl = "sqlite:///a\\u0000.db"', "store.url", "names no file"),
        ('[store]\nurl = "sqlite:///."', "store.url", "is a directory; name a file in it"),
        ('[store]\nurl = "sqlite:///not/there/a.db"', "store.url", "there is no directory"),
        (
            '[connectors.x]\ntype = "sandbox"\nlatency_ms = inf',
            "connectors.x.latency_ms",
            "must be at most 3600000",
        ),
        (
            '[connectors.x]\ntype = "sandbox"\nrate_limit = { calls = 1, seconds = 1e300 }',
            "connectors.x.rate_limit.seconds",
            "at most 86400",
        ),
        (
            '[connectors.x]\ntype = "sandbox"\npath = "aom-gateway.db"',
            "connectors.x",
            "give it a file of its own",
        ),
        (
            '[store]\nurl = "sqlite:///sandbox-x.db"\n[connectors.x]\ntype = "sandbox"',
            "connectors.x",
            "keeps its records in the store's own file",
        ),
        ("server = 5", "server", "must be a table"),
        (
            '[sources.x]\ntokens = ["has a space and more letters"]',
            "sources.x.tokens[0]",
            "do not go into a URL",
        ),
        ("[sources.x]\ntokens = []", "sources.x.tokens", "must have at least 1 item"),
        (
            "[sources.x]",
            "sources.x.tokens",
            'is missing; tokens = ["${TOKEN}"], two while rotating',
        ),
        (f'[sources.x]\ntokens = "{TOKEN}"', "sources.x.tokens", "must be a list"),
        ('[sources."a b"]\ntokens = ["abcdefghijklmnop"]', 'sources."a b"', "letters, digits"),
        ('[connectors.x]\ntype = "sandbx"', "connectors.x.type", "did you mean 'sandbox'?"),
        ("[connectors.x]", "connectors.x.type", "is missing; there are: "),
        ("[connectors]\nx = 5", "connectors.x", "write [connectors.x]"),
        ('[routes]\nname = "x"', "routes", "write [[routes]] in double brackets"),
    ],
)
def test_a_mistake_is_told_at_its_place(tmp_path: Path, text: str, where: str, says: str) -> None:
    """One mistake, one fault, with what would be right."""
    faults = faults_of(tmp_path, f"{text}\n{MINIMAL}")
    assert list(faults) == [where]
    assert says in str(faults[where])


@pytest.mark.parametrize(
    ("line", "where", "says"),
    [
        ('timezone = "America/New_Yrok"', "timezone", "did you mean 'America/New_York'?"),
        ('timezone = "America"', "timezone", "there is no time zone 'America'"),
        ('timezone = "../../etc/passwd"', "timezone", "there is no time zone"),
        ("timezone = 5", "timezone", "must be"),
        ('currency = "USX"', "currency", "there is no currency 'USX'; use a code of ISO 4217"),
        ("invalid_status = 200", "invalid_status", "must be 422 or 202"),
        ('timezon = "UTC"', "timezon", "did you mean 'timezone'?"),
    ],
)
def test_a_mistake_in_a_source_is_told_at_its_place(
    tmp_path: Path, line: str, where: str, says: str
) -> None:
    """Time zones, currencies, and the answer."""
    faults = faults_of(tmp_path, f"{MINIMAL}{line}")
    assert list(faults) == [f"sources.springfield.{where}"]
    assert says in str(faults[f"sources.springfield.{where}"])


def test_a_token_may_stand_in_one_place_only(tmp_path: Path) -> None:
    """Two sources, one source twice, or the admin token: each is told, and names the other
    place.
    """
    text = (
        f'[server]\nadmin_token = "{TOKEN}"\n{MINIMAL}[sources.b]\ntokens = '
        '["other-0123456789ab", "other-0123456789ab"]'
    )
    faults = faults_of(tmp_path, text)
    assert (
        faults["sources.springfield.tokens[0]"].message == "is the same token as server.admin_token"
    )
    assert faults["sources.b.tokens[1]"].message == "is the same token as sources.b.tokens[0]"


def test_a_slip_in_a_table_makes_no_second_fault(tmp_path: Path) -> None:
    """A misspelt table is read as what was meant, so routes still find its connectors and
    sources.
    """
    text = SANDBOX.replace("[connectors.", "[connector.").replace("[sources.", "[source.")
    route = (
        '[[routes]]\nsources = ["springfield"]\nevents = ["order.*"]\nconnector = '
        '"box"\n[[routes.upsert]]\nobject = "contact"'
    )
    assert sorted(faults_of(tmp_path, f"{text}\n{route}")) == ["connector", "source"]


def test_a_missing_variable_is_told_once(tmp_path: Path) -> None:
    """What stands in for it is not judged."""
    text = (
        '[server]\nport = "${PORT}"\n[store]\nurl = "${STORE}"\n[sources.a]\ntokens = '
        '["${ONE}"]\n[sources.b]\ntokens = ["${ONE}"]'
    )
    faults = faults_of(tmp_path, text)
    assert sorted(faults) == [
        "server.port",
        "sources.a.tokens[0]",
        "sources.b.tokens[0]",
        "store.url",
    ]
    assert all("environment variable" in fault.message for fault in faults.values())
