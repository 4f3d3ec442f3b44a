"""A configuration as a whole."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.sandbox import SandboxConnector
from receiver.settings import ConfigError, Delivery, Log, Server, load_server, load_settings
from tests.settings.configs import MINIMAL, SANDBOX, TOKEN, faults_of, loaded, write


def test_a_source_is_all_that_is_needed(tmp_path: Path) -> None:
    """All else has defaults."""
    settings = loaded(tmp_path, MINIMAL)
    assert settings.server == Server(
        host="127.0.0.1", port=8080, public_url=None, admin_token=None, max_body_bytes=1_048_576
    )
    assert (settings.store.keep_days, settings.store.dedup_hours) == (90, 24)
    assert settings.delivery == Delivery(give_up_after_hours=72, lease_seconds=6)
    assert settings.log == Log(level="info", format="auto", emails="hashed")
    source = settings.sources["springfield"]
    assert [token.get_secret_value() for token in source.tokens] == [TOKEN]
    assert (source.timezone, source.currency, source.invalid_status) == (
        ZoneInfo("UTC"),
        "USD",
        422,
    )
    assert settings.directory == tmp_path


def test_numbers_may_come_from_the_environment(tmp_path: Path) -> None:
    """A variable is a text, and is read as what its place needs."""
    text = (
        '[server]\nport = "${PORT}"\n' + MINIMAL + 'invalid_status = "${STATUS}"\ncurrency = "eur"'
    )
    settings = loaded(tmp_path, text, {"PORT": "9000", "STATUS": "202"})
    assert settings.server.port == 9000
    assert settings.sources["springfield"].invalid_status == 202
    assert settings.sources["springfield"].currency == "EUR"


def test_a_connectors_table_is_read_by_its_own_settings(tmp_path: Path) -> None:
    """The type's model, with its own keys and faults."""
    settings = loaded(
        tmp_path, SANDBOX + 'path = "box.db"\nrate_limit = { calls = 5, seconds = 2.5 }'
    )
    box = settings.connectors["box"]
    assert isinstance(box, SandboxConnector.Settings)
    assert (box.type, getattr(box, "path", None)) == ("sandbox", "box.db")
    assert (
        faults_of(tmp_path, SANDBOX + "latncy_ms = 5")["connectors.box.latncy_ms"].remedy
        == "did you mean 'latency_ms'?"
    )


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("sqlite:///x.db", "sqlite:///{directory}/x.db"),
        ("sqlite:////var/lib/x.db", "sqlite:////var/lib/x.db"),
        ("postgresql://u:p@h/d", "postgresql://u:p@h/d"),
    ],
)
def test_a_relative_store_lies_beside_the_configuration(
    tmp_path: Path, given: str, meant: str
) -> None:
    """Wherever the gateway is started."""
    assert loaded(tmp_path, f'[store]\nurl = "{given}"\n{MINIMAL}').store.url == meant.format(
        directory=tmp_path
    )


def test_an_admin_token_that_is_not_set_is_a_fault(tmp_path: Path) -> None:
    """Who names a variable wants the console; without the key, or an empty one, it is off."""
    text = '[server]\nadmin_token = "${ADMIN}"\n' + MINIMAL
    fault = faults_of(tmp_path, text)["server.admin_token"]
    assert fault.message == "the environment variable ADMIN is not set"
    assert not fault.warning
    for off in ("", "${ADMIN:-}"):
        assert loaded(tmp_path, text.replace("${ADMIN}", off)).server.admin_token is None


def test_secrets_show_nowhere(tmp_path: Path) -> None:
    """Neither in the settings' own text nor in a fault about them."""
    text = (
        f'[server]\nadmin_token = "admin-{TOKEN}"\n[store]\nurl = '
        f'"postgresql://u:hunter2@h/d"\n{MINIMAL}'
    )
    shown = repr(loaded(tmp_path, text))
    assert TOKEN not in shown
    assert "hunter2" not in shown
    faults = faults_of(
        tmp_path,
        '[store]\nurl = "mysql://u:hunter2@h/d"\n[sources.a]\ntokens = ["s3cr3t with '
        f'blanks"]\n[sources.b]\ntokens = "{TOKEN}"',
    )
    assert len(faults) == 3
    assert not any(
        secret in str(fault) for fault in faults.values() for secret in ("hunter2", "s3cr3t", TOKEN)
    )


def test_stand_ins_do_for_secrets_that_are_not_there(tmp_path: Path) -> None:
    """To explain a payload no credentials are needed; each is told as a warning.

    What else is wrong stays a fault.
    """
    path = write(
        tmp_path, MINIMAL.replace(TOKEN, "${ONE}") + '[sources.b]\ntokens = ["${file:two}"]'
    )
    settings = load_settings(path, {}, stand_ins=True)
    assert set(settings.sources) == {"springfield", "b"}
    assert [warning.where for warning in settings.warnings] == [
        "sources.springfield.tokens[0]",
        "sources.b.tokens[0]",
    ]
    assert all(warning.warning for warning in settings.warnings)


def test_an_empty_configuration_says_what_it_needs(tmp_path: Path) -> None:
    """Without a source nothing could come in."""
    assert list(faults_of(tmp_path, "")) == ["sources"]


def test_a_short_token_is_a_fault(tmp_path: Path) -> None:
    """It could be guessed: an operator's as well as a source's, one of two as well as one alone."""
    text = f'[server]\nadmin_token = "fifteen-letters"\n[sources.x]\ntokens = ["{TOKEN}", "short"]'
    faults = faults_of(tmp_path, text)
    assert list(faults) == ["server.admin_token", "sources.x.tokens[1]"]
    assert "use at least 16" in str(faults["server.admin_token"])


def test_a_token_of_sixteen_characters_is_taken(tmp_path: Path) -> None:
    """It takes too long to guess."""
    assert not loaded(
        tmp_path,
        '[server]\nadmin_token = "sixteen-letters-"\n[sources.x]\ntokens = ["0123456789abcdef"]',
    ).warnings


def test_secrets_are_known_wherever_they_stand(tmp_path: Path) -> None:
    """Tokens of sources and of connectors, the admin token and the store's password."""
    text = (
        '[server]\nadmin_token = "the-admin-token-1"\n[store]\nurl = '
        '"postgresql://u:pass-word@h/d"\n'
        + MINIMAL
        + '[connectors.hs]\ntype = "hubspot"\naccess_token = "the-token-of-hubspot"\n'
    )
    assert loaded(tmp_path, text).secrets() == {
        "the-admin-token-1",
        "pass-word",
        TOKEN,
        "the-token-of-hubspot",
    }


def test_what_stands_in_passes_for_a_host_name(tmp_path: Path) -> None:
    """A connector whose address is not known yet is there, with its routes."""
    path = write(
        tmp_path,
        MINIMAL
        + """
[connectors.crm]
type = "salesforce"
domain = "${CRM_DOMAIN}"
client_id = "${CRM_ID}"
client_secret = "${file:secrets/of-the-app-}"
mapping = "standard"
""",
    )
    settings = load_settings(path, {}, stand_ins=True)
    assert settings.connectors.keys() == {"crm"}
    assert len(settings.warnings) == 3


def test_a_secret_that_no_stand_in_can_be_takes_no_mapping_away(tmp_path: Path) -> None:
    """A signing secret has a form, and so has an address: routes are checked without them."""
    path = write(
        tmp_path,
        '[sources.a]\ntokens = ["a-0123456789abcdef"]\n[connectors.hook]\ntype = "webhook"\n'
        'url = "${URL}"\nsecrets = "${SECRET}"\nmapping = "standard"\n',
    )
    settings = load_settings(path, {}, stand_ins=True)
    assert settings.connectors["hook"].mapping == ("standard",)
    assert [one.where for one in settings.warnings] == [
        "connectors.hook.url",
        "connectors.hook.secrets",
    ]


def test_with_stand_ins_the_store_may_lie_anywhere(tmp_path: Path) -> None:
    """Nothing is stored then: a mapping can be tried on another machine than the gateway's."""
    path = write(tmp_path, f'[store]\nurl = "sqlite:////not/there/a.db"\n{MINIMAL}')
    assert load_settings(path, {}, stand_ins=True).store.url == "sqlite:////not/there/a.db"


def test_where_a_faulty_configuration_listens(tmp_path: Path) -> None:
    """So that its gateway can be told of the faults; not where the address itself is one."""
    server = f'[server]\nport = 99\nadmin_token = "{TOKEN}"\nprt = 1\nworkers = "many"\n[sorces]\n'
    found = load_server(write(tmp_path, server))
    assert (found.host, found.port) == ("127.0.0.1", 99)
    assert found.admin_token is not None
    for wrong, words in (
        ("port = 99_999", "server.port: must be at most 65535"),
        ('admin_token = "${AOM_NOT_SET}"', "server.admin_token: the environment variable"),
        ("port", "is no TOML"),
    ):
        with pytest.raises(ConfigError, match=words):
            load_server(write(tmp_path, f"[server]\n{wrong}\n"))
